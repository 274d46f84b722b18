import type { RouteRecordRaw } from "vue-router";
import { useSession } from "@/shared/access/session";
import { withWords } from "../later";
import { tabs } from "./tabs";

/** The pages of set-up, each loaded when it is opened; set-up itself leads to the first that one may open. */
export const setupRoutes: RouteRecordRaw[] = [
  { path: "/setup", component: () => import("@/shared/LostPage.vue"), beforeEnter: () => tabs.find((it) => it.may.some((one) => useSession().may(one)))?.to ?? true },
  { path: "/setup/units", component: withWords(() => import("./UnitsPage.vue")) },
  { path: "/setup/people", component: withWords(() => import("./PeoplePage.vue")) },
  { path: "/setup/rosters", component: withWords(() => import("./RostersPage.vue")) },
  { path: "/setup/boards", component: withWords(() => import("../board/BoardsPage.vue")) },
  { path: "/setup/boards/:code", component: withWords(() => import("../board/BoardPage.vue")) },
  { path: "/setup/catalogue", component: withWords(() => import("./CataloguePage.vue")) },
  { path: "/setup/calendar", component: withWords(() => import("./CalendarPage.vue")) },
  { path: "/setup/access", component: withWords(() => import("./AccessPage.vue")) },
  { path: "/setup/burdens", component: withWords(() => import("./BurdensPage.vue")) },
  { path: "/setup/import", component: withWords(() => import("./ImportPage.vue")) },
  { path: "/setup/accounts", component: withWords(() => import("./AccountsPage.vue")) },
  { path: "/setup/switches", component: withWords(() => import("./SwitchesPage.vue")) },
  { path: "/setup/reasons", component: withWords(() => import("./ReasonsPage.vue")) },
  { path: "/setup/webhooks", component: withWords(() => import("./WebhooksPage.vue")) },
  { path: "/setup/audit", component: withWords(() => import("./AuditPage.vue")) },
];
