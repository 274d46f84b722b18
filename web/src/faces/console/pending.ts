import { markRaw, reactive, readonly } from "vue";
import { under } from "@/api/client";
import { forgetUnheard } from "@/api/lasting";
import { isProblem } from "@/api/problem";
import { uuidv7 } from "@/api/uuid";
import { comeBack, goOn, onMark, spotFor, stay, type Spot } from "./cursor";
import { copied, forgetTyped, keepTyped } from "./typed";

/** How long something that was decided can still be taken back, in milliseconds. */
export const grace = 10_000;

/** What is left of a clock, in milliseconds, that waiting would make run out. */
const narrow = 15_000;
/** Whether a clock would run out while what was decided in time waits. */
export const runsOut = (by: string | null | undefined, now = Date.now()): boolean => { const left = Date.parse(by ?? "") - now; return left >= 0 && left < narrow; };

type Send = () => Promise<unknown>;

/** What may be said of an act beyond what it does. */
export interface More {
  /** What is done, in a word: lists show it beside what it is done to. */
  what?: string;
  /** What is done when it is tried again: in place of `send`, which may stand on what has changed since; under the act's key. */
  again?: (send: Send, key: string) => Promise<unknown>;
  /** What was typed for it, and into which form: it comes back there when the act is taken back or refused. */
  typed?: { form: string; values: unknown };
  /** The address of the page that has the form. */
  place?: string;
  /** When it has to be done by: it does not wait where that would make it late. */
  by?: string | null | undefined;
}
interface Act extends More {
  /** The act's own key: however often it is sent, it is done once. */
  key: string;
  /** What will be done, in words. */
  words: string;
  /** The cases and things that it is done to. */
  about: readonly string[];
  until: number;
  /** Where it was decided. */
  spot: Spot | null;
  send: Send;
  after: (error: unknown | null) => unknown;
  begun?: Promise<unknown>;
}
interface Failed extends Act { id: number; error: unknown }

const state = reactive<{ now: Act | null; going: Act[]; failed: Failed[] }>({ now: null, going: [], failed: [] });
let timer: ReturnType<typeof setTimeout> | undefined;
let line: Promise<void> = Promise.resolve();
let failures = 0;
/** Goes on with each person who is here. */
let turn = 0;

/** What waits to be sent, what is being done now, and what could not be done. */
export const pending = readonly(state) as { readonly now: Readonly<Act> | null; readonly going: readonly Readonly<Act>[]; readonly failed: readonly Readonly<Failed>[] };

/** Whether something waits or is being done to a case: what comes next may stand on it. */
export const pendingFor = (about: string): boolean => state.now?.about.includes(about) === true || state.going.some((it) => it.about.includes(about));

/** What waits or is being done to a case or a thing, in a word; lists show it as taken. */
export const willBe = (about: string): string | null => [...(state.now ? [state.now] : []), ...state.going].find((it) => it.about.includes(about))?.what ?? null;

/**
 * Does something ten seconds from now unless it is taken back. What waited before is done at once, so that things happen in the order in
 * which they were decided; see docs/adr. Resolves when that is done.
 */
export function later(words: string, about: string | readonly string[], send: Send, after: Act["after"], more: More = {}): Promise<void> {
  const before = flush();
  const to = [about].flat().filter(Boolean);
  const typed = more.typed && { form: more.typed.form, values: copied(more.typed.values) };
  if (typed) {
    keepTyped(typed.form, typed.values);
    // Put right and decided anew: what was refused is no longer to be done. Some forms are one for many things.
    state.failed = state.failed.filter((it) => it.typed?.form !== typed.form || (it.words !== words && !it.about.some((one) => to.includes(one))));
  }
  const spot = spotFor(to);
  state.now = markRaw({ what: words, ...more, ...(typed ? { typed } : {}), words, about: to, key: uuidv7(), until: Date.now() + grace, spot, send, after });
  if (spot) void stay(spot);
  timer = setTimeout(() => void flush(), grace);
  if (runsOut(more.by)) void flush();
  return before;
}

/** Does now what waits, after whatever is being done. */
export function flush(): Promise<void> {
  const it = state.now;
  clearTimeout(timer);
  state.now = null;
  if (it) go(it);
  return line;
}

/** Sends it under its key, once. */
function begin(it: Act): Promise<unknown> {
  it.begun ??= (async () => under(it.key, it.send))();
  it.begun.catch(() => undefined);
  return it.begun;
}

/** One thing after another, in the order in which they were decided. */
function go(it: Act): void {
  state.going.push(it);
  const mine = turn;
  line = line.then(async () => {
    // What stands behind something slow is not done in the name of whoever came meanwhile.
    if (mine !== turn && !it.begun) return void state.going.splice(state.going.indexOf(it), 1);
    let error: unknown = null;
    const form = it.typed?.form;
    try {
      await begin(it);
      if (form !== undefined && state.now?.typed?.form !== form) forgetTyped(form);
    } catch (failed) {
      error = failed;
      if (mine === turn) {
        if (form !== undefined && state.now?.typed?.form !== form) keepTyped(form, it.typed?.values, failed);
        state.failed.push(markRaw({ ...it, spot: null, id: (failures += 1), error: failed }));
      }
    }
    const marked = onMark(it.spot);
    // What is read afterwards tells its own faults; the next thing is done all the same.
    await Promise.resolve().then(() => it.after(error)).catch(() => undefined);
    state.going.splice(state.going.indexOf(it), 1);
    if (marked && it.spot) void (error === null ? goOn : comeBack)(it.spot);
  });
}

/** Takes back what waits: nothing was sent. */
export function undo(): boolean {
  clearTimeout(timer);
  const it = state.now;
  const marked = onMark(it?.spot);
  state.now = null;
  if (marked && it?.spot) void comeBack(it.spot);
  return it !== null;
}

/** Takes out of what could not be done. */
function taken(id: number): Failed | undefined {
  const at = state.failed.findIndex((it) => it.id === id);
  return at < 0 ? undefined : state.failed.splice(at, 1)[0];
}

/** Another person is here: nothing of the one before is shown, let alone done in the name of this one. */
export function forgetPending(): void {
  undo();
  turn += 1;
  state.failed = [];
  forgetTyped();
  forgetUnheard();
}

/** Tries again what could not be done, under the same key; `plain` as it was decided, where nobody looks at what has changed since. */
export function retry(id: number, plain = false): Promise<void> {
  const it = taken(id);
  if (it) go(markRaw({ ...it, begun: undefined, ...(it.again && !plain ? { send: () => it.again!(it.send, it.key), again: undefined } : {}) } as unknown as Act));
  return line;
}

/** Tries again everything that could not be done, or that part of it; in the order in which it was decided. */
export function retryAll(which: (error: unknown) => boolean = () => true, plain = false): Promise<void> {
  for (const it of state.failed.filter((one) => which(one.error))) void retry(it.id, plain);
  return line;
}

/** The session had ended when it was sent: nobody refused it, so it goes out when the same person is there again. */
export const unheard = (error: unknown): boolean => isProblem(error) && error.status === 401;

/** Lets go of what could not be done, and of what was typed for it. */
export function drop(id: number): void {
  const form = taken(id)?.typed?.form;
  if (form !== undefined) forgetTyped(form);
}

if (typeof document !== "undefined") {
  // Whoever closes the tab or turns away has decided: it goes out at once and not in a timer that may never fire.
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && void flush());
  // There will be no other moment: what stands behind something slow does not wait for it.
  window.addEventListener("pagehide", () => {
    void flush();
    for (const it of state.going) void begin(it);
  });
}
