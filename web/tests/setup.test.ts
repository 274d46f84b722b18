import { flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Session } from "@/api/types";
import { drop, pending, undo } from "@/faces/console/pending";
import AccountsPage from "@/faces/console/setup/AccountsPage.vue";
import AuditPage from "@/faces/console/setup/AuditPage.vue";
import SwitchesPage from "@/faces/console/setup/SwitchesPage.vue";
import UnitPanel from "@/faces/console/setup/UnitPanel.vue";
import { useSession } from "@/shared/access/session";
import { mounted, serve, stores } from "./mounted";

const grown = { id: "u", kind: "grid", code: "G1", name: "一网格", serves: [], above: [{ id: "c", name: "社区" }], vacancies: [], history: [], posts: [{ id: "p", slot: "worker", title: "网格员", person: { id: "n", name: "甲", staff_no: "1" } }] };
const account = { id: "a", username: "jia", name: "甲", grants: [{ id: "g", role: "desk", path: "/" }] };

describe("what set-up ends with one click", () => {
  beforeEach(() => vi.useFakeTimers({ shouldAdvanceTime: true, toFake: ["setTimeout", "clearTimeout", "Date"] }));
  afterEach(() => { undo(); pending.failed.map((it) => it.id).forEach(drop); vi.useRealTimers(); document.body.innerHTML = ""; });

  async function panel(of: "units" | "accounts") {
    const asked = serve({
      "GET /units/u": { body: grown }, "POST /posts/p/end": { body: { id: "p" } }, "POST /posts/p/vacate": { body: { id: "p" } },
      "GET /roles": { body: [] }, "GET /accounts": { body: { items: [account] } }, "GET /accounts/a": { body: account }, "POST /accounts/a/disable": { body: {} }, "DELETE /accounts/a/grants/g": { body: {} },
    });
    const { wrapper } = of === "units" ? await mounted(UnitPanel, { id: "u", asOf: "", kinds: [], kindName: (it: string) => it }) : await mounted(AccountsPage, {}, "/?account=a");
    useSession(stores()).take({ permissions: ["org.manage", "account.manage", "grant.manage"], roles: [] } as unknown as Session);
    await flushPromises();
    const press = async (words: string) => {
      await wrapper.findAll("button").find((it) => it.text() === words)!.trigger("click");
      await flushPromises();
    };
    return { asked: () => asked.filter((it) => it.method !== "GET").map((it) => `${it.method} ${it.path}`), press, wrapper };
  }

  it.each([["units", "撤岗", "POST /posts/p/end"], ["units", "腾空", "POST /posts/p/vacate"], ["accounts", "停用", "POST /accounts/a/disable"], ["accounts", "收回", "DELETE /accounts/a/grants/g"]] as const)("waits ten seconds: %s, %s", async (page, words, call) => {
    const { asked, press } = await panel(page);
    await press(words);
    expect(asked()).toEqual([]);
    expect(pending.now?.words).toContain(words);
    await vi.advanceTimersByTimeAsync(10_100);
    await flushPromises();
    expect(asked()).toEqual([call]);
  });
  it("is not done when it is taken back", async () => {
    const { asked, press } = await panel("units");
    await press("撤岗");
    undo();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked()).toEqual([]);
  });
  it("is decided once by two clicks, and says when it is done", async () => {
    const { asked, press, wrapper } = await panel("units");
    await press("撤岗");
    await press("撤岗");
    expect(asked()).toEqual([]);
    await vi.advanceTimersByTimeAsync(10_100);
    await flushPromises();
    expect(asked()).toEqual(["POST /posts/p/end"]);
    expect(wrapper.text()).toContain("岗位已撤。");
  });
});

describe("the record", () => {
  afterEach(() => (document.body.innerHTML = ""));
  const [one, two, nobody] = ["0190aaaa-0000-7000-8000-000000000001", "0190aaaa-0000-7000-8000-000000000002", "00000000-0000-0000-0000-000000000000"];
  const row = (id: string, actor: string, actor_kind: string) => ({ id, at: "2026-11-20T02:00:00.000Z", actor, actor_kind, action: "setting.set", object_kind: "setting", object: nobody, path: "/", details: "{}" });

  async function audit(permissions: string[]) {
    const asked = serve({
      "GET /audit": { body: { items: [{ ...row("1", one, "person"), actor_name: "甲" }, { ...row("2", two, "token"), actor_name: "乙" }, row("3", nobody, "system")] } },
      "GET /accounts": { body: { items: [{ id: two, name: "乙", username: "yi" }] } },
    });
    const { wrapper, router } = await mounted(AuditPage);
    useSession(stores()).take({ permissions, roles: [] } as unknown as Session);
    await flushPromises();
    return { wrapper, router, asked };
  }
  it("names who did something, a program by its owner, and the system as itself", async () => {
    const { wrapper, asked } = await audit(["audit.read", "account.read"]);
    expect(asked.filter((it) => it.path.startsWith("/accounts/"))).toEqual([]);
    expect(wrapper.findAll("tbody tr").map((it) => it.findAll("td")[2]!.text())).toEqual([expect.stringContaining("甲"), expect.stringContaining("乙"), "系统"]);
  });
  it("is asked for a person by name", async () => {
    const { wrapper, router } = await audit(["audit.read", "account.read"]);
    await wrapper.get("#audit-actor-q").setValue("乙");
    await flushPromises();
    await wrapper.get("#audit-actor").setValue(two);
    await flushPromises();
    expect(router.currentRoute.value.query.actor).toBe(two);
  });
  it("takes a whole id where names are not for this person", async () => {
    const { wrapper, router, asked } = await audit(["audit.read"]);
    expect(asked.some((it) => it.path.startsWith("/accounts"))).toBe(false);
    await wrapper.get("#audit-actor").setValue(one);
    await flushPromises();
    expect(router.currentRoute.value.query.actor).toBe(one);
  });
});

