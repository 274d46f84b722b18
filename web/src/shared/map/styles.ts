import { Circle, Fill, RegularShape, Stroke, Style, Text } from "ol/style";
import type { LightKey } from "@/api/types";

/** The page's own colours, read anew when the mode changes. */
export function palette() {
  const css = getComputedStyle(document.documentElement);
  const of = (name: string) => css.getPropertyValue(`--${name}`).trim();
  return {
    ink: of("ink"), line: of("edge"), surface: of("surface"), teal: of("teal"),
    /** How much larger than usual somebody wants type. */
    type: Math.min(1.7, Math.max(1, (Number.parseFloat(css.fontSize) || 18) / 18)),
    count: of("map-count"), faint: of("map-faint"),
    ground: {
      halo: of("map-halo"), road: of("map-road"), edge: of("map-edge"), water: of("map-water"), green: of("map-green"), building: of("map-building"), name: of("map-name"),
    },
    lights: { green: of("green"), yellow: of("yellow"), red: of("red"), paused: of("grey"), none: of("grey") } satisfies Record<LightKey, string>,
  };
}
export type Palette = ReturnType<typeof palette>;

/** How strongly a grid is filled for so many cases: five steps, so that one more case does not change the picture. */
export const weight = (n: number): number => (n === 0 ? 0 : n < 3 ? 0.15 : n < 6 ? 0.28 : n < 12 ? 0.42 : 0.58);

/** A colour of `#rrggbb` through which so much of what lies beneath is seen. */
export const thin = (colour: string, share: number): string => `${colour}${Math.round(share * 255).toString(16).padStart(2, "0")}`;

/** Styles that were made, for as long as the palette is in use: one serves all that look alike. */
export function styleKeeper<T extends unknown[], S extends Style | Style[]>(make: (colours: Palette, ...of: T) => S): (colours: Palette, ...of: T) => S {
  const kept = new WeakMap<Palette, Map<string, S>>();
  return (colours, ...of) => {
    const known = kept.get(colours) ?? new Map<string, S>();
    kept.set(colours, known);
    const key = of.join("\n");
    const style = known.get(key) ?? make(colours, ...of);
    known.set(key, style);
    return style;
  };
}

/** A grid's border, filled by its number of cases; one's own grid stands out. */
export const gridStyle = styleKeeper((colours, count: number | undefined, own: boolean) => {
  const fill = count !== undefined ? thin(colours.count, weight(count)) : own ? thin(colours.count, 0.18) : thin(colours.faint, 0.06);
  return new Style({
    stroke: new Stroke({ color: own ? colours.teal : colours.line, width: own ? 3.5 : 1.2 }),
    zIndex: own ? 1 : 0,
    fill: new Fill({ color: fill }),
  });
});

/** A grid's name, or its number of cases, where that fits into it; of two names that want one place it is the one that is written. */
export const gridText = styleKeeper((colours, text: string) =>
  new Style({
    zIndex: 99,
    text: new Text({ text, font: `${Math.round(13 * colours.type)}px sans-serif`, fill: new Fill({ color: colours.ink }), stroke: new Stroke({ color: colours.surface, width: 3 }), overflow: false }),
  }));

/** The light by shape as well as colour: round, diamond, triangle, square. */
export const pinStyle = styleKeeper((colours, light: LightKey, selected: boolean) => {
  const fill = new Fill({ color: colours.lights[light] });
  const stroke = new Stroke({ color: selected ? colours.ink : colours.surface, width: selected ? 3 : 1.5 });
  const radius = selected ? 11 : 8;
  const shape = { fill, stroke, radius };
  const image =
    light === "red" ? new RegularShape({ ...shape, points: 3 })
    : light === "yellow" ? new RegularShape({ ...shape, points: 4 })
    : light === "green" ? new Circle({ fill, stroke, radius: radius - 1 })
    : new RegularShape({ ...shape, points: 4, angle: Math.PI / 4 });
  return new Style({ image, zIndex: selected ? 9 : light === "red" ? 3 : light === "yellow" ? 2 : 1 });
});

/** The place that somebody pointed at. */
export function pickedStyle(colours: Palette): Style[] {
  return [
    new Style({ image: new Circle({ radius: 16, fill: new Fill({ color: thin(colours.count, 0.18) }) }) }),
    new Style({ image: new Circle({ radius: 7, fill: new Fill({ color: colours.teal }), stroke: new Stroke({ color: colours.surface, width: 3 }) }) }),
  ];
}
