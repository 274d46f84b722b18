import { flushPromises } from "@vue/test-utils";
import VectorSource from "ol/source/Vector";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope } from "vue";
import FilterBar from "@/faces/console/incidents/FilterBar.vue";
import { useNow } from "@/shared/clock";
import type { Pin } from "@/shared/map/pin";
import { showPins } from "@/shared/map/pins";
import { gridStyle, palette } from "@/shared/map/styles";
import { mounted, serve } from "./mounted";

describe("the present instant of a page", () => {
  beforeEach(() => vi.useFakeTimers({ now: 1_000 }));
  afterEach(() => vi.useRealTimers());
  it("is not another one because one more row shows it", () => {
    const [first, second] = [effectScope(), effectScope()];
    const now = first.run(useNow)!;
    const begun = now.value;
    vi.advanceTimersByTime(20_000);
    second.run(useNow);
    expect(now.value).toBe(begun);
    vi.advanceTimersByTime(10_000);
    expect(now.value).toBe(begun + 30_000);
    first.stop();
    second.stop();
  });
  it("is the present one for whoever shows it after a time when nobody did", () => {
    const [first, later] = [effectScope(), effectScope()];
    const now = first.run(useNow)!;
    first.stop();
    vi.advanceTimersByTime(60_000);
    expect(later.run(useNow)!.value).toBe(Date.now());
    expect(now.value).toBe(Date.now());
    later.stop();
  });
});

describe("the points on the map", () => {
  const pin = (id: string, light: Pin["light"] = "green"): Pin => ({ id, lon: 120, lat: 30, light });
  const ids = (of: VectorSource) => of.getFeatures().map((it) => String(it.getId())).sort().join("");
  it("follow the list", () => {
    const pins = new VectorSource();
    showPins(pins, [pin("a"), pin("b")]);
    const kept = pins.getFeatureById("b");
    showPins(pins, [pin("b"), pin("c")]);
    expect(ids(pins)).toBe("bc");
    expect(pins.getFeatureById("b")).toBe(kept);
    showPins(pins, [pin("b", "red"), pin("c")]);
    expect(pins.getFeatureById("b")).not.toBe(kept);
  });
  it("draw nothing anew where they are the same", () => {
    const pins = new VectorSource();
    showPins(pins, [pin("a"), pin("b")]);
    const heard = vi.fn();
    pins.on("change", heard);
    showPins(pins, [pin("b"), pin("a")]);
    expect(heard).not.toHaveBeenCalled();
    showPins(pins, [pin("a")]);
    expect(heard).toHaveBeenCalled();
  });
});

describe("the styles of borders", () => {
  it("are shared by those that look alike, and by no others", () => {
    const colours = palette();
    expect(gridStyle(colours, 3, false)).toBe(gridStyle(colours, 3, false));
    expect(gridStyle(colours, 3, false)).not.toBe(gridStyle(colours, undefined, false));
    expect(gridStyle(colours, 3, false)).not.toBe(gridStyle(colours, 3, true));
    expect(gridStyle(colours, 3, false)).not.toBe(gridStyle(palette(), 3, false));
  });
});

describe("the rarer filters of the desk", () => {
  afterEach(() => vi.unstubAllGlobals());
  const matters = { "GET /matters": { body: { items: [] } } };
  it("ask for the catalogue when they are opened and not before", async () => {
    const asked = serve(matters);
    const { wrapper: page } = await mounted(FilterBar, { filters: {} });
    await flushPromises();
    expect(asked).toHaveLength(0);
    expect(page.find("#filter-matter").exists()).toBe(false);
    const lid = page.find("details");
    (lid.element as HTMLDetailsElement).open = true;
    await lid.trigger("toggle");
    await flushPromises();
    expect(asked.map((it) => it.path)).toEqual(["/matters"]);
    expect(page.find("#filter-matter").exists()).toBe(true);
  });
  it("are open where one of them is in use", async () => {
    serve(matters);
    const { wrapper: page } = await mounted(FilterBar, { filters: { state: "open" } });
    expect(page.find("details").attributes("open")).toBeDefined();
    expect(page.find("#filter-matter").exists()).toBe(true);
  });
});
