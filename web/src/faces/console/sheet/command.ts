import { useQueryClient } from "@tanstack/vue-query";
import { computed, ref } from "vue";
import { isProblem } from "@/api/problem";
import { useSays } from "@/shared/says";
import { useLasting } from "./lasting";

/** One command of a form: whether it runs, what went wrong, what was done; afterwards the queries with these first keys are read again. */
export function useCommand(...touches: string[]) {
  const says = useSays();
  const queries = useQueryClient();
  const busy = ref(false);
  const problem = ref<unknown>(null);
  const { said, say } = useLasting();
  /** The sentence for the whole form; nothing when every fault has its place beside a field. */
  const sentence = computed(() => (problem.value ? says.problem(problem.value) : null));

  async function run<T>(act: () => Promise<T>, words: (() => string) | null = null): Promise<T | undefined> {
    if (busy.value) return undefined;
    busy.value = true;
    problem.value = null;
    say(null);
    try {
      const answer = await act();
      say(words);
      await Promise.all(touches.map((key) => queries.invalidateQueries({ queryKey: [key] })));
      return answer;
    } catch (error) {
      problem.value = error;
      if (!isProblem(error)) throw error;
      return undefined;
    } finally {
      busy.value = false;
    }
  }
  return { busy, problem, said, say, sentence, run };
}
