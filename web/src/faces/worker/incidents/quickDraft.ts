import { freshResult, type Result } from "@/shared/incidents/result";

export interface QuickDraft {
  text: string;
  at: { lon: number; lat: number } | null;
  address: string;
  matter: string;
  /** Photographs on this device, as `photo:<hash>`. */
  photos: string[];
  /** The key of the must-report, when it is one. */
  must: string;
  /** 代办: reported on behalf of a resident. */
  onBehalf: boolean;
  name: string;
  phone: string;
  /** 自办, 即查即办: done on the spot. */
  solved: boolean;
  result: Result;
}

export const freshQuick = (): QuickDraft => ({
  text: "", at: null, address: "", matter: "", photos: [], must: "", onBehalf: false, name: "", phone: "", solved: false, result: { ...freshResult(), result: "solved" },
});
