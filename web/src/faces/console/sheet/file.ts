/** A file as the server takes it: text as it is, everything else in base64. */
export interface Handed { name: string; content: string; base64: boolean }

/** Reads a file that somebody chose. GeoJSON and JSON go as text; tables in base64, so that GB 18030 and XLSX arrive as they are. */
export async function handIn(file: File): Promise<Handed> {
  if (/\.(geo)?json$/i.test(file.name)) return { name: file.name, content: await file.text(), base64: false };
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return { name: file.name, content: btoa(text), base64: true };
}

/** A fault of a row, as the server tells it in both languages. */
export interface Fault { row: number; column: string; value: string; zh: string; en: string }
