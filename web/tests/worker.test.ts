import { enableAutoUnmount, flushPromises } from "@vue/test-utils";
import { IDBFactory, IDBKeyRange, IDBObjectStore as FDBObjectStore } from "fake-indexeddb";
import Dexie from "dexie";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Component } from "vue";
import type { Meter } from "@/api/calls/worker";
import type { Case, Session, Task } from "@/api/types";
import { commands, differences, seenOf } from "@/faces/worker/offline/commands";
import { ownTasks, projected, toSign } from "@/faces/worker/offline/projected";
import { useField } from "@/faces/worker/offline/field";
import type { Item } from "@/faces/worker/offline/outbox";
import { actionsOf, type ActionKey } from "@/faces/worker/incidents/actions";
import CasePage from "@/faces/worker/incidents/CasePage.vue";
import QuickReportPage from "@/faces/worker/incidents/QuickReportPage.vue";
import UnitPicker from "@/faces/worker/incidents/UnitPicker.vue";
import ToldCard from "@/faces/worker/incidents/ToldCard.vue";
import ActionForm from "@/faces/worker/incidents/ActionForm.vue";
import { found, placeOf } from "@/faces/worker/incidents/find";
import { gridAt } from "@/faces/worker/offline/within";
import TodayPage from "@/faces/worker/incidents/TodayPage.vue";
import { editable, withTexts } from "@/faces/worker/outbox/edit";
import DayPage from "@/faces/worker/day/DayPage.vue";
import MeterPage from "@/faces/worker/day/MeterPage.vue";
import MeterStepsPage from "@/faces/worker/day/MeterStepsPage.vue";
import BurdenPage from "@/faces/worker/day/BurdenPage.vue";
import { clockOf, dayOf, shifted, shiftedMonth } from "@/faces/worker/day/dates";
import { leadOut, useSession } from "@/shared/access/session";
import { mapLinks } from "@/shared/map/navigate";
import { byHand } from "@/shared/shell/install";
import { mounted, serve, stores } from "./mounted";

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000 + 1000).toISOString();
const task = (id: string, more: Partial<Task> = {}): Task => ({ id, role: "lead", unit: null, state: "offered", mine: true, to_me: true, ...more });
const aCase = (id: string, more: Partial<Case> = {}): Case => ({
  id, code: `C20260314-000${id}`, version: 3, title: `title ${id}`, state: "assigned", matter: null, urgency: "normal", light: "green", yellow_at: inHours(20), red_at: inHours(30), next_at: null,
  paused: null, grid: null, owner: { id: "u", name: "desk" }, lead: null, channel: "web", source: "resident", lon: null, lat: null, reported_at: "2026-03-14T01:00:00.000Z", due_at: inHours(30),
  attention: [], photo_count: 0, reporters: 1, text: `words ${id}`, reasons: [], tasks: [task(`t${id}`)], steps: [], photos: [], ratings: [], duplicates: [], may: [], ...more,
});
const who: Session = { account: "a-1", name: "网格员", home: "/w/", roles: [], permissions: ["pack.read"], csrf: "token", expires_at: inHours(100) };
const lease = { session: "s-1", key: btoa("k".repeat(32)), until: inHours(100) };
const pack = (cases: Case[]) => ({ cursor: "c", held: cases.map((it) => it.id), cut: false, cases, next: null, catalogue: 1, org: 1, borders: null, desks: [], units: [] as unknown[], must_reports: [], reasons: [] });

/** However busy the machine is: what is looked for comes. */
const soon = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 10_000 });

enableAutoUnmount(afterEach);
beforeEach(() => {
  Object.assign(Dexie.dependencies, { indexedDB: new IDBFactory(), IDBKeyRange });
  vi.stubGlobal("indexedDB", Dexie.dependencies.indexedDB);
});
afterEach(() => vi.unstubAllGlobals());

async function today(cases: Case[]) {
  serve({ "GET /session/lease": { body: lease }, "GET /pack": { body: pack(cases) } });
  const page = await mounted(TodayPage);
  const field = useField(stores());
  await field.open(who, true);
  // To its end: a round that goes on would make this page's store the one that the next test gets.
  await soon(() => expect([field.lastSync === null, field.syncing]).toEqual([false, false]));
  await flushPromises();
  return { ...page, field };
}

describe("today", () => {
  it("puts the least time left first, by my own task's clock", async () => {
    const { wrapper } = await today([
      aCase("1", { tasks: [task("t1", { state: "accepted", due_at: inHours(8) })] }), aCase("2", { tasks: [task("t2", { state: "accepted", due_at: inHours(-1) })] }),
      aCase("3", { tasks: [task("t3", { accept_by: inHours(1), due_at: inHours(40) })] }), aCase("4", { tasks: [task("t4", { to_me: false })] }),
    ]);
    expect(wrapper.findAll(".title").map((it) => it.text())).toEqual(["title 2", "title 3", "title 1"]);
    await wrapper.findAll(".tab")[1]!.trigger("click");
    expect(wrapper.findAll(".title").map((it) => it.text())).toEqual(["title 3"]);
  });

  it("says the next step when there is nothing, and finds what lies here by its words", async () => {
    const { wrapper } = await today([aCase("9", { tasks: [], state: "closed", text: "楼道灯不亮" })]);
    expect(wrapper.text()).toContain("没有待办的事");
    expect(wrapper.find("a[href='/report']").exists()).toBe(true);
    await wrapper.get("input[type=search]").setValue("楼道 0009");
    expect(wrapper.text()).toContain("找到 1 件");
  });
});

