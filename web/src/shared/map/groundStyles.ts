import type { FeatureLike } from "ol/Feature";
import { Fill, Stroke, Style, Text } from "ol/style";
import { styleKeeper, type Palette } from "./styles";

/** How a road looks: metres where the file says none, the least width in px, which lies over which, from which zoom on it is drawn, and its name written. */
const roads: Record<string, { metres: number; least: number; order: number; from: number; named: number }> = {
  main: { metres: 24, least: 2.5, order: 5, from: 0, named: 13 },
  second: { metres: 16, least: 2, order: 4, from: 0, named: 14 },
  street: { metres: 10, least: 1.5, order: 3, from: 0, named: 14.5 },
  lane: { metres: 6, least: 1, order: 2, from: 14, named: 15 },
  path: { metres: 2, least: 0.75, order: 1, from: 15, named: 17 },
  rail: { metres: 4, least: 1.5, order: 6, from: 0, named: 15 },
};
const places: Record<string, { size: number; from: number }> = { town: { size: 15, from: 9 }, quarter: { size: 13, from: 13 }, spot: { size: 12, from: 15 } };
/** What was asked for close by is not drawn when the map goes back. */
const close = 15;
/** From here on there is room for a road's kerbs. */
const cased = 15.5;

const road = styleKeeper((colours, kind: string, px: number) => {
  const { order } = roads[kind] ?? roads.street!;
  const rail = kind === "rail";
  const line = new Style({
    zIndex: 20 + order,
    stroke: new Stroke({ color: rail ? colours.ground.edge : colours.ground.road, width: px, lineCap: rail ? "butt" : "round", lineJoin: "round", ...(rail ? { lineDash: [6, 4] } : {}) }),
  });
  const casing = new Style({ zIndex: 10 + order, stroke: new Stroke({ color: colours.ground.edge, width: px + 2, lineCap: "round", lineJoin: "round" }) });
  return rail || px < 3 ? [line] : [casing, line];
});
const area = styleKeeper((colours, kind: "water" | "green" | "building") => [
  new Style({
    zIndex: kind === "green" ? 0 : kind === "water" ? 1 : 2,
    fill: new Fill({ color: colours.ground[kind] }),
    ...(kind === "building" ? { stroke: new Stroke({ color: colours.ground.edge, width: 0.75 }) } : {}),
  }),
]);
const stream = styleKeeper((colours, px: number) => [new Style({ zIndex: 1, stroke: new Stroke({ color: colours.ground.water, width: px, lineCap: "round", lineJoin: "round" }) })]);
const words = styleKeeper((colours, name: string, size: number, along: boolean, order: number, strong: boolean, lift: number) => [
  new Style({
    zIndex: order,
    text: new Text({
      text: name, font: `${strong ? "bold " : ""}${Math.round(size * colours.type)}px sans-serif`, offsetY: -lift * colours.type, overflow: false,
      fill: new Fill({ color: colours.ground.name }), stroke: new Stroke({ color: colours.ground.halo, width: 3 }),
      ...(along ? { placement: "line" as const, maxAngle: Math.PI / 6, repeat: 420 } : {}),
    }),
  }),
]);

/** Half pixels, so that one style serves many. */
const halves = (px: number) => Math.round(px * 2) / 2;
const isLine = (it: FeatureLike) => /LineString/.test(it.getGeometry()?.getType() ?? "");

/**
 * How a feature of the base map is drawn where a pixel is so many metres on the ground: quiet and pale, so that borders and lights stay what is seen.
 * Nothing where it would be too small to tell anything.
 */
export function groundStyle(colours: Palette, it: FeatureLike, metresPerPixel: number, zoom: number): Style[] | undefined {
  const [layer, kind, width] = [it.get("layer") as string, (it.get("class") as string | undefined) ?? "", it.get("width") as number | undefined];
  if (layer === "road") {
    const known = roads[kind] ? kind : "street";
    const of = roads[known]!;
    if (zoom < of.from) return undefined;
    // From afar a road is a line by its class alone.
    const px = zoom < 14 ? of.least : Math.min(28, Math.max(of.least, ((width ?? of.metres) / metresPerPixel) * (zoom < cased ? 0.6 : 0.8)));
    return road(colours, known, halves(px));
  }
  if (layer === "water" && isLine(it)) return stream(colours, halves(Math.min(40, Math.max(1.5, (width ?? 4) / metresPerPixel))));
  if (layer === "water" || layer === "green") return area(colours, layer);
  return layer === "building" && zoom >= close ? area(colours, "building") : undefined;
}

/**
 * What is written of a feature, where there is room: over the borders, which often run along the very street. A place's name stands a little higher than
 * its middle, where its grid may have its own.
 */
export function nameStyle(colours: Palette, it: FeatureLike, zoom: number): Style[] | undefined {
  const [layer, kind, name] = [it.get("layer") as string, (it.get("class") as string | undefined) ?? "", it.get("name") as string | undefined];
  if (!name) return undefined;
  if (layer === "road") {
    const of = roads[kind] ?? roads.street!;
    return zoom >= of.named ? words(colours, name, of.order > 3 ? 13 : 12, true, of.order, false, 0) : undefined;
  }
  if (layer === "water") return zoom >= 13.5 ? words(colours, name, 13, isLine(it), 4, false, 0) : undefined;
  if (layer === "green") return zoom >= 15 ? words(colours, name, 12, false, 3, false, 16) : undefined;
  if (layer === "building") return zoom >= 17 ? words(colours, name, 11, false, 0, false, 0) : undefined;
  if (layer !== "place") return undefined;
  const of = places[kind] ?? places.spot!;
  return zoom >= of.from ? words(colours, name, of.size, false, kind === "town" ? 9 : 2, kind === "town", 16) : undefined;
}
