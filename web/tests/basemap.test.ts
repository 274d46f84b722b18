import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import Feature, { type FeatureLike } from "ol/Feature";
import LineString from "ol/geom/LineString";
import Polygon from "ol/geom/Polygon";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { OfflineDb, withRoom } from "@/faces/worker/offline/db";
import { keepGround, keptFirst } from "@/faces/worker/offline/ground";
import { boxOf, cellsIn, fromServer, nameOf, type Basemap, type Box, type Cell } from "@/shared/map/cells";
import { makeGround } from "@/shared/map/ground";
import { groundStyle, nameStyle } from "@/shared/map/groundStyles";
import { gridText, palette } from "@/shared/map/styles";
import { serve } from "./mounted";

const map: Basemap = {
  version: 7, bounds: [112.87, 33.08, 112.95, 33.16],
  levels: [{ level: "far", cells: 11, from: 0 }, { level: "middle", cells: 13, from: 13 }, { level: "near", cells: 14, from: 14 }, { level: "close", cells: 15, from: 15 }],
  layers: [{ layer: "road", version: 7 }],
};
const home: Box = [112.9, 33.1, 112.904, 33.104];
const road = (id: string, name: string, kind = "main") => ({ type: "Feature", id, properties: { layer: "road", class: kind, name, width: 30 }, geometry: { type: "LineString", coordinates: [[112.9, 33.1], [112.91, 33.11]] } });
const sheet = (...features: unknown[]) => ({ type: "FeatureCollection", features });

describe("the cells that a map shows", () => {
  it("are those of the levels that are seen from so near, and lie where the server counts them", () => {
    const levels = (zoom: number) => [...new Set(cellsIn(map, home, zoom).map((it) => it.level))];
    expect([levels(12), levels(13.5), levels(14), levels(16)]).toEqual([["far"], ["far", "middle"], ["far", "middle", "near"], ["far", "middle", "near", "close"]]);
    // The slippy map's own formula, worked out apart for this corner.
    const close = cellsIn(map, [112.9, 33.1, 112.9, 33.1], 16).find((it) => it.level === "close");
    expect(close).toEqual({ level: "close", x: 26660, y: 13188 });
  });
  it("are few on a phone, and none where there is nothing", () => {
    // 390 px at zoom 16 in this latitude is 780 m.
    expect(cellsIn(map, [112.9, 33.1, 112.9084, 33.107], 16).length).toBeLessThanOrEqual(10);
    expect(cellsIn(map, [100, 20, 101, 21], 16)).toEqual([]);
    expect(cellsIn(map, [-180, -85, 180, 85], 10).every((it) => it.level === "far")).toBe(true);
  });
  it("begin in the middle of what is looked at", () => {
    const near = cellsIn(map, map.bounds as Box, 16).filter((it) => it.level === "close");
    const [first, last] = [near[0]!, near.at(-1)!];
    const middle = cellsIn(map, [112.91, 33.12, 112.91, 33.12], 16).find((it) => it.level === "close")!;
    expect(first).toEqual(middle);
    expect(Math.hypot(last.x - middle.x, last.y - middle.y)).toBeGreaterThan(2);
  });
  it("are asked for under the version that the district named", async () => {
    const asked: string[] = [];
    vi.stubGlobal("fetch", async (url: string) => (asked.push(url), new Response(JSON.stringify(sheet()))));
    await fromServer(map, { level: "near", x: 1, y: 2 });
    expect(asked).toEqual(["/api/v1/basemap/near/1/2?v=7"]);
    serve({});
    await expect(fromServer(map, { level: "near", x: 1, y: 2 })).rejects.toThrow("404");
  });
});

