import { computed, type ComputedRef } from "vue";
import { useRoute, useRouter, type LocationQuery } from "vue-router";
import type { Filters } from "@/api/types";

const names = ["state", "light", "attention", "grid", "matter", "q", "sort"] as const;
export type FilterName = (typeof names)[number];
export type DeskFilters = Partial<Record<FilterName, string>> & { mine?: boolean };

/** Reads the filters out of an address; what is not a filter is left alone. */
export function fromQuery(query: LocationQuery): DeskFilters {
  const found: DeskFilters = {};
  for (const name of names) {
    const value = query[name];
    if (typeof value === "string" && value !== "") found[name] = value;
  }
  if (query.mine === "true") found.mine = true;
  return found;
}

/** The filters of the desk live in the address, so that a view can be kept, shared and gone back to. */
export function useFilters(): { filters: ComputedRef<DeskFilters>; set: (change: DeskFilters) => void; clear: () => void } {
  const [route, router] = [useRoute(), useRouter()];
  const filters = computed(() => fromQuery(route.query));
  const go = (query: DeskFilters) => void router.replace({ params: route.params, query: asQuery(query) });
  return { filters, set: (change) => go({ ...filters.value, ...change }), clear: () => go({}) };
}

function asQuery(filters: DeskFilters): Record<string, string> {
  const entries = Object.entries(filters).filter(([, value]) => value !== undefined && value !== "" && value !== false);
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/** The same filters as the server's query. */
export const asServer = (filters: DeskFilters): Filters =>
  Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined && value !== "" && value !== false));
