import { cellsIn, nameOf, type Basemap, type Box, type ReadCell } from "@/shared/map/cells";
import type { OfflineDb } from "./db";

/** What is kept around one's own grids, in degrees: some hundred metres, as a map of a grid shows its neighbours' streets. */
const around = 0.004;
/** More cells than a phone should carry along: whoever has that much ground keeps the large roads of it, and the rest where he has been. */
const most = 240;

/** Keeps the base map under one's own grids, for the time without network, and lets go what is not of it. */
export async function keepGround(db: OfflineDb, of: Basemap, [west, south, east, north]: Box, read: ReadCell): Promise<void> {
  const box: Box = [west - around, south - around, east + around, north + around];
  const all = cellsIn(of, box, Infinity);
  const cells = all.length > most ? cellsIn(of, box, 0) : all;
  const kept = new Map((await db.ground.toArray()).map((it) => [it.name, it.version]));
  for (const cell of cells) {
    const name = nameOf(cell);
    // One after the other: this is never in a hurry, and what the worker does is.
    if (kept.get(name) !== of.version) await db.ground.put({ name, version: of.version, text: JSON.stringify(await read(of, cell)) });
    kept.delete(name);
  }
  await db.ground.bulkDelete([...kept.keys()]);
}

/** Reads a cell from the device where it lies there as it is now, else from the server, and without network as it was. */
export const keptFirst = (db: OfflineDb, read: ReadCell): ReadCell => async (of, cell) => {
  const kept = await db.ground.get(nameOf(cell)).catch(() => undefined);
  if (kept?.version === of.version) return JSON.parse(kept.text) as unknown;
  try {
    return await read(of, cell);
  } catch (error) {
    if (kept) return JSON.parse(kept.text) as unknown;
    throw error;
  }
};
