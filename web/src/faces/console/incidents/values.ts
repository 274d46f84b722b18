import type { Limit } from "@/api/calls/desk";
import type { Case } from "@/api/types";
import { zoneNow } from "@/shared/clock";
import { instant as instantIn } from "@/shared/zone";

/** What stands in a form: one value a field, by the field's key. */
export type Values = Record<string, unknown>;

/** Readers of a form's values; what is not there is empty. */
export const text = (v: Values, key: string): string => (typeof v[key] === "string" ? (v[key] as string).trim() : "");
export const list = (v: Values, key: string): string[] => (Array.isArray(v[key]) ? (v[key] as string[]) : []);
export const flag = (v: Values, key: string): boolean => v[key] === true;
export const point = (v: Values, key: string): { lon: number; lat: number } | null => (v[key] as { lon: number; lat: number } | null | undefined) ?? null;
export const limit = (v: Values, key: string): Limit | null => {
  const found = v[key] as Limit | undefined;
  return found && found.n > 0 ? found : null;
};
/** An instant from a field of day and time, as the server wants it. */
export const instant = (v: Values, key: string): string | null => instantIn(text(v, key), zoneNow());
/** A member only when it says something: `{...some("reason", words)}`. */
export const some = <K extends string, T>(key: K, value: T | null): { [P in K]?: T } =>
  value === null || value === "" || (Array.isArray(value) && value.length === 0) ? {} : ({ [key]: value } as { [P in K]?: T });

/** How a field is filled in. */
export type Kind =
  | "words" | "line" | "choice" | "several" | "reason" | "unit" | "units" | "matter" | "moment" | "day" | "limit" | "minutes" | "photos" | "check" | "point" | "case" | "result";

/** One field of a form. Its label is `form.<action>.<key>`, else `form.<key>`. */
export interface Field {
  key: string;
  kind: Kind;
  /** Whether the form cannot be sent without it. */
  need?: boolean | ((v: Values, of?: Case) => boolean);
  /** Whether it is asked at all. */
  when?: (v: Values) => boolean;
  /** The keys to choose from, with their words under `words.<words>`. */
  options?: readonly string[];
  words?: string;
  /** Sentences to pick from, under `picks.<picks>`. */
  picks?: string;
  start?: unknown;
}

const empty = (value: unknown): boolean => value === undefined || value === null || value === "" || value === false || (typeof value === "string" && !value.trim()) || (Array.isArray(value) && !value.length);

export const shown = (fields: readonly Field[], v: Values): Field[] => fields.filter((it) => it.when?.(v) ?? true);
/** The first field that still has to be filled in. */
export const lacking = (fields: readonly Field[], v: Values, of?: Case): Field | undefined =>
  shown(fields, v).find((it) => (typeof it.need === "function" ? it.need(v, of) : it.need) && (it.kind === "limit" ? !limit(v, it.key) : it.kind === "result" || empty(v[it.key])));
export const start = (fields: readonly Field[]): Values => Object.fromEntries(fields.filter((it) => it.start !== undefined).map((it) => [it.key, it.start]));
