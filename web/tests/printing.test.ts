import { enableAutoUnmount } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import DeskPage from "@/faces/console/incidents/DeskPage.vue";
import { mounted, serve } from "./mounted";

vi.mock("@/shared/map/GridMap.vue", async () => ({ default: (await import("vue")).defineComponent({ render: () => null }) }));
enableAutoUnmount(afterEach);
beforeEach(() => {
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined }));
  vi.stubGlobal("ResizeObserver", class { observe(): void {} disconnect(): void {} });
});
afterEach(() => { vi.unstubAllGlobals(); document.body.innerHTML = ""; });

const row = (n: number) => ({
  id: `i${n}`, code: `C20261127-000${n}`, version: 1, state: "received", channel: "web", source: "resident", urgency: "normal", title: `路灯不亮 ${n}`, lon: null, lat: null, light: "none", red_at: null, yellow_at: null,
  attention: ["no-grid"], grid: { code: "990101001", name: "一格" }, matter: { id: "m", name: "路灯不亮" }, lead: { unit: "区市政中心", person: "顾言" }, reporters: 1, photo_count: 0, reported_at: "2026-11-27T01:00:00Z",
});
const desk = async (path: string, items: object[], states: Record<string, number>) => {
  serve({
    "GET /incidents": { body: { items, next: null } }, "GET /incidents/counts": { body: { states, lights: {}, attention: {} } }, "GET /filters": { body: { items: [] } },
    "GET /district": { body: { code: "990101", name: "某区", demo: true, bounds: [0, 0, 1, 1], centre: [0, 0], zone: "+08:00", hotlines: [] } },
  });
  const { wrapper } = await mounted(DeskPage, {}, path);
  await vi.waitFor(() => expect(wrapper.text()).toContain(`共 ${Object.values(states).reduce((sum, n) => sum + n, 0)} 件`));
  return wrapper;
};

describe("the desk on paper", () => {
  it("is the list that was read, with what it is filtered by in words and when it was printed", async () => {
    const wrapper = await desk("/cases?state=open&attention=any&grid=990101001&matter=m&figure=filed&sort=oldest", [row(1), row(2)], { received: 7 });
    expect(wrapper.find(".paper").exists()).toBe(false);
    window.dispatchEvent(new Event("beforeprint"));
    // Without a moment between: the browser counts its sheets at once.
    const paper = wrapper.get(".paper");
    expect(paper.findAll("tbody tr").map((it) => it.findAll("td")[0]!.text())).toEqual(["C20261127-0001", "C20261127-0002"]);
    for (const words of ["路灯不亮 1", "一格", "区市政中心 顾言"]) expect(paper.get("tbody tr").text()).toContain(words);
    expect(paper.findAll("p").map((it) => it.text()).slice(0, 2)).toEqual([
      "条件：状态：未办结的；所有需要人看的；网格：一格；事项：路灯不亮；统计口径的条件 1 项；最早报的在前", "共 7 件，印出页面上已读到的 2 件",
    ]);
    expect(paper.get("footer").text()).toMatch(/由 .*于 .+ 打印/);
    window.dispatchEvent(new Event("afterprint"));
    expect(wrapper.find(".paper").exists()).toBe(false);
  });
  it("says that nothing was found where nothing is listed", async () => {
    const wrapper = await desk("/cases?state=closed", [], {});
    window.dispatchEvent(new Event("beforeprint"));
    expect(wrapper.get(".paper").text()).toContain("没有符合条件的案件");
  });
});