describe("the first reading of a day", () => {
  it("does not wait for an outbox that has nothing to send", async () => {
    serve({ "GET /session/lease": { body: lease }, "GET /pack": { body: pack([aCase("1")]) } });
    await mounted(TodayPage);
    const locks = vi.spyOn(navigator, "locks", "get").mockReturnValue({ request: () => new Promise(() => undefined) } as unknown as LockManager);
    await useField(stores()).open(who, true);
    await soon(() => expect(useField(stores()).cases.size).toBe(1));
    locks.mockRestore();
  });
  it("comes after what waits to be sent", async () => {
    const { field } = await today([aCase("1")]);
    const network = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
    await field.give(commands.dayEntry("2026-03-14", "帮张阿姨提菜", new Date()));
    await soon(() => expect(field.reached).toBe(false));
    await flushPromises();
    network.mockRestore();
    const asked = serve({ "GET /session": { body: who }, "POST /day/entries": { status: 201, body: {} }, "GET /pack": { body: pack([aCase("1")]) } });
    await field.sync(true);
    expect(asked.map((it) => `${it.method} ${it.path}`).filter((it) => it !== "GET /session")).toEqual(["POST /day/entries", "GET /pack"]);
    await field.close();
  });
});

describe("a reading that began before there was something new", () => {
  it("is followed by another", async () => {
    const { field } = await today([aCase("1")]);
    const answers: ((it: Response) => void)[] = [];
    vi.stubGlobal("fetch", () => new Promise<Response>((answer) => answers.push(answer)));
    const body = (cases: Case[]) => new Response(JSON.stringify(pack(cases)), { headers: { "content-type": "application/json" } });
    const early = field.sync();
    await soon(() => expect(answers).toHaveLength(1));
    const late = field.sync();
    answers[0]!(body([aCase("1")]));
    await soon(() => expect(answers).toHaveLength(2));
    answers[1]!(body([aCase("1"), aCase("2")]));
    await Promise.all([early, late]);
    expect([...field.cases.keys()]).toEqual(["1", "2"]);
    await field.close();
  });
});

describe("what the worker left", () => {
  const item = (action: string, path: string, state: Item["state"] = "waiting"): Item => ({
    id: "i", method: "POST", path, body: {}, action, title: "", seen: {}, makes: false, subject: "1", after: null, state, at: 0, attempts: 0, nextAt: 0, problem: null, photos: 0, photosSent: 0, version: 3,
  });
  it("is shown on top of what the server said, as long as it waits", () => {
    const c = aCase("1");
    const taken = projected(c, [item("take_on", "/incidents/1/tasks/t1/accept")]);
    expect([taken.state, taken.tasks[0]!.state]).toEqual(["in_progress", "accepted"]);
    const done = projected(c, [item("take_on", "/incidents/1/tasks/t1/accept"), item("resolve", "/incidents/1/tasks/t1/done")]);
    expect([done.state, ownTasks(done).length]).toEqual(["resolved", 0]);
    expect(projected(c, [item("take_on", "/incidents/1/tasks/t1/accept", "conflict")])).toEqual(c);
  });
  it("is compared field by field with what the server has now", () => {
    const before = aCase("1", { lead: { unit: "一社区", person: "张" } });
    const now = { ...before, state: "in_progress" as const, lead: { unit: "二社区", person: null } };
    expect(differences(seenOf(before), now)).toEqual([{ field: "state", before: "assigned", now: "in_progress" }, { field: "lead", before: "一社区 张", now: "二社区" }]);
    expect(differences(seenOf(before), before)).toEqual([]);
  });
  it("offers only what the server would take", () => {
    const c = aCase("1", { may: ["extend", "send_back", "note", "whistle", "report_in"] });
    expect(actionsOf(c, c.tasks[0])).toEqual(["extend", "send_back", "report_in", "whistle"]);
    expect(actionsOf(c, undefined)).toEqual(["whistle"]);
    expect(actionsOf(aCase("1", { may: ["object", "resume", "raise_urgency"] }), undefined)).toEqual(["object", "resume", "raise_urgency"]);
    expect(actionsOf(c, { ...c.tasks[0]!, binding: true, arrived_at: inHours(-1) })).toEqual(["extend", "whistle"]);
  });
  it("offers a stage to the lead at work while one is left, and a signature where a result waits for it", () => {
    const at = (state: Task["state"], role: Task["role"] = "lead") => aCase("1", { may: ["stage", "sign", "hand_back"], stages: [{ name: "停工", by: null }], tasks: [task("t1", { state, role })] });
    const offered = (c: Case) => actionsOf(c, ownTasks(c)[0]);
    expect(offered(at("accepted"))).toEqual(["stage"]);
    expect([offered(at("offered")), offered(at("accepted", "helper")), offered({ ...at("accepted"), stages: [] }), offered({ ...at("accepted"), may: [] })]).toEqual([[], [], [], []]);
    expect(offered(at("signing"))).toEqual(["sign"]);
    expect(toSign({ ...at("signing"), may: [] })).toEqual([]);
  });
  it("lets whoever leads ask for helpers, and whoever may whistle do that", () => {
    const c = aCase("1", { may: ["help"], tasks: [task("t1", { state: "accepted" })] });
    expect([actionsOf(c, c.tasks[0]), actionsOf({ ...c, may: ["whistle"] }, c.tasks[0])]).toEqual([["whistle"], ["whistle"]]);
  });
  it("foresees what a stage, a signature and a hand-back do", () => {
    const c = aCase("1", { state: "in_progress", may: ["sign"], stages: [{ name: "停工", by: null }, { name: "拆除", by: null }], tasks: [task("t1", { state: "signing" }), task("t2", { state: "signing", role: "helper" })] });
    const sent = (action: string, path: string, body = {}) => projected(c, [{ ...item(action, path), body }]);
    expect(sent("stage", "/incidents/1/tasks/t1/stage", { stage: "停工" }).stages).toEqual([{ name: "拆除", by: null }]);
    const signed = sent("sign", "/incidents/1/tasks/t1/sign");
    expect([signed.state, signed.tasks[0]!.state]).toEqual(["resolved", "done"]);
    expect([sent("sign", "/incidents/1/tasks/t2/sign").state, sent("hand_back", "/incidents/1/tasks/t1/hand-back").tasks[0]!.state]).toEqual(["in_progress", "accepted"]);
  });
  it("can be put right where it is a sentence, and nowhere else", () => {
    const body = { text: "楼道", lon: 1, photo_ids: ["photo:ab"], reason: "wrong-unit", solved: { public_reply: "好了", result: "solved" } };
    expect(editable(body).map((it) => it.path)).toEqual(["text", "solved.public_reply"]);
    expect(withTexts(body, [{ path: "solved.public_reply", field: "public_reply", text: " 修好了 " }])).toEqual({ ...body, solved: { public_reply: "修好了", result: "solved" } });
  });
});

