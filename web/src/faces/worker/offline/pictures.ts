import type { Case } from "@/api/types";
import { isOpen } from "@/shared/incidents/stages";
import { clockOf, timeLeft } from "@/shared/light";
import type { ReadCache } from "./cache";
import { ownTasks, toSign } from "./projected";

/** So much of a phone the small photographs of one's own open cases may take: some hundred cases at 20 kB a picture. */
export const roomForPictures = 8 * 1024 * 1024;
export interface Wanted { case: string; photo: string }

/** The photographs to have here, those of the case with the least time left first; of two with the same time the newer case. */
export function wantedPictures(cases: readonly Case[], now: number): Wanted[] {
  const left = (c: Case) => Math.min(...[...ownTasks(c), ...toSign(c)].map((task) => timeLeft(clockOf(c, task), now)));
  return cases
    .filter((c) => isOpen(c.state) && c.photos.length > 0 && ownTasks(c).length + toSign(c).length > 0)
    .map((c) => ({ c, left: left(c) }))
    .sort((a, b) => a.left - b.left || b.c.reported_at.localeCompare(a.c.reported_at))
    .flatMap(({ c }) => c.photos.map((photo) => ({ case: c.id, photo: photo.id })));
}

/** Whether the person asked for little to be loaded, or the line is a very slow one. Workers are out on the phone's own network, so that alone is no reason. */
export function sparing(): boolean {
  const line = (navigator as { connection?: { saveData?: boolean; effectiveType?: string } }).connection;
  return Boolean(line?.saveData) || /2g$/.test(line?.effectiveType ?? "");
}

/**
 * Brings what lies here to what is wanted: what no own open case needs any more goes, then one after the other comes what is missing, until the room
 * is used. What has less time left goes before what has more. It ends quietly where `load` fails, or the device is full.
 */
export async function bringPictures(cache: ReadCache, wanted: readonly Wanted[], load: (it: Wanted) => Promise<ArrayBuffer | null>, room = roomForPictures): Promise<void> {
  const have = await cache.pictures();
  const order = new Set(wanted.map((it) => it.photo));
  await cache.dropPictures([...have.keys()].filter((photo) => !order.has(photo)));
  let used = 0;
  for (const it of wanted) {
    // Asked before loading, so that what has no room is not loaded again and again; the last one may go over the edge.
    if (used >= room) return cache.dropPictures(wanted.slice(wanted.indexOf(it)).map((one) => one.photo));
    const kept = have.get(it.photo);
    const bytes = kept === undefined ? await load(it) : null;
    const size = kept ?? bytes?.byteLength;
    if (size === undefined) continue;
    if (bytes && !(await cache.putPicture(it.photo, bytes))) return;
    used += size;
  }
}
