// The figures of supervision held against the server's own: two periods beside each other, the reports of a day, a week and a month with their sums, and
// from every group of rates, however it is split, a number that opens a list of as many cases.
import { as } from "../ask.mjs";
import { soon } from "../soon.mjs";
import { figuresOf, listsHold, tabs } from "../supervise.mjs";

const hours = 3_600_000;
const day = 24 * hours;
/** A day of the district, so many days back. */
const back = (n) => new Date(Date.now() + 8 * hours - n * day).toISOString().slice(0, 10);
const first = (date) => Date.parse(`${date}T00:00:00+08:00`);
/** What the server counts from one day to another, both inside. */
const counted = (page, by, from, to) => as(page, `/reports/rates?${new URLSearchParams({ by, from: new Date(first(from)).toISOString(), to: new Date(first(to) + day).toISOString() })}`);
const share = (line, rate) => line?.rates.find((it) => it.rate === rate)?.percent ?? null;
const names = {
  three: ["response", "solved", "satisfied"], work: ["filed", "accuracy", "timely", "ended", "closed", "passed"], trouble: ["overdue", "rework"], intake: ["valid", "found"],
};

/** How a rate moved, in the page's words: nothing where one of the periods has none. */
function moved(now, before) {
  if (now === null || before === null) return "";
  const by = Math.round((now - before) * 100) / 100;
  return by === 0 ? "持平" : `${by > 0 ? "↑" : "↓"} ${Math.abs(by)} 个百分点`;
}

async function compared({ base, check }, { page, screen }, group) {
  const [from, to] = [back(20), back(0)];
  await page.goto(`${base}/c/#/figures/rates?by=street&group=${group}&from=${from}&to=${to}`);
  const box = page.getByLabel(`与 ${back(41)} 至 ${back(21)} 比`);
  await box.setChecked(true);
  const rows = page.locator("main table tbody tr");
  const shown = () => rows.evaluateAll((all) => all.map((row) => [...row.querySelectorAll("td:nth-child(n+3)")].map((it) => it.querySelector(".soft")?.textContent.trim() ?? "")));
  let [wanted, seen] = [[], []];
  // A case may come in between the two readings; then both are read once more.
  await soon(async () => {
    const [now, before] = [await counted(page, "street", from, to), await counted(page, "street", back(41), back(21))];
    const lines = [[now.total, before.total], ...now.rows.map((it) => [it, before.rows.find((old) => old.key === it.key)])];
    wanted = lines.map(([line, old]) => names[group].map((rate) => moved(share(line, rate), share(old, rate))));
    seen = await shown();
    return JSON.stringify(seen) === JSON.stringify(wanted);
  });
  check(`what changed since the period before is the difference of the server's two: ${group}`, JSON.stringify(seen) === JSON.stringify(wanted) && wanted[0].some((it) => it !== ""), `${JSON.stringify(seen)} and ${JSON.stringify(wanted)}`);
  const all = wanted.flat();
  console.log(`     ${all.filter((it) => it.startsWith("↑")).length} more, ${all.filter((it) => it.startsWith("↓")).length} less, ${all.filter((it) => it === "持平").length} the same, ${all.filter((it) => !it).length} without a rate in both`);
  await screen(`cp-1-${group}`);
}

