import { describe, expect, it } from "vitest";
import { asQuery, fromQuery } from "@/faces/console/incidents/filters";
import ShareParts from "@/faces/console/supervision/ShareParts.vue";
import { mounted } from "./mounted";

const list = "/api/v1/incidents?from=a&to=b&figure=";
const share = (more: object) => ({ rate: "satisfied", numerator: 12, denominator: 15, percent: 80, excluded: 0, numerator_cases: `${list}satisfied`, denominator_cases: `${list}rated`, ...more });
const parts = async (more: object) => {
  const { wrapper } = await mounted(ShareParts, { of: share(more) });
  const said = { text: document.body.textContent?.trim(), names: wrapper.findAll("a").map((it) => it.attributes("aria-label")), lists: wrapper.findAll("a").map((it) => it.attributes("href")) };
  wrapper.unmount();
  return said;
};

describe("both parts of a rate", () => {
  it("say the cases beside the answers where a case was asked about twice, and lead to the cases", async () => {
    const { text, names, lists } = await parts({ in_cases: { numerator: 11, denominator: 15, excluded: 0 } });
    expect(text).toBe("12 次，11 件 / 15");
    expect(names).toEqual(["满意率的分子：12 次，11 件", "满意率的分母：15"]);
    expect(lists).toEqual(["/cases?from=a&to=b&figure=satisfied", "/cases?from=a&to=b&figure=rated"]);
  });
  it("are numbers where cases are counted", async () => expect((await parts({})).text).toBe("12 / 15"));
});

describe("the filters of the desk", () => {
  it("keep every condition that a figure leads with", () => {
    const query = { without: "street", filed_path: "/1/2/", figure: "solved", counts_in: "solved", left_out_of: "solved", resolved_from: "a", resolved_to: "b", counted: "true" };
    expect(asQuery(fromQuery({ ...query, colour: "red" }))).toEqual(query);
  });
});
