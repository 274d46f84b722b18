import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Case, Task } from "@/api/types";
import { deeds, offeredOn } from "@/faces/console/incidents/actions";
import { asQuery, fromQuery } from "@/faces/console/incidents/filters";
import { instant, lacking, shown, start } from "@/faces/console/incidents/values";
import { placesFor } from "@/faces/console/navigation";
import { drop, flush, forgetPending, later, pending, pendingFor, retry, undo } from "@/faces/console/pending";
import words from "@/locales/zh/console.json";

describe("what can still be taken back", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(async () => { undo(); await flush(); pending.failed.map((it) => it.id).forEach(drop); vi.useRealTimers(); });
  it("is done after ten seconds and not before", async () => {
    const send = vi.fn(async () => undefined);
    await later("受理", "1", send, () => undefined);
    await vi.advanceTimersByTimeAsync(9_900);
    expect(send).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(200);
    expect(send).toHaveBeenCalledOnce();
    expect(pending.now).toBeNull();
  });
  it("is never done once it was taken back", async () => {
    const send = vi.fn(async () => undefined);
    await later("派单", "1", send, () => undefined);
    expect(undo()).toBe(true);
    await vi.advanceTimersByTimeAsync(60_000);
    await flush();
    expect(send).not.toHaveBeenCalled();
  });
  it("is done before the next thing, in the order of deciding", async () => {
    const done: string[] = [];
    await later("受理", "1", async () => void done.push("accept"), () => undefined);
    await later("派单", "1", async () => void done.push("dispatch"), () => undefined);
    expect(done).toEqual(["accept"]);
    await flush();
    expect(done).toEqual(["accept", "dispatch"]);
  });
  it("stays in view when it fails, and can be tried again", async () => {
    let fails = true;
    const send = vi.fn(async () => { if (fails) throw new Error("no"); });
    const after = vi.fn();
    await later("结案", "1", send, after);
    await flush();
    expect(pending.failed.map((it) => it.words)).toEqual(["结案"]);
    fails = false;
    await retry(pending.failed[0]!.id);
    expect(pending.failed).toEqual([]);
    expect(after).toHaveBeenLastCalledWith(null);
  });
  it("stays in view while the next things are done", async () => {
    await later("受理", "1", async () => { throw new Error("no"); }, () => undefined);
    await later("派单", "2", async () => undefined, () => undefined);
    await flush();
    expect(pending.failed.map((it) => it.words)).toEqual(["受理"]);
  });
  it("is none lost when several are decided while one is being done", async () => {
    const done: string[] = [];
    let go = (): void => undefined;
    void later("甲", "1", () => new Promise<void>((then) => (go = () => { done.push("1"); then(); })), () => undefined);
    void flush();
    await vi.advanceTimersByTimeAsync(0);
    void later("乙", "2", async () => void done.push("2"), () => undefined);
    void later("丙", "3", async () => void done.push("3"), () => undefined);
    expect([pendingFor("1"), pendingFor("2"), pendingFor("3"), pendingFor("4")]).toEqual([true, true, true, false]);
    go();
    await flush();
    expect(done).toEqual(["1", "2", "3"]);
    expect(pendingFor("3")).toBe(false);
  });
  it("is nothing to whoever comes next", async () => {
    await later("结案", "1", async () => { throw new Error("no"); }, () => undefined);
    await flush();
    forgetPending();
    expect(pending.failed).toEqual([]);
  });
  it("goes on when what is read afterwards breaks", async () => {
    const send = vi.fn(async () => undefined);
    await later("甲", "1", async () => undefined, () => { throw new Error("render"); });
    await later("乙", "2", send, () => undefined);
    await flush();
    expect([send.mock.calls.length, pendingFor("1")]).toEqual([1, false]);
  });
  it("is tried again on what there is by then", async () => {
    const again = vi.fn(async () => undefined);
    const send = vi.fn(async () => { throw new Error("stale"); });
    await later("转办", "1", send, () => undefined, { again });
    await flush();
    await retry(pending.failed[0]!.id);
    expect([send.mock.calls.length, again.mock.calls.length, pending.failed.length]).toEqual([1, 1, 0]);
  });
});

