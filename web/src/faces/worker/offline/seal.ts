// AES-GCM over what lies on the device. The additional data ties a sealed value to its place, so that rows cannot be exchanged unseen.

export interface Sealed { iv: Uint8Array; data: ArrayBuffer }

const ivBytes = 12;
const text = { out: new TextEncoder(), in: new TextDecoder() };

/** A key that can be used but never read, also not by this page's own scripts. */
export const freshKey = (): Promise<CryptoKey> => crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);

/** The key that the server handed out, as one that can be used but never read. */
export function keyFrom(base64: string): Promise<CryptoKey> {
  const bytes = Uint8Array.from(atob(base64), (it) => it.charCodeAt(0));
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

export async function sealBytes(key: CryptoKey, plain: BufferSource, place: string): Promise<Sealed> {
  const iv = crypto.getRandomValues(new Uint8Array(ivBytes));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: text.out.encode(place) }, key, plain);
  return { iv, data };
}

export const openBytes = (key: CryptoKey, { iv, data }: Sealed, place: string): Promise<ArrayBuffer> =>
  crypto.subtle.decrypt({ name: "AES-GCM", iv: iv as BufferSource, additionalData: text.out.encode(place) }, key, data);

export const sealJson = (key: CryptoKey, value: unknown, place: string): Promise<Sealed> => sealBytes(key, text.out.encode(JSON.stringify(value)), place);

export const openJson = async <T>(key: CryptoKey, sealed: Sealed, place: string): Promise<T> =>
  JSON.parse(text.in.decode(await openBytes(key, sealed, place))) as T;

/** The SHA-256 of a content in hexadecimal: the name of a photograph until the server has given it an id. */
export async function hashOf(bytes: BufferSource): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
