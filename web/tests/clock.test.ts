import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defineComponent, h } from "vue";
import { clockOf, dayOf } from "@/faces/worker/day/dates";
import { fromDistrict, useDay, useShortWhen, useWhen, useZone } from "@/shared/clock";
import { asDone, freshResult } from "@/shared/incidents/result";
import { mounted } from "./mounted";

// Engines before 2023, as in older phones and in WeChat, throw at a time zone that is an offset.
const Known = Intl.DateTimeFormat;
class Old extends Known {
  constructor(locales?: string | string[], options?: Intl.DateTimeFormatOptions) {
    if (options?.timeZone && /^[+-]/.test(options.timeZone)) throw new RangeError(`Invalid time zone specified: ${options.timeZone}`);
    super(locales, options);
  }
}
beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-03-14T01:00:00Z"), toFake: ["Date"] });
  vi.stubGlobal("Intl", { ...Intl, DateTimeFormat: Old });
});
afterEach(() => {
  useZone("+08:00");
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** What a page shows of these instants. */
async function said(...instants: string[]): Promise<string[]> {
  const page = defineComponent(() => {
    const [when, short, day] = [useWhen(), useShortWhen(), useDay()];
    return () => h("p", [...instants.flatMap((at) => [when(at), short(at)]), day("2026-03-15")].join("|"));
  });
  return (await mounted(page)).wrapper.text().split("|");
}

describe("the district's clock, on an engine that takes no offset for a zone", () => {
  it("is shown as the server says it", async () => {
    useZone("+08:00");
    expect(await said("2026-03-14T16:30:00Z", "2026-03-14T00:05:00Z")).toEqual(["3月15日 00:30", "3月15日 00:30", "3月14日 08:05", "08:05", "3月15日"]);
  });
  it("knows zones behind Greenwich, and those that are no whole hours off", async () => {
    useZone("-03:30");
    expect(await said("2026-03-14T02:00:00Z")).toEqual(["3月13日 22:30", "22:30", "3月15日"]);
    useZone("+05:45");
    expect(await said("2026-03-14T02:00:00Z")).toEqual(["3月14日 07:45", "07:45", "3月15日"]);
  });
  it("turns the year in the district, not where the phone thinks it is", async () => {
    useZone("+08:00");
    expect((await said("2025-12-31T15:59:00Z", "2025-12-31T16:01:00Z")).filter((_, i) => i % 2 === 0)).toEqual(["2025年12月31日 23:59", "1月1日 00:01", "3月15日"]);
  });
  it("names days and hours of the log, and an end of the day, alike", () => {
    useZone("+08:00");
    expect([dayOf(new Date("2026-03-14T16:30:00Z")), clockOf("2026-03-14T16:30:00Z")]).toEqual(["2026-03-15", "00:30"]);
    expect([fromDistrict("2026-03-15T12:00:00").toISOString(), asDone({ ...freshResult(), planned: "2026-03-20", result: "planned" }).planned_for]).toEqual(["2026-03-15T04:00:00.000Z", "2026-03-20T10:00:00.000Z"]);
  });
});
