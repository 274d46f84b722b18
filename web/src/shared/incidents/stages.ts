import type { CaseState } from "@/api/types";

/** The five stages that a resident sees, like the stations of a parcel. */
export const stages = ["intake", "dispatch", "handling", "verification", "rating"] as const;

const reached: Record<CaseState, number> = {
  received: 0, accepted: 1, assigned: 2, in_progress: 2, resolved: 3, verified: 4, closed: 4, archived: 5, rejected: 0, merged: 1, void: 0,
};

/** How many of the stages are behind this case; a rated one has all behind it. */
export const stagesDone = (state: CaseState, rated: boolean): number => (rated ? stages.length : reached[state]);

/** The stages that a step leaves behind it, as a number; one that goes back leaves fewer. */
const after: Record<string, number> = {
  accept: 1, send_back: 1, reopen: 1, unmerge: 1, dispatch: 2, rule: 2, whistle: 2, return: 2, resolve: 3, solve_on_spot: 3, sign: 3, verify: 4,
};

/** When each stage was done, by the steps in the order in which they happened; none where it was not, or is not any more. */
export function stageTimes(steps: readonly { at: string; what: string }[]): (string | null)[] {
  const times: (string | null)[] = stages.map(() => null);
  let done = 0;
  for (const { at, what } of steps) {
    // A rating may come before the check on the spot does.
    if (what === "rate") times[4] = at;
    const now = after[what];
    if (now === undefined) continue;
    for (let i = done; i < now; i += 1) times[i] = at;
    // Each part of a result is signed; the last signature ends the work.
    if (now === 3 && done === 3) times[2] = at;
    if (now < done) times.fill(null, now);
    done = now;
  }
  return times;
}

/** Whether somebody still has to do something before the case is solved: only such a case has a light. */
export const isOpen = (state: CaseState): boolean => ["received", "accepted", "assigned", "in_progress"].includes(state);
