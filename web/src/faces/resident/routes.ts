import type { RouteRecordRaw } from "vue-router";
import HomePage from "./org/HomePage.vue";

export const routes: RouteRecordRaw[] = [
  { path: "/", name: "home", component: HomePage },
  { path: "/report", name: "report", component: () => import("./incidents/ReportPage.vue") },
  { path: "/sent/:key", name: "sent", component: () => import("./incidents/SentPage.vue") },
  // Two kinds of secrets under one letter, told apart by their length: a reporter's link has 26 letters, a partner unit's 43.
  { path: "/t/:track([0-9a-z]{26})", name: "track", component: () => import("./incidents/TrackPage.vue") },
  { path: "/t/:secret", name: "partner", component: () => import("./incidents/PartnerPage.vue") },
  { path: "/s/:share", name: "shared", component: () => import("./incidents/SharedPage.vue") },
  { path: "/lookup", name: "lookup", component: () => import("./incidents/LookupPage.vue") },
  { path: "/around", name: "around", component: () => import("./incidents/AroundPage.vue") },
  { path: "/notices", name: "notices", component: () => import("./publishing/NoticesPage.vue") },
  { path: "/:rest(.*)*", name: "lost", component: () => import("@/shared/LostPage.vue") },
];
