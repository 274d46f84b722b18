// The pages of a worker in every dress: dark, large, English; what he can do to a case beside finishing it; the handbook, the must-reports, and what
// somebody sees who has no business here.
import { mark as digits, report } from "../ask.mjs";
import { phone } from "../browser.mjs";
import { open as openCase } from "../desk.mjs";
import { soon, soonIn } from "../soon.mjs";
import { handIn, more, open, tab, takeOn } from "../steps.mjs";

/** Somebody who may be asked back. */
const caller = { phone: "140-0000-2046", name: "叶知秋" };
const steps = (page, id) => page.evaluate((of) => fetch(`/api/v1/incidents/${of}`).then((it) => it.json()).then((it) => it.steps.map((step) => step.action)), id);
/** The steps of a case once this one is among them; a command is on its way for a moment after the page took it. */
async function stepped(page, id, action) {
  let now;
  await soon(async () => (now = await steps(page, id)).includes(action));
  return now;
}

/** Whoever has to decide about it reads why it came back and on what it rests. */
async function readsReturn({ base, check, enter }, filed, reason, basis) {
  const { page, screen } = await enter("dispatcher");
  await page.getByRole("navigation").first().waitFor();
  await openCase(page, base, filed.id);
  const shown = page.locator("article.case");
  await shown.getByText(basis).first().waitFor();
  const words = await shown.innerText();
  check("the desk reads the reason and the basis of the return", reason !== "" && words.includes(reason), `${reason}: ${words.slice(0, 400)}`);
  await screen("wf-14-returned");
}

export async function run(stage) {
  const { base, check, position, enter } = stage;
  const mark = digits();
  const [keep, back] = [`戊楼道灯不亮，楼道黑 ${mark}`, `己单元楼道灯坏了 ${mark}`];
  const cases = [await report(stage, keep, caller), await report(stage, back, caller)];
  const worker = await enter("worker", { viewport: phone, position, scheme: "dark" });
  const { page, screen } = worker;
  await page.getByRole("link").filter({ hasText: keep }).first().waitFor();
  check("the pages are dark where the phone is", await soonIn(page, () => document.documentElement.classList.contains("dark")));
  await screen("wf-01-dark-today");

  // More time, handed up: each a form of one sentence.
  await open(page, keep);
  await takeOn(page);
  await more(page, "申请延期");
  await page.getByRole("button", { name: "提交", exact: true }).click();
  await page.getByText("请写一句话。").waitFor();
  await page.getByLabel("为什么要延期").fill("灯具要从外地调货");
  await screen("wf-02-dark-extend");
  await handIn(page);
  check("more time was asked for", (await stepped(page, cases[0].id, "extend")).includes("extend"));
  await more(page, "请求升级");
  await page.getByLabel("为什么解决不了").fill("线路老化，要物业公司停电检修");
  await handIn(page);
  check("the case was handed up", (await stepped(page, cases[0].id, "escalate")).includes("escalate"));

  // Returned with a coded reason.
  await open(page, back);
  await more(page, "退单");
  await page.getByRole("button", { name: "提交", exact: true }).click();
  await page.getByText("请选一个理由。").waitFor();
  await page.getByRole("radio").first().check();
  const reason = (await page.getByRole("radio").first().evaluate((it) => it.closest("label").innerText)).trim();
  const basis = page.getByLabel(/依据/);
  await basis.fill("物业服务合同第三条");
  await screen("wf-03-dark-return");
  await handIn(page);
  const returned = await stepped(page, cases[1].id, "send_back");
  check("nothing needs the worker", !(await page.getByText("需要您处理").isVisible()));
  check("the case was returned", returned.includes("send_back"), JSON.stringify(returned));
  await readsReturn(stage, cases[1], reason, "物业服务合同第三条");
  await tab(page, "待办");
  await page.getByRole("heading", { name: "待办", level: 1 }).waitFor();
  check("and left the inbox", await soon(async () => (await page.getByRole("link").filter({ hasText: back }).count()) === 0));

  // A must-report is a report with its kind; done on the spot, for somebody.
  await tab(page, "上报");
  await page.getByRole("button", { name: "安全隐患" }).click();
  await page.getByLabel("安全隐患").fill(`电动车飞线充电 ${mark}`);
  await page.getByRole("switch", { name: "自办" }).click();
  await page.getByRole("switch", { name: "代办" }).click();
  await page.getByLabel("给居民的答复").fill("已劝离并拔掉插头。");
  await page.getByLabel("居民怎么称呼").fill("赵阿姨");
  await screen("wf-04-dark-quick");
  await page.getByRole("button", { name: "提交", exact: true }).click();
  await page.getByText("已上报，编号").waitFor();
  check("a must-report was sent", true);

  // The handbook, the log, the meter.
  await tab(page, "我的");
  await screen("wf-05-dark-me");
  await page.getByRole("link", { name: "办事手册" }).click();
  await page.getByRole("searchbox").fill("楼道灯");
  await page.locator("details").first().click();
  await page.getByText("办理时限").first().waitFor();
  await screen("wf-06-dark-handbook");
  await tab(page, "我的");
  await page.getByRole("button", { name: "浅色" }).click();
  await page.getByRole("button", { name: "大字" }).click();
  await screen("wf-07-large-me");
  await tab(page, "待办");
  await page.getByRole("link").filter({ hasText: keep }).first().waitFor();
  await screen("wf-08-large-today");
  await page.getByRole("link").filter({ hasText: keep }).first().click();
  await page.getByRole("heading", { name: keep }).waitFor();
  await screen("wf-09-large-case");
  await tab(page, "我的");
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("button", { name: "Normal type" }).or(page.getByRole("button", { name: /normal/i })).first().click();
  for (const [name, heading, shot] of [["To do", "To do", "today"], ["Map", "My grids", "map"], ["Report", "Quick report", "report"], ["Log", "Work log", "day"]]) {
    await tab(page, name);
    await page.getByRole("heading", { name: heading, level: 1 }).waitFor();
    await screen(`wf-10-english-${shot}`);
  }
  await page.getByRole("link", { name: "My form burden" }).click();
  await page.getByRole("heading", { name: "Who asked" }).waitFor();
  await screen("wf-11-english-meter");
  // Each of its numbers opens the steps that it counts.
  const typed = page.getByRole("main").locator("dl a").first();
  const number = await typed.innerText();
  await typed.click();
  await page.getByText(`${number} fields by you`).waitFor();
  check("the number of what was typed opens its steps", (await page.getByRole("main").locator("ol > li").count()) > 0);
  await screen("wf-11-english-steps");

  // A head of grids calls a unit for help.
  const head = await enter("head", { viewport: phone, position });
  await head.page.goto(`${base}/w/`);
  await head.page.getByRole("heading", { name: "待办", level: 1 }).waitFor();
  await head.screen("wf-12-head");

  // Whoever has no grid is told so, and shown the way.
  const desk = await enter("dispatcher", { viewport: phone });
  await desk.page.getByRole("region", { name: "案件列表" }).waitFor();
  await desk.page.goto(`${base}/w/`);
  await desk.page.getByText("您的账号没有网格").waitFor();
  await desk.screen("wf-13-forbidden");
}
