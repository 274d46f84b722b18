// Days and hours of the district, which has one time zone, wherever the phone thinks that it is.
const zone = "Asia/Shanghai";

/** `YYYY-MM-DD` in the district. */
export const dayOf = (at: Date): string => new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(at);

/** `09:30` in the district. */
export const clockOf = (at: string): string => new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" }).format(new Date(at));

/** A day so many days later. */
export const shifted = (day: string, days: number): string => new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

/** A month so many months later, as `YYYY-MM`. */
export function shiftedMonth(month: string, months: number): string {
  const [year, of] = month.split("-").map(Number) as [number, number];
  return new Date(Date.UTC(year, of - 1 + months, 1)).toISOString().slice(0, 7);
}
