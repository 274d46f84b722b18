import { nextTick, onScopeDispose } from "vue";

/** Whether a key press belongs to somebody who is typing or to a dialog that is open. */
function taken(event: KeyboardEvent): boolean {
  const at = event.target instanceof HTMLElement ? event.target : null;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
  if (at?.closest("input:not([type=radio]), textarea, select, [contenteditable], [role=dialog], [role=combobox]")) return true;
  return event.key === "Enter" && at?.closest("a, button, summary") !== null;
}

/** Leaves what is open beside a list. Whoever was in it by the keyboard is back at its line, which is the one marked now. */
export async function leaveFor(line: string, leave: () => Promise<unknown>): Promise<void> {
  const [inside, at] = [document.activeElement?.closest(".case") != null, document.querySelector<HTMLElement>(line)];
  await leave();
  await nextTick();
  if (inside && at?.isConnected) at.focus({ preventScroll: true });
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
