import { useQuery } from "@tanstack/vue-query";
import { computed } from "vue";
import { useI18n } from "vue-i18n";
import { matters } from "@/api/calls";
import type { Matter } from "@/api/types";

/** The published catalogue, and how a matter is called here: by its plain name for residents, its own name for staff. */
export function useMatters() {
  const { locale } = useI18n();
  const query = useQuery({ queryKey: ["matters"], queryFn: matters, staleTime: 600_000 });
  const items = computed<Matter[]>(() => query.data.value?.items ?? []);
  const nameOf = (it: Matter, plain: boolean): string => (locale.value === "en" && it.name_en ? it.name_en : plain ? it.public_name || it.name : it.name);
  const groups = computed(() => {
    const found = new Map<string, Matter[]>();
    for (const it of items.value) {
      const group = locale.value === "en" && it.level1_en ? it.level1_en : it.level1;
      found.set(group, [...(found.get(group) ?? []), it]);
    }
    return [...found];
  });
  return { query, items, groups, nameOf };
}
