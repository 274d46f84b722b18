// Supervision: a red figure → its list → an order for a case of it → the paper; the weekly report with its denominators.
import { read, soon } from "../soon.mjs";
import { listsHold, redToOrder, tabs, weekly } from "../supervise.mjs";
import { hurry } from "../steps.mjs";

export async function run(stage) {
  const { enter, check } = stage;
  const supervisor = await enter("supervisor");
  const { page, screen } = supervisor;
  await redToOrder(supervisor, stage, "s");
  await page.getByRole("button", { name: "解除督办" }).click();
  await page.getByRole("dialog").getByLabel("解除的理由").fill("走查结束，解除。");
  await page.getByRole("dialog").getByRole("button", { name: "解除督办" }).click();
  await hurry(page);
  await page.getByText("督办已解除。").waitFor();
  await tabs(page).getByRole("link", { name: "现在的灯" }).click();
  await page.locator(".totals .red strong").waitFor();
  for (const by of ["街道", "社区", "主办单位", "事项", "渠道"]) {
    await page.getByRole("group", { name: "按什么看" }).getByRole("link", { name: by, exact: true }).click();
    await page.getByRole("group", { name: "按什么看" }).locator("[aria-current=true]").filter({ hasText: by }).waitFor();
    await listsHold(page, check, `lights and ages by ${by}`, { ready: () => page.locator(".totals .red strong") });
  }
  await tabs(page).getByRole("link", { name: "各项率" }).click();
  await page.getByRole("row", { name: /全区合计/ }).waitFor();
  await page.getByLabel(/^与 .* 比$/).check();
  await screen("s-5-rates");
  const whole = page.getByRole("row", { name: /全区合计/ }).getByRole("link");
  check("the whole has its lists too: what was reported, and both parts of three rates", await soon(async () => (await whole.count()) === 7), String(await whole.count()));
  for (const by of ["街道", "主办单位", "事项", "渠道"]) {
    const before = page.url();
    await page.getByLabel("按什么看").selectOption({ label: by });
    await page.waitForURL((url) => url.href !== before);
    await listsHold(page, check, `the three rates by ${by}`, { ready: () => page.getByRole("row", { name: /全区合计/ }) });
    check(`they are by ${by}`, await soon(async () => (await page.getByLabel("按什么看").locator("option:checked").innerText()) === by));
    const bare = await page.locator("main table tbody tr").evaluateAll((rows) => rows.filter((it) => !it.querySelector("a[href*='/cases?']")).map((it) => it.innerText));
    check(`every line by ${by} has its lists, also what belongs to none`, bare.length === 0, bare.join("; "));
  }
  await tabs(page).getByRole("link", { name: "反复出现" }).click();
  await page.getByRole("heading", { name: "反复出现的问题" }).waitFor();
  await screen("s-6-repeats");
  const day = (back) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);
  await page.goto(`${stage.base}/c/#/figures/repeats?least=2&from=${day(90)}&to=${day(0)}`);
  await listsHold(page, check, "what comes again", { ready: () => page.locator("main table a").first() });
  await tabs(page).getByRole("link", { name: "日报周报月报" }).click();
  await page.getByRole("button", { name: "月报" }).click();
  await page.getByRole("button", { name: "月报", pressed: true }).waitFor();
  await page.getByRole("heading", { name: "总体情况" }).waitFor();
  await screen("s-7-month");
  await listsHold(page, check, "the report of a month", { ready: () => page.getByRole("heading", { name: "总体情况" }) });
  check("what was solved on each day has its list", await soon(async () => (await page.locator("main a[href*='resolved_from=']").count()) >= 28));
  const row = await (await weekly(supervisor, "s-8"))("响应率");
  check("a rate of the weekly report stands with numerator and denominator", /\d+ \/ \d+/.test(row), row);
  await tabs(page).getByRole("link", { name: "派单准确" }).click();
  for (const by of ["派单人", "承办单位"]) {
    await page.getByLabel("按什么看").selectOption({ label: by });
    await page.getByRole("columnheader", { name: by }).first().waitFor();
    await page.goto(`${stage.base}/c/#/figures/dispatch?by=${by === "派单人" ? "dispatcher" : "unit"}&from=${day(60)}&to=${day(0)}`);
    await listsHold(page, check, `how accurate dispatches were by ${by}`, { ready: () => page.locator("main table tbody td a").first() });
  }
  await screen("s-9-dispatch");
  await tabs(page).getByRole("link", { name: "定格的周期" }).click();
  await page.getByRole("button", { name: /^定格 / }).click();
  await page.getByText(/已定格。$/).waitFor();
  await page.getByRole("button", { name: "看变化" }).first().click();
  await page.locator("table.frozen tbody a").first().waitFor();
  await listsHold(page, check, "a period that was frozen", { ready: () => page.locator("table.frozen tbody a").first() });
  await screen("s-9-frozen");
  for (const [name, file] of [["定格的周期", "s-9-periods"], ["剔除", "s-10-exclusions"]]) {
    await tabs(page).getByRole("link", { name }).click();
    await read(page);
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
