import { computed, ref } from "vue";
import { report } from "@/api/calls";
import { sendPhotoOnce } from "@/api/calls/resident";
import { isProblem, unsure, type Problem } from "@/api/problem";
import { uuidv7 } from "@/api/uuid";
import { memoryShelf, type Shelf } from "../shelf";
import { remember } from "../tracks";
import { clearDraft, draft, plain, takeUp, type Draft } from "./draft";

/** A report that the resident has sent and the server has not yet answered. */
export interface Waiting {
  draft: Draft;
  sentAt: string;
  tried: number;
  /** Not before this instant is it tried again. */
  after: number;
  /** There was no room for it on this phone: it is here as long as the page is. */
  loose?: boolean;
  /** Why the server said no; it waits for the resident then. */
  refused: { code: string; status: number; fields: { field: string; code: string; params?: Record<string, unknown> }[] } | null;
}

export const waiting = ref<Waiting[]>([]);
export const waitingCount = computed(() => waiting.value.length);

let shelf: Shelf = memoryShelf();
const slot = (key: string) => `out:${key}`;

/** Silence, a busy or a failing server: worth another try by itself. Everything else is an answer. */
export const transient = (problem: Problem): boolean => unsure(problem.status);

/** How long to wait after so many tries: from five seconds to five minutes. */
export const pause = (tried: number): number => Math.min(5_000 * 2 ** Math.max(0, tried - 1), 300_000);

/** Starts sending what an earlier visit left, and goes on whenever the network may be back. */
export async function startOutbox(on: Shelf): Promise<void> {
  shelf = on;
  waiting.value = await shelf.all<Waiting>("out:").catch(() => []);
  const again = (): void => void flush(true, true);
  window.addEventListener("online", again);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && again());
  setInterval(() => void flush(), 30_000);
  window.addEventListener("beforeunload", (event) => waiting.value.some((it) => it.loose) && event.preventDefault());
  await flush(true);
}

/** So long the person who reported is kept waiting; the page that comes then says what became of it. */
const shown = 10_000;

/**
 * Takes the draft over, so that it is safe before the network is asked, and sends it. A phone without room sends it all the same. Answers the key that
 * it is found by.
 */
export async function post(now = Date.now()): Promise<string> {
  const it: Waiting = { draft: plain(draft.value), sentAt: new Date(now).toISOString(), tried: 0, after: 0, refused: null };
  const loose = !(await stored(it));
  waiting.value = [...waiting.value, { ...it, loose }];
  clearDraft();
  await Promise.race([flush(true), new Promise((tell) => setTimeout(tell, shown))]);
  return it.draft.key;
}

const stored = (it: Waiting): Promise<boolean> => shelf.put(slot(it.draft.key), it).then(() => true, () => false);

/** Puts a refused report back into the form; what was begun there is parked. Its key stays: the server kept nothing of what it refused. */
export async function edit(key: string): Promise<void> {
  const it = waiting.value.find((one) => one.draft.key === key);
  if (!it) return;
  await takeUp(it.draft);
  await discard(key);
}

export async function discard(key: string): Promise<void> {
  waiting.value = waiting.value.filter((one) => one.draft.key !== key);
  await shelf.drop(slot(key));
}

let flushing: Promise<void> | null = null;
/** Whether somebody asked while a flush was running, whether for what is not due yet too, and whether because the network may be back. */
let more: { eager: boolean; back: boolean } | null = null;

/**
 * Sends what is due, one after the other. A call while one is running is one more round of it, for what was given meanwhile; when the network may be
 * `back`, for what failed in the rounds before as well.
 */
export function flush(eager = false, back = false): Promise<void> {
  if (flushing) {
    more = { eager: eager || more?.eager === true, back: back || more?.back === true };
    return flushing;
  }
  flushing = exclusively(() => rounds(eager)).finally(() => (flushing = null));
  return flushing;
}

async function rounds(eager: boolean): Promise<void> {
  const tried = new Set<string>();
  for (let asked: typeof more = { eager, back: false }; asked !== null; asked = more) {
    more = null;
    if (asked.back) tried.clear();
    await round(asked.eager, tried);
  }
}

/** Two tabs of one phone do not send together. The server would take it once anyway; this saves the photographs' way. */
async function exclusively(work: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return work();
  await navigator.locks.request("jingwei.m.outbox", { ifAvailable: true }, (lock) => (lock ? work() : undefined));
}

/** Each report is tried once in all rounds of a flush, and once more each time that the network may be back. */
async function round(eager: boolean, tried: Set<string>): Promise<void> {
  if (navigator.onLine === false) return;
  for (const it of [...waiting.value]) {
    if (it.refused || tried.has(it.draft.key) || (!eager && it.after > Date.now())) continue;
    tried.add(it.draft.key);
    try {
      await deliver(it.draft);
      await discard(it.draft.key);
    } catch (error) {
      await failed(it, error);
      // Without a network the others would fail alike; one bad report never holds the next one up.
      if (isProblem(error) && error.status === 0) return;
    }
  }
}

async function deliver(it: Draft): Promise<void> {
  await upload(it);
  let filed;
  try {
    filed = await report(body(it), it.key);
  } catch (error) {
    // Photographs that nobody claimed for a day are forgotten by the server: they are sent once more.
    const lost = isProblem(error) && error.fields.some((field) => field.field.startsWith("photo_ids"));
    if (!lost || !it.shots.length) throw error;
    for (const shot of it.shots) Object.assign(shot, { id: null, key: uuidv7() });
    await upload(it);
    filed = await report(body(it), it.key);
  }
  remember({ key: it.key, track: filed.track, code: filed.code, title: it.text.slice(0, 40), at: new Date().toISOString() });
}

async function upload(it: Draft): Promise<void> {
  for (const shot of it.shots) {
    if (shot.id) continue;
    shot.id = await sendPhotoOnce(shot.photo, shot.key);
    await keep(it.key);
  }
}

async function keep(key: string): Promise<void> {
  const it = waiting.value.find((one) => one.draft.key === key);
  if (!it) return;
  const { loose, ...kept } = it;
  // What could not be written anew lies there as it was before: the server knows the same key again.
  if ((await stored({ ...kept, draft: plain(it.draft) })) && loose) waiting.value = waiting.value.map((one) => (one.draft.key === key ? { ...one, loose: false } : one));
}

async function failed(it: Waiting, error: unknown): Promise<void> {
  const problem = isProblem(error) ? error : null;
  const tried = it.tried + 1;
  const refused = problem && !transient(problem) ? { code: problem.code, status: problem.status, fields: problem.fields } : null;
  const now: Waiting = { ...it, tried, after: Date.now() + pause(tried), refused };
  waiting.value = waiting.value.map((one) => (one.draft.key === it.draft.key ? now : one));
  await keep(it.draft.key);
}

/** What goes to the server: nothing personal unless a reply is wanted. */
export function body(it: Draft) {
  const told = (key: "phone" | "name") => (it.wantsReply && it[key].trim() ? { [key]: it[key].trim() } : {});
  const photo_ids = it.shots.flatMap((shot) => (shot.id ? [shot.id] : []));
  return {
    text: it.text.trim(),
    ...(it.at ?? {}),
    ...(it.address.trim() ? { address: it.address.trim() } : {}),
    ...(it.matter ? { matter: it.matter } : {}),
    ...(it.join ? { join: it.join } : {}),
    ...told("phone"),
    ...told("name"),
    ...(photo_ids.length ? { photo_ids } : {}),
    confidential: it.confidential,
  };
}
