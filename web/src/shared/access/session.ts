import { defineStore } from "pinia";
import { computed, ref } from "vue";
import type { Router } from "vue-router";
import * as calls from "@/api/calls";
import { useCsrf, whenLoggedOut } from "@/api/client";
import { isProblem } from "@/api/problem";
import type { Session } from "@/api/types";

/** Who is logged in on this face. */
export const useSession = defineStore("session", () => {
  const now = ref<Session | null>(null);
  const asked = ref(false);
  const take = (session: Session | null) => {
    now.value = session;
    asked.value = true;
    useCsrf(session?.csrf ?? null);
  };
  return {
    now: computed(() => now.value),
    may: (permission: string) => now.value?.permissions.includes(permission) ?? false,
    take,
    /** Asks the server once a visit; a person whose cookie still counts is not asked for anything. */
    async load(again = false): Promise<Session | null> {
      if (asked.value && !again) return now.value;
      try {
        take(await calls.session());
      } catch (error) {
        if (!isProblem(error) || error.status !== 401) throw error;
        take(null);
      }
      return now.value;
    },
    async leave(): Promise<void> {
      await calls.logOut();
      take(null);
    },
  };
});

/** Leads whoever is not logged in to the log-in page, and back to where they wanted to go. */
export function guard(router: Router): void {
  router.beforeEach(async (to) => {
    if (to.meta.open) return true;
    const session = useSession();
    try {
      const now = await session.load();
      if (!now) return { name: "login", query: { next: to.fullPath } };
      return now.must_enrol && to.name !== "enrol" ? { name: "enrol" } : true;
    } catch {
      return { name: "login", query: { next: to.fullPath, wait: "1" } }; // No answer: the log-in page says so and tries again.
    }
  });
  whenLoggedOut(() => {
    const session = useSession();
    if (!session.now) return;
    session.take(null);
    void router.replace({ name: "login", query: { next: router.currentRoute.value.fullPath, ended: "1" } });
  });
}

/** Goes on after a log-in: to the page that was asked for, or to the face where this person works. */
export function proceed(router: Router, session: Session, base: string, next?: unknown): void {
  if (session.must_enrol) return void router.replace({ name: "enrol" });
  if (!next && session.home && session.home !== base) return location.assign(session.home);
  void router.replace(typeof next === "string" && next.startsWith("/") ? next : "/");
}
