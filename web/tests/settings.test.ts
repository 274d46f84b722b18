import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { defineComponent, h, ref } from "vue";
import { bare, faults, filled, fits, fresh, told } from "@/faces/console/setup/shapes/check";
import ShapeInput from "@/faces/console/setup/shapes/ShapeInput.vue";
import { shapes, type Field, type Shape } from "@/faces/console/setup/shapes/shapes";
import { placeOf } from "@/faces/console/setup/things";
import fieldWords from "@/locales/zh/settingFields.json";
import names from "@/locales/zh/settings.json";
import list from "@/locales/zh/words.json";
import { mounted } from "./mounted";

const server = (path: string) => JSON.parse(readFileSync(join(__dirname, "../../server", path), "utf8")) as unknown;
/** What the server holds by itself where that is a file. */
const defaults: [string, unknown][] = [
  ["callback", server("src/modules/incidents/rules/callback.json")], ["contact", server("src/modules/incidents/rules/contact.json")],
  ["limit.lookup", { per_hour: 5 }], ["limit.login", "off"], ["incidents.emergency", server("presets/emergency.json")], ["incidents.whistle", server("presets/whistle.json")],
];
function every(shape: Shape, see: (it: Shape, field?: Field) => void, field?: Field): void {
  see(shape, field);
  if (shape.kind === "group") for (const it of shape.fields) every(it, see, it);
  if (shape.kind === "list" || shape.kind === "maybe") every(shape.of, see);
  if (shape.kind === "variant") for (const it of shape.options) if (it.of) every(it.of, see);
}

describe("the forms of settings", () => {
  it("are there for each setting that has a name", () => expect(Object.keys(shapes).sort()).toEqual(Object.keys(names).sort()));
  it("have a label for each field and a word for each choice", () => {
    const missing: string[] = [];
    for (const [name, shape] of Object.entries(shapes)) every(shape, (it, field) => {
      if (field && !((field.words ?? field.key) in fieldWords)) missing.push(`${name}: ${field.words ?? field.key}`);
      if (it.kind === "choice" || it.kind === "several") for (const key of it.options) if (!(key in ((list as Record<string, object>)[it.list] ?? {}))) missing.push(`${name}: ${it.list}.${key}`);
      if (it.kind === "variant") for (const one of it.options) if (!(one.key in ((list as Record<string, object>)[it.list] ?? {}))) missing.push(`${name}: ${it.list}.${one.key}`);
    });
    expect(missing).toEqual([]);
  });
  it.each(defaults)("show all of what the server holds for %s, find nothing wrong with it and leave it as it is", (name, value) => {
    const shape = shapes[name]!;
    expect(fits(shape, value)).toBe(true);
    expect(faults(shape, value)).toEqual([]);
    expect(filled(shape, value)).toEqual(value);
  });
  it("leave a value alone that they cannot show", () => {
    expect(fits(shapes["org.households"]!, { least: "many", most: 500 })).toBe(false);
    expect(fits(shapes["incidents.escalation"]!, { preset: "standard", signer: "x", urgent: { stages: [{ stage: "a", mark: "red", tell: [], then: { sing: {} } }] } })).toBe(false);
  });
  it("keep members that they do not know", () => expect(filled(shapes["incidents.wait"]!, { days: 5, later: true })).toEqual({ days: 5, later: true }));
  it("fill in what the server leaves out", () => {
    const short = { preset: "standard", signer: "中心", urgent: { stages: [{ stage: "warn", mark: "yellow", tell: ["lead"] }] } };
    expect(fits(shapes["incidents.escalation"]!, short)).toBe(true);
    expect(filled(shapes["incidents.escalation"]!, short)).toEqual({ ...short, urgent: { stages: [{ stage: "warn", mark: "yellow", tell: ["lead"], after_minutes: 0, while_waiting: false }] } });
  });
  it.each([
    ["incidents.wait", { days: 0 }, "days", "out-of-range"], ["incidents.wait", { days: 31 }, "days", "out-of-range"], ["incidents.wait", { days: 1.5 }, "days", "out-of-range"],
    ["incidents.wait", { days: Number.NaN }, "days", "out-of-range"], ["incidents.sure", { confidence: 1.2, known: 0.3 }, "confidence", "out-of-range"],
    ["notices.quiet", { from: "9:00", until: "07:00" }, "from", "bad-time"], ["district.hotlines", [{ name: " ", phone: "110" }], "[0].name", "required"],
    ["district.announcement", "长".repeat(201), "", "too-long"], ["dispatch.ruling", { within: { n: 0, unit: "hour" } }, "within", "out-of-range"],
    ["incidents.emergency", { ring_minutes: 5, first_bulletin_minutes: 30, limits: { accept_minutes: 0, handle_minutes: 9 }, duty_rooms: [], centres: [], numbers: [{ name: "a", phone: "1" }] }, "limits.accept_minutes", "out-of-range"],
    ["incidents.emergency", { ring_minutes: 5, first_bulletin_minutes: 30, limits: { accept_minutes: 1, handle_minutes: 9 }, duty_rooms: [], centres: [], numbers: [] }, "numbers", "required"],
    ["incidents.escalation", { preset: "standard", signer: "x", normal: { stages: [{ stage: "a", mark: "red", after_minutes: 0, tell: [], then: { supervise: { card: "urge", reply_minutes: 0 } } }] } }, "normal.stages[0].then.supervise.reply_minutes", "out-of-range"],
  ] as const)("%s of %j is wrong at %s", (name, value, path, code) => expect(faults(shapes[name]!, value)).toEqual([{ path, code }]));
  it("take no limit away by leaving it empty", () => {
    expect(faults(shapes["limit.lookup"]!, { per_hour: Number.NaN })).toEqual([{ path: "per_hour", code: "out-of-range" }]);
    expect(faults(shapes["limit.lookup"]!, undefined)).toEqual([{ path: "", code: "required" }]);
  });
  it("take the server's names of fields, with and without its prefix", () => {
    expect(["value.limits.accept_minutes", "value[2].phone", "signer", "value"].map(bare)).toEqual(["limits.accept_minutes", "[2].phone", "signer", ""]);
  });
  it("begin with something that the server would take, but for what has to be typed", () => {
    expect(fresh(shapes["incidents.whistle"]!)).toMatchObject({ minutes: { normal: 5 }, may: [], steps: { called: "" } });
    expect(fresh(shapes["smtp"]!)).toBeNull();
  });
  it("tell in words what is held", () => {
    const lines = told(shapes["district.hotlines"]!, [{ name: "报警", phone: "110" }], (_, value) => String(value), (it) => it.key);
    expect(lines).toEqual([["1", "name 报警，phone 110"]]);
  });
});

