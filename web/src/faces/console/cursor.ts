import { nextTick } from "vue";

// Whoever goes by the keyboard stays where he is: what was decided stands in place of the button that it was decided with, and has the cursor then.
// Taken back or refused, the cursor is at the button again. It is never taken from where somebody has gone on, least of all from a field.

/** The button by which something was decided, or which opened its form. */
export interface Spot {
  button: HTMLElement;
  words: string;
  /** What it stands in, from the nearest outwards. */
  around: readonly Element[];
  /** What was decided about. */
  about: readonly string[];
  /** What has the cursor in its place, and the line of a list that this is in. */
  mark?: HTMLElement;
  line?: { at: Element; list: Element | null; nth: number };
}

/** What had the cursor last, outside of what lies over the page. */
let outside: Element | null = null;
if (typeof document !== "undefined") document.addEventListener("focusin", ({ target }) => {
  if (target instanceof Element && !target.closest("[role=dialog], .strip")) outside = target;
});

const lost = (): boolean => document.activeElement === null || document.activeElement === document.body;
const wordsOf = (it: Element): string => it.textContent?.trim() ?? "";
const frame = (): Promise<unknown> => new Promise((on) => requestAnimationFrame(on));

/** Gives the cursor back when nothing has it any more. */
export function back(to: Element | null | undefined): void {
  if (lost() && to instanceof HTMLElement && to.isConnected) to.focus({ preventScroll: true });
}

/** Where a decision is made; nowhere where it is made by a key of the desk. */
export function spotFor(about: readonly string[]): Spot | null {
  const now = document.activeElement;
  const at = now?.closest("[role=dialog]") ? outside : now;
  const button = at?.closest("button") ?? at?.closest("form")?.querySelector<HTMLElement>("button:not([type=button])");
  if (!button) return null;
  const around: Element[] = [];
  for (let it = button.parentElement; it; it = it.parentElement) around.push(it);
  return { button, words: wordsOf(button), around, about };
}

/** Puts the cursor where something was decided: on the button, or on the nearest mark of it where that is gone. */
export function stand(of: Spot | null | undefined): void {
  if (!of) return;
  if (of.button.isConnected) return of.button.focus({ preventScroll: true });
  for (const it of of.around) {
    const will = it.isConnected ? [...it.querySelectorAll<HTMLElement>("[data-will]")].find((one) => of.about.includes(one.dataset.will ?? "")) : undefined;
    if (!will) continue;
    // What stands in a button has its cursor; nothing in it may have one of its own.
    const mark = will.closest("button") ?? will;
    if (mark === will) mark.tabIndex = -1;
    const at = mark.closest("li, tr, article, main");
    of.mark = mark;
    if (at) of.line = { at, list: at.parentElement, nth: [...(at.parentElement?.children ?? [])].indexOf(at) };
    return mark.focus({ preventScroll: true });
  }
}

/** The button that has made room for the mark gives it the cursor. */
export async function stay(of: Spot): Promise<void> {
  await nextTick();
  // A form gives the cursor back by itself where its button is still there, and so may its page.
  await frame();
  await frame();
  if (lost() && !of.button.isConnected) stand(of);
}

/** Whether the mark has the cursor. */
export const onMark = (of: Spot | null | undefined): boolean => of?.mark !== undefined && document.activeElement === of.mark;

/** So long a page may take until the button is there again, in milliseconds. */
const patience = 3_000;

/** Nothing was done: from the mark back to the button, unless somebody goes on meanwhile. */
export async function comeBack({ around, words, mark }: Spot): Promise<void> {
  const most = Date.now() + patience;
  await nextTick();
  while (Date.now() < most && (lost() || document.activeElement === mark)) {
    const near = around.find((it) => it.isConnected);
    const button = [...(near?.querySelectorAll("button") ?? [])].find((it) => wordsOf(it) === words && !it.disabled && it.getAttribute("aria-disabled") !== "true");
    if (button) return button.focus({ preventScroll: true });
    await frame();
  }
}

/** It is done and its mark is gone: on to its line, or to the one that came in its place. */
export async function goOn({ line }: Spot): Promise<void> {
  await nextTick();
  const at = line?.at.isConnected ? line.at : (line?.list?.isConnected && line.list.children[Math.min(line.nth, line.list.children.length - 1)]) || document.getElementById("main");
  if (!lost() || !(at instanceof HTMLElement)) return;
  if (!at.hasAttribute("tabindex")) at.tabIndex = -1;
  at.focus({ preventScroll: true });
}
