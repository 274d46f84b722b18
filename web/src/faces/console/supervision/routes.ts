import type { RouteRecordRaw } from "vue-router";
import { withWords } from "../later";

/** The pages of supervision, each loaded when it is opened. */
export const supervisionRoutes: RouteRecordRaw[] = [
  { path: "/figures", redirect: "/figures/standing" },
  { path: "/figures/standing", component: withWords(() => import("./StandingPage.vue")) },
  { path: "/figures/rates", component: withWords(() => import("./RatesPage.vue")) },
  { path: "/figures/dispatch", component: withWords(() => import("./DispatchPage.vue")) },
  { path: "/figures/repeats", component: withWords(() => import("./RepeatsPage.vue")) },
  { path: "/figures/orders", component: withWords(() => import("./OrdersPage.vue")) },
  { path: "/figures/orders/:id", component: withWords(() => import("./OrderPage.vue")) },
  { path: "/figures/report", component: withWords(() => import("./ReportPage.vue")) },
  { path: "/figures/periods", component: withWords(() => import("./PeriodsPage.vue")) },
  { path: "/figures/exclusions", component: withWords(() => import("./ExclusionsPage.vue")) },
];
