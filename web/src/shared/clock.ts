import { onScopeDispose, ref, type Ref } from "vue";
import { useI18n } from "vue-i18n";
import { minutes } from "./zone";

const minute = 60_000;
const now = ref(Date.now());
let users = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/**
 * The present instant, the same for the whole page and renewed twice a minute while anything shows it. One more that shows it does not renew it: in a list
 * that is scrolled one comes with nearly every row, and everything that goes by the time would be made anew each time.
 */
export function useNow(): Readonly<Ref<number>> {
  users += 1;
  if (!timer) {
    now.value = Date.now();
    timer = setInterval(() => (now.value = Date.now()), 30_000);
  }
  onScopeDispose(() => {
    users -= 1;
    if (users > 0) return;
    clearInterval(timer);
    timer = undefined;
  });
  return now;
}

/**
 * How far the district's clock is ahead of Greenwich. The server says it as `+08:00`, which many a phone's engine takes for no time zone: so the
 * hours are added here, and what formats them is asked for Greenwich alone, which every engine knows.
 */
let zone = "+08:00";
const ahead = (): number => minutes(zone) * minute;

/** The district has one time zone; a browser elsewhere must not show another hour. */
export function useZone(offset: string): void {
  zone = offset;
}

/** The district's zone, as an offset such as `+08:00` once its server has said so. */
export const zoneNow = (): string => zone;

/** The instant as the district's clock shows it, to be read as if it were in Greenwich. */
export const inDistrict = (at: Date): Date => new Date(at.getTime() + ahead());
/** The instant that the district's clock shows so, from `2026-11-26T12:00:00`. */
export const fromDistrict = (wall: string): Date => new Date(Date.parse(`${wall}Z`) - ahead());
const yearNow = (): number => inDistrict(new Date()).getUTCFullYear();

/** A formatter costs more than what it formats: one a language and a kind is kept. */
const formats = new Map<string, Intl.DateTimeFormat>();
const clockParts = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
function format(english: boolean, parts: "year" | "day" | "clock" | "date" | "short", withYear = parts === "year"): Intl.DateTimeFormat {
  const key = `${english} ${parts} ${withYear}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(english ? "en-GB" : "zh-CN", {
      ...(withYear ? { year: "numeric" } : {}),
      ...(parts === "clock" ? {} : { month: english ? "short" : parts === "short" ? "numeric" : "long", day: "numeric" }),
      ...(parts === "date" || parts === "short" ? {} : clockParts),
      timeZone: "UTC",
    });
    formats.set(key, found);
  }
  return found;
}

/** Says instants in the district's time: `5月4日 09:30`, with the year only when it is not this one. */
export function useWhen() {
  const { locale } = useI18n();
  return (at: string | null | undefined): string => {
    if (!at) return "";
    const date = inDistrict(new Date(at));
    if (Number.isNaN(date.getTime())) return "";
    return format(locale.value === "en", date.getUTCFullYear() !== yearNow() ? "year" : "day").format(date);
  };
}

/** Says an instant in two short lines, for a narrow column: `5/4` and `09:30`. */
export function useTwoLines() {
  const { locale } = useI18n();
  return (at: string): [string, string] => {
    const date = inDistrict(new Date(at));
    const english = locale.value === "en";
    return [format(english, "short").format(date), format(english, "clock").format(date)];
  };
}

/** Says the day `2026-11-26` as people do: `11月26日`, with the year only when it is not this one. */
export function useDay() {
  const { locale } = useI18n();
  return (day: string | null | undefined): string => {
    const date = new Date(`${day}T00:00:00Z`);
    if (!day || Number.isNaN(date.getTime())) return day ?? "";
    return format(locale.value === "en", "date", date.getUTCFullYear() !== yearNow()).format(date);
  };
}

/** Says a day and a time that stand as the district's clock showed them, `2026-11-26T09:30`, as instants are said. */
export function useMoment() {
  const { locale } = useI18n();
  return (at: string): string => {
    const date = new Date(`${at}Z`);
    if (Number.isNaN(date.getTime())) return at;
    return format(locale.value === "en", date.getUTCFullYear() !== yearNow() ? "year" : "day").format(date);
  };
}

/** Says an instant of today by the clock alone, any other in full: for a line that has little room. */
export function useShortWhen() {
  const [{ locale }, when] = [useI18n(), useWhen()];
  const dayOf = (it: Date) => it.toISOString().slice(0, 10);
  return (at: string): string => {
    const date = inDistrict(new Date(at));
    return dayOf(date) === dayOf(inDistrict(new Date())) ? format(locale.value === "en", "clock").format(date) : when(at);
  };
}
