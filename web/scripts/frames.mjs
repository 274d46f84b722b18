// Scrolls the dispatch desk through its whole list and prints how long frames took: no test, a figure.
//
//   BASE_URL=http://127.0.0.1:8080 LINK=/c/#/link/… node scripts/frames.mjs
//
// Beside the time on the clock it tells the processor's: on a machine that does other things as well, a frame may be late through no fault of the
// page, and a task that took 10 ms of processor was 10 ms of work.
//
// LINK is a one-time link of somebody who sees the whole district. The list is read on as it is scrolled, as somebody at the desk would make
// it; then it is scrolled once more, up and down in strides, when every row is there. STAND_IN=1 makes a small district long in the browser:
// its first page is answered again and again under new ids until there are ROWS of them (100,000), so that what is measured is the page.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const base = (process.env.BASE_URL ?? "http://127.0.0.1:8080").replace(/\/$/, "");
const most = Number(process.env.ROWS ?? 100_000);
const profile = await mkdtemp(join(tmpdir(), "jingwei-frames-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, viewport: { width: 1440, height: 900 }, locale: "zh-CN",
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const page = context.pages()[0] ?? (await context.newPage());
if (process.env.STAND_IN) {
  let first = null;
  await page.route(/\/api\/v1\/incidents\?/, async (route) => {
    const url = new URL(route.request().url());
    const from = Number(url.searchParams.get("cursor") ?? 0);
    if (!first) {
      url.searchParams.delete("cursor");
      first = (await (await route.fetch({ url: url.href })).json()).items;
    }
    const size = Math.min(1_000, most - from); // Larger pages than the server's, so that the figure is not that of a thousand requests.
    const items = Array.from({ length: size }, (_, i) => ({ ...first[(from + i) % first.length], id: `00000000-0000-7000-8000-${String(from + i).padStart(12, "0")}` }));
    await route.fulfill({ json: { items, ...(from + size < most ? { next: String(from + size) } : {}) } });
  });
}
await page.goto(new URL(process.env.LINK ?? "", base).href);
await page.locator("li button.line").first().waitFor({ timeout: 60_000 });

/** Scrolls and notes the time between frames and every task that held the page up. */
const run = (how, rows) => page.evaluate(async ([how, rows]) => {
  const list = document.querySelector(".scroll");
  const frames = [];
  const held = [];
  const watch = new PerformanceObserver((found) => held.push(...found.getEntries().map((it) => it.duration)));
  watch.observe({ entryTypes: ["longtask"] });
  // Told by the styles and not by the layout: asking for that would hold up the frame that is measured.
  const tall = (it) => Number.parseFloat(it?.style.blockSize ?? "") || 0;
  const count = () => Math.round(tall(list.querySelector("ul")) / (tall(list.querySelector("li")) || 1));
  let last = performance.now();
  const frame = () => new Promise((done) => requestAnimationFrame((now) => { frames.push(now - last); last = now; done(); }));
  let still = 0;
  let before = count();
  for (let turn = 0; ; turn += 1) {
    if (how === "read") list.scrollTop += 4_000;
    else list.scrollTop = ((turn * 7_919) % 100) / 100 * list.scrollHeight;
    await frame();
    const now = count();
    if (how === "read") {
      still = now === before ? still + 1 : 0;
      before = now;
      if (now >= rows || (still > 600 && list.scrollTop + list.clientHeight >= list.scrollHeight - 2)) break;
    } else if (turn >= 600) break;
  }
  watch.disconnect();
  const sorted = [...frames].sort((a, b) => a - b);
  const at = (share) => Math.round((sorted[Math.floor((sorted.length - 1) * share)] ?? 0) * 10) / 10;
  return { rows: count(), frames: frames.length, median: at(0.5), p99: at(0.99), worst: at(1), over: frames.filter((it) => it > 50).length, held: held.filter((it) => it > 50).length, heldWorst: Math.round(Math.max(0, ...held)) };
}, [how, rows]);

/** Runs something and answers with the processor time of the page's own tasks, longest last. */
async function traced(what) {
  const devtools = await context.newCDPSession(page);
  const tasks = [];
  const names = new Map();
  devtools.on("Tracing.dataCollected", ({ value }) => {
    for (const it of value) {
      if (it.name === "thread_name") names.set(`${it.pid} ${it.tid}`, it.args.name);
      else if (it.ph === "X" && it.tdur !== undefined && it.name === "ThreadControllerImpl::RunTask") tasks.push([`${it.pid} ${it.tid}`, it.tdur / 1_000]);
    }
  });
  await devtools.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["toplevel"], excludedCategories: ["*"] } });
  const it = await what();
  const complete = new Promise((done) => devtools.once("Tracing.tracingComplete", done));
  await devtools.send("Tracing.end");
  await complete;
  // Of all processes of the browser it is the page whose main thread worked most.
  const threads = new Map();
  for (const [thread, time] of tasks) {
    if (names.get(thread) !== "CrRendererMain") continue;
    if (!threads.has(thread)) threads.set(thread, []);
    threads.get(thread).push(time);
  }
  const work = [...threads.values()].sort((a, b) => b.reduce((x, y) => x + y, 0) - a.reduce((x, y) => x + y, 0))[0] ?? [];
  return { ...it, work: work.sort((a, b) => a - b) };
}

const say = (what, it) =>
  console.log(`${what}: ${it.rows} rows, ${it.frames} frames; median ${it.median} ms, 99 % ${it.p99} ms, worst ${it.worst} ms; ${it.over} frames over 50 ms; ${it.held} tasks over 50 ms (worst ${it.heldWorst} ms); of processor the longest task took ${it.work.at(-1)?.toFixed(1)} ms, ${it.work.filter((one) => one > 50).length} over 50 ms, ${(it.work.reduce((x, y) => x + y, 0) / it.frames).toFixed(1)} ms a frame`);
say("reading on while scrolling", await traced(() => run("read", most)));
say("strides through the whole list", await traced(() => run("jump", most)));
await context.close();
await rm(profile, { recursive: true, force: true });
