import { reactive, readonly } from "vue";

/** How long something that was decided can still be taken back, in milliseconds. */
export const grace = 10_000;

interface Pending {
  /** What will be done, in words. */
  words: string;
  /** The case that it is done to. */
  about: string;
  until: number;
  send: () => Promise<unknown>;
  after: (error: unknown | null) => unknown;
  /** What is done when it is tried again: in place of `send`, which may stand on what has changed since. */
  again?: () => Promise<unknown>;
}
interface Failed extends Pending { id: number; error: unknown }

const state = reactive<{ now: Pending | null; going: string[]; failed: Failed[] }>({ now: null, going: [], failed: [] });
let timer: ReturnType<typeof setTimeout> | undefined;
let line: Promise<void> = Promise.resolve();
let failures = 0;

/** What waits to be sent, the cases to which something is being done now, and what could not be done. */
export const pending = readonly(state);

/** Whether something waits or is being done to a case: what comes next may stand on it. */
export const pendingFor = (about: string): boolean => state.now?.about === about || state.going.includes(about);

/**
 * Does something ten seconds from now unless it is taken back. What waited before is done at once, so that things happen in the order in
 * which they were decided; see docs/adr. Resolves when that is done.
 */
export function later(words: string, about: string, send: Pending["send"], after: Pending["after"], again?: Pending["again"]): Promise<void> {
  const before = flush();
  state.now = { words, about, until: Date.now() + grace, send, after, ...(again ? { again } : {}) };
  timer = setTimeout(() => void flush(), grace);
  return before;
}

/** Does now what waits, after whatever is being done. */
export function flush(): Promise<void> {
  const it = state.now;
  clearTimeout(timer);
  state.now = null;
  if (it) go(it, it.send);
  return line;
}

/** One thing after another, in the order in which they were decided. */
function go(it: Pending, send: Pending["send"]): void {
  state.going.push(it.about);
  line = line.then(async () => {
    let error: unknown = null;
    try {
      await send();
    } catch (failed) {
      error = failed;
      state.failed.push({ ...it, id: (failures += 1), error: failed });
    }
    // What is read afterwards tells its own faults; the next thing is done all the same.
    await Promise.resolve().then(() => it.after(error)).catch(() => undefined);
    state.going.splice(state.going.indexOf(it.about), 1);
  });
}

/** Takes back what waits: nothing was sent. */
export function undo(): boolean {
  clearTimeout(timer);
  const was = state.now !== null;
  state.now = null;
  return was;
}

/** Takes out of what could not be done. */
function taken(id: number): Failed | undefined {
  const at = state.failed.findIndex((it) => it.id === id);
  return at < 0 ? undefined : state.failed.splice(at, 1)[0];
}

/** Another person is here: nothing of the one before is shown, let alone done in the name of this one. */
export function forgetPending(): void {
  undo();
  state.failed = [];
}

/** Tries again what could not be done. */
export function retry(id: number): Promise<void> {
  const it = taken(id);
  if (it) go(it, it.again ?? it.send);
  return line;
}

/** Lets go of what could not be done. */
export function drop(id: number): void {
  taken(id);
}

// Whoever closes the tab or turns away has decided: it goes out at once and not in a timer that may never fire.
if (typeof document !== "undefined") document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && void flush());
