import { enableAutoUnmount, flushPromises } from "@vue/test-utils";
import Dexie from "dexie";
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Case, Session, Task } from "@/api/types";
import { deeds } from "@/faces/console/incidents/actions";
import { lacking } from "@/faces/console/incidents/values";
import PartnerPage from "@/faces/resident/incidents/PartnerPage.vue";
import DoneForm from "@/faces/worker/incidents/DoneForm.vue";
import QuickReportPage from "@/faces/worker/incidents/QuickReportPage.vue";
import { commands } from "@/faces/worker/offline/commands";
import { useField } from "@/faces/worker/offline/field";
import { photoUntil } from "@/faces/worker/offline/photos";
import { withPhotos } from "@/faces/worker/outbox/edit";
import OutboxItem from "@/faces/worker/outbox/OutboxItem.vue";
import { useSession } from "@/shared/access/session";
import PhotoPicker from "@/shared/photos/PhotoPicker.vue";
import { freshResult, type Result } from "@/shared/incidents/result";
import { mounted, serve, stores } from "./mounted";

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
const until = inHours(48);
const matter = (id: string, evidence: string, urgency = "normal") => ({ id, level1: "市容", level2: "环卫", level3: id, level3_en: "", public_name: "", class: "own", lead: "", helpers: [], urgency, accept: null, handle: null, stages: [], filing_condition: "", handling_condition: "", closing_condition: "", evidence, verify: "desk" });
const book = { revision: 1, items: [matter("m-proved", "处置后照片1张"), matter("m-plain", " "), matter("m-hole", "照片", "emergency")] } as never;
const task = { id: "t", role: "lead", unit: null, state: "accepted", mine: true, to_me: true } as unknown as Task;
const kase = (of: string, more: Partial<Case> = {}) => ({ id: "1", version: 3, title: "t", state: "in_progress", urgency: "normal", matter: { id: of, name: of }, owner: { id: "u", name: "d" }, tasks: [task], steps: [], photos: [], reasons: [], may: [], ...more }) as unknown as Case;
const said = { ...freshResult(), result: "solved", public_reply: "已清理。" };
const who = { account: "a-1", name: "网格员", home: "/w/", roles: [], permissions: ["pack.read", "catalogue.read"], csrf: "token", expires_at: inHours(100) } as unknown as Session;

/** However busy the machine is: what is looked for comes. */
const soon = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 10_000 });

enableAutoUnmount(afterEach);
beforeEach(() => {
  Object.assign(Dexie.dependencies, { indexedDB: new IDBFactory(), IDBKeyRange });
  vi.stubGlobal("indexedDB", Dexie.dependencies.indexedDB);
});
afterEach(() => { vi.unstubAllGlobals(); vi.restoreAllMocks(); localStorage.clear(); });

describe("a photograph that a result must show", () => {
  it("is asked of matters with evidence, while the switch is open, and never in an emergency", () => {
    const known = { photoUntil: until, book };
    expect(["m-proved", "m-plain", "m-hole", "gone", null].map((id) => photoUntil(known, {}, id))).toEqual([until, null, null, null, null]);
    expect(photoUntil(known, { urgency: "emergency" }, "m-proved")).toBeNull();
    expect(photoUntil({ photoUntil: inHours(-1), book }, {}, "m-proved")).toBeNull();
    expect(photoUntil({ photoUntil: null, book }, { photo_until: until }, "m-proved")).toBeNull();
    // A matter that was taken out of the handbook: the server said it with the case.
    expect(photoUntil(known, { photo_until: until }, "gone")).toBe(until);
  });
  it("is missing at the desk of a department until it is there, or came before it was handed back", () => {
    const fields = deeds.find((it) => it.key === "resolve")!.fields!;
    const lacks = (result: Result, of: Case) => lacking(fields, { result }, of)?.key;
    const asked = kase("m", { photo_until: until });
    expect([lacks(said, kase("m")), lacks(said, asked), lacks({ ...said, photos: ["p"] }, asked)]).toEqual([undefined, "result", undefined]);
    expect(lacks(said, kase("m", { photo_until: until, photos: [{ id: "p", kind: "unsigned" }] }))).toBeUndefined();
    expect(lacks(said, kase("m", { photo_until: until, photos: [{ id: "p", kind: "report" }] }))).toBe("result");
  });
});

