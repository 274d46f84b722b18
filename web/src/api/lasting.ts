import { unsure } from "./problem";
import { uuidv7 } from "./uuid";

// A command that got no answer may have been done. Whoever gives the same one once more means it once: it keeps its key until an answer says yes or no.

/** So long the same command is the same act, in milliseconds; whoever gives it later has seen how things stand by then. */
const patience = 3_600_000;
/** How many are remembered, and how long each may be: a file that is handed in is no act that somebody repeats by a click. */
const most = 40;
const longest = 262_144;
/** What only asks, what may be done twice and answers for the moment, and what holds a password. */
const passing = /\/(look|what-if|lookup|suggest|preview|reveal|dial|claim|release)$|\/session(\/link)?$|\/account\/password$/;

/** A command: what is sent, and where. */
export interface Told { method: string; url: string; body: string }

const unheard = new Map<string, { key: string; about: string; since: number }>();

const named = ({ method, url, body }: Told): string => `${method} ${url}\n${body}`;
const passes = ({ url, body }: Told): boolean => passing.test(new URL(url).pathname) || body.length > longest;
/** What a command is given to: a list, or the one thing in it. */
const aboutOf = ({ url }: Told): string => `${new URL(url).pathname.split("/").slice(3, 5).join("/")}/`;

/** The key of a command: the one that it was given under before, where nobody knows what became of that. */
export function keyFor(it: Told, now = Date.now()): string {
  const before = unheard.get(named(it));
  return before && now - before.since < patience ? before.key : uuidv7();
}

/** What became of a command, by the status of its answer, 0 without one; `key` is none where it is not the one of what it says. */
export function became(it: Told, key: string | null, status: number, now = Date.now()): void {
  if (passes(it)) return;
  const name = named(it);
  if (unsure(status)) {
    if (key !== null && !unheard.has(name)) unheard.set(name, { key, about: aboutOf(it), since: now });
    if (unheard.size > most) unheard.delete(unheard.keys().next().value!);
    return;
  }
  unheard.delete(name);
  if (status >= 400) return;
  // Something was done to the same thing since: what is given to it from now on is another act, however it reads.
  const about = aboutOf(it);
  for (const [other, { about: of }] of unheard) if (of.startsWith(about) || about.startsWith(of)) unheard.delete(other);
}

/** Another person is here. */
export const forgetUnheard = (): void => unheard.clear();
