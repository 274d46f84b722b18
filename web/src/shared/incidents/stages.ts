import type { CaseState } from "@/api/types";

/** The five stages that a resident sees, like the stations of a parcel. */
export const stages = ["intake", "dispatch", "handling", "verification", "rating"] as const;

const reached: Record<CaseState, number> = {
  received: 0, accepted: 1, assigned: 2, in_progress: 2, resolved: 3, verified: 4, closed: 4, archived: 5, rejected: 0, merged: 1, void: 0,
};

/** How many of the stages are behind this case; a rated one has all behind it. */
export const stagesDone = (state: CaseState, rated: boolean): number => (rated ? stages.length : reached[state]);

/** Whether nothing more happens to a case in this state. */
export const isOver = (state: CaseState): boolean => ["closed", "archived", "rejected", "merged", "void"].includes(state);
