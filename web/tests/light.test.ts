import { describe, expect, it } from "vitest";
import { clockOf, lightOf, taskClock, timeLeft } from "@/shared/light";

const now = Date.parse("2026-03-14T00:00:00.000Z");
const after = (hours: number) => new Date(now + hours * 3_600_000).toISOString();

describe("what somebody with a task goes by", () => {
  const task = { id: "t", role: "lead", unit: null, state: "accepted", due_at: after(40) } as const;
  it("stands still with the case", () => expect(lightOf(clockOf({ paused: "engineering", red_at: after(2) }, task), now).key).toBe("paused"));
  it("is the task's own clock while the case runs", () => expect(lightOf(clockOf({ paused: null, red_at: after(2) }, task), now)).toMatchObject({ words: "left.hours", n: 40 }));
  it("is the case's where the task has none", () => expect(lightOf(clockOf({ red_at: after(2) }, { ...task, due_at: null }), now)).toMatchObject({ words: "left.hours", n: 2 }));
});

describe("a task's clock", () => {
  const task = { id: "t", role: "lead", unit: null, state: "offered", accept_by: after(1), due_at: after(40) } as const;
  it("is the limit for taking it on while it is offered", () => {
    expect(lightOf(taskClock(task), now)).toMatchObject({ key: "green", words: "left.hours", n: 1 });
  });
  it("is its own limit afterwards", () => {
    expect(lightOf(taskClock({ ...task, state: "accepted" }), now)).toMatchObject({ words: "left.hours", n: 40 });
  });
  it("takes the server's instants first", () => {
    expect(lightOf(taskClock({ ...task, yellow_at: after(-1), red_at: after(2) }), now)).toMatchObject({ key: "yellow", n: 2 });
  });
});

describe("the light", () => {
  it.each([
    ["far from the limit", { yellow_at: after(20), red_at: after(25) }, "green", "●", "left.hours", 25],
    ["rounds down", { yellow_at: after(20), red_at: after(25.9) }, "green", "●", "left.hours", 25],
    ["days from 48 h on", { yellow_at: after(40), red_at: after(48) }, "green", "●", "left.days", 2],
    ["minutes in the last hour", { yellow_at: after(-1), red_at: after(0.7) }, "yellow", "◆", "left.minutes", 42],
    ["never 0 minutes", { yellow_at: after(-1), red_at: after(0.001) }, "yellow", "◆", "left.minutes", 1],
    ["yellow at its instant", { yellow_at: after(0), red_at: after(3) }, "yellow", "◆", "left.hours", 3],
    ["red at its instant", { yellow_at: after(-3), red_at: after(0) }, "red", "▲", "over.minutes", 1],
    ["overdue", { yellow_at: after(-9), red_at: after(-5) }, "red", "▲", "over.hours", 5],
    ["overdue for days", { red_at: after(-72) }, "red", "▲", "over.days", 3],
    ["paused although overdue", { red_at: after(-5), paused: "waiting_reporter" }, "paused", "‖", "paused", 0],
    ["without a clock", { red_at: null }, "none", "○", "none", 0],
    ["closed", { red_at: after(5), light: "none" as const }, "none", "○", "none", 0],
    ["a resident's view knows the due instant only", { due: after(3), light: "yellow" as const }, "yellow", "◆", "left.hours", 3],
    ["an answer gone stale turns red by itself", { due: after(-1), light: "green" as const }, "red", "▲", "over.hours", 1],
    ["a broken instant is no clock", { red_at: "soon" }, "none", "○", "none", 0],
  ])("%s", (_what, clocked, key, glyph, words, n) => {
    expect(lightOf(clocked, now)).toEqual({ key, glyph, words, n });
  });

  it("sorts the overdue first and what stands still last", () => {
    const rows = [{ red_at: null }, { red_at: after(2) }, { red_at: after(-1) }, { red_at: after(1), paused: "x" }, { red_at: after(1) }];
    const sorted = [...rows].sort((a, b) => timeLeft(a, now) - timeLeft(b, now));
    expect(sorted).toEqual([{ red_at: after(-1) }, { red_at: after(1) }, { red_at: after(2) }, { red_at: null }, { red_at: after(1), paused: "x" }]);
  });
});
