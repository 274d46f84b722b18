import type { Handbook } from "@/api/calls/worker";
import type { Case } from "@/api/types";

/** What lies on the device of the rule: until when it holds, and what the catalogue asks for. */
interface Known { photoUntil: string | null; book: Handbook | null }

/** Whether results must show a photograph at all now. */
export const asksPhotos = (known: Known, now = Date.now()): boolean => known.photoUntil !== null && Date.parse(known.photoUntil) > now;

/**
 * Until when the result of a case, or of a report with this matter, must show a photograph; null where none is asked for. It goes by what the device
 * carries, so that it is said before anything is sent, with network and without.
 */
export function photoUntil(known: Known, of: Partial<Pick<Case, "urgency" | "photo_until">>, matter: string | null | undefined): string | null {
  if (!asksPhotos(known) || of.urgency === "emergency") return null;
  const rules = known.book?.items.find((it) => it.id === matter);
  // A matter that the handbook does not hold any more: what the server said of the case.
  const asked = rules ? rules.evidence.trim() !== "" && rules.urgency !== "emergency" : Boolean(of.photo_until);
  return asked ? known.photoUntil : null;
}