describe("switches that the law limits", () => {
  beforeEach(() => vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined })));
  afterEach(() => { undo(); vi.unstubAllGlobals(); document.body.innerHTML = ""; });
  const photos = { name: "incidents.result_photos", value: false as unknown, default: false as unknown, limited: true, set: null as unknown };
  const hours = { name: "org.hours", value: null, default: null, limited: false, set: null };

  async function page(of: typeof photos) {
    const asked = serve({ "GET /settings": { body: [of, hours] }, "GET /district": { body: { zone: "+08:00" } }, "GET /unit-kinds": { body: { items: [] } }, "PUT /settings/incidents.result_photos": { body: {} } });
    const { wrapper } = await mounted(SwitchesPage);
    useSession(stores()).take({ permissions: ["setting.manage"], roles: [] } as unknown as Session);
    await flushPromises();
    const edit = async (name: string) => {
      await wrapper.findAll("tbody tr").find((it) => it.text().includes(name))!.findAll("button").find((it) => it.text() === "修改")!.trigger("click");
      await flushPromises();
    };
    const put = () => asked.find((it) => it.method === "PUT")?.body;
    const field = <T extends HTMLElement = HTMLInputElement>(selector: string) => document.querySelector<T>(`form ${selector}`)!;
    const type = async (selector: string, words: string) => {
      field(selector).value = words;
      field(selector).dispatchEvent(new Event("input", { bubbles: true }));
      await flushPromises();
    };
    const save = async () => {
      field("button.primary").closest("form")!.dispatchEvent(new Event("submit", { cancelable: true }));
      await flushPromises();
    };
    return { wrapper, edit, put, field, type, save };
  }
  it("are marked, and are opened with a reason and a last day within a year", async () => {
    const { wrapper, edit, put, field, type, save } = await page(photos);
    expect(wrapper.get("section.card").text()).toContain("现在都关着。");
    expect(wrapper.findAll("tbody tr").map((it) => it.text().includes("限期"))).toEqual([true, false]);
    await edit("incidents.result_photos");
    const box = field("input[type=checkbox]");
    box.checked = true;
    box.dispatchEvent(new Event("change", { bubbles: true }));
    await type("#s-reason", "消防专项整治");
    await save();
    expect(put()).toBeUndefined();
    expect(field("#s-until").getAttribute("aria-invalid")).toBe("true");
    expect(document.body.textContent).toContain("这里要填写");
    const [first, last] = [field("#s-until").min, field("#s-until").max];
    expect([Number(last.slice(0, 4)) - Number(first.slice(0, 4)), last.slice(4)]).toEqual([1, first.slice(4)]);
    await type("#s-until", last);
    await save();
    const over = new Date(Date.parse(`${last}T16:00:00Z`)).toISOString();
    expect(put()).toEqual({ value: true, reason: "消防专项整治", expires_at: over });
  });
  it("want no last day to stay closed, nor do others", async () => {
    const { edit, put, type, save } = await page(photos);
    await edit("incidents.result_photos");
    await type("#s-reason", "写明不开");
    await save();
    expect(put()).toEqual({ value: false, reason: "写明不开" });
  });
  it("stand on top while they are open: until when, and why", async () => {
    const { wrapper } = await page({ ...photos, value: true, set: { reason: "消防专项整治", by: "甲", at: "2026-11-20T02:00:00.000Z", expires_at: "2026-12-31T16:00:00.000Z" } });
    const top = wrapper.get("section.card").text();
    expect(top).toContain("incidents.result_photos");
    expect(top).toContain("开到 ");
    expect(top).toContain("消防专项整治");
    expect(top).not.toContain("现在都关着");
    await wrapper.get("section.card button").trigger("click");
    expect(pending.now?.words).toContain("现在关掉");
  });
});
