import type { Moment } from "./stamp";

export interface Taken { lon: number; lat: number }

/**
 * Reads where a photograph was taken from its EXIF block (JPEG, TIFF tags 0x8825 → GPSLatitude, GPSLongitude; CIPA DC-008). It must happen
 * before the picture is made smaller, which drops the block. Null when there is none or it cannot be read.
 */
export function takenAt(bytes: ArrayBuffer): Taken | null {
  try {
    const view = new DataView(bytes);
    const start = exifStart(view);
    return start === null ? null : gpsOf(view, start);
  } catch {
    return null; // A truncated block throws a RangeError; a photograph without a place is no failure.
  }
}

/** Reads when a photograph was taken as the camera's clock said (DateTimeOriginal and its offset). Null when that is not written. */
export function momentOf(bytes: ArrayBuffer): Moment | null {
  try {
    const view = new DataView(bytes);
    const start = exifStart(view);
    return start === null ? null : originalOf(view, start);
  } catch {
    return null;
  }
}

function originalOf(view: DataView, start: number): Moment | null {
  const little = view.getUint16(start) === 0x4949;
  const short = (at: number) => view.getUint16(start + at, little);
  const long = (at: number) => view.getUint32(start + at, little);
  const entries = (directory: number): Map<number, number> =>
    new Map(Array.from({ length: short(directory) }, (_, i) => [short(directory + 2 + 12 * i), directory + 2 + 12 * i]));
  const pointer = entries(long(4)).get(0x8769);
  if (pointer === undefined) return null;
  const exif = entries(long(pointer + 8));
  const words = (tag: number): string | null => {
    const entry = exif.get(tag);
    if (entry === undefined) return null;
    const length = long(entry + 4);
    const from = length > 4 ? long(entry + 8) : entry + 8;
    return Array.from({ length: length - 1 }, (_, i) => String.fromCharCode(view.getUint8(start + from + i))).join("");
  };
  const at = words(0x9003);
  const offset = words(0x9011);
  if (!at || !/^\d{4}:\d\d:\d\d \d\d:\d\d:\d\d$/.test(at)) return null;
  return { at, offset: offset && /^[+-]\d\d:\d\d$/.test(offset) ? offset : null };
}

function exifStart(view: DataView): number | null {
  if (view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 4 < view.byteLength; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if (marker === 0xffe1 && view.getUint32(at + 4) === 0x45786966) return at + 10;
    if (marker === 0xffda || (marker & 0xff00) !== 0xff00) return null;
  }
  return null;
}

function gpsOf(view: DataView, start: number): Taken | null {
  const little = view.getUint16(start) === 0x4949;
  const short = (at: number) => view.getUint16(start + at, little);
  const long = (at: number) => view.getUint32(start + at, little);
  const entries = (directory: number): Map<number, number> =>
    new Map(Array.from({ length: short(directory) }, (_, i) => [short(directory + 2 + 12 * i), directory + 2 + 12 * i]));

  const pointer = entries(long(4)).get(0x8825);
  if (pointer === undefined) return null;
  const gps = entries(long(pointer + 8));
  const degrees = (value: number, reference: number, negative: string): number | null => {
    const [entry, side] = [gps.get(value), gps.get(reference)];
    if (entry === undefined || side === undefined) return null;
    const at = long(entry + 8);
    const [d, m, s] = [0, 8, 16].map((i) => long(at + i) / long(at + i + 4)) as [number, number, number];
    const sign = String.fromCharCode(view.getUint8(start + side + 8)) === negative ? -1 : 1;
    return sign * (d + m / 60 + s / 3600);
  };
  const [lat, lon] = [degrees(2, 1, "S"), degrees(4, 3, "W")];
  if (lat === null || lon === null || !Number.isFinite(lat) || !Number.isFinite(lon)) return null;
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 && (lat !== 0 || lon !== 0) ? { lon, lat } : null;
}
