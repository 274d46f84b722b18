import { Circle, Fill, RegularShape, Stroke, Style, Text } from "ol/style";
import type { LightKey } from "@/api/types";

/** The page's own colours, read anew when the mode changes. */
export function palette() {
  const css = getComputedStyle(document.documentElement);
  const of = (name: string) => css.getPropertyValue(`--${name}`).trim();
  return {
    ink: of("ink"), line: of("edge"), surface: of("surface"), teal: of("teal"),
    lights: { green: of("green"), yellow: of("yellow"), red: of("red"), paused: of("grey"), none: of("grey") } satisfies Record<LightKey, string>,
  };
}
export type Palette = ReturnType<typeof palette>;

/** A grid's border, with its name where that fits into it. */
export function gridStyle(colours: Palette, name: string): Style {
  return new Style({
    stroke: new Stroke({ color: colours.line, width: 1.2 }),
    fill: new Fill({ color: "rgba(127,150,153,0.06)" }),
    text: new Text({ text: name, font: "13px sans-serif", fill: new Fill({ color: colours.ink }), stroke: new Stroke({ color: colours.surface, width: 3 }), overflow: false }),
  });
}

/** The light by shape as well as colour: round, diamond, triangle, square. */
export function pinStyle(colours: Palette, light: LightKey, selected: boolean): Style {
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
}

/** The place that somebody pointed at. */
export function pickedStyle(colours: Palette): Style[] {
  return [
    new Style({ image: new Circle({ radius: 16, fill: new Fill({ color: "rgba(11,96,104,0.18)" }) }) }),
    new Style({ image: new Circle({ radius: 7, fill: new Fill({ color: colours.teal }), stroke: new Stroke({ color: colours.surface, width: 3 }) }) }),
  ];
}
