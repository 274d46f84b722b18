import { flushPromises, type VueWrapper } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defineComponent, type Component } from "vue";
import type { Case, Session, Task } from "@/api/types";
import CallsPage from "@/faces/console/calls/CallsPage.vue";
import DepartmentPage from "@/faces/console/department/DepartmentPage.vue";
import DutyPage from "@/faces/console/duty/DutyPage.vue";
import ErasuresPage from "@/faces/console/erasure/ErasuresPage.vue";
import { atOnce, deeds } from "@/faces/console/incidents/actions";
import CasePane from "@/faces/console/incidents/CasePane.vue";
import { drop, flush, forgetPending, later, pending, pendingFor, retry, retryAll, undo, unheard, willBe } from "@/faces/console/pending";
import NoticePage from "@/faces/console/publishing/NoticePage.vue";
import AccessPage from "@/faces/console/setup/AccessPage.vue";
import BurdensPage from "@/faces/console/setup/BurdensPage.vue";
import UnitPanel from "@/faces/console/setup/UnitPanel.vue";
import ExclusionsPage from "@/faces/console/supervision/ExclusionsPage.vue";
import OrderPage from "@/faces/console/supervision/OrderPage.vue";
import OrdersPage from "@/faces/console/supervision/OrdersPage.vue";
import { useCommand } from "@/faces/console/sheet/command";
import { forgetTyped, typedFor, typedForms, wantForm } from "@/faces/console/typed";
import UndoStrip from "@/faces/console/UndoStrip.vue";
import WhistlesPage from "@/faces/console/whistles/WhistlesPage.vue";
import { Problem } from "@/api/problem";
import { useSession } from "@/shared/access/session";
import { mounted, serve, stores } from "./mounted";

const soon = () => new Date(Date.now() + 86_400_000).toISOString();
const unit = { id: "u", name: "市政中心", code: "U1" };
const task = { id: "t", role: "lead", unit, state: "accepted", mine: true, accept_by: null, red_at: null };
const kase = {
  id: "c", version: 3, code: "C20261120-0001", title: "路灯不亮", text: "路灯不亮", state: "resolved", urgency: "normal", attention: [], owner: { name: "区中心" }, grid: null, matter: null, reasons: [], photos: [], tasks: [task], steps: [],
  ratings: [], reported_at: "2026-11-20T02:00:00.000Z", may: ["verify", "callback", "whistle", "note", "send_back", "supervise", "unmerge", "extend", "object", "hand_back"], lon: null, lat: null, light: "none", classified: null,
};
const whistle = { id: "w", incident: "c", title: "地砖", step: "C1", by: "甲", from: unit, at: "2026-11-20T02:00:00.000Z", words: "请到场", state: "open", units: [{ task: "t", unit, mine: false, answer: "in_time", light: "none", report_by: soon(), arrived_at: "2026-11-20T02:10:00.000Z" }] };
const order = { id: "o", code: "D-1", card: "urge", unit, issuer: "督查", issued_at: "2026-11-20T02:00:00.000Z", reply_by: soon(), state: "open", overdue: false, words: "请处置", title: "催办", case: { id: "c", code: "C20261120-0001", title: "路灯", state: "assigned", light: "none" } };
const extension = { id: "x", incident: "c", code: "C-1", title: "占道", unit, asked_by: "乙", asked_at: "2026-11-20T02:00:00.000Z", by: { n: 1, unit: "working_day" }, n: 1, reason: "要协商", mine: true, state: "open", rung: "centre" };
const shift = { id: "h", unit, from: "甲", to: "乙", shift: "夜班", words: "看好", open_cases: 0, emergencies: 0, items: [], at: "2026-11-20T02:00:00.000Z", mine: true, confirmed_at: null };
const erasure = { id: "e", incident: "c", code: "C-9", reason: "书面要求", asked_by: "丙", asked_at: "2026-11-20T02:00:00.000Z", mine: false, approved: null };
const exclusion = { id: "ex", code: "C-3", incident: "c", rate: "solved", reason: "重复", asked_by: "丁", asked_at: "2026-11-20T02:00:00.000Z", mine: false, approved: null };
const burden = { id: "b", about: "民政局", kind: "forms", words: "天天报表", state: "reported", version: 1, history: [], made_at: "2026-11-20T02:00:00.000Z" };
const list = { id: "l", name: "第二批", version: 2, reference: "", state: "draft" };
const notice = { id: "n", kind: "notice", title: "停水", text: "停水", unit: "街道", unit_code: "S1", author: "戊", made_at: "2026-11-20T02:00:00.000Z", from: "2026-11-20T02:00:00.000Z", until: null, version: 1, withdrawn_at: null };
const panelled = { id: "u", kind: "street", code: "S1", name: "临江街道", serves: [], above: [{ id: "d", name: "区" }], vacancies: [], history: [], posts: [] };

