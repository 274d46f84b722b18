import { ref, type Ref } from "vue";

/** An act that another tap does not begin anew while it is on its way: a finger that trembles means it once. */
export function once<A extends unknown[]>(act: (...args: A) => Promise<void>): { run: (...args: A) => Promise<void>; busy: Readonly<Ref<boolean>> } {
  const busy = ref(false);
  async function run(...args: A): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    try {
      await act(...args);
    } finally {
      busy.value = false;
    }
  }
  return { run, busy };
}
