import { describe, expect, it } from "vitest";
import { slotsFor, type Slot } from "@/faces/console/incidents/slots";

const shown = (slots: Slot[]) => slots.map((it) => `${it.index}:${it.key}`).join(" ");

describe("the elements of a long list", () => {
  const before = slotsFor([], 0, 4);
  it("are made where there are none", () => expect(shown(before)).toBe("0:0 1:1 2:2 3:3"));
  it("stay with a row that stays in view, and take a new one when theirs has gone", () => expect(shown(slotsFor(before, 1, 5))).toBe("1:1 2:2 3:3 4:0"));
  it("are the same ones in the same order after a long way", () => expect(shown(slotsFor(before, 50_000, 50_004))).toBe("50000:0 50001:1 50002:2 50003:3"));
  it("are as many as are in view", () => {
    expect(shown(slotsFor(before, 0, 2))).toBe("0:0 1:1");
    expect(shown(slotsFor(slotsFor(before, 0, 2), 0, 3))).toBe("0:0 1:1 2:2");
  });
  it("never serve two rows at once, wherever somebody scrolls", () => {
    let now: Slot[] = [];
    for (let turn = 0; turn < 500; turn += 1) {
      const from = (turn * 7_919) % 1_000;
      now = slotsFor(now, from, from + 20 + (turn % 7));
      expect(new Set(now.map((it) => it.key)).size).toBe(now.length);
      expect(now.map((it) => it.index)).toEqual(now.map((_, i) => from + i));
      expect(Math.max(...now.map((it) => it.key))).toBeLessThan(27);
    }
  });
});
