// The wall: large figures, no personal data, every number opens its list.
import { figuresOf, listsHold } from "../supervise.mjs";

export async function run({ enter, check, base }) {
  const { page, screen } = await enter("supervisor", { viewport: { width: 1920, height: 1080 } });
  await page.getByRole("link", { name: "大屏" }).click();
  await page.locator(".counters strong").first().waitFor();
  await page.locator(".map canvas").first().waitFor();
  await page.locator(".chart canvas").waitFor();
  check("the wall is dark", await page.evaluate(() => document.documentElement.classList.contains("dark")));
  const sizes = await page.locator(".counters strong").evaluateAll((all) => all.map((it) => Number.parseFloat(getComputedStyle(it).fontSize)));
  check("figures are at least 40 px", sizes.every((it) => it >= 40), sizes.join(", "));
  const text = await page.locator("main").innerText();
  check("no telephone number is on the wall", !/1\d{2}[- ]?\d{4}[- ]?\d{4}/.test(text));
  await page.locator(".live:not(.stale)").waitFor();
  await screen("wall-1");
  // Every large number is as long as its list: lights, what is open, today's reports, and both parts of the three rates.
  const figures = await page.locator(".counters a").evaluateAll((all) => all.map((it) => ({ href: it.getAttribute("href") })));
  check("the wall has a list behind each of its numbers", figures.length === 15 && figures.every((it) => it.href?.includes("/cases?")), JSON.stringify(figures.map((it) => it.href)));
  await listsHold(page, check, "the wall", await figuresOf(page));
  const red = page.locator(".counters .red a");
  const n = Number(await red.locator("strong").innerText());
  await red.click();
  await page.getByRole("region", { name: "案件列表" }).waitFor();
  check("a number opens its list", page.url().includes("light=red"), page.url());
  check("the desk has its light back", !(await page.evaluate(() => document.documentElement.classList.contains("dark"))));
  const counted = await page.evaluate(async () => (await (await fetch("/api/v1/incidents/counts?state=open&light=red")).json()).lights.red ?? 0);
  check("the list is as long as the number", counted === n, `${counted} and ${n}`);
  await page.goto(`${base}/c/#/wall`);
  await page.locator(".counters strong").first().waitFor();
  await page.context().setOffline(true);
  await page.waitForTimeout(3000);
  await page.context().setOffline(false);
  check("the wall survives a break of the network", await page.locator(".counters strong").first().isVisible());
}
