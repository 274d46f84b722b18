import { computed } from "vue";
import { useRoute } from "vue-router";
import { useToday } from "../sheet/today";
import { around, before, span, type Days } from "./period";

const shape = /^\d{4}-\d{2}-\d{2}$/;

/** The period of the address, by default the present month, with its instants and the period before it. */
export function usePeriod() {
  const route = useRoute();
  const { zone, today } = useToday();
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
