import { QueryClient, VueQueryPlugin } from "@tanstack/vue-query";
import { createPinia } from "pinia";
import { createApp, inject, type Component, type InjectionKey } from "vue";
import type { Router } from "vue-router";
import { isProblem } from "@/api/problem";
import { createWords, type Lang, type Words } from "./i18n";
import { arrive } from "./arrive";
import { applyPrefs, prefs } from "./prefs";
import "./tokens.css";
import "./base.css";

export interface Face {
  root: Component;
  router: Router;
  words: Words;
  /** Normal root size in px; everything scales with it. */
  size: number;
  mayBeDark: boolean;
  /** Goes from page to page: then each one is announced. The console changes its address while one stays where one is. */
  arrives?: boolean;
  /** Opens without network: what cannot be read then says so, instead of waiting until there is one. */
  opensOffline?: boolean;
}

const languageKey: InjectionKey<(lang: Lang) => Promise<void>> = Symbol("language");

/** Changes the language of the page. */
export function useLanguage(): (lang: Lang) => Promise<void> {
  const choose = inject(languageKey);
  if (!choose) throw new Error("useLanguage is for components of a started face");
  return choose;
}

/** Starts one face: the three differ in their pages and words only. */
export async function startFace(face: Face): Promise<void> {
  applyPrefs(face.size, face.mayBeDark);
  const { i18n, choose } = createWords(face.words);
  await choose(prefs.lang);
  const queries = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        ...(face.opensOffline ? { networkMode: "always" as const, refetchOnReconnect: true } : {}),
        // An answer that says no will say no again; only silence is worth another try.
        retry: (count, error) => count < 2 && isProblem(error) && (error.status === 0 || error.status >= 500),
      },
    },
  });
  if (face.arrives) arrive(face.router);
  createApp(face.root).use(createPinia()).use(i18n).use(VueQueryPlugin, { queryClient: queries }).use(face.router).provide(languageKey, choose).mount("#app");
}
