import { describe, expect, it } from "vitest";
import { standing } from "@/faces/console/publishing/standing";
import { wall } from "@/faces/console/supervision/period";
import { instant } from "@/shared/zone";

describe("how a notice stands", () => {
  const now = Date.parse("2026-03-10T12:00:00Z");
  it.each([
    [{ from: "2026-03-10T12:00:00Z" }, "running"], [{ from: "2026-03-10T12:00:01Z" }, "coming"],
    [{ from: "2026-03-01T00:00:00Z", until: "2026-03-10T12:00:01Z" }, "running"], [{ from: "2026-03-01T00:00:00Z", until: "2026-03-10T12:00:00Z" }, "past"],
    [{ from: "2026-03-20T00:00:00Z", withdrawn_at: "2026-03-09T00:00:00Z" }, "withdrawn"],
  ] as const)("%j: %s", (it, is) => expect(standing(it, now)).toBe(is));
});

describe("a field of day and minute", () => {
  it("shows the district's own time and gives it back", () => {
    expect(wall("2026-03-10T16:30:00Z", "+08:00")).toBe("2026-03-11T00:30");
    expect(instant("2026-03-11T00:30", "+08:00")).toBe("2026-03-10T16:30:00.000Z");
  });
  it("is nothing for nothing", () => {
    expect(wall(null, "+08:00")).toBe("");
    expect(instant("", "+08:00")).toBeNull();
  });
});
