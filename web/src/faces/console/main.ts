import { createRouter, createWebHashHistory } from "vue-router";
import { guard } from "@/shared/access/session";
import { startFace } from "@/shared/start";
import App from "./App.vue";
import { routes } from "./routes";
import { words } from "./words";
import "./element.css";
import "./boards.css";

// One-time links carry their token behind the hash, where no server and no log ever sees it; so the whole face routes by hash.
const router = createRouter({ history: createWebHashHistory(import.meta.env.BASE_URL), routes, scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 } });
guard(router, true);
void startFace({ root: App, router, words, size: 15, mayBeDark: true });
