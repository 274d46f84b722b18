/** A row of a list and the element that shows it. */
export interface Slot { key: number; index: number }

/**
 * Which elements show the rows `from` to `to`: a row that stays in view keeps its element, the others take the elements that became free, in the
 * order of the page, and only when there are too few is one more made. So scrolling makes no elements, however far it goes.
 */
export function slotsFor(before: readonly Slot[], from: number, to: number): Slot[] {
  const kept = new Map<number, number>();
  const free: number[] = [];
  for (const it of before) {
    if (it.index >= from && it.index < to) kept.set(it.index, it.key);
    else free.push(it.key);
  }
  let made = before.reduce((most, it) => Math.max(most, it.key + 1), 0);
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => {
    const index = from + i;
    return { index, key: kept.get(index) ?? free.shift() ?? made++ };
  });
}

/** Where the title goes in the name of a row's box: a character that stands in no title. */
export const gap = "\u0001";
