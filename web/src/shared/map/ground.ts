import type Feature from "ol/Feature";
import type { FeatureLike } from "ol/Feature";
import GeoJSON from "ol/format/GeoJSON";
import type { Style } from "ol/style";
import VectorImageLayer from "ol/layer/VectorImage";
import { transformExtent } from "ol/proj";
import VectorSource from "ol/source/Vector";
import type View from "ol/View";
import { cellsIn, nameOf, readCell, type Basemap, type Box, type ReadCell } from "./cells";
import { groundStyle, nameStyle } from "./groundStyles";
import type { Palette } from "./styles";

/** Below this zoom a map shows half a country, and no street tells anything. */
const farthest = 8;
/** Features beyond this number are let go when the map has moved on: a phone draws what it shows, not where it was. */
const room = 25_000;
/** It has moved on when it was shown so many times the cells that it shows now. */
const movedOn = 3;
/** The zoom at which a pixel is so wide in the world map's metres; what is a hair below a whole one, by rounding, is that one. */
const zoomOf = (resolution: number) => Math.log2(156_543.033_928_041 / resolution) + 0.001;

/**
 * The base map: a layer of shapes for under the borders and one of names for over them, each drawn as one picture as the borders are. The names of the
 * grids, which `gridName` draws, are in it too, so that no name lies on another. Cells are read when they are looked at.
 * A cell that does not come is asked for again when the map moves; without any the map is as it was before.
 */
export function makeGround(colours: () => Palette, gridName: (grid: FeatureLike) => Style, read: ReadCell = readCell) {
  const source = new VectorSource();
  const written = new VectorSource();
  let grids: Feature[] = [];
  const format = new GeoJSON({ featureProjection: "EPSG:3857" });
  /** What a metre of the world map is on the ground, in the district's latitude. */
  let stretch = 1;
  const shapes = new VectorImageLayer({ source, imageRatio: 1.5, style: (it, resolution) => groundStyle(colours(), it, resolution * stretch, zoomOf(resolution)) });
  const names = new VectorImageLayer({
    source: written, declutter: true, imageRatio: 1.5,
    style: (it, resolution) => (it.get("layer") ? nameStyle(colours(), it, zoomOf(resolution)) : gridName(it)),
  });
  let asked = new Set<string>();
  const coming = new Map<string, AbortController>();
  let version: number | null = null;

  /** Reads no further what is no longer looked at. */
  function leave(name: string, reading: AbortController): void {
    reading.abort();
    coming.delete(name);
    asked.delete(name);
  }

  /** Reads what the box shows and is not there yet; tells when all of it is there. */
  async function show(of: Basemap, box: Box, zoom: number): Promise<void> {
    if (zoom < farthest) return;
    const cells = cellsIn(of, box, zoom);
    const shown = new Set(cells.map(nameOf));
    for (const [name, reading] of coming) if (version !== of.version || !shown.has(name)) leave(name, reading);
    if (version !== of.version || (asked.size > movedOn * cells.length && source.getFeatures().length > room)) {
      source.clear();
      written.clear();
      written.addFeatures(grids);
      asked = new Set();
      version = of.version;
      stretch = Math.cos((((of.bounds[1]! + of.bounds[3]!) / 2) * Math.PI) / 180);
    }
    const mine = asked;
    await Promise.all(cells.filter((cell) => !mine.has(nameOf(cell))).map(async (cell) => {
      const [name, reading] = [nameOf(cell), new AbortController()];
      mine.add(name);
      coming.set(name, reading);
      try {
        const data = await read(of, cell, reading.signal);
        // What lies in several cells has one id, and comes in once.
        const fresh = new Map(format.readFeatures(data).map((it) => [String(it.getId()), it]));
        if (mine !== asked || reading.signal.aborted) return;
        const added = [...fresh].filter(([id]) => !source.getFeatureById(id)).map(([, it]) => it);
        source.addFeatures(added);
        written.addFeatures(added.filter((it) => it.get("name")));
      } catch {
        if (coming.get(name) === reading) mine.delete(name);
      } finally {
        if (coming.get(name) === reading) coming.delete(name);
      }
    }));
  }

  return {
    shapes, names, source, written, show,
    /** Whose names are written beside those of the base map. */
    setGrids(now: Feature[]): void {
      written.removeFeatures(grids);
      written.addFeatures((grids = now));
    },
    /** The same for what a view shows, on a map of this size in px. */
    look: (of: Basemap, view: View, size: number[]) => show(of, transformExtent(view.calculateExtent(size), "EPSG:3857", "EPSG:4326") as Box, zoomOf(view.getResolution() ?? Infinity)),
  };
}
