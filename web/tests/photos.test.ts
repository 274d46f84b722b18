import { describe, expect, it } from "vitest";
import { takenAt } from "@/shared/photos/exif";
import { fit } from "@/shared/photos/smaller";

/** A JPEG's head with one EXIF block that holds a GPS position, in either byte order. */
function jpeg(lat: [number, number, number], north: string, lon: [number, number, number], east: string, little: boolean): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(200));
  const tiff = 12;
  view.setUint16(0, 0xffd8);
  view.setUint16(2, 0xffe1);
  view.setUint16(4, 190);
  view.setUint32(6, 0x45786966);
  view.setUint16(tiff, little ? 0x4949 : 0x4d4d);
  const short = (at: number, value: number) => view.setUint16(tiff + at, value, little);
  const long = (at: number, value: number) => view.setUint32(tiff + at, value, little);
  short(2, 42);
  long(4, 8);
  short(8, 1); // one entry: the pointer to the GPS directory
  short(10, 0x8825);
  short(12, 4);
  long(14, 1);
  long(18, 26);
  short(26, 4);
  const entry = (i: number, tag: number, kind: number, count: number) => {
    const at = 28 + 12 * i;
    short(at, tag);
    short(at + 2, kind);
    long(at + 4, count);
    return at + 8;
  };
  view.setUint8(tiff + entry(0, 1, 2, 2), north.charCodeAt(0));
  long(entry(1, 2, 5, 3), 90);
  view.setUint8(tiff + entry(2, 3, 2, 2), east.charCodeAt(0));
  long(entry(3, 4, 5, 3), 120);
  [...lat, ...lon].forEach((value, i) => {
    const at = (i < 3 ? 90 : 120) + 8 * (i % 3);
    long(at, Math.round(value * 100));
    long(at + 4, 100);
  });
  return view.buffer;
}

describe("a photograph's place", () => {
  it.each([true, false])("is read in both byte orders (little-endian: %s)", (little) => {
    const at = takenAt(jpeg([39, 54, 53.3], "N", [116, 24, 14.4], "E", little));
    expect(at?.lat).toBeCloseTo(39.914806, 5);
    expect(at?.lon).toBeCloseTo(116.404, 5);
  });
  it("is negative in the south and west", () => {
    const at = takenAt(jpeg([1, 30, 0], "S", [2, 15, 0], "W", true));
    expect(at).toEqual({ lat: -1.5, lon: -2.25 });
  });
  it.each([
    ["no picture", new ArrayBuffer(0)],
    ["something else", new TextEncoder().encode("not a photograph").buffer as ArrayBuffer],
    ["cut off", jpeg([1, 0, 0], "N", [1, 0, 0], "E", true).slice(0, 40)],
    ["zero, which a camera writes when it does not know", jpeg([0, 0, 0], "N", [0, 0, 0], "E", true)],
  ])("is absent in %s", (_what, bytes) => expect(takenAt(bytes)).toBeNull());
});

describe("the size that is sent", () => {
  it.each([
    [4000, 3000, 1600, 1200],
    [3000, 4000, 1200, 1600],
    [800, 600, 800, 600],
    [16_000, 3, 1600, 1],
  ])("%i × %i becomes %i × %i", (w, h, width, height) => expect(fit(w, h, 1600)).toEqual({ width, height }));
});
