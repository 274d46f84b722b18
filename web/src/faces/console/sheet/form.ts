import type { InjectionKey } from "vue";

/** What the fields of a form answer before it is sent: whether each has what it needs. */
export const formKey: InjectionKey<Set<() => boolean>> = Symbol("form");