describe("a complaint about a burden", () => {
  const complaint = { id: "b-1", version: 4, state: "reviewing", kind: "forms", about: "区某局", from: "第三网格", words: "一张表填三遍", item: null, reply_by: null, late: false, rounds: 0, made_at: inHours(-50), history: [] };
  async function page(permissions: string[]) {
    const asked = serve({
      "GET /session/lease": { body: lease }, "GET /pack": { body: pack([]) }, "GET /burdens": { body: { items: [complaint], next: null } },
      "GET /units": { body: { items: [{ id: "u-9", name: "区某局", code: "X", kind: "department" }] } }, "POST /burdens": { status: 201, body: complaint }, "POST /burdens/b-1/review": { body: { ...complaint, state: "closed" } },
    });
    const { wrapper } = await mounted(BurdenPage);
    useSession(stores()).take({ ...who, permissions });
    await useField(stores()).open({ ...who, permissions }, true);
    await flushPromises();
    return { wrapper, asked };
  }
  it("names unit, kind and words, and hides its author unless he says otherwise", async () => {
    const { wrapper, asked } = await page(["burden.report", "burden.read"]);
    await wrapper.get("form").trigger("submit");
    expect(wrapper.text()).toContain("请选一个单位");
    await wrapper.get("#unit").setValue("某局");
    await soon(() => expect(wrapper.find(".field button.act").exists()).toBe(true));
    await wrapper.get(".field button.act").trigger("click");
    await wrapper.get("form").trigger("submit");
    expect(wrapper.text()).toContain("请选是哪一种");
    await wrapper.get("input[value=unlisted]").setValue(true);
    await wrapper.get("#burden-words").setValue(" 让填别人的表 ");
    await wrapper.get("form").trigger("submit");
    await soon(() => expect(asked.find((it) => it.path === "/burdens" && it.method === "POST")?.body).toEqual({ about: "u-9", kind: "unlisted", words: "让填别人的表", unnamed: true }));
  });
  it("is judged in the end by whoever complained", async () => {
    const { wrapper, asked } = await page(["burden.report", "burden.read"]);
    await wrapper.get("article button").trigger("click");
    await wrapper.get("article input[value=no]").setValue(true);
    await wrapper.get("#verdict-words").setValue("还在填");
    await wrapper.get("article form").trigger("submit");
    await soon(() => expect(asked.find((it) => it.path === "/burdens/b-1/review")?.body).toEqual({ version: 4, words: "还在填", satisfied: false }));
  });
  it("is not offered to whom the server would refuse it", async () => {
    const { wrapper } = await page(["burden.read"]);
    expect(wrapper.find("form").exists()).toBe(false);
    expect(wrapper.find("article button").exists()).toBe(false);
    expect(wrapper.text()).toContain("您的账号不能举报");
  });
});

