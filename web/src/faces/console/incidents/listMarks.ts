import { nextTick } from "vue";

/**
 * What Element Plus leaves out of its open list. It calls the box a tooltip, and the box that scrolls is not the list but lies around it, where nobody
 * can come by the keyboard: so the box has no role, and the scrolling one is the list that the field controls.
 */
export function markList(field: string, label: string): void {
  void nextTick(() => {
    const list = document.getElementById(document.getElementById(field)?.getAttribute("aria-controls") ?? "");
    const box = list?.closest<HTMLElement>(".el-select-dropdown__wrap");
    if (!list || !box || list === box) return;
    list.closest(".el-popper")?.removeAttribute("role");
    box.id = list.id;
    box.setAttribute("role", "listbox");
    box.setAttribute("aria-label", label);
    // A box that scrolls is a stop for Tab by itself; the key leads on from the field and closes the list.
    box.tabIndex = -1;
    list.removeAttribute("id");
    list.removeAttribute("aria-orientation");
    list.setAttribute("role", "presentation");
  });
}

/** Its list lies inside the form that it belongs to, for those who are read the form and nothing else, and over what would cut it off. */
export const listPlace = { teleported: false, popperOptions: { strategy: "fixed" } } as const;

/** Element Plus keeps every Escape of its field to itself; only that which closes its list is its own, any other is the form's. */
export function passEscape(event: KeyboardEvent, opened: boolean): void {
  const box = event.currentTarget as HTMLElement;
  if (opened || event.target === box) return;
  event.stopPropagation();
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", code: "Escape", bubbles: true, cancelable: true }));
}
