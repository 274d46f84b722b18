import type { Case, Task } from "@/api/types";
import { toSign } from "../offline/projected";

/** What else can be done to a case from a phone, each with a form of a few fields. */
export const actionKeys = ["sign", "stage", "extend", "send_back", "object", "escalate", "ask", "resume", "verify", "report_in", "whistle", "raise_urgency"] as const;
export type ActionKey = (typeof actionKeys)[number];

/** Those that the server would take now, as far as this device knows. */
export function actionsOf(c: Case, mine: Task | undefined): ActionKey[] {
  const may = new Set(c.may);
  const needsTask: Record<ActionKey, boolean> = { stage: true, extend: true, send_back: true, escalate: true, report_in: true, object: false, ask: false, resume: false, verify: false, whistle: false, raise_urgency: false, sign: false };
  const not: Partial<Record<ActionKey, boolean>> = {
    report_in: Boolean(mine?.arrived_at), send_back: mine?.binding === true, sign: !toSign(c).length,
    // The lead reports what was reached on the way, as long as there is something on the way.
    stage: mine?.role !== "lead" || mine.state !== "accepted" || !c.stages?.length,
  };
  // Whoever leads asks for helpers; whoever may whistle has that way.
  if (may.has("help")) may.add("whistle");
  return actionKeys.filter((key) => may.has(key) && (!needsTask[key] || mine) && !not[key]);
}
