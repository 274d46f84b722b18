import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import WallPage from "@/faces/console/wall/WallPage.vue";
import { mounted, serve } from "./mounted";

vi.mock("@/shared/map/GridMap.vue", async () => {
  const { defineComponent, h } = await import("vue");
  return { default: defineComponent({ props: ["pins", "label"], setup: (props) => () => h("i", { class: "pins" }, String(props.pins.length)) }) };
});
vi.mock("@/faces/console/supervision/ChartCanvas.vue", async () => ({ default: (await import("vue")).defineComponent({ render: () => null }) }));

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