const gets: Record<string, unknown> = {
  "/incidents/c": kase, "/incidents": { items: [{ id: "c", version: 3, code: "C20261120-0001" }] }, "/incidents/c/similar": { items: [] },
  "/callbacks": { items: [{ id: "c", code: "C-1", title: "路灯", state: "resolved", since: "2026-11-20T02:00:00.000Z", attempts: [], confidential: false }] },
  "/whistles": { items: [whistle] }, "/whistles/figures": { units: [] }, "/supervisions": { items: [order] }, "/supervisions/o": order, "/supervisions/counts": { states: {}, cards: {} }, "/extensions": { items: [extension] }, "/objections": { items: [{ id: "r", incident: "c", state: "open" }] }, "/inbox": { items: [] },
  "/duty/handovers": { items: [shift] }, "/erasures": { items: [erasure] }, "/reports/exclusions": { items: [exclusion] }, "/burdens": { items: [burden] }, "/admission/lists": [list], "/admission/requests": { items: [] }, "/admission/items": [], "/admission/proposals": [],
  "/publications/managed/n": notice, "/publications/n": notice, "/publications/managed": { items: [notice] }, "/units/u": panelled, "/district": { name: "区", zone: "+08:00" },
};
type Answers = Parameters<typeof serve>[0];
const posts = { "POST /callbacks/c/claim": { body: { until: soon() } }, "POST /incidents/c/look": { body: { others: [], seconds: 25 } }, "POST /incidents/c/what-if": { body: {} } };
const everything = ["incident.read", "incident.whistle", "incident.supervise", "supervision.reply", "supervision.read", "supervision.end", "extension.decide", "erasure.decide", "report.exclude", "report.decide", "burden.handle", "admission.manage", "publication.write", "org.manage", "duty.hand_over", "task.handle"];

let answers: Answers;
let asked: ReturnType<typeof serve>;
/** Commands that decide something: what a page asks by itself is none. */
const sent = () => asked.filter((it) => it.method !== "GET" && !/\/(look|claim|what-if)$/.test(it.path));
const $ = <T extends Element = HTMLElement>(selector: string) => document.querySelector<T>(selector);
const button = (words: string) => [...document.querySelectorAll("button")].filter((it) => it.textContent?.trim().startsWith(words)).at(-1);
async function press(words: string): Promise<void> {
  const it = button(words);
  if (!it) throw new Error(`no button “${words}” in ${[...document.querySelectorAll("button")].map((one) => one.textContent?.trim()).join(" | ")}`);
  // Whoever comes by the keyboard has the cursor on it.
  it.focus();
  // Within a form a click sends it, which this browser does by its submit.
  if (it.type === "submit" && it.form) it.form.dispatchEvent(new Event("submit", { cancelable: true, bubbles: true }));
  else it.click();
  await settle();
}
async function settle(): Promise<void> {
  for (let n = 0; n < 4; n += 1) await flushPromises();
  await vi.advanceTimersByTimeAsync(60);
}
async function type(selector: string, value: string): Promise<void> {
  const it = $<HTMLTextAreaElement>(selector)!;
  it.value = value;
  it.dispatchEvent(new Event("input", { bubbles: true }));
  it.dispatchEvent(new Event("change", { bubbles: true }));
  await settle();
}
async function choose(name: string, value: string): Promise<void> {
  $<HTMLInputElement>(`input[name="${name}"][value="${value}"]`)!.click();
  await settle();
}
const cursor = () => document.activeElement ?? document.body;
const key = async (it: string) => { document.body.dispatchEvent(new KeyboardEvent("keydown", { key: it, bubbles: true })); await settle(); };

let shown: VueWrapper[] = [];
async function show(component: Component, props: Record<string, unknown> = {}, path = "/"): Promise<Awaited<ReturnType<typeof mounted>>> {
  answers = { ...Object.fromEntries(Object.entries(gets).map(([at, body]) => [`GET ${at}`, { body }])), ...posts };
  asked = serve(answers);
  const it = await mounted(component, props, path);
  shown.push(it.wrapper);
  useSession(stores()).take({ account: "me", permissions: everything, roles: [], name: "我" } as unknown as Session);
  await settle();
  return it;
}

