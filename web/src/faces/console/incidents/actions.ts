import { act } from "@/api/calls";
import { askErasure } from "@/api/calls/erasure";
import { desk, reviews, ruleOn, type WhatIf } from "@/api/calls/desk";
import { Problem } from "@/api/problem";
import type { Case, Satisfied, Solved, Task } from "@/api/types";
import { asDone, freshResult, isComplete, lacksPhoto, type Result } from "@/shared/incidents/result";
import { callOutcomes, refusals } from "@/shared/incidents/words";
import { runsOut } from "../pending";
import { flag, instant, limit, list, point, some, text, type Field, type Values } from "./values";

/** What somebody may do to a case on this page: one row an action of the table of transitions. */
export interface Deed {
  /** The word in `may` that offers it. */
  key: string;
  /** The forms of `act.<key>` that also offer it. */
  also?: readonly string[];
  /** A single key; what should not happen by a slip has none. */
  press?: string;
  fields?: readonly Field[];
  /** Which task it is about. */
  task?: (it: Task) => boolean;
  /** Done at once, although nothing takes it back: see `atOnce`. */
  now?: (of: Case, v: Values) => boolean;
  /** What it is about beyond its case, when that is no task; read before it waits, so that leaving the page sends it whole. */
  target?: (of: Case) => Promise<string>;
  danger?: boolean;
  /** What to ask of the deadlines before it is done. */
  outlook?: (v: Values) => WhatIf | null;
  send: (of: Case, v: Values, task: string) => Promise<unknown>;
}

const photos: Field = { key: "photos", kind: "photos" };
const words: Field = { key: "words", kind: "words", need: true };
const reason: Field = { key: "reason", kind: "words", need: true };
const mine = (it: Task) => it.mine === true;
const open = (it: Task) => it.state === "offered" || it.state === "accepted";
const due = (it: Task) => Boolean(it.report_by && !it.arrived_at);
/** What stands in the form of a result. */
export const resultIn = (v: Values): Result => (v.result as Result | undefined) ?? freshResult();
const result: Field = { key: "result", kind: "result", need: (v, of) => !isComplete(resultIn(v)) || lacksPhoto(resultIn(v), of?.photo_until, of?.photos), start: freshResult() };
/** Whom a whistle calls, and how soon. */
const called = (v: Values) => {
  const lead = text(v, "lead");
  const helpers = list(v, "units").filter((unit) => unit !== lead).map((unit) => ({ unit, role: "helper" as const }));
  return { units: [...(lead ? [{ unit: lead, role: "lead" as const }] : []), ...helpers], ...(Number(v.minutes) > 0 ? { minutes: Number(v.minutes) } : {}) };
};
const finish = (of: Case, v: Values, task: string) => act.doneTask(of, task, asDone(v.result as Result));

/** The open review of a case, which a ruling answers. */
async function review(of: Case): Promise<string> {
  const found = (await reviews("open")).items.find((it) => it.incident === of.id);
  if (!found) throw new Problem(404);
  return found.id;
}
function ruling(of: Case, v: Values, id: string): Promise<unknown> {
  const upheld = text(v, "upheld") === "yes";
  return ruleOn(id, { version: of.version, upheld, words: text(v, "words"), ...(upheld ? { ...some("lead", text(v, "lead")), ...some("helpers", list(v, "helpers")) } : {}) });
}
const emergency = (of: Case): boolean => of.urgency === "emergency";

