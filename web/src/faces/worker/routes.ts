import type { RouteRecordRaw } from "vue-router";
import TodayPage from "./incidents/TodayPage.vue";

export const routes: RouteRecordRaw[] = [
  { path: "/login", name: "login", component: () => import("@/shared/access/LoginPage.vue"), meta: { open: true } },
  { path: "/link/:token", name: "link", component: () => import("@/shared/access/LinkPage.vue"), meta: { open: true } },
  { path: "/enrol", name: "enrol", component: () => import("@/shared/access/EnrolPage.vue") },
  { path: "/", name: "inbox", component: TodayPage },
  { path: "/case/:id", name: "case", component: () => import("./incidents/CasePage.vue") },
  { path: "/report", name: "report", component: () => import("./incidents/QuickReportPage.vue") },
  { path: "/map", name: "map", component: () => import("./incidents/MapPage.vue") },
  { path: "/outbox", name: "outbox", component: () => import("./outbox/OutboxPage.vue") },
  { path: "/day", name: "day", component: () => import("./day/DayPage.vue") },
  { path: "/meter", name: "meter", component: () => import("./day/MeterPage.vue") },
  { path: "/meter/steps", name: "meter-steps", component: () => import("./day/MeterStepsPage.vue") },
  { path: "/burden", name: "burden", component: () => import("./day/BurdenPage.vue") },
  { path: "/handbook", name: "handbook", component: () => import("./catalogue/HandbookPage.vue") },
  { path: "/me", name: "me", component: () => import("./access/MePage.vue") },
  { path: "/:rest(.*)*", name: "lost", component: () => import("@/shared/LostPage.vue") },
];
