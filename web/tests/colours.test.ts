import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../src");
/** The one place for colours; and what a program wrote. */
const allowed = ["shared/tokens.css", "api/schema.d.ts"];
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((it) => /\.(vue|css|ts)$/.test(it) && !allowed.includes(it.replaceAll("\\", "/")));

const colour = /#(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})\b|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color-mix)\(|(?:color|background|fill|stroke|border|outline|shadow)[\w-]*:[^;"'{}]*[\s:](?:white|black|gr[ae]y|red|green|blue|yellow|orange|silver)\b/gi;
const found = (text: string) => [...text.matchAll(colour)].map(([it]) => it);

describe("colours", () => {
  it("are known as such", () => {
    const own = ["color: #fff;", "fill: #0b6068", "rgba(11,96,104,0.18)", "rgb(0 0 0 / 25%)", "border: 1px solid white;", "background: black;"];
    expect(own.filter((it) => !found(it).length)).toEqual([]);
    expect(found('<a href="#case-title"> .red { color: var(--red); } "#q" #default="{ it }" color: inherit; id: "#text"')).toEqual([]);
  });
  it("come from the one file of tokens", () => {
    expect(files.length).toBeGreaterThan(200);
    const own = files.flatMap((it) => found(readFileSync(join(root, it), "utf8")).map((one) => `${it}: ${one}`));
    expect(own).toEqual([]);
  });
  it("are all there that a style asks for", () => {
    const tokens = readFileSync(join(root, "shared/tokens.css"), "utf8");
    const known = new Set([...tokens.matchAll(/(--[\w-]+):/g)].map(([, it]) => it));
    const asked = files.filter((it) => /\.(vue|css)$/.test(it)).flatMap((it) => {
      const text = readFileSync(join(root, it), "utf8");
      const own = new Set([...text.matchAll(/(--[\w-]+)["']?:/g)].map(([, one]) => one));
      return [...text.matchAll(/var\((--[\w-]+)\)/g)].map(([, one]) => one!).filter((one) => !known.has(one) && !own.has(one)).map((one) => `${it}: ${one}`);
    });
    expect(asked).toEqual([]);
  });
});
