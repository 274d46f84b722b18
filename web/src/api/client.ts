import createClient, { type Middleware } from "openapi-fetch";
import { unattended } from "./attended";
import { takeEarly } from "./early";
import { became, keyFor, type Told } from "./lasting";
import { Problem, problemFrom } from "./problem";
import type { paths as Contract } from "./schema";
import type { paths } from "./types";

const base = "/api/v1";

let csrf: string | null = null;
let onLoggedOut: () => void = () => undefined;

/** The token of the session, sent with every command from now on; null forgets it. */
export function useCsrf(token: string | null): void {
  csrf = token;
}

/** The token that commands carry now. */
export const csrfNow = (): string | null => csrf;

/** What to do when the server no longer knows who we are: a face leads to its log-in page and back. */
export function whenLoggedOut(act: () => void): void {
  onLoggedOut = act;
}

const secretName = "jingwei.uploads";
let ownSecret = "";

/**
 * The secret that ties this device's commands to the photographs that it uploaded before, perhaps days ago and from another network. It is made
 * once, stays on the device, and the server keeps its hash with the photographs alone.
 */
export function uploadSecret(): string {
  if (ownSecret) return ownSecret;
  const made = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    ownSecret = localStorage.getItem(secretName) ?? made;
    localStorage.setItem(secretName, ownSecret);
  } catch {
    ownSecret = made;
  }
  return ownSecret;
}

let actKey: string | null = null;

/**
 * Begins a command under the key of one act, so that it is the same command when it is sent again, and is done once. It holds for the command
 * that `begin` sends before it waits for anything.
 */
export function under<T>(key: string, begin: () => T): T {
  actKey = key;
  try {
    return begin();
  } finally {
    actKey = null;
  }
}

// A page is also left without being hidden before; whatever is sent then must outlive it.
let left = false;
if (typeof window !== "undefined") {
  window.addEventListener("pagehide", () => (left = true), { capture: true });
  window.addEventListener("pageshow", () => (left = false));
}

/** What the command says that is begun now, as it is sent. What is no JSON, such as a photograph, has none. */
let words = "";
const bodySerializer = (body: unknown): string => (words = JSON.stringify(body));
const json = "application/json";
/** Commands that are under way, and the key of those that have it by what they say: see lasting.ts. */
const told = new WeakMap<Request, [it: Told, key: string | null]>();

const commandHeaders: Middleware = {
  onRequest({ request }) {
    const [body, act] = [words, actKey];
    words = "";
    if (unattended()) request.headers.set("X-Unattended", "1");
    if (request.method === "GET") return request;
    actKey = null;
    const { method, url } = request;
    const it = { method, url, body };
    const given = act !== null || request.headers.has("Idempotency-Key");
    if (!request.headers.has("Idempotency-Key")) request.headers.set("Idempotency-Key", act ?? keyFor(it));
    if ((request.headers.get("Content-Type") ?? json).startsWith(json)) told.set(request, [it, given ? null : request.headers.get("Idempotency-Key")]);
    request.headers.set("Upload-Secret", uploadSecret());
    if (csrf) request.headers.set("X-CSRF-Token", csrf);
    return request;
  },
  onResponse: ({ request, response }) => note(request, response.status),
  onError: ({ request }) => note(request, 0),
};

function note(request: Request, status: number): undefined {
  const it = told.get(request);
  if (it) became(...it, status);
}

/** The answer to a command counts when all of it is here: one that breaks off under way is none. */
async function whole(request: Request): Promise<Response> {
  const answer = await globalThis.fetch(request);
  await answer.clone().arrayBuffer();
  return answer;
}

/**
 * Sends a request; a command that got no answer is sent once more with the same key, which is safe because the server answers the same
 * key with the first answer.
 */
async function send(request: Request): Promise<Response> {
  const early = await takeEarly(request)?.catch(() => undefined);
  if (early) return early;
  const again = request.method === "GET" ? null : request.clone();
  try {
    if (!again) return await globalThis.fetch(request);
    // A command that goes out while its page is left must outlive the page.
    return await whole(left || document.visibilityState === "hidden" ? new Request(request, { keepalive: true }) : request);
  } catch {
    if (!again || !navigator.onLine) throw new Problem(0);
  }
  try {
    return await whole(again);
  } catch {
    throw new Problem(0);
  }
}

/** The typed client; pages go through calls.ts. */
export const api = createClient<paths>({ baseUrl: `${globalThis.location?.origin ?? ""}${base}`, fetch: send, bodySerializer, credentials: "same-origin" });
api.use(commandHeaders);

/** The same client over the generated contract, `wire.GET("/api/v1/whistles")`: what is new is called through it, typed by `schema.d.ts` alone. */
export const wire = createClient<Contract>({ baseUrl: globalThis.location?.origin ?? "", fetch: send, bodySerializer, credentials: "same-origin" });
wire.use(commandHeaders);

interface Reply<T> { data?: T; error?: unknown; response: Response }

/** The body of a good answer; every other one becomes a thrown `Problem`. */
export async function ok<T>(reply: Promise<Reply<T>>): Promise<T> {
  const { data, error, response } = await reply;
  if (response.ok) return data as T;
  const problem = problemFrom(response, error);
  if (problem.status === 401 && problem.code !== "second-factor-required") onLoggedOut();
  throw problem;
}

/** Calls by path, where the contract's path parameters are not written out; bodies and answers are typed by whoever calls. */
const loose = wire as unknown as Record<"GET" | "POST" | "PUT" | "DELETE", (path: string, init: object) => Promise<Reply<unknown>>>;
export const get = <T>(path: string, query: object = {}) => ok(loose.GET(`${base}${path}`, { params: { query } })) as Promise<T>;
export const post = <T>(path: string, body: object) => ok(loose.POST(`${base}${path}`, { body })) as Promise<T>;
export const put = <T>(path: string, body: object) => ok(loose.PUT(`${base}${path}`, { body })) as Promise<T>;
export const remove = (path: string) => ok(loose.DELETE(`${base}${path}`, { body: {} })) as Promise<unknown>;

/** The header of a command whose key must outlive a reload. */
export const withKey = (key: string) => ({ "Idempotency-Key": key });

/** The address of a photograph that the browser loads by itself. */
export const photoUrl = {
  ofReport: (track: string, id: string, thumb = true) => `${base}/reports/${encodeURIComponent(track)}/photos/${id}${thumb ? "?size=thumb" : ""}`,
  ofCase: (incident: string, id: string, thumb = true) => `${base}/incidents/${incident}/photos/${id}${thumb ? "?size=thumb" : ""}`,
};
/** The address of a portrait: of who answers for a grid, for everybody; of somebody whom one may look up. */
export const portraitUrl = {
  ofGrid: (code: string, id: string) => `${base}/grids/${encodeURIComponent(code)}/portraits/${id}`,
  ofPerson: (person: string, id: string) => `${base}/people/${person}/portrait/${id}`,
};
export const gridsUrl = `${base}/grids.geojson`;
/** The address of a cell of the base map as it is under a version. */
export const cellUrl = (name: string, version: number) => `${base}/basemap/${name}?v=${version}`;
export const eventsUrl = `${base}/events`;
