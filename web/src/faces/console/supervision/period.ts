import { minutes } from "@/shared/zone";

/** Days, weeks and months in the district's own time. Pure. */
export type Kind = "day" | "week" | "month";
export const kinds: readonly Kind[] = ["day", "week", "month"];
/** `from` and `to` are days, both inside. */
export interface Days { from: string; to: string }

const day = 86_400_000;
const asDate = (text: string) => new Date(`${text}T00:00:00Z`);
const asText = (date: Date) => date.toISOString().slice(0, 10);
export const plus = (text: string, days: number): string => asText(new Date(asDate(text).getTime() + days * day));

/** The day on which an instant falls. */
export const dayOf = (at: number, zone: string): string => asText(new Date(at + minutes(zone) * 60_000));
/** The first instant of a day. */
export const begin = (text: string, zone: string): string => new Date(asDate(text).getTime() - minutes(zone) * 60_000).toISOString();
/** An instant as a field of day and minute shows it; the way back is `instant` of shared/zone.ts. */
export const wall = (at: string | null | undefined, zone: string): string => (at ? new Date(Date.parse(at) + minutes(zone) * 60_000).toISOString().slice(0, 16) : "");
/** The span of instants: from the first instant on, before the last. */
export const span = (days: Days, zone: string): { from: string; to: string } => ({ from: begin(days.from, zone), to: begin(plus(days.to, 1), zone) });

/** The day, the week from Monday on, or the month around a day. */
export function around(kind: Kind, text: string): Days {
  const date = asDate(text);
  if (kind === "day") return { from: text, to: text };
  if (kind === "week") {
    const from = plus(text, -((date.getUTCDay() + 6) % 7));
    return { from, to: plus(from, 6) };
  }
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { from: asText(new Date(Date.UTC(year, month, 1))), to: asText(new Date(Date.UTC(year, month + 1, 0))) };
}

/** As many days before it; of a whole month the month before. */
export function before({ from, to }: Days): Days {
  const month = around("month", from);
  if (month.from === from && month.to === to) return around("month", plus(from, -1));
  const length = Math.round((asDate(to).getTime() - asDate(from).getTime()) / day) + 1;
  return { from: plus(from, -length), to: plus(to, -length) };
}

/** What the server calls a day, a week or a month: `2025-03-10`, `2025-W11`, `2025-03`. */
export function nameOfPeriod(kind: Kind, text: string): string {
  const { from } = around(kind, text);
  if (kind === "day") return from;
  if (kind === "month") return from.slice(0, 7);
  // The week belongs to the year of its Thursday.
  const thursday = asDate(plus(from, 3));
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const week = Math.floor((thursday.getTime() - first) / day / 7) + 1;
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, "0")}`;
}
