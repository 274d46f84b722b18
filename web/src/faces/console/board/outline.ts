type Ring = [number, number][];

/** The border of a grid as one path of SVG, north up, about 100 units wide. Pure. */
export function outline(border: string): { path: string; box: string } | null {
  let shape: { type?: string; coordinates?: unknown };
  try {
    shape = JSON.parse(border) as typeof shape;
  } catch {
    return null;
  }
  const rings: Ring[] = shape.type === "Polygon" ? (shape.coordinates as Ring[]) : shape.type === "MultiPolygon" ? (shape.coordinates as Ring[][]).flat() : [];
  const points = rings.flat();
  if (points.length === 0) return null;
  const [lons, lats] = [points.map((it) => it[0]), points.map((it) => it[1])];
  const [west, east, south, north] = [Math.min(...lons), Math.max(...lons), Math.min(...lats), Math.max(...lats)];
  const narrow = Math.cos(((south + north) / 2) * (Math.PI / 180));
  const scale = 100 / Math.max((east - west) * narrow, north - south, 1e-9);
  const at = ([lon, lat]: [number, number]) => `${((lon - west) * narrow * scale).toFixed(2)} ${((north - lat) * scale).toFixed(2)}`;
  const path = rings.map((ring) => `M${ring.map(at).join("L")}Z`).join("");
  return { path, box: `-2 -2 ${((east - west) * narrow * scale + 4).toFixed(2)} ${((north - south) * scale + 4).toFixed(2)}` };
}
