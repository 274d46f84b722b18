import type { Row } from "@/api/types";

/** A part of a list: the rows behind `cursor`, as they were read. */
export interface Stretch {
  cursor: string;
  items: Row[];
  next: string | null;
  /** Rows of it may have changed since: it is read again when it comes into view. */
  stale: boolean;
}
export type Read = Pick<Stretch, "items" | "next">;

const idsOf = (rows: Row[]) => new Set(rows.map((it) => it.id));

/** The last of the rows that were in a stretch before, as they were read again. */
function lastKnown(old: Stretch, now: Read): Row | undefined {
  const known = idsOf(old.items);
  return now.items.findLast((it) => known.has(it.id));
}

/** Whether what was read in the place of a stretch reaches its end, or what is known to lie behind it. */
export function meets(old: Stretch, after: Stretch | undefined, now: Read): boolean {
  const [end, last] = [old.items.at(-1), now.items.at(-1)];
  return !now.next || (end !== undefined && lastKnown(old, now)?.id === end.id) || (after?.items.some((it) => it.id === last?.id) ?? false);
}

/** Whether what was read only pushed rows out of the end of a stretch: it ends with one that was there, and new ones stand before all of those. */
export function pushes(old: Stretch, now: Read): boolean {
  const known = idsOf(old.items);
  const first = now.items.findIndex((it) => known.has(it.id));
  return first >= 0 && now.items.slice(first).every((it) => known.has(it.id));
}

/**
 * Puts what was read anew in the place of a stretch. What is gone from its middle is gone; what newer rows pushed out of its end goes to the stretch
 * behind it, or lies between the two until that is in view. With `mayEnd` a list whose last stretch this is ends with it, and is read on from there.
 */
export function renew(list: Stretch[], old: Stretch, now: Read, mayEnd: boolean): void {
  const at = list.indexOf(old);
  if (at < 0) return;
  const after = list[at + 1];
  const ids = idsOf(now.items);
  const met = meets(old, after, now) || (!after && mayEnd);
  const known = lastKnown(old, now)?.id;
  const left = met ? [] : old.items.slice(old.items.findIndex((it) => it.id === known) + 1).filter((it) => !ids.has(it.id));
  const [whole, next] = [pushes(old, now), old.next];
  Object.assign(old, { ...now, stale: false });
  if (!now.next) list.splice(at + 1);
  // A row that is here now is nowhere else.
  for (const one of list) if (one !== old && one.items.some((it) => ids.has(it.id))) one.items = one.items.filter((it) => !ids.has(it.id));
  if (met || !now.next) return;
  if (after && whole) [after.cursor, after.items] = [now.next, [...left, ...after.items]];
  else list.splice(at + 1, 0, { cursor: now.next, items: left, next, stale: after !== undefined });
}
