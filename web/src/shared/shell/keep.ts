/// <reference lib="webworker" />
// What the service workers of two faces have in common: they keep the pages themselves, nothing that the server says. They never touch /api/ or
// another face, and keep a page under the address of its file alone, so that no link of a case lies in a cache.

export interface Kept { url: string; revision: string | null }

/** How long a page may take over the network before the one that lies here is shown. */
const patience = 3000;

/**
 * Keeps `files` under `name`. With `fresh` a page is asked of the network first and the kept one is for the time without; else the kept one is shown
 * at once, and a newer one only when the page asks for it.
 */
export function keepShell(name: string, files: Kept[], { fresh }: { fresh: boolean }): void {
  const worker = self as unknown as ServiceWorkerGlobalScope;
  const base = new URL("./", worker.location.href);
  const stamp = files.map((it) => `${it.url}@${it.revision ?? ""}`).join("|");
  let sum = 0;
  for (const letter of stamp) sum = (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0;
  const shell = `${name}-${(sum >>> 0).toString(16)}`;
  const urls = files.map((it) => new URL(it.url, base).href);
  const known = new Set(urls);
  const page = new URL("index.html", base).href;

  worker.addEventListener("install", (event) => {
    // Past the browser's own cache: what is kept has to be what was built together.
    event.waitUntil(caches.open(shell).then((cache) => cache.addAll(urls.map((url) => new Request(url, { cache: "reload" })))));
  });

  worker.addEventListener("activate", (event) => {
    const old = (it: string) => it.startsWith(`${name}-`) && it !== shell;
    event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(old).map((it) => caches.delete(it)))).then(() => worker.clients.claim()));
  });

  worker.addEventListener("message", (event) => {
    if (event.data === "take-over") void worker.skipWaiting();
  });

  const kept = (wanted: string) => caches.open(shell).then((cache) => cache.match(wanted));
  async function fromNetwork(request: Request): Promise<Response> {
    const here = kept(page);
    const late = new Promise<null>((tell) => setTimeout(() => tell(null), patience));
    const answer = await Promise.race([fetch(request).catch(() => null), late]);
    return (answer?.ok ? answer : await here) ?? answer ?? fetch(request);
  }

  worker.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (request.method !== "GET" || url.origin !== worker.location.origin || url.pathname.startsWith("/api/") || !url.href.startsWith(base.href)) return;
    if (request.mode === "navigate" && fresh) return event.respondWith(fromNetwork(request));
    const wanted = request.mode === "navigate" ? page : url.href;
    if (known.has(wanted)) event.respondWith(kept(wanted).then((it) => it ?? fetch(request)));
  });
}
