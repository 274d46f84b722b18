import { computed } from "vue";
import { useRoute } from "vue-router";
import { useNow } from "@/shared/clock";
import { useDistrict } from "@/shared/org/district";
import { around, before, dayOf, span, type Days } from "./period";

const shape = /^\d{4}-\d{2}-\d{2}$/;

/** The period of the address, by default the present month, with its instants and the period before it. */
export function usePeriod() {
  const route = useRoute();
  const now = useNow();
  const { data: district } = useDistrict();
  const zone = computed(() => district.value?.zone ?? "+08:00");
  const today = computed(() => dayOf(now.value, zone.value));
  const days = computed<Days>(() => {
    const [from, to] = [route.query.from, route.query.to];
    const given = typeof from === "string" && typeof to === "string" && shape.test(from) && shape.test(to) && from <= to;
    return given ? { from, to } : around("month", today.value);
  });
  return {
    zone, today, days,
    window: computed(() => span(days.value, zone.value)),
    earlier: computed(() => before(days.value)),
    earlierWindow: computed(() => span(before(days.value), zone.value)),
  };
}
