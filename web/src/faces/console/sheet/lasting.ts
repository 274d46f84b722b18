import { computed, shallowRef } from "vue";

/** A sentence that stays on the page: kept as what finds its words, so that it follows the language. */
export function useLasting() {
  const find = shallowRef<(() => string) | null>(null);
  return { said: computed(() => find.value?.() ?? null), say: (words: (() => string) | null): void => void (find.value = words) };
}
