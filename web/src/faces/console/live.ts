import { useQueryClient } from "@tanstack/vue-query";
import { onScopeDispose, reactive } from "vue";
import { eventsUrl } from "@/api/client";

/** Whether the page hears of changes as they happen. */
export const live = reactive<{ state: "idle" | "open" | "waiting" }>({ state: "idle" });

/** Listens to the district's events and reads again what they touch. Many changes in a moment make one new reading. */
export function useLive(): void {
  const queries = useQueryClient();
  const source = new EventSource(eventsUrl, { withCredentials: true });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const renew = (keys: string[]) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      for (const key of keys) void queries.invalidateQueries({ queryKey: [key] });
    }, 400);
  };
  source.onopen = () => (live.state = "open");
  source.onerror = () => (live.state = "waiting"); // The browser tries again by itself and sends Last-Event-ID.
  source.addEventListener("change", () => renew(["incidents", "counts", "incident"]));
  source.addEventListener("notice", () => void queries.invalidateQueries({ queryKey: ["notices"] }));
  source.addEventListener("reload", () => void queries.invalidateQueries());
  onScopeDispose(() => {
    clearTimeout(timer);
    source.close();
    live.state = "idle";
  });
}
