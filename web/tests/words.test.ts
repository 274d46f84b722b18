import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { attentions, callOutcomes, purposes, refusals, results, states } from "@/shared/incidents/words";

type Tree = { [key: string]: string | Tree };
const folder = join(__dirname, "../src/locales");
const read = (lang: string, file: string) => JSON.parse(readFileSync(join(folder, lang, file), "utf8")) as Tree;
const flat = (tree: Tree, at = ""): [string, string][] =>
  Object.entries(tree).flatMap(([key, it]) => (typeof it === "string" ? [[at + key, it] as [string, string]] : flat(it, `${at}${key}.`)));
const gaps = (sentence: string) => [...sentence.matchAll(/\{(\w+)\}/g)].map((it) => it[1]).sort();
const files = readdirSync(join(folder, "zh"));

describe("the locale files", () => {
  it("are the same files in both languages", () => {
    expect(readdirSync(join(folder, "en"))).toEqual(files);
  });
  it.each(files)("%s has the same keys and gaps in both languages, none empty", (file) => {
    const [zh, en] = [flat(read("zh", file)), new Map(flat(read("en", file)))];
    expect([...en.keys()]).toEqual(zh.map(([key]) => key));
    for (const [key, sentence] of zh) {
      expect(sentence.trim(), key).not.toBe("");
      expect(en.get(key)?.trim(), key).not.toBe("");
      expect(gaps(en.get(key) ?? ""), key).toEqual(gaps(sentence));
    }
  });
  it("errors.json is flat: code → sentence", () => {
    expect(Object.values(read("zh", "errors.json")).every((it) => typeof it === "string")).toBe(true);
  });
  it.each([
    ["state", states], ["attention", attentions], ["result", results], ["refusal", refusals], ["outcome", callOutcomes], ["purpose", purposes],
  ])("every %s that can be chosen has a word", (list, keys) => {
    const words = (read("zh", "words.json")[list] ?? {}) as Tree;
    for (const key of keys) expect(words[key], key).toBeTypeOf("string");
  });
});

describe("one thing", () => {
  const at = (lang: string, file: string, path: string) => path.split(".").reduce<string | Tree | undefined>((tree, key) => (tree as Tree | undefined)?.[key], read(lang, file));
  // Lists that stand in a file of their own beside the common one, because a page brings them along.
  it.each(["zh", "en"].flatMap((lang) => [["card", "supervision.json", "card"], ["order", "supervision.json", "orderState"]].map(([list, file, path]) => [lang, list!, file!, path!])))("is called the same in %s: %s", (lang, list, file, path) => {
    const [common, own] = [at(lang, "words.json", list) as Tree, at(lang, file, path) as Tree];
    expect(own).toMatchObject(common);
  });
  it("is called the same with a number before it", () => {
    const units = at("zh", "words.json", "unit") as Record<string, string>;
    for (const file of ["setup.json", "worker.json"])
      for (const [key, word] of Object.entries(units)) expect((at("zh", file, "limit") as Tree)[key], `${file} ${key}`).toBe(`{n} ${word}`);
    expect(at("zh", "setup.json", "unit")).toEqual(units);
  });
});

describe("the pages", () => {
  const sources = readdirSync(join(folder, ".."), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(vue|ts)$/.test(name))
    .map((name) => [name, readFileSync(join(folder, "..", name), "utf8")] as const);
  const faces = ["resident.json", "worker.json", "console.json"];
  // Two faces may each have a word of the same key: a page knows its own and those of no face.
  const known = new Map<string, string[]>();
  for (const file of files) {
    const prefix = file === "common.json" || faces.includes(file) ? "" : `${file.replace(".json", "")}.`;
    for (const [key] of flat(read("zh", file))) known.set(prefix + key, [...(known.get(prefix + key) ?? []), file]);
  }

  it("use no word that is not there, and none of another face", () => {
    const strange: string[] = [];
    for (const [name, text] of sources) {
      const face = /faces\/(resident|worker|console)\//.exec(name.replaceAll("\\", "/"))?.[1];
      for (const [, key] of text.matchAll(/\bt\(["']([\w.-]+)["']/g)) {
        const own = known.get(key!)?.some((file) => !faces.includes(file) || file === `${face}.json`);
        if (!own) strange.push(`${name}: ${key}`);
      }
    }
    expect(strange).toEqual([]);
  });
  it("hold no sentence of their own and no v-html", () => {
    const found = sources.filter(([, text]) => /v-html|innerHTML/.test(text) || /<template>[\s\S]*[\u4e00-\u9fff]/.test(text.replace(/"中文"/g, "")));
    expect(found.map(([name]) => name)).toEqual([]);
  });
});
