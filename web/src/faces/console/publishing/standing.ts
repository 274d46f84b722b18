import { computed, type ComputedRef, type Ref } from "vue";
import type { Notice } from "@/api/calls/publishing";
import { useNow } from "@/shared/clock";

/** How a notice stands at an instant. */
export type Standing = "running" | "coming" | "past" | "withdrawn";
export const kinds = ["announcement", "notice", "service", "appeal", "disclosure", "call", "feedback"] as const;

export function standing(it: Pick<Notice, "from" | "until" | "withdrawn_at">, now: number): Standing {
  if (it.withdrawn_at) return "withdrawn";
  if (Date.parse(it.from) > now) return "coming";
  return it.until && Date.parse(it.until) <= now ? "past" : "running";
}

/** How many of them residents see now. */
export function useRunning(all: Ref<readonly Notice[]>): ComputedRef<number> {
  const now = useNow();
  return computed(() => all.value.filter((it) => standing(it, now.value) === "running").length);
}