beforeEach(() => vi.useFakeTimers({ shouldAdvanceTime: true, toFake: ["setTimeout", "clearTimeout", "Date", "requestAnimationFrame"] }));
afterEach(async () => {
  forgetPending();
  await flush();
  pending.failed.map((it) => it.id).forEach(drop);
  for (const it of shown) it.unmount();
  shown = [];
  vi.useRealTimers();
  document.body.innerHTML = "";
});

/** Every act of the console that waits: its page, how it is decided, what it sends, what was typed and where that stands again. */
interface Waiting { name: string; page: Component; props?: Record<string, unknown>; path?: string; decide: () => Promise<void>; call: string; typed?: { form: string; at: string; words: string; again: () => Promise<void> } }
const pane = { page: CasePane, props: { id: "c" } };
const onCase = (name: string, open: () => Promise<void>, fill: () => Promise<void>, words: string, call: string, form: string, at: string, typed: string): Waiting => ({
  name, ...pane, call, decide: async () => { await open(); await fill(); await press(words); }, typed: { form, at, words: typed, again: open },
});
const more = (words: string) => async () => { await key("."); await press(words); };
const acts: Waiting[] = [
  onCase("verifying, sent back", () => key("v"), async () => { await choose("f-passed", "no"); await type("#f-words", "少两块"); }, "核实", "POST /incidents/c/verify", "verify:c", "#f-words", "少两块"),
  onCase("a call-back on the case", () => key("b"), async () => { await choose("f-outcome", "reached"); await choose("f-contacted", "yes"); await choose("f-solved", "no"); await choose("f-satisfied", "no"); await type("#f-reason", "还是不亮"); }, "回访", "POST /incidents/c/callback", "callback:c", "#f-reason", "还是不亮"),
  onCase("a note", () => key("n"), () => type("#f-words", "到过现场"), "备注", "POST /incidents/c/note", "note:c", "#f-words", "到过现场"),
  onCase("taking a merge apart", more("撤销并案"), () => type("#f-reason", "不是同一处"), "撤销并案", "POST /incidents/c/unmerge", "unmerge:c", "#f-reason", "不是同一处"),
  onCase("an objection", more("派单异议"), () => type("#f-reason", "不归我们"), "派单异议", "POST /incidents/c/object", "object:c", "#f-reason", "不归我们"),
  onCase("asking for more time", more("申请延期"), () => type("#f-reason", "要协商"), "申请延期", "POST /incidents/c/tasks/t/extend", "extend:c", "#f-reason", "要协商"),
  {
    name: "a call", page: CallsPage, call: "POST /incidents/c/callback",
    decide: async () => { await press("路灯"); await choose("outcome", "reached"); await choose("contacted", "yes"); await choose("solved", "no"); await choose("satisfied", "no"); await type("#call-reason", "还是不亮"); await press("记下结果"); },
    typed: { form: "call:c", at: "#call-reason", words: "还是不亮", again: async () => undefined },
  },
  {
    name: "closing a whistle with its ratings", page: WhistlesPage, call: "POST /whistles/w/ratings",
    decide: async () => { await press("销号评价"); await choose("effort-0", "good"); await choose("result-0", "fair"); await type("#rate-0", "来得快"); await press("销号评价"); },
    typed: { form: "whistle-close:w", at: "#rate-0", words: "来得快", again: () => press("销号评价") },
  },
  { name: "calling a whistle off", page: WhistlesPage, call: "POST /whistles/w/call-off", decide: async () => { await press("撤哨"); await type("#off-reason", "修好了"); await press("撤哨"); }, typed: { form: "whistle-off:w", at: "#off-reason", words: "修好了", again: () => press("撤哨") } },
  { name: "deciding on more time", page: DepartmentPage, path: "/?tab=extensions", call: "POST /extensions/x/decide", decide: async () => { await type("textarea", "同意"); await press("同意延期"); }, typed: { form: "answer:x", at: "textarea", words: "同意", again: async () => undefined } },
  { name: "replying to an order", page: DepartmentPage, path: "/?tab=orders", call: "POST /supervisions/o/reply", decide: async () => { await type("textarea", "已查明"); await press("回复督办"); }, typed: { form: "answer:o", at: "textarea", words: "已查明", again: async () => undefined } },
  { name: "replying on the order's page", page: OrderPage, path: "/cases/o", call: "POST /supervisions/o/reply", decide: async () => { await press("回复"); await type("#order-text", "已查明"); await press("回复"); }, typed: { form: "order-reply:o", at: "#order-text", words: "已查明", again: () => press("回复") } },
  { name: "an order", page: OrdersPage, call: "POST /incidents/c/supervise", decide: async () => { await press("下达督办"); await type("#order-case", "C20261120-0001"); await type("#order-words", "今天处置"); await press("下达"); }, typed: { form: "order-issue", at: "#order-words", words: "今天处置", again: () => press("下达督办") } },
  { name: "asking that a case is left out", page: ExclusionsPage, call: "POST /reports/exclusions", decide: async () => { await press("申请剔除"); await type("#ex-case", "C20261120-0001"); await type("#ex-reason", "重复"); await press("申请剔除"); }, typed: { form: "exclusion-ask", at: "#ex-reason", words: "重复", again: () => press("申请剔除") } },
  { name: "leaving a case out", page: ExclusionsPage, call: "POST /reports/exclusions/ex/decide", decide: async () => { await press("同意剔除"); await type("#ex-words", "属实"); await press("确定"); }, typed: { form: "exclusion-true:ex", at: "#ex-words", words: "属实", again: () => press("同意剔除") } },
  { name: "erasing", page: ErasuresPage, call: "POST /erasures/e/decide", decide: async () => { await press("同意删除"); await type("#erase-words", "有签字"); await press("现在删除"); }, typed: { form: "erasure-true:e", at: "#erase-words", words: "有签字", again: () => press("同意删除") } },
  { name: "judging a burden", page: BurdensPage, call: "POST /burdens/b/notify", decide: async () => { await press("通报"); await type("#b-words", "请整改"); await press("保存"); }, typed: { form: "burden-notify:b", at: "#b-words", words: "请整改", again: () => press("通报") } },
  { name: "approving a list", page: AccessPage, call: "POST /admission/lists/l/approve", decide: async () => { await press("批准"); await type("#x-day", "2026-12-01"); await press("保存"); }, typed: { form: "access-approve-true:l", at: "#x-day", words: "2026-12-01", again: () => press("批准") } },
  { name: "taking over a shift", page: DutyPage, call: "POST /duty/handovers/h/confirm", decide: async () => { await type("input.answer", "清楚"); await press("确认接班"); }, typed: { form: "duty-take:h", at: "input.answer", words: "清楚", again: async () => undefined } },
  { name: "taking a notice back", page: NoticePage, path: "/cases/n", call: "POST /publications/n/withdraw", decide: async () => { await press("撤下"); await type("#notice-reason", "写错了"); await press("撤下"); }, typed: { form: "notice-withdraw:n", at: "#notice-reason", words: "写错了", again: () => press("撤下") } },
  { name: "ending a unit", page: UnitPanel, props: { id: "u", asOf: "", kinds: [], kindName: (it: string) => it }, call: "POST /units/u/end", decide: async () => { await press("撤销或合并"); await press("确定"); } },
];

