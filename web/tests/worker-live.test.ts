import { flushPromises } from "@vue/test-utils";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { defineComponent, h } from "vue";
import type { Case, Session, Task } from "@/api/types";
import { alarm, useLive } from "@/faces/worker/live";
import { useField } from "@/faces/worker/offline/field";
import { useSession } from "@/shared/access/session";
import { mounted, stores } from "./mounted";

class Ear extends EventTarget {
  static open: Ear[] = [];
  static CLOSED = 2;
  readyState = 1;
  onerror: (() => void) | null = null;
  constructor() {
    super();
    Ear.open.push(this);
  }
  close(): void {
    Ear.open = Ear.open.filter((it) => it !== this);
  }
}
const who = { account: "a-1", name: "网格员", home: "/w/", roles: [], permissions: [], csrf: "token", expires_at: "2099-01-01T00:00:00Z" } as Session;
const aCase = (id: string, urgency: string, state = "offered") => ({ id, title: id, urgency, tasks: [{ id: `t${id}`, mine: true, state } as Task] }) as unknown as Case;
const held = (...all: Case[]) => new Map(all.map((it) => [it.id, it]));

async function face(session: Session = who) {
  const page = await mounted(defineComponent({ setup: () => { useLive(); return () => h("p"); } }));
  const field = useField(stores());
  field.sync = vi.fn(async () => undefined);
  useSession(stores()).take(session);
  await flushPromises();
  return { ...page, field };
}

describe("the worker's ear", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("EventSource", Ear);
    Ear.open = [];
    alarm.value = null;
    return () => { vi.useRealTimers(); vi.unstubAllGlobals(); };
  });
  it("reads at once what the server tells, many changes together", async () => {
    const { field, wrapper } = await face();
    expect(Ear.open).toHaveLength(1);
    for (const name of ["change", "change", "notice"]) Ear.open[0]!.dispatchEvent(new Event(name));
    expect(field.sync).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(350);
    expect(field.sync).toHaveBeenCalledTimes(1);
    wrapper.unmount();
    expect(Ear.open).toHaveLength(0);
  });
  it("listens to nothing without network, without the server's word, or in a pocket", async () => {
    const { field } = await face({ ...who, csrf: "" });
    expect(Ear.open).toHaveLength(0);
    useSession(stores()).take(who);
    await flushPromises();
    expect(Ear.open).toHaveLength(1);
    field.online = false;
    await flushPromises();
    expect(Ear.open).toHaveLength(0);
  });
  it("rings for the first case of an empty inbox, once that was read", async () => {
    const { field } = await face();
    field.cases = held();
    field.marks = { ...field.marks, at: 1 };
    await flushPromises();
    field.cases = held(aCase("first", "emergency"));
    await flushPromises();
    expect(alarm.value?.id).toBe("first");
  });
  it("rings for an emergency that comes in, and for none that was there or is taken on", async () => {
    const { field } = await face();
    field.cases = held(aCase("old", "emergency"));
    await flushPromises();
    expect(alarm.value).toBeNull();
    field.cases = held(aCase("old", "emergency"), aCase("plain", "normal"), aCase("new", "emergency"));
    await flushPromises();
    expect(alarm.value?.id).toBe("new");
    field.cases = held(aCase("old", "emergency"), aCase("new", "emergency", "accepted"));
    await flushPromises();
    expect(alarm.value).toBeNull();
  });
});
