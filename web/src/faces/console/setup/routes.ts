import type { RouteRecordRaw } from "vue-router";
import { useSession } from "@/shared/access/session";
import { tabs } from "./tabs";

/** The pages of set-up, each loaded when it is opened; set-up itself leads to the first that one may open. */
export const setupRoutes: RouteRecordRaw[] = [
  { path: "/setup", component: () => import("@/shared/LostPage.vue"), beforeEnter: () => tabs.find((it) => it.may.some((one) => useSession().may(one)))?.to ?? true },
  { path: "/setup/units", component: () => import("./UnitsPage.vue") },
  { path: "/setup/people", component: () => import("./PeoplePage.vue") },
  { path: "/setup/rosters", component: () => import("./RostersPage.vue") },
  { path: "/setup/boards", component: () => import("../board/BoardsPage.vue") },
  { path: "/setup/boards/:code", component: () => import("../board/BoardPage.vue") },
  { path: "/setup/catalogue", component: () => import("./CataloguePage.vue") },
  { path: "/setup/calendar", component: () => import("./CalendarPage.vue") },
  { path: "/setup/access", component: () => import("./AccessPage.vue") },
  { path: "/setup/burdens", component: () => import("./BurdensPage.vue") },
  { path: "/setup/import", component: () => import("./ImportPage.vue") },
  { path: "/setup/accounts", component: () => import("./AccountsPage.vue") },
  { path: "/setup/switches", component: () => import("./SwitchesPage.vue") },
  { path: "/setup/reasons", component: () => import("./ReasonsPage.vue") },
  { path: "/setup/webhooks", component: () => import("./WebhooksPage.vue") },
  { path: "/setup/audit", component: () => import("./AuditPage.vue") },
];