describe("the forms of actions", () => {
  const deed = (key: string) => deeds.find((it) => it.key === key)!;
  const fields = (key: string) => deed(key).fields ?? [];
  it("ask for a reason only from whoever overrules the rules", () => {
    expect(lacking(fields("dispatch"), {})).toBeUndefined();
    expect(lacking(fields("dispatch"), { unit: "u" })?.key).toBe("reason");
  });
  it("ask for answers only when somebody was reached", () => {
    expect(lacking(fields("callback"), { outcome: "no_answer" })).toBeUndefined();
    expect(lacking(fields("callback"), { outcome: "reached", contacted: "yes", solved: "no" })?.key).toBe("satisfied");
  });
  it("want words with a verification that was not passed", () => {
    expect(lacking(fields("verify"), { passed: "yes" })).toBeUndefined();
    expect(lacking(fields("verify"), { passed: "no", words: "  " })?.key).toBe("words");
  });
  it("want a whole result", () => {
    expect(lacking(fields("resolve"), start(fields("resolve")))?.kind).toBe("result");
    expect(lacking(fields("resolve"), { result: { result: "solved", public_reply: "好了", note: "", photos: [], planned: "" } })).toBeUndefined();
  });
  it("show a lead only when an objection is upheld", () => expect(shown(fields("rule"), { upheld: "no" }).map((it) => it.key)).toEqual(["upheld", "words"]));
  it("turn a moment into an instant, and nonsense into nothing", () => {
    // In the district's time, which is eight hours ahead, wherever the browser stands.
    expect(instant({ at: "2026-11-20T10:00" }, "at")).toBe("2026-11-20T02:00:00.000Z");
    expect(instant({ at: "never" }, "at")).toBeNull();
  });
  it("have words for every action and every field", () => {
    const form = words.form as Record<string, unknown>;
    for (const it of deeds) {
      expect((words.act as Record<string, unknown>)[it.key], it.key).toBeTypeOf("string");
      for (const field of it.fields ?? []) {
        if (field.kind === "result") continue;
        const own = (form[it.key] as Record<string, unknown> | undefined)?.[field.key];
        expect(typeof own === "string" || typeof form[field.key] === "string", `${it.key}.${field.key}`).toBe(true);
      }
    }
  });
  it("have no key twice", () => {
    const keys = deeds.flatMap((it) => (it.press ? [it.press] : []));
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe("what is offered on a case", () => {
  const task = (more: Partial<Task>) => ({ id: "t", role: "lead", unit: null, state: "offered", mine: true, ...more }) as Task;
  const of = (may: string[], tasks: Task[] = []) => ({ may, tasks }) as unknown as Case;
  const keys = (it: Case) => offeredOn(it).map((one) => one.key);
  it("is what the server allows", () => expect(keys(of(["note", "accept"]))).toEqual(["accept", "note"]));
  it("needs a task of one's own where it is about one", () => {
    expect(keys(of(["take_on"], [task({ mine: false })]))).toEqual([]);
    expect(keys(of(["take_on"], [task({})]))).toEqual(["take_on"]);
  });
  it("is reporting in, not taking on, while a whistle waits", () => expect(keys(of(["take_on", "report_in"], [task({ report_by: "2026-11-20T00:00:00Z" })]))).toEqual(["report_in"]));
  it("is one form for verifying and returning", () => expect(keys(of(["return"]))).toEqual(["verify"]));
});

describe("filters", () => {
  it("survive the address", () => expect(fromQuery(asQuery({ state: "open", light: "red", mine: true }))).toEqual({ state: "open", light: "red", mine: true }));
  it("leave out what is none", () => expect(fromQuery({ state: "", other: "x", q: "灯" })).toEqual({ q: "灯" }));
});

describe("the places of the console", () => {
  it("are those that somebody may see", () => {
    expect(placesFor(["incident.read"]).map((it) => it.to)).toContain("/cases");
    expect(placesFor([])).toEqual([]);
  });
});
