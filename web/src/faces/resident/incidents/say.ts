import { computed, onBeforeUnmount, onMounted, ref, watch } from "vue";
import { uuidv7 } from "@/api/uuid";
import { isProblem } from "@/api/problem";
import { forget, kept } from "@/shared/kept";
import { once } from "@/shared/once";
import { transient } from "./outbox";

/** The link itself is no part of the name that something lies under. */
const slotOf = (what: string, track: string): string => `jingwei.m.say.${what}.${track.slice(0, 8)}`;

/** Whether something of this kind was begun here and not sent. */
export const isBegun = (what: string, track: string): boolean => {
  try {
    return localStorage.getItem(slotOf(what, track)) !== null;
  } catch {
    return false;
  }
};

/**
 * What a resident says about a case of his: kept on this device until the server has it. Given without network it goes by itself when there is one,
 * under the same key, on this page or the next time that it is opened.
 */
export function useSay<T extends object>(what: string, track: string, fresh: () => T, send: (value: T, key: string) => Promise<unknown>, sent: () => void) {
  const slot = slotOf(what, track);
  const blank = () => ({ key: uuidv7(), waits: false, value: fresh() });
  const held = kept(slot, blank);
  const problem = ref<unknown>(null);
  // Other words are another command.
  watch(() => held.value.value, () => Object.assign(held.value, { key: uuidv7(), waits: false }), { deep: true, flush: "sync" });

  let woken = false;
  const { run: go, busy } = once(async () => {
    // Where the network came back while an answer was waited for, that try knew nothing of it.
    do {
      woken = false;
      await tell();
    } while (woken && held.value.waits);
  });

  async function tell(): Promise<void> {
    problem.value = null;
    held.value.waits = true;
    const { key } = held.value;
    // What is typed while this is on its way is another command, which nobody has given yet.
    const same = (): boolean => held.value.key === key;
    try {
      await send(held.value.value as T, key);
    } catch (error) {
      const waits = isProblem(error) && transient(error);
      if (same()) held.value.waits = waits;
      if (!waits) problem.value = error;
      return;
    }
    if (same()) {
      held.value = blank();
      forget(slot);
    }
    sent();
  }

  function again(): void {
    if (document.visibilityState !== "visible") return;
    woken = true;
    if (held.value.waits) void go();
  }
  onMounted(() => {
    again();
    window.addEventListener("online", again);
    document.addEventListener("visibilitychange", again);
  });
  onBeforeUnmount(() => {
    window.removeEventListener("online", again);
    document.removeEventListener("visibilitychange", again);
  });
  return { value: computed(() => held.value.value as T), waits: computed(() => held.value.waits && !busy.value), problem, busy, go };
}
