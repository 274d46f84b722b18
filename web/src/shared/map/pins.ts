import Feature from "ol/Feature";
import Point from "ol/geom/Point";
import { fromLonLat } from "ol/proj";
import type VectorSource from "ol/source/Vector";
import type { Pin } from "./pin";

/**
 * Lets a layer show these points and no others. What is there already stays, so that a list that moved on costs what is new in it; and where nothing is
 * new the layer hears of nothing, because a map that hears of a change is drawn anew.
 */
export function showPins(pins: VectorSource, now: readonly Pin[]): void {
  const gone = new Set(pins.getFeatures());
  const fresh: Feature[] = [];
  for (const pin of now) {
    const known = pins.getFeatureById(pin.id);
    if (known && !Array.isArray(known) && known.get("light") === pin.light && known.get("lon") === pin.lon && known.get("lat") === pin.lat) {
      gone.delete(known);
      continue;
    }
    const feature = new Feature({ geometry: new Point(fromLonLat([pin.lon, pin.lat])), ...pin });
    feature.setId(pin.id);
    fresh.push(feature);
  }
  if (gone.size) pins.removeFeatures([...gone]);
  if (fresh.length) pins.addFeatures(fresh);
}
