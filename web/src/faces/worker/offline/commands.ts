import { uuidv7 } from "@/api/uuid";
import type { Burden } from "@/api/calls/worker";
import type { components } from "@/api/schema";
import type { Case, Done, NewCase, Task } from "@/api/types";
import type { NewCommand, Seen } from "./outbox";

// What a worker can do, as commands for the outbox. `action` is a word of the list `words.action`.

/** What a conflict is judged by, field by field: how the case looked when the person decided. */
export const seenOf = (c: Case): Seen => ({
  state: c.state, matter: c.matter?.name ?? "", lead: [c.lead?.unit, c.lead?.person].filter(Boolean).join(" "), urgency: c.urgency, due: c.due_at ?? "", address: c.address ?? "", result: c.result ?? "",
  // What is signed is what was read.
  reply: c.tasks.find((it) => it.state === "signing")?.unsigned?.reply ?? "",
});

/** Which of them are not the same any more. */
export function differences(seen: Seen, now: Case | undefined): { field: string; before: string; now: string }[] {
  if (!now) return [];
  const present = seenOf(now);
  return Object.keys(present).filter((field) => seen[field] !== undefined && seen[field] !== present[field]).map((field) => ({ field, before: seen[field]!, now: present[field]! }));
}

type Body = Record<string, unknown>;
const onCase = (c: Case, action: string, path: string, body: Body, guarded = true): NewCommand => ({
  method: "POST", path: `/incidents/${c.id}${path}`, body, subject: c.id, version: guarded ? c.version : null, action, title: c.title, seen: seenOf(c),
});
const onTask = (c: Case, task: Task, action: string, verb: string, body: Body): NewCommand => onCase(c, action, `/tasks/${task.id}/${verb}`, body);

export const commands = {
  accept: (c: Case, task: Task) => onTask(c, task, "take_on", "accept", {}),
  done: (c: Case, task: Task, body: Done) => onTask(c, task, task.role === "helper" ? "assist" : "resolve", "done", { ...body }),
  note: (c: Case, body: { text: string; photo_ids: string[]; public: boolean; before?: boolean }) => onCase(c, "note", "/note", body, false),
  extend: (c: Case, task: Task, body: { by: { n: number; unit: string }; reason: string }) => onTask(c, task, "extend", "extend", body),
  escalate: (c: Case, task: Task, reason: string) => onTask(c, task, "escalate", "escalate", { reason }),
  sendBack: (c: Case, task: Task, body: { reason: string; words: string; basis: string; photo_ids: string[] }) => onTask(c, task, "send_back", "send-back", body),
  stage: (c: Case, task: Task, body: { stage: string; words: string; photo_ids: string[] }) => onTask(c, task, "stage", "stage", body),
  sign: (c: Case, task: Task) => onTask(c, task, "sign", "sign", {}),
  handBack: (c: Case, task: Task, words: string) => onTask(c, task, "hand_back", "hand-back", { words }),
  reportIn: (c: Case, task: Task, body: { note: string; photo_ids: string[]; lon?: number; lat?: number }) => onTask(c, task, "report_in", "report-in", body),
  verify: (c: Case, body: { passed: boolean; words: string; photo_ids: string[] }) => onCase(c, body.passed ? "verify" : "return", "/verify", body),
  ask: (c: Case, question: string) => onCase(c, "ask", "/ask", { question }),
  whistle: (c: Case, body: { units: { unit: string; role: string }[]; words: string }) => onCase(c, "whistle", "/whistle", body),
  help: (c: Case, task: Task, body: { units: string[]; words: string }) => onTask(c, task, "whistle", "help", body),
  object: (c: Case, body: { reason: string; basis: string; photo_ids: string[] }) => onCase(c, "object", "/object", body),
  resume: (c: Case, words: string) => onCase(c, "resume", "/resume", { words }),
  raise: (c: Case, urgency: "urgent" | "emergency", reason: string) => onCase(c, "raise_urgency", "/urgency", { urgency, reason }),
  /** A report keeps the id that it gets here, so that what follows can name it before it was sent. */
  report: (body: NewCase, id = uuidv7()): NewCommand => ({ method: "POST", path: "/incidents", body: { ...body, id }, id, subject: id, makes: true, action: "report", title: body.text }),
  told: (kind: string, name: string, id = uuidv7()): NewCommand => ({ method: "POST", path: "/must-reports/told", body: { kind, id }, id, action: "told", title: name }),
  dayEntry: (of: string, words: string, at: Date, id = uuidv7()): NewCommand => ({ method: "POST", path: "/day/entries", body: { id, day: of, words, at: at.toISOString() }, id, action: "day_entry", title: words }),
  complain: (body: components["schemas"]["BurdenForm"], about: string): NewCommand => ({ method: "POST", path: "/burdens", body: { ...body }, action: "complain", title: about }),
  judge: (of: Burden, satisfied: boolean, words: string): NewCommand => ({
    method: "POST", path: `/burdens/${of.id}/review`, body: { version: of.version, words, satisfied }, action: "judge", title: of.about,
  }),
  takeBack: (entry: string, words: string): NewCommand => ({ method: "DELETE", path: `/day/entries/${entry}`, body: {}, action: "take_back", title: words }),
} as const;
