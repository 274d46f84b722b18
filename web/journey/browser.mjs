// What the journey needs of a browser: a clean start, pictures, axe, and a tally.
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { read, soonIn } from "./soon.mjs";

const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Names what sticks out of the screen, of what does not scroll in a box of its own. */
const sticksOut = `[...document.querySelectorAll("body *")].filter((it) => {
  if (it.getBoundingClientRect().right <= document.documentElement.clientWidth + 1) return false;
  for (let box = it.parentElement; box; box = box.parentElement) if (/auto|scroll|hidden|clip/.test(getComputedStyle(box).overflowX)) return false;
  return true;
}).slice(0, 4).map((it) => it.tagName.toLowerCase() + (typeof it.className === "string" ? "." + it.className.replaceAll(" ", ".") : "")).join(", ")`;

export const phone = { width: 390, height: 844 };
export const desktop = { width: 1440, height: 900 };

/** Counts what held and what did not; a failure is told at once and the journey goes on where it can. */
export function tally() {
  const sum = { passed: 0, failed: 0 };
  const check = (what, held, more = "") => {
    sum[held ? "passed" : "failed"] += 1;
    console.log(`${held ? "ok  " : "FAIL"} ${what}${held || !more ? "" : `\n     ${more}`}`);
  };
  return { sum, check };
}

/** One person's browser: a new profile, no memory of the others. */
export async function person({ viewport, position, scheme = "light", agent, faults, shots, check }) {
  const profile = await mkdtemp(join(tmpdir(), "jingwei-journey-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: flags, viewport, locale: "zh-CN", timezoneId: "Asia/Shanghai", colorScheme: scheme,
    ...(agent ? { userAgent: agent } : {}),
    ...(position ? { geolocation: { longitude: position[0], latitude: position[1] }, permissions: ["geolocation"] } : {}),
  });
  // SLOW=700: every answer of the server comes so many milliseconds later, as over a slow line. What races shows itself.
  if (process.env.SLOW) await context.route("**/api/**", (route) => setTimeout(() => void route.continue().catch(() => undefined), Number(process.env.SLOW)));
  let page = watched(context.pages()[0] ?? (await context.newPage()));
  function watched(one) {
    // Generous: nothing waits longer than it must.
    one.setDefaultTimeout(60_000);
    one.on("console", (message) => {
      const text = message.text();
      // A refused request is part of some steps; a policy violation or an exception never is.
      if (/Content Security Policy|Content-Security-Policy/.test(text)) faults.push(`policy: ${text}`);
      else if (message.type() === "warning" && /\[intlify\]|\[Vue warn\]/.test(text)) faults.push(text);
    });
    one.on("pageerror", (error) => faults.push(`exception: ${error.message}`));
    return one;
  }

  /** A phone page is pictured whole: on a screen as tall as the page, so that what sticks to the bottom is at the bottom. */
  async function wholePage(picture) {
    const { width, height } = page.viewportSize();
    const tall = width < 600 ? await page.evaluate(() => document.documentElement.scrollHeight) : height;
    if (tall > height) await page.setViewportSize({ width, height: Math.min(tall, 4000) });
    await picture();
    if (tall > height) await page.setViewportSize({ width, height });
  }

  async function shot(name) {
    await mkdir(shots, { recursive: true });
    await wholePage(() => page.screenshot({ path: join(shots, `${name}.png`) }));
  }
  /** Nothing on the screen is wider than it. `picture` names one to be taken where PICTURES is set. */
  async function fits(name, picture) {
    if (picture && process.env.PICTURES) await shot(picture);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    check(`fits: ${name}`, wide <= 0, `${wide} px too wide: ${wide > 0 ? await page.evaluate(sticksOut) : ""}`);
  }
  // Lets what is being read come and a transition end, also one that a busy machine begins late, so that axe does not measure half-faded colours. What turns
  // for ever is not waited for.
  async function settled() {
    await read(page, 10_000);
    await page.waitForTimeout(350);
    const still = () => !document.getAnimations().some((it) => it.playState === "running" && Number.isFinite(it.effect?.getComputedTiming().endTime));
    await soonIn(page, still, undefined, 5_000);
  }
  async function asked(name) {
    // Judged at the end of the page: what sticks to the bottom covers nothing there that could not be scrolled away.
    await page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)");
    // Run through the protocol and not as a script element: the page's content policy stays in force.
    const found = await page.evaluate(`(() => { ${axeSource}; return axe.run(document, { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }); })()`);
    const words = found.violations.map((it) => `${it.id}: ${it.help} — ${it.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(" | ")}`);
    check(`axe: ${name}`, words.length === 0, words.join("\n     "));
  }
  /** Asks whether the screen fits, and axe about it. */
  async function judge(name, picture) {
    await settled();
    await fits(name, picture);
    await asked(name);
  }
  /** Takes the picture of a screen and judges it. */
  async function screen(name) {
    await settled();
    await shot(name);
    await fits(name);
    await asked(name);
  }
  const end = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
  /** Kills the page, as a phone does that wants its memory back, and begins with an empty one in the same browser. */
  async function reopen() {
    const before = page;
    page = watched(await context.newPage());
    await before.close();
    return page;
  }
  return { get page() { return page; }, screen, judge, fits, end, reopen };
}
