// The wall: large figures, no personal data, every number opens its list.
import { soon } from "../soon.mjs";
import { listsHold } from "../supervise.mjs";

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
  const links = () => page.locator(".counters a").evaluateAll((all) => all.map((it) => it.getAttribute("href")));
  await soon(async () => (await links()).length === 15);
  const figures = await links();
  check("the wall has a list behind each of its numbers", figures.length === 15 && figures.every((it) => it?.includes("/cases?")), JSON.stringify(figures));
  await listsHold(page, check, "the wall", { ready: () => page.locator(".counters a").nth(14) });
  await page.locator(".counters .red a").click();
  await page.getByRole("region", { name: "案件列表" }).waitFor();
  check("a number opens its list", page.url().includes("light=red"), page.url());
  check("the desk has its light back", !(await page.evaluate(() => document.documentElement.classList.contains("dark"))));
  await page.goto(`${base}/c/#/wall`);
  await page.locator(".counters strong").first().waitFor();
  await page.context().setOffline(true);
  await page.waitForTimeout(3000);
  await page.context().setOffline(false);
  check("the wall survives a break of the network", await page.locator(".counters strong").first().isVisible());
}