describe.each(acts)("$name", (of) => {
  const decided = async () => {
    await show(of.page, of.props ?? {}, of.path ?? "/");
    answers[of.call] = { body: { id: "done" } };
    $("#case-title")?.focus();
    await of.decide();
    expect(pending.now, [...document.querySelectorAll("[role=alert]")].map((one) => one.textContent).join()).not.toBeNull();
    expect(sent()).toEqual([]);
  };
  /** On the mark in place of the button, or where it was. */
  const stays = () => cursor().matches("[data-will], button:has([data-will])") || (atButton() && cursor().isConnected);
  const atButton = () => cursor().matches("button:not(:has([data-will])), #case-title");
  const stands = () => ($<HTMLInputElement>(of.typed!.at))?.value;

  it("is sent once after ten seconds, and nothing of it is kept", async () => {
    await decided();
    await vi.advanceTimersByTimeAsync(9_000);
    expect(sent()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_500);
    await settle();
    expect(sent().map((one) => `${one.method} ${one.path}`)).toEqual([of.call]);
    expect([pending.now, pending.going.length, pending.failed.length, typedForms()]).toEqual([null, 0, 0, 0]);
  });
  it("is not sent when it is taken back, and what was typed stands there again", async () => {
    await decided();
    undo();
    await settle();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(sent()).toEqual([]);
    if (!of.typed) return;
    await of.typed.again();
    expect(stands()).toBe(of.typed.words);
  });
  it("leaves the cursor in its place, and gives it back when it is taken back or refused", async () => {
    await decided();
    expect(stays(), cursor().outerHTML.slice(0, 300)).toBe(true);
    undo();
    await settle();
    await settle();
    expect(atButton(), cursor().outerHTML.slice(0, 300)).toBe(true);
    forgetTyped();
    await of.decide();
    expect(stays(), cursor().outerHTML.slice(0, 300)).toBe(true);
    answers[of.call] = { status: 422, body: { code: "not-yours" } };
    await flush();
    await settle();
    await settle();
    expect(atButton(), cursor().outerHTML.slice(0, 300)).toBe(true);
  });
  it("leaves the cursor near by when it is done", async () => {
    await decided();
    await flush();
    await settle();
    await settle();
    expect([cursor() !== document.body, cursor().isConnected], cursor().outerHTML.slice(0, 300)).toEqual([true, true]);
  });
  it("comes back with its reason and what was typed when it is refused", async () => {
    await decided();
    answers[of.call] = { status: 422, body: { code: "not-yours" } };
    await flush();
    await settle();
    expect(pending.failed.length).toBe(1);
    if (!of.typed) return;
    expect(typedFor(of.typed.form)?.error).toBeInstanceOf(Problem);
    wantForm(of.typed.form);
    await settle();
    expect(stands()).toBe(of.typed.words);
    expect([...document.querySelectorAll("[role=alert]")].some((one) => one.textContent!.trim())).toBe(true);
  });
  it("is sent when the page is left", async () => {
    await decided();
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
    Reflect.deleteProperty(document, "visibilityState");
    await settle();
    expect(sent().map((one) => `${one.method} ${one.path}`)).toEqual([of.call]);
  });
});

