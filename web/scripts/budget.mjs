// Weighs what a first view loads: index.html, every script that it names (the page's own and `early.ts`), their styles and everything these import.
// Prints a line a face and fails when one is over its budget. A kilobyte is 1,000 bytes.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const kilo = 1000;
const budgets = [
  { face: "m", name: "resident", limit: 200 * kilo },
  { face: "w", name: "worker", limit: 200 * kilo },
  { face: "c", name: "console", limit: 400 * kilo },
];

/** The files of a face that are needed before anything shows, from Vite's manifest. */
export function firstView(manifest) {
  const files = new Set(["index.html"]);
  const visit = (key) => {
    const chunk = manifest[key];
    if (!chunk || files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const style of chunk.css ?? []) files.add(style);
    for (const next of chunk.imports ?? []) visit(next);
  };
  for (const [key, chunk] of Object.entries(manifest)) if (chunk.isEntry) visit(key);
  return [...files];
}

export function weigh(folder) {
  const manifest = JSON.parse(readFileSync(new URL("manifest.json", folder), "utf8"));
  return firstView(manifest).reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, folder))).length, 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  let over = false;
  for (const { face, name, limit } of budgets) {
    const size = weigh(new URL(`../dist/${face}/`, import.meta.url));
    over ||= size > limit;
    console.log(`${name}: ${(size / kilo).toFixed(1)} kB gzipped of ${limit / kilo}${size > limit ? "  OVER" : ""}`);
  }
  if (over) process.exit(1);
}
