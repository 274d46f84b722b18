import { useQueryClient } from "@tanstack/vue-query";
import { onScopeDispose, reactive, watch, type Ref } from "vue";
import { eventsUrl } from "@/api/client";

/** Whether the page hears of changes as they happen. */
export const live = reactive<{ state: "idle" | "open" | "waiting" }>({ state: "idle" });

/** Many changes in a moment make one new reading; a second tab shows a change within a second. */
const settle = 150;
const patience = 15_000;
/** Told again and again to read everything anew, as by a server that catches up with an import, a page does so at most so often. */
const calm = 3000;
/** What is read again when any case changed, beside the case itself. */
const touched = ["incidents", "counts", "inbox", "calls", "whistles", "reviews", "extensions", "orders", "similar", "what-if"];

type Heard = (cases: ReadonlySet<string> | null) => void;
const listeners = new Set<Heard>();

/** Tells a page which cases changed; null when it should read everything anew. */
export function whenChanged(hear: Heard): void {
  listeners.add(hear);
  onScopeDispose(() => listeners.delete(hear));
}

/** Listens to the district's events while somebody is logged in. The console has one such ear, in its shell. */
export function useLive(loggedIn: Ref<boolean>): void {
  const queries = useQueryClient();
  let source: EventSource | undefined;
  let renewal: ReturnType<typeof setTimeout> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let cases = new Set<string>();
  let told = false;
  let calming: ReturnType<typeof setTimeout> | undefined;
  let again = false;

  function everything(): void {
    again = calming !== undefined;
    if (again) return;
    calming = setTimeout(() => { calming = undefined; if (again) everything(); }, calm);
    void queries.invalidateQueries();
    for (const hear of listeners) hear(null);
  }
  const renew = () => {
    renewal = undefined;
    const now = cases;
    cases = new Set();
    for (const key of touched) void queries.invalidateQueries({ queryKey: [key] });
    if (told) void queries.invalidateQueries({ queryKey: ["incident"] });
    else for (const id of now) void queries.invalidateQueries({ queryKey: ["incident", id] });
    told = false;
    for (const hear of listeners) hear(now);
  };
  function changed(event: MessageEvent<string>): void {
    const { objects } = JSON.parse(event.data) as { objects: { kind: string; id: string }[] };
    for (const it of objects) if (it.kind === "incident") cases.add(it.id);
    renewal ??= setTimeout(renew, settle);
  }
  function connect(): void {
    const stream = new EventSource(eventsUrl, { withCredentials: true });
    source = stream;
    stream.onopen = () => {
      // Something may have happened while nobody listened.
      if (live.state === "waiting") everything();
      live.state = "open";
    };
    stream.onerror = () => {
      live.state = "waiting";
      // After a break the browser goes on by itself and sends Last-Event-ID; after a refusal it gives up, and we ask again later.
      if (stream.readyState === EventSource.CLOSED) retry = setTimeout(connect, patience);
    };
    stream.addEventListener("change", changed);
    stream.addEventListener("notice", () => {
      void queries.invalidateQueries({ queryKey: ["notices"] });
      // Whoever is told of a case may have a part in it without holding it: then this is all that they hear.
      told = true;
      renewal ??= setTimeout(renew, settle);
    });
    stream.addEventListener("reload", everything);
  }
  function end(): void {
    clearTimeout(renewal);
    clearTimeout(retry);
    clearTimeout(calming);
    renewal = calming = undefined;
    source?.close();
    source = undefined;
    live.state = "idle";
  }
  watch(loggedIn, (now) => { end(); if (now) connect(); }, { immediate: true });
  onScopeDispose(end);
}
