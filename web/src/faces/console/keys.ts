import { onScopeDispose } from "vue";

/** Whether a key press belongs to somebody who is typing or to a dialog that is open. */
function taken(event: KeyboardEvent): boolean {
  const at = event.target instanceof HTMLElement ? event.target : null;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
  if (at?.closest("input:not([type=radio]), textarea, select, [contenteditable], [role=dialog], [role=combobox]")) return true;
  return event.key === "Enter" && at?.closest("a, button, summary") !== null;
}

/** Single keys of the desk; they rest while somebody types. */
export function useKeys(acts: Record<string, () => unknown>): void {
  const press = (event: KeyboardEvent) => {
    const act = Object.hasOwn(acts, event.key) ? acts[event.key] : undefined;
    if (!act || taken(event) || document.querySelector(".el-overlay:not([style*='display: none'])")) return;
    event.preventDefault();
    act();
  };
  window.addEventListener("keydown", press);
  onScopeDispose(() => window.removeEventListener("keydown", press));
}
