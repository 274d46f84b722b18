import { getCurrentInstance, onScopeDispose, render, type Ref, type VNode } from "vue";

/**
 * Puts what only paper shows into a place of the page while it is printed. It is there at once: the browser counts its sheets before a page would have
 * made itself anew.
 */
export function usePaper(place: Ref<HTMLElement | undefined>, sheet: () => VNode | null): void {
  const { appContext } = getCurrentInstance()!;
  const paper = window.matchMedia("print");
  const away = () => { if (place.value) render(null, place.value); };
  const put = () => {
    const node = sheet();
    if (!node || !place.value) return away();
    node.appContext = appContext;
    render(node, place.value);
  };
  const turned = () => (paper.matches ? put() : away());
  window.addEventListener("beforeprint", put);
  window.addEventListener("afterprint", away);
  paper.addEventListener("change", turned);
  onScopeDispose(() => {
    away();
    window.removeEventListener("beforeprint", put);
    window.removeEventListener("afterprint", away);
    paper.removeEventListener("change", turned);
  });
}