/** A worker's page with what was read once, now without network. */
async function without(component: unknown, props: Record<string, unknown> = {}) {
  const pack = { cursor: "c", held: ["1"], cut: false, cases: [kase("m-proved")], next: null, catalogue: 1, borders: null, desks: [], must_reports: [], reasons: [], photo_until: until };
  serve({ "GET /session/lease": { body: { session: "s-1", key: btoa("k".repeat(32)), until: inHours(100) } }, "GET /pack": { body: pack }, "GET /catalogue": { body: book } });
  const { wrapper } = await mounted(component as never, props);
  useSession(stores()).take(who);
  const field = useField(stores());
  await field.open(who, true);
  await soon(() => expect([field.photoUntil, field.book !== null, field.syncing]).toEqual([until, true, false]));
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
  await flushPromises();
  return { wrapper, field };
}

describe("a worker without network", () => {
  it("is told at once that a result needs a photograph, and nothing is put into the outbox", async () => {
    const { wrapper, field } = await without(DoneForm, { of: kase("m-proved"), task, problem: null });
    await wrapper.get("input[value=solved]").setValue(true);
    await wrapper.get("#public-reply").setValue("已清理。");
    expect(wrapper.text()).toContain("处理后的照片（必须有）");
    await wrapper.get("form").trigger("submit");
    expect(wrapper.get("[role=alert]").text()).toBe("这类事项办结要附照片，请拍一张处理后的照片。");
    expect(wrapper.emitted("give")).toBeUndefined();
    wrapper.getComponent(PhotoPicker).vm.$emit("update:modelValue", ["photo:1"]);
    await flushPromises();
    expect(wrapper.find("[role=alert]").exists()).toBe(false);
    await wrapper.get("form").trigger("submit");
    expect(wrapper.emitted("give")).toHaveLength(1);
    await field.close();
  });
  it("is not asked once the case was raised to an emergency from this phone", async () => {
    const { wrapper, field } = await without(DoneForm, { of: kase("m-proved"), task, problem: null });
    expect(wrapper.text()).toContain("处理后的照片（必须有）");
    await field.give(commands.raise(kase("m-proved"), "emergency", "有人被困"));
    await flushPromises();
    expect(wrapper.text()).not.toContain("处理后的照片（必须有）");
    await field.close();
  });
  it("is told so of what was solved on the spot, by its matter or for want of one", async () => {
    const { wrapper, field } = await without(QuickReportPage);
    await wrapper.get("#text").setValue("楼道堆物，已清");
    await wrapper.get("input[maxlength='200']").setValue("一单元");
    await wrapper.get("[role=switch]").trigger("click");
    await wrapper.get("#public-reply").setValue("已清理。");
    const tries = async (matter: string) => {
      await wrapper.get("#matter").setValue(matter);
      await wrapper.get("form").trigger("submit");
      await flushPromises();
    };
    await tries("m-proved");
    expect(wrapper.get("form > .field-problem").text()).toBe("这类事项办结要附照片，请拍一张处理后的照片。");
    await tries("");
    expect(wrapper.get("form > .field-problem").text()).toContain("请拍一张处理后的照片，或者选好是哪类事");
    expect(field.items).toEqual([]);
    await tries("m-plain");
    await soon(() => expect(field.items.map((it) => it.action)).toEqual(["report"]));
    await field.close();
  });
  it("adds the photograph to what was decided before the rule was known here, and sends it again", async () => {
    const { field } = await without(DoneForm, { of: kase("m-proved"), task, problem: null });
    const id = await field.give(commands.done(kase("m-proved"), task, { result: "solved", public_reply: "已清理。", photo_ids: [] } as never));
    // The network is back, and the server does not take it so.
    const bodies: Record<string, unknown>[] = [];
    vi.stubGlobal("fetch", async (input: Request | string, init?: RequestInit) => {
      const request = input instanceof Request ? input : new Request(new URL(input, location.origin), init);
      if (request.method !== "POST") return new Response(JSON.stringify({ code: "not-found" }), { status: 404 });
      const body = (await request.clone().json()) as Record<string, unknown>;
      bodies.push(body);
      const shown = (body.photo_ids as string[]).length > 0;
      return new Response(JSON.stringify(shown ? {} : { code: "invalid", fields: [{ field: "photo_ids", code: "photo-required" }] }), { status: shown ? 200 : 400, headers: { "content-type": "application/json" } });
    });
    await field.retry(id);
    await soon(() => expect(field.items.find((it) => it.id === id)?.state).toBe("failed"));
    const { wrapper } = await mounted(OutboxItem, { item: field.items.find((it) => it.id === id)! });
    expect(wrapper.text()).toContain("这类事项办结要附照片，请拍一张");
    const again = () => wrapper.findAll<HTMLButtonElement>("button.primary").find((it) => it.text() === "再发一次")!;
    expect(again().element.disabled).toBe(true);
    wrapper.getComponent(PhotoPicker).vm.$emit("update:modelValue", ["p-1"]);
    await flushPromises();
    expect(again().element.disabled).toBe(false);
    await field.edit(id, withPhotos(field.items.find((it) => it.id === id)!.body, "photo_ids", ["p-1"]));
    await soon(() => expect(bodies.at(-1)).toMatchObject({ photo_ids: ["p-1"], public_reply: "已清理。" }));
    expect(withPhotos({ text: "t", solved: { result: "solved" } }, "solved.photo_ids", ["p"])).toEqual({ text: "t", solved: { result: "solved", photo_ids: ["p"] } });
    await field.close();
  });
  it("knows it from the device after a new start", async () => {
    await without(DoneForm, { of: kase("m-proved"), task, problem: null });
    await new Promise((written) => setTimeout(written, 200));
    await mounted(DoneForm as never, { of: kase("m-proved"), task, problem: null });
    const again = useField(stores());
    expect(again.photoUntil).toBeNull();
    expect(await again.resume()).toMatchObject({ account: "a-1" });
    await again.open(who, false);
    expect([again.photoUntil, photoUntil(again, {}, "m-proved")]).toEqual([until, until]);
    await again.close();
    expect(again.photoUntil).toBeNull();
  });
});

describe("a unit that finishes by its link", () => {
  it("is told before it sends", async () => {
    const seen = { code: "C1", unit: "物业", role: "lead", state: "accepted", urgency: "normal", matter: "堆物", text: "t", grid: null, light: "green", accept_by: null, due_at: null, words: null, result: null, photos: [], expires_at: until, photo_until: until, may: ["done", "note"] };
    const asked = serve({ "GET /partner/undefined": { body: seen } });
    const { wrapper } = await mounted(PartnerPage, {}, "/p/1");
    await soon(() => expect(wrapper.text()).toContain("堆物"));
    await wrapper.findAll("button").find((it) => it.text() === "办结")!.trigger("click");
    expect(wrapper.text()).toContain("处理后的照片（必须有）");
    await wrapper.get("input[type=radio]").setValue(true);
    await wrapper.get("#public-reply").setValue("已清理。");
    await wrapper.get("form").trigger("submit");
    expect(wrapper.get("[role=alert]").text()).toBe("这类事项办结要附照片，请拍一张处理后的照片。");
    expect(asked.filter((it) => it.method === "POST")).toEqual([]);
  });
});
