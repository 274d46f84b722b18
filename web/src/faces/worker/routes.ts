import type { RouteRecordRaw } from "vue-router";
import InboxPage from "./incidents/InboxPage.vue";

export const routes: RouteRecordRaw[] = [
  { path: "/login", name: "login", component: () => import("@/shared/access/LoginPage.vue"), meta: { open: true } },
  { path: "/link/:token", name: "link", component: () => import("@/shared/access/LinkPage.vue"), meta: { open: true } },
  { path: "/enrol", name: "enrol", component: () => import("@/shared/access/EnrolPage.vue") },
  { path: "/", name: "inbox", component: InboxPage },
  { path: "/case/:id", name: "case", component: () => import("./incidents/CasePage.vue") },
  { path: "/report", name: "report", component: () => import("./incidents/QuickReportPage.vue") },
  { path: "/me", name: "me", component: () => import("./access/MePage.vue") },
  { path: "/:rest(.*)*", name: "lost", component: () => import("@/shared/LostPage.vue") },
];
