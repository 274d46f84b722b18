import type { RouteRecordRaw } from "vue-router";
import HomePage from "./org/HomePage.vue";

export const routes: RouteRecordRaw[] = [
  { path: "/", name: "home", component: HomePage },
  { path: "/report", name: "report", component: () => import("./incidents/ReportPage.vue") },
  { path: "/sent/:track", name: "sent", component: () => import("./incidents/SentPage.vue") },
  { path: "/t/:track", name: "track", component: () => import("./incidents/TrackPage.vue") },
  { path: "/lookup", name: "lookup", component: () => import("./incidents/LookupPage.vue") },
  { path: "/:rest(.*)*", name: "lost", component: () => import("@/shared/LostPage.vue") },
];
