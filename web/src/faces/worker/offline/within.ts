type At = { lon: number; lat: number };
type Ring = [number, number][];
interface Shape { type: string; coordinates: unknown }
interface Collection { features?: { properties: { name: string }; geometry: Shape | null }[] }

/** Whether a point lies in a ring, by the number of borders that a line from it to the east crosses. */
function inRing({ lon, lat }: At, ring: Ring): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [[x, y], [u, v]] = [ring[i]!, ring[j]!];
    if (y > lat !== v > lat && lon < ((u - x) * (lat - y)) / (v - y) + x) inside = !inside;
  }
  return inside;
}
const inPolygon = (at: At, [outer, ...holes]: Ring[]): boolean => outer !== undefined && inRing(at, outer) && !holes.some((hole) => inRing(at, hole));

/** The name of the own grid that a point lies in, from the borders on this device; none when it lies in somebody else's. */
export function gridAt(grids: unknown, at: At): string | null {
  const found = (grids as Collection | null)?.features?.find(({ geometry }) => {
    if (geometry?.type === "Polygon") return inPolygon(at, geometry.coordinates as Ring[]);
    return geometry?.type === "MultiPolygon" && (geometry.coordinates as Ring[][]).some((one) => inPolygon(at, one));
  });
  return found?.properties.name ?? null;
}
