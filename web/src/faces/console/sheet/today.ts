import { computed, type ComputedRef } from "vue";
import { useNow } from "@/shared/clock";
import { useDistrict } from "@/shared/org/district";
import { dayOf } from "../supervision/period";

/** The district's own time, such as `+08:00`. */
export function useZone(): ComputedRef<string> {
  const { data } = useDistrict();
  return computed(() => data.value?.zone ?? "+08:00");
}

/** It, and the day that it is there now. */
export function useToday(): { zone: ComputedRef<string>; today: ComputedRef<string> } {
  const zone = useZone();
  const now = useNow();
  return { zone, today: computed(() => dayOf(now.value, zone.value)) };
}