describe("the base map", () => {
  const colours = () => palette();
  const grid = () => gridText(palette(), "柳荫社区第一网格");
  it("reads a cell once, and takes what lies in several cells once", async () => {
    const asked: string[] = [];
    const ground = makeGround(colours, grid, async (_, cell) => (asked.push(nameOf(cell)), sheet(road("road/1", "临江大道"), road("road/1", "临江大道"))));
    await ground.show(map, home, 16);
    const once = [...asked];
    await ground.show(map, home, 16);
    expect(asked).toEqual(once);
    expect(new Set(asked).size).toBe(asked.length);
    expect(ground.source.getFeatures().map((it) => it.get("name"))).toEqual(["临江大道"]);
    await ground.show(map, home, 7);
    expect(asked).toEqual(once);
  });
  it("asks again for a cell that did not come, and begins anew with another version", async () => {
    let broken = true;
    const read = vi.fn(async (of: Basemap, cell: Cell) => {
      if (broken && cell.level === "near") throw new Error("no network");
      return sheet(road(`road/${cell.level}`, `${of.version}`));
    });
    const ground = makeGround(colours, grid, read);
    const names = () => ground.source.getFeatures().map((it) => it.get("name") as string);
    await ground.show(map, home, 16);
    expect(names()).toHaveLength(3);
    broken = false;
    await ground.show(map, home, 16);
    expect(names()).toHaveLength(4);
    await ground.show({ ...map, version: 8 }, home, 16);
    expect(names()).toEqual(["8", "8", "8", "8"]);
  });
  it("keeps what a crowded view shows, lets it go when the map has moved on, and reads no further what was left", async () => {
    const crowd = (cell: Cell) => sheet(...Array.from({ length: 26_000 }, (_, i) => road(`${nameOf(cell)}/${i}`, "")));
    const left: string[] = [];
    let hang = false;
    const read = vi.fn((_: Basemap, cell: Cell, signal?: AbortSignal) => !hang ? Promise.resolve(cell.x === 1666 ? crowd(cell) : sheet()) : new Promise((_, no) => {
      signal!.addEventListener("abort", () => (left.push(nameOf(cell)), no(new DOMException("", "AbortError"))));
    }));
    const wide = { ...map, bounds: [110, 32, 115, 34] };
    const at = (x: number): Box => { const w = (x + 0.5) / 2048 * 360 - 180; return [w, 33.1, w, 33.1]; };
    const ground = makeGround(colours, grid, read);
    await ground.show(wide, at(1666), 12);
    await ground.show(wide, at(1666), 12);
    expect([read.mock.calls.length, ground.source.getFeatures().length]).toEqual([1, 26_000]);
    for (const x of [1667, 1668, 1669]) await ground.show(wide, at(x), 12);
    expect(ground.source.getFeatures().length).toBe(26_000);
    await ground.show(wide, at(1670), 12);
    expect(ground.source.getFeatures().length).toBe(0);
    hang = true;
    const first = ground.show(wide, at(1671), 12);
    void ground.show(wide, at(1672), 12);
    await first;
    expect(left).toEqual(cellsIn(wide, at(1671), 12).map(nameOf));
  });
  it("lets nothing of the version before come in late", async () => {
    let late!: (it: unknown) => void;
    const ground = makeGround(colours, grid, (of) => (of.version === 7 ? new Promise((come) => (late = come)) : Promise.resolve(sheet(road("road/8", "新路")))));
    const first = ground.show(map, home, 12);
    await ground.show({ ...map, version: 8 }, home, 12);
    late(sheet(road("road/7", "旧路")));
    await first;
    expect(ground.source.getFeatures().map((it) => it.get("name"))).toEqual(["新路"]);
  });
});

