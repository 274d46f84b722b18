import { onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref } from "vue";
import { page } from "@/api/calls/desk";
import type { Filters, Row } from "@/api/types";
import { whenChanged } from "../live";
import { meets, pushes, renew, type Stretch } from "./stretches";

/** Rows of the first request: what fills a screen, so that it comes soon on a slow line. */
export const first = 30;
/** Rows of the requests after it: few enough for one answer, many enough that scrolling does not wait. */
const size = 100;
/** Stretches that are read again at once. Where more have changed, those are that somebody looks at, and the others when they come into view. */
const most = 6;

/**
 * A list that is read by keyset as far as somebody scrolls, kept as stretches. When cases change, only the first stretch and those that
 * hold them are read again, so that a list of a hundred thousand stays as quick as one of fifty, and keeps its place: it never begins anew by itself.
 *
 * `rows` is a plain array that grows in place while somebody reads on, and `count` tells how far; it is another array only when rows that were
 * there have changed. So a page that is appended costs the page what it holds and not what is there already. `view` says which rows are looked at.
 */
export function useRows(query: ComputedRef<Filters>, view: Ref<readonly [from: number, to: number]>) {
  let stretches: Stretch[] = [];
  let turn = 0;
  let seen = new Set<string>();
  const rows = shallowRef<Row[]>([]);
  const count = ref(0);
  const state = ref<"first" | "more" | "rest">("first");
  const error = shallowRef<unknown>(null);
  const complete = ref(false);

  function append(items: Row[]): void {
    for (const it of items) { seen.add(it.id); rows.value.push(it); }
    count.value = rows.value.length;
  }
  function show(): void {
    rows.value = stretches.flatMap((one) => one.items);
    seen = new Set(rows.value.map((it) => it.id));
    count.value = rows.value.length;
    complete.value = stretches.length > 0 && !stretches[stretches.length - 1]?.next;
  }
  async function read(cursor: string): Promise<Stretch> {
    const found = await page({ ...query.value, limit: cursor ? size : first, ...(cursor ? { cursor } : {}) });
    return { cursor, items: found.items.map(shared), next: found.next ?? null, stale: false };
  }
  /** Does something unless the list was started anew meanwhile; whether it was not. */
  async function during(what: () => Promise<() => void>): Promise<boolean> {
    const mine = turn;
    try {
      const then = await what();
      if (mine === turn) { then(); error.value = null; }
    } catch (failed) {
      if (mine === turn) error.value = failed;
    }
    return mine === turn;
  }
  async function restart(): Promise<void> {
    turn += 1;
    stretches = [];
    show();
    state.value = "first";
    if (await during(async () => { const found = await read(""); return () => { stretches = [found]; show(); }; })) state.value = "rest";
  }
  async function more(): Promise<void> {
    const cursor = stretches[stretches.length - 1]?.next;
    if (!cursor || state.value !== "rest") return;
    state.value = "more";
    const done = await during(async () => {
      const found = await read(cursor);
      return () => {
        found.items = found.items.filter((it) => !seen.has(it.id));
        stretches.push(found);
        append(found.items);
        complete.value = !found.next;
      };
    });
    if (done) state.value = "rest";
  }

  const beginOf = (of: Stretch) => stretches.slice(0, stretches.indexOf(of)).reduce((sum, one) => sum + one.items.length, 0);
  function inView(): Stretch[] {
    const [from, to] = view.value;
    let end = 0;
    return stretches.filter((one) => {
      const begin = end;
      end += one.items.length;
      return begin <= to && end >= from;
    });
  }
  /** Whether nobody looks at what lies behind so many rows of a stretch. */
  const unseen = (of: Stretch, length: number) => beginOf(of) + length >= view.value[1];
  /** Reads a stretch again, and on to a row that is known, so that what newer ones pushed out of it is told from what is gone. */
  async function anew(old: Stretch): Promise<Stretch> {
    const after = stretches[stretches.indexOf(old) + 1];
    const now = await read(old.cursor);
    for (let pages = 1; pages < most && now.next; pages += 1) {
      if (meets(old, after, now) || pushes(old, now) || (!after && unseen(old, now.items.length))) break;
      const then = await read(now.next);
      [now.items, now.next] = [[...now.items, ...then.items], then.next];
    }
    return now;
  }
  async function renewed(held: Stretch[]): Promise<void> {
    await during(async () => {
      const fresh = await Promise.all(held.map(async (old) => ({ old, now: await anew(old) })));
      return () => {
        // From the end: what a stretch leaves to the one behind it comes after that one's own.
        for (const { old, now: { items, next } } of fresh.reverse()) renew(stretches, old, { items, next }, unseen(old, items.length));
        show();
      };
    });
  }
  let busy = false;
  let waits: ReadonlySet<string> | null | undefined;
  /** Reads again what these cases are in, or everything, around what is looked at. One reading at a time: what is heard meanwhile comes after it. */
  async function refresh(cases: ReadonlySet<string> | null): Promise<void> {
    if (busy) {
      waits = cases === null || waits === null ? null : new Set([...(waits ?? []), ...cases]);
      return;
    }
    if (!stretches.length) return restart();
    const touched = stretches.filter((one, i) => i === 0 || !cases || one.items.some((it) => cases.has(it.id)));
    for (const one of touched) one.stale = true;
    const looked = new Set([stretches[0], ...inView()]);
    await alone(touched.length > most ? touched.filter((one) => looked.has(one)) : touched);
  }
  async function alone(held: Stretch[]): Promise<void> {
    busy = true;
    await renewed(held);
    busy = false;
    const next = waits;
    waits = undefined;
    if (next !== undefined) await refresh(next);
  }
  watch(view, () => {
    const held = busy ? [] : inView().filter((one) => one.stale);
    if (held.length) void alone(held);
  });
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
