import { onScopeDispose, ref, shallowRef, watch, type ComputedRef } from "vue";
import { page } from "@/api/calls/desk";
import type { Filters, Row } from "@/api/types";
import { whenChanged } from "../live";

/** Rows of one request: few enough for one answer, many enough that scrolling does not wait. */
const size = 100;
/** Pages that are read again one by one; past that the list starts anew. */
const most = 6;

interface Stretch { cursor: string; items: Row[]; next: string | null }

/**
 * A list that is read by keyset as far as somebody scrolls, kept as stretches. When cases change, only the first stretch and those that
 * hold them are read again, so that a list of a hundred thousand stays as quick as one of fifty.
 */
export function useRows(query: ComputedRef<Filters>) {
  let stretches: Stretch[] = [];
  let turn = 0;
  const rows = shallowRef<Row[]>([]);
  const state = ref<"first" | "more" | "rest">("first");
  const error = shallowRef<unknown>(null);
  const complete = ref(false);

  function show(): void {
    const seen = new Set<string>();
    const all: Row[] = [];
    for (const one of stretches) for (const it of one.items) if (!seen.has(it.id)) { seen.add(it.id); all.push(it); }
    rows.value = all;
    complete.value = stretches.length > 0 && !stretches[stretches.length - 1]?.next;
  }
  async function read(cursor: string): Promise<Stretch> {
    const found = await page({ ...query.value, limit: size, ...(cursor ? { cursor } : {}) });
    return { cursor, items: found.items, next: found.next ?? null };
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
    if (!keep) { stretches = []; rows.value = []; complete.value = false; state.value = "first"; }
    await during(async () => { const first = await read(""); return () => { stretches = [first]; show(); }; });
  }
  async function more(): Promise<void> {
    const cursor = stretches[stretches.length - 1]?.next;
    if (!cursor || state.value !== "rest") return;
    state.value = "more";
    await during(async () => {
      const found = await read(cursor);
      return () => {
        stretches.push(found);
        const last = rows.value;
        const seen = stretches.length > 2 && last.length > 2_000 ? new Set(last.slice(-2_000).map((it) => it.id)) : new Set(last.map((it) => it.id));
        for (const it of found.items) if (!seen.has(it.id)) last.push(it);
        rows.value = last.slice(0); // One new array tells the page; the rows themselves are not touched.
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
  return { rows, state, error, complete, more, restart, refresh };
}

/** The first stretch read anew, with those at its end that newer ones have pushed out of it; what is gone from its middle is gone. */
export function joined(now: Row[], before: Row[]): Row[] {
  const ids = new Set(now.map((it) => it.id));
  const last = before.findLastIndex((it) => ids.has(it.id));
  return [...now, ...before.slice(last + 1)];
}
