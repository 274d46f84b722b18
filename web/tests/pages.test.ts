import { enableAutoUnmount, flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fromQuery } from "@/faces/console/incidents/filters";
import RatingForm from "@/faces/resident/incidents/RatingForm.vue";
import TrackPage from "@/faces/resident/incidents/TrackPage.vue";
import { myReports } from "@/faces/resident/tracks";
import CallLink from "@/shared/org/CallLink.vue";
import { kept } from "@/shared/kept";
import LightBadge from "@/shared/LightBadge.vue";
import { stagesDone, stageTimes } from "@/shared/incidents/stages";
import StateBox from "@/shared/StateBox.vue";
import { Problem } from "@/api/problem";
import { mounted, serve } from "./mounted";

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000 + 1000).toISOString();
const district = { code: "990101", name: "某区", demo: true, bounds: [0, 0, 1, 1], centre: [0.5, 0.5], zone: "+08:00", hotlines: [] };

enableAutoUnmount(afterEach);
beforeEach(() => {
  localStorage.clear();
  myReports.value = [];
});
afterEach(() => {
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

describe("LightBadge", () => {
  it.each([
    [{ yellow_at: inHours(20), red_at: inHours(25) }, "●剩 25 小时"],
    [{ yellow_at: inHours(-1), red_at: inHours(3) }, "◆剩 3 小时"],
    [{ yellow_at: inHours(-9), red_at: inHours(-5.5) }, "▲已超期 5 小时"],
    [{ red_at: inHours(5), paused: "shelved" }, "‖暂停"],
  ])("says %o in glyph and words", async (of, words) => {
    const { wrapper } = await mounted(LightBadge, { of });
    expect(wrapper.text()).toBe(words);
  });
});

describe("CallLink", () => {
  it("rings nobody in the demonstration", async () => {
    serve({ "GET /district": { body: district } });
    const { wrapper } = await mounted(CallLink, { phone: "140-0000-0103" });
    expect(wrapper.find("a").exists()).toBe(false);
    expect(wrapper.text()).toContain("演示号码，不能拨打");
  });
  it("rings in a real district", async () => {
    serve({ "GET /district": { body: { ...district, demo: false } } });
    const { wrapper } = await mounted(CallLink, { phone: "140-0000-0103" });
    expect(wrapper.get("a").attributes("href")).toBe("tel:14000000103");
  });
});

describe("StateBox", () => {
  it.each([
    [new Problem(0), "连不上服务器", true],
    [new Problem(404, { code: "not-found" }), "没有找到", false],
    [new Problem(403, { code: "forbidden" }), "没有这个权限", false],
    [new Problem(500, { code: "brand-new", request_id: "r-7" }), "r-7", true],
  ])("says what to do about %s", async (error, words, again) => {
    const { wrapper } = await mounted(StateBox, { error });
    expect(wrapper.text()).toContain(words);
    expect(wrapper.find("button").exists()).toBe(again);
  });
});

describe("tracking", () => {
  const tracked = {
    code: "C20260314-0001", state: "in_progress", light: "green", yellow_at: inHours(5), red_at: inHours(9), due: inHours(9), text: "楼道灯不亮", matter: "楼道照明", address: "",
    grid: { code: "1", name: "第三网格" }, lead: { unit: "第三网格", person: "周以宁" }, reported_at: "2026-03-14T01:00:00.000Z",
    steps: [{ at: "2026-03-14T01:00:00.000Z", what: "report", words: "" }, { at: "2026-03-14T02:00:00.000Z", what: "dispatch", words: "派给网格" }],
    public_reply: null, result: null, photos: [], reporters: 2, rated: false, may_rate: false, may_remark: true,
  };

  it("shows the stations, the newest step first, and joins the list of this device", async () => {
    serve({ "GET /district": { body: district }, "GET /reports/abc": { body: tracked } });
    const { wrapper } = await mounted(TrackPage, {}, "/t/abc");
    expect(wrapper.get("[aria-current=step]").text()).toContain("办理");
    expect(wrapper.get(".steps li").text()).toContain("派给网格");
    expect(wrapper.text()).toContain("剩 9 小时");
    expect(wrapper.find("form[aria-labelledby=rating]").exists()).toBe(false);
    expect(myReports.value.map((it) => it.track)).toEqual(["abc"]);
  });

  it("says when there is no such report", async () => {
    serve({ "GET /district": { body: district } });
    const { wrapper } = await mounted(TrackPage, {}, "/t/nothing");
    expect(wrapper.text()).toContain("这个链接打不开了");
    expect(wrapper.find("a[href='/lookup']").exists()).toBe(true);
    expect(myReports.value).toEqual([]);
  });

  it("sends a rating only when all three questions are answered", async () => {
    const asked = serve({ "POST /reports/abc/rating": { body: {} } });
    const { wrapper } = await mounted(RatingForm, { track: "abc" });
    await wrapper.get("form").trigger("submit");
    expect(wrapper.text()).toContain("三个问题都请选一下");
    for (const [name, value] of [["contacted", "yes"], ["solved", "partly"], ["satisfied", "mostly"]]) await wrapper.get(`input[name=${name}][value=${value}]`).setValue(true);
    await wrapper.get("form").trigger("submit");
    await flushPromises();
    expect(asked[0]?.body).toEqual({ contacted: true, solved: "partly", satisfied: "mostly" });
    expect(wrapper.emitted("done")).toHaveLength(1);
  });
});

describe("small rules", () => {
  it("reads filters from an address and leaves the rest alone", () => {
    expect(fromQuery({ state: "assigned", light: "", q: "灯", mine: "true", other: "x", grid: ["a", "b"] })).toEqual({ state: "assigned", q: "灯", mine: true });
  });
  it.each([["received", false, 0], ["accepted", false, 1], ["in_progress", false, 2], ["resolved", false, 3], ["closed", false, 4], ["closed", true, 5]] as const)("%s, rated %s: %i stages done", (state, rated, n) => {
    expect(stagesDone(state, rated)).toBe(n);
  });
  it("knows when each stage was done, by the steps: what went back counts from its second way", () => {
    const steps = (...of: string[]) => of.map((what, i) => ({ what, at: String(i) }));
    expect(stageTimes(steps("report", "accept", "dispatch", "take_on", "note", "resolve", "verify", "rate"))).toEqual(["1", "2", "5", "6", "7"]);
    expect(stageTimes(steps("accept", "dispatch", "send_back"))).toEqual(["0", null, null, null, null]);
    expect(stageTimes(steps("accept", "dispatch", "resolve", "return", "resolve"))).toEqual(["0", "1", "4", null, null]);
    expect(stageTimes(steps("accept", "solve_on_spot", "verify", "reopen", "dispatch"))).toEqual(["0", "4", null, null, null]);
    expect(stageTimes(steps("accept", "dispatch", "sign", "resolve", "rate", "verify"))).toEqual(["0", "1", "3", "5", "4"]);
    expect(stageTimes([])).toEqual([null, null, null, null, null]);
  });
  it("keeps a draft over a reload and survives a broken one", () => {
    const first = kept("jingwei.test", () => ({ text: "" }));
    first.value.text = "half a sentence";
    expect(kept("jingwei.test", () => ({ text: "" })).value.text).toBe("half a sentence");
    localStorage.setItem("jingwei.test", "{broken");
    expect(kept("jingwei.test", () => ({ text: "fresh" })).value.text).toBe("fresh");
  });
});
