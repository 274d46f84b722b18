import { createRouter, createWebHistory } from "vue-router";
import { watchShell } from "@/shared/shell/watch";
import { startFace } from "@/shared/start";
import App from "./App.vue";
import { keepDraft } from "./incidents/draft";
import { startOutbox } from "./incidents/outbox";
import { routes } from "./routes";
import { deviceShelf } from "./shelf";
import { words } from "./words";
import "./print.css";

const router = createRouter({ history: createWebHistory(import.meta.env.BASE_URL), routes, scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 } });
const shown = startFace({ root: App, router, words, size: 18, mayBeDark: true, opensOffline: true, arrives: true });
// What an earlier visit left is taken up beside the first view, never before it.
void (async () => {
  const shelf = await deviceShelf();
  await keepDraft(shelf);
  await startOutbox(shelf);
  // Without this the phone may clear a waiting report when its storage runs short.
  if (navigator.storage?.persist && localStorage.getItem("jingwei.m.reports")) await navigator.storage.persist();
})();
void shown;
watchShell();
