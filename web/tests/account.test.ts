import { flushPromises, type VueWrapper } from "@vue/test-utils";
import { afterEach, describe, expect, it } from "vitest";
import type { Case, Session } from "@/api/types";
import AccountPage from "@/faces/console/account/AccountPage.vue";
import TaskList from "@/faces/console/incidents/TaskList.vue";
import UpstreamOrders from "@/faces/console/incidents/UpstreamOrders.vue";
import { drop, flush, pending, undo } from "@/faces/console/pending";
import DispatchPage from "@/faces/console/supervision/DispatchPage.vue";
import { useSession } from "@/shared/access/session";
import NoticeList from "@/shared/notices/NoticeList.vue";
import { mounted, serve, stores } from "./mounted";

const button = (of: VueWrapper, words: string) => of.findAll("button").find((it) => it.text() === words)!;
const press = async (of: VueWrapper, words: string) => {
  await button(of, words).trigger("click");
  await flushPromises();
};
const as = async (...permissions: string[]) => {
  useSession(stores()).take({ name: "甲", permissions, roles: [] } as unknown as Session);
  await flushPromises();
};
afterEach(() => { undo(); pending.failed.map((it) => it.id).forEach(drop); document.body.innerHTML = ""; });

describe("API tokens of one's own", () => {
  const token = { id: "k", name: "大屏取数", created_at: "2026-11-01T02:00:00.000Z", expires_at: "2026-11-02T02:00:00.000Z", last_seen_at: null };
  it("are asked for only by whose role has them", async () => {
    const asked = serve({});
    const { wrapper } = await mounted(AccountPage);
    await as("incident.read");
    expect(asked).toEqual([]);
    expect(wrapper.text()).toContain("您的角色不用接口令牌");
  });
  it("are listed, and one is ended ten seconds later", async () => {
    const asked = serve({ "GET /account/tokens": { body: [token] }, "DELETE /account/tokens/k": { body: {} } });
    const { wrapper } = await mounted(AccountPage);
    await as("token.own");
    expect(wrapper.get("tbody tr").text()).toContain("没用过");
    expect(wrapper.get("tbody tr").text()).toContain("已到期");
    await press(wrapper, "作废");
    expect(pending.now?.words).toBe("作废 · 大屏取数");
    expect(asked.some((it) => it.method === "DELETE")).toBe(false);
    await flush();
    expect(asked.some((it) => it.method === "DELETE" && it.path === "/account/tokens/k")).toBe(true);
  });
  it("say that there is none, or why they cannot be shown", async () => {
    serve({ "GET /account/tokens": { body: [] } });
    const none = await mounted(AccountPage);
    await as("token.own");
    expect(none.wrapper.text()).toContain("还没有令牌");
    serve({ "GET /account/tokens": { status: 403, body: { code: "forbidden" } } });
    const barred = await mounted(AccountPage);
    await as("token.own");
    expect(barred.wrapper.find("[role=alert]").exists()).toBe(true);
  });
});

describe("notices", () => {
  const notice = (id: string, made_at: string) => ({ id, kind: "x", object_kind: "other", object_id: id, params: {}, urgent: false, made_at });
  const items = [notice("2", "2026-11-20T03:00:00.000Z"), notice("1", "2026-11-20T02:00:00.000Z")];
  it("are read all at once up to the newest that is shown, so that what came meanwhile stays", async () => {
    const asked = serve({ "GET /notices": { body: { items } }, "POST /notices/read-all": { body: { read: 2 } } });
    const { wrapper } = await mounted(NoticeList, { casePath: "/cases/" });
    await press(wrapper, "全部标为已读");
    expect(asked.find((it) => it.path === "/notices/read-all")?.body).toEqual({ until: "2026-11-20T03:00:00.000Z" });
  });
  it("say so when that was refused", async () => {
    serve({ "GET /notices": { body: { items } }, "POST /notices/read-all": { status: 503, body: { code: "busy" } } });
    const { wrapper } = await mounted(NoticeList, { casePath: "/cases/" });
    await press(wrapper, "全部标为已读");
    expect(wrapper.find("[role=alert]").exists()).toBe(true);
  });
  it("go to a mail address too, when somebody wishes so", async () => {
    const asked = serve({ "GET /notices": { body: { items: [] } }, "GET /notices/wishes": { body: { mail: null } }, "PUT /notices/wishes": { body: { mail: "j***@example.org" } } });
    const { wrapper } = await mounted(NoticeList, { casePath: "/cases/" });
    const details = wrapper.get("details");
    (details.element as HTMLDetailsElement).open = true;
    await details.trigger("toggle");
    await flushPromises();
    await wrapper.get("form").trigger("submit");
    expect(wrapper.find("form [role=alert]").exists()).toBe(true);
    expect(asked.some((it) => it.method === "PUT")).toBe(false);
    await wrapper.get("#wish-mail").setValue("jia@example.org");
    await wrapper.get("form").trigger("submit");
    await flushPromises();
    expect(asked.find((it) => it.method === "PUT")?.body).toEqual({ mail: "jia@example.org" });
    expect(wrapper.text()).toContain("j***@example.org");
    await press(wrapper, "不再发邮件");
    expect(asked.filter((it) => it.method === "PUT").at(-1)?.body).toEqual({ mail: null });
  });
});

