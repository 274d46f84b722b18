import { describe, expect, it } from "vitest";
import { asQuery, fromQuery } from "@/faces/console/incidents/filters";
import WhistlesPage from "@/faces/console/whistles/WhistlesPage.vue";
import PeriodsPage from "@/faces/console/supervision/PeriodsPage.vue";
import ShareParts from "@/faces/console/supervision/ShareParts.vue";
import { mounted, serve } from "./mounted";

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
    const query = { without: "street", filed_path: "/1/2/", figure: "solved", counts_in: "solved", left_out_of: "solved", resolved_from: "a", resolved_to: "b", frozen: "2025-03", sent: "wrong", sent_by: "x", sent_to: "y", sent_for: "z", sent_from: "a", sent_until: "b", counted: "true" };
    expect(asQuery(fromQuery({ ...query, colour: "red" }))).toEqual(query);
  });
});

describe("a period that stands", () => {
  const plain = (numerator: number) => ({ rate: "closed", numerator, denominator: 2, percent: numerator * 50, excluded: 0 });
  const lists = { numerator_cases: "/api/v1/incidents?frozen=2025-03&figure=closed", denominator_cases: "/api/v1/incidents?frozen=2025-03&figure=filed" };
  const line = (more: object) => ({ key: "1", name: "东街道", counts: { reported: 2 }, rates: [{ ...plain(1), ...more }] });
  async function shown(listed: object[]) {
    const body = { period: "2025-03", frozen_at: "2025-04-01T00:00:00Z", listed: listed.length > 0, frozen: [line({})], part: false, now: [{ ...line({ ...plain(2), ...lists }), cases: "/api/v1/incidents?from=a" }], differences: [{ key: "1", name: "东街道", frozen: plain(1), now: plain(2) }] };
    serve({ "GET /reports/periods": { body: { items: [body] } }, "GET /reports/periods/2025-03": { body: { ...body, listed } } });
    return (await mounted(PeriodsPage, {}, "/figures/periods?period=2025-03")).wrapper;
  }
  it("opens the cases that counted when it was frozen, in the figures and in the differences", async () => {
    const wrapper = await shown([{ ...line(lists), cases: "/api/v1/incidents?frozen=2025-03" }]);
    expect(wrapper.findAll(".frozen a").map((it) => it.attributes("href"))).toEqual(["/cases?frozen=2025-03", "/cases?frozen=2025-03&figure=closed", "/cases?frozen=2025-03&figure=filed"]);
    const bare = wrapper.findAll("tbody td.n").filter((it) => /\d/.test(it.text()) && !it.find("a").exists());
    expect(bare.map((it) => it.html())).toEqual([]);
    wrapper.unmount();
  });
  it("says that the list was not kept where only numbers were", async () => {
    const wrapper = await shown([]);
    expect(wrapper.find(".frozen").text()).toContain("没有留案件名单");
    expect(wrapper.findAll(".frozen a")).toEqual([]);
    expect(wrapper.find(".frozen tbody").text()).toContain("1 / 2");
    wrapper.unmount();
  });
});

describe("how units answered whistles", () => {
  const unit = { id: "u", name: "城管" };
  const whistle = (id: string, answer: string, result?: string) => ({ id, state: "closed", at: "2026-11-20T02:00:00.000Z", incident: id, code: id, title: `事 ${id}`, from: unit, words: "", units: [{ unit, answer, task: id, role: "helper", state: "done", report_by: "2026-11-20T03:00:00.000Z", light: "none", mine: false, ...(result ? { rating: { result, effort: "good" } } : {}) }] });
  const grades = { good: 1, fair: 1, poor: 0 };
  const figures = { units: [{ unit, summoned: 4, released: 0, waiting: 0, due: 4, in_time: 2, late: 1, never: 1, arrived: 3, mean_minutes: 12, rated: 2, effort: grades, result: grades }] };
  const all = [whistle("a", "in_time", "good"), whistle("b", "in_time", "fair"), whistle("c", "late"), whistle("d", "missing")];
  async function shown(path: string) {
    serve({ "GET /whistles": { body: { items: all, next: null } }, "GET /whistles/figures": { body: figures } });
    return (await mounted(WhistlesPage, {}, path)).wrapper;
  }
  it("open the whistles behind every number, and as many as it says", async () => {
    const wrapper = await shown("/whistles?all=true");
    const cells = wrapper.findAll("table td.n");
    expect(cells.map((it) => it.text())).toEqual(["4", "2 / 4", "1", "1", "12", "1 / 2"]);
    const asked = cells.flatMap((it) => it.findAll("a")).map((it) => [it.attributes("href")!, it.text()] as const);
    expect(asked.length).toBe(8);
    wrapper.unmount();
    for (const [href, text] of asked) {
      const page = await shown(href);
      expect(page.find("p[role=status]").text(), href).toContain(`：${href.includes("arrived") ? 3 : text} 次`);
      page.unmount();
    }
  });
});
