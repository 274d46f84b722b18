import { QueryClient } from "@tanstack/vue-query";
import { flushPromises, mount } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { computed, effectScope, ref, shallowRef } from "vue";
import type { Filters, Row } from "@/api/types";
import CaseTable from "@/faces/console/incidents/CaseTable.vue";
import { moved } from "@/faces/console/incidents/place";
import { useRows } from "@/faces/console/incidents/rows";
import { renew, type Stretch } from "@/faces/console/incidents/stretches";
import { useLive, whenChanged } from "@/faces/console/live";
import { mounted } from "./mounted";

const row = (id: string) => ({ id, attention: [], matter: null, grid: null, owner: null, lead: null }) as unknown as Row;
const ids = (rows: Row[]) => rows.map((it) => it.id).join("");

describe("a stretch of a list, read anew", () => {
  const stretch = (cursor: string, letters: string, next: string | null): Stretch => ({ cursor, items: [...letters].map(row), next, stale: true });
  /** Two stretches, of which the first is read anew; answers with cursor, rows and what is stale of each, and the end. */
  function after(now: string, next: string | null = "n", list = [stretch("", "abcd", "d"), stretch("d", "efgh", "h")]) {
    renew(list, list[0]!, { items: [...now].map(row), next }, true);
    return [...list.map((it) => `${it.cursor}:${ids(it.items)}${it.stale ? "?" : ""}`), list.at(-1)!.next];
  }
  it("gives what newer cases pushed out of it to the one behind it", () => expect(after("xabc", "c")).toEqual([":xabc", "c:defgh?", "h"]));
  it("loses what is gone, also from its end", () => {
    expect(after("acde", "e")).toEqual([":acde", "d:fgh?", "h"]);
    expect(after("abce", "e")).toEqual([":abce", "d:fgh?", "h"]);
  });
  it("does both at once", () => expect(after("xacd", "d")).toEqual([":xacd", "d:efgh?", "h"]));
  it("leaves a place between the two for what it does not know", () => expect(after("axyz", "z")).toEqual([":axyz", "z:bcd?", "d:efgh?", "h"]));
  it("takes over what has moved up into it", () => expect(after("gabc", "c")).toEqual([":gabc", "c:defh?", "h"]));
  it("keeps what was pushed out where its own last row has moved up", () => expect(after("xdab", "b")).toEqual([":xdab", "b:cefgh?", "h"]));
  it("is the end of the list when nothing follows it", () => expect(after("ab", null)).toEqual([":ab", null]));
  it("ends the list where it was its last", () => expect(after("xabc", "c", [stretch("", "abcd", "d")])).toEqual([":xabc", "c"]));
});

/** A server's list, and how often it was asked. */
function served(all: string[]) {
  const asked: string[] = [];
  const list = { all, asked };
  vi.stubGlobal("fetch", async (request: Request) => {
    const { searchParams } = new URL(request.url);
    const [cursor, limit] = [searchParams.get("cursor") ?? "", Number(searchParams.get("limit"))];
    asked.push(cursor);
    // A cursor is a place in the order of the list, whether its row is still there or not.
    const begin = cursor ? list.all.filter((it) => it <= cursor).length : 0;
    const items = list.all.slice(begin, begin + limit).map(row);
    const next = begin + limit < list.all.length ? items.at(-1)!.id : null;
    return new Response(JSON.stringify({ items, next }), { headers: { "content-type": "application/json" } });
  });
  return list;
}
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => String(from + i).padStart(5, "0"));

describe("a list that is read far down", () => {
  let scope = effectScope();
  afterEach(() => { scope.stop(); scope = effectScope(); vi.unstubAllGlobals(); });
  async function list(all: string[], pages: number, at: number) {
    const server = served(all);
    const view = shallowRef<[number, number]>([0, 20]);
    const it = scope.run(() => useRows(computed(() => ({}) as Filters), view))!;
    await flushPromises();
    for (let n = 0; n < pages; n += 1) await it.more();
    view.value = [at, at + 20];
    await flushPromises();
    server.asked.length = 0;
    return { server, view, ...it };
  }
  it("is read again where it is looked at when everything is to be, and does not begin anew", async () => {
    const { server, rows, count, refresh } = await list(numbers(100, 3_000), 10, 700);
    const before = rows.value[700]!.id;
    server.all = numbers(95, 3_000).filter((it) => it !== rows.value[705]!.id);
    await refresh(null);
    expect(count.value).toBe(1_034);
    expect(rows.value[705]!.id).toBe(before);
    expect(rows.value.map((it) => it.id)).toEqual(server.all.slice(0, 1_034));
    expect(server.asked.length).toBeLessThanOrEqual(4);
  });
  it("is read again elsewhere when somebody looks there", async () => {
    const { server, view, rows, refresh } = await list(numbers(100, 3_000), 10, 700);
    const gone = rows.value[200]!.id;
    server.all = server.all.filter((it) => it !== gone);
    await refresh(null);
    expect(rows.value.some((it) => it.id === gone)).toBe(true);
    view.value = [190, 210];
    await flushPromises();
    expect(rows.value.map((it) => it.id)).toEqual(server.all.slice(0, 1_029));
  });
  it("keeps its place where many came in between, and has them all once they are looked at", async () => {
    const even = numbers(0, 4_000).filter((_, i) => i % 20 === 0);
    const { server, view, rows, refresh } = await list(even, 2, 100);
    const before = rows.value[100]!.id;
    server.all = numbers(0, 4_000);
    await refresh(null);
    expect(rows.value.some((it) => it.id === before)).toBe(true);
    for (let at = 0; at < 2_000; at += 15) { view.value = [at, at + 20]; await flushPromises(); }
    expect(rows.value.slice(0, 2_000).map((it) => it.id).join()).toBe(server.all.slice(0, 2_000).join());
  });
  it("reads once more for all that it heard meanwhile", async () => {
    const { server, refresh } = await list(numbers(0, 100), 0, 0);
    await Promise.all([refresh(null), refresh(new Set(["00001"])), refresh(null), refresh(null)]);
    await flushPromises();
    expect(server.asked).toHaveLength(2);
  });
});

