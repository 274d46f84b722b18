import { momentOf, takenAt, type Taken } from "./exif";
import { stamped } from "./stamp";

export interface Prepared { photo: Blob; at: Taken | null; preview: HTMLCanvasElement }

const longest = 1600;
const thumb = 240;

/** The size that fits into a square of `most` pixels; never larger than it was. */
export function fit(width: number, height: number, most: number): { width: number; height: number } {
  const scale = Math.min(1, most / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * Makes a photograph ready to send: at most 1600 px, JPEG, upright, without the camera's own data. Its place and moment are read first and go along,
 * for the server to keep them beside the picture.
 */
export async function prepare(file: File): Promise<Prepared> {
  const head = await file.slice(0, 256 * 1024).arrayBuffer();
  const at = takenAt(head);
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const photo = await new Promise<Blob | null>((done) => drawn(picture, longest).toBlob(done, "image/jpeg", 0.85));
  const preview = drawn(picture, thumb);
  picture.close();
  if (!photo) throw new Error("the browser made no JPEG");
  return { photo: await stamped(photo, at, momentOf(head)), at, preview };
}

export interface Portrait { photo: Blob; preview: HTMLCanvasElement }

/** Makes a portrait ready to send: small, and without place or moment, which are nobody's business here. */
export async function forPortrait(file: File): Promise<Portrait> {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const preview = drawn(picture, 640);
  picture.close();
  const photo = await new Promise<Blob | null>((done) => preview.toBlob(done, "image/jpeg", 0.88));
  if (!photo) throw new Error("the browser made no JPEG");
  return { photo, preview };
}

/** A small picture of a photograph that was made ready before. */
export async function drawnFrom(photo: Blob): Promise<HTMLCanvasElement> {
  const picture = await createImageBitmap(photo);
  const canvas = drawn(picture, thumb);
  picture.close();
  return canvas;
}

function drawn(picture: ImageBitmap, most: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, fit(picture.width, picture.height, most));
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}