describe("the names of grids", () => {
  it("are written with the base map's, stay when it is read anew, and have the first claim to a place", async () => {
    const ground = makeGround(() => palette(), () => gridText(palette(), "x"), async (of) => sheet(road("road/1", `${of.version}`), road("road/2", "")));
    const grid = new Feature({ geometry: new Polygon([[[0, 0], [1, 0], [1, 1], [0, 0]]]), name: "柳荫社区第一网格" });
    const written = () => ground.written.getFeatures().map((it) => it.get("name") as string).sort();
    ground.setGrids([grid]);
    await ground.show(map, home, 12);
    expect(written()).toEqual(["7", "柳荫社区第一网格"]);
    await ground.show({ ...map, version: 8 }, home, 12);
    expect(written()).toEqual(["8", "柳荫社区第一网格"]);
    ground.setGrids([]);
    expect(written()).toEqual(["8"]);
    const most = Math.max(...["main", "lane"].map((kind) => nameStyle(palette(), new Feature({ geometry: new LineString([[0, 0], [1, 1]]), layer: "road", class: kind, name: "路" }), 18)![0]!.getZIndex() ?? 0));
    expect(gridText(palette(), "x").getZIndex()).toBeGreaterThan(most);
  });
});

describe("how the base map is drawn", () => {
  const colours = palette();
  const line = (properties: Record<string, unknown>): FeatureLike => new Feature({ geometry: new LineString([[0, 0], [1, 1]]), layer: "road", ...properties });
  const area = (properties: Record<string, unknown>): FeatureLike => new Feature({ geometry: new Polygon([[[0, 0], [1, 0], [1, 1], [0, 0]]]), ...properties });
  const drawn = (it: FeatureLike, zoom: number) => groundStyle(colours, it, 156_543 * Math.cos(33 * Math.PI / 180) / 2 ** zoom, zoom);
  const width = (it: FeatureLike, zoom: number) => drawn(it, zoom)?.at(-1)?.getStroke()?.getWidth() ?? 0;
  const name = (it: FeatureLike, zoom: number, of = colours) => nameStyle(of, it, zoom)?.[0]?.getText()?.getText() ?? "";
  it("gives a road its class from afar and its width from near, and a large one more than a lane", () => {
    const [main, lane] = [line({ class: "main", width: 36 }), line({ class: "lane", width: 8 })];
    expect([drawn(lane, 13.9), drawn(line({ class: "path" }), 14.9)]).toEqual([undefined, undefined]);
    expect(width(main, 17)).toBeGreaterThan(width(main, 12));
    expect(width(main, 16)).toBeGreaterThan(width(lane, 16));
    expect(width(line({ class: "main", width: 200 }), 19)).toBeLessThanOrEqual(28);
    expect(width(line({ class: "a word of tomorrow" }), 16)).toBe(width(line({ class: "street" }), 16));
  });
  it("writes names where there is room, those of large roads first", () => {
    const [main, lane] = [line({ class: "main", name: "临江大道" }), line({ class: "lane", name: "柳荫巷" })];
    expect([name(main, 12), name(main, 14), name(lane, 14.9), name(lane, 15)]).toEqual(["", "临江大道", "", "柳荫巷"]);
    expect(name(line({ class: "lane" }), 17)).toBe("");
    const spot = area({ layer: "place", class: "spot", name: "柳荫新村" });
    expect([drawn(spot, 16), name(spot, 14), name(spot, 16)]).toEqual([undefined, "", "柳荫新村"]);
    const larger = nameStyle({ ...colours, type: 1.5 }, spot, 16)![0]!.getText()!.getFont();
    expect(larger).toBe("18px sans-serif");
  });
  it("shows buildings from near alone, and waters and greens below them", () => {
    const building = area({ layer: "building", name: "3栋" });
    expect([drawn(building, 14.9), name(building, 16), name(building, 17)]).toEqual([undefined, "", "3栋"]);
    const order = ["green", "water", "building"].map((layer) => drawn(area({ layer }), 16)?.[0]?.getZIndex());
    expect(order).toEqual([0, 1, 2]);
    expect(drawn(line({ class: "main" }), 16)!.every((it) => (it.getZIndex() ?? 0) > 2)).toBe(true);
    expect(drawn(area({ layer: "a layer of tomorrow" }), 16)).toBeUndefined();
  });
  it("makes one style for all that look alike", () => {
    expect(drawn(line({ class: "lane", width: 8 }), 16)).toBe(drawn(line({ class: "lane", width: 8 }), 16));
  });
});