describe("the cursor", () => {
  const decide = async () => { await type("input.answer", "清楚"); return button("确认接班")!; };
  it("is taken from no field that somebody is in by now, nor given to whoever had none", async () => {
    await show(DutyPage);
    const [it, field] = [await decide(), $("#duty-unit")!];
    it.focus();
    it.click();
    field.focus();
    await settle();
    expect([cursor() === field, willBe("h")]).toEqual([true, "确认接班"]);
    undo();
    field.blur();
    await settle();
    const again = await decide();
    (cursor() as HTMLElement).blur();
    again.click();
    await settle();
    expect([cursor() === document.body, willBe("h")]).toEqual([true, "确认接班"]);
    undo();
    await settle();
    expect(cursor()).toBe(document.body);
  });
  it("goes from the strip, when that goes, to where it was decided", async () => {
    await show(DutyPage);
    shown.push((await mounted(UndoStrip)).wrapper);
    await type("input.answer", "清楚");
    await press("确认接班");
    expect(cursor().matches("[data-will='h']")).toBe(true);
    await press("撤销");
    await settle();
    expect(cursor().textContent).toBe("确认接班");
    await press("确认接班");
    answers["POST /duty/handovers/h/confirm"] = { body: {} };
    answers["GET /duty/handovers"] = { body: { items: [{ ...shift, mine: false }] } };
    await press("现在就办");
    await settle();
    expect(cursor().matches("article")).toBe(true);
  });
  it("is on the line that came in place of what was done and went", async () => {
    await show(DutyPage);
    answers["GET /duty/handovers"] = { body: { items: [shift, { ...shift, id: "h2", shift: "白班" }] } };
    answers["POST /duty/handovers/h/confirm"] = { body: {} };
    await type("input.answer", "清楚");
    await press("确认接班");
    answers["GET /duty/handovers"] = { body: { items: [{ ...shift, id: "h2", shift: "白班" }] } };
    await flush();
    await settle();
    expect(cursor().getAttribute("aria-label")).toContain("白班");
  });
});

