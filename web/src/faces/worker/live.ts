import { useQueryClient } from "@tanstack/vue-query";
import { computed, onScopeDispose, ref, shallowRef, watch } from "vue";
import { eventsUrl } from "@/api/client";
import type { Case } from "@/api/types";
import { useSession } from "@/shared/access/session";
import { useField } from "./offline/field";

/** Many changes in a moment are read together. */
const settle = 300;
const patience = 15_000;

/** An emergency that has just come in, until somebody opens it or puts it away. */
export const alarm = shallowRef<Case | null>(null);

/**
 * Listens to the district's events while somebody is at work here, looks at the page and has network: what is new stands in the inbox at once and not at
 * the next beat. In a pocket nothing listens, and the battery is spared.
 */
export function useLive(): void {
  const session = useSession();
  const field = useField();
  const queries = useQueryClient();
  const seen = ref(document.visibilityState === "visible");
  // A session from the lease alone is not known to the server yet.
  const wanted = computed(() => Boolean(session.now?.csrf) && !session.now?.must_enrol && seen.value && field.online);
  let source: EventSource | undefined;
  let renewal: ReturnType<typeof setTimeout> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const renew = (): void => void (renewal ??= setTimeout(() => {
    renewal = undefined;
    void field.sync();
  }, settle));
  function connect(): void {
    const stream = new EventSource(eventsUrl, { withCredentials: true });
    source = stream;
    stream.onerror = () => {
      if (stream.readyState === EventSource.CLOSED) retry = setTimeout(connect, patience);
    };
    stream.addEventListener("change", renew);
    stream.addEventListener("reload", renew);
    stream.addEventListener("notice", () => {
      void queries.invalidateQueries({ queryKey: ["notices"] });
      renew();
    });
  }
  function end(): void {
    clearTimeout(renewal);
    clearTimeout(retry);
    renewal = undefined;
    source?.close();
    source = undefined;
  }
  watch(wanted, (now) => { end(); if (now) connect(); }, { immediate: true });

  // What was there when the page opened is in the inbox already and rings nobody.
  let known: ReadonlySet<string> | null = null;
  watch([() => field.cases, () => field.lastSync], ([cases, read]) => {
    const urgent = [...cases.values()].filter((it) => it.urgency === "emergency" && it.tasks.some((task) => task.mine && task.state === "offered"));
    const fresh = known && urgent.find((it) => !known!.has(it.id));
    if (alarm.value && !urgent.some((it) => it.id === alarm.value!.id)) alarm.value = null;
    if (fresh) {
      alarm.value = fresh;
      navigator.vibrate?.([400, 150, 400, 150, 400]);
    }
    if (cases.size || read !== null || known) known = new Set(urgent.map((it) => it.id));
  }, { immediate: true });

  const look = (): void => void (seen.value = document.visibilityState === "visible");
  document.addEventListener("visibilitychange", look);
  onScopeDispose(() => {
    document.removeEventListener("visibilitychange", look);
    end();
  });
}
