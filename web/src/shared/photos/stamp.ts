import type { Taken } from "./exif";

/** What a camera wrote of the moment: the wall clock as EXIF has it, `2026:03:14 08:30:00`, with its offset when it knew one. */
export interface Moment { at: string; offset: string | null }

const type = { ascii: 2, long: 4, rational: 5 } as const;
interface Entry { tag: number; kind: number; count: number; bytes: Uint8Array }

const ascii = (tag: number, text: string): Entry => ({ tag, kind: type.ascii, count: text.length + 1, bytes: new TextEncoder().encode(`${text}\0`) });

/** Degrees as EXIF counts them: three fractions, the last in ten-thousandths of a second. */
function degrees(tag: number, value: number): Entry {
  const whole = Math.floor(Math.abs(value));
  const minutes = (Math.abs(value) - whole) * 60;
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  [whole, 1, Math.floor(minutes), 1, Math.round((minutes - Math.floor(minutes)) * 60 * 10_000), 10_000].forEach((n, i) => view.setUint32(4 * i, n));
  return { tag, kind: type.rational, count: 3, bytes };
}

/**
 * Puts the place and the moment that the camera wrote back into a photograph that was drawn anew, as the one EXIF block of it. The server reads both
 * into its columns and strips the block; without this step making the picture smaller would lose them.
 */
export async function stamped(photo: Blob, at: Taken | null, moment: Moment | null): Promise<Blob> {
  if (!at && !moment) return photo;
  const exif = moment ? [ascii(0x9003, moment.at), ...(moment.offset ? [ascii(0x9011, moment.offset)] : [])] : [];
  const gps = at ? [ascii(1, at.lat < 0 ? "S" : "N"), degrees(2, at.lat), ascii(3, at.lon < 0 ? "W" : "E"), degrees(4, at.lon)] : [];
  const block = segment(exif, gps);
  // After the mark that begins a JPEG; a browser's own JFIF block may follow.
  return new Blob([photo.slice(0, 2), block as BlobPart, photo.slice(2)], { type: photo.type });
}

function segment(exif: Entry[], gps: Entry[]): Uint8Array {
  const size = (entries: Entry[]) => (entries.length ? 2 + 12 * entries.length + 4 + entries.reduce((sum, it) => sum + (it.bytes.length > 4 ? it.bytes.length + (it.bytes.length % 2) : 0), 0) : 0);
  const pointers = (exif.length ? 1 : 0) + (gps.length ? 1 : 0);
  const first = 8;
  const exifAt = first + 2 + 12 * pointers + 4;
  const gpsAt = exifAt + size(exif);
  const tiff = new Uint8Array(gpsAt + size(gps));
  const view = new DataView(tiff.buffer);
  view.setUint32(0, 0x4d4d002a);
  view.setUint32(4, first);
  const links = [...(exif.length ? [[0x8769, exifAt]] : []), ...(gps.length ? [[0x8825, gpsAt]] : [])] as [number, number][];
  view.setUint16(first, links.length);
  links.forEach(([tag, to], i) => {
    const at = first + 2 + 12 * i;
    view.setUint16(at, tag);
    view.setUint16(at + 2, type.long);
    view.setUint32(at + 4, 1);
    view.setUint32(at + 8, to);
  });
  directory(tiff, view, exifAt, exif);
  directory(tiff, view, gpsAt, gps);
  const out = new Uint8Array(10 + tiff.length);
  const head = new DataView(out.buffer);
  head.setUint16(0, 0xffe1);
  head.setUint16(2, 8 + tiff.length);
  out.set(new TextEncoder().encode("Exif\0\0"), 4);
  out.set(tiff, 10);
  return out;
}

function directory(tiff: Uint8Array, view: DataView, start: number, entries: Entry[]): void {
  if (!entries.length) return;
  view.setUint16(start, entries.length);
  let free = start + 2 + 12 * entries.length + 4;
  entries.forEach((entry, i) => {
    const at = start + 2 + 12 * i;
    view.setUint16(at, entry.tag);
    view.setUint16(at + 2, entry.kind);
    view.setUint32(at + 4, entry.count);
    if (entry.bytes.length <= 4) return tiff.set(entry.bytes, at + 8);
    view.setUint32(at + 8, free);
    tiff.set(entry.bytes, free);
    free += entry.bytes.length + (entry.bytes.length % 2);
  });
}
