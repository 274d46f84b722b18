import { onScopeDispose, reactive } from "vue";

/** What the shell shows over any page. */
export const shell = reactive({ keys: false, palette: false });

/** A line of the palette. */
export interface Command {
  id: string;
  words: string;
  /** Where it belongs, in small letters beside it. */
  group: string;
  key?: string;
  run: () => unknown;
}

const sources = new Set<() => Command[]>();

/** Adds what a page can do to the palette for as long as the page is there. */
export function usePalette(source: () => Command[]): void {
  sources.add(source);
  onScopeDispose(() => sources.delete(source));
}
export const commands = (): Command[] => [...sources].reverse().flatMap((it) => it());