/** The report of a day, a week or a month: its sums are the server's, and its parts add up to them. */
async function reported({ check }, { page, screen }, kind, name, days) {
  await page.getByRole("button", { name, exact: true }).click();
  await page.getByRole("button", { name, exact: true, pressed: true }).waitFor();
  await page.getByLabel("日期", { exact: true }).fill(days.date);
  await page.getByText(`${days.from} 至 ${days.to}`).first().waitFor();
  const heads = ["reported", "valid", "filed", "handled", "overdue", "closed"];
  const card = (title) => page.locator("main section").filter({ has: page.getByRole("heading", { name: title }) });
  const numbers = async (title, nth) => (await card(title).locator(`tbody tr td:nth-of-type(${nth})`).allInnerTexts()).map(Number);
  let [said, wanted] = [[], []];
  const held = await soon(async () => {
    if (!(await card("总体情况").isVisible())) return false;
    const [now, before] = [await counted(page, "street", days.from, days.to), await counted(page, "street", days.before.from, days.before.to)];
    wanted = [now, before].map(({ total }) => heads.map((it) => total.counts[it] ?? 0));
    said = await card("总体情况").locator("tbody tr").evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll("td")].map((it) => Number(it.innerText))));
    return JSON.stringify(said) === JSON.stringify(wanted);
  });
  check(`${name}: the sums of both periods are the server's`, held && wanted[0][0] > 0, `${JSON.stringify(said)} and ${JSON.stringify(wanted)}`);
  const total = said[0]?.[0];
  const sum = (all) => all.reduce((a, b) => a + b, 0);
  const streets = await numbers("各街道", 1);
  check(`${name}: the streets add up to the whole`, sum(streets) === total, `${streets} and ${total}`);
  const lights = await numbers(/^未办结案件的灯/, 1);
  check(`${name}: the lights add up to what is open`, sum(lights.slice(0, -1)) === lights.at(-1) && lights.at(-1) > 0, String(lights));
  if (kind === "day") check(`${name}: a day has no table of days`, (await card("每天").count()) === 0);
  else {
    const each = await numbers("每天", 1);
    check(`${name}: its days add up to the whole`, each.length >= 7 && sum(each) === total, `${each} and ${total}`);
  }
  await screen(`cp-2-${kind}`);
}

/** One number of a group opens its list, which is as long as the number. */
async function drilled({ base, check }, page, group, by) {
  const where = `${group} by ${by}`;
  const address = `${base}/c/#/figures/rates?group=${group}&by=${by}&from=${back(60)}&to=${back(0)}`;
  await page.goto("about:blank");
  await page.goto(address);
  const rows = page.locator("main table tbody tr:not(.sum)");
  await rows.first().waitFor();
  await listsHold(page, check, where, { ready: () => rows.first(), read: async () => (await figuresOf(page)).slice(0, 24) });
  const link = rows.locator("td:nth-child(n+3) a").filter({ hasText: /^[1-9]/ }).first();
  const text = await link.innerText();
  const cases = /(\d+) 件$/.exec(text)?.[1] ?? text;
  await link.click();
  const said = page.getByRole("status").filter({ hasText: /^共 \d+ 件$/ });
  await said.waitFor();
  check(`${where}: “${text}” opens a list of ${cases}`, await soon(async () => (await said.innerText()) === `共 ${cases} 件`), await said.innerText());
  await page.getByRole("region", { name: "案件列表" }).locator("button.line").first().waitFor();
}

/** The day, the week and the month of a day, and the one before each, by the calendar alone. */
function around(date) {
  const plus = (text, n) => new Date(Date.parse(text) + n * day).toISOString().slice(0, 10);
  const monday = plus(date, -((new Date(date).getUTCDay() + 6) % 7));
  const [year, month] = date.split("-").map(Number);
  const of = (m) => ({ from: new Date(Date.UTC(year, m - 1, 1)).toISOString().slice(0, 10), to: new Date(Date.UTC(year, m, 0)).toISOString().slice(0, 10) });
  return {
    day: { date, from: date, to: date, before: { from: plus(date, -1), to: plus(date, -1) } },
    week: { date, from: monday, to: plus(monday, 6), before: { from: plus(monday, -7), to: plus(monday, -1) } },
    month: { date, ...of(month), before: of(month - 1) },
  };
}

export async function run(stage) {
  const supervisor = await stage.enter("supervisor");
  const { page } = supervisor;
  await page.getByRole("navigation").first().waitFor();
  for (const group of Object.keys(names)) await compared(stage, supervisor, group);
  await tabs(page).getByRole("link", { name: "日报周报月报" }).click();
  // The last day on which something was reported.
  const { items } = await as(page, `/reports/days?${new URLSearchParams({ from: new Date(first(back(20))).toISOString(), to: new Date(first(back(0)) + day).toISOString() })}`);
  const date = items.filter((it) => it.reported > 0).map((it) => it.date).sort().at(-1);
  const periods = around(date);
  for (const [kind, name] of [["day", "日报"], ["week", "周报"], ["month", "月报"]]) await reported(stage, supervisor, kind, name, periods[kind]);
  await drilled(stage, page, "three", "community");
  for (const group of ["work", "trouble", "intake"]) for (const by of ["street", "community", "department", "matter"]) await drilled(stage, page, group, by);
}
