import { as } from "./ask.mjs";

/** A case that was in the invented district from the beginning, by words of it, whole. */
export async function seeded(page, words) {
  const { items } = await as(page, `/incidents?q=${encodeURIComponent(words)}`);
  const found = items.find((it) => it.title.includes(words)) ?? items[0];
  if (!found) throw new Error(`the district holds no case “${words}”`);
  return as(page, `/incidents/${found.id}`);
}
