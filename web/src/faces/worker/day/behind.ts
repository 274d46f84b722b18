import type { LocationQuery, LocationQueryRaw } from "vue-router";
import type { Asked } from "@/api/calls/worker";

/** Which number of the meter is looked into, as the address of its page says it. */
const keys = ["month", "form", "what", "field", "asked", "name"] as const;

/** The page of the steps behind a number. */
export const behind = (of: Omit<Asked, "after">): { path: string; query: LocationQueryRaw } => ({ path: "/meter/steps", query: { ...of } });

/** What the address asks for. */
export const askedOf = (query: LocationQuery): Asked => Object.fromEntries(keys.flatMap((key) => (typeof query[key] === "string" ? [[key, query[key]]] : []))) as Asked;