describe("what the hour asks for", () => {
  async function form(action: ActionKey, of = aCase("1"), of_task?: Task) {
    serve({});
    localStorage.clear();
    return (await mounted(ActionForm, { of, task: of_task, action, problem: null })).wrapper;
  }
  it("is a stage that was reached: the only one is chosen already, words and photographs are not asked for", async () => {
    const two = aCase("1", { stages: [{ name: "停工", by: inHours(5) }, { name: "拆除", by: null }] });
    const wrapper = await form("stage", two, two.tasks[0]);
    expect(wrapper.findAll("input[name=stage]").map((it) => it.attributes("value"))).toEqual(["停工", "拆除"]);
    await wrapper.get("form").trigger("submit");
    expect([wrapper.text().includes("请选完成了哪一阶段"), wrapper.emitted("give")]).toEqual([true, undefined]);
    await wrapper.get("input[value=停工]").setValue(true);
    await wrapper.get("#act-words").setValue(" 已围挡 ");
    await wrapper.get("form").trigger("submit");
    expect(wrapper.emitted("give")![0]![0]).toMatchObject({ path: "/incidents/1/tasks/t1/stage", action: "stage", version: 3, body: { stage: "停工", words: "已围挡", photo_ids: [] } });
    const one = aCase("1", { stages: [{ name: "拆除", by: null }] });
    const last = await form("stage", one, one.tasks[0]);
    await last.get("form").trigger("submit");
    expect(last.emitted("give")![0]![0]).toMatchObject({ body: { stage: "拆除", words: "" } });
  });
  it("is a unit that is asked to help: in the name of the own task, or of the place where somebody may whistle", async () => {
    for (const [may, path, body] of [["help", "/incidents/1/tasks/t1/help", { units: ["u-9"], words: "请带梯子" }], ["whistle", "/incidents/1/whistle", { units: [{ unit: "u-9", role: "helper" }], words: "请带梯子" }]] as const) {
      const of = aCase("1", { may: [may], tasks: [task("t1", { state: "accepted" })] });
      const wrapper = await form("whistle", of, of.tasks[0]);
      serve({ "GET /units": { body: { items: [{ id: "u-9", name: "青和物业", code: "X", kind: "partner" }] } } });
      await wrapper.get("#unit").setValue("青和");
      await soon(() => expect(wrapper.find(".field button.act").exists()).toBe(true));
      await wrapper.get(".field button.act").trigger("click");
      await wrapper.get("#act-words").setValue("请带梯子");
      await wrapper.get("form").trigger("submit");
      expect(wrapper.emitted("give")![0]![0]).toMatchObject({ path, body, action: "whistle" });
      wrapper.unmount();
    }
  });
  it("is a signature, or a result handed back with what is to be changed", async () => {
    const waits = aCase("1", { tasks: [task("t1", { state: "signing" })] });
    const wrapper = await form("sign", waits, waits.tasks[0]);
    await wrapper.get("form").trigger("submit");
    expect([wrapper.text().includes("请选签发还是退回修改"), wrapper.emitted("give")]).toEqual([true, undefined]);
    await wrapper.get("input[value=no]").setValue(true);
    await wrapper.get("form").trigger("submit");
    expect([wrapper.text().includes("请写一句话"), wrapper.emitted("give")]).toEqual([true, undefined]);
    await wrapper.get("#act-words").setValue("写清换了几盏灯");
    await wrapper.get("form").trigger("submit");
    expect(wrapper.emitted("give")![0]![0]).toMatchObject({ path: "/incidents/1/tasks/t1/hand-back", action: "hand_back", version: 3, body: { words: "写清换了几盏灯" } });
    const signed = await form("sign", waits, waits.tasks[0]);
    await signed.get("input[value=yes]").setValue(true);
    expect(signed.find("#act-words").exists()).toBe(false);
    await signed.get("form").trigger("submit");
    expect(signed.emitted("give")![0]![0]).toMatchObject({ path: "/incidents/1/tasks/t1/sign", action: "sign", version: 3, body: {} });
  });
  it("is an objection with what it stands on", async () => {
    const wrapper = await form("object");
    await wrapper.get("#act-words").setValue("不是我们的路");
    await wrapper.get("form").trigger("submit");
    expect(wrapper.text()).toContain("要写依据，或拍照");
    await wrapper.get("#basis").setValue(" 权属图第 3 页 ");
    expect(wrapper.find("[role=alert]").exists()).toBe(false); // What was put right is not complained about any longer.
    await wrapper.get("form").trigger("submit");
    expect(wrapper.emitted("give")![0]![0]).toMatchObject({ path: "/incidents/1/object", version: 3, body: { reason: "不是我们的路", basis: "权属图第 3 页", photo_ids: [] } });
  });
  it("is a louder alarm, with the numbers to call first", async () => {
    const wrapper = await form("raise_urgency");
    await wrapper.get("#act-words").setValue("煤气味很重");
    await wrapper.get("form").trigger("submit");
    expect(wrapper.text()).toContain("请选有多急");
    await wrapper.get("input[value=emergency]").setValue(true);
    expect(wrapper.text()).toContain("110 / 119 / 120");
    await wrapper.get("form").trigger("submit");
    expect(wrapper.emitted("give")![0]![0]).toMatchObject({ path: "/incidents/1/urgency", body: { urgency: "emergency", reason: "煤气味很重" } });
  });
  it("is a clock that goes on, without a word", async () => {
    const wrapper = await form("resume");
    await wrapper.get("form").trigger("submit");
    expect(wrapper.emitted("give")![0]![0]).toMatchObject({ path: "/incidents/1/resume", body: { words: "" } });
  });
});

describe("a result that waits for a signature", () => {
  const unsigned = { by: "周以宁", at: inHours(-1), result: "solved", reply: "已换灯泡。" };
  it("is signed as it was read: other words show themselves", () => {
    const now = waits({ tasks: [task("t1", { state: "signing", to_me: false, unsigned: { ...unsigned, reply: "还没有修好。" } })] });
    expect(differences(seenOf(waits()), now)).toEqual([{ field: "reply", before: unsigned.reply, now: "还没有修好。" }]);
  });
  const waits = (more: Partial<Case> = {}) => aCase("1", { state: "in_progress", may: ["sign", "hand_back", "note"], tasks: [task("t1", { state: "signing", to_me: false, unsigned })], ...more });
  async function page(of: Case) {
    const answers = { "GET /session/lease": { body: lease }, "GET /pack": { body: pack([of]) }, "GET /incidents/1": { body: of }, "GET /session": { body: who }, "POST /incidents/1/tasks/t1/sign": { body: { ...of, version: 4, state: "resolved", may: [] } } };
    serve(answers);
    localStorage.clear();
    const { wrapper } = await mounted(CasePage, {}, "/cases/1");
    const field = useField(stores());
    await field.open(who, true);
    await soon(() => expect(wrapper.text()).toContain("已换灯泡。"));
    return { wrapper, field, answers };
  }
  it("stands in the inbox of whoever signs", async () => {
    const { wrapper } = await today([waits(), aCase("2", { tasks: [task("t2", { state: "signing", to_me: false, unsigned })] })]);
    expect(wrapper.findAll(".title").map((it) => it.text())).toEqual(["title 1"]);
  });
  it("is shown with its author, signed through the outbox, and gone from the page before the server has answered", async () => {
    const { wrapper, field, answers } = await page(waits());
    expect(wrapper.get("[aria-labelledby=unsigned]").text()).toMatch(/待您签发.*已解决.*已换灯泡。.*周以宁/s);
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
    await wrapper.get("button.next").trigger("click");
    await wrapper.get("input[value=yes]").setValue(true);
    await wrapper.get("form").trigger("submit");
    await soon(() => expect(field.waiting).toBe(1));
    await flushPromises();
    expect([wrapper.find("[aria-labelledby=unsigned]").exists(), wrapper.find("button.next").exists()]).toEqual([false, false]);
    const asked = serve(answers);
    await field.sync(true);
    expect(asked.find((it) => it.path.endsWith("/sign"))?.body).toEqual({ version: 3 });
    expect(field.waiting).toBe(0);
    await field.close();
  });
  it("says to its author that it is on its way", async () => {
    const { wrapper, field } = await page(waits({ may: ["note"] }));
    expect(wrapper.get("[aria-labelledby=unsigned]").text()).toContain("已送签，签发后才算办结");
    expect(wrapper.find("button.next").exists()).toBe(false);
    await field.close();
  });
});

