import { enableAutoUnmount, flushPromises } from "@vue/test-utils";
import { afterEach, describe, expect, it, vi } from "vitest";
import { defineComponent, h, type VNode } from "vue";
import { useI18n } from "vue-i18n";
import type { Case } from "@/api/types";
import TimeLine from "@/faces/console/incidents/TimeLine.vue";
import StepList from "@/faces/resident/incidents/StepList.vue";
import CasePage from "@/faces/worker/incidents/CasePage.vue";
import { useField } from "@/faces/worker/offline/field";
import commonEn from "@/locales/en/common.json";
import consoleEn from "@/locales/en/console.json";
import residentEn from "@/locales/en/resident.json";
import wordsEn from "@/locales/en/words.json";
import workerEn from "@/locales/en/worker.json";
import type { Spoken } from "@/shared/incidents/spoken";
import { mounted, serve } from "./mounted";

enableAutoUnmount(afterEach);
afterEach(() => vi.unstubAllGlobals());

const at = "2026-03-14T02:00:00.000Z";
const own = "看过了，明天来";
const sentences: [Spoken, string][] = [
  [{ kind: "led", lead: "一社区 周以宁", helpers: [] }, "In charge: 一社区 周以宁"],
  [{ kind: "ruled", lead: "一社区", helpers: ["一号物业", "消防队"] }, "Given to others. In charge: 一社区; helping: 一号物业, 消防队"],
  [{ kind: "handed_up", unit: "东街道" }, "Passed up to 东街道, which takes care of it"],
  [{ kind: "stage_done", stage: "停工", words: "" }, "“停工” is done"],
  [{ kind: "stage_done", stage: "停工", words: "已围挡" }, "“停工” is done: 已围挡"],
  [{ kind: "merged" }, "A neighbour reported the same; both are handled together"],
  [{ kind: "absorbed", people: 1 }, "1 more reported the same; it is handled together"],
  [{ kind: "unmerged" }, "No longer handled together; this report goes on by itself"],
  [{ kind: "released", people: 1 }, "The other report (people: 1) is handled by itself again"],
  [{ kind: "rated", contacted: false, solved: "partly", satisfied: null }, "Not contacted; Partly"],
  [{ kind: "reopened", round: 2, cause: "unsolved" }, "Handled again (no. 2): Not solved"],
];
const said = [{ words: own, spoken: null }, ...sentences.map(([spoken]) => ({ words: "中文", spoken }))];
const aCase = {
  id: "1", code: "C20260314-0001", version: 1, title: "灯不亮", state: "in_progress", text: "灯不亮", tasks: [], photos: [], ratings: [], duplicates: [], reasons: [], may: [], lon: null, lat: null,
  steps: said.map((it) => ({ ...it, at, action: "note", actor: "甲" })),
} as unknown as Case;

const English = { common: commonEn, console: consoleEn, resident: residentEn, worker: workerEn };
/** Shows a page as its face does, in Chinese; what is handed back turns it to English. */
async function shown(face: "console" | "resident" | "worker", show: () => VNode, path = "/") {
  let english = () => {};
  const page = defineComponent(() => {
    const i18n = useI18n() as unknown as { locale: { value: string }; setLocaleMessage: (of: string, words: object) => void };
    english = () => {
      i18n.setLocaleMessage("en", { ...English.common, words: wordsEn, ...English[face] });
      i18n.locale.value = "en";
    };
    return show;
  });
  const { wrapper } = await mounted(page, {}, path);
  return { wrapper, english: async () => { english(); await flushPromises(); } };
}

describe("the steps of a case say in the reader's language what the program says, and leave what people wrote as it is", () => {
  const faces = [
    ["the resident's page", "resident", () => h(StepList, { steps: said.map((it) => ({ ...it, at, what: "note" })) }), ".steps li", "/"],
    ["the desk's", "console", () => h(TimeLine, { of: aCase }), "ol > li", "/"],
    ["the worker's", "worker", () => h(CasePage), "[aria-labelledby=past] ol > li", "/cases/1"],
  ] as const;
  it.each(faces)("on %s", async (_, face, show, line, path) => {
    serve({ "GET /incidents/1": { body: aCase } });
    const { wrapper, english } = await shown(face, show, path);
    if (face === "worker") {
      useField().cases = new Map([["1", aCase]]);
      await flushPromises();
    }
    const lines = () => wrapper.findAll(line).map((it) => it.text()).reverse();
    expect(lines()).toHaveLength(said.length);
    expect(lines().at(-1)).toContain("重新办理（第2次）：问题没解决");
    await english();
    expect(lines()[0]).toContain(own);
    for (const [i, [, words]] of sentences.entries()) {
      expect(lines()[i + 1]).toContain(words);
      expect(lines()[i + 1]).not.toContain("中文");
    }
  });
});
