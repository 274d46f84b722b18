import { computed, ref } from "vue";
import { report } from "@/api/calls";
import { sendPhotoOnce } from "@/api/calls/resident";
import { isProblem, type Problem } from "@/api/problem";
import { uuidv7 } from "@/api/uuid";
import { memoryShelf, type Shelf } from "../shelf";
import { remember } from "../tracks";
import { clearDraft, draft, plain, type Draft } from "./draft";

/** A report that the resident has sent and the server has not yet answered. */
export interface Waiting {
  draft: Draft;
  sentAt: string;
  tried: number;
  /** Not before this instant is it tried again. */
  after: number;
  /** Why the server said no; it waits for the resident then. */
  refused: { code: string; status: number; fields: { field: string; code: string; params?: Record<string, unknown> }[] } | null;
}

export const waiting = ref<Waiting[]>([]);
export const waitingCount = computed(() => waiting.value.length);

let shelf: Shelf = memoryShelf();
const slot = (key: string) => `out:${key}`;

/** Silence, a busy or a failing server: worth another try by itself. Everything else is an answer. */
export const transient = (problem: Problem): boolean => problem.status === 0 || problem.status === 429 || problem.status >= 500;

/** How long to wait after so many tries: from five seconds to five minutes. */
export const pause = (tried: number): number => Math.min(5_000 * 2 ** Math.max(0, tried - 1), 300_000);

/** Starts sending what an earlier visit left, and goes on whenever the network may be back. */
export async function startOutbox(on: Shelf): Promise<void> {
  shelf = on;
  waiting.value = await shelf.all<Waiting>("out:").catch(() => []);
  const again = (): void => void flush(true);
  window.addEventListener("online", again);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && again());
  setInterval(() => void flush(), 30_000);
  await flush(true);
}

/** Takes the draft over, so that it is safe before the network is asked, and sends it. Answers the key that it is found by. */
export async function post(now = Date.now()): Promise<string> {
  const it: Waiting = { draft: plain(draft.value), sentAt: new Date(now).toISOString(), tried: 0, after: 0, refused: null };
  await shelf.put(slot(it.draft.key), it);
  waiting.value = [...waiting.value, it];
  clearDraft();
  await flush(true);
  return it.draft.key;
}

/** Puts a refused report back into the form. Its key stays: the server kept nothing of what it refused. */
export async function edit(key: string): Promise<void> {
  const it = waiting.value.find((one) => one.draft.key === key);
  if (!it) return;
  draft.value = it.draft;
  await discard(key);
}

export async function discard(key: string): Promise<void> {
  waiting.value = waiting.value.filter((one) => one.draft.key !== key);
  await shelf.drop(slot(key));
}

let flushing: Promise<void> | null = null;

/** Sends what is due, one after the other; a call while one is running waits for that one. */
export function flush(eager = false): Promise<void> {
  flushing ??= exclusively(() => flushAll(eager)).finally(() => (flushing = null));
  return flushing;
}

/** Two tabs of one phone do not send together. The server would take it once anyway; this saves the photographs' way. */
async function exclusively(work: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return work();
  await navigator.locks.request("jingwei.m.outbox", { ifAvailable: true }, (lock) => (lock ? work() : undefined));
}

async function flushAll(eager: boolean): Promise<void> {
  if (navigator.onLine === false) return;
  for (const it of [...waiting.value]) {
    if (it.refused || (!eager && it.after > Date.now())) continue;
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
  if (it) await shelf.put(slot(key), { ...it, draft: plain(it.draft) });
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
