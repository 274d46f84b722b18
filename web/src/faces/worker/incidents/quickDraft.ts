import { uuidv7 } from "@/api/uuid";
import { kept } from "@/shared/kept";
import { freshResult, type Result } from "@/shared/incidents/result";

export interface QuickDraft {
  key: string;
  text: string;
  at: { lon: number; lat: number } | null;
  address: string;
  matter: string;
  photos: string[];
  /** 代办: reported on behalf of a resident. */
  onBehalf: boolean;
  name: string;
  phone: string;
  /** 即查即办: done on the spot. */
  solved: boolean;
  result: Result;
}

const fresh = (): QuickDraft => ({
  key: uuidv7(), text: "", at: null, address: "", matter: "", photos: [], onBehalf: false, name: "", phone: "", solved: false, result: { ...freshResult(), result: "solved" },
});

export const quickDraft = kept<QuickDraft>("jingwei.w.draft", fresh);
export const clearQuickDraft = (): void => void (quickDraft.value = fresh());
