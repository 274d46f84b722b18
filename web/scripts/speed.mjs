// How long a first screen takes on a slow phone: processor four times slower, 1.6 Mbit/s down, 0.75 Mbit/s up, 150 ms away (the “slow 4G” of the
// browser's own tools), first with nothing cached and then again, with what the first look left: the service worker of the phones' pages, the browser's
// own store for the desk's. A screen is usable when what its first job needs is there and can be tapped. Printed, not asserted.
//
//   BASE_URL=… LINKS='{"worker":"…","desk":"…"}' node scripts/speed.mjs [looks] [words of the screens' names]
//
// The browser slows the page's own thread and line; a service worker has a thread of its own, which is not slowed.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const base = (process.env.BASE_URL ?? "http://127.0.0.1:8080").replace(/\/$/, "");
const links = JSON.parse(process.env.LINKS ?? "{}");
const looks = Number(process.argv[2] ?? 7);
const asked = process.argv.slice(3);
const network = { offline: false, latency: 150, downloadThroughput: (1.6 * 1024 * 1024) / 8, uploadThroughput: (0.75 * 1024 * 1024) / 8 };
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const [phone, desktop] = [{ width: 390, height: 844 }, { width: 1440, height: 900 }];

/** What is looked at: the page, its screen, and what makes it usable. Where `link` is named, somebody is logged in. */
const screens = [
  { name: "resident, first screen", path: "/m/", viewport: phone, usable: "a.report", worker: true },
  { name: "worker, inbox can be used", path: "/w/", viewport: phone, usable: "main h1", link: "worker", worker: true },
  { name: "worker, its tasks stand", path: "/w/", viewport: phone, usable: "a.item", link: "worker", worker: true },
  { name: "desk, page stands", path: "/c/", viewport: desktop, usable: "main", link: "desk" },
  { name: "desk, its cases stand", path: "/c/", viewport: desktop, usable: "li button.line", link: "desk" },
];

async function withBrowser(viewport, what) {
  const profile = await mkdtemp(join(tmpdir(), "jingwei-speed-"));
  const context = await chromium.launchPersistentContext(profile, { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: flags, viewport, locale: "zh-CN" });
  try {
    return await what(context);
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
}

/** Cookies of a log-in by its link: a link logs in once, in a browser of its own, so that nothing of that visit is left in the looks. */
const loggedIn = new Map();
async function cookiesOf(name) {
  if (!name) return [];
  if (!links[name]) throw new Error(`LINKS has no link for ${name}`);
  if (!loggedIn.has(name)) loggedIn.set(name, await withBrowser(desktop, async (context) => {
    const page = await context.newPage();
    await page.goto(new URL(links[name], base).href);
    await page.waitForURL((url) => !url.hash.startsWith("#/link/"));
    return context.cookies();
  }));
  return loggedIn.get(name);
}

/** Milliseconds from the beginning of the navigation until the element is on the screen and nothing holds the page up; what came until then. */
async function look(context, { path, usable }) {
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.emulateNetworkConditions", network);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  await page.addInitScript((wanted) => {
    const look = () => {
      const it = document.querySelector(wanted);
      // Two frames later the browser has answered: whatever kept the processor busy before is done.
      if (it && it.getBoundingClientRect().height > 0) return requestAnimationFrame(() => requestAnimationFrame(() => (window.usableAt ??= performance.now())));
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, usable);
  await page.goto(base + path, { waitUntil: "commit" });
  await page.waitForFunction(() => window.usableAt !== undefined, null, { timeout: 60_000 });
  const seen = await page.evaluate(() => {
    const came = performance.getEntries().filter((it) => (it.entryType === "navigation" || it.entryType === "resource") && it.responseEnd > 0 && it.responseEnd <= window.usableAt && it.transferSize > 0);
    return { time: window.usableAt, requests: came.length, bytes: came.reduce((sum, it) => sum + it.transferSize, 0) };
  });
  // Full speed again: what the page still loads, and what its service worker puts by, is for the next look.
  await devtools.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  return { page, seen };
}

async function measure(screen) {
  const [first, again] = [[], []];
  for (let n = 0; n < looks; n += 1) {
    const cookies = await cookiesOf(screen.link);
    await withBrowser(screen.viewport, async (context) => {
      await context.addCookies(cookies);
      const { page, seen } = await look(context, screen);
      first.push(seen);
      if (screen.worker) await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
      await page.waitForTimeout(1_500);
      await page.close();
      again.push((await look(context, screen)).seen);
    });
  }
  return { first, again };
}

const seconds = (ms) => (ms / 1000).toFixed(2);
function told(seen) {
  const times = seen.map((it) => it.time).sort((a, b) => a - b);
  const middle = seen.find((it) => it.time === times[Math.floor(times.length / 2)]);
  return `${seconds(middle.time)} (${seconds(times[0])}–${seconds(times.at(-1))}), ${middle.requests} requests, ${Math.round(middle.bytes / 1024)} KiB`;
}
console.log(`first screen usable, seconds: median (lowest–highest) of ${looks}; processor ÷ 4, 1.6 Mbit/s, 150 ms`);
console.log("| screen | nothing cached | again |\n|---|---|---|");
for (const screen of screens.filter(({ name }) => !asked.length || asked.some((words) => name.includes(words)))) {
  const { first, again } = await measure(screen);
  console.log(`| ${screen.name} | ${told(first)} | ${told(again)} |`);
}
