import type { Done } from "@/api/types";
import { zoneNow } from "../clock";
import { instant } from "../zone";

/** What somebody writes at the end of a task; `planned` is a date, for a solution that comes later. */
export interface Result { result: string; public_reply: string; note: string; photos: string[]; planned: string }

export const freshResult = (): Result => ({ result: "", public_reply: "", note: "", photos: [], planned: "" });

export const isComplete = (it: Result): boolean => it.result !== "" && it.public_reply.trim() !== "" && (it.result !== "planned" || it.planned !== "");

/** Whether it still lacks the photograph that must be shown until then; a result that was handed back keeps those that came with it. */
export const lacksPhoto = (it: Result, until: string | null | undefined, kept: readonly { kind: string }[] = []): boolean =>
  Boolean(until) && it.photos.length === 0 && !kept.some((one) => one.kind === "unsigned");

/** The command for it; a planned day ends in the evening of that day. */
export const asDone = (it: Result): Done => ({
  result: it.result,
  public_reply: it.public_reply.trim(),
  photo_ids: it.photos,
  ...(it.note.trim() ? { note: it.note.trim() } : {}),
  ...(it.result === "planned" ? { planned_for: instant(`${it.planned}T18:00`, zoneNow()) ?? "" } : {}),
});

/** The same for a helper, whose part has no answer of its own. */
export const hasHelped = (it: Result): boolean => it.note.trim() !== "";
export const asHelped = (it: Result): Done => ({ result: "solved", public_reply: "", note: it.note.trim(), photo_ids: it.photos });
