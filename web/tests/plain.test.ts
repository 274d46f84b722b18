import { describe, expect, it } from "vitest";
import { plain } from "@/faces/console/setup/plain";

const limit = ({ n, unit }: { n: number; unit: string }) => `${n} ${unit}`;

describe("the value of a setting, to read", () => {
  it.each([
    [null, "—"], [[], "—"], [30, "30"], [{ days: 30 }, "days: 30"], [{ within: { n: 4, unit: "working_hour" } }, "within: 4 working_hour"],
    [["take_on", "note"], "take_on、note"], [{ zh: "好", en: "good" }, "好"], [[{ key: "hazard", zh: "安全隐患", en: "Safety hazard", told: null }], "安全隐患 (key: hazard；told: —)"],
  ])("of %j is a line", (value, line) => expect(plain(value, "zh", limit)).toBe(line));
  it("takes the words of the page's language", () => expect(plain({ zh: "好", en: "good" }, "en", limit)).toBe("good"));
});
