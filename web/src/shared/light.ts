import type { LightKey, Task } from "@/api/types";

/** The instants that decide the colour; a resident's view knows the due instant only. */
export interface Clocked {
  light?: LightKey;
  yellow_at?: string | null;
  red_at?: string | null;
  due_at?: string | null;
  due?: string | null;
  paused?: unknown;
}

export interface Light {
  key: LightKey;
  glyph: string;
  /** Key of the sentence under `light.` in the locale files, with `n` for its gap. */
  words: string;
  n: number;
}

/** The clock of one task: while it is offered, the limit for taking it on runs first. */
export function taskClock(task: Task): Clocked {
  const instants = { yellow_at: task.yellow_at, red_at: task.red_at, due_at: task.due_at };
  return task.state === "offered" && task.accept_by ? { ...instants, due_at: task.accept_by, red_at: task.red_at ?? task.accept_by } : instants;
}

/** What somebody with a task of a case goes by: a case that stands still stands still for everybody; a task without a clock of its own has the case's. */
export function clockOf(of: Clocked, task: Task): Clocked {
  return of.paused || !(task.accept_by || task.red_at || task.due_at) ? of : taskClock(task);
}

const glyphs: Record<LightKey, string> = { green: "●", yellow: "◆", red: "▲", paused: "‖", none: "○" };
const minute = 60_000;
const hour = 60 * minute;

/** The light at this instant. The server's own word only decides what instants cannot tell: that the clock has stopped or never ran. */
export function lightOf(it: Clocked, now: number): Light {
  if (it.paused || it.light === "paused") return plain("paused");
  const red = instant(it.red_at) ?? instant(it.due_at) ?? instant(it.due);
  if (it.light === "none" || red === null) return plain("none");
  if (now >= red) return { key: "red", glyph: glyphs.red, ...span("over", now - red) };
  const yellow = instant(it.yellow_at);
  const key = (yellow === null ? it.light === "yellow" : now >= yellow) ? "yellow" : "green";
  return { key, glyph: glyphs[key], ...span("left", red - now) };
}

/** Milliseconds left, negative when overdue; what has no clock comes last. */
export function timeLeft(it: Clocked, now: number): number {
  const red = instant(it.red_at) ?? instant(it.due_at) ?? instant(it.due);
  return red === null || it.paused ? Number.MAX_SAFE_INTEGER : red - now;
}

function plain(key: "paused" | "none"): Light {
  return { key, glyph: glyphs[key], words: key, n: 0 };
}

/** How long ago that was, in words under `wall.waited`. */
export function age(at: string, now: number): { words: string; n: number } {
  const { words, n } = span("over", Math.max(0, now - Date.parse(at)));
  return { words: words.slice("over.".length), n };
}

/** Rounds down, so that the words never promise more time than there is. */
function span(which: "left" | "over", length: number): { words: string; n: number } {
  if (length < hour) return { words: `${which}.minutes`, n: Math.max(1, Math.floor(length / minute)) };
  if (length < 48 * hour) return { words: `${which}.hours`, n: Math.floor(length / hour) };
  return { words: `${which}.days`, n: Math.floor(length / (24 * hour)) };
}

function instant(text: string | null | undefined): number | null {
  if (!text) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}