describe("what must not wait", () => {
  const of = (more: object = {}) => ({ ...kase, tasks: [] as Task[], red_at: null, paused: null, ...more }) as unknown as Case;
  const once = (name: string, it: Case, v = {}, of = "") => atOnce(deeds.find((one) => one.key === name)!, it, v, of);
  it("is a bell's answer, a report of an emergency, a whistle in one and coming to it, and nothing else", () => {
    expect(deeds.filter((it) => atOnce(it, of(), {}, "")).map((it) => it.key)).toEqual(["acknowledge", "bulletin"]);
    expect(deeds.filter((it) => atOnce(it, of({ urgency: "emergency" }), {}, "")).map((it) => it.key)).toEqual(["acknowledge", "report_in", "whistle", "bulletin"]);
    expect([once("raise_urgency", of(), { urgency: "urgent" }), once("raise_urgency", of(), { urgency: "emergency" })]).toEqual([false, true]);
  });
  it("is what a clock would run out for", () => {
    const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
    expect([once("verify", of({ red_at: at(8) })), once("verify", of({ red_at: at(60) })), once("verify", of({ red_at: at(-60) })), once("verify", of({ red_at: at(8), paused: "asked" }))]).toEqual([true, false, false, false]);
    expect(once("report_in", of({ tasks: [{ ...task, report_by: at(8) }] }), {}, "t")).toBe(true);
    expect(once("take_on", of({ tasks: [{ ...task, state: "offered", accept_by: at(8) }] }), {}, "t")).toBe(true);
    expect(once("resolve", of({ tasks: [{ ...task, accept_by: at(8) }] }), {}, "t")).toBe(false);
  });
  it("is a reply in the last seconds", async () => {
    const send = vi.fn(async () => undefined);
    await later("回复", "o", send, () => undefined, { by: new Date(Date.now() + 9_000).toISOString() });
    await flush();
    expect(send).toHaveBeenCalledOnce();
    await later("回复", "o", send, () => undefined, { by: new Date(Date.now() + 90_000).toISOString() });
    expect(pending.now).not.toBeNull();
  });
});

describe("what is done at once and gets no answer", () => {
  const urgent = { ...kase, urgency: "emergency", may: ["bulletin", "raise_urgency", "note"] };
  const lost = { status: 503, body: { code: "busy" } };
  const bulletin = async (kind: string, words: string) => { await more("信息报送")(); await choose("f-kind", kind); await type("#f-words", words); await press("信息报送"); };
  it("is the same act when it is given again as it was, another one in other words or after an answer", async () => {
    gets["/incidents/c"] = urgent;
    await show(CasePane, { id: "c" });
    gets["/incidents/c"] = kase;
    answers["POST /incidents/c/bulletins"] = lost;
    await bulletin("first", "起火");
    await press("信息报送");
    answers["POST /incidents/c/bulletins"] = { body: urgent };
    await press("信息报送");
    await bulletin("first", "起火");
    answers["POST /incidents/c/bulletins"] = lost;
    await bulletin("further", "无人受伤");
    await type("#f-words", "两人受伤");
    await press("信息报送");
    const keys = sent().map((it) => it.key);
    expect([keys.length, new Set(keys.slice(0, 3)).size, new Set(keys).size, pending.now]).toEqual([6, 1, 4, null]);
  });
  it("is sent as it was although the case has moved on, and then to the case as it is", async () => {
    gets["/incidents/c"] = urgent;
    await show(CasePane, { id: "c" });
    gets["/incidents/c"] = kase;
    answers["POST /incidents/c/urgency"] = lost;
    await more("提高紧急程度")();
    await choose("f-urgency", "emergency");
    await type("#f-reason", "有人被困");
    await press("提高紧急程度");
    answers["GET /incidents/c"] = { body: { ...urgent, version: 4 } };
    await press("提高紧急程度");
    answers["POST /incidents/c/urgency"] = { status: 409, body: { code: "stale" } };
    await press("提高紧急程度");
    expect(sent().map((it) => (it.body as { version: number }).version)).toEqual([3, 3, 3, 4]);
    expect(new Set(sent().map((it) => it.key)).size).toBe(1);
  });
});

