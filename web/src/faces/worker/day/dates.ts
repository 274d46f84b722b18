import { inDistrict } from "@/shared/clock";

// Days and hours of the district, which has one time zone, wherever the phone thinks that it is.

/** `YYYY-MM-DD` in the district. */
export const dayOf = (at: Date): string => inDistrict(at).toISOString().slice(0, 10);

/** `09:30` in the district. */
export const clockOf = (at: string): string => inDistrict(new Date(at)).toISOString().slice(11, 16);

/** A day so many days later. */
export const shifted = (day: string, days: number): string => new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

/** A month so many months later, as `YYYY-MM`. */
export function shiftedMonth(month: string, months: number): string {
  const [year, of] = month.split("-").map(Number) as [number, number];
  return new Date(Date.UTC(year, of - 1 + months, 1)).toISOString().slice(0, 7);
}
