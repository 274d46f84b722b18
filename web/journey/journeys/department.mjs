// A department objects to what was sent to it, the centre rules, the department takes it on and answers; both see their lists move.
import { as, report, tag } from "../ask.mjs";
import { comes } from "../soon.mjs";
import { settled } from "../steps.mjs";

export async function run(stage) {
  const { check, enter } = stage;
  const mark = tag();
  const filed = await report(stage, `店铺门口占道经营，桌椅摆到人行道上（${mark}）`);
  const centre = await enter("dispatcher");
  await centre.page.locator("li button.line").first().waitFor();
  // Wherever the rules sent it: this journey is about 区城管执法局.
  const unit = (await as(centre.page, "/units?q=城市管理")).items[0];
  let one = await as(centre.page, `/incidents/${filed.id}`);
  if (one.may.includes("accept")) one = await as(centre.page, `/incidents/${filed.id}/accept`, { version: one.version });
  if (!one.tasks.some((it) => it.role === "lead" && it.unit.id === unit.id && it.state === "offered")) await as(centre.page, `/incidents/${filed.id}/dispatch`, { version: one.version, unit: unit.id, reason: "占道经营归城管执法。" });

  const office = await enter("department");
  const { page, screen } = office;
  await page.getByRole("link", { name: "部门台" }).click();
  await page.getByRole("heading", { name: "部门台", level: 1 }).waitFor();
  await page.locator("button.entry").filter({ hasText: mark }).first().click();
  await page.locator("#case-title").waitFor();
  await screen("d-1-tasks");
  await page.keyboard.press(".");
  await page.getByRole("button", { name: "派单异议" }).click();
  const form = page.getByRole("dialog", { name: "派单异议" });
  await form.getByLabel("原因").fill("该处属物业红线内，不是市政道路。");
  await form.getByRole("button", { name: "履职事项清单" }).click();
  await screen("d-2-object");
  await form.getByRole("button", { name: "派单异议" }).last().click();
  await settled(page, "派单异议");
  check("the department objects with its grounds", true);
  await page.getByRole("button", { name: /异议裁定/ }).click();
  await page.locator("button.entry").filter({ hasText: mark }).first().waitFor();
  check("the review has a clock", await comes(page.locator("button.entry").filter({ hasText: mark }).locator(".light").first()));
  await screen("d-3-review");

  // Whoever dispatched does not rule; the supervisor does.
  const ruler = await enter("supervisor");
  await ruler.page.goto(`${stage.base}/c/#/department?tab=reviews`);
  await ruler.page.locator("button.entry").filter({ hasText: mark }).first().click();
  await ruler.page.locator("#case-title").waitFor();
  await ruler.page.getByRole("button", { name: /^裁定/ }).click();
  const ruling = ruler.page.getByRole("dialog", { name: "裁定" });
  await ruling.getByRole("radio", { name: /异议不成立/ }).check();
  await ruling.getByLabel("说明").fill("经现场核对，属市政人行道，由区城管执法局办理。");
  await ruler.screen("d-4-ruling");
  await ruling.getByRole("button", { name: "裁定", exact: true }).click();
  await settled(ruler.page, "裁定");
  check("the centre rules", true);

  await page.getByRole("button", { name: /我的任务/ }).click();
  await page.locator("button.entry").filter({ hasText: mark }).first().click();
  await page.locator("#case-title").waitFor();
  await page.getByText("裁定，不得退回").first().waitFor();
  check("what was ruled binds", !(await page.getByRole("group", { name: "可以做的事" }).getByRole("button", { name: "退单" }).isVisible()));
  await page.keyboard.press("t");
  await settled(page, "接单");
  await page.keyboard.press(".");
  await page.getByRole("button", { name: "申请延期" }).click();
  const more = page.getByRole("dialog", { name: "申请延期" });
  await more.getByRole("button", { name: "需多方协商" }).click();
  await more.getByText("这样办：").waitFor();
  check("the form tells the deadline before it is asked for", true);
  await screen("d-5-extend");
  await page.keyboard.press("Escape");
  await page.getByRole("group", { name: "可以做的事" }).getByRole("button", { name: /^办结/ }).click();
  const done = page.getByRole("dialog", { name: "办结" });
  await done.getByRole("radio", { name: "已解决", exact: true }).check();
  await done.getByLabel("给居民的答复").fill("已劝导店主收回桌椅，今后每日巡查。");
  await screen("d-6-done");
  await done.getByRole("button", { name: "办结" }).last().click();
  await settled(page, "办结");
  check("the department finishes and answers", true);
  await page.getByRole("button", { name: "深色" }).click();
  await screen("d-7-dark");
  await page.getByRole("button", { name: "English" }).click();
  await screen("d-8-english");
  await page.getByRole("link", { name: "Duty" }).click();
  await page.getByRole("heading", { name: "Duty", level: 1 }).waitFor();
  await screen("d-9-duty-english");
}
