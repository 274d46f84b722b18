import { uuidv7 } from "@/api/uuid";
import { kept } from "@/shared/kept";

export interface Draft {
  /** Idempotency key of this report: it stays the same over retries and reloads, so a report is never filed twice. */
  key: string;
  text: string;
  at: { lon: number; lat: number } | null;
  address: string;
  matter: string;
  join: string;
  phone: string;
  name: string;
  confidential: boolean;
  photos: string[];
}

const fresh = (): Draft => ({ key: uuidv7(), text: "", at: null, address: "", matter: "", join: "", phone: "", name: "", confidential: false, photos: [] });

export const draft = kept<Draft>("jingwei.m.draft", fresh);
export const clearDraft = (): void => void (draft.value = fresh());