describe("an act", () => {
  const fails = (status: number, code = "busy") => { throw new Problem(status, { code }); };
  it("has one key, however often it is sent; on a case that has moved on it is done to the case as it is", async () => {
    await show(CasePane, { id: "c" });
    answers["POST /incidents/c/note"] = { status: 503, body: { code: "busy" } };
    await key("n");
    await type("#f-words", "到过现场");
    await press("备注");
    await flush();
    await retry(pending.failed[0]!.id);
    answers["POST /incidents/c/note"] = { body: kase };
    await retry(pending.failed[0]!.id);
    const notes = sent();
    expect(notes.length).toBe(3);
    expect(new Set(notes.map((it) => it.key)).size).toBe(1);
    expect(pending.failed.length).toBe(0);

    await key("v");
    await choose("f-passed", "yes");
    await press("核实");
    answers["POST /incidents/c/verify"] = { status: 409, body: { code: "changed-meanwhile" } };
    await flush();
    answers["GET /incidents/c"] = { body: { ...kase, version: 9 } };
    const again = retry(pending.failed[0]!.id);
    await settle();
    await again;
    const verified = sent().slice(3);
    expect(verified.map((it) => (it.body as { version: number }).version)).toEqual([3, 3, 9]);
    expect(new Set(verified.map((it) => it.key)).size).toBe(1);
    expect(verified[0]!.key).not.toBe(notes[0]!.key);
  });
  it("shows in every list as taken until it is done", async () => {
    let go = (): void => undefined;
    void later("核实 · C1", ["c", "w"], () => new Promise<void>((then) => (go = then)), () => undefined, { what: "核实" });
    expect([willBe("c"), willBe("w"), willBe("d")]).toEqual(["核实", "核实", null]);
    void flush();
    await settle();
    expect(willBe("c")).toBe("核实");
    go();
    await flush();
    expect([willBe("c"), pendingFor("c")]).toEqual([null, false]);
  });
  it("goes out at the very end of a page, also what stands behind something slow", async () => {
    const second = vi.fn(async () => undefined);
    const third = vi.fn(async () => undefined);
    let go = (): void => undefined;
    void later("甲", "1", () => new Promise<void>((then) => (go = then)), () => undefined);
    void later("乙", "2", second, () => undefined);
    void later("丙", "3", third, () => undefined);
    await settle();
    expect(second).not.toHaveBeenCalled();
    window.dispatchEvent(new Event("pagehide"));
    expect([second.mock.calls.length, third.mock.calls.length]).toEqual([1, 1]);
    window.dispatchEvent(new Event("pageshow"));
    go();
    await flush();
    expect([second.mock.calls.length, third.mock.calls.length]).toEqual([1, 1]);
  });
  it("that the ended session kept from being heard goes out by itself; what was refused does not", async () => {
    const heard = vi.fn(async () => undefined);
    let status = 401;
    await later("甲", "1", async () => (status === 401 ? fails(401) : heard()), () => undefined);
    await later("乙", "2", async () => fails(422), () => undefined);
    await flush();
    status = 200;
    await retryAll(unheard);
    expect(heard).toHaveBeenCalledOnce();
    expect(pending.failed.map((it) => it.words)).toEqual(["乙"]);
  });
  it("put right in its form takes the place of what was refused", async () => {
    const typed = (values: string) => ({ typed: { form: "verify:c", values } });
    await later("核实", "c", async () => fails(422), () => undefined, typed("一"));
    await flush();
    expect(pending.failed.length).toBe(1);
    await later("核实", "c", async () => undefined, () => undefined, typed("二"));
    expect(pending.failed.length).toBe(0);
    await flush();
    expect(typedForms()).toBe(0);
  });
  it("of a form that is one for many things leaves alone what was refused of another, and its text to the newest", async () => {
    const typed = (values: string) => ({ typed: { form: "order-issue", values } });
    let refuse = (_: Problem): void => undefined;
    void later("督办 · C1", [], () => new Promise((_, badly) => (refuse = badly)), () => undefined, typed("一"));
    void later("督办 · C2", [], async () => undefined, () => undefined, typed("二"));
    await settle();
    refuse(new Problem(422, { code: "busy" }));
    await settle();
    expect([pending.failed.map((it) => it.words), typedFor<string>("order-issue")?.values]).toEqual([["督办 · C1"], "二"]);
    await flush();
    expect(pending.failed.map((it) => it.words)).toEqual(["督办 · C1"]);
  });
  it("that goes out by itself after a log-in is done as it was decided; only a person who asks does it on what has changed", async () => {
    const [plain, anew] = [vi.fn(async () => fails(401)), vi.fn(async () => undefined)];
    await later("核实 · C1", "c", plain, () => undefined, { again: anew });
    await flush();
    plain.mockImplementation(async () => fails(409, "stale"));
    await retryAll(unheard, true);
    expect([plain.mock.calls.length, anew.mock.calls.length, pending.failed.length]).toEqual([2, 0, 1]);
    await retry(pending.failed[0]!.id);
    expect([anew.mock.calls.length, pending.failed.length]).toEqual([1, 0]);
  });
  it("that stands behind something slow is not done in the name of whoever comes meanwhile", async () => {
    const second = vi.fn(async () => undefined);
    let refuse = (_: Problem): void => undefined;
    void later("甲", "1", () => new Promise((_, badly) => (refuse = badly)), () => undefined, { typed: { form: "甲", values: "甲写的" } });
    void later("乙", "2", second, () => undefined);
    void flush();
    await settle();
    forgetPending();
    refuse(new Problem(422, { code: "busy" }));
    await flush();
    expect([second.mock.calls.length, pending.failed.length, pending.going.length, typedForms()]).toEqual([0, 0, 0, 0]);
  });
  it("decided anew in its form while it waits takes the place of the one before; another of the same words does not", async () => {
    const { wrapper } = await mounted(defineComponent({ setup: () => useCommand("orders"), template: "<p></p>" }));
    const { soon: decide } = wrapper.vm as unknown as ReturnType<typeof useCommand>;
    const acts: string[] = [];
    const one = (name: string, form?: string, ids: string[] = []) => decide(async () => acts.push(name), "督办", "C1", () => "", { ids, ...(form ? { typed: { form, values: name } } : {}) });
    await one("写错的", "order-issue");
    await one("写对的", "order-issue");
    await one("另一张", "order-card");
    await one("请假一", undefined, ["1"]);
    await one("请假二", undefined, ["2"]);
    await one("请假二又点", undefined, ["2"]);
    await flush();
    expect(acts).toEqual(["写对的", "另一张", "请假一", "请假二"]);
    wrapper.unmount();
  });
  it("keeps what was typed as it was decided, whatever is typed afterwards, and for nobody else", async () => {
    const form = { words: "一" };
    await later("核实", "c", async () => fails(422), () => undefined, { typed: { form: "verify:c", values: form } });
    form.words = "二";
    await flush();
    expect(typedFor<typeof form>("verify:c")?.values.words).toBe("一");
    forgetPending();
    expect([typedForms(), pending.failed.length]).toEqual([0, 0]);
  });
});

