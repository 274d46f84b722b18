// Every screen of the three faces, in both languages and both modes: axe finds nothing, the policy is kept, the browser's console says no error,
// and nothing is wider than the screen. Which screens there are is read from the faces' own routes, so that a new one cannot be forgotten.
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { as, report } from "../ask.mjs";

const faces = fileURLToPath(new URL("../../src/faces", import.meta.url));

/** The paths in all `routes.ts` of a face. One that leads on shows no screen of its own. */
export function pathsOf(face) {
  const files = readdirSync(`${faces}/${face}`, { recursive: true, encoding: "utf8" }).filter((it) => /(^|[/\\])routes\.ts$/.test(it)).sort();
  const lines = files.flatMap((file) => readFileSync(`${faces}/${face}/${file}`, "utf8").split("\n"));
  return lines.flatMap((line) => (/\bredirect:|\bbeforeEnter:/.test(line) ? [] : [...line.matchAll(/\bpath: "([^"]+)"/g)].map((it) => it[1])));
}

/** Who opens what of the console: three administrators share set-up, and no account sees all of it. */
const keepers = [
  [/^\/setup\/accounts/, "security"], [/^\/setup\/audit/, "audit"], [/^\/setup\/(access|burdens|reasons)/, "dispatcher"], [/^\/setup/, "system"],
  [/^\/(figures|wall)/, "supervisor"], [/^\/department/, "department"], [/^\/calls/, "callback"], [/./, "dispatcher"],
];

/** Languages and modes of a screen. What is wide or has no name is so in a language, what is pale is so in a mode: these two see all four. */
const looks = [{ lang: "zh", dark: false }, { lang: "en", dark: true }];
const phone = { width: 390, height: 844 };

export async function run(stage) {
  const { base, meet, enter, check } = stage;
  const shown = { resident: 0, worker: 0, console: 0 };

  async function watched(one) {
    const found = [];
    one.page.on("console", (it) => {
      // Whoever is not logged in is told so, and a link that was used up or leads nowhere is a screen too.
      const expected = /status of (401|404|410|422)/.test(it.text()) && /\/(session|session\/link|shared\/[^/]+|partner\/[^/]+|enrol)$/.test(new URL(it.location().url || base).pathname);
      if (it.type() === "error" && !expected) found.push(`${it.text()} ${it.location().url}`);
    });
    return { ...one, page: one.page, found };
  }
  /** Looks at the screen that is open: both looks, and the console on a phone as well. */
  async function look(one, face, path) {
    const { page, found } = one;
    await page.locator("#main, main").first().waitFor();
    await page.waitForFunction(() => !document.querySelector("[role=status] .turn, main .wait"), null, { timeout: 10_000 }).catch(() => undefined);
    for (const { lang, dark } of looks) {
      await page.evaluate(async ([lang, dark]) => {
        const { provides } = document.querySelector("#app").__vue_app__._context;
        await provides[Object.getOwnPropertySymbols(provides).find((it) => it.description === "language")](lang);
        document.documentElement.classList.toggle("dark", dark);
      }, [lang, dark]);
      await one.judge(`${face} ${path} ${lang} ${dark ? "dark" : "light"}`, `e-${face}${path.replace(/[^a-z]+/gi, "-")}-${lang}`);
      if (face === "console") {
        const { width, height } = page.viewportSize();
        await page.setViewportSize(phone);
        await page.waitForTimeout(120);
        await one.fits(`${face} ${path} ${lang} on a phone`, `e-phone${path.replace(/[^a-z]+/gi, "-")}-${lang}`);
        await page.setViewportSize({ width, height });
      }
    }
    const wrong = await page.locator("main .state.wrong").count();
    check(`${face} ${path}: shows itself`, wrong === 0 || /link|secret|share|sent/.test(path), `${page.url()} shows a problem`);
    check(`${face} ${path}: no error in the browser's console`, found.length === 0, found.splice(0).join("\n     "));
    shown[face] += 1;
  }
  /** The address of a path with its parts filled in; a part that nobody knows an example of is a failure and not a gap. */
  function filled(face, path, examples) {
    if (path.includes("(.*)")) return "/nowhere-at-all";
    return path.replace(/\/:(\w+)(\([^)]*\))?\??/g, (_, name) => {
      const example = examples[`${path} ${name}`] ?? examples[name];
      check(`${face} ${path}: an example of its ${name} is known`, example !== undefined);
      return example === "" ? "" : `/${example ?? "unknown"}`;
    });
  }

  // Residents: a full page each, since the device keeps what it filed.
  const receipt = await report(stage, `楼道灯不亮 ${Date.now() % 100_000}`);
  const key = randomUUID();
  const resident = await watched(await meet({ viewport: stage.phone, position: stage.position }));
  await resident.page.goto(`${base}/m/`);
  await resident.page.evaluate(([key, it]) => localStorage.setItem("jingwei.m.reports", JSON.stringify([{ key, track: it.track, code: it.code, title: "楼道灯不亮", at: new Date().toISOString() }])), [key, receipt]);
  const { share } = await (await fetch(`${base}/api/v1/reports/${receipt.track}/share`, { method: "POST", headers: { "content-type": "application/json", "idempotency-key": randomUUID() }, body: "{}" })).json();
  const ofResident = { key, track: receipt.track, share, secret: "0".repeat(43) };
  for (const path of pathsOf("resident")) {
    const address = filled("resident", path, ofResident);
    await resident.page.goto(`${base}/m${address}`);
    await look(resident, "resident", path);
  }

  /** A face that routes by hash: what is open without a log-in first, then all the rest without loading the page again. */
  async function hashed(face, letter, one, paths, examples) {
    for (const path of paths) {
      const address = filled(face, path, examples);
      await one.page.evaluate((to) => { location.hash = `#${to}`; }, address);
      await one.page.waitForFunction((to) => location.hash.startsWith(`#${to}`), address).catch(() => undefined);
      await look(one, face, path);
    }
  }
  const open = ["/login", "/link/:token"];
  const outside = { token: "used-up" };
  for (const [face, letter, viewport] of [["worker", "w", stage.phone], ["console", "c", stage.desktop]]) {
    const stranger = await watched(await meet({ viewport }));
    await stranger.page.goto(`${base}/${letter}/#/login`);
    await hashed(face, letter, stranger, open, outside);
    await stranger.end();
  }

  const worker = await watched(await enter("worker", { viewport: stage.phone, position: stage.position }));
  await worker.page.getByRole("navigation").first().waitFor();
  const task = (await as(worker.page, "/inbox")).items[0];
  check("the worker has a task to look at", Boolean(task));
  await hashed("worker", "w", worker, pathsOf("worker").filter((it) => !open.includes(it)), { id: task?.id });
  await worker.end();

  const consolePaths = pathsOf("console").filter((it) => !open.includes(it));
  const parts = new Map();
  for (const path of consolePaths) {
    const role = keepers.find(([of]) => of.test(path))[1];
    parts.set(role, [...(parts.get(role) ?? []), path]);
  }
  for (const [role, paths] of parts) {
    const one = await watched(await enter(role));
    await one.page.getByRole("navigation").first().waitFor();
    const ask = (path) => as(one.page, path).catch(() => ({ items: [] }));
    const [cases, grids, inbox] = [await ask("/incidents?limit=1"), await ask("/units?kind=grid&limit=1"), await ask("/inbox")];
    const examples = { code: grids.items[0]?.code, "/cases/:id? id": cases.items[0]?.id, "/department/:id? id": (inbox.items[0] ?? cases.items[0])?.id, "/whistles/:id? id": "" };
    if (role === "supervisor") {
      const red = (await as(one.page, "/incidents?state=assigned,in_progress&limit=1")).items[0];
      await as(one.page, `/incidents/${red.id}/supervise`, { version: red.version, card: "yellow", reply_by: new Date(Date.now() + 86_400_000).toISOString(), words: "请今天处置。" });
      examples.id = (await as(one.page, "/supervisions?limit=1")).items[0]?.id;
    }
    if (paths.includes("/notices/:id")) examples["/notices/:id id"] = (await ask("/publications/managed?limit=1")).items[0]?.id;
    one.found.length = 0; // What was asked for examples was refused to some.
    await hashed("console", "c", one, paths, examples);
    // Where a part may be left out, the screen without it is another one.
    await hashed("console", "c", one, paths.filter((it) => it.includes("?")).map((it) => it.replace(/\/:\w+\?/, "")), examples);
    await one.end();
  }
  console.log(`     screens: ${Object.entries(shown).map(([face, n]) => `${face} ${n}`).join(", ")}`);
  check("every face showed its screens", shown.resident >= pathsOf("resident").length && shown.worker >= pathsOf("worker").length && shown.console >= consolePaths.length);
}
