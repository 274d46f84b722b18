// Time that stands still or grows: a department asks for more and is refused, then granted; a worker asks and his desk grants; a leader shelves a case
// and takes it up again. Each time the next person sees it.
import { as, report, tag } from "../ask.mjs";
import { act, given, open, send } from "../desk.mjs";
import { comes, says } from "../soon.mjs";
import { handIn, hurry, more, settled, takeOn } from "../steps.mjs";

const entry = (page, text) => page.locator(".entry").filter({ hasText: text }).first();
async function ask(page, words) {
  const form = await act(page, "申请延期");
  await form.getByLabel("要多少时间").fill("1");
  await form.getByLabel("原因").fill(words);
  await form.getByText("这样办：").waitFor();
  await send(page, form, "申请延期");
}

async function department(stage, centre, mark) {
  const { check, enter, base } = stage;
  const filed = await given(stage, centre.page, `店铺门口占道经营，桌椅摆到人行道上（${mark}）`, "城市管理");
  const office = await enter("department");
  const { page, screen } = office;
  await page.getByRole("link", { name: "部门台" }).click();
  await entry(page, mark).click();
  await page.locator("#case-title").waitFor();
  await page.keyboard.press("t");
  await settled(page, "接单");
  await ask(page, "要和物业、业主三方协商。");
  const due = (await as(page, `/incidents/${filed.id}`)).due_at;
  await page.getByRole("button", { name: /延期审批/ }).click();
  await entry(page, mark).getByText("待审批").waitFor();
  check("nobody decides his own request", (await entry(page, mark).getByRole("button", { name: "同意延期" }).count()) === 0);

  const desk = centre.page;
  await desk.goto(`${base}/c/#/department?tab=extensions`);
  await entry(desk, mark).getByText("三方协商").waitFor();
  await centre.screen("x-1-extension");
  await entry(desk, mark).getByRole("button", { name: "不同意" }).click();
  await entry(desk, mark).getByRole("alert").waitFor();
  check("a refusal wants a reason", true);
  await entry(desk, mark).getByRole("textbox").fill("先到现场劝导，再看要不要延。");
  await entry(desk, mark).getByRole("button", { name: "不同意" }).click();
  await hurry(desk);
  await entry(desk, mark).getByText("未同意").waitFor();
  await page.reload();
  await entry(page, mark).getByText("先到现场劝导").waitFor();
  check("the department reads why it was refused", (await as(page, `/incidents/${filed.id}`)).due_at === due);

  await open(page, base, filed.id, { place: "department" });
  await ask(page, "已劝导，店主要两天搬走货架。");
  await desk.reload();
  const second = desk.locator(".entry").filter({ hasText: mark }).filter({ hasText: "搬走货架" });
  await second.getByRole("textbox").fill("同意，周五前办结。");
  await second.getByRole("button", { name: "同意延期" }).click();
  await hurry(desk);
  await second.getByText("已同意").waitFor();
  await centre.screen("x-2-granted");
  await page.reload();
  await page.locator("#case-title").waitFor();
  await page.getByText("同意，周五前办结。").first().waitFor();
  const after = (await as(page, `/incidents/${filed.id}`)).due_at;
  check("the department has its new deadline", Date.parse(after) > Date.parse(due), `${due} → ${after}`);
  await screen("x-3-department");
}

async function worker(stage, mark) {
  const { check, enter, base, position, phone } = stage;
  const words = `辛楼道灯不亮，晚上看不见 ${mark}`;
  const filed = await report(stage, words);
  const { page, screen } = await enter("worker", { viewport: phone, position });
  await page.goto(`${base}/w/#/case/${filed.id}`);
  await takeOn(page);
  await more(page, "申请延期");
  await page.getByLabel("为什么要延期").fill("灯具要从外地调货");
  await handIn(page);
  const desk = await enter("community");
  await desk.page.getByRole("link", { name: "部门台" }).click();
  await desk.page.getByRole("button", { name: /延期审批/ }).click();
  await entry(desk.page, words).getByText("灯具要从外地调货").waitFor();
  check("the worker's desk sees his request", true);
  await entry(desk.page, words).getByRole("textbox").fill("同意，先装临时灯。");
  await entry(desk.page, words).getByRole("button", { name: "同意延期" }).click();
  await hurry(desk.page);
  await entry(desk.page, words).getByText("已同意").waitFor();
  await page.reload();
  await page.getByText("同意，先装临时灯。").waitFor();
  check("the worker reads the decision", true);
  await screen("x-4-worker");
  return { filed, words, page, screen };
}

async function shelf(stage, { filed, words, page, screen }) {
  const { check, enter, base } = stage;
  const leader = await enter("leader");
  await leader.page.getByRole("navigation", { name: "工作区" }).waitFor();
  await open(leader.page, base, filed.id);
  const form = await act(leader.page, "挂账");
  await form.getByRole("radio", { name: "工程性挂账" }).check();
  await form.getByRole("button", { name: "挂账", exact: true }).last().click();
  await form.getByRole("alert").first().waitFor();
  check("a shelved case wants a day on which it is looked at again", true);
  const day = new Date(Date.now() + 40 * 86_400_000).toISOString().slice(0, 10);
  await form.getByLabel("哪天复查").fill(day);
  await form.getByLabel("原因").fill("等小区线路整体改造。");
  await leader.screen("x-5-shelve");
  await send(leader.page, form, "挂账");
  await leader.page.locator(".case header").getByText("工程性挂账").waitFor();
  await leader.screen("x-6-shelved");
  await page.reload();
  await page.getByText("等小区线路整体改造").first().waitFor();
  check("the worker sees why his clock stands still", (await comes(page.getByText("挂账").first())) && (await says(page.locator(".light").first(), "暂停")));
  await screen("x-7-worker-shelved");
  await act(leader.page, "恢复计时");
  await settled(leader.page, "恢复计时");
  await page.reload();
  await page.getByRole("heading", { name: words }).waitFor();
  await page.getByRole("button", { name: "办结" }).waitFor();
  check("taken up again, it can be finished", (await as(page, `/incidents/${filed.id}`)).paused === null);
}

export async function run(stage) {
  const mark = tag();
  const centre = await stage.enter("dispatcher");
  await centre.page.locator("li button.line").first().waitFor();
  await department(stage, centre, mark);
  await shelf(stage, await worker(stage, mark));
}
