import type { Field, Shape } from "./shapes";

/** What the form finds wrong: where, and which sentence says it. */
export interface Fault { path: string; code: string; params?: Record<string, unknown> }

const isObject = (it: unknown): it is Record<string, unknown> => typeof it === "object" && it !== null && !Array.isArray(it);
/** Where a member stands, as the server writes it: `limits.accept_minutes`, `stages[1].tell`. */
export const at = (path: string, key: string | number): string => (typeof key === "number" ? `${path}[${key}]` : path ? `${path}.${key}` : key);
/** The place in the form of a field that the server names: without the name of the whole. */
export const bare = (field: string): string => field.replace(/^value(\.|(?=\[)|$)/, "");

/** What a form begins with where there is nothing yet. */
export function fresh(shape: Shape): unknown {
  switch (shape.kind) {
    case "text": case "time": return "";
    case "number": return shape.least;
    case "flag": return false;
    case "choice": return shape.options[0] ?? "";
    case "several": case "kinds": case "lines": return [];
    case "limit": return { n: 1, unit: "working_day" };
    case "group": return Object.fromEntries(shape.fields.flatMap((it) => (leftOut(it) ? [] : [[it.key, fresh(it)]])));
    case "list": return Array.from({ length: shape.least ?? 0 }, () => fresh(shape.of));
    case "maybe": return shape.missing ? undefined : null;
    case "variant": return shape.need ? shape.options[0]?.key : undefined;
  }
}
/** Whether a member is asked for beside what the others hold. */
export const asked = (it: Field, group: Record<string, unknown>): boolean => !it.when || it.when.is.includes(String(group[it.when.key]));
const leftOut = (it: Field): boolean => (it.kind === "variant" && !it.need) || (it.kind === "maybe" && it.missing === true);

/** Whether the form can show all of a value; what it cannot show is edited as text rather than lost. */
export function fits(shape: Shape, value: unknown): boolean {
  switch (shape.kind) {
    case "text": return typeof value === "string" || (shape.secret === true && value === true);
    case "time": case "choice": return typeof value === "string";
    case "number": return typeof value === "number";
    case "flag": return value === undefined || typeof value === "boolean";
    case "several": case "kinds": case "lines": return value === undefined || (Array.isArray(value) && value.every((it) => typeof it === "string"));
    case "limit": return isObject(value) && typeof value.n === "number" && typeof value.unit === "string";
    case "group": return isObject(value) && shape.fields.every((it) => (optional(it) && value[it.key] === undefined) || fits(it, value[it.key]));
    case "list": return Array.isArray(value) && value.every((it) => fits(shape.of, it));
    case "maybe": return value === undefined || value === null || fits(shape.of, value);
    case "variant": {
      if (value === undefined || value === null) return true;
      if (typeof value === "string") return shape.options.some((it) => it.key === value && !it.of);
      return isObject(value) && shape.options.some((it) => it.of && it.key in value && fits(it.of, value[it.key]));
    }
  }
}
/** Members that the server leaves out where they hold what they hold by themselves: zero, an empty list, a step without a name of its own. */
const optional = (it: Field): boolean => it.kind === "number" || it.kind === "text" || it.kind === "list";

/** The same value with what the server left out, so that the form has something to show and the check something to look at. */
export function filled(shape: Shape, value: unknown): unknown {
  if (shape.kind === "group" && isObject(value)) {
    const members = shape.fields.flatMap((it) => {
      const now = value[it.key] === undefined && !leftOut(it) ? (it.kind === "number" ? Math.max(0, it.least) : fresh(it)) : filled(it, value[it.key]);
      return now === undefined ? [] : [[it.key, now] as const];
    });
    return { ...value, ...Object.fromEntries(members) };
  }
  if (shape.kind === "list" && Array.isArray(value)) return value.map((it) => filled(shape.of, it));
  if (shape.kind === "maybe" && value !== undefined && value !== null) return filled(shape.of, value);
  if (shape.kind === "variant" && isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, filled(shape.options.find((one) => one.key === key)?.of ?? { kind: "flag" }, it)]));
  return value;
}