describe("what was begun on a phone", () => {
  const of = aCase("1", { state: "in_progress", may: ["note"], tasks: [task("t1", { state: "accepted" })] });
  async function page() {
    serve({ "GET /session/lease": { body: lease }, "GET /pack": { body: pack([of]) }, "GET /incidents/1": { body: of }, "GET /session": { body: who } });
    const { wrapper } = await mounted(CasePage, {}, "/cases/1");
    const field = useField(stores());
    await field.open(who, true);
    await soon(() => expect(wrapper.text()).toContain("words 1"));
    return { wrapper, field };
  }
  const button = (wrapper: Awaited<ReturnType<typeof page>>["wrapper"], words: string) => wrapper.findAll("button").find((it) => it.text() === words)!;

  it("lies open nowhere, and what lay open before is gone", async () => {
    localStorage.setItem("jingwei.w.draft2", JSON.stringify({ name: "欧阳栖梧", phone: "14000000001" }));
    const { wrapper, field } = await page();
    await button(wrapper, "备注 / 拍照").trigger("click");
    await wrapper.get("#note-text").setValue("欧阳栖梧家漏水");
    await field.drafts!.flush();
    expect(JSON.stringify({ ...localStorage })).not.toMatch(/欧阳|14000000001/);
    wrapper.unmount();
    await field.close();
    // The same person again, on a page that is there before the device is read: the form is open, with the words in it.
    const { wrapper: again, field: then } = await page();
    await soon(() => expect((again.get("#note-text").element as HTMLTextAreaElement).value).toBe("欧阳栖梧家漏水"));
    await then.close();
    await then.open({ ...who, account: "a-2" }, true);
    expect(then.drafts!.get("note.1")).toBeUndefined();
    await then.close();
  });

  it("is a line of the log, a complaint and a judgement as well", async () => {
    const permissions = ["pack.read", "burden.report", "burden.read"];
    const burden = { id: "b-1", version: 4, state: "reviewing", kind: "forms", about: "区某局", from: "第三网格", words: "一张表填三遍", item: null, reply_by: null, late: false, rounds: 0, made_at: inHours(-50), history: [] };
    const at = async (component: Component) => {
      serve({ "GET /session/lease": { body: lease }, "GET /pack": { body: pack([]) }, "GET /burdens": { body: { items: [burden], next: null } } });
      const { wrapper } = await mounted(component);
      useSession(stores()).take({ ...who, permissions });
      await useField(stores()).open({ ...who, permissions }, true);
      await flushPromises();
      const leave = async () => { wrapper.unmount(); await useField(stores()).close(); };
      return { wrapper, leave, typed: (into: string) => (wrapper.get(into).element as HTMLTextAreaElement).value };
    };
    const log = await at(DayPage);
    await log.wrapper.get("#add").setValue("帮张阿姨提菜");
    await log.leave();
    const complaint = await at(BurdenPage);
    await complaint.wrapper.get("input[value=unlisted]").setValue(true);
    await complaint.wrapper.get("#burden-words").setValue("让填别人的表");
    await complaint.wrapper.get("article button.primary").trigger("click");
    await complaint.wrapper.get("#verdict-words").setValue("还在填");
    await complaint.leave();
    const complaintAgain = await at(BurdenPage);
    await soon(() => expect([complaintAgain.typed("#burden-words"), complaintAgain.typed("#verdict-words")]).toEqual(["让填别人的表", "还在填"]));
    expect((complaintAgain.wrapper.get("input[value=unlisted]").element as HTMLInputElement).checked).toBe(true);
    await complaintAgain.leave();
    const last = await at(DayPage);
    await soon(() => expect(last.typed("#add")).toBe("帮张阿姨提菜"));
    await last.leave();
  });

  it("stays while the phone is full, and goes with the command once that is stored", async () => {
    const { wrapper, field } = await page();
    await button(wrapper, "备注 / 拍照").trigger("click");
    await wrapper.get("#note-text").setValue("看过了");
    await field.drafts!.flush();
    const full = vi.spyOn(FDBObjectStore.prototype, "add").mockImplementation(() => { throw new DOMException("no room", "QuotaExceededError"); });
    await wrapper.get("form").trigger("submit");
    await soon(() => expect(wrapper.text()).toContain("手机存储满了，没有存下"));
    await field.drafts!.flush();
    expect([field.items.length, field.drafts!.get("note.1")]).toEqual([0, expect.objectContaining({ text: "看过了" })]);
    full.mockRestore();
    await wrapper.get("form").trigger("submit");
    await soon(() => expect(wrapper.find("form").exists()).toBe(false));
    await field.drafts!.flush();
    expect(field.drafts!.get("note.1")).toBeUndefined();
    await button(wrapper, "备注 / 拍照").trigger("click");
    expect((wrapper.get("#note-text").element as HTMLTextAreaElement).value).toBe("");
    await field.close();
  });
});

