// A street whistles for a unit, the unit reports in, the street closes the whistle and rates it.
import { as, report, tag } from "../ask.mjs";
import { open } from "../desk.mjs";
import { soon } from "../soon.mjs";
import { rate, settled, whistle } from "../steps.mjs";

export async function run(stage) {
  const { check, enter } = stage;
  const mark = tag();
  const filed = await report(stage, `人行道地砖破损，绊倒行人（${mark}）`);
  const street = await enter("street");
  const { page, screen } = street;
  await page.locator("li button.line").first().waitFor();
  let one = await as(page, `/incidents/${filed.id}`);
  if (one.may.includes("accept")) one = await as(page, `/incidents/${one.id}/accept`, { version: one.version });
  await open(page, stage.base, one.id);
  await whistle(page, filed.code, { lead: "市政设施养护中心", minutes: 30, words: "请带铺砖材料到场，现场会合。" }, () => screen("h-1-whistle"));
  check("the street whistles with a time to report in", true);

  const unit = await enter("handler");
  await unit.page.goto(`${stage.base}/c/#/department`);
  await unit.page.locator("button.entry").filter({ hasText: mark }).first().click();
  await unit.page.locator("#case-title").waitFor();
  await unit.page.getByRole("group", { name: "可以做的事" }).getByRole("button", { name: /^报到/ }).click();
  await unit.page.getByRole("dialog", { name: "报到" }).getByLabel("到场情况").fill("两人到场，带砖 20 块。");
  await unit.screen("h-2-report-in");
  await unit.page.getByRole("dialog", { name: "报到" }).getByRole("button", { name: "报到" }).last().click();
  await settled(unit.page, "报到");
  check("the unit reports in", true);
  await unit.page.getByRole("group", { name: "可以做的事" }).getByRole("button", { name: /^办结/ }).click();
  const done = unit.page.getByRole("dialog", { name: "办结" });
  await done.getByRole("radio", { name: "已解决", exact: true }).check();
  await done.getByLabel("给居民的答复").fill("破损地砖已更换，现场已清理。");
  await done.getByRole("button", { name: "办结" }).last().click();
  await settled(unit.page, "办结");

  await page.getByRole("link", { name: "吹哨", exact: true }).click();
  const card = page.locator("li.entry").filter({ hasText: mark }).first();
  await card.getByText("按时报到").waitFor();
  check("the board shows who came", true);
  await screen("h-3-board");
  await rate(page, card, () => screen("h-4-rating"));
  check("the street closes the whistle and rates the unit", true);
  // A figure of a unit leads to its whistles.
  const came = page.getByRole("row", { name: /市政设施养护中心/ }).getByRole("link").first();
  await came.click();
  await page.getByRole("status").filter({ hasText: "近 30 天" }).waitFor();
  const [listed, times] = [() => page.locator("li.entry").count(), () => came.innerText().then(Number)];
  // The figure counts this whistle a moment after it was closed.
  check("the list is as long as the figure of the unit", await soon(async () => (await listed()) > 0 && (await listed()) === (await times())), `${await listed()} and ${await times()}`);
  await page.getByRole("button", { name: "清空条件" }).click();
  await page.getByRole("button", { name: "深色" }).click();
  await page.getByRole("button", { name: "全部" }).click();
  await page.locator("li.entry").filter({ hasText: mark }).first().waitFor();
  await screen("h-5-dark");
  await page.getByRole("button", { name: "English" }).click();
  await screen("h-6-english");
}