/** The value without what is not asked for: choices of a question that has none any more. */
export function kept(shape: Shape, value: unknown): unknown {
  if (shape.kind === "group" && isObject(value)) {
    const gone = new Set(shape.fields.filter((it) => !asked(it, value)).map((it) => it.key));
    return Object.fromEntries(Object.entries(value).filter(([key]) => !gone.has(key)).map(([key, it]) => [key, kept(shape.fields.find((one) => one.key === key) ?? { kind: "flag" }, it)]));
  }
  if (shape.kind === "list" && Array.isArray(value)) return value.map((it) => kept(shape.of, it));
  return value;
}

/** What is wrong with a value, each at its place. */
export function faults(shape: Shape, value: unknown, path = ""): Fault[] {
  switch (shape.kind) {
    case "text": {
      if (shape.secret && value === true) return [];
      const text = typeof value === "string" ? value.trim() : "";
      if (!text && !shape.empty) return [{ path, code: "required" }];
      return shape.most && text.length > shape.most ? [{ path, code: "too-long" }] : [];
    }
    case "number": return typeof value === "number" && Number.isFinite(value) && value >= shape.least && value <= shape.most && (shape.share || shape.fine || Number.isInteger(value)) ? [] : [{ path, code: "out-of-range" }];
    case "time": return typeof value === "string" && /^([01]\d|2[0-3]):[0-5]\d$/.test(value) ? [] : [{ path, code: "bad-time" }];
    case "choice": return value ? [] : [{ path, code: "required" }];
    case "limit": return isObject(value) && Number.isInteger(value.n) && (value.n as number) > 0 ? [] : [{ path, code: "out-of-range" }];
    case "lines": return Array.isArray(value) && value.some((it) => !String(it).trim()) ? [{ path, code: "required" }] : [];
    case "group": return isObject(value) ? shape.fields.flatMap((it) => (asked(it, value) ? faults(it, value[it.key], at(path, it.key)) : [])) : [];
    case "list": {
      const all = Array.isArray(value) ? value : [];
      if (all.length < (shape.least ?? 0)) return [{ path, code: "required" }];
      if (shape.most && all.length > shape.most) return [{ path, code: "too-many" }];
      return all.flatMap((it, n) => faults(shape.of, it, at(path, n)));
    }
    case "maybe": return value === undefined || value === null ? [] : faults(shape.of, value, path);
    case "variant": {
      const inner = isObject(value) ? shape.options.find((it) => it.of && it.key in value) : undefined;
      if (!inner && shape.need && typeof value !== "string") return [{ path, code: "required" }];
      return inner?.of ? faults(inner.of, (value as Record<string, unknown>)[inner.key], at(path, inner.key)) : [];
    }
    case "flag": case "several": case "kinds": return [];
  }
}

/** The sentences of a value for reading, one a member: which one and what it holds. `say` words a plain value. */
export function told(shape: Shape, value: unknown, say: (shape: Shape, value: unknown) => string, label: (field: Field) => string, name = ""): [string, string][] {
  switch (shape.kind) {
    case "group": return isObject(value) ? shape.fields.flatMap((it) => leftOut(it) && value[it.key] === undefined ? [] : told(it, value[it.key], say, label, [name, label(it)].filter(Boolean).join(" · "))) : [];
    case "list": {
      if (!Array.isArray(value) || value.length === 0) return [[name, say(shape, value)]];
      return value.flatMap((it, n) => {
        const nth = `${name} ${n + 1}`.trim();
        const lines = told(shape.of, it, say, label);
        // What is short is one line.
        return lines.length <= 3 ? [[nth, lines.map(([of, words]) => [of, words].filter(Boolean).join(" ")).join("，")] as [string, string]] : told(shape.of, it, say, label, nth);
      });
    }
    case "maybe": return value === undefined || value === null ? [[name, say(shape, value)]] : told(shape.of, value, say, label, name);
    case "variant": {
      const inner = isObject(value) ? shape.options.find((it) => it.key in value) : undefined;
      // One plain number or word inside says it all.
      if (inner?.of && inner.of.kind !== "group") return [[name, [say(shape, inner.key), say(inner.of, (value as Record<string, unknown>)[inner.key])].join(" ")]];
      return [[name, say(shape, inner?.key ?? value)], ...(inner?.of ? told(inner.of, (value as Record<string, unknown>)[inner.key], say, label, name) : [])];
    }
    default: return [[name, say(shape, value)]];
  }
}
