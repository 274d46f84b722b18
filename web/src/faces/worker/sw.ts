/// <reference lib="webworker" />
// The service worker of /w/: keeps the pages themselves, nothing that the server says. It never touches /api/, and goes over to a new version only
// when the page asks for it.
const files = (self as unknown as { __WB_MANIFEST: { url: string; revision: string | null }[] }).__WB_MANIFEST;
const worker = self as unknown as ServiceWorkerGlobalScope;
const base = new URL("./", worker.location.href);
const stamp = files.map((it) => `${it.url}@${it.revision ?? ""}`).join("|");
let sum = 0;
for (const letter of stamp) sum = (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0;
const shell = `jingwei-w-shell-${(sum >>> 0).toString(16)}`;
const urls = files.map((it) => new URL(it.url, base).href);
const known = new Set(urls);
const page = new URL("index.html", base).href;

worker.addEventListener("install", (event) => {
  // Past the browser's own cache: what is kept has to be what was built together.
  event.waitUntil(caches.open(shell).then((cache) => cache.addAll(urls.map((url) => new Request(url, { cache: "reload" })))));
});

worker.addEventListener("activate", (event) => {
  const mine = (name: string) => name.startsWith("jingwei-w-shell-") && name !== shell;
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(mine).map((name) => caches.delete(name)))).then(() => worker.clients.claim()));
});

worker.addEventListener("message", (event) => {
  if (event.data === "take-over") void worker.skipWaiting();
});

worker.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== worker.location.origin || url.pathname.startsWith("/api/") || !url.href.startsWith(base.href)) return;
  const wanted = event.request.mode === "navigate" ? page : url.href;
  if (!known.has(wanted)) return;
  event.respondWith(caches.open(shell).then((cache) => cache.match(wanted)).then((kept) => kept ?? fetch(event.request)));
});
