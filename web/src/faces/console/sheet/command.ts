import { useQueryClient } from "@tanstack/vue-query";
import { computed, ref } from "vue";
import { useRoute } from "vue-router";
import { isProblem } from "@/api/problem";
import { useSays } from "@/shared/says";
import { later, pending, undo, type More } from "../pending";
import { useLasting } from "./lasting";

/** One command of a form: whether it runs, what went wrong, what was done; afterwards the queries with these first keys are read again. */
export function useCommand(...touches: string[]) {
  const says = useSays();
  const queries = useQueryClient();
  const route = useRoute();
  const busy = ref(false);
  const problem = ref<unknown>(null);
  const { said, say } = useLasting();
  /** The sentence for the whole form; nothing when every fault has its place beside a field. */
  const sentence = computed(() => (problem.value ? says.problem(problem.value) : null));

  const anew = () => Promise.all(touches.map((key) => queries.invalidateQueries({ queryKey: [key] })));

  async function run<T>(act: () => Promise<T>, words: (() => string) | null = null): Promise<T | undefined> {
    if (busy.value) return undefined;
    busy.value = true;
    problem.value = null;
    say(null);
    try {
      const answer = await act();
      say(words);
      await anew();
      return answer;
    } catch (error) {
      problem.value = error;
      if (!isProblem(error)) throw error;
      return undefined;
    } finally {
      busy.value = false;
    }
  }

  /**
   * Does what no second click brings back ten seconds from now, unless it is taken back (docs/adr/0011): `what` is done to `about`, in words, and to
   * `ids`. Clicked twice it is decided once. What was `typed` for it comes back into its form on this page when it is taken back or refused; typed
   * anew while the same still waits, it takes that one's place.
   */
  async function soon(act: () => Promise<unknown>, what: string, about: string, words: () => string, { ids = [], ...more }: { ids?: readonly string[] } & Pick<More, "typed" | "by"> = {}): Promise<void> {
    const whole = `${what} · ${about}`;
    const [waits, form] = [pending.now, more.typed?.form];
    if (waits?.words === whole) {
      if (form === undefined && ids.join() === waits.about.join()) return;
      if (form !== undefined && form === waits.typed?.form) undo();
    }
    problem.value = null;
    say(null);
    await later(whole, ids, act, (error) => {
      if (!error) say(words);
      return anew();
    }, { what, place: route.fullPath, ...more });
  }
  return { busy, problem, said, say, sentence, run, soon };
}
