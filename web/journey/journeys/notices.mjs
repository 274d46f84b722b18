// A community tells its residents something: written, looked at, published, read without a log-in, changed, withdrawn; and who may only read it.
import { as, tag } from "../ask.mjs";
import { soon } from "../soon.mjs";
import { hurry } from "../steps.mjs";

export async function run(stage) {
  const { base, check, enter, meet, phone } = stage;
  const mark = tag();
  const [title, later] = [`明日停水 ${mark}`, `义诊改到周六 ${mark}`];
  const { page, screen } = await enter("community");
  await page.getByRole("link", { name: "公示", exact: true }).click();
  await page.getByRole("heading", { name: "公示和通知" }).waitFor();
  await screen("n-1-list");
  await page.getByRole("link", { name: "写一条" }).click();
  const form = page.getByRole("form", { name: "写一条" });
  await form.getByRole("button", { name: "发布" }).click();
  check("an empty notice is refused beside its fields", await soon(async () => (await form.getByRole("alert").count()) === 3));
  await form.getByLabel("标题").fill(title);
  await form.getByLabel("正文").fill("明天上午 9 点到 11 点停水检修。\n\n请提前储水，有事打社区电话。");
  const unit = form.getByLabel("发给哪里的居民");
  const own = await page.evaluate(async () => (await (await fetch("/api/v1/session")).json()).roles[0].unit);
  await unit.locator(`option[value="${own}"]`).waitFor({ state: "attached" });
  const offered = await unit.locator("option").evaluateAll((all) => all.map((it) => it.value).filter(Boolean));
  check("only ground that one answers for is offered", offered.includes(own) && !offered.some((it) => it.startsWith("D-")), offered.join(" "));
  await unit.selectOption(own);
  await page.getByRole("region", { name: "居民看到的样子" }).getByText("请提前储水").waitFor();
  check("the preview says what residents will read", true);
  await screen("n-2-write");
  await page.reload();
  check("what was typed survives a reload", await soon(async () => (await form.getByLabel("标题").inputValue()) === title));
  await form.getByRole("button", { name: "发布" }).click();
  const asked = page.getByRole("dialog", { name: "发布" });
  await asked.getByText("请再看一遍").waitFor();
  await screen("n-3-ask");
  await asked.getByRole("button", { name: "发布" }).click();
  await page.getByText("已发布。").waitFor();
  await page.getByText("居民能看到").first().waitFor();
  await page.waitForURL(/notices\/[0-9a-f-]{36}$/);
  check("it says that residents see it now", true);
  const notice = page.url();
  await screen("n-4-published");

  // A resident reads it in the grid of that community.
  const grid = await page.evaluate(async () => (await (await fetch("/api/v1/units?kind=grid&limit=1")).json()).items[0].code);
  const resident = await meet({ viewport: phone });
  const told = async () => (await (await fetch(`${base}/api/v1/publications?grid=${grid}&limit=100`)).json()).items.map((it) => it.title);
  await resident.page.goto(`${base}/m/`);
  await resident.page.evaluate((code) => localStorage.setItem("jingwei.m.grid", JSON.stringify({ grid: code })), grid);
  await resident.page.goto(`${base}/m/notices`);
  await resident.page.getByRole("heading", { level: 1 }).waitFor();
  check("residents are told", await soon(async () => (await told()).includes(title)));
  await resident.page.locator("summary").filter({ hasText: title }).click();
  await resident.page.getByText("请提前储水").waitFor();
  await resident.screen("n-5-resident");

  await page.getByRole("button", { name: "修改" }).click();
  await page.getByRole("form").getByLabel("标题").fill(later);
  const save = async () => {
    await page.getByRole("button", { name: "保存修改" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "保存修改" }).click();
  };
  // A colleague is faster: what it says now stands beside, and nothing is overwritten unseen.
  const one = (await as(page, "/publications/managed?limit=100")).items.find((it) => notice.endsWith(it.id));
  await as(page, `/publications/${one.id}`, { version: one.version, kind: one.kind, title: `${title}（已推迟）`, text: one.text }, "PUT");
  await save();
  await page.getByText(`${title}（已推迟）`).waitFor();
  check("what a colleague wrote meanwhile is shown before it is overwritten", (await page.getByRole("form").getByLabel("标题").inputValue()) === later && (await soon(async () => (await told()).includes(`${title}（已推迟）`))));
  await save();
  await page.getByText("已保存，居民看到的是新内容。").waitFor();
  check("residents read the new words", await soon(async () => (await told()).includes(later)));
  await page.getByRole("button", { name: "撤下" }).click();
  const taking = page.getByRole("dialog", { name: "撤下" });
  await taking.getByRole("button", { name: "撤下" }).click();
  await taking.getByRole("alert").waitFor();
  check("a withdrawal wants a reason", true);
  await taking.getByLabel("为什么撤下").fill("走查结束。");
  await screen("n-6-withdraw");
  await taking.getByRole("button", { name: "撤下" }).click();
  await hurry(page);
  await page.getByText("已撤下，居民看不到了。").waitFor();
  await page.getByText("走查结束。").waitFor(); // Said as soon as it is done; read anew a moment later.
  check("residents no longer read it, the record does", await soon(async () => !(await told()).includes(later)));
  check("what was withdrawn offers nothing more", (await page.getByRole("button", { name: "修改" }).count()) === 0);
  await page.getByRole("link", { name: "回到列表" }).click();
  await page.getByRole("row").filter({ hasText: later }).getByText("已撤下").waitFor();
  await page.getByRole("button", { name: "深色" }).click();
  await screen("n-7-dark");
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("heading", { name: "Public notices" }).waitFor();
  await page.setViewportSize(phone);
  await screen("n-8-phone-english");

  // An auditor reads and writes nothing; a call-back desk has no such place.
  const auditor = await enter("audit");
  await auditor.page.getByRole("navigation", { name: "工作区" }).waitFor();
  await auditor.page.goto(notice);
  await auditor.page.getByText("走查结束。").waitFor();
  check("who may only read is offered nothing", (await auditor.page.getByRole("button", { name: "修改" }).count()) === 0);
  await auditor.page.goto(notice.replace(/notices\/.*/, "notices/new"));
  await auditor.page.getByText("您只能看，不能发布").waitFor();
  const caller = await enter("callback");
  await caller.page.getByRole("navigation", { name: "工作区" }).waitFor();
  check("who may not read has no entry for it", (await caller.page.getByRole("link", { name: "公示", exact: true }).count()) === 0);
  await caller.page.goto(notice.replace(/notices\/.*/, "notices"));
  await caller.page.getByRole("alert").getByText("没有这个权限").waitFor();
  await caller.screen("n-9-forbidden");
}
