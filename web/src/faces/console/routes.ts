import type { RouteRecordRaw } from "vue-router";
import { useSession } from "@/shared/access/session";
import DeskPage from "./incidents/DeskPage.vue";
import { withWords } from "./later";
import { placesFor } from "./navigation";
import { setupRoutes } from "./setup/routes";
import { supervisionRoutes } from "./supervision/routes";

export const routes: RouteRecordRaw[] = [
  { path: "/login", name: "login", component: () => import("@/shared/access/LoginPage.vue"), meta: { open: true } },
  { path: "/link/:token", name: "link", component: () => import("@/shared/access/LinkPage.vue"), meta: { open: true } },
  { path: "/enrol", name: "enrol", component: () => import("@/shared/access/EnrolPage.vue") },
  { path: "/", name: "home", component: () => import("@/shared/LostPage.vue"), beforeEnter: () => placesFor(useSession().now?.permissions ?? [])[0]?.to ?? true },
  { path: "/cases/:id?", name: "desk", component: DeskPage },
  { path: "/department/:id?", name: "department", component: () => import("./department/DepartmentPage.vue") },
  { path: "/whistles/:id?", name: "whistles", component: () => import("./whistles/WhistlesPage.vue") },
  { path: "/calls", name: "calls", component: () => import("./calls/CallsPage.vue") },
  { path: "/duty", name: "duty", component: () => import("./duty/DutyPage.vue") },
  { path: "/notices", name: "notices", component: () => import("./publishing/NoticesPage.vue") },
  { path: "/notices/:id", name: "notice", component: () => import("./publishing/NoticePage.vue") },
  { path: "/account", name: "account", component: () => import("./account/AccountPage.vue") },
  { path: "/erasures", name: "erasures", component: () => import("./erasure/ErasuresPage.vue") },
  ...supervisionRoutes,
  ...setupRoutes,
  { path: "/wall", name: "wall", component: withWords(() => import("./wall/WallPage.vue")), meta: { whole: true } },
  { path: "/:rest(.*)*", name: "lost", component: () => import("@/shared/LostPage.vue") },
];
