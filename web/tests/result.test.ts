import { describe, expect, it } from "vitest";
import { asDone, freshResult, isComplete } from "@/shared/incidents/result";

describe("the result of a task", () => {
  it.each([
    ["nothing", {}, false],
    ["no reply", { result: "solved", public_reply: "  " }, false],
    ["a result and a reply", { result: "solved", public_reply: "done" }, true],
    ["planned without a day", { result: "planned", public_reply: "next month" }, false],
    ["planned with a day", { result: "planned", public_reply: "next month", planned: "2026-05-01" }, true],
  ])("%s: complete is %s", (_what, some, complete) => {
    expect(isComplete({ ...freshResult(), ...some })).toBe(complete);
  });
  it("leaves out what was not said", () => {
    expect(asDone({ ...freshResult(), result: "solved", public_reply: " done ", planned: "2026-05-01" })).toEqual({ result: "solved", public_reply: "done", photo_ids: [] });
  });
  it("says the instant of a planned day", () => {
    const { planned_for } = asDone({ ...freshResult(), result: "planned", public_reply: "later", planned: "2026-05-01" });
    expect(planned_for).toBe("2026-05-01T10:00:00.000Z");
  });
});
