// The wall: large figures, no personal data, every number opens its list.
import { comes, soon, soonIn } from "../soon.mjs";
import { listsHold } from "../supervise.mjs";

/** Read from six metres: every figure in 40 px, every word in 28, in the chart too, and nothing cut. The base map's names and its source lie in the map. */
async function legible(page, check, at) {
  const said = await page.locator("main").evaluate((main) => [...main.querySelectorAll("*")]
    .filter((it) => it.checkVisibility() && !it.closest(".visually-hidden") && (!it.closest(".map") || it.closest(".part")))
    .map((it) => ({ it, words: [...it.childNodes].filter((one) => one.nodeType === 3).map((one) => one.data.trim()).join("") })).filter(({ words }) => words)
    .map(({ it, words }) => ({ words, px: Number.parseFloat(getComputedStyle(it).fontSize), name: Boolean(it.closest(".what")) })));
  const figures = said.filter(({ words, name }) => /\d/.test(words) && !name);
  const low = figures.filter(({ px }) => px < 40);
  check(`figures are at least 40 px at ${at}`, figures.length >= 20 && low.length === 0, JSON.stringify(low.length ? low : figures));
  const small = said.filter(({ px }) => px < 28);
  check(`what is to be read is at least 28 px at ${at}`, small.length === 0, JSON.stringify(small.slice(0, 8)));
  const chart = Number(await page.locator(".chart").getAttribute("data-type"));
  check(`the chart is written in 28 px at ${at}`, chart >= 28, String(chart));
  const cut = await page.evaluate(() => [...document.querySelectorAll("main, main .counters li, main .counters a, main .longest, main .longest a, main .what, main .trend")].filter((it) => it.scrollWidth > it.clientWidth + 1 || (it.matches("main, .longest, .trend") && it.scrollHeight > it.clientHeight + 1)).map((it) => `${it.tagName}.${it.className} ${it.scrollWidth}>${it.clientWidth} ${it.scrollHeight}>${it.clientHeight}`));
  check(`nothing on it is cut at ${at}`, cut.length === 0, cut.join("; "));
}

export async function run({ enter, check, base }) {
  const { page, screen } = await enter("supervisor", { viewport: { width: 1920, height: 1080 } });
  await page.getByRole("link", { name: "大屏" }).click();
  await page.locator(".counters strong").first().waitFor();
  await page.locator(".map canvas").first().waitFor();
  await page.locator(".chart canvas").waitFor();
  check("the wall is dark", await soonIn(page, () => document.documentElement.classList.contains("dark")));
  for (const viewport of [{ width: 1920, height: 1080 }, { width: 1440, height: 900 }]) {
    await page.setViewportSize(viewport);
    await page.reload();
    await page.locator(".counters a").nth(14).waitFor();
    await page.locator(".chart canvas").waitFor();
    await legible(page, check, `${viewport.width} × ${viewport.height}`);
    if (viewport.width === 1440) await screen("wall-2");
  }
  await page.setViewportSize({ width: 1920, height: 1080 });
  await page.reload();
  await page.locator(".counters a").nth(14).waitFor();
  await page.locator(".map canvas").first().waitFor();
  await page.locator(".chart canvas").waitFor();
  let waits;
  check("what waits longest for somebody is on it", await soon(async () => {
    waits = await page.evaluate(async () => (await (await fetch("/api/v1/incidents?state=received,accepted&sort=oldest&limit=1")).json()).items[0]);
    return waits !== undefined && (await page.locator(`.waits a[href$="${waits.id}"]`).count()) === 1;
  }), JSON.stringify(waits));
  const open = await page.evaluate(async () => (await (await fetch("/api/v1/reports/standing?by=street")).json()).total.lights.find((it) => it.word === "open").n);
  check("the wall says when its map shows not all of them", (await page.locator(".map .part").count()) === (open > 200 ? 1 : 0), String(open));
  const text = await page.locator("main").innerText();
  check("no telephone number is on the wall", !/1\d{2}[- ]?\d{4}[- ]?\d{4}/.test(text));
  await page.locator(".live:not(.stale)").waitFor();
  await screen("wall-1");
  // Every large number is as long as its list: lights, what is open, today's reports, and both parts of the three rates.
  const links = () => page.locator(".counters a").evaluateAll((all) => all.map((it) => it.getAttribute("href")));
  await soon(async () => (await links()).length === 15);
  const figures = await links();
  check("the wall has a list behind each of its numbers", figures.length === 15 && figures.every((it) => it?.includes("/cases?")), JSON.stringify(figures));
  // A number that was not read yet leads to all cases.
  await listsHold(page, check, "the wall", { ready: () => page.locator(".counters:not(:has(a[href$='/cases?'])) a").nth(14) });
  await page.locator(".counters .red a").click();
  await page.getByRole("region", { name: "案件列表" }).waitFor();
  check("a number opens its list", page.url().includes("light=red"), page.url());
  check("the desk has its light back", await soonIn(page, () => !document.documentElement.classList.contains("dark")));
  await page.goto(`${base}/c/#/wall`);
  await page.locator(".counters strong").first().waitFor();
  await page.context().setOffline(true);
  await page.locator(".live.stale").filter({ hasText: /数据停在 \d+ 秒前/ }).waitFor({ timeout: 100_000 });
  check("it says that what it shows is old", true);
  await page.context().setOffline(false);
  await page.locator(".live:not(.stale)").waitFor({ timeout: 90_000 });
  check("and stops saying so once it reads again", true);
  check("the wall survives a break of the network", await comes(page.locator(".counters strong").first()));
}
