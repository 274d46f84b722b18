import { enableAutoUnmount, flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Problem } from "@/api/problem";
import { device } from "@/faces/resident/device";
import { fileOf, wechatDevice } from "@/faces/resident/device/wechat";
import AroundPage from "@/faces/resident/incidents/AroundPage.vue";
import { clearDraft, draft, keepDraft, letGo, parked, plain } from "@/faces/resident/incidents/draft";
import { body, discard, edit, flush, pause, post, startOutbox, transient, waiting } from "@/faces/resident/incidents/outbox";
import ReportPage from "@/faces/resident/incidents/ReportPage.vue";
import SharedPage from "@/faces/resident/incidents/SharedPage.vue";
import SentPage from "@/faces/resident/incidents/SentPage.vue";
import TrackPage from "@/faces/resident/incidents/TrackPage.vue";
import { appended, canListen, listen } from "@/shared/speech/speech";
import AddressSearch from "@/faces/resident/org/AddressSearch.vue";
import HomePage from "@/faces/resident/org/HomePage.vue";
import { keepGrid } from "@/faces/resident/org/place";
import PlaceCard from "@/faces/resident/org/PlaceCard.vue";
import { memoryShelf, type Shelf } from "@/faces/resident/shelf";
import { myReports } from "@/faces/resident/tracks";
import { weight } from "@/shared/map/styles";
import { prefs } from "@/shared/prefs";
import { mounted, serve } from "./mounted";

const district = { code: "990101", name: "某区", demo: false, bounds: [0, 0, 1, 1], centre: [0.5, 0.5], zone: "+08:00", hotlines: [] };
const filed = { id: "1", code: "C20260314-0001", track: "abc", duplicates: [] };
const shot = (key: string) => ({ key, photo: new Blob([key], { type: "image/jpeg" }), id: null, at: null });
let shelf: Shelf;

