import { ref, toRaw, watch, type Ref } from "vue";
import { useField } from "./field";

/** What is typed into a form: there again after a reload or a new log-in, for its author alone. A form that stands as it was fresh is no draft. */
export function useDraft<T extends object>(name: string, fresh: () => T): Ref<T> {
  const field = useField();
  const there = () => field.drafts?.get<T>(name);
  const value = ref({ ...fresh(), ...there() }) as Ref<T>;
  const keep = (): void => field.drafts?.put(name, JSON.stringify(value.value) === JSON.stringify(fresh()) ? null : structured(value.value));
  watch(value, keep, { deep: true, flush: "sync" });
  // What lies on the device is read a moment after the page is there. What was filled in by then stands.
  watch(() => field.drafts, (now) => {
    if (!now) return;
    const empty = fresh();
    const filled = (Object.keys(empty) as (keyof T)[]).filter((it) => JSON.stringify(value.value[it]) !== JSON.stringify(empty[it]));
    value.value = { ...empty, ...there(), ...Object.fromEntries(filled.map((it) => [it, value.value[it]])) };
  });
  return value;
}

/** A plain copy, as storage takes it. */
const structured = <T extends object>(value: T): T => JSON.parse(JSON.stringify(toRaw(value))) as T;
