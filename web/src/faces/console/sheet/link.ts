import type { RouteLocationRaw } from "vue-router";

/** The desk's list for a list of the server: the same filters, in the address. */
export function toDesk(link: string): RouteLocationRaw {
  const query = new URLSearchParams(link.slice(link.indexOf("?") + 1));
  return { path: "/cases", query: Object.fromEntries(query.entries()) };
}

/** A percentage with as many places as it needs, a dash for nothing. */
export const percent = (n: number | null | undefined): string => (n === null || n === undefined ? "—" : `${Number.isInteger(n) ? n : n.toFixed(n < 10 ? 2 : 1)}%`);
