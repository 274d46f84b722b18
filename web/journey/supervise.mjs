// Supervision as two journeys walk it: from a red figure over its list to an order on paper, and the weekly report.
import { hurry } from "./steps.mjs";

export const tabs = (page) => page.getByRole("navigation", { name: "督查页面" });

/** What the desk counts for the address of a figure is what the figure says: the desk's own total, light by light. The page is read anew for it, so that
 * no table of another question stands there, and once more where a case turned red between the two. `ready` is there once the page has its figures. */
export async function listsHold(page, check, where, { ready, read = figuresOf, tries = 3 }) {
  let figures = [];
  let wrong = [];
  for (let n = 0; n < tries && (n === 0 || !figures.length || wrong.length); n += 1) {
    await page.reload();
    await ready().waitFor();
    figures = await read(page);
    wrong = await astray(page, figures);
  }
  check(`${where}: ${figures.length} figures are as long as their lists`, figures.length > 0 && wrong.length === 0, wrong.join("\n     "));
  const bare = await bareNumbers(page);
  check(`${where}: every number of a table opens a list`, bare.length === 0, bare.join("; "));
}
/** Cells that count something and open nothing. A percentage stands beside its parts, and nothing has no list. */
export const bareNumbers = (page) => page.locator("main table td.n").evaluateAll((cells) => cells.flatMap((cell) => {
  const words = cell.innerText.replace(/\d+(\.\d+)?%/g, "").trim();
  return /[1-9]/.test(words) && !cell.querySelector("a") ? [`${cell.closest("tr").querySelector("th")?.innerText ?? ""}: ${words}`] : [];
}));
/** The figures that are not as long as their lists. */
async function astray(page, figures) {
  const counted = await page.evaluate(async (all) => Promise.all(all.map(async (it) => {
    const query = new URLSearchParams(it.href.slice(it.href.indexOf("?") + 1));
    const { states, lights } = await (await fetch(`/api/v1/incidents/counts?${query}`)).json();
    const light = query.get("light");
    return light ? (lights[light] ?? 0) : Object.values(states).reduce((sum, n) => sum + n, 0);
  })), figures);
  return figures.flatMap((it, n) => (it.cases === counted[n] ? [] : [`${it.text} and ${counted[n]}: ${it.href}`]));
}
/** All figures of the page that lead to a list of cases: a number, or answers and beside them the cases that the list holds (“12 次，11 件”). */
export const figuresOf = (page) => page.locator("main a[href*='/cases?']").evaluateAll((all) => all.flatMap((it) => {
  const text = (it.querySelector("strong")?.textContent ?? it.textContent).trim();
  const found = /^(\d+)(?: 次，(\d+) 件)?$/.exec(text);
  return found ? [{ href: it.getAttribute("href"), text, cases: Number(found[2] ?? found[1]) }] : [];
}));

/** From a red figure to its list, to an order for a case of it, to the paper. */
export async function redToOrder({ page, screen }, { check, base }, shot) {
  await page.getByRole("link", { name: "督查", exact: true }).click();
  await page.getByRole("heading", { name: /现在哪里亮红灯/ }).waitFor();
  await page.locator(".totals .red strong").waitFor();
  await page.locator(".chart canvas").first().waitFor();
  await screen(`${shot}-1-standing`);
  await listsHold(page, check, "what is red", { ready: () => page.locator(".totals .red strong"), read: async () => (await figuresOf(page)).filter((it) => it.href.includes("light=red")).slice(0, 1) });
  const red = Number(await page.locator(".totals .red strong").innerText());
  check("something is red in the invented district", red > 0);
  await page.locator(".totals .red a").click();
  await page.getByRole("region", { name: "案件列表" }).locator("button.line").first().waitFor();
  const address = new URL(page.url().replace("#", ""));
  check("the figure opens its list, filters in the address", address.searchParams.get("light") === "red" && address.searchParams.get("state") === "open", page.url());
  const code = await page.evaluate(async () => (await (await fetch("/api/v1/incidents?state=assigned,in_progress&light=red&limit=1")).json()).items[0]?.code ?? "");
  check("one of them is with a unit", code !== "");
  await page.goto(`${base}/c/#/figures/orders?case=${code}`);
  const dialog = page.getByRole("dialog", { name: "下达督办" });
  await dialog.waitFor();
  await dialog.getByRole("button", { name: "下达" }).click();
  await dialog.getByRole("alert").first().waitFor();
  check("an order without words is refused beside the field", true);
  await screen(`${shot}-2-order-refused`);
  await dialog.getByLabel("督办要求").fill("请今天到现场处置，明天下班前把结果报上来。");
  await dialog.getByRole("button", { name: "下达" }).click();
  await hurry(page);
  await page.getByRole("row").filter({ hasText: code }).getByRole("link").first().click();
  await page.getByRole("heading", { name: /^督办单 / }).waitFor();
  check("the order is issued to a unit", page.url().includes("/figures/orders/"));
  await screen(`${shot}-3-order`);
  await page.emulateMedia({ media: "print" });
  check("on paper there are no buttons", !(await page.getByRole("button", { name: "打印" }).isVisible()));
  check("the paper says who printed it", await page.locator(".foot").isVisible());
  await screen(`${shot}-4-order-paper`);
  await page.emulateMedia({ media: "screen" });
  return code;
}

/** The weekly report, on paper in the end; what it says of a rate is handed back. */
export async function weekly({ page, screen }, shot) {
  await tabs(page).getByRole("link", { name: "日报周报月报" }).click();
  await page.getByRole("button", { name: "周报" }).click();
  await page.getByRole("button", { name: "周报", pressed: true }).waitFor();
  await page.getByRole("heading", { name: "总体情况" }).waitFor();
  await page.emulateMedia({ media: "print" });
  await screen(`${shot}-week-paper`);
  await page.emulateMedia({ media: "screen" });
  return async (rate) => page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: rate }) }).innerText();
}
