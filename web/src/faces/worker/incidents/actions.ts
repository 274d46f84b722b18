import type { Case, Task } from "@/api/types";

/** What else can be done to a case from a phone, each with a form of a few fields. */
export const actionKeys = ["extend", "send_back", "object", "escalate", "ask", "resume", "verify", "report_in", "whistle", "raise_urgency"] as const;
export type ActionKey = (typeof actionKeys)[number];

/** Those that the server would take now, as far as this device knows. */
export function actionsOf(c: Case, mine: Task | undefined): ActionKey[] {
  const may = new Set(c.may);
  const needsTask: Record<ActionKey, boolean> = { extend: true, send_back: true, escalate: true, report_in: true, object: false, ask: false, resume: false, verify: false, whistle: false, raise_urgency: false };
  return actionKeys.filter((key) => may.has(key) && (!needsTask[key] || mine) && !(key === "report_in" && mine?.arrived_at) && !(key === "send_back" && mine?.binding));
}