describe("a unit to ask for help", () => {
  const units = [
    { id: "u-1", code: "P-1", name: "青和物业·柳荫项目", alias: "柳荫物业", kind: "partner" },
    { id: "u-2", code: "D-FIRE", name: "区消防队", name_en: "Fire brigade", kind: "department" },
    { id: "u-3", code: "D-FIRE-2", name: "区消防队二中队", kind: "office" },
  ];
  async function picker(carried: unknown[]) {
    serve({ "GET /session": { body: who }, "GET /session/lease": { body: lease }, "GET /pack": { body: { ...pack([]), units: carried } }, "GET /units": { body: { items: [units[1]] } } });
    const { wrapper } = await mounted(UnitPicker, { modelValue: null });
    const field = useField(stores());
    await field.open(who, true);
    await soon(() => expect(field.units).toEqual(carried));
    return { wrapper, field };
  }
  const names = (wrapper: Awaited<ReturnType<typeof picker>>["wrapper"]) => wrapper.findAll("li").map((it) => it.text());
  it("is found without network by name, short name and code", async () => {
    const { wrapper, field } = await picker(units);
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
    for (const [words, found] of [["消防", ["区消防队", "区消防队二中队"]], ["柳荫物业", ["青和物业·柳荫项目"]], ["d-fire-2", ["区消防队二中队"]]] as const) {
      await wrapper.get("input").setValue(words);
      await soon(() => expect(names(wrapper)).toEqual(found));
    }
    await wrapper.get("li button").trigger("click");
    expect(wrapper.emitted("update:modelValue")!.at(-1)).toEqual([{ id: "u-3", name: "区消防队二中队" }]);
    await wrapper.get("input").setValue("没有这个单位");
    await soon(() => expect(wrapper.get("[role=status]").text()).toContain("没有找到这个单位"));
    await field.close();
  });
  it("is looked up with network where there are too many to carry, and says so without", async () => {
    const { wrapper, field } = await picker([]);
    await wrapper.get("input").setValue("消防");
    await soon(() => expect(names(wrapper)).toEqual(["区消防队"]));
    field.online = false;
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
    await wrapper.get("input").setValue("消防队");
    await soon(() => expect(wrapper.get("[role=alert]").text()).toContain("这台手机上也没有单位名单"));
    await field.close();
  });
});

describe("the meter of burdens", () => {
  const meter = {
    month: "2026-03", steps: 4, typed: 5, filled: 9, characters: 22, photos: 1, day_entries: 2, told: 0, cut: false,
    asked_by: [{ kind: "person", name: "唐溪", typed: 3 }, { kind: "own", name: "", typed: 2 }],
    forms: [{ form: "resolve", times: 2, typed: [{ field: "result", n: 2 }], filled: [{ field: "day_log", n: 2 }] }],
  };
  it("leads from each of its numbers to the steps behind it", async () => {
    serve({ "GET /burden-meter": { body: meter } });
    const { wrapper } = await mounted(MeterPage, {}, "/meter?month=2026-03");
    await soon(() => expect(wrapper.text()).toContain("填在哪里"));
    const links = Object.fromEntries(wrapper.findAll("main a").map((it) => [it.text(), decodeURIComponent(it.attributes("href")!.split("?")[1] ?? "")]));
    expect(links).toMatchObject({
      5: "month=2026-03&what=typed", 9: "month=2026-03&what=filled", "办了 4 步，写了 22 个字": "month=2026-03", "3 项": "month=2026-03&asked=person&name=唐溪", "2 项": "month=2026-03&asked=own",
      "2 次": "month=2026-03&form=resolve", "结果 2": "month=2026-03&form=resolve&what=typed&field=result", "日志 2": "month=2026-03&form=resolve&what=filled&field=day_log",
    });
  });
  it("shows page after page of them, with the number that led there", async () => {
    const step = (n: number) => ({ at: "2026-03-14T01:00:00.000Z", form: "resolve", incident: `i-${n}`, code: `C-${n}`, title: `第 ${n} 件`, typed: [{ field: "result", kind: "person", name: "唐溪" }], filled: [], characters: 4 });
    const asked: string[] = [];
    vi.stubGlobal("fetch", async (input: Request) => {
      const { pathname, searchParams } = new URL(input.url);
      if (pathname.endsWith("/burden-meter/steps")) asked.push(searchParams.toString());
      const after = Number(searchParams.get("after"));
      return new Response(JSON.stringify({ month: "2026-03", items: [step(after + 1)], next: after ? null : 100, steps: 2, typed: 2, filled: 0, cut: false }), { headers: { "content-type": "application/json" } });
    });
    const { wrapper } = await mounted(MeterStepsPage, {}, "/meter/steps?month=2026-03&asked=person&name=唐溪");
    await soon(() => expect(wrapper.findAll("ol > li").length).toBe(1));
    expect(wrapper.text()).toContain("2 步：您填了 2 项");
    expect(wrapper.text()).toContain("您填：结果（唐溪 派来的任务）");
    await wrapper.get("button").trigger("click");
    await soon(() => expect(wrapper.findAll("ol > li").length).toBe(2));
    expect(wrapper.find("button").exists()).toBe(false);
    expect(asked.map((it) => new URLSearchParams(it)).map((it) => [it.get("asked"), it.get("name"), it.get("after")])).toEqual([["person", "唐溪", "0"], ["person", "唐溪", "100"]]);
    expect(wrapper.get("ol a").attributes("href")).toContain("/case/i-1");
  });
});