/** In the order in which a case goes; the first that is offered is the next thing to do. */
export const deeds: readonly Deed[] = [
  { key: "acknowledge", now: () => true, fields: [{ ...words, need: false }], send: (of, v) => desk.acknowledge(of, text(v, "words")) },
  { key: "accept", press: "a", outlook: () => ({ action: "accept" }), send: (of) => act.accept(of) },
  {
    key: "rule", also: ["dismiss"],
    fields: [
      { key: "upheld", kind: "choice", options: ["yes", "no"], words: "ruling", need: true },
      { key: "lead", kind: "unit", when: (v) => v.upheld === "yes", need: true }, { key: "helpers", kind: "units", when: (v) => v.upheld === "yes" }, words,
    ],
    outlook: (v) => (v.upheld === "no" ? { action: "rule", upheld: false } : text(v, "lead") ? { action: "rule", unit: text(v, "lead"), ...some("helpers", list(v, "helpers")) } : null),
    target: review, send: ruling,
  },
  {
    key: "dispatch", press: "d",
    fields: [
      { key: "unit", kind: "unit" }, { key: "helpers", kind: "units", when: (v) => Boolean(v.unit) }, { key: "first_measures", kind: "check", when: (v) => Boolean(v.unit) },
      // Whoever overrules the rules says why.
      { key: "reason", kind: "words", when: (v) => Boolean(v.unit), need: true },
    ],
    outlook: (v) => {
      const unit = text(v, "unit");
      return unit ? { action: "dispatch", unit, ...some("helpers", list(v, "helpers")), ...(flag(v, "first_measures") ? { first_measures: true } : {}) } : { action: "dispatch" };
    },
    send: (of, v) => {
      const unit = text(v, "unit");
      return desk.dispatch(of, unit ? { unit, ...some("helpers", list(v, "helpers")), reason: text(v, "reason"), ...(flag(v, "first_measures") ? { first_measures: true } : {}) } : {});
    },
  },
  { key: "report_in", now: emergency, task: (it) => mine(it) && due(it), fields: [{ key: "note", kind: "words" }, photos], send: (of, v, task) => desk.reportIn(of, task, { note: text(v, "note"), photo_ids: list(v, "photos") }) },
  { key: "take_on", press: "t", task: (it) => mine(it) && it.state === "offered" && !due(it), send: (of, _v, task) => act.acceptTask(of, task) },
  { key: "resolve", task: (it) => mine(it) && it.state === "accepted" && it.role === "lead", fields: [result], send: finish },
  { key: "assist", task: (it) => mine(it) && it.state === "accepted" && it.role === "helper", fields: [words, photos], send: (of, v, task) => act.doneTask(of, task, { result: "solved", public_reply: "", note: text(v, "words"), photo_ids: list(v, "photos") }) },
  { key: "sign", task: (it) => it.state === "signing", send: (of, _v, task) => desk.sign(of, task) },
  { key: "hand_back", task: (it) => it.state === "signing", fields: [words], send: (of, v, task) => desk.handBack(of, task, text(v, "words")) },
  {
    key: "verify", also: ["return"], press: "v",
    fields: [{ key: "passed", kind: "choice", options: ["yes", "no"], words: "passed", need: true }, { ...words, need: (v) => v.passed === "no" }, photos],
    send: (of, v) => act.verify(of, { passed: v.passed === "yes", words: text(v, "words"), photo_ids: list(v, "photos") }),
  },
  { key: "close", press: "c", send: (of) => act.close(of) },
  {
    key: "callback", press: "b",
    fields: [
      { key: "outcome", kind: "choice", options: callOutcomes, words: "outcome", need: true },
      ...(["contacted", "solved", "satisfied"] as const).map((key): Field => ({
        key, kind: "choice", options: { contacted: ["yes", "no"], solved: ["yes", "partly", "no"], satisfied: ["yes", "mostly", "no", "none"] }[key],
        words: key === "contacted" ? "yesno" : key, when: (v) => v.outcome === "reached", need: true,
      })),
      { key: "reason", kind: "words", when: (v) => v.outcome === "reached" },
    ],
    send: (of, v) => act.callback(of, v.outcome === "reached"
      ? { outcome: "reached", contacted: v.contacted === "yes", solved: v.solved as Solved, satisfied: v.satisfied as Satisfied, ...some("reason", text(v, "reason")) }
      : { outcome: text(v, "outcome") }),
  },
  { key: "resume", outlook: () => ({ action: "resume" }), send: (of) => desk.resume(of, "") },
  { key: "note", press: "n", fields: [words, photos, { key: "public", kind: "check" }], send: (of, v) => act.note(of, { text: text(v, "words"), photo_ids: list(v, "photos"), public: flag(v, "public") }) },
  { key: "correct", press: "m", fields: [{ key: "matter", kind: "matter", need: true }], outlook: (v) => (v.matter ? { action: "correct", matter: text(v, "matter") } : null), send: (of, v) => act.correct(of, text(v, "matter")) },
  { key: "place", press: "p", fields: [{ key: "at", kind: "point", need: true }], send: (of, v) => act.place(of, point(v, "at") ?? { lon: 0, lat: 0 }) },
  { key: "ask", fields: [{ key: "question", kind: "words", need: true, picks: "ask" }], outlook: () => ({ action: "ask" }), send: (of, v) => desk.ask(of, { question: text(v, "question") }) },
  {
    key: "extend", task: (it) => mine(it) && open(it),
    fields: [{ key: "by", kind: "limit", need: true, start: { n: 1, unit: "working_day" } }, { ...reason, picks: "extend" }],
    outlook: (v) => { const by = limit(v, "by"); return by ? { action: "extend", by } : null; },
    send: (of, v, task) => desk.extend(of, task, { by: limit(v, "by") ?? { n: 1, unit: "working_day" }, reason: text(v, "reason") }),
  },
  { key: "stage", task: (it) => mine(it) && it.state === "accepted", fields: [{ key: "stage", kind: "choice", need: true }, { ...words, need: false }, photos], send: (of, v, task) => desk.stage(of, task, { stage: text(v, "stage"), words: text(v, "words"), photo_ids: list(v, "photos") }) },
  {
    key: "send_back", task: (it) => mine(it) && open(it),
    fields: [{ key: "reason", kind: "reason", need: true }, { ...words, need: false }, { key: "basis", kind: "line" }, photos],
    send: (of, v, task) => desk.sendBack(of, task, { reason: text(v, "reason"), words: text(v, "words"), basis: text(v, "basis"), photo_ids: list(v, "photos") }),
  },
  { key: "object", fields: [reason, { key: "basis", kind: "line", picks: "basis" }, photos], send: (of, v) => desk.object(of, { reason: text(v, "reason"), basis: text(v, "basis"), photo_ids: list(v, "photos") }) },
  {
    key: "escalate", fields: [{ ...reason, picks: "escalate" }],
    send: (of, v) => {
      const task = of.tasks.find((it) => mine(it) && open(it));
      return task ? desk.taskEscalate(of, task.id, { reason: text(v, "reason") }) : desk.escalate(of, { reason: text(v, "reason") });
    },
  },
  {
    key: "supervise",
    fields: [{ key: "card", kind: "choice", options: ["urge", "yellow", "red"], words: "card", need: true }, { key: "reply_by", kind: "moment", need: true }, { ...words, picks: "supervise" }],
    send: (of, v) => desk.supervise(of, { card: text(v, "card") as "urge", reply_by: instant(v, "reply_by") ?? "", words: text(v, "words") }),
  },
  {
    key: "whistle", now: emergency, fields: [{ key: "units", kind: "units", need: (v) => !v.lead }, { key: "lead", kind: "unit" }, { key: "minutes", kind: "minutes" }, words],
    outlook: (v) => (called(v).units.length ? { action: "whistle", ...called(v) } : null),
    send: (of, v) => desk.whistle(of, { ...called(v), words: text(v, "words") }),
  },
  {
    key: "confer",
    fields: [
      { key: "chair", kind: "line", need: true }, { key: "moment", kind: "moment" }, { key: "units", kind: "units" }, { key: "decided", kind: "check" },
      { key: "minutes", kind: "words", when: (v) => flag(v, "decided"), need: true }, { key: "decision", kind: "words", when: (v) => flag(v, "decided"), need: true },
      { key: "lead", kind: "unit", when: (v) => flag(v, "decided") }, { key: "helpers", kind: "units", when: (v) => flag(v, "decided") },
      { key: "allows", kind: "several", options: ["extend", "reopen"], words: "allowed", when: (v) => flag(v, "decided") }, { ...photos, when: (v) => flag(v, "decided") },
    ],
    send: (of, v) => desk.confer(of, {
      chair: text(v, "chair"), units: list(v, "units"), ...some("at", instant(v, "moment")),
      ...(flag(v, "decided") ? { minutes: text(v, "minutes"), decision: text(v, "decision"), ...some("lead", text(v, "lead")), helpers: list(v, "helpers"), allows: list(v, "allows") as ("extend" | "reopen")[], photo_ids: list(v, "photos") } : {}),
    }),
  },
  {
    key: "raise_urgency", now: (_of, v) => v.urgency === "emergency", fields: [{ key: "urgency", kind: "choice", options: ["urgent", "emergency"], words: "urgency", need: true }, reason],
    send: (of, v) => desk.raise(of, { urgency: text(v, "urgency") as "urgent", reason: text(v, "reason") }),
  },
  {
    key: "bulletin", now: () => true, fields: [{ key: "kind", kind: "choice", options: ["first", "further", "final"], words: "bulletin", need: true }, words],
    send: (of, v) => desk.bulletin(of, { kind: text(v, "kind") as "first", words: text(v, "words") }),
  },
  {
    key: "after_action", fields: ["happened", "measures", "lessons"].map((key): Field => ({ key, kind: "words", need: true })),
    send: (of, v) => desk.afterAction(of, { happened: text(v, "happened"), measures: text(v, "measures"), lessons: text(v, "lessons") }),
  },
  {
    key: "shelve", fields: [{ key: "class", kind: "choice", options: ["seasonal", "engineering"], words: "pause", need: true }, { key: "review_on", kind: "day", need: true }, reason],
    outlook: () => ({ action: "shelve" }),
    send: (of, v) => desk.shelve(of, { class: text(v, "class") as "seasonal", review_on: text(v, "review_on"), reason: text(v, "reason") }),
  },
  { key: "merge", fields: [{ key: "into", kind: "case", need: true }], send: (of, v) => desk.merge(of, text(v, "into")) },
  { key: "unmerge", fields: [reason], send: (of, v) => desk.unmerge(of, text(v, "reason")) },
  {
    key: "reopen", fields: [{ key: "cause", kind: "choice", options: ["unsolved", "unsatisfied", "recurred", "ruling"], words: "cause", need: true }, reason],
    outlook: () => ({ action: "reopen" }),
    send: (of, v) => desk.reopen(of, { cause: text(v, "cause") as "unsolved", reason: text(v, "reason") }),
  },
  { key: "archive", send: (of) => desk.archive(of) },
  { key: "refuse", danger: true, fields: [{ key: "reason", kind: "choice", options: refusals, words: "refusal", need: true }, words], send: (of, v) => act.refuse(of, { reason: text(v, "reason"), words: text(v, "words") }) },
  { key: "annul", danger: true, fields: [{ ...reason, picks: "annul" }, words], send: (of, v) => desk.annul(of, { reason: text(v, "reason"), words: text(v, "words") }) },
  // Nothing is erased by this: it asks somebody else to decide.
  { key: "erase", danger: true, fields: [reason], send: (of, v) => askErasure(of.id, text(v, "reason")) },
];

/** The name of an action's form on a case. */
export const formOf = (deed: Deed, id: string): string => `${deed.key}:${id}`;

/**
 * Whether an action is done at once and cannot be taken back. A bell that rings until somebody answers, a report of an emergency, a whistle in one and
 * coming to it must not wait ten seconds; nor may a clock run out while what it waits for was decided in time.
 */
export function atOnce(deed: Deed, of: Case, v: Values, task: string, now = Date.now()): boolean {
  const part = of.tasks.find((it) => it.id === task);
  const clocks = of.paused ? [] : [of.red_at, part?.red_at, part?.report_by, part?.state === "offered" ? part.accept_by : null];
  return deed.now?.(of, v) === true || clocks.some((it) => runsOut(it, now));
}

/** The tasks that an action can be about. */
export const tasksFor = (deed: Deed, of: Case): Task[] => (deed.task ? of.tasks.filter(deed.task) : []);

/** What is offered to this person on this case: what the server allows, and only where there is a task to do it to. */
export const offeredOn = (of: Case): Deed[] =>
  deeds.filter((it) => [it.key, ...(it.also ?? [])].some((word) => of.may.includes(word)) && (!it.task || tasksFor(it, of).length > 0));
