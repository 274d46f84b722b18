import { useQuery } from "@tanstack/vue-query";
import { computed } from "vue";
import { extensions, orders, reviews, tasks } from "@/api/calls/desk";
import type { InboxRow } from "@/api/types";
import { useSession } from "@/shared/access/session";
import { useNow } from "@/shared/clock";
import { clockOf, timeLeft } from "@/shared/light";

/** What a unit has before it, each with the permission without which it is not asked for. */
export const lists = [["tasks", "task.handle"], ["reviews", "incident.read"], ["extensions", "extension.decide"], ["orders", "supervision.read"]] as const;
export type List = (typeof lists)[number][0];

/** The lists of a unit: tasks by time left, objections with the open ones first, requests for more time, orders; and how much of each waits. */
export function useLists() {
  const session = useSession();
  const now = useNow();
  const permissions = Object.fromEntries(lists) as Record<List, string>;
  const enabled = (key: List) => computed(() => session.may(permissions[key]));
  const queries = {
    tasks: useQuery({ queryKey: ["inbox"], queryFn: tasks, enabled: enabled("tasks") }),
    reviews: useQuery({ queryKey: ["reviews"], queryFn: () => reviews(), enabled: enabled("reviews") }),
    extensions: useQuery({ queryKey: ["extensions"], queryFn: extensions, enabled: enabled("extensions") }),
    orders: useQuery({ queryKey: ["orders"], queryFn: orders, enabled: enabled("orders") }),
  };
  const rows = computed(() => ([...(queries.tasks.data.value?.items ?? [])] as unknown as InboxRow[]).sort((a, b) => timeLeft(clockOf(a, a.task), now.value) - timeLeft(clockOf(b, b.task), now.value)));
  const ruled = computed(() => [...(queries.reviews.data.value?.items ?? [])].sort((a, b) => Number(b.state === "open") - Number(a.state === "open")));
  const asked = computed(() => queries.extensions.data.value?.items ?? []);
  const above = computed(() => queries.orders.data.value?.items ?? []);
  return {
    queries, rows, ruled, asked, above,
    waiting: computed((): Record<List, number> => ({
      tasks: rows.value.length, reviews: ruled.value.filter((it) => it.state === "open").length,
      extensions: asked.value.filter((it) => it.mine).length, orders: above.value.filter((it) => it.state === "open").length,
    })),
    size: computed((): Record<List, number> => ({ tasks: rows.value.length, reviews: ruled.value.length, extensions: asked.value.length, orders: above.value.length })),
  };
}
