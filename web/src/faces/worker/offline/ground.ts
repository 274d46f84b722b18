import { cellsIn, nameOf, type Basemap, type Box, type ReadCell } from "@/shared/map/cells";
import { isFull, type OfflineDb } from "./db";

/** What is kept around one's own grids, in degrees: some hundred metres, as a map of a grid shows its neighbours' streets. */
const around = 0.004;
/** More cells than a phone should carry along: whoever has that much ground keeps the large roads of it, and the rest where he has been. */
const most = 240;

/** Keeps the base map under one's own grids, for the time without network, and lets go what is not of it. On a full device it gives its room back. */
export async function keepGround(db: OfflineDb, of: Basemap, [west, south, east, north]: Box, read: ReadCell): Promise<void> {
  const box: Box = [west - around, south - around, east + around, north + around];
  const all = cellsIn(of, box, Infinity);
  const cells = all.length > most ? cellsIn(of, box, 0) : all;
  const kept = new Set(await db.ground.toCollection().primaryKeys());
  const fresh = new Set(await db.ground.where("version").equals(of.version).primaryKeys());
  for (const cell of cells) {
    const name = nameOf(cell);
    // One after the other: this is never in a hurry, and what the worker does is.
    kept.delete(name);
    if (fresh.has(name)) continue;
    const text = JSON.stringify(await read(of, cell));
    try {
      await db.ground.put({ name, version: of.version, text });
    } catch (error) {
      if (!isFull(error)) throw error;
      await db.ground.clear();
      return;
    }
  }
  await db.ground.bulkDelete([...kept]);
}

/** Reads a cell from the device where it lies there as it is now, else from the server, and without network as it was. */
export const keptFirst = (db: OfflineDb, read: ReadCell): ReadCell => async (of, cell, signal) => {
  const kept = await db.ground.get(nameOf(cell)).catch(() => undefined);
  if (kept?.version === of.version) return JSON.parse(kept.text) as unknown;
  try {
    return await read(of, cell, signal);
  } catch (error) {
    if (kept) return JSON.parse(kept.text) as unknown;
    throw error;
  }
};
