// How long a first screen takes on a slow phone: processor four times slower, 1.6 Mbit/s down, 0.75 Mbit/s up, 150 ms away (the “slow 4G” of the
// browser's own tools), nothing cached. A screen is usable when what its first job needs is there and can be tapped. Printed, not asserted.
//
//   BASE_URL=… LINKS='{"worker":"…","desk":"…"}' node scripts/speed.mjs [runs]
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const base = (process.env.BASE_URL ?? "http://127.0.0.1:8080").replace(/\/$/, "");
const links = JSON.parse(process.env.LINKS ?? "{}");
const runs = Number(process.argv[2] ?? 7);
const network = { offline: false, latency: 150, downloadThroughput: (1.6 * 1024 * 1024) / 8, uploadThroughput: (0.75 * 1024 * 1024) / 8 };
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** What is looked at: the page, its screen, and what makes it usable. */
const faces = [
  { name: "resident /m/", path: "/m/", viewport: { width: 390, height: 844 }, usable: "a.report" },
  { name: "worker /w/", path: "/w/", viewport: { width: 390, height: 844 }, usable: "main h1", link: links.worker },
  { name: "console /c/", path: "/c/", viewport: { width: 1440, height: 900 }, usable: "main", link: links.desk },
  { name: "its rows", path: "/c/", viewport: { width: 1440, height: 900 }, usable: "li button.line", link: links.desk },
];

/** Cookies of a log-in by its link: a link logs in once. */
const loggedIn = new Map();

/** Milliseconds from the beginning of the navigation until the element is on the screen and nothing holds the page up. */
async function once(page, url, usable) {
  await page.addInitScript((wanted) => {
    const look = () => {
      const it = document.querySelector(wanted);
      // Two frames later the browser has answered: whatever kept the processor busy before is done.
      if (it && it.getBoundingClientRect().height > 0) return requestAnimationFrame(() => requestAnimationFrame(() => (window.usableAt ??= performance.now())));
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, usable);
  await page.goto(url, { waitUntil: "commit" });
  await page.waitForFunction(() => window.usableAt !== undefined, null, { timeout: 60_000 });
  return page.evaluate(() => window.usableAt);
}

async function measure(face) {
  const times = [];
  for (let run = 0; run < runs; run += 1) {
    const profile = await mkdtemp(join(tmpdir(), "jingwei-speed-"));
    const context = await chromium.launchPersistentContext(profile, { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: flags, viewport: face.viewport, locale: "zh-CN" });
    try {
      const cookies = loggedIn.get(face.link);
      if (cookies) await context.addCookies(cookies);
      else if (face.link) {
        // Logged in once, at full speed; every run then begins with the log-in and an empty cache.
        const page = await context.newPage();
        await page.goto(new URL(face.link, base).href);
        await page.locator("main").waitFor();
        await page.waitForTimeout(500);
        loggedIn.set(face.link, await context.cookies());
        await page.close();
      }
      const page = await context.newPage();
      const devtools = await context.newCDPSession(page);
      await devtools.send("Network.enable");
      await devtools.send("Network.clearBrowserCache");
      await devtools.send("Network.emulateNetworkConditions", network);
      await devtools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
      times.push(await once(page, base + face.path, face.usable));
    } finally {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    }
  }
  return times.sort((a, b) => a - b);
}

const seconds = (ms) => (ms / 1000).toFixed(2);
console.log(`first screen usable, seconds; processor ÷ 4, 1.6 Mbit/s, 150 ms, nothing cached; ${runs} runs each`);
for (const face of faces) {
  const times = await measure(face);
  const median = times[Math.floor(times.length / 2)];
  console.log(`${face.name.padEnd(14)} median ${seconds(median)}  from ${seconds(times[0])} to ${seconds(times.at(-1))}${face.link ? "" : face.path === "/m/" ? "" : "  (log-in page: no link was given)"}`);
}
