import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import WallPage from "@/faces/console/wall/WallPage.vue";
import { mounted, serve } from "./mounted";

vi.mock("@/shared/map/GridMap.vue", async () => {
  const { defineComponent, h } = await import("vue");
  return { default: defineComponent({ props: ["pins", "label"], setup: (props) => () => h("i", { class: "pins" }, String(props.pins.length)) }) };
});
const drawn: Record<string, unknown>[] = [];
vi.mock("echarts/core", async (real) => ({ ...(await real<object>()), init: () => ({ setOption: (it: Record<string, unknown>) => drawn.push(it), on: () => undefined, resize: () => undefined, dispose: () => undefined }) }));

const spot = (n: number) => ({ id: String(n), title: "", state: "assigned", lon: 1, lat: 1, light: "red", red_at: null, yellow_at: null, attention: [] });
const standing = (n: number) => ({ total: { lights: [{ word: "open", n, cases: "?state=open" }] }, rows: [] });
const wall = async (all: number, next: string | null) => {
  const asked = serve({ "GET /incidents": { body: { items: Array.from({ length: Math.min(all, 200) }, (_, n) => spot(n)), next } }, "GET /reports/standing": { body: standing(all) }, "GET /reports/days": { body: { items: [] } } });
  const { wrapper } = await mounted(WallPage);
  await vi.waitFor(() => expect(wrapper.get(".pins").text()).toBe(String(Math.min(all, 200))));
  return { wrapper, asked };
};
beforeEach(() => vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined })));
afterEach(() => { vi.unstubAllGlobals(); document.body.innerHTML = ""; });

/** Every size of type in what a chart is drawn by. */
const sizes = (of: unknown): number[] => (of && typeof of === "object" ? Object.entries(of).flatMap(([key, it]) => (key === "fontSize" ? [Number(it)] : sizes(it))) : []);

describe("what waits on the wall", () => {
  it("is what nobody has yet or somebody must decide, with a clock or without, the oldest first, with how long it has waited", async () => {
    const hours = (n: number) => new Date(Date.now() - n * 3_600_000 - 60_000).toISOString();
    const one = (id: string, ago: number) => ({ ...spot(1), id, state: "received", light: "none", reported_at: hours(ago), grid: { name: `${id}格` }, matter: null });
    const asked: string[] = [];
    serve({ "GET /reports/standing": { body: standing(3) }, "GET /reports/days": { body: { items: [] } } });
    const others = globalThis.fetch;
    vi.stubGlobal("fetch", async (input: Request | string, init?: RequestInit) => {
      const url = new URL(input instanceof Request ? input.url : input, location.origin);
      if (!url.pathname.endsWith("/incidents")) return others(input, init);
      asked.push(url.search);
      const items = url.searchParams.get("sort") !== "oldest" ? [] : url.searchParams.has("attention") ? [one("甲", 80), one("丙", 3)] : [one("乙", 5), one("丙", 3)];
      return new Response(JSON.stringify({ items, next: null }), { headers: { "content-type": "application/json" } });
    });
    const { wrapper } = await mounted(WallPage);
    await vi.waitFor(() => expect(wrapper.findAll(".waits li").length).toBeGreaterThan(1));
    const rows = wrapper.findAll(".waits li").map((it) => [it.get(".waited").text(), it.get(".what").text().slice(0, 2), it.get("a").attributes("href")]);
    expect(rows.slice(0, 2)).toEqual([["等了 3 天", "甲格", "/cases/甲"], ["等了 5 小时", "乙格", "/cases/乙"]]);
    expect(asked.some((it) => it.includes("sort=oldest") && it.includes("state=received%2Caccepted"))).toBe(true);
  });
});

describe("the curve of the wall", () => {
  it("has axes and a legend that can be read from six metres", async () => {
    document.documentElement.style.cssText = "font-size: 15px; --wall-words: 1.9rem";
    serve({ "GET /incidents": { body: { items: [], next: null } }, "GET /reports/standing": { body: standing(0) }, "GET /reports/days": { body: { items: [{ date: "2026-11-26", reported: 3, resolved: 1, cases: "?", resolved_cases: "?" }] } } });
    const { wrapper } = await mounted(WallPage);
    await vi.waitFor(() => expect(wrapper.find(".chart").attributes("data-type")).toBe("29"));
    const used = sizes(drawn.at(-1));
    expect(used.length).toBeGreaterThan(4);
    expect(Math.min(...used)).toBeGreaterThanOrEqual(28);
    document.documentElement.style.cssText = "";
  });
});

describe("the map of the wall", () => {
  it("says that it shows the most urgent only, when there are more than it shows", async () => {
    const { wrapper } = await wall(731, "more");
    expect(wrapper.get(".part").text()).toBe("图上是最急的 200 件，共 731 件没办结");
  });
  it("says nothing when it shows all", async () => {
    const { wrapper } = await wall(3, null);
    expect(wrapper.find(".part").exists()).toBe(false);
  });
});
