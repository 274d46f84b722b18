import { readFileSync } from "node:fs";
import { join } from "node:path";
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
import { mounted, serve, stores } from "./mounted";

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
  [{ kind: "responsible", why: "worker", names: { person: "周以宁", grid: "第1网格" } }, "周以宁 is the full-time worker of 第1网格"],
  [{ kind: "responsible", why: "lead-relative", names: { word: "属地社区", place: "第1网格" } }, "The catalogue names “the community of the place”, which depends on the place, 第1网格"],
  [{ kind: "responsible", why: "unheard-of", names: { unit: "一社区" } }, "一社区"],
  [{ kind: "classed", matter: "楼道灯不亮", class: "own", item: null }, "“楼道灯不亮”: grassroots’ own duty, handled where it happened"],
  [{ kind: "classed", matter: "井盖", class: "assist", item: "市政" }, "“井盖”: a department leads, the grassroots help (access list: 市政)"],
  [{ kind: "named", by: "王", unit: "一社区", words: own }, `王 named 一社区 to lead: ${own}`],
  [{ kind: "first_measures", words: own }, `First measures of an emergency (dispatched by way of exception): ${own}`],
  [{ kind: "same_handler", unit: "一社区", words: own }, `一社区 has nobody else, so the same person handles it again: ${own}`],
  [{ kind: "classed", matter: "井盖", matter_en: "Manhole cover", class: "assist", item: "市政" }, "“Manhole cover”: a department leads, the grassroots help (access list: 市政)"],
  [{ kind: "recognised", matter: "井盖" }, "Recognised as “井盖”"],
  [{ kind: "recognised", matter: "井盖", matter_en: "Manhole cover" }, "Recognised as “Manhole cover”"],
  [{ kind: "matter_corrected", matter: "井盖", matter_en: "Manhole cover" }, "The matter is now “Manhole cover”"],
  [{ kind: "place_corrected", unit: "第1网格" }, "The place is now 第1网格"],
  [{ kind: "not_taken_in", refusal: "settled" }, "Already concluded with effect"],
  [{ kind: "sent_again" }, "Dispatched again after it came back"],
  [{ kind: "verify_not_due" }, "By the matter’s rule this case needs nobody to verify it"],
  [{ kind: "archive_due", days: 30 }, "Closed for 30 days, archived by rule"],
  [{ kind: "not_taken_on" }, "Nobody took it on in time, so it was handed up by rule"],
  [{ kind: "called", outcome: "no_answer" }, "No answer"],
  [{ kind: "because", cause: "recurred" }, "It came back"],
  [{ kind: "confer_next" }, "Handled again twice already; a conference has to decide"],
  [{ kind: "signed", by: "甲", chief: "乙" }, "Handed up by 甲, signed by 乙"],
  [{ kind: "planned", words: own, by: "2024-05-04" }, `${own} (planned to be done before 4 May 2024)`],
  [{ kind: "handed_over", person: "甲", back: false, unit: "一社区", to: "乙" }, "甲 is on leave; 一社区 乙 takes the task over"],
  [{ kind: "handed_over", person: "甲", back: true, unit: "一社区", to: "甲" }, "甲’s leave is over; 一社区 甲 takes the task over"],
  [{ kind: "leave" }, "Handed over by the arrangement of leaves"],
  [{ kind: "extension_asked", n: 2, by: { n: 3, unit: "working_day" }, rung: "leader" }, "Request no. 2 for more time, 3 working days; decided by: Leader"],
  [{ kind: "extension_decided", n: 1, by: { n: 3, unit: "hour" }, rung: "chief", granted: true }, "Chief on duty: extension no. 1 granted, 3 hours"],
  [{ kind: "extension_decided", n: 1, by: { n: 3, unit: "hour" }, rung: "chief", granted: false }, "Chief on duty: extension no. 1 refused, 3 hours"],
  [{ kind: "waits_until", day: "2024-05-04" }, "the clock goes on at the latest on 4 May 2024"],
  [{ kind: "wait_over" }, "The time to wait for the reporter is over; the clock goes on by itself"],
  [{ kind: "went_on" }, "Somebody let the clock go on"],
  [{ kind: "shelved", shelf: "seasonal" }, "It cannot be done in this season"],
  [{ kind: "shelved_by", name: "甲", day: "2024-05-04" }, "甲 let it be shelved; to be looked at again on 4 May 2024"],
  [{ kind: "review_due" }, "The day of the review has come; please say whether the case goes on"],
  [{ kind: "returned", unit: "一社区", reason: "不属本单位", words: "" }, "一社区 returned it: 不属本单位"],
  [{ kind: "returned", unit: "一社区", reason: "不属本单位", words: own }, `一社区 returned it: 不属本单位. ${own}`],
  [{ kind: "returned", unit: "一社区", reason: "不在本辖区", words: "" }, "一社区 returned it: Outside this unit’s area"],
  [{ kind: "second_return" }, "Returned for the second time; the district centre names lead and helpers"],
  [{ kind: "circle_stopped", unit: "一社区" }, "Stopped going in a circle: 一社区 returned it before"],
  [{ kind: "circle" }, "The same case goes to and fro between units; it is not sent out any more"],
  [{ kind: "objected", unit: "一社区", words: own }, `一社区 objects to the dispatch: ${own}`],
  [{ kind: "dismissed", words: own }, `The objection does not stand, the dispatch stays: ${own}`],
  [{ kind: "decided", name: "甲", words: own }, `甲 ruled: ${own}`],
  [{ kind: "review_handed_up", unit: "东街道" }, "The case was handed up to 东街道; nothing is left to rule on"],
  [{ kind: "review_merged", code: "C1" }, "Merged into C1; nothing is left to rule on"],
  [{ kind: "review_annulled" }, "The case was annulled; nothing is left to rule on"],
  [{ kind: "review_resolved" }, "The case is solved; nothing is left to rule on"],
  [{ kind: "ruling_overdue" }, "The ruling of the district centre is overdue; the supervisor was told"],
  [{ kind: "ruling_limit_over" }, "The time for the ruling is over"],
  [{ kind: "conference_called", at: "2024-05-04T09:30", chair: "甲", units: ["一社区", "二社区"] }, "Conference at 4 May 2024, 09:30, chaired by 甲; called: 一社区, 二社区"],
  [{ kind: "conference_held", chair: "甲", units: ["一社区", "二社区"], words: own }, `The conference (chair: 甲; present: 一社区, 二社区) decided: ${own}`],
  [{ kind: "conferred", words: own }, `The conference decided: ${own}`],
  [{ kind: "supervised", card: "red", code: "DB1", words: own }, `Red card DB1: ${own}`],
  [{ kind: "supervised_by_rule", card: "yellow", code: "DB1", hours: 26 }, "Yellow card DB1: Overdue for 26 h. Find out why, finish the case soon and reply in writing."],
  [{ kind: "late", hours: 26 }, "Overdue for 26 h. Find out why, finish the case soon and reply in writing."],
  [{ kind: "by_stage", stage: "一级" }, "Issued by the escalation rule “一级”, because the case is overdue"],
  [{ kind: "order_replied", code: "DB1", words: own }, `Reply to DB1: ${own}`],
  [{ kind: "order_ended", code: "DB1", lifted: true, words: own }, `DB1 was lifted: ${own}`],
  [{ kind: "order_ended", code: "DB1", lifted: false, words: own }, `DB1 was carried out: ${own}`],
  [{ kind: "whistled", from: "东街道", lead: "消防队", helpers: ["一社区"], by: "2024-05-04T09:30", words: own }, `东街道 blew the whistle; to report in before 4 May 2024, 09:30: 消防队 (lead), 一社区. ${own}`],
  [{ kind: "whistled", from: "东街道", lead: null, helpers: ["一社区"], by: "2024-05-04T09:30", words: own }, `before 4 May 2024, 09:30: 一社区. ${own}`],
  [{ kind: "reported_in", unit: "消防队", late: false, words: "" }, "消防队 has reported in"],
  [{ kind: "reported_in", unit: "消防队", late: true, words: own }, `消防队 has reported in (after the limit): ${own}`],
  [{ kind: "not_reported_in", unit: "消防队", by: "2024-05-04T09:30" }, "消防队 did not report in before 4 May 2024, 09:30"],
  [{ kind: "report_in_limit_over" }, "The time for reporting in is over"],
  [{ kind: "whistle_closed", n: 1, units: 3 }, "Whistle no. 1 is closed; units judged: 3"],
  [{ kind: "whistle_called_off", n: 1, words: own }, `Whistle no. 1 was called off: ${own}`],
  [{ kind: "helper_kept_out", unit: "D" }, "D is kept out by the access list and was not asked to help"],
  [{ kind: "listed_help", help: own }, `What the access list asks of a helper: ${own}`],
  [{ kind: "raised_with", from: "normal", to: "emergency", code: "C20260314-0001" }, "Urgency raised from “Normal” to “Emergency”, as that of C20260314-0001, which was merged into it"],
  [{ kind: "raised", from: "normal", to: "emergency", words: own }, `Urgency raised from “Normal” to “Emergency”: ${own}`],
  [{ kind: "rung", n: 1, desk: "东街道", people: [] }, "Ring no. 1 at the duty desk of 东街道"],
  [{ kind: "rung", n: 2, desk: "东街道", people: ["甲", "乙"] }, "Ring no. 2 at the duty desk of 东街道: 甲, 乙"],
  [{ kind: "rings_on", minutes: 5 }, "An emergency rings every 5 minutes until the duty desk answers"],
  [{ kind: "acknowledged", desks: ["东街道", "区"], words: own }, `Answered by the duty desk of 东街道, 区: ${own}`],
  [{ kind: "bulletin", bulletin: "first", n: 1, words: own }, `First bulletin (no. 1): ${own}`],
  [{ kind: "bulletin_due", by: "2024-05-04T09:30" }, "The first bulletin was due before 4 May 2024, 09:30 and has not come"],
  [{ kind: "bulletin_limit_over" }, "The time for the first bulletin is over"],
  [{ kind: "after_action", words: own }, `After-action note: ${own}`],
  [{ kind: "reopened", round: 2, cause: "unsolved" }, "Handled again (no. 2): Not solved"],
];
const said = [{ words: own, spoken: null }, ...sentences.map(([spoken]) => ({ words: "中文", spoken }))];
const aCase = {
  id: "1", code: "C20260314-0001", version: 1, title: "灯不亮", state: "in_progress", text: "灯不亮", tasks: [], photos: [], ratings: [], duplicates: [], reasons: [], may: [], lon: null, lat: null,
  steps: said.map((it) => ({ ...it, at, action: "note", actor: "甲", reasons: [{ code: "by-hand", words: "改由他人" }, { code: "ring", words: "中文", spoken: { kind: "rings_on", minutes: 7 } }] })),
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
      useField(stores()).cases = new Map([["1", aCase]]);
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
      if (face === "console") expect(lines()[i + 1]).toContain("改由他人An emergency rings every 7 minutes");
    }
  });
  it("has a sentence of every kind", () => {
    const contract = JSON.parse(readFileSync(join(__dirname, "../../api/openapi.json"), "utf8")) as { components: { schemas: { Spoken: { oneOf: { properties: { kind: { enum: [string] } } }[] } } } };
    const kinds = contract.components.schemas.Spoken.oneOf.map((it) => it.properties.kind.enum[0]).sort();
    expect([...new Set(sentences.map(([it]) => it.kind))].sort()).toEqual(kinds);
  });
});
