// Every screen of the three faces and every form that opens over one, in both languages and both modes: axe finds nothing, the policy is kept, the
// browser's console says no error, and nothing is wider than the screen. Which there are is read from the faces' own source, so that a new one cannot
// be forgotten. DIALOGS=system,security… looks at the forms of those only.
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { as, mark, report } from "../ask.mjs";
import { comes, read, soon, soonIn } from "../soon.mjs";
import { opened as atCase } from "../steps.mjs";
import { asking, dialogs, files, openOf, ordered, prepare } from "../dialogs.mjs";

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

/** Languages and modes of a screen, changed in place: no screen is loaded again for one of them. */
const looks = [{ lang: "zh", dark: false }, { lang: "zh", dark: true }, { lang: "en", dark: true }, { lang: "en", dark: false }];
async function dress(page, { lang, dark }) {
  await page.evaluate(async ([lang, dark]) => {
    const { provides } = document.querySelector("#app").__vue_app__._context;
    await provides[Object.getOwnPropertySymbols(provides).find((it) => it.description === "language")](lang);
    document.documentElement.classList.toggle("dark", dark);
  }, [lang, dark]);
}
/** Of what is drawn by the same few parts, such as the forms of all settings: each language and each mode once. */
const few = [looks[0], looks[2]];
const named = (text) => text.replace(/[^a-z]+/gi, "-");
const phone = { width: 390, height: 844 };

