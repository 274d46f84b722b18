import type { Limit } from "./limits";

const isLimit = (it: object): it is Limit => "n" in it && "unit" in it && Object.keys(it).length === 2;

/**
 * The value of a setting as a line to read, not to edit: nothing is a dash, a limit is said in words, of words in two languages those of the page. Pure
 * but for `limit`, which says a limit.
 */
export function plain(it: unknown, lang: "zh" | "en", limit: (it: Limit) => string): string {
  if (it === null || it === undefined || it === "") return "—";
  if (Array.isArray(it)) return it.length === 0 ? "—" : it.map((one) => plain(one, lang, limit)).join(lang === "en" ? ", " : "、");
  if (typeof it !== "object") return String(it);
  if (isLimit(it)) return limit(it);
  const entries = Object.entries(it);
  if ("zh" in it && "en" in it) {
    const others = entries.filter(([key]) => key !== "zh" && key !== "en");
    const own = String(it[lang]);
    return others.length ? `${own} (${plain(Object.fromEntries(others), lang, limit)})` : own;
  }
  return entries.map(([key, one]) => `${key}: ${plain(one, lang, limit)}`).join(lang === "en" ? "; " : "；");
}