enableAutoUnmount(afterEach);
beforeEach(async () => {
  localStorage.clear();
  myReports.value = [];
  keepGrid(null);
  for (const it of waiting.value) await discard(it.draft.key);
  clearDraft();
  shelf = memoryShelf();
  await startOutbox(shelf);
});
afterEach(() => {
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

describe("reporting", () => {
  it("asks for the sentence, the place and a number only if a reply is wanted", async () => {
    const asked = serve({ "GET /district": { body: district } });
    const { wrapper } = await mounted(ReportPage);
    await wrapper.get("form").trigger("submit");
    expect(wrapper.text()).toContain("请写一句话");
    await wrapper.get("#text").setValue("灯不亮");
    await wrapper.get("form").trigger("submit");
    expect(wrapper.text()).toContain("请选位置");
    draft.value.at = { lon: 0.5, lat: 0.5 };
    await wrapper.get("fieldset input[type=checkbox]").setValue(true);
    await wrapper.get("form").trigger("submit");
    expect(wrapper.text()).toContain("想要回复，请留手机号");
    expect(asked.some((it) => it.method === "POST" && it.path === "/reports")).toBe(false);
  });

  it("sends photographs first, then the words under the draft's key, and remembers the link", async () => {
    draft.value = { ...draft.value, text: " 楼道灯不亮 ", at: { lon: 0.5, lat: 0.5 }, shots: [shot("p1"), shot("p2")] };
    const key = draft.value.key;
    const asked = serve({ "GET /district": { body: district }, "POST /photos": { status: 201, body: { id: "photo-9" } }, "POST /reports": { status: 201, body: filed } });
    const { wrapper, router } = await mounted(ReportPage);
    await wrapper.get("form").trigger("submit");
    await flushPromises();
    await vi.waitFor(() => expect(router.currentRoute.value.path).toBe(`/sent/${key}`));
    expect(asked.filter((it) => it.method === "POST").map((it) => it.path)).toEqual(["/photos", "/photos", "/reports"]);
    expect(asked.find((it) => it.path === "/reports")?.body).toEqual({ text: "楼道灯不亮", lon: 0.5, lat: 0.5, photo_ids: ["photo-9", "photo-9"], confidential: false });
    expect(myReports.value.map((it) => [it.code, it.key])).toEqual([["C20260314-0001", key]]);
    expect([draft.value.text, waiting.value.length]).toEqual(["", 0]);
    expect(draft.value.key).not.toBe(key);
  });

  it("sends neither name nor number of whoever wants no reply", () => {
    const it = { ...draft.value, text: "灯", at: { lon: 1, lat: 2 }, phone: "13800001234", name: "王" };
    expect(body(it)).toEqual({ text: "灯", lon: 1, lat: 2, confidential: false });
    expect(body({ ...it, wantsReply: true })).toEqual({ text: "灯", lon: 1, lat: 2, phone: "13800001234", name: "王", confidential: false });
  });
});

describe("the place of a report", () => {
  const at = { coords: { longitude: 0.25, latitude: 0.75 } };
  const report = async (state: PermissionState | null, locate: (found: (at: unknown) => void, failed: (error: unknown) => void) => void) => {
    vi.resetModules();
    const getCurrentPosition = vi.fn(locate);
    vi.stubGlobal("navigator", { onLine: true, language: "zh-CN", userAgent: "test", geolocation: { getCurrentPosition }, ...(state ? { permissions: { query: async () => ({ state }) } } : {}) });
    serve({ "GET /district": { body: district }, "POST /grids/locate": { body: { grid: null } } });
    const { default: Page } = await import("@/faces/resident/incidents/ReportPage.vue");
    const { draft: own } = await import("@/faces/resident/incidents/draft");
    const open = async () => (await mounted(Page)).wrapper;
    return { open, own, getCurrentPosition };
  };

  it("is asked of the phone of whoever has never been asked, as soon as the page opens, and where permissions are unknown", async () => {
    for (const state of ["prompt", "granted", null] as const) {
      const { open, own, getCurrentPosition } = await report(state, (found) => found(at));
      await open();
      await vi.waitFor(() => expect(own.value.at, String(state)).toEqual({ lon: 0.25, lat: 0.75 }));
      expect(getCurrentPosition).toHaveBeenCalledTimes(1);
    }
  });

  it("is not asked again of whoever said no, then or before, and nothing is shouted", async () => {
    const before = await report("denied", () => undefined);
    await before.open();
    expect(before.getCurrentPosition).not.toHaveBeenCalled();
    const now = await report("prompt", (_, failed) => failed({ code: 1, PERMISSION_DENIED: 1 }));
    const wrapper = await now.open();
    expect(now.getCurrentPosition).toHaveBeenCalledTimes(1);
    expect(wrapper.findAll("#place [role=alert]")).toHaveLength(0);
    expect(wrapper.get("#place").text()).toContain("用我现在的位置");
    wrapper.unmount();
    await now.open();
    expect(now.getCurrentPosition, "once in a visit").toHaveBeenCalledTimes(1);
  });

  it("leaves the person alone while the question stays open, and what is said meanwhile as it is", async () => {
    let answer: (at: unknown) => void = () => undefined;
    const { open, own } = await report("prompt", (found) => (answer = found));
    const wrapper = await open();
    const find = wrapper.get("#place .row button");
    expect([find.text(), find.attributes("disabled")]).toEqual(["正在定位…", undefined]);
    await wrapper.get("#place-detail").setValue("三号楼");
    answer(at);
    await flushPromises();
    expect([own.value.at, own.value.address]).toEqual([null, "三号楼"]);
  });

  it("is not asked for where an address stands already", async () => {
    const { open, own, getCurrentPosition } = await report("prompt", (found) => found(at));
    own.value.address = "三号楼";
    await open();
    expect(getCurrentPosition).not.toHaveBeenCalled();
  });

  it("comes from the photograph where that knows it, unless somebody has said another", async () => {
    const { open, own } = await report("prompt", (found) => found(at));
    const wrapper = await open();
    await vi.waitFor(() => expect(own.value.at).toEqual({ lon: 0.25, lat: 0.75 }));
    wrapper.getComponent({ name: "PhotoShots" }).vm.$emit("place", { lon: 0.5, lat: 0.5 });
    expect(own.value.at).toEqual({ lon: 0.5, lat: 0.5 });
    own.value.at = { lon: 0.1, lat: 0.1 };
    wrapper.getComponent({ name: "PhotoShots" }).vm.$emit("place", { lon: 0.5, lat: 0.5 });
    expect(own.value.at).toEqual({ lon: 0.1, lat: 0.1 });
  });
});

describe("the outbox", () => {
  const write = (text: string) => (draft.value = { ...draft.value, text, at: { lon: 0.5, lat: 0.5 }, shots: [shot(`${text}-p`)] });

  it("keeps a report over a killed tab and sends it once, under the same key", async () => {
    write("没有网络时报的");
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
    const key = await post();
    expect(waiting.value.map((it) => [it.draft.key, it.tried, it.refused])).toEqual([[key, 1, null]]);
    // The tab is gone; a new one finds the report where it was left, photograph included.
    waiting.value = [];
    const asked = serve({ "POST /photos": { status: 201, body: { id: "p" } }, "POST /reports": { status: 201, body: filed } });
    await startOutbox(shelf);
    expect(asked.map((it) => it.path)).toEqual(["/photos", "/reports"]);
    expect(await shelf.all("out:")).toEqual([]);
    await flush(true);
    expect(asked).toHaveLength(2);
  });

  it("does not send a photograph twice when only the words were lost", async () => {
    write("话丢了");
    let down = true;
    const asked: string[] = [];
    vi.stubGlobal("fetch", async (request: Request) => {
      asked.push(`${new URL(request.url).pathname} ${request.headers.get("Idempotency-Key")}`);
      if (request.url.endsWith("/photos")) return new Response(JSON.stringify({ id: "p1" }), { status: 201, headers: { "content-type": "application/json" } });
      if (down) throw new TypeError("lost answer");
      return new Response(JSON.stringify(filed), { status: 201, headers: { "content-type": "application/json" } });
    });
    const key = await post();
    down = false;
    await flush(true);
    expect(asked.filter((it) => it.startsWith("/api/v1/photos"))).toHaveLength(1);
    expect(new Set(asked.filter((it) => it.startsWith("/api/v1/reports")))).toEqual(new Set([`/api/v1/reports ${key}`]));
    expect(waiting.value).toEqual([]);
  });

  it("shows what the server refused, lets it be changed, and never holds the next one up", async () => {
    serve({ "POST /photos": { status: 201, body: { id: "p" } }, "POST /reports": { status: 400, body: { code: "invalid", fields: [{ field: "phone", code: "format" }] } } });
    write("号码写错的");
    const bad = await post();
    expect(waiting.value[0]?.refused?.fields).toEqual([{ field: "phone", code: "format" }]);
    const { wrapper } = await mounted(SentPage, {}, `/sent/${bad}`);
    expect(wrapper.text()).toContain("没有收下");
    expect(wrapper.text()).toContain("手机号：");
    serve({ "POST /photos": { status: 201, body: { id: "p" } }, "POST /reports": { status: 201, body: filed } });
    write("后面一件");
    await post();
    expect(waiting.value.map((it) => it.draft.text)).toEqual(["号码写错的"]);
    await edit(bad);
    expect([draft.value.key, draft.value.text, waiting.value.length]).toEqual([bad, "号码写错的", 0]);
  });

  it("sends photographs again that the server has forgotten", async () => {
    write("照片过期");
    draft.value.shots[0]!.id = "long-gone";
    const bodies: unknown[] = [];
    vi.stubGlobal("fetch", async (request: Request) => {
      const answer = (status: number, it: object) => new Response(JSON.stringify(it), { status, headers: { "content-type": "application/json" } });
      if (request.url.endsWith("/photos")) return answer(201, { id: "fresh" });
      const sent = (await request.clone().json()) as { photo_ids: string[] };
      bodies.push(sent.photo_ids);
      return sent.photo_ids[0] === "fresh" ? answer(201, filed) : answer(400, { code: "invalid", fields: [{ field: "photo_ids", code: "unknown-photo" }] });
    });
    await post();
    expect(bodies).toEqual([["long-gone"], ["fresh"]]);
    expect(waiting.value).toEqual([]);
  });

  it("sends from a phone that has no room, and says so where there is no network either", async () => {
    shelf.put = () => Promise.reject(new DOMException("no room", "QuotaExceededError"));
    const asked = serve({ "POST /photos": { status: 201, body: { id: "p" } }, "POST /reports": { status: 201, body: filed } });
    write("手机满了");
    await post();
    expect([asked.map((it) => it.path), waiting.value]).toEqual([["/photos", "/reports"], []]);
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
    write("手机满了也没有网络");
    const key = await post();
    const { wrapper } = await mounted(SentPage, {}, `/sent/${key}`);
    expect(wrapper.text()).toContain("还没发出去，也没能存下");
    expect(wrapper.text()).not.toContain("都存在这部手机里");
    const leaving = new Event("beforeunload", { cancelable: true });
    window.dispatchEvent(leaving);
    expect(leaving.defaultPrevented).toBe(true);
    // With room again it is kept, at the latest by the next try.
    shelf.put = memoryShelf().put;
    await flush(true);
    expect(waiting.value[0]?.loose).toBe(false);
  });

  it("tries once more where the network came back while a try was still waited for", async () => {
    let [tries, lost] = [0, (_: Error): void => undefined];
    vi.stubGlobal("fetch", (request: Request) => {
      if (request.url.endsWith("/photos")) return Promise.resolve(new Response(JSON.stringify({ id: "p" }), { status: 201, headers: { "content-type": "application/json" } }));
      tries += 1;
      // A command without an answer is sent a second time in the same breath.
      if (tries === 2) return Promise.reject(new TypeError("no network"));
      if (tries > 2) return Promise.resolve(new Response(JSON.stringify(filed), { status: 201, headers: { "content-type": "application/json" } }));
      return new Promise((_, badly) => (lost = badly));
    });
    write("网络刚好回来");
    const sent = post();
    await vi.waitFor(() => expect(tries).toBe(1));
    void flush(true);
    window.dispatchEvent(new Event("online"));
    lost(new TypeError("no network"));
    await sent;
    expect([tries, waiting.value]).toEqual([3, []]);
  });

  it("lets no request that hangs hold up the person or the next report", async () => {
    vi.useFakeTimers();
    const asked: string[] = [];
    vi.stubGlobal("fetch", async (request: Request) => {
      if (request.signal.aborted) throw new DOMException("too long", "AbortError");
      const { text } = request.url.endsWith("/photos") ? { text: "photo" } : ((await request.clone().json()) as { text: string });
      asked.push(text);
      const answer = (it: object) => new Response(JSON.stringify(it), { status: 201, headers: { "content-type": "application/json" } });
      if (text === "photo") return answer({ id: "p" });
      if (text !== "卡住的") return answer(filed);
      return new Promise<Response>((_, badly) => request.signal.addEventListener("abort", () => badly(new DOMException("too long", "AbortError"))));
    });
    try {
      write("卡住的");
      let told = false;
      const first = post().then(() => (told = true));
      await vi.advanceTimersByTimeAsync(10_500);
      expect([told, waiting.value.map((it) => it.draft.text)]).toEqual([true, ["卡住的"]]);
      write("后面一件");
      const second = post();
      // The first one is given up after half a minute; the second goes in the same breath and not with the next beat.
      await vi.advanceTimersByTimeAsync(21_000);
      await Promise.all([first, second]);
      expect(asked.filter((it) => it !== "photo")).toEqual(["卡住的", "后面一件"]);
      expect(waiting.value.map((it) => it.draft.text)).toEqual(["卡住的"]);
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([[0, true], [429, true], [503, true], [400, false], [409, false], [422, false]])("status %i is worth another try: %s", (status, again) => {
    expect(transient(new Problem(status))).toBe(again);
  });
  it("waits longer each time, at most five minutes", () => {
    expect([1, 2, 3, 20].map(pause)).toEqual([5_000, 10_000, 20_000, 300_000]);
  });
});

describe("a draft", () => {
  it("is taken up again with its photographs", async () => {
    await shelf.put("draft", plain({ ...draft.value, text: "写到一半", shots: [shot("a")] }));
    await keepDraft(shelf);
    expect([draft.value.text, draft.value.shots.length]).toEqual(["写到一半", 1]);
    draft.value.text = "又写一点";
    await vi.waitFor(async () => expect((await shelf.get<{ text: string }>("draft"))?.text).toBe("又写一点"));
  });
});

describe("a draft that another one takes the place of", () => {
  beforeEach(async () => {
    for (const it of parked.value) await letGo(it.key);
    await keepDraft(shelf);
  });
  const button = (wrapper: { findAll: (of: string) => { text(): string; trigger(of: string): Promise<void> }[] }, words: string) => wrapper.findAll("button").find((it) => it.text() === words)!;

  it("is parked while a refused report is put right, over a reload, and taken up again", async () => {
    serve({ "GET /district": { body: district }, "POST /reports": { status: 400, body: { code: "invalid", fields: [{ field: "phone", code: "format" }] } } });
    draft.value = { ...draft.value, text: "号码写错的", at: { lon: 0.5, lat: 0.5 } };
    const bad = await post();
    draft.value = { ...draft.value, text: "写到一半的另一件", shots: [shot("q")] };
    await edit(bad);
    expect(draft.value.text).toBe("号码写错的");
    parked.value = [];
    await keepDraft(shelf); // The page is opened anew.
    const { wrapper } = await mounted(ReportPage);
    expect(wrapper.text()).toContain("还有一份没写完的写到一半的另一件");
    await button(wrapper, "接着写这一份").trigger("click");
    await flushPromises();
    expect([draft.value.text, draft.value.shots.length, parked.value.map((it) => [it.text, it.key])]).toEqual(["写到一半的另一件", 1, [["号码写错的", bad]]]);
    expect((await shelf.all<{ text: string }>("parked:")).map((it) => it.text)).toEqual(["号码写错的"]);
    await button(wrapper, "不要了").trigger("click");
    await flushPromises();
    expect([parked.value.length, await shelf.all("parked:")]).toEqual([0, []]);
  });

  it("comes back from 清空 with words and photographs, and is gone after ten seconds", async () => {
    serve({ "GET /district": { body: district } });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      draft.value = { ...draft.value, text: "写了很久", shots: [shot("q")] };
      const { key } = draft.value;
      const { wrapper } = await mounted(ReportPage);
      await wrapper.findAll("button").find((it) => it.text().startsWith("清空"))!.trigger("click");
      expect([draft.value.text, draft.value.shots.length]).toEqual(["", 0]);
      await button(wrapper, "撤销").trigger("click");
      expect([draft.value.text, draft.value.shots.length, draft.value.key]).toEqual(["写了很久", 1, key]);
      await wrapper.findAll("button").find((it) => it.text().startsWith("清空"))!.trigger("click");
      vi.advanceTimersByTime(10_001);
      await wrapper.vm.$nextTick();
      expect(wrapper.text()).not.toContain("撤销");
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("tracking", () => {
  const seen = {
    code: "C20260314-0001", state: "in_progress", light: "green", text: "楼道灯不亮", matter: "楼道照明", address: "", grid: { code: "1", name: "第三网格" }, lead: { unit: "第三网格", person: "周以宁" },
    reported_at: "2026-03-14T01:00:00.000Z", due: "2026-03-16T01:00:00.000Z", starts: "2026-03-15T00:30:00.000Z", public_reply: null, result: null, photos: [], reporters: 1, round: 2, rated: false,
    may_rate: false, may_remark: true, may_reopen: false, emergency_numbers: [], question: { words: "哪个单元？", asked_at: "2026-03-14T03:00:00.000Z", until: null },
    steps: [{ at: "2026-03-14T01:00:00.000Z", what: "report", words: "" }, { at: "2026-03-14T02:00:00.000Z", what: "send_back", words: "不属于我单位" }],
  };
  it("says when the clock starts, why it was returned, and takes the answer to a question", async () => {
    const asked = serve({ "GET /district": { body: district }, "GET /reports/abc": { body: seen }, "POST /reports/abc/answers": { body: seen } });
    const { wrapper } = await mounted(TrackPage, {}, "/t/abc");
    expect(wrapper.text()).not.toContain("上班后开始计时"); // The clock stands still until the answer.
    expect(wrapper.get(".turned").text()).toBe("不属于我单位");
    expect(wrapper.text()).toContain("第 2 次办理");
    await wrapper.get("#answer").setValue(" 二单元 ");
    await wrapper.get("section[aria-labelledby=question] form").trigger("submit");
    await flushPromises();
    expect(asked.find((it) => it.method === "POST")?.body).toEqual({ text: "二单元" });
  });
  it("says under each station that is behind when that was", async () => {
    const steps = [{ at: "2026-03-14T01:00:00.000Z", what: "report", words: "" }, { at: "2026-03-14T01:20:00.000Z", what: "accept", words: "" }, { at: "2026-03-14T16:30:00.000Z", what: "dispatch", words: "" }];
    serve({ "GET /district": { body: district }, "GET /reports/abc": { body: { ...seen, question: null, steps } } });
    const { wrapper } = await mounted(TrackPage, {}, "/t/abc");
    expect(wrapper.findAll(".stages li").map((it) => it.find("time").exists() && it.get("time").text())).toEqual(["3/1409:20", "3/1500:30", false, false, false]);
  });
  it("keeps what was said without network, over a reload, and sends it once when there is one", async () => {
    serve({ "GET /district": { body: district }, "GET /reports/abc": { body: { ...seen, question: null } } });
    const { wrapper } = await mounted(TrackPage, {}, "/t/abc");
    await wrapper.get("#remark").setValue("二单元门口也不亮");
    const keys: (string | null)[] = [];
    const answers = (how: (request: Request) => Promise<Response> | null) => {
      serve({ "GET /district": { body: district }, "GET /reports/abc": { body: { ...seen, question: null } } });
      const reads = fetch;
      vi.stubGlobal("fetch", async (request: Request) => {
        if (request.method !== "POST") return reads(request);
        keys.push(request.headers.get("Idempotency-Key"));
        return (await how(request)) ?? new Response(JSON.stringify(seen), { status: 200, headers: { "content-type": "application/json" } });
      });
    };
    answers(() => Promise.reject(new TypeError("no network")));
    const form = () => wrapper.get("#remark").element.closest("form")!;
    form().dispatchEvent(new Event("submit", { cancelable: true }));
    await vi.waitFor(() => expect(form().textContent).toContain("现在连不上，还没发出去"));
    wrapper.unmount();
    answers(() => null);
    keys.length = 0;
    const { wrapper: again } = await mounted(TrackPage, {}, "/t/abc");
    await vi.waitFor(() => expect(again.text()).toContain("已转给办理的人"));
    window.dispatchEvent(new Event("online"));
    await flushPromises();
    expect([keys.length, (again.get("#remark").element as HTMLTextAreaElement).value, Object.keys(localStorage).filter((it) => it.includes("say"))]).toEqual([1, "", []]);
  });
  it("sends what was said once more where the network came back while a try was still waited for", async () => {
    serve({ "GET /district": { body: district }, "GET /reports/abc": { body: { ...seen, question: null } } });
    const { wrapper } = await mounted(TrackPage, {}, "/t/abc");
    await wrapper.get("#remark").setValue("电梯里也不亮");
    let [tries, lost] = [0, (_: Error): void => undefined];
    const reads = fetch;
    vi.stubGlobal("fetch", (request: Request) => {
      if (request.method !== "POST") return reads(request);
      tries += 1;
      if (tries === 2) return Promise.reject(new TypeError("no network"));
      if (tries > 2) return Promise.resolve(new Response(JSON.stringify(seen), { status: 200, headers: { "content-type": "application/json" } }));
      return new Promise((_, badly) => (lost = badly));
    });
    wrapper.get("#remark").element.closest("form")!.dispatchEvent(new Event("submit", { cancelable: true }));
    await vi.waitFor(() => expect(tries).toBe(1));
    window.dispatchEvent(new Event("online"));
    lost(new TypeError("no network"));
    await vi.waitFor(() => expect(wrapper.text()).toContain("已转给办理的人"));
    expect(tries).toBe(3);
  });
  it("opens the form again in which somebody said why it is not solved, and a begun rating", async () => {
    const over = { ...seen, question: null, state: "closed", may_remark: false, may_rate: true, may_reopen: true };
    serve({ "GET /district": { body: district }, "GET /reports/abc": { body: over } });
    const { wrapper } = await mounted(TrackPage, {}, "/t/abc");
    await wrapper.get("section[aria-labelledby=reopen] button").trigger("click");
    await wrapper.get("#reopen-why").setValue("还是不亮");
    await wrapper.get("input[name=satisfied][value=no]").setValue(true);
    wrapper.unmount();
    const { wrapper: again } = await mounted(TrackPage, {}, "/t/abc");
    expect((again.get("#reopen-why").element as HTMLTextAreaElement).value).toBe("还是不亮");
    expect((again.get("input[name=satisfied][value=no]").element as HTMLInputElement).checked).toBe(true);
    // What nobody sent yet is not sent by itself.
    window.dispatchEvent(new Event("online"));
    await flushPromises();
    expect(again.find(".later").exists()).toBe(false);
  });
  it("leaves what is typed while an answer is on its way to whoever types it", async () => {
    let answer: (it: Response) => void = () => undefined;
    vi.stubGlobal("fetch", async (request: Request) => (request.method === "POST" ? new Promise<Response>((go) => { answer = go; }) : new Response(JSON.stringify({ ...seen, question: null }), { headers: { "content-type": "application/json" } })));
    const { wrapper } = await mounted(TrackPage, {}, "/t/tk-typed");
    const form = () => wrapper.get("#remark").element.closest("form")!;
    await wrapper.get("#remark").setValue("路灯还是不亮");
    form().dispatchEvent(new Event("submit", { cancelable: true }));
    await flushPromises();
    await wrapper.get("#remark").setValue("还有一件别的事");
    answer(new Response("{}", { status: 503, headers: { "content-type": "application/json" } }));
    await flushPromises();
    // Nobody gave this one yet: it waits for a finger and not for the network.
    const kept = Object.entries({ ...localStorage }).find(([name]) => name.includes("say.") && name.includes("tk-typed"))?.[1] as string;
    expect(JSON.parse(kept)).toMatchObject({ waits: false });
    form().dispatchEvent(new Event("submit", { cancelable: true }));
    await flushPromises();
    await wrapper.get("#remark").setValue("第三件");
    answer(new Response(JSON.stringify({ ...seen, question: null }), { headers: { "content-type": "application/json" } }));
    await flushPromises();
    expect((wrapper.get("#remark").element as HTMLTextAreaElement).value).toBe("第三件");
  });

  it("says when the clock starts once nothing is asked, and who handled what is over", async () => {
    serve({ "GET /district": { body: district }, "GET /reports/abc": { body: { ...seen, question: null } }, "GET /reports/abd": { body: { ...seen, question: null, starts: null, state: "resolved" } } });
    const { wrapper } = await mounted(TrackPage, {}, "/t/abc");
    expect(wrapper.text()).toContain("上班后开始计时");
    expect(wrapper.text()).toContain("现在由 第三网格 周以宁 负责");
    const { wrapper: over } = await mounted(TrackPage, {}, "/t/abd");
    expect(over.text()).toContain("由 第三网格 周以宁 办理");
  });
  it("shows nothing any more of what its owner stopped sharing", async () => {
    serve({ "GET /district": { body: district } });
    const { wrapper } = await mounted(SharedPage, {}, "/s/x");
    expect(wrapper.text()).toContain("分享的人停止了分享");
    expect(wrapper.find("[role=alert]").exists()).toBe(false);
  });
});

describe("who looks after a place", () => {
  const place = { grid: { code: "990101001001001", name: "第一网格", community: "柳荫社区", street: "临江街道" }, worker: { name: "周以宁", phone: "140-0000-0001", hours: "8:30–17:30" }, deputy: { name: "沈禾", phone: "140-0000-0002" }, desk: { name: "柳荫社区", phone: "000-5550202" } };
  it("shows the worker of the grid that was looked up before, and the deputy first while she is away", async () => {
    keepGrid("990101001001001");
    serve({ "GET /district": { body: district }, "GET /place": { body: place } });
    const { wrapper } = await mounted(PlaceCard);
    expect(wrapper.get(".name").text()).toBe("周以宁");
    expect(wrapper.get(".face").text()).toBe("周");
    expect(wrapper.findAll("a[href^=tel]").map((it) => it.attributes("href"))).toEqual(["tel:14000000002", "tel:14000000001", "tel:0005550202"]);
    expect(wrapper.get("a.primary").text()).toContain("沈禾");
  });
  it("says that the post is vacant, and calls who stands in", async () => {
    keepGrid("990101001001001");
    serve({ "GET /district": { body: district }, "GET /place": { body: { ...place, worker: null, vacant: true } } });
    const { wrapper } = await mounted(PlaceCard);
    expect(wrapper.findAll(".away p").map((it) => it.text())).toEqual(["网格员岗位暂时空着，现由 沈禾 代管"]);
    expect(wrapper.get("a.primary").attributes("href")).toBe("tel:14000000002");
  });
  it("forgets a grid that is no more", async () => {
    keepGrid("gone");
    serve({ "GET /district": { body: district }, "GET /place": { status: 400, body: { code: "invalid", fields: [{ field: "grid", code: "unknown-unit" }] } } });
    const { wrapper } = await mounted(PlaceCard);
    expect(localStorage.getItem("jingwei.m.grid")).toContain("null");
    expect(wrapper.text()).toContain("用我现在的位置");
  });
  it("shows the grid of a scanned notice board without forgetting one's own", async () => {
    keepGrid("990101001001001");
    serve({ "GET /district": { body: district }, "GET /place": { body: { ...place, grid: { ...place.grid, code: "990101003002002", name: "桥东第二网格" }, worker: null, deputy: null } } });
    const { wrapper } = await mounted(PlaceCard, { board: "990101003002002" });
    expect(wrapper.text()).toContain("公示牌上的码");
    expect(wrapper.text()).toContain("暂时没有专职网格员");
    expect(localStorage.getItem("jingwei.m.grid")).toContain("990101001001001");
    await wrapper.get(".elsewhere .quiet").trigger("click");
    expect(localStorage.getItem("jingwei.m.grid")).toContain("990101003002002");
    expect(wrapper.find(".elsewhere").exists()).toBe(false);
  });
  it("keeps the grid of a scanned notice board where none was kept, and says when that grid is no more", async () => {
    serve({ "GET /district": { body: district }, "GET /place": { body: place } });
    await mounted(PlaceCard, { board: "990101001001001" });
    expect(localStorage.getItem("jingwei.m.grid")).toContain("990101001001001");
    keepGrid(null);
    serve({ "GET /district": { body: district }, "GET /place": { status: 400, body: { code: "invalid", fields: [{ field: "grid", code: "unknown-unit" }] } } });
    const { wrapper } = await mounted(PlaceCard, { board: "gone" });
    expect(wrapper.text()).toContain("这个网格已经没有了");
    expect(wrapper.emitted("leave")).toHaveLength(1);
  });
  it("goes down the tree of addresses and hands a building on", async () => {
    const unit = (kind: string, name: string, code: string) => ({ kind, name, place: "", code, grid: kind === "grid" ? { code, name } : null, lon: null, lat: null });
    const building = { kind: "building", name: "同心家园3栋", place: "柳荫路12号3栋", code: null, grid: { code: "g", name: "第三网格" }, lon: 1, lat: 2 };
    vi.stubGlobal("fetch", async (request: Request) => {
      const under = new URL(request.url).searchParams.get("under");
      const items = under === "990101" ? [unit("street", "临江街道", "s")] : under === "s" ? [unit("grid", "第三网格", "g")] : [building];
      return new Response(JSON.stringify({ items, next: null }), { headers: { "content-type": "application/json" } });
    });
    const { wrapper } = await mounted(AddressSearch, { id: "a", root: "990101" });
    await wrapper.get(".line").trigger("click");
    await flushPromises();
    await wrapper.get("button.small").trigger("click");
    await flushPromises();
    await wrapper.get(".line").trigger("click");
    expect(wrapper.emitted("choose")?.[0]).toEqual([building]);
  });
});

describe("what goes on around", () => {
  it("is reached from the first page, in elder mode too", async () => {
    serve({ "GET /district": { body: district } });
    for (const large of [false, true]) {
      prefs.large = large;
      const { wrapper } = await mounted(HomePage);
      expect(wrapper.find('a[href="/around"]').exists(), String(large)).toBe(true);
      wrapper.unmount();
    }
    prefs.large = false;
  });
  it("lists matter, day and state, and says the next step when there is nothing", async () => {
    serve({ "GET /district": { body: district }, "GET /public/grids": { body: { items: [] } }, "GET /public/cases": { body: { items: [{ matter: "楼道灯坏了", grid: { code: "g", name: "第三网格" }, community: "柳荫社区", state: "assigned", light: "red", day: "2026-03-14", due: null, solved_day: null, result: null, reporters: 3 }], next: null } } });
    const { wrapper } = await mounted(AroundPage);
    expect(wrapper.get(".cases li").text()).toContain("楼道灯坏了");
    expect(wrapper.get(".cases li").text()).toContain("已超期");
    expect(wrapper.get(".cases li").text()).toContain("共有 3 位居民反映");
    expect(wrapper.get(".cases li").text()).toMatch(/3月14日/);
    serve({ "GET /public/grids": { body: { items: [] } }, "GET /public/cases": { body: { items: [], next: null } } });
    const { wrapper: empty } = await mounted(AroundPage, {}, "/around?grid=x");
    expect(empty.text()).toContain("没有公开的事项");
  });
  it("keeps the numbers to call when the district cannot be read", async () => {
    localStorage.setItem("jingwei.district", JSON.stringify({ ...district, hotlines: [{ name: "急救", phone: "120" }] }));
    serve({ "GET /district": { status: 503, body: { code: "internal" } }, "GET /publications": { body: { items: [], next: null } } });
    const { wrapper } = await mounted(HomePage);
    await vi.waitFor(() => expect(wrapper.find("a[href='tel:120']").exists()).toBe(true));
    await new Promise((done) => setTimeout(done, 50));
    expect(wrapper.find("a[href='tel:120']").exists()).toBe(true);
  });
  it("fills a grid by steps", () => {
    expect([0, 1, 3, 6, 99].map(weight)).toEqual([0, 0.15, 0.28, 0.42, 0.58]);
  });
});

describe("the device", () => {
  it("is the browser's outside WeChat, and inside without leave", () => {
    expect(device().kind).toBe("browser");
    vi.stubGlobal("navigator", { userAgent: "Mozilla/5.0 MicroMessenger/8.0" });
    expect(wechatDevice()).toBeNull();
  });
  it("asks WeChat for the place in WGS84 and for pictures as files", async () => {
    vi.stubGlobal("navigator", { userAgent: "Mozilla/5.0 MicroMessenger/8.0" });
    const types: string[] = [];
    vi.stubGlobal("wx", {
      getLocation: (ask: { type: string; success: (at: object) => void }) => (types.push(ask.type), ask.success({ longitude: 112.9, latitude: 33.1 })),
      chooseImage: (ask: { success: (it: object) => void }) => ask.success({ localIds: ["one"] }),
      getLocalImgData: (ask: { success: (it: object) => void }) => ask.success({ localData: `data:image/jpg;base64,${btoa("jpeg")}` }),
    });
    const phone = wechatDevice()!;
    expect([phone.kind, await phone.locate(), types]).toEqual(["wechat", { lon: 112.9, lat: 33.1 }, ["wgs84"]]);
    expect((await phone.photo(2)).map((it) => [it.type, it.size])).toEqual([["image/jpeg", 4]]);
    vi.stubGlobal("wx", { getLocation: (ask: { fail: () => void }) => ask.fail() });
    await expect(wechatDevice()!.locate()).rejects.toBe("unavailable");
  });
  it("reads bare base64 as Androids give it", async () => {
    expect(await fileOf(btoa("x y"), "1.jpg").text()).toBe("x y");
  });
});

describe("speaking", () => {
  it("is offered only where the browser listens, and hands over what is sure", () => {
    expect(canListen()).toBe(false);
    let one: { onresult?: (heard: object) => void; onerror?: (it: object) => void; onend?: () => void } = {};
    vi.stubGlobal("webkitSpeechRecognition", class { constructor() { one = this as never; } start() { /* begins */ } stop() { /* ends */ } });
    expect(canListen()).toBe(true);
    const heard: (string | null)[] = [];
    listen("zh-CN", { words: (text) => heard.push(text), end: (why) => heard.push(why) });
    one.onresult?.({ resultIndex: 0, results: { length: 2, 0: { isFinal: true, 0: { transcript: " 灯坏了 " } }, 1: { isFinal: false, 0: { transcript: "还" } } } });
    one.onerror?.({ error: "not-allowed" });
    one.onend?.();
    expect(heard).toEqual(["灯坏了", "not-allowed"]);
  });
  it("goes behind what stands there already", () => {
    expect([appended("", "灯坏了"), appended("灯坏了 ", "晚上黑"), appended("灯坏了。", "晚上黑")]).toEqual(["灯坏了", "灯坏了，晚上黑", "灯坏了。晚上黑"]);
  });
});

describe("a camera that does not open", () => {
  it("says that one can report without it", async () => {
    const agent = vi.spyOn(navigator, "userAgent", "get").mockReturnValue("MicroMessenger");
    vi.resetModules();
    const fails = ({ fail }: { fail: () => void }) => fail();
    vi.stubGlobal("wx", { getLocation: () => undefined, chooseImage: fails, getLocalImgData: fails });
    const { default: PhotoShots } = await import("@/faces/resident/incidents/PhotoShots.vue");
    const { wrapper } = await mounted(PhotoShots, { modelValue: [] });
    await wrapper.get("button.add").trigger("click");
    await flushPromises();
    expect(wrapper.get("[role=alert]").text()).toContain("相机和相册打不开");
    agent.mockRestore();
  });
});
