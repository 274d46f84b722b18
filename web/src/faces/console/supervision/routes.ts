import type { RouteRecordRaw } from "vue-router";

/** The pages of supervision, each loaded when it is opened. */
export const supervisionRoutes: RouteRecordRaw[] = [
  { path: "/figures", redirect: "/figures/standing" },
  { path: "/figures/standing", component: () => import("./StandingPage.vue") },
  { path: "/figures/rates", component: () => import("./RatesPage.vue") },
  { path: "/figures/repeats", component: () => import("./RepeatsPage.vue") },
  { path: "/figures/orders", component: () => import("./OrdersPage.vue") },
  { path: "/figures/orders/:id", component: () => import("./OrderPage.vue") },
  { path: "/figures/report", component: () => import("./ReportPage.vue") },
  { path: "/figures/periods", component: () => import("./PeriodsPage.vue") },
  { path: "/figures/exclusions", component: () => import("./ExclusionsPage.vue") },
];