describe("a long day", () => {
  it("leaves nothing behind: two hundred acts in a row, some taken back, some refused", async () => {
    let done = 0;
    for (let n = 0; n < 200; n += 1) {
      await later(`核实 · ${n}`, `case-${n}`, async () => { if (n % 20 === 0) throw new Problem(422, { code: "not-yours" }); done += 1; }, () => undefined, { typed: { form: `verify:${n}`, values: { v: `第 ${n} 件` } } });
      if (n % 10 === 5) undo();
    }
    await flush();
    expect([done, pending.failed.length, pending.going.length, pending.now]).toEqual([170, 10, 0, null]);
    // What was taken back or refused is kept for its form, and no more of it than somebody may come back to.
    expect(typedForms()).toBe(30);
    for (const it of [...pending.failed]) drop(it.id);
    expect([pending.failed.length, typedForms()]).toEqual([0, 20]);
    expect(vi.getTimerCount()).toBeLessThan(3);
  });
  it("shows two of many failures and how many there are, so that the page stays in sight", async () => {
    const { wrapper } = await show(UndoStrip);
    for (let n = 0; n < 30; n += 1) await later(`核实 · ${n}`, `${n}`, async () => { throw new Problem(0); }, () => undefined);
    await flush();
    await settle();
    expect(wrapper.text()).toContain("有 30 件没有办成");
    expect(wrapper.findAll(".strip").length).toBe(3);
    await press("全部列出");
    expect(wrapper.findAll(".strip").length).toBe(31);
    await press("全部再试");
    await flush();
    expect(pending.failed.length).toBe(30);
  });
  it("shows only how many there are while the screen is low, also when it becomes so, and lets go of it", async () => {
    let turned = (): void => undefined;
    const released = vi.fn();
    const height = { matches: false, addEventListener: (_: string, hear: () => void) => (turned = hear), removeEventListener: (_: string, hear: () => void) => released(hear === turned) };
    vi.stubGlobal("matchMedia", () => height);
    const { wrapper } = await show(UndoStrip);
    for (let n = 0; n < 2; n += 1) await later(`核实 · ${n}`, `${n}`, async () => { throw new Problem(0); }, () => undefined);
    await flush();
    await settle();
    expect(wrapper.findAll(".strip").length).toBe(2);
    for (const [low, strips] of [[true, 1], [false, 2]] as const) {
      height.matches = low;
      turned();
      await settle();
      expect(wrapper.findAll(".strip").length).toBe(strips);
    }
    wrapper.unmount();
    shown = [];
    vi.unstubAllGlobals();
    expect(released.mock.calls).toEqual([[true]]);
  });
});
