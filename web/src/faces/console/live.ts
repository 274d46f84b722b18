import { useQueryClient } from "@tanstack/vue-query";
import { onScopeDispose, reactive } from "vue";
import { eventsUrl } from "@/api/client";

/** Whether the page hears of changes as they happen. */
export const live = reactive<{ state: "idle" | "open" | "waiting" }>({ state: "idle" });

const settle = 400;
const patience = 15_000;

/** Listens to the district's events and reads again what they touch. Many changes in a moment make one new reading. */
export function useLive(): void {
  const queries = useQueryClient();
  let source: EventSource | undefined;
  let renewal: ReturnType<typeof setTimeout> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const renew = () => {
    clearTimeout(renewal);
    renewal = setTimeout(() => {
      for (const key of ["incidents", "counts", "incident"]) void queries.invalidateQueries({ queryKey: [key] });
    }, settle);
  };
  function connect(): void {
    const stream = new EventSource(eventsUrl, { withCredentials: true });
    source = stream;
    stream.onopen = () => {
      // Something may have happened while nobody listened.
      if (live.state === "waiting") void queries.invalidateQueries();
      live.state = "open";
    };
    stream.onerror = () => {
      live.state = "waiting";
      // After a break the browser goes on by itself and sends Last-Event-ID; after a refusal it gives up, and we ask again later.
      if (stream.readyState === EventSource.CLOSED) retry = setTimeout(connect, patience);
    };
    stream.addEventListener("change", renew);
    stream.addEventListener("notice", () => void queries.invalidateQueries({ queryKey: ["notices"] }));
    stream.addEventListener("reload", () => void queries.invalidateQueries());
  }

  connect();
  onScopeDispose(() => {
    clearTimeout(renewal);
    clearTimeout(retry);
    source?.close();
    live.state = "idle";
  });
}
