// What comes down from above: a supervision order that a department answers and its issuer ends; a conference that binds; a whistle that is called off.
import { tag } from "../ask.mjs";
import { act, given, open, pickUnit, send } from "../desk.mjs";
import { comes, soon } from "../soon.mjs";
import { hurry } from "../steps.mjs";

const entry = (page, text) => page.locator(".entry").filter({ hasText: text }).first();

async function order({ check, base, enter }, office, filed, mark) {
  const { page, screen } = await enter("supervisor");
  await page.getByRole("navigation", { name: "工作区" }).waitFor();
  await open(page, base, filed.id);
  const form = await act(page, "督办");
  await form.getByRole("radio", { name: "黄牌督办" }).check();
  await form.getByRole("button", { name: "督办", exact: true }).last().click();
  await form.getByRole("alert").first().waitFor();
  check("an order wants a time for its reply", true);
  await form.getByLabel("何时前回复").fill(new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 16));
  await form.getByLabel("说明").fill(`三天没有进展，请说明原因（${mark}）。`);
  await screen("o-1-order");
  await send(page, form, "督办");

  await office.page.goto(`${base}/c/#/department?tab=orders`);
  const box = entry(office.page, `三天没有进展，请说明原因（${mark}）`);
  await box.getByText("黄牌督办").waitFor();
  check("the department has the order, and sees which case it is about", (await comes(box.getByText("待回复").first())) && (await comes(box.getByRole("button", { name: "货架摆到人行道上" }))));
  await box.getByRole("button", { name: "回复督办" }).click();
  await box.getByRole("alert").waitFor();
  await box.getByRole("textbox").fill("已约店主明天清退，后天复查。");
  await office.screen("o-2-reply");
  await box.getByRole("button", { name: "回复督办" }).click();
  await hurry(office.page);
  await box.getByText("已回复", { exact: true }).waitFor();
  check("it replies", await comes(box.getByText("已约店主明天清退")));

  await page.goto(`${base}/c/#/figures/orders`);
  await page.getByRole("row").filter({ hasText: "已回复" }).first().waitFor();
  const code = await box.locator(".figure").first().innerText();
  await page.getByRole("row").filter({ hasText: code }).getByRole("link").first().click();
  await page.getByText("已约店主明天清退").waitFor();
  check("whoever ordered reads the reply", true);
  await screen("o-3-replied");
  await page.getByRole("button", { name: "办结督办" }).click();
  const end = page.getByRole("dialog");
  await end.getByRole("textbox").fill("情况属实，同意办结。");
  await end.getByRole("button", { name: "办结督办" }).click();
  await hurry(page);
  await page.getByText("情况属实，同意办结。").waitFor();
  await office.page.reload();
  await box.getByText("已办结").waitFor();
  check("the department sees that it is over", true);
}

async function conference({ check, base }, centre, office, filed, mark) {
  const { page, screen } = centre;
  await open(page, base, filed.id);
  let form = await act(page, "会商");
  await form.getByLabel("由谁主持").fill("区级指挥中心");
  await pickUnit(page, form, /^单位$/, "城市管理");
  await pickUnit(page, form, /^单位$/, "临江街道");
  await screen("o-4-invite");
  await send(page, form, "会商");
  form = await act(page, "会商");
  await form.getByLabel("由谁主持").fill("区级指挥中心");
  await pickUnit(page, form, /^单位$/, "城市管理");
  await pickUnit(page, form, /^单位$/, "临江街道");
  await form.getByLabel("已有结论").check();
  await form.getByRole("button", { name: "会商", exact: true }).last().click();
  await form.getByRole("alert").first().waitFor();
  check("a decision wants its minutes", true);
  await form.getByLabel("会商纪要").fill("三方到场，确认属市政人行道。");
  await form.getByLabel("结论", { exact: true }).fill(`由城管牵头，街道配合清理（${mark}）。`);
  await pickUnit(page, form, "由谁主办", "城市管理");
  await form.getByRole("checkbox", { name: "再次延期" }).check();
  await screen("o-5-decision");
  await send(page, form, "会商");
  await open(office.page, base, filed.id, { place: "department" });
  await office.page.getByText(`由城管牵头，街道配合清理（${mark}）`).first().waitFor();
  check("the department reads the decision", true);
  check("and it binds", await comes(office.page.getByText("不得退回").first()));
  await office.screen("o-6-bound");
}

async function calledOff(stage, mark) {
  const { check, base, enter } = stage;
  const street = await enter("street");
  const { page, screen } = street;
  await page.locator("li button.line").first().waitFor();
  const filed = await given(stage, page, `人行道地砖破损，老人绊了一下（${mark} 叫停）`);
  await open(page, base, filed.id);
  const form = await act(page, "吹哨");
  await pickUnit(page, form, "谁主办", "市政设施");
  await form.getByLabel("说明").fill("请到场会合。");
  await send(page, form, "吹哨");
  const unit = await enter("handler");
  await unit.page.goto(`${base}/c/#/department`);
  await entry(unit.page, `${mark} 叫停`).waitFor();
  await page.getByRole("link", { name: "吹哨", exact: true }).click();
  const card = page.locator("li.entry").filter({ hasText: `${mark} 叫停` }).first();
  await card.getByRole("button", { name: "撤哨", exact: true }).click();
  const off = page.getByRole("dialog", { name: "撤哨" });
  await off.getByRole("button", { name: "撤哨" }).last().click();
  await off.getByRole("alert").waitFor();
  check("calling a whistle off wants a reason", true);
  await off.getByLabel("原因").fill("物业已自行修好。");
  await screen("o-7-off");
  await off.getByRole("button", { name: "撤哨" }).last().click();
  await hurry(page);
  await card.waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "全部" }).click();
  await card.getByText("物业已自行修好。").waitFor();
  check("the board keeps why", true);
  await screen("o-8-board");
  await unit.page.reload();
  await unit.page.getByRole("heading", { name: "部门台", level: 1 }).waitFor();
  await entry(unit.page, `${mark} 叫停`).waitFor();
  // Calling off lets helpers go; whoever leads goes on with the case.
  check("whoever leads keeps the case", await soon(async () => (await unit.page.locator("button.entry").filter({ hasText: `${mark} 叫停` }).count()) === 1));
}

export async function run(stage) {
  const mark = tag();
  const centre = await stage.enter("dispatcher");
  await centre.page.locator("li button.line").first().waitFor();
  const filed = await given(stage, centre.page, `店铺门口占道经营，货架摆到人行道上（${mark}）`, "城市管理");
  const office = await stage.enter("department");
  await office.page.getByRole("navigation", { name: "工作区" }).waitFor();
  await order(stage, office, filed, mark);
  await conference(stage, centre, office, filed, mark);
  await calledOff(stage, mark);
}
