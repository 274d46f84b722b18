import { createRouter, createWebHistory } from "vue-router";
import { startFace } from "@/shared/start";
import App from "./App.vue";
import { routes } from "./routes";
import { words } from "./words";

const router = createRouter({ history: createWebHistory(import.meta.env.BASE_URL), routes, scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 } });
void startFace({ root: App, router, words, size: 18, mayBeDark: false });
