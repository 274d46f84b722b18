import { enableAutoUnmount, flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defineComponent, h, ref } from "vue";
import { useI18n } from "vue-i18n";
import { Problem } from "@/api/problem";
import DialogFrame from "@/faces/console/incidents/DialogFrame.vue";
import UnitSelect from "@/faces/console/incidents/UnitSelect.vue";
import { useLasting } from "@/faces/console/sheet/lasting";
import FormField from "@/faces/console/sheet/FormField.vue";
import { mounted, serve } from "./mounted";

enableAutoUnmount(afterEach);
beforeEach(() => vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined })));
afterEach(() => {
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

async function form(check?: () => boolean) {
  const problem = ref<unknown>(null);
  const sent = vi.fn();
  const field = (id: string, need: boolean) => h(FormField, { id, label: id, field: id, need, problem: problem.value, hint: need ? undefined : "可不填" }, () => h("input", { id }));
  await mounted(defineComponent(() => () => h(DialogFrame, { title: "t", send: "s", busy: false, problem: null, onSend: sent, ...(check ? { check } : {}) }, () => [field("one", true), field("two", true), field("three", false)])));
  const input = (id: string) => document.getElementById(id) as HTMLInputElement;
  const submit = async () => {
    document.querySelector("form")!.dispatchEvent(new Event("submit", { cancelable: true }));
    await flushPromises();
  };
  const type = async (id: string, words: string) => {
    input(id).value = words;
    input(id).dispatchEvent(new Event("input", { bubbles: true }));
    await flushPromises();
  };
  return { problem, sent, input, submit, type };
}

describe("a form of the console", () => {
  it("says all that is missing at once, puts the cursor there, and sends nothing", async () => {
    const { sent, input, submit } = await form();
    await submit();
    expect(sent).not.toHaveBeenCalled();
    expect([...document.querySelectorAll("[role=alert]")].map((it) => it.textContent)).toEqual(["这里要填写", "这里要填写"]);
    expect([input("one"), input("two"), input("three")].map((it) => it.getAttribute("aria-invalid"))).toEqual(["true", "true", null]);
    expect(document.activeElement).toBe(input("one"));
  });
  it("takes the word back once something is typed, and sends when nothing is missing", async () => {
    const { sent, input, submit, type } = await form();
    await submit();
    await type("one", "甲");
    expect(input("one").getAttribute("aria-invalid")).toBeNull();
    await type("two", " ");
    await submit();
    expect(sent).not.toHaveBeenCalled();
    await type("two", "乙");
    await submit();
    expect(sent).toHaveBeenCalledOnce();
  });
  it("writes on the control where its hint and its fault are said", async () => {
    const { problem, input } = await form();
    expect(input("three").getAttribute("aria-describedby")).toBe("three-hint");
    expect(input("one").getAttribute("aria-required")).toBe("true");
    problem.value = new Problem(400, { code: "invalid", fields: [{ field: "three", code: "too-long" }] } as never);
    await flushPromises();
    expect(input("three").getAttribute("aria-describedby")).toBe("three-hint three-wrong");
    expect(document.getElementById("three-wrong")?.textContent).toContain("太长");
  });
  it("sends nothing while the form itself finds a fault", async () => {
    const { sent, submit, type } = await form(() => false);
    await type("one", "甲");
    await type("two", "乙");
    await submit();
    expect(sent).not.toHaveBeenCalled();
  });
});

describe("a list of units", () => {
  it("leaves Escape to its form while it is closed", async () => {
    serve({ "GET /units": { body: { items: [] } } });
    const escapes = vi.fn();
    await mounted(defineComponent(() => () => h("div", { onKeydown: escapes }, [h(UnitSelect, { id: "u", none: "选单位", modelValue: "" })])));
    document.getElementById("u")!.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", code: "Escape", bubbles: true, cancelable: true }));
    expect(escapes).toHaveBeenCalledOnce();
  });
});

describe("what was done", () => {
  it("follows the language of whoever reads it", async () => {
    const { wrapper } = await mounted(defineComponent(() => {
      const { locale, t, mergeLocaleMessage } = useI18n({ useScope: "global" });
      mergeLocaleMessage("en", { export: { csv: "Export CSV" } });
      const { said, say } = useLasting();
      say(() => t("export.csv"));
      return () => h("button", { onClick: () => (locale.value = "en") }, said.value ?? "");
    }));
    expect(wrapper.text()).toBe("导出 CSV");
    await wrapper.get("button").trigger("click");
    expect(wrapper.text()).toBe("Export CSV");
  });
});
