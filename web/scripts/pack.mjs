// Packs what was built once, as small as it gets: beside each text lies `<name>.br`, which the server hands to whoever unpacks it. Brotli is Node's own.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const texts = /\.(js|css|html|svg)$/;
const pack = promisify(brotliCompress);

const files = ["m", "w", "c"].flatMap((face) => readdirSync(join(dist, face), { recursive: true }).map((name) => join(dist, face, name))).filter((name) => texts.test(name));
// All at once: each is packed on a thread of its own.
await Promise.all(files.map(async (name) => {
  const text = readFileSync(name);
  const params = { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT, [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
  writeFileSync(`${name}.br`, await pack(text, { params }));
}));
