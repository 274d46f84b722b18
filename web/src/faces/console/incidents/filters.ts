import { computed, type ComputedRef } from "vue";
import { useRoute, useRouter, type LocationQuery } from "vue-router";
import type { Filters } from "@/api/types";

const names = ["state", "light", "attention", "grid", "matter", "unit", "channel", "lead", "filed", "filed_path", "figure", "counts_in", "left_out_of", "without", "card", "from", "to", "resolved_from", "resolved_to", "frozen", "sent", "sent_by", "sent_to", "sent_for", "sent_from", "sent_until", "q", "sort"] as const;
export type FilterName = (typeof names)[number];
const flags = ["mine", "counted"] as const;
export type DeskFilters = Partial<Record<FilterName, string>> & Partial<Record<(typeof flags)[number], boolean>>;

/** Reads the filters out of an address; what is not a filter is left alone. */
export function fromQuery(query: LocationQuery | Record<string, unknown>): DeskFilters {
  const found: DeskFilters = {};
  for (const name of names) {
    const value = query[name];
    if (typeof value === "string" && value !== "") found[name] = value;
  }
  for (const name of flags) if (query[name] === "true" || query[name] === true) found[name] = true;
  return found;
}

/** The filters of the desk live in the address, so that a view can be kept, shared and gone back to. */
export function useFilters(): { filters: ComputedRef<DeskFilters>; set: (change: DeskFilters) => void; put: (whole: DeskFilters) => void; clear: () => void } {
  const [route, router] = [useRoute(), useRouter()];
  const key = computed(() => JSON.stringify(fromQuery(route.query)));
  // The same filters stay the same object while somebody opens one case after another, so that nothing is read again.
  const filters = computed<DeskFilters>(() => JSON.parse(key.value) as DeskFilters);
  const put = (query: DeskFilters) => void router.replace({ params: route.params, query: asQuery(query) });
  return { filters, set: (change) => put({ ...filters.value, ...change }), put, clear: () => put({}) };
}

export function asQuery(filters: DeskFilters): Record<string, string> {
  const entries = Object.entries(filters).filter(([, value]) => value !== undefined && value !== "" && value !== false);
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/** The same filters as the server's query. */
export const asServer = (filters: DeskFilters): Filters =>
  Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined && value !== "" && value !== false));
