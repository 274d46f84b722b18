import { enableAutoUnmount } from "@vue/test-utils";
import { afterEach, describe, expect, it, vi } from "vitest";
import { deeds } from "@/faces/console/incidents/actions";
import OutlookLine from "@/faces/console/incidents/OutlookLine.vue";
import { mounted, serve } from "./mounted";

enableAutoUnmount(afterEach);
afterEach(() => vi.unstubAllGlobals());

const line = async (status: number, body: object) => {
  const asked = serve({ "POST /incidents/c/what-if": { status, body } });
  const { wrapper } = await mounted(OutlookLine, { id: "c", version: 1, ask: { action: "dispatch" } });
  expect(asked).toHaveLength(1);
  return wrapper.text();
};
const outlook = (key: string, values: object) => deeds.find((it) => it.key === key)!.outlook!(values as never);

describe("OutlookLine", () => {
  it("says why it would be refused: by the rule's sentence, or by what the form still wants", async () => {
    expect(await line(422, { code: "binding-task" })).toBe("这是裁定派来的任务，不能退回，也不能再提异议。");
    expect(await line(400, { code: "invalid", fields: [{ field: "unit", code: "required-after-return" }] })).toBe("退回的事要指定另一个单位");
  });
});

describe("what a form asks of the deadlines", () => {
  it("names all that a dispatch is refused for, and nothing that its form does not ask", () => {
    expect(outlook("dispatch", { helpers: ["h"], first_measures: true })).toEqual({ action: "dispatch" });
    expect(outlook("dispatch", { unit: "u", helpers: ["h"], first_measures: true })).toEqual({ action: "dispatch", unit: "u", helpers: ["h"], first_measures: true });
  });
  it("waits with a ruling until it says who leads, or that the dispatch stays", () => {
    expect(outlook("rule", {})).toBeNull();
    expect(outlook("rule", { upheld: "yes" })).toBeNull();
    expect(outlook("rule", { upheld: "yes", lead: "u", helpers: ["h"] })).toEqual({ action: "rule", unit: "u", helpers: ["h"] });
    expect(outlook("rule", { upheld: "no", lead: "u" })).toEqual({ action: "rule", upheld: false });
  });
});
