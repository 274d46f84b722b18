import type { Notice } from "@/api/calls/publishing";

/** How a notice stands at an instant. */
export type Standing = "running" | "coming" | "past" | "withdrawn";
export const kinds = ["announcement", "notice", "service", "appeal", "disclosure", "call", "feedback"] as const;

export function standing(it: Pick<Notice, "from" | "until" | "withdrawn_at">, now: number): Standing {
  if (it.withdrawn_at) return "withdrawn";
  if (Date.parse(it.from) > now) return "coming";
  return it.until && Date.parse(it.until) <= now ? "past" : "running";
}
