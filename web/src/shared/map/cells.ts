import type { components } from "@/api/schema";
import { cellUrl } from "@/api/client";

/** Which layers the base map has, where, and how they are cut. */
export type Basemap = components["schemas"]["Basemap"];
/** West, south, east, north in degrees. */
export type Box = [number, number, number, number];
export interface Cell { level: string; x: number; y: number }
export const nameOf = ({ level, x, y }: Cell) => `${level}/${x}/${y}`;

/** The square of the world map's grid that a place lies in, as the server counts them. */
function square(zoom: number, lon: number, lat: number): { x: number; y: number } {
  const side = 2 ** zoom;
  const index = (share: number) => Math.min(side - 1, Math.max(0, Math.floor(share * side)));
  return { x: index((lon + 180) / 360), y: index((1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2) };
}

/** More cells of one level than any screen shows where it is meant to be shown. */
const most = 120;

/** The cells of the base map that a map of this box shows, those in its middle first. */
export function cellsIn(of: Basemap, [west, south, east, north]: Box, zoom: number): Cell[] {
  const [w, s, e, n] = [Math.max(west, of.bounds[0]!), Math.max(south, of.bounds[1]!), Math.min(east, of.bounds[2]!), Math.min(north, of.bounds[3]!)];
  if (w > e || s > n) return [];
  return of.levels.filter((it) => zoom >= it.from).flatMap(({ level, cells }) => {
    const [first, last, middle] = [square(cells, w, n), square(cells, e, s), square(cells, (west + east) / 2, (south + north) / 2)];
    const [wide, high] = [last.x - first.x + 1, last.y - first.y + 1];
    if (wide * high > most) return [];
    const far = (it: Cell) => Math.hypot(it.x - middle.x, it.y - middle.y);
    return Array.from({ length: wide * high }, (_, i) => ({ level, x: first.x + (i % wide), y: first.y + Math.floor(i / wide) })).sort((a, b) => far(a) - far(b));
  });
}

/** Reads what lies in a cell; under one version it is always the same, so the browser keeps it. */
export type ReadCell = (of: Basemap, cell: Cell, signal?: AbortSignal) => Promise<unknown>;
export const fromServer: ReadCell = async (of, cell, signal) => {
  const answer = await fetch(cellUrl(nameOf(cell), of.version), signal ? { signal } : {});
  if (!answer.ok) throw new Error(`basemap: ${answer.status}`);
  return (await answer.json()) as unknown;
};

let reading = fromServer;
/** How this face reads cells: one that keeps some on the device asks there first. */
export function readCellsBy(read: ReadCell): void {
  reading = read;
}
export const readCell: ReadCell = (of, cell, signal) => reading(of, cell, signal);

/** The box around everything in a GeoJSON value; none around nothing. */
export function boxOf(value: unknown): Box | null {
  const box: Box = [180, 90, -180, -90];
  const take = (it: unknown): void => {
    if (!Array.isArray(it)) return;
    const [lon, lat] = it as unknown[];
    if (typeof lon !== "number" || typeof lat !== "number") return it.forEach(take);
    [box[0], box[1], box[2], box[3]] = [Math.min(box[0], lon), Math.min(box[1], lat), Math.max(box[2], lon), Math.max(box[3], lat)];
  };
  const features = (value as { features?: { geometry?: { coordinates?: unknown } }[] } | null)?.features ?? [];
  for (const { geometry } of features) take(geometry?.coordinates);
  return box[0] <= box[2] ? box : null;
}
