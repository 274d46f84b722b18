// Scrolls the dispatch desk as people do, by wheel, by the scroll bar and by keys, while it reads on through its whole list, and prints how long
// frames took: no test, a figure.
//
//   BASE_URL=http://127.0.0.1:8080 LINK=/c/#/link/… node scripts/frames.mjs
//
// LINK is a one-time link of somebody who sees the whole district; `cargo xtask bench scroll` makes a district of 100,000 cases and one. A frame's time is
// that between two answers of requestAnimationFrame, on the clock; beside it stands the processor's, because on a machine that does other things as
// well a frame may be late through no fault of the page; a thread that does nothing but sleep for five milliseconds at a time tells when the machine
// itself stood still, and a late frame in which it woke late as well is counted apart. WAYS picks some of the ways, TRACE=1 tells of what the late frames consisted.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { chromium } from "playwright-core";
import { consistedOf, traced } from "./trace.mjs";

/** The stretches, on the clock, in which a thread that only sleeps was not woken in time: the machine gave nobody anything then. */
const stood = [];
const sleeper = new Worker(`
  const { parentPort } = require("node:worker_threads");
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const now = () => performance.timeOrigin + performance.now();
  for (let last = now(); ; ) {
    Atomics.wait(cell, 0, 0, 5);
    const woken = now();
    if (woken - last > 25) parentPort.postMessage([last, woken]);
    last = woken;
  }`, { eval: true });
sleeper.on("message", (stretch) => stood.push(stretch));

const base = (process.env.BASE_URL ?? "http://127.0.0.1:8080").replace(/\/$/, "");
const most = Number(process.env.ROWS ?? 100_000);
const wanted = (process.env.WAYS ?? "still,wheel,rush,bar,pages,ends,steps").split(",");
const profile = await mkdtemp(join(tmpdir(), "jingwei-frames-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, viewport: { width: 1440, height: 900 }, locale: "zh-CN",
  // The scroll bar is drawn, since it is drawn for whoever works at the desk and one of the ways drags it.
  ignoreDefaultArgs: ["--hide-scrollbars"],
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const page = context.pages()[0] ?? (await context.newPage());
await page.goto(new URL(process.env.LINK ?? "", base).href);
await page.locator("li button.line").first().waitFor({ timeout: 60_000 });
await page.waitForTimeout(4_000); // The map has come.

await page.evaluate(() => {
  // Notes every frame of the page, and every task that held it up.
  window.noted = { frames: [], held: [] };
  let last = 0;
  const next = (now) => {
    if (last) window.noted.frames.push([last, now]);
    last = now;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
  new PerformanceObserver((found) => window.noted.held.push(...found.getEntries().map((it) => it.duration))).observe({ entryTypes: ["longtask"] });
});
// Told by the styles and not by the layout: asking for that would hold up the frame that is measured.
const rows = () => page.evaluate(() => {
  const tall = (it) => Number.parseFloat(it?.style.blockSize ?? "") || 0;
  return Math.round(tall(document.querySelector(".scroll ul")) / (tall(document.querySelector(".scroll li")) || 1));
});
const box = await page.locator(".scroll").boundingBox();
const [middle, bar] = [{ x: box.x + box.width / 2, y: box.y + box.height / 2 }, box.x + box.width - 6];
const pause = (time) => new Promise((done) => setTimeout(done, time));
const until = async (seconds, turn) => { const end = Date.now() + seconds * 1_000; for (let i = 0; Date.now() < end; i += 1) if ((await turn(i)) === false) return; };
async function focus() {
  await page.evaluate(() => document.querySelector(".scroll").focus());
}

const ways = {
  /** Nothing is done: what the machine alone makes late. */
  still: () => pause(5_000),
  /** The wheel, as fast as a hand turns it. */
  async wheel() {
    await page.mouse.move(middle.x, middle.y);
    await until(12, async () => { await page.mouse.wheel(0, 1_200); await pause(12); });
  },
  /** The wheel, as it never turns: a few hundred rows at a time, until the whole list is read. */
  async rush() {
    await page.mouse.move(middle.x, middle.y);
    let [before, same] = [0, 0];
    await until(Number(process.env.SECONDS ?? 110), async (turn) => {
      await page.mouse.wheel(0, 20_000);
      await pause(12);
      if (turn % 50) return true;
      const now = await rows();
      same = now === before ? same + 1 : 0;
      before = now;
      return now < most && same < 8;
    });
  },
  /** The scroll bar's thumb from top to bottom and back. */
  async bar() {
    await page.evaluate(() => (document.querySelector(".scroll").scrollTop = 0));
    await pause(300);
    await page.mouse.move(bar, box.y + 8);
    await page.mouse.down();
    const room = box.height - 30;
    await until(10, async (turn) => {
      const share = Math.abs(((turn / 120) % 2) - 1);
      await page.mouse.move(bar, box.y + 8 + room * (1 - share));
      await pause(12);
    });
    await page.mouse.up();
  },
  /** The page keys held down, down and then up. */
  async pages() {
    await focus();
    await until(10, async (turn) => { await page.keyboard.press(turn % 200 < 120 ? "PageDown" : "PageUp"); await pause(25); });
  },
  /** To the end, to the beginning. */
  async ends() {
    await focus();
    await until(10, async (turn) => { await page.keyboard.press(turn % 2 ? "Home" : "End"); await pause(300); });
  },
  /** From case to case: each opens beside the list. */
  async steps() {
    await page.evaluate(() => (document.querySelector(".scroll").scrollTop = 0));
    await until(15, async (turn) => { await page.keyboard.press(turn % 40 < 30 ? "j" : "k"); await pause(250); });
    await page.keyboard.press("Escape");
  },
};

const devtools = await context.newCDPSession(page);
await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
/** Milliseconds of processor that the page's own thread has worked. */
const worked = async () => 1_000 * (await devtools.send("Performance.getMetrics")).metrics.find((it) => it.name === "TaskDuration").value;

for (const name of wanted) {
  await page.evaluate(() => { window.noted.frames = []; window.noted.held = []; });
  // A trace holds the browser up now and then, about once in a minute of scrolling: frames that count are measured without one.
  const before = await worked();
  const trace = process.env.TRACE ? await traced(context, page, ways[name], true) : void (await ways[name]());
  const work = (await worked()) - before;
  const noted = await page.evaluate(() => ({ ...window.noted, origin: performance.timeOrigin }));
  const times = noted.frames.map(([from, to]) => to - from).sort((a, b) => a - b);
  const at = (share) => (times[Math.floor((times.length - 1) * share)] ?? 0).toFixed(1);
  // One frame of 50.0 is three beats of the screen; what is over is told apart by a tenth.
  const late = noted.frames.filter(([from, to]) => to - from > 50.1);
  const halted = late.filter(([from, to]) => stood.some(([a, b]) => a < noted.origin + to && b > noted.origin + from));
  console.log(`${name}: ${await rows()} rows, ${times.length} frames; median ${at(0.5)} ms, 99 % ${at(0.99)}, worst ${at(1)}; ${late.length} over 50 ms, ${halted.length} of them while the machine stood still; tasks over 50 ms ${noted.held.filter((it) => it > 50).length}; of processor ${(work / Math.max(1, times.length)).toFixed(1)} ms a frame`);
  if (trace) for (const [from, to] of late.slice(0, 12)) console.log(`  ${(to - from).toFixed(0)} ms: ${consistedOf(trace, from, to)}`);
  await pause(1_500);
}
await sleeper.terminate();
await context.close();
await rm(profile, { recursive: true, force: true });