export async function run(stage) {
  const { base, meet, enter, check } = stage;
  const shown = { resident: 0, worker: 0, console: 0 };

  async function watched(one) {
    const found = [];
    one.page.on("console", (it) => {
      // Whoever is not logged in is told so, and a link that was used up or leads nowhere is a screen too.
      const expected = /status of (401|404|410|422)/.test(it.text()) && /\/(session|session\/link|shared\/[^/]+|partner\/[^/]+|enrol)$/.test(new URL(it.location().url || base).pathname);
      // What is not possible now is said in words where somebody asks what would be.
      const forecast = /status of 422/.test(it.text()) && /\/what-if$/.test(new URL(it.location().url || base).pathname);
      if (it.type() === "error" && !expected && !forecast) found.push(`${it.text()} ${it.location().url}`);
    });
    return { ...one, page: one.page, found };
  }
  /** Whether what is open fits a phone too. */
  async function onPhone(one, name, picture) {
    const { width, height } = one.page.viewportSize();
    await one.page.setViewportSize(phone);
    await one.page.waitForTimeout(120);
    await one.fits(`${name} on a phone`, picture);
    await one.page.setViewportSize({ width, height });
  }
  /** What is open in its looks, and on a phone once a language: colours are no wider than others. */
  async function inAll(one, name, picture, { seen = looks, small = true } = {}) {
    for (const it of seen) {
      await dress(one.page, it);
      const mode = it.dark ? "dark" : "light";
      await one.judge(`${name} ${it.lang} ${mode}`, `${picture}-${it.lang}-${mode}`);
      if (small && (!it.dark || seen === few)) await onPhone(one, `${name} ${it.lang}`, `${picture}-phone-${it.lang}`);
    }
    await dress(one.page, looks[0]);
  }
  /** Looks at the screen that is open in all its looks, and the console on a phone as well. */
  async function look(one, face, path) {
    const { page, found } = one;
    await page.locator("#main, main").first().waitFor();
    await read(page);
    await inAll(one, `${face} ${path}`, `e-${face}${named(path)}`, { small: face === "console" });
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

  const opened = new Set();
  /** Looks at an open form: all looks, on a phone, with its faults; then leaves it by the key, and is back where it was opened. */
  async function lookAt(one, name, { empty = false, back, more = [], in: seen = looks }) {
    const { page, found } = one;
    const form = page.getByRole("dialog");
    await form.waitFor();
    check(`${name}: the cursor is in the form`, await soon(() => form.evaluate((it) => it.contains(document.activeElement))));
    for (const it of more) await form.getByRole("button", { name: it, exact: true }).click();
    const picture = `f-${name.replace(/[^\p{L}]+/gu, "-")}`;
    await inAll(one, name, picture, { seen });
    if (empty) {
      await form.locator("form button:not([type=button])").last().click();
      check(`${name}: what is missing is said`, await comes(form.getByRole("alert").first()));
      await one.judge(`${name} with its faults`, `${picture}-faults`);
      check(`${name}: what is wrong has the cursor`, await soon(() => form.evaluate((it) => !it.querySelector("[aria-invalid=true]") || document.activeElement?.getAttribute("aria-invalid") === "true")));
      found.splice(0, found.length, ...found.filter((it) => !/status of (400|422)/.test(it)));
    }
    await page.keyboard.press("Escape");
    await form.waitFor({ state: "hidden" });
    const handle = await back?.elementHandle();
    const returned = await soonIn(page, (it) => !it || it === document.activeElement, handle);
    check(`${name}: left by Escape, the cursor is back`, returned, await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 120)));
    check(`${name}: no error in the browser's console`, found.length === 0, found.splice(0).join("\n     "));
  }
  /** Every form of somebody. */
  async function forms(who, one) {
    const { page, found } = one;
    const mine = dialogs.filter((it) => it.who === who);
    if (!mine.length) return;
    const x = await prepare(who, one, stage);
    found.length = 0;
    for (const it of mine) {
      // Another address first, so that the page is a fresh one.
      await page.goto(`${base}/c/#/nowhere`);
      await page.goto(`${base}/c/#${it.page(x)}`);
      await page.locator("#main, main").first().waitFor();
      await read(page);
      const name = `${it.of.replace(/^.*\/|\.vue$/g, "")} ${it.press}`;
      try {
        const back = await openOf(page, it);
        await lookAt(one, name, { ...it, back });
        opened.add(it.of);
      } catch (error) {
        check(`${name} opens`, false, error.message.split("\n")[0]);
        await page.keyboard.press("Escape");
      }
    }
  }
  /** Every setting has a form of its own. */
  async function settings(one) {
    const { page } = one;
    await page.goto(`${base}/c/#/setup/switches`);
    await page.getByRole("button", { name: "修改", exact: true }).first().waitFor();
    const all = page.getByRole("row").filter({ has: page.getByRole("button", { name: "修改", exact: true }) });
    const names = await all.locator("td:first-child .small").allInnerTexts();
    for (const [n, name] of names.entries()) {
      const back = all.nth(n).getByRole("button", { name: "修改", exact: true });
      await back.click();
      await lookAt(one, `setting ${name}`, { back, empty: true, in: few });
    }
    opened.add("setup/SwitchesPage.vue");
    check("settings have forms", names.length > 15, `${names.length}`);
  }
  /** A file on its way in: what it holds, and what is wrong with it. */
  async function importing(one) {
    const { page } = one;
    await page.goto(`${base}/c/#/setup/import?what=catalogue`);
    const content = "level1,level2,level3,handle_limit,limit_unit\n走查大类,走查小类,走查事项,三,工作日\n";
    await page.locator("input[type=file]").setInputFiles({ name: "catalogue.csv", mimeType: "text/csv", buffer: Buffer.from(content) });
    const judge = page.getByRole("button", { name: "检查", exact: true });
    await judge.waitFor();
    await inAll(one, "a file and its columns", "f-import-columns");
    await judge.click();
    await page.getByRole("heading", { name: /处不对/ }).waitFor();
    await inAll(one, "a file and what is wrong with it", "f-import-faults");
  }
  /** Every action that asks something, on cases of all states; and a list of units that is open. */
  async function actions(who, one, place) {
    const { page } = one;
    const seen = new Set();
    const states = ["received", "accepted", "assigned", "in_progress", "resolved", "closed"];
    for (const state of states) for (const it of (await as(page, `/incidents?state=${state}&limit=2`)).items) {
      await page.goto(`${base}/c/#${place}/${it.id}`);
      await atCase(page, it.code);
      await page.locator(".acts button").first().waitFor();
      const more = page.locator(".acts .rest > button");
      const all = page.locator(".acts button.act:not(.rest > button)");
      if (await more.count()) await more.click();
      const offered = (await all.evaluateAll((list) => list.map((it) => it.firstChild?.textContent?.trim() ?? ""))).filter((it) => asking.includes(it) && !seen.has(it));
      for (const name of offered) {
        seen.add(name);
        if ((await more.count()) && (await more.getAttribute("aria-expanded")) === "false") await more.click();
        const back = all.filter({ hasText: new RegExp(`^${name}`) }).first();
        const inMenu = await back.evaluate((it) => it.closest(".menu") !== null);
        await back.click();
        const there = await comes(page.getByRole("dialog"));
        check(`${who} ${name} opens`, there);
        if (there) {
          const list = page.getByRole("dialog").locator(".el-select__wrapper").first();
          if (!seen.has("list") && (await page.getByRole("dialog").locator(".el-select").count())) {
            seen.add("list");
            await list.click();
            await page.getByRole("dialog").getByRole("option").first().waitFor();
            await inAll(one, `${who} ${name} with its list open`, "f-list", { small: false });
            await page.keyboard.press("Escape");
            await page.getByRole("dialog").getByRole("option").first().waitFor({ state: "hidden" });
            check(`${who} ${name}: Escape closes the list and not the form`, (await page.getByRole("dialog").isVisible()));
          }
          await lookAt(one, `${who} ${name}`, { back: inMenu ? more : back });
        }
      }
    }
    check(`${who}: actions that ask something were opened`, seen.size > 2, [...seen].join(" "));
    opened.add("incidents/ActionDialog.vue");
    return seen;
  }

  if (process.env.DIALOGS) return void (await everyForm());
  // Residents: a full page each, since the device keeps what it filed.
  const receipt = await report(stage, `楼道灯不亮 ${mark()}`);
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
      // The router says when the screen has come; its address changes before.
      await one.page.evaluate((to) => document.querySelector("#app").__vue_app__.config.globalProperties.$router.push(to).then(() => undefined), address).catch(() => undefined);
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
    if (role === "supervisor") examples.id = await ordered(one.page);
    if (paths.includes("/notices/:id")) examples["/notices/:id id"] = (await ask("/publications/managed?limit=1")).items[0]?.id;
    one.found.length = 0; // What was asked for examples was refused to some.
    await hashed("console", "c", one, paths, examples);
    // Where a part may be left out, the screen without it is another one.
    await hashed("console", "c", one, paths.filter((it) => it.includes("?")).map((it) => it.replace(/\/:\w+\?/, "")), examples);
    await one.end();
  }
  await everyForm();
  console.log(`     screens: ${Object.entries(shown).map(([face, n]) => `${face} ${n}`).join(", ")}`);
  check("every face showed its screens", shown.resident >= pathsOf("resident").length && shown.worker >= pathsOf("worker").length && shown.console >= consolePaths.length);

  async function everyForm() {
    const all = ["system", "security", "dispatcher", "supervisor", "handler"];
    const those = process.env.DIALOGS?.split(",") ?? all;
    for (const who of those) {
      const one = await watched(await enter(who));
      await one.page.getByRole("navigation").first().waitFor();
      await forms(who, one);
      if (who === "system") {
        await importing(one);
        await settings(one);
      }
      if (who === "dispatcher" || who === "supervisor") await actions(who, one, "/cases");
      if (who === "handler") await actions(who, one, "/department");
      await one.end();
    }
    const missed = files.filter((it) => !opened.has(it));
    if (those.length >= all.length) check(`every one of ${files.length} files with a form was opened`, missed.length === 0, missed.join(" "));
  }
}
