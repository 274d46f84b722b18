import { createRouter, createWebHashHistory } from "vue-router";
import { guard } from "@/shared/access/session";
import { watchInstall } from "@/shared/shell/install";
import { watchShell } from "@/shared/shell/watch";
import { startFace } from "@/shared/start";
import App from "./App.vue";
import { resumeFirst } from "./offline/resume";
import { routes } from "./routes";
import { words } from "./words";

// One-time links carry their token behind the hash, where no server and no log ever sees it; so the whole face routes by hash.
const router = createRouter({ history: createWebHashHistory(import.meta.env.BASE_URL), routes, scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 } });
resumeFirst(router);
guard(router);
void startFace({ root: App, router, words, size: 18, mayBeDark: true, arrives: true });
watchShell();
watchInstall();
