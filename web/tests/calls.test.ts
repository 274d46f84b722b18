import { enableAutoUnmount, flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Problem } from "@/api/problem";
import CallsPage from "@/faces/console/calls/CallsPage.vue";
import DeskPage from "@/faces/console/incidents/DeskPage.vue";
import { forgetTyped, keepTyped, wantForm } from "@/faces/console/typed";
import { mounted, serve } from "./mounted";

const call = (id: string) => ({ id, code: `C-${id}`, title: `事 ${id}`, state: "resolved", since: "2026-11-20T02:00:00.000Z", attempts: [], confidential: false });
const press = (key: string, at: EventTarget = document.body) => at.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
enableAutoUnmount(afterEach);
afterEach(() => {
  forgetTyped();
  document.body.innerHTML = "";
});

/** The queue with one of its calls begun. */
async function begun() {
  const until = new Date(Date.now() + 900_000).toISOString();
  const asked = serve({
    "GET /callbacks": { body: { items: [call("a"), call("b")] } }, "POST /callbacks/a/claim": { body: { until } }, "POST /callbacks/b/claim": { body: { until } }, "POST /callbacks/a/release": { body: {} },
  });
  const { wrapper } = await mounted(CallsPage);
  await wrapper.findAll(".entry")[0]!.trigger("click");
  await flushPromises();
  return { wrapper, sent: () => asked.filter((it) => it.method === "POST").map((it) => it.path), radio: wrapper.get("input[type=radio]") };
}

describe("a call that is half written", () => {
  it("is not given up by Escape, nor by the next one, nor by a click on another", async () => {
    const { wrapper, sent, radio } = await begun();
    await radio.setValue(true);
    press("Escape", radio.element);
    press("j", radio.element);
    await wrapper.findAll(".entry")[1]!.trigger("click");
    await flushPromises();
    expect(sent()).toEqual(["/callbacks/a/claim"]);
    expect((radio.element as HTMLInputElement).checked).toBe(true);
    expect(wrapper.get("[role=alert]").text()).toContain("写了一半");
    await wrapper.findAll("button").find((it) => it.text() === "先不打了")!.trigger("click");
    await flushPromises();
    expect(sent()).toEqual(["/callbacks/a/claim", "/callbacks/a/release"]);
  });
  it("is given back by Escape while nothing is written", async () => {
    const { sent } = await begun();
    press("Escape");
    await flushPromises();
    expect(sent()).toEqual(["/callbacks/a/claim", "/callbacks/a/release"]);
  });
});

describe("a call that somebody else was faster with", () => {
  it("shows nothing of what was written for it, and leaves what stands there", async () => {
    const over = new Date(Date.now() - 1000).toISOString();
    serve({ "GET /callbacks": { body: { items: [call("a"), call("b")] } }, "POST /callbacks/a/claim": { body: { until: over } }, "POST /callbacks/b/claim": { status: 409, body: { code: "called-by-other" } } });
    keepTyped("call:b", { outcome: "reached", contacted: "yes", solved: "no", satisfied: "no", reason: "乙写的" }, new Problem(422, { code: "busy" }));
    const { wrapper } = await mounted(CallsPage);
    await wrapper.findAll(".entry")[0]!.trigger("click");
    await flushPromises();
    await wrapper.findAll(".entry")[1]!.trigger("click");
    await flushPromises();
    expect([wrapper.get("h2").text(), wrapper.find("#call-reason").exists(), wrapper.findAll("input:checked").length]).toEqual(["事 a", false, 0]);
    expect(wrapper.get("[role=alert]").text()).toContain("同事正在");
  });
});

describe("a call that is wanted back while another is half written", () => {
  it("waits until that one is put back", async () => {
    const { wrapper, sent, radio } = await begun();
    await radio.setValue(true);
    keepTyped("call:b", { outcome: "reached", contacted: "yes", solved: "no", satisfied: "no", reason: "乙写的" }, new Problem(422, { code: "busy" }));
    wantForm("call:b");
    await flushPromises();
    expect(wrapper.get("[role=alert]").text()).toContain("写了一半");
    await wrapper.findAll("button").find((it) => it.text() === "先不打了")!.trigger("click");
    await flushPromises();
    expect(sent()).toEqual(["/callbacks/a/claim", "/callbacks/a/release", "/callbacks/b/claim"]);
    expect(wrapper.get<HTMLTextAreaElement>("#call-reason").element.value).toBe("乙写的");
  });
});

describe("the key for the next case that needs a person", () => {
  beforeEach(() => localStorage.clear());
  it("says so when it cannot be looked up", async () => {
    const answers: Parameters<typeof serve>[0] = { "GET /incidents": { body: { items: [], next: null } }, "GET /incidents/counts": { body: { states: {}, lights: {}, attention: {} } }, "GET /filters": { body: { items: [] } } };
    serve(answers);
    const { wrapper } = await mounted(DeskPage);
    answers["GET /incidents"] = { status: 503, body: { code: "busy" } };
    const unheard: unknown[] = [];
    const hear = (reason: unknown) => void unheard.push(reason);
    process.on("unhandledRejection", hear);
    press("h");
    await flushPromises();
    await new Promise((done) => setTimeout(done, 20));
    process.off("unhandledRejection", hear);
    expect(wrapper.get("[role=status]").text()).toContain("下一件没查到");
    expect(unheard).toEqual([]);
  });
});
