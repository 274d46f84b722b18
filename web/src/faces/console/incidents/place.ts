import type { Row } from "@/api/types";

/**
 * By how many rows a list has to go on so that what was looked at, rows `from` to `to`, stays in view after it was read anew: the open case, else the first
 * row that is still there. At its beginning a list stays there, where what is new comes, unless the open case would leave the view.
 */
export function moved(before: Row[], now: Row[], [from, to]: readonly [number, number], selected: string | null): number {
  const open = before.slice(from, to).findIndex((it) => it.id === selected);
  const by = (at: number) => {
    const there = now[at]?.id === before[at]?.id ? at : now.findIndex((it) => it.id === before[at]?.id);
    return there < 0 ? null : there - at;
  };
  if (from === 0) {
    const of = open < 0 ? null : by(open);
    return of !== null && open + of >= to ? of : 0;
  }
  // What is in view from its first row on, then what lies above it.
  for (const at of [...(open < 0 ? [] : [from + open]), ...range(from, Math.min(to, before.length)), ...range(0, from).reverse()]) {
    const found = by(at);
    if (found !== null) return found;
  }
  return 0;
}
const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
