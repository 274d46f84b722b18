// Supervision: a red figure → its list → an order for a case of it → the paper; the weekly report with its denominators.
import { redToOrder, tabs, weekly } from "../supervise.mjs";

export async function run(stage) {
  const { enter, check } = stage;
  const supervisor = await enter("supervisor");
  const { page, screen } = supervisor;
  await redToOrder(supervisor, stage, "s");
  await page.getByRole("button", { name: "解除督办" }).click();
  await page.getByRole("dialog").getByLabel("解除的理由").fill("走查结束，解除。");
  await page.getByRole("dialog").getByRole("button", { name: "解除督办" }).click();
  await page.getByText("督办已解除。").waitFor();
  await tabs(page).getByRole("link", { name: "各项率" }).click();
  await page.getByRole("row", { name: /全区合计/ }).waitFor();
  await page.getByLabel(/^与 .* 比$/).check();
  await screen("s-5-rates");
  await tabs(page).getByRole("link", { name: "反复出现" }).click();
  await page.getByRole("heading", { name: "反复出现的问题" }).waitFor();
  await screen("s-6-repeats");
  await tabs(page).getByRole("link", { name: "日报周报月报" }).click();
  await page.getByRole("button", { name: "月报" }).click();
  await page.getByRole("heading", { name: "总体情况" }).waitFor();
  await screen("s-7-month");
  const row = await (await weekly(supervisor, "s-8"))("响应率");
  check("a rate of the weekly report stands with numerator and denominator", /\d+ \/ \d+/.test(row), row);
  for (const [name, file] of [["定格的周期", "s-9-periods"], ["剔除", "s-10-exclusions"]]) {
    await tabs(page).getByRole("link", { name }).click();
    await page.waitForTimeout(800);
    await screen(file);
  }
  await page.getByRole("button", { name: "深色" }).click();
  await tabs(page).getByRole("link", { name: "现在的灯" }).click();
  await page.locator(".chart canvas").first().waitFor();
  await screen("s-11-dark");
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("heading", { name: /Where it is red now/ }).waitFor();
  await screen("s-12-english");
}