describe("the place in a list", () => {
  const rows = (letters: string) => [...letters].map(row);
  it("is that of the first row in view that is still there", () => {
    expect(moved(rows("abcdefgh"), rows("xyabcdefgh"), [2, 5], null)).toBe(2);
    expect(moved(rows("abcdefgh"), rows("xyabdefgh"), [2, 5], null)).toBe(1);
    expect(moved(rows("abcdefgh"), rows("bfgh"), [2, 5], null)).toBe(-1);
    expect(moved(rows("abc"), rows("xyz"), [1, 3], null)).toBe(0);
  });
  it("is that of the open case where that is in view", () => expect(moved(rows("abcdefgh"), rows("xcabdefgh"), [2, 5], "d")).toBe(1));
  it("stays at the beginning, where new rows come, as long as the open case stays in view", () => {
    expect(moved(rows("abcdefgh"), rows("xyabcdefgh"), [0, 3], null)).toBe(0);
    expect(moved(rows("abcdefgh"), rows("xabcdefgh"), [0, 3], "b")).toBe(0);
    expect(moved(rows("abcdefgh"), rows("xyabcdefgh"), [0, 3], "b")).toBe(2);
  });
});

describe("the desk's table", () => {
  const made = (from: number, to: number) => numbers(from, to).map((id) => ({ ...row(id), title: id, state: "closed", urgency: "normal", reported_at: "2026-03-14T01:00:00.000Z", reporters: 1 }) as Row);
  const shows = (rows: Row[]) => ({ rows, count: rows.length, selected: null, checked: new Set<string>(), loading: false, complete: true, label: "" });
  it("shows the same rows in the same elements when rows came above them", async () => {
    const all = made(0, 300);
    const props = shallowRef(shows(all));
    const { wrapper } = await mounted({ components: { CaseTable }, setup: () => ({ props }), template: `<CaseTable v-bind="props" />` });
    const box = wrapper.get(".scroll").element;
    const tall = Number.parseFloat(wrapper.get("li").element.style.blockSize);
    box.scrollTop = 100 * tall;
    await wrapper.get(".scroll").trigger("scroll");
    await vi.waitFor(() => expect(wrapper.text()).toContain("00105"));
    const shown = () => new Map(wrapper.findAll("li").map((it) => [it.find(".title").text(), it.element]));
    const before = shown();
    props.value = shows([...made(1_000, 1_007), ...all]);
    await flushPromises();
    expect(box.scrollTop).toBe(107 * tall);
    expect(shown()).toEqual(before);
    wrapper.unmount();
  });
});

describe("what a page hears", () => {
  class Stream extends EventTarget {
    static now: Stream;
    onopen?: () => void;
    onerror?: () => void;
    constructor() { super(); Stream.now = this; }
    close(): void {}
  }
  beforeEach(() => { vi.useFakeTimers(); vi.stubGlobal("EventSource", Stream); });
  afterEach(() => { vi.useRealTimers(); vi.unstubAllGlobals(); });
  it("makes it read everything anew at once, and again only after a while, however often it is told", async () => {
    const heard = vi.fn();
    const wrapper = mount({ setup() { useLive(ref(true)); whenChanged(heard); return () => null; } }, { global: { provide: { VUE_QUERY_CLIENT: new QueryClient() } } });
    const reload = () => Stream.now.dispatchEvent(new Event("reload"));
    reload();
    expect(heard.mock.calls).toEqual([[null]]);
    for (let n = 0; n < 20; n += 1) { vi.advanceTimersByTime(100); reload(); }
    expect(heard).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1_500);
    expect(heard).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(10_000);
    expect(heard).toHaveBeenCalledTimes(2);
    wrapper.unmount();
  });
});
