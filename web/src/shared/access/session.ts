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
  const over = ref(false);
  const take = (session: Session | null) => {
    now.value = session;
    asked.value = true;
    over.value = false;
    useCsrf(session?.csrf ?? null);
  };
  return {
    now: computed(() => now.value),
    may: (permission: string) => now.value?.permissions.includes(permission) ?? false,
    take,
    /** Whether the server no longer knows this session while its page stays open; `now` is then who was here. */
    over: computed(() => over.value),
    end: () => void (over.value = true),
    /** The session of this browser if somebody has logged in again, in another window. */
    async elsewhere(): Promise<Session | null> {
      try {
        return await calls.session();
      } catch (error) {
        if (isProblem(error) && error.status === 401) return null;
        throw error;
      }
    },
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

const backName = "jingwei.back";

/** The session ended under way: to the log-in page, and from there back to where this person was, also by a one-time link. */
export function leadOut(router: Router): void {
  const session = useSession();
  if (!session.now) return;
  const next = router.currentRoute.value.fullPath;
  try {
    sessionStorage.setItem(backName, JSON.stringify({ account: session.now.account, next }));
  } catch {
    // Not kept: the address of the log-in page still has it.
  }
  session.take(null);
  void router.replace({ name: "login", query: { next, ended: "1" } });
}

/** Where this person was when the session ended in this window; told once. */
function cameFrom(account: string): string | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(backName) ?? "null") as { account: string; next: string } | null;
    sessionStorage.removeItem(backName);
    return kept?.account === account ? kept.next : null;
  } catch {
    return null;
  }
}

/** Leads whoever is not logged in to the log-in page, and back to where they wanted to go. A face that keeps its page when a session ends shows `AgainBox` over it. */
export function guard(router: Router, keepsPage = false): void {
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
    if (keepsPage && session.now) session.end();
    else leadOut(router);
  });
}

/** Goes on after a log-in: to the page that was asked for, or to the face where this person works. */
export function proceed(router: Router, session: Session, base: string, next?: unknown): void {
  const from = cameFrom(session.account);
  if (session.must_enrol) return void router.replace({ name: "enrol" });
  const to = typeof next === "string" && next.startsWith("/") ? next : from;
  if (!to && session.home && session.home !== base) return location.assign(session.home);
  void router.replace(to ?? "/");
}
