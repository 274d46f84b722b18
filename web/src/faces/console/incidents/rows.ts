import { onScopeDispose, ref, shallowRef, watch, type ComputedRef } from "vue";
import { page } from "@/api/calls/desk";
import type { Filters, Row } from "@/api/types";
import { whenChanged } from "../live";

/** Rows of the first request: what fills a screen, so that it comes soon on a slow line. */
export const first = 30;
/** Rows of the requests after it: few enough for one answer, many enough that scrolling does not wait. */
const size = 100;
/** Pages that are read again one by one; past that the list starts anew. */
const most = 6;

interface Stretch { cursor: string; items: Row[]; next: string | null }

/**
 * A list that is read by keyset as far as somebody scrolls, kept as stretches. When cases change, only the first stretch and those that
 * hold them are read again, so that a list of a hundred thousand stays as quick as one of fifty.
 *
 * `rows` is a plain array that grows in place while somebody reads on, and `count` tells how far; it is another array only when rows that were
 * there have changed. So a page that is appended costs the page what it holds and not what is there already.
 */
export function useRows(query: ComputedRef<Filters>) {
  let stretches: Stretch[] = [];
  let turn = 0;
  let seen = new Set<string>();
  const rows = shallowRef<Row[]>([]);
  const count = ref(0);
  const state = ref<"first" | "more" | "rest">("first");
  const error = shallowRef<unknown>(null);
  const complete = ref(false);

  function append(items: Row[]): void {
    const all = rows.value;
    for (const it of items) if (!seen.has(it.id)) { seen.add(it.id); all.push(it); }
    count.value = all.length;
  }
  function show(): void {
    seen = new Set();
    rows.value = [];
    for (const one of stretches) append(one.items);
    complete.value = stretches.length > 0 && !stretches[stretches.length - 1]?.next;
  }
  async function read(cursor: string): Promise<Stretch> {
    const found = await page({ ...query.value, limit: cursor ? size : first, ...(cursor ? { cursor } : {}) });
    return { cursor, items: found.items.map(shared), next: found.next ?? null };
  }
  /** Does something unless the list was started anew meanwhile. */
  async function during(what: () => Promise<() => void>): Promise<void> {
    const mine = turn;
    try {
      const then = await what();
      if (mine === turn) { then(); error.value = null; }
    } catch (failed) {
      if (mine === turn) error.value = failed;
    } finally {
      if (mine === turn) state.value = "rest";
    }
  }
  async function restart(keep = false): Promise<void> {
    turn += 1;
    if (!keep) { stretches = []; show(); state.value = "first"; }
    await during(async () => { const found = await read(""); return () => { stretches = [found]; show(); }; });
  }
  async function more(): Promise<void> {
    const cursor = stretches[stretches.length - 1]?.next;
    if (!cursor || state.value !== "rest") return;
    state.value = "more";
    await during(async () => {
      const found = await read(cursor);
      return () => {
        stretches.push(found);
        append(found.items);
        complete.value = !found.next;
      };
    });
  }
  async function refresh(cases: ReadonlySet<string> | null): Promise<void> {
    const held = cases ? stretches.filter((one, i) => i === 0 || one.items.some((it) => cases.has(it.id))) : [];
    if (!held.length || held.length > most) return restart(true);
    await during(async () => {
      const fresh = await Promise.all(held.map((it) => read(it.cursor)));
      return () => {
        held.forEach((old, i) => {
          const now = fresh[i];
          if (!now) return;
          old.items = stretches.length > 1 && !old.cursor ? joined(now.items, old.items) : now.items;
          if (stretches.length === 1 || old.cursor) old.next = now.next;
        });
        show();
      };
    });
  }
  watch(query, () => void restart(), { immediate: true });
  whenChanged((cases) => void refresh(cases));
  onScopeDispose(() => (turn += 1));
  return { rows, count, state, error, complete, more, restart, refresh };
}

/** Parts that many rows have in common: a hundred thousand rows name some hundred matters, grids and units. */
const parts = new Map<string, object>();
function part<T extends object | null>(kind: string, it: T): T {
  if (!it) return it;
  const key = [kind, ...Object.values(it)].join("\n");
  const known = parts.get(key);
  if (known) return known as T;
  parts.set(key, it);
  return it;
}
const none: string[] = [];
/** Gives a row the parts of the rows before it: what the browser keeps for a long list is one object a row and not six. */
function shared(it: Row): Row {
  it.matter = part("matter", it.matter);
  it.grid = part("grid", it.grid);
  it.owner = part("owner", it.owner);
  it.lead = part("lead", it.lead);
  if (!it.attention.length) it.attention = none;
  return it;
}

/** The first stretch read anew, with those at its end that newer ones have pushed out of it; what is gone from its middle is gone. */
export function joined(now: Row[], before: Row[]): Row[] {
  const ids = new Set(now.map((it) => it.id));
  const last = before.findLastIndex((it) => ids.has(it.id));
  return [...now, ...before.slice(last + 1)];
}
