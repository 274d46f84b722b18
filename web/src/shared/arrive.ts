import { nextTick } from "vue";
import type { Router } from "vue-router";

/** Says where one is now: the window's title names the page, and whoever goes from page to page by keyboard or screen reader stands at its heading. */
export function arrive(router: Router): void {
  const face = document.title;
  router.afterEach((to, from, failure) => {
    if (failure) return;
    void nextTick(() => {
      const heading = document.querySelector<HTMLElement>("#main h1");
      const words = heading?.textContent?.trim();
      document.title = words ? `${words} · ${face}` : face;
      // The first page, and another query of the same one, move nobody.
      if (!heading || from.matched.length === 0 || from.path === to.path) return;
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
    });
  });
}