describe("the log of a day", () => {
  const entry = { at: new Date().toISOString(), what: "own", id: "e-1", action: null, incident: null, code: null, title: null, grid: null, words: "帮张阿姨提菜" };
  const dayWith = (lines: unknown[]) => ({ day: dayOf(new Date()), lines, photos: 0, cut: false });
  it("shows what was added at every moment, until the server has it and after", async () => {
    const answers = { "GET /session": { body: who }, "GET /session/lease": { body: lease }, "GET /pack": { body: pack([]) }, "GET /day": { body: dayWith([]) as unknown }, "POST /day/entries": { status: 201, body: {} } };
    serve(answers);
    const { wrapper } = await mounted(DayPage);
    useSession(stores()).take(who);
    const field = useField(stores());
    await field.open(who, true);
    await soon(() => expect(wrapper.text()).toContain("这一天还没有记录"));
    await wrapper.get("#add").setValue(entry.words);
    // The day comes late, and with the entry.
    answers["GET /day"] = { body: dayWith([entry]) };
    const quick = globalThis.fetch;
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((on) => (letGo = on));
    vi.stubGlobal("fetch", async (input: Request | string, init?: RequestInit) => { if (input instanceof Request && new URL(input.url).pathname.endsWith("/day")) await held; return quick(input, init); });
    await wrapper.get("form").trigger("submit");
    await soon(() => expect(field.sent.length).toBe(1));
    await flushPromises();
    expect(field.items).toEqual([]);
    expect(wrapper.find("ol").text()).toContain(entry.words);
    expect(wrapper.find("ol").text()).not.toContain("待发送");
    letGo();
    await soon(() => expect(wrapper.find("ol").text()).toContain("补记"));
    await soon(() => expect(wrapper.findAll("ol button").length).toBe(1));
    expect(wrapper.findAll("ol > li").length).toBe(1);
    await field.close();
  });
});

describe("a finger that trembles", () => {
  const of = aCase("1", { state: "in_progress", may: ["note"] });
  async function opened(component: Component, props = {}, path = "/") {
    serve({ "GET /session/lease": { body: lease }, "GET /pack": { body: pack([of]) }, "GET /incidents/1": { body: of }, "GET /burdens": { body: { items: [], next: null } }, "GET /units": { body: { items: [{ id: "u-9", name: "区某局", code: "X", kind: "department" }] } } });
    const { wrapper } = await mounted(component, props, path);
    const session = { ...who, permissions: ["pack.read", "burden.report"] };
    useSession(stores()).take(session);
    const field = useField(stores());
    await field.open(session, true);
    await soon(() => expect([field.lastSync === null, field.syncing]).toEqual([false, false]));
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
    /** Twice before the page could show that anything happened. */
    const twice = async (selector: string, event: string) => {
      const at = wrapper.get(selector).element;
      for (let i = 0; i < 2; i += 1) at.dispatchEvent(new Event(event, { bubbles: true, cancelable: true }));
      await soon(() => expect(field.items.length).toBeGreaterThan(0));
      await new Promise((done) => setTimeout(done, 50));
      const given = field.items.map((it) => it.action);
      await field.close();
      return given;
    };
    return { wrapper, twice };
  }
  it("takes a task on once", async () => {
    const { twice } = await opened(CasePage, {}, "/cases/1");
    expect(await twice("button.next", "click")).toEqual(["take_on"]);
  });
  it("leaves one note", async () => {
    const { wrapper, twice } = await opened(CasePage, {}, "/cases/1");
    await wrapper.findAll("button").find((it) => it.text() === "备注 / 拍照")!.trigger("click");
    await wrapper.get("#note-text").setValue("看过了");
    expect(await twice("form", "submit")).toEqual(["note"]);
  });
  it("adds one line to the log", async () => {
    const { wrapper, twice } = await opened(DayPage);
    await wrapper.get("#add").setValue("帮张阿姨提菜");
    expect(await twice("form", "submit")).toEqual(["day_entry"]);
  });
  it("tells the service once", async () => {
    const { twice } = await opened(ToldCard, { item: { key: "pregnant", zh: "新增孕妇", en: "New pregnancy", matter: null, told: { zh: "社区卫生服务中心", en: "Health centre", phone: null } } });
    expect(await twice("button.primary", "click")).toEqual(["told"]);
  });
  it("files one report", async () => {
    const { wrapper, twice } = await opened(QuickReportPage);
    await wrapper.get("#text").setValue("井盖缺了");
    await wrapper.get("input[maxlength='200']").setValue("柳荫路口");
    expect(await twice("form", "submit")).toEqual(["report"]);
  });
  it("complains once", async () => {
    const { wrapper, twice } = await opened(BurdenPage);
    serve({ "GET /units": { body: { items: [{ id: "u-9", name: "区某局", code: "X", kind: "department" }] } } });
    await wrapper.get("#unit").setValue("某局");
    await soon(() => expect(wrapper.find(".field button.act").exists()).toBe(true));
    await wrapper.get(".field button.act").trigger("click");
    await wrapper.get("input[value=unlisted]").setValue(true);
    await wrapper.get("#burden-words").setValue("让填别人的表");
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
    expect(await twice("form", "submit")).toEqual(["complain"]);
  });
});

describe("the day without network", () => {
  it("shows what waits on this device", async () => {
    serve({ "GET /session/lease": { body: lease }, "GET /pack": { body: pack([]) } });
    const { wrapper } = await mounted(DayPage);
    const field = useField(stores());
    await field.open(who, true);
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    dispatchEvent(new Event("offline"));
    field.watchNetwork();
    dispatchEvent(new Event("offline"));
    await field.give(commands.dayEntry(dayOf(new Date()), "帮张阿姨提菜", new Date()));
    await flushPromises();
    expect(wrapper.get(".lines").text()).toContain("帮张阿姨提菜");
    expect(wrapper.text()).toContain("没有网络：下面是还没发出的");
    await field.close();
    vi.restoreAllMocks();
  });
});

