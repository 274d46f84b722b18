import { reactive, watch } from "vue";

interface Prefs {
  lang: "zh" | "en";
  /** Elder mode: large type, large targets, plain words. */
  large: boolean;
  /** The size of its text in px, 18 to 30; the face's own when nobody chose. */
  largeSize?: number | null;
  dark: boolean | null;
}

const key = "jingwei.prefs";

function stored(): Prefs {
  const fresh: Prefs = { lang: "zh", large: false, largeSize: null, dark: null };
  try {
    return { ...fresh, ...(JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<Prefs>) };
  } catch {
    return fresh; // A browser that forbids storage still gets a page.
  }
}

/** What this person chose on this device. */
export const prefs = reactive<Prefs>(stored());

/** Applies the choices to the page and keeps them; `size` is the normal root size of the face in px. */
export function applyPrefs(size: number, mayBeDark: boolean): void {
  const root = document.documentElement;
  watch(
    prefs,
    (now) => {
      root.style.setProperty("--root-size", `${now.large ? (now.largeSize ?? Math.round(size * 1.34)) : size}px`);
      root.classList.toggle("elder", now.large);
      const dark = now.dark ?? globalThis.matchMedia?.("(prefers-color-scheme: dark)").matches ?? false;
      root.classList.toggle("dark", mayBeDark && dark);
      try {
        localStorage.setItem(key, JSON.stringify(now));
      } catch {
        // Not kept, but it holds for this visit.
      }
    },
    { immediate: true, deep: true },
  );
}
