import type { CaseState } from "@/api/types";

/** The five stages that a resident sees, like the stations of a parcel. */
export const stages = ["intake", "dispatch", "handling", "verification", "rating"] as const;

const reached: Record<CaseState, number> = {
  received: 0, accepted: 1, assigned: 2, in_progress: 2, resolved: 3, verified: 4, closed: 4, archived: 5, rejected: 0, merged: 1, void: 0,
};

/** How many of the stages are behind this case; a rated one has all behind it. */
export const stagesDone = (state: CaseState, rated: boolean): number => (rated ? stages.length : reached[state]);

/** Whether somebody still has to do something before the case is solved: only such a case has a light. */
export const isOpen = (state: CaseState): boolean => ["received", "accepted", "assigned", "in_progress"].includes(state);