describe("the burden of forms", () => {
  it("shows nothing of a month that was left while it was read", async () => {
    const { wrapper } = await mounted(MeterPage);
    const field = useField(stores());
    const of = (typed: number): Meter => ({ month: "", steps: 1, typed, filled: 0, characters: 0, photos: 0, day_entries: 0, told: 0, cut: false, asked_by: [], forms: [] });
    let late: (it: Meter) => void = () => undefined;
    vi.spyOn(field, "keptMeter").mockReturnValueOnce(new Promise<Meter>((tell) => (late = tell))).mockResolvedValueOnce(null);
    const fresh = vi.spyOn(field, "readMeter").mockResolvedValue(of(7));
    await wrapper.get(".months button").trigger("click");
    await wrapper.get(".months button").trigger("click");
    await flushPromises();
    expect(wrapper.get(".big").text()).toBe("7");
    late(of(3));
    await flushPromises();
    expect([wrapper.get(".big").text(), fresh.mock.calls.length]).toEqual(["7", 1]);
  });
});

describe("the end of a lease", () => {
  it("leads to the log-in page, with the way back to where one was", async () => {
    const until = new Date(Date.now() + 60_000).toISOString();
    serve({ "GET /session/lease": { body: { ...lease, until } }, "GET /pack": { body: pack([aCase("1")]) } });
    const { router } = await mounted(TodayPage);
    await router.push("/cases/1");
    const [field, session] = [useField(stores()), useSession(stores())];
    router.addRoute({ path: "/login", name: "login", component: { template: "<p></p>" } });
    session.take(who);
    field.whenOut = () => leadOut(router);
    await field.open(who, true);
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
    const later = vi.spyOn(Date, "now").mockReturnValue(Date.parse(until) + 1000);
    await field.sync(); // As when a phone is taken out of the pocket, before the next beat.
    later.mockRestore();
    await soon(() => expect(router.currentRoute.value).toMatchObject({ name: "login", query: { next: "/cases/1", ended: "1" } }));
    expect([session.now, field.cases.size, field.leaseUntil]).toEqual([null, 0, null]);
  });
});

describe("small rules", () => {
  it("knows which of the own grids a place is in", () => {
    const ring = [[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]];
    const hole = [[0.5, 0.5], [1.5, 0.5], [1.5, 1.5], [0.5, 1.5], [0.5, 0.5]];
    const grids = { features: [{ properties: { name: "一" }, geometry: { type: "Polygon", coordinates: [ring, hole] } }, { properties: { name: "二" }, geometry: { type: "MultiPolygon", coordinates: [[[[5, 5], [6, 5], [6, 6], [5, 5]]], [hole]] } }] };
    const at = (lon: number, lat: number) => gridAt(grids, { lon, lat });
    expect([at(0.2, 0.2), at(1, 1), at(5.8, 5.4), at(3, 1), gridAt(null, { lon: 1, lat: 1 })]).toEqual(["一", "二", "二", null, null]);
  });
  it("says where a case is without saying the grid twice", () => {
    const of = (address: string | null) => placeOf(aCase("1", { grid: { code: "g", name: "柳荫第三网格" }, ...(address === null ? {} : { address }) }));
    expect([of("某区某街道柳荫第三网格"), of("某街道柳荫第三网格 2 单元"), of("同心家园3栋"), of(null)]).toEqual(["柳荫第三网格", "2 单元", "同心家园3栋", "柳荫第三网格"]);
  });
  it("says how the pages get onto a home screen, by the kind of phone", () => {
    expect(["Mozilla/5.0 (iPhone) Safari", "Mozilla/5.0 (iPhone) MicroMessenger/8.0", "Mozilla/5.0 (Linux; Android 14)"].map(byHand)).toEqual(["apple", "wechat", "other"]);
  });
  it("finds cases that hold every word", () => {
    const all = [aCase("1", { text: "楼道灯不亮" }), aCase("2", { text: "路灯不亮" })];
    expect(found(all, "楼道 不亮").map((it) => it.id)).toEqual(["1"]);
    expect(found(all, "灯").length).toBe(2);
    expect(found(all, "  ")).toEqual([]);
  });
  it("counts days as the district does", () => {
    expect([dayOf(new Date("2026-03-14T16:30:00Z")), clockOf("2026-03-14T16:30:00Z")]).toEqual(["2026-03-15", "00:30"]);
    expect([shifted("2026-03-01", -1), shiftedMonth("2026-01", -1), shiftedMonth("2026-12", 1)]).toEqual(["2026-02-28", "2025-12", "2027-01"]);
  });
  it("gives each map the datum that it counts in", () => {
    const links = Object.fromEntries(mapLinks({ lon: 116.404, lat: 39.915 }, "门口", "Android").map((it) => [it.key, it.href]));
    expect(links.amap).toContain("dlat=39.916404&dlon=116.410244");
    expect(links.tencent).toContain("tocoord=39.916404,116.410244");
    expect(links.baidu).toContain("latlng:39.922");
    expect(links.baidu).toContain("coord_type=bd09ll");
    expect(links.geo).toBe("geo:39.915000,116.404000?q=39.915000,116.404000(%E9%97%A8%E5%8F%A3)");
    expect(mapLinks({ lon: 116.404, lat: 39.915 }, "门口", "iPhone").map((it) => it.key)).toEqual(["amap", "baidu", "tencent"]);
  });
});
