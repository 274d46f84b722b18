import { watchPostEffect, type Ref } from "vue";

/** What is written on the control of a field. */
export interface Marks { id: string; wrong: boolean; hint?: boolean; need?: boolean }

/** The control stands in a slot or is drawn by its kind: that it is wrong, and where its hint and its fault are said, is written on it here. */
export function useMarks(box: Ref<HTMLElement | undefined>, of: () => Marks): void {
  watchPostEffect(() => {
    const { id, wrong, hint, need } = of();
    const control = box.value?.querySelector(`[id="${id}"]`);
    const mark = (name: string, value: string) => (value ? control?.setAttribute(name, value) : control?.removeAttribute(name));
    mark("aria-describedby", [...(hint ? [`${id}-hint`] : []), ...(wrong ? [`${id}-wrong`] : [])].join(" "));
    mark("aria-invalid", wrong ? "true" : "");
    mark("aria-required", need ? "true" : "");
  });
}
