import type { Case, Task } from "@/api/types";

/** What else can be done to a case from a phone, each with a form of a few fields. */
export const actionKeys = ["extend", "send_back", "escalate", "ask", "verify", "report_in", "whistle"] as const;
export type ActionKey = (typeof actionKeys)[number];

/** Those that the server would take now, as far as this device knows. */
export function actionsOf(c: Case, mine: Task | undefined): ActionKey[] {
  const may = new Set(c.may);
  const needsTask: Record<ActionKey, boolean> = { extend: true, send_back: true, escalate: true, report_in: true, ask: false, verify: false, whistle: false };
  return actionKeys.filter((key) => may.has(key) && (!needsTask[key] || mine) && !(key === "report_in" && mine?.arrived_at) && !(key === "send_back" && mine?.binding));
}
