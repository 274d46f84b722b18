import { onScopeDispose, ref, type Ref } from "vue";
import { useI18n } from "vue-i18n";

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

let zone = "Asia/Shanghai";

/** The district has one time zone; a browser elsewhere must not show another hour. */
export function useZone(name: string): void {
  zone = name;
}

/** A formatter costs more than what it formats: one a language and a kind is kept. */
const formats = new Map<string, Intl.DateTimeFormat>();
const clockParts = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
function format(english: boolean, parts: "year" | "day" | "clock" | "date" | "moment", withYear = parts === "year"): Intl.DateTimeFormat {
  const key = `${zone} ${english} ${parts} ${withYear}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(english ? "en-GB" : "zh-CN", {
      ...(withYear ? { year: "numeric" } : {}),
      ...(parts === "clock" ? {} : { month: english ? "short" : "long", day: "numeric" }),
      ...(parts === "date" ? {} : clockParts),
      timeZone: parts === "date" || parts === "moment" ? "UTC" : zone,
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
    const date = new Date(at);
    if (Number.isNaN(date.getTime())) return "";
    return format(locale.value === "en", date.getFullYear() !== new Date().getFullYear() ? "year" : "day").format(date);
  };
}

/** Says the day `2026-11-26` as people do: `11月26日`, with the year only when it is not this one. */
export function useDay() {
  const { locale } = useI18n();
  return (day: string | null | undefined): string => {
    const date = new Date(`${day}T00:00:00Z`);
    if (!day || Number.isNaN(date.getTime())) return day ?? "";
    return format(locale.value === "en", "date", date.getUTCFullYear() !== new Date().getFullYear()).format(date);
  };
}

/** Says a day and a time that stand as the district's clock showed them, `2026-11-26T09:30`, as instants are said. */
export function useMoment() {
  const { locale } = useI18n();
  return (at: string): string => {
    const date = new Date(`${at}Z`);
    if (Number.isNaN(date.getTime())) return at;
    return format(locale.value === "en", "moment", date.getUTCFullYear() !== new Date().getFullYear()).format(date);
  };
}

/** Says an instant of today by the clock alone, any other in full: for a line that has little room. */
export function useShortWhen() {
  const [{ locale }, when] = [useI18n(), useWhen()];
  const dayIn = (it: Date) => it.toLocaleDateString("en-CA", { timeZone: zone });
  return (at: string): string => {
    const date = new Date(at);
    return dayIn(date) === dayIn(new Date()) ? format(locale.value === "en", "clock").format(date) : when(at);
  };
}
