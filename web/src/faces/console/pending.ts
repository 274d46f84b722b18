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
}

const state = reactive<{ now: Pending | null; failed: (Pending & { error: unknown }) | null; sending: boolean }>({ now: null, failed: null, sending: false });
let timer: ReturnType<typeof setTimeout> | undefined;

/** What waits to be sent. */
export const pending = readonly(state);

/**
 * Does something ten seconds from now unless it is taken back. What waited before is done at once, so that things happen in the order in
 * which they were decided; see docs/adr.
 */
export async function later(words: string, about: string, send: Pending["send"], after: Pending["after"]): Promise<void> {
  await flush();
  state.failed = null;
  state.now = { words, about, until: Date.now() + grace, send, after };
  timer = setTimeout(() => void flush(), grace);
}

/** Does now what waits. */
export async function flush(): Promise<void> {
  const it = state.now;
  clearTimeout(timer);
  state.now = null;
  if (it) await go(it);
}

async function go(it: Pending): Promise<void> {
  state.sending = true;
  let error: unknown = null;
  try {
    await it.send();
  } catch (failed) {
    error = failed;
  }
  state.sending = false;
  if (error) state.failed = { ...it, error };
  await it.after(error);
}

/** Takes back what waits: nothing was sent. */
export function undo(): boolean {
  clearTimeout(timer);
  const was = state.now !== null;
  state.now = null;
  return was;
}

/** Tries again what could not be done. */
export async function retry(): Promise<void> {
  const it = state.failed;
  state.failed = null;
  if (it) await go(it);
}

/** Lets go of what could not be done. */
export function drop(): void {
  state.failed = null;
}

// Whoever closes the tab or turns away has decided: it goes out at once and not in a timer that may never fire.
if (typeof document !== "undefined") document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && void flush());
