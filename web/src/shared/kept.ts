import { ref, watch, type Ref } from "vue";

/** A value that survives a reload on this device. Drafts live here: whoever typed a sentence never types it twice. */
export function kept<T>(key: string, fresh: () => T): Ref<T> {
  const value = ref(read(key, fresh)) as Ref<T>;
  watch(
    value,
    (now) => {
      try {
        localStorage.setItem(key, JSON.stringify(now));
      } catch {
        // Storage is full or forbidden: the page goes on with what is in memory.
      }
    },
    { deep: true, flush: "sync" },
  );
  return value;
}

/** Lets go what was kept under names that begin so. */
export function forget(prefix: string): void {
  try {
    for (const name of Object.keys(localStorage)) if (name.startsWith(prefix)) localStorage.removeItem(name);
  } catch {
    // Where storage is forbidden nothing was kept.
  }
}

function read<T>(key: string, fresh: () => T): T {
  try {
    const text = localStorage.getItem(key);
    return text === null ? fresh() : (JSON.parse(text) as T);
  } catch {
    return fresh();
  }
}
