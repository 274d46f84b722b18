import type { FeatureLike } from "ol/Feature";
import { Fill, Stroke, Style, Text } from "ol/style";
import { styleKeeper, type Palette } from "./styles";

/** How a road looks: metres where the file says none, the least width in px, which lies over which, and from which zoom on its name is written. */
const roads: Record<string, { metres: number; least: number; order: number; named: number }> = {
  main: { metres: 24, least: 2.5, order: 5, named: 13 },
  second: { metres: 16, least: 2, order: 4, named: 14 },
  street: { metres: 10, least: 1.5, order: 3, named: 15 },
  lane: { metres: 6, least: 1, order: 2, named: 15.5 },
  path: { metres: 2, least: 0.75, order: 1, named: 17 },
  rail: { metres: 4, least: 1.5, order: 6, named: 15 },
};
const places: Record<string, { size: number; from: number }> = { town: { size: 15, from: 9 }, quarter: { size: 13, from: 13 }, spot: { size: 12, from: 15.5 } };
/** What is seen from near alone is asked for from here on, and drawn from here on too when the map goes back. */
const near = 15;
const cased = 15.5;

const words = (colours: Palette, name: string, size: number, along: boolean, strong = false) =>
  new Text({
    text: name, font: `${strong ? "bold " : ""}${size}px sans-serif`, fill: new Fill({ color: colours.ground.name }), stroke: new Stroke({ color: colours.ground.halo, width: 3 }),
    overflow: false, ...(along ? { placement: "line" as const, maxAngle: Math.PI / 6, repeat: 420 } : {}),
  });

const road = styleKeeper((colours, kind: string, px: number, name: string, size: number) => {
  const { order } = roads[kind] ?? roads.street!;
  const rail = kind === "rail";
  const line = new Style({
    zIndex: 20 + order,
    stroke: new Stroke({ color: rail ? colours.ground.edge : colours.ground.road, width: px, lineCap: rail ? "butt" : "round", lineJoin: "round", ...(rail ? { lineDash: [6, 4] } : {}) }),
    ...(name ? { text: words(colours, name, size, true) } : {}),
  });
  const casing = new Style({ zIndex: 10 + order, stroke: new Stroke({ color: colours.ground.edge, width: px + 2, lineCap: "round", lineJoin: "round" }) });
  return rail || px < 3 ? [line] : [casing, line];
});

const area = styleKeeper((colours, kind: "water" | "green" | "building", name: string, size: number) =>
  [new Style({
    zIndex: kind === "green" ? 0 : kind === "water" ? 1 : 2,
    fill: new Fill({ color: colours.ground[kind] }),
    ...(kind === "building" ? { stroke: new Stroke({ color: colours.ground.edge, width: 0.75 }) } : {}),
    ...(name ? { text: words(colours, name, size, false) } : {}),
  })]);
const stream = styleKeeper((colours, px: number, name: string) =>
  [new Style({ zIndex: 1, stroke: new Stroke({ color: colours.ground.water, width: px, lineCap: "round", lineJoin: "round" }), ...(name ? { text: words(colours, name, 12, true) } : {}) })]);
const place = styleKeeper((colours, name: string, size: number, strong: boolean) => [new Style({ zIndex: 30, text: words(colours, name, size, false, strong) })]);

/** Half pixels, so that one style serves many. */
const halves = (px: number) => Math.round(px * 2) / 2;

/**
 * How a feature of the base map is drawn where a pixel is so many metres on the ground: quiet and pale, so that borders and lights stay what is seen.
 * Nothing where it would be too small to tell anything.
 */
export function groundStyle(colours: Palette, it: FeatureLike, metresPerPixel: number, zoom: number): Style[] | undefined {
  const [layer, kind, width] = [it.get("layer") as string, it.get("class") as string | undefined, it.get("width") as number | undefined];
  const name = (from: number) => (zoom >= from ? ((it.get("name") as string | undefined) ?? "") : "");
  const type = it.getGeometry()?.getType();
  if (layer === "road") {
    const of = roads[kind ?? ""] ?? roads.street!;
    if (of.order <= 2 && zoom < near) return undefined;
    // From afar a road is a line by its class alone; names come where there is room beside the line.
    const px = zoom < 14 ? of.least : Math.min(28, Math.max(of.least, (width ?? of.metres) / metresPerPixel * (zoom < cased ? 0.6 : 0.8)));
    return road(colours, roads[kind ?? ""] ? kind! : "street", halves(px), name(of.named), of.order > 3 ? 13 : 12);
  }
  if (layer === "water" && (type === "LineString" || type === "MultiLineString")) return stream(colours, halves(Math.min(40, Math.max(1.5, (width ?? 4) / metresPerPixel))), name(14));
  if (layer === "water") return area(colours, "water", name(13.5), 13);
  if (layer === "green") return area(colours, "green", name(15), 12);
  if (layer === "building") return zoom < near ? undefined : area(colours, "building", name(17), 11);
  const of = places[kind ?? ""] ?? places.spot!;
  const said = layer === "place" ? name(of.from) : "";
  return said ? place(colours, said, of.size, kind === "town") : undefined;
}
