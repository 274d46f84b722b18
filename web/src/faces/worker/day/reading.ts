import { ref, shallowRef, watch, type Ref } from "vue";

/**
 * Something of a day or a month: first as it was last read on this device, then as the server has it. `read` reads it again, and what is shown stays
 * until that has come; it says whether it came.
 */
export function useReading<T>(of: Ref<string>, kept: (of: string) => Promise<T | null>, fresh: (of: string) => Promise<T>) {
  const [data, error, pending] = [shallowRef<T | null>(null), shallowRef<unknown>(null), ref(false)];
  let [shown, turn] = ["", 0];
  async function read(): Promise<boolean> {
    const asked = of.value;
    const mine = (turn += 1);
    const still = () => mine === turn;
    [pending.value, error.value] = [true, null];
    if (shown !== asked) {
      [shown, data.value] = [asked, null];
      const before = await kept(asked);
      // Another one is looked at by now, and read by itself.
      if (!still()) return false;
      data.value ??= before;
    }
    try {
      const now = await fresh(asked);
      if (still()) data.value = now;
      return still();
    } catch (failed) {
      if (still()) error.value = failed;
      return false;
    } finally {
      if (still()) pending.value = false;
    }
  }
  watch(of, read, { immediate: true });
  return { data, error, pending, read };
}