describe("the base map without network", () => {
  let db: OfflineDb;
  beforeEach(() => {
    db = new OfflineDb(`ground-${Math.random()}`, { indexedDB: new IDBFactory(), IDBKeyRange });
  });
  const away = () => Promise.reject(new TypeError("no network"));
  const names = async () => (await db.ground.toArray()).map((it) => it.name).sort();

  it("lies on the device under one's own grids, of every level, and is read from there", async () => {
    const read = vi.fn(async (of: Basemap) => sheet(road("road/1", `${of.version}`)));
    await keepGround(db, map, home, read);
    const kept = await names();
    expect(new Set(kept.map((it) => it.split("/")[0]))).toEqual(new Set(["far", "middle", "near", "close"]));
    expect(cellsIn(map, home, 17).map(nameOf).every((it) => kept.includes(it))).toBe(true);
    expect(await keptFirst(db, away)(map, cellsIn(map, home, 17)[0]!)).toEqual(sheet(road("road/1", "7")));
    const before = read.mock.calls.length;
    await keepGround(db, map, home, read);
    expect(read.mock.calls.length).toBe(before);
  });
  it("goes with the version and the borders, and an older one is better than none", async () => {
    const read = vi.fn(async (of: Basemap) => sheet(road("road/1", `${of.version}`)));
    await keepGround(db, map, home, read);
    const newer = { ...map, version: 8 };
    const cell = cellsIn(map, home, 17)[0]!;
    expect(await keptFirst(db, away)(newer, cell)).toEqual(sheet(road("road/1", "7")));
    expect(await keptFirst(db, read)(newer, cell)).toEqual(sheet(road("road/1", "8")));
    await expect(keptFirst(db, away)(map, { level: "near", x: 1, y: 1 })).rejects.toThrow("no network");
    await keepGround(db, newer, [112.94, 33.15, 112.945, 33.155], read);
    expect((await db.ground.toArray()).every((it) => it.version === 8)).toBe(true);
    expect(await names()).toEqual(cellsIn(newer, [112.936, 33.146, 112.949, 33.159], 17).map(nameOf).sort());
  });
  it("gives its room back on a full device, and to what must not be lost", async () => {
    await keepGround(db, map, home, async () => sheet());
    expect(await db.ground.count()).toBeGreaterThan(3);
    let tries = 0;
    await withRoom(db, async () => {
      if (tries++ === 0) throw new DOMException("", "QuotaExceededError");
    });
    expect([tries, await db.ground.count()]).toEqual([2, 0]);
    await keepGround(db, map, home, async () => sheet());
    const put = vi.spyOn(db.ground, "put").mockRejectedValue(new DOMException("", "QuotaExceededError") as never);
    await keepGround(db, { ...map, version: 8 }, home, async () => sheet());
    expect([put.mock.calls.length, await db.ground.count()]).toEqual([1, 0]);
  });
  it("is kept coarser where somebody has half a province", async () => {
    const wide = { ...map, bounds: [112, 32, 114, 34] };
    await keepGround(db, wide, [112.2, 32.2, 113.8, 33.8], async () => sheet());
    expect((await names()).every((it) => it.startsWith("far/"))).toBe(true);
  });
  it("reaches as far as the borders", () => {
    const grid = (w: number) => ({ type: "Feature", geometry: { type: "MultiPolygon", coordinates: [[[[w, 33.1], [w + 0.01, 33.1], [w, 33.12], [w, 33.1]]]] } });
    expect(boxOf({ features: [grid(112.9), grid(112.92)] })).toEqual([112.9, 33.1, 112.93, 33.12]);
    expect([boxOf(null), boxOf({ features: [] })]).toEqual([null, null]);
  });
});