describe("figures of dispatch", () => {
  const lists = (...words: string[]) => Object.fromEntries(words.map((word) => [word, { n: 2, cases: `/api/v1/incidents?sent=${word}&sent_by=x` }]));
  const row = (id: string | null, name: string, dispatches: number, faulty: number) => ({ id, name, dispatches, faulty, accuracy: (dispatches - faulty) / dispatches, returned: 1, wrong: faulty, objections: 0, upheld: 0, sent_down: 0, behind: lists("dispatches", "accurate", "returned", "wrong", "objections", "upheld", "sent_down", "faulty") });
  it("stand with numerator and denominator, by name and not by rank, the rules last", async () => {
    serve({ "GET /dispatch/figures": { body: { from: "", to: "", rows: [row(null, "", 100, 0), row("b", "乙", 8, 0), row("a", "甲", 3, 1)], returns: [] } } });
    const { wrapper } = await mounted(DispatchPage);
    const lines = wrapper.findAll("tbody tr").map((it) => it.text());
    expect(lines.map((it) => /甲|乙|系统/.exec(it)?.[0])).toEqual(["甲", "乙", "系统"]);
    expect(lines[0]).toContain("66.7%");
    expect(lines[0]).toContain("2 / 3 次，2 件");
  });
  it("open the list behind every number, and say the cases where one was sent more than once", async () => {
    const back = { unit: { id: "u", name: "丙" }, reason: "r", words: "不归我们", returns: 3, accepted: 2, behind: lists("back", "back_accepted") };
    serve({ "GET /dispatch/figures": { body: { from: "", to: "", part: false, rows: [row("a", "甲", 3, 1)], returns: [back] } } });
    const { wrapper } = await mounted(DispatchPage);
    const cells = wrapper.findAll("tbody td.n");
    expect(cells.length).toBe(10);
    for (const cell of cells) expect(cell.findAll("a").length, cell.html()).toBeGreaterThan(0);
    expect(cells[0]!.text()).toBe("3 次，2 件");
    expect(wrapper.findAll("tbody a").map((it) => it.attributes("href"))).toEqual(["dispatches", "accurate", "dispatches", "returned", "wrong", "objections", "upheld", "sent_down", "faulty", "back", "back_accepted", "back"].map((word) => `/cases?sent=${word}&sent_by=x`));
  });
});

describe("orders from above that a case answers for", () => {
  it("each have their number and deadline, those of merged cases too, and what was answered", async () => {
    serve({ "GET /incidents/c/orders": { body: { items: [
      { id: "c", code: "C1", number: "SJ-1", merged: false, due: "2026-11-20T02:00:00.000Z", replies: [{ at: "2026-11-21T02:00:00.000Z", round: 1, on_time: false, words: "已清运" }], ratings: [] },
      { id: "d", code: "C2", number: "SJ-2", merged: true, due: "2026-11-22T02:00:00.000Z", binding: "2026-11-22T01:00:00.000Z", replies: [], ratings: [] },
    ] } } });
    const { wrapper } = await mounted(UpstreamOrders, { id: "c", version: 1 });
    const lines = wrapper.findAll("ul[aria-label] > li").map((it) => it.text());
    expect(lines).toEqual([expect.stringContaining("SJ-1"), expect.stringContaining("SJ-2")]);
    expect(lines[0]).toContain("已清运");
    expect(lines[0]).toContain("超期");
    expect(lines[1]).toContain("C2");
    expect(lines[1]).toContain("本案须在");
  });
});

describe("the link of a partner unit", () => {
  it("says whether it works and when it was last opened", async () => {
    const of = { id: "c", version: 4, state: "assigned", tasks: [{ id: "t", role: "helper", state: "offered", unit: { id: "u", name: "物业" } }] } as unknown as Case;
    const link = (id: string, state: string, more: object) => ({ id, state, made_at: "2026-11-20T02:00:00.000Z", expires_at: "2026-12-01T02:00:00.000Z", ...more });
    serve({ "GET /incidents/c/tasks/t/links": { body: { items: [link("a", "valid", { opened_at: "2026-11-21T02:00:00.000Z" }), link("b", "revoked", { revoked_at: "2026-11-20T03:00:00.000Z" })] } } });
    const { wrapper } = await mounted(TaskList, { of, busy: false });
    await as("task.link");
    await press(wrapper, "已发的链接");
    await flushPromises();
    const lines = wrapper.findAll(".links li").map((it) => it.text());
    expect(lines[0]).toMatch(/^有效.*最近打开/);
    expect(lines[1]).toMatch(/^已作废.*没人打开过/);
  });
  it("is ended at once when it went to the wrong party", async () => {
    const of = { id: "c", version: 4, state: "assigned", tasks: [{ id: "t", role: "helper", state: "offered", unit: { id: "u", name: "物业" } }] } as unknown as Case;
    const asked = serve({ "POST /incidents/c/tasks/t/link": { body: { path: "/m/t/x", secret: "x", expires_at: "2026-12-01T02:00:00.000Z" } }, "POST /incidents/c/tasks/t/link/revoke": { body: of } });
    const { wrapper } = await mounted(TaskList, { of, busy: false });
    await as("task.link");
    await press(wrapper, "发办理链接");
    expect(wrapper.get("code").text()).toContain("/m/t/x");
    await press(wrapper, "作废链接");
    expect(asked.at(-1)).toEqual({ method: "POST", path: "/incidents/c/tasks/t/link/revoke", body: { version: 4 } });
    expect(wrapper.find("code").exists()).toBe(false);
    expect(wrapper.text()).toContain("以前发出的链接都打不开了");
  });
});
