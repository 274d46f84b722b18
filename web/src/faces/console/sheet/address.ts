import { useRoute, useRouter } from "vue-router";

/** What a page is asked for stands in its address, so that a view can be kept, shared and gone back to. */
export function useAddress() {
  const [route, router] = [useRoute(), useRouter()];
  return {
    /** What one part says; nothing when it is not there. */
    text: (name: string): string => (typeof route.query[name] === "string" ? route.query[name] : ""),
    /** Changes some parts; any of them leads back to the first page of a list. */
    set: (change: Record<string, string | null | undefined>): void => void router.replace({ query: { ...route.query, cursor: undefined, ...change } }),
  };
}
