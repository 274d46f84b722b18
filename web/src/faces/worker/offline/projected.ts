import type { Case, CaseState, Task } from "@/api/types";
import type { Item } from "./outbox";

/** What a task or case will be when what waits has been sent; only what cannot be mistaken is foreseen. */
const afterwards: Record<string, { task?: Task["state"]; state?: CaseState }> = {
  take_on: { task: "accepted", state: "in_progress" },
  report_in: { task: "accepted" },
  assist: { task: "done" },
  resolve: { task: "done", state: "resolved" },
  send_back: { task: "returned" },
  sign: { task: "done", state: "resolved" },
  hand_back: { task: "accepted" },
};

/** The case as its worker left it: what the server said, and on top what this device still has to send. */
export function projected(c: Case, items: readonly Item[]): Case {
  const own = items.filter((it) => it.subject === c.id && it.state === "waiting");
  return own.reduce<Case>((now, item) => {
    if (item.action === "stage") return { ...now, stages: (now.stages ?? []).filter((it) => it.name !== item.body.stage) };
    const then = afterwards[item.action];
    if (!then) return now;
    const id = /\/tasks\/([^/]+)\//.exec(item.path)?.[1];
    const task = now.tasks.find((it) => it.id === id);
    return {
      ...now,
      tasks: now.tasks.map((it) => (it.id === id && then.task ? { ...it, state: then.task, accept_by: null } : it)),
      state: then.state && (item.action === "resolve" || task?.role === "lead") ? then.state : now.state,
    };
  }, c);
}

/** The results that wait for this person's signature. */
export const toSign = (c: Case): Task[] => (c.may.includes("sign") ? c.tasks.filter((it) => it.state === "signing") : []);

/** The open tasks of a case that stand in its worker's inbox. */
export const ownTasks = (c: Case): Task[] => c.tasks.filter((it) => it.to_me && (it.state === "offered" || it.state === "accepted" || it.state === "signing"));
