import { shallowReactive, shallowRef, watchEffect } from "vue";

// What was typed for an act: it comes back into its form when the act was taken back or refused, until it is done.

export interface Typed { values: unknown; /** Why it came back, when it was refused. */ error: unknown }

/** Forms that are kept; somebody who takes back more than that has long forgotten the first. */
const most = 40;
const kept = shallowReactive(new Map<string, Typed>());
const wanted = shallowRef<string | null>(null);

/** What is typed as it stands now: it goes on being typed into. */
export const copied = <T>(values: T): T => JSON.parse(JSON.stringify(values)) as T;

/** What was typed into a form, by its name and what it is about. */
export function typedFor<T>(form: string): { values: T; error: unknown } | undefined {
  const it = kept.get(form);
  return it && { values: copied(it.values as T), error: it.error };
}

export function keepTyped(form: string, values: unknown, error: unknown = null): void {
  kept.delete(form);
  kept.set(form, { values: copied(values), error });
  if (kept.size > most) kept.delete(kept.keys().next().value!);
}

/** Lets go of what was typed into a form, or into all of them. */
export function forgetTyped(form?: string): void {
  if (form === undefined) kept.clear();
  else kept.delete(form);
}

/** How many forms have something kept. */
export const typedForms = (): number => kept.size;

/** A wish that no page met by then is over, in milliseconds: nothing opens by itself long afterwards. */
const patience = 10_000;
let over: ReturnType<typeof setTimeout> | undefined;

/** Somebody wants a form back that was refused: the page that has it opens it, now or when it is there. */
export function wantForm(form: string): void {
  wanted.value = form;
  clearTimeout(over);
  over = setTimeout(() => (wanted.value = null), patience);
}

/** Opens a form of this page when it is wanted. `open` answers whether it is one of this page's that can be opened by now. */
export function useWanted(open: (form: string) => boolean): void {
  watchEffect(() => { if (wanted.value && open(wanted.value)) wanted.value = null; }, { flush: "post" });
}
