import { enableAutoUnmount, flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { questions, stages } from "@/faces/console/setup/matters";
import MatterForm from "@/faces/console/setup/MatterForm.vue";
import { faults, filled, fits, fresh, kept } from "@/faces/console/setup/shapes/check";
import type { Field, Shape } from "@/faces/console/setup/shapes/shapes";
import zhHints from "@/locales/zh/settingHints.json";
import zhFields from "@/locales/zh/settingFields.json";
import zhWords from "@/locales/zh/words.json";
import { mounted, serve } from "./mounted";

enableAutoUnmount(afterEach);
beforeEach(() => vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined })));
afterEach(() => {
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

const question = { key: "floors", label: { zh: "几层", en: "" }, type: "integer", required: true, min: 1, max: 60 };
const choice = { key: "kind", label: { zh: "哪种", en: "Which" }, type: "choice", required: false, choices: [{ value: "a", label: { zh: "甲", en: "" } }] };
const matter = {
  id: "7", version: 3, valid_from: "2026-01-01T00:00:00Z", level1: "城市管理", level2: "违法建设", level3: "搭建棚屋", class: "own", lead: "属地街道", verify: "desk", urgency: "normal", publishable: false,
  accept: { n: 2, unit: "working_hour" }, handle: { n: 20, unit: "working_day" }, stages: [{ name: "停工", limit: { n: 4, unit: "working_hour" } }], form: { id: "f", version: 1 }, fields: [question],
};

describe("the shapes of a matter", () => {
  it("show what the server holds and leave it as it is", () => {
    for (const [shape, value] of [[stages, matter.stages], [questions, [question, choice]]] as const) {
      expect(fits(shape, value)).toBe(true);
      expect(faults(shape, value)).toEqual([]);
      expect(kept(shape, filled(shape, value))).toEqual(value);
    }
  });
  it("have a word for each field, in Chinese at least", () => {
    const missing: string[] = [];
    const see = (shape: Shape): void => {
      if (shape.kind === "group") for (const it of shape.fields as readonly Field[]) {
        if (!((it.words ?? it.key) in zhFields)) missing.push(it.words ?? it.key);
        if (it.kind === "choice") for (const one of it.options) if (!(one in (zhWords as unknown as Record<string, object>)[it.list]!)) missing.push(one);
        see(it);
      }
      if (shape.kind === "list" || shape.kind === "maybe") see(shape.of);
    };
    see(stages);
    see(questions);
    expect(missing).toEqual([]);
    expect(zhHints.min).toContain("最小");
  });
  it("ask for choices only where there are some to choose, and drop what was left from before", () => {
    expect(faults(questions, [{ ...choice, choices: [] }])).toEqual([{ path: "[0].choices", code: "required" }]);
    expect(faults(questions, [{ ...choice, type: "date", choices: [] }])).toEqual([]);
    expect(kept(questions, [{ ...choice, type: "date" }])).toEqual([{ key: "kind", label: choice.label, type: "date", required: false }]);
    expect(kept(questions, [{ ...question, type: "multi", choices: choice.choices }])).toEqual([{ key: "floors", label: question.label, type: "multi", required: true, choices: choice.choices }]);
  });
  it("take a bound that is no whole number, and a new question only once it has a text", () => {
    expect(faults(questions, [{ ...question, type: "decimal", min: 0.5 }])).toEqual([]);
    expect(faults(questions, [fresh((questions as { of: Shape }).of)]).map((it) => it.path)).toEqual(["[0].label.zh", "[0].key"]);
  });
});

describe("MatterForm", () => {
  const district = { zone: "+08:00" };
  async function form(of: object | null, answer: { status?: number; body: unknown } = { body: { ...matter, version: 4 } }) {
    const asked = serve({ "GET /district": { body: district }, "PUT /catalogue/7": answer });
    const { wrapper } = await mounted(MatterForm, { id: "7", version: of ? 3 : 0, of });
    const save = async () => {
      document.querySelector("form")!.dispatchEvent(new Event("submit", { cancelable: true }));
      await flushPromises();
      return asked.find((it) => it.method === "PUT")?.body as { rules: Record<string, unknown>; fields?: unknown } | undefined;
    };
    const press = async (words: string, n = 0) => {
      [...document.querySelectorAll("button")].filter((it) => it.textContent?.includes(words))[n]!.click();
      await flushPromises();
    };
    return { wrapper, save, press };
  }
  it("sends the limits on the way along, and leaves questions alone that nobody touched", async () => {
    const { save } = await form(matter);
    const sent = await save();
    expect(sent?.rules).toMatchObject({ stages: matter.stages, form: matter.form, accept: matter.accept });
    expect(sent).not.toHaveProperty("fields");
  });
  it("writes the questions out once one has changed", async () => {
    const { save } = await form(matter);
    const box = [...document.querySelectorAll<HTMLInputElement>("input[type=checkbox]")].find((it) => it.parentElement?.textContent?.includes("settingFields.questionRequired"))!;
    box.checked = false;
    box.dispatchEvent(new Event("change"));
    await flushPromises();
    expect((await save())?.fields).toEqual({ fields: [{ ...question, required: false }] });
  });
  it("has no form any more once the last question is gone", async () => {
    const { save, press } = await form(matter);
    await press("删去", 1);
    const sent = await save();
    expect(sent?.rules.form).toBeNull();
    expect(sent).not.toHaveProperty("fields");
  });
  it("sends nothing while a new step has no name, and says where", async () => {
    const { save, press } = await form(matter);
    await press("加一项");
    expect(await save()).toBeUndefined();
    expect(document.body.textContent).toContain("这里要填写");
  });
  it("says what only the server knows beside the question", async () => {
    const { save } = await form(matter, { status: 400, body: { code: "invalid", fields: [{ field: "stages", code: "emergency-in-working-time" }, { field: "fields[0].key", code: "repeated" }] } });
    await save();
    const said = [...document.querySelectorAll("[role=alert]")].map((it) => it.textContent);
    expect(said).toEqual(expect.arrayContaining(["特急事项要用自然时计时", "重复了"]));
  });
});