describe("a form of a setting on the page", () => {
  afterEach(() => document.body.replaceChildren());
  async function form(name: string, value: unknown, wrong: (path: string) => string | null = () => null) {
    const held = ref(value);
    const { wrapper } = await mounted(defineComponent(() => () => h(ShapeInput, { modelValue: held.value, "onUpdate:modelValue": (now: unknown) => (held.value = now), shape: shapes[name]!, label: name, path: "", wrong, root: true })));
    return { wrapper, held };
  }
  it("adds, moves and takes out rows", async () => {
    const { wrapper, held } = await form("district.hotlines", [{ name: "甲", phone: "1" }, { name: "乙", phone: "2" }]);
    const press = async (words: string, n = 0) => wrapper.findAll("button").filter((it) => it.text().includes(words))[n]!.trigger("click");
    await press("上移");
    expect((held.value as { name: string }[]).map((it) => it.name)).toEqual(["乙", "甲"]);
    await press("删去", 1);
    await press("加一项");
    expect(held.value).toEqual([{ name: "乙", phone: "2" }, { name: "", phone: "" }]);
  });
  it("writes a share in percent and keeps it as a part of one", async () => {
    const { wrapper, held } = await form("incidents.sure", { confidence: 0.55, known: 0.3 });
    const input = wrapper.get<HTMLInputElement>("input");
    expect(input.element.value).toBe("55");
    await input.setValue("62.5");
    expect(held.value).toEqual({ confidence: 0.625, known: 0.3 });
  });
  it("takes a member out again that is not given", async () => {
    const { wrapper, held } = await form("incidents.warning", { left: 20 });
    await wrapper.get("input[type=checkbox]").setValue(true);
    expect(held.value).toEqual({ left: 20, urgent: 1 });
    await wrapper.get("input[type=checkbox]").setValue(false);
    expect(held.value).toEqual({ left: 20 });
  });
  it("keeps a stored secret unless another is typed or it is taken out", async () => {
    const { wrapper, held } = await form("smtp", { host: "m", port: 465, protection: "tls", user: null, password: true, from: "a@b.cn" });
    expect(faults(shapes["smtp"]!, held.value)).toEqual([]);
    const password = () => (held.value as { password: unknown }).password;
    const input = wrapper.get<HTMLInputElement>("input[type=password]");
    expect([input.element.value, input.attributes("placeholder")]).toEqual(["", "已保存，不改就留空"]);
    await input.setValue("new");
    expect(password()).toBe("new");
    await input.setValue("");
    expect(password()).toBe(true);
    await wrapper.findAll("input[type=checkbox]").at(-1)!.setValue(false);
    expect(password()).toBeNull();
  });
  it("says what is wrong beside its field, and the field says so too", async () => {
    const { wrapper } = await form("org.households", { least: 9, most: 3 }, (path) => (path === "least" ? "超出范围" : null));
    const alert = wrapper.get("[role=alert]");
    expect(alert.text()).toBe("超出范围");
    expect(wrapper.get("input").attributes("aria-describedby")).toBe(alert.attributes("id"));
  });
});

describe("a thing of the record", () => {
  it("leads where somebody may go, and nowhere else", () => {
    expect(placeOf("incident", "7", (it) => it === "incident.read")).toBe("/cases/7");
    expect(placeOf("incident", "7", () => false)).toBeNull();
    expect(placeOf("classifier", "7", () => true)).toBeNull();
  });
});
