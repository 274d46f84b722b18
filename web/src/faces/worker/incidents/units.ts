import { units as lookUp } from "@/api/calls";
import type { Neighbour } from "@/api/calls/worker";

/** What is chosen of a unit. */
export interface Chosen { id: string; name: string }
export type Found = Chosen & { name_en?: string | null };
const most = 8;

/** Those of the units on this device whose name, alias or code holds the words, the shortest names first: whoever types less means the plain one. */
export function foundUnits(all: readonly Neighbour[], words: string): Found[] {
  const wanted = words.trim().toLowerCase();
  const names = (it: Neighbour) => [it.name, it.alias, it.name_en, it.code].filter((one) => one).map((one) => one!.toLowerCase());
  const hits = all.filter((it) => names(it).some((one) => one.includes(wanted)));
  return hits.sort((a, b) => a.name.length - b.name.length || a.code.localeCompare(b.code)).slice(0, most);
}

/** The units of those words: on this device where the list lies here, else on the server. */
export async function unitsOf(here: readonly Neighbour[] | null, words: string): Promise<Found[]> {
  return here?.length ? foundUnits(here, words) : (await lookUp(words.trim())).items.slice(0, most);
}
