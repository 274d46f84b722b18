// The worker's pages beside the cases: put on the home screen; a complaint about a burden from its first word to the worker's own verdict; and a head
// of grids who summons a unit from the phone.
import { as, report, tag } from "../ask.mjs";
import { phone } from "../browser.mjs";
import { staff } from "../staff.mjs";
import { soon } from "../soon.mjs";
import { cutOff, handIn, more, tab, takeOn, waiting } from "../steps.mjs";

async function homeScreen({ check, base }, { page, screen }) {
  await tab(page, "我的");
  await page.getByRole("heading", { name: "放到手机桌面" }).waitFor();
  await screen("wm-01-me");
  const protocol = await page.context().newCDPSession(page);
  const { url, errors } = await protocol.send("Page.getAppManifest");
  check("the pages have a manifest without faults", url === `${base}/w/manifest.webmanifest` && errors.length === 0, JSON.stringify(errors));
  const faults = async () => (await protocol.send("Page.getInstallabilityErrors")).installabilityErrors;
  check("the browser would put them on the home screen", await soon(async () => (await faults()).length === 0), JSON.stringify(await faults()));
}

async function burden(stage, { page, screen }, mark) {
  const { check } = stage;
  const words = `同一张表这周要求填了三遍（${mark}）`;
  await tab(page, "我的");
  await page.getByRole("link", { name: "我的填报负担" }).click();
  await page.getByRole("link", { name: /举报/ }).click();
  await page.getByRole("heading", { name: "减负举报", level: 1 }).waitFor();
  await page.getByRole("button", { name: "提交举报" }).click();
  await page.getByText("请选一个单位").waitFor();
  await page.getByLabel("哪个单位").fill("城市管理");
  await page.getByRole("button", { name: "区城市管理和综合执法局" }).first().click();
  await page.getByRole("radio", { name: "重复填表" }).check();
  await cutOff(page);
  await page.getByLabel("怎么回事").fill(words);
  await screen("wm-02-burden");
  await page.getByRole("button", { name: "提交举报" }).click();
  await page.getByText("已存好，会自动发出。").waitFor();
  await waiting(page, 1);
  check("a complaint waits without network as everything does", true);
  await page.context().setOffline(false);
  await waiting(page, 0);
  await page.getByRole("article").filter({ hasText: words }).getByText("已投诉").waitFor();

  const supervisor = await staff(stage, "supervisor");
  const seen = (await supervisor.call("GET", "/burdens")).items.find((it) => it.words.includes(mark));
  check("supervision has it, with the grid and without a name", seen?.from !== "" && seen.history.every((it) => !it.who), JSON.stringify(seen));
  await supervisor.call("POST", `/burdens/${seen.id}/notify`, { version: seen.version, words: "请说明并整改。", reply_by: new Date(Date.now() + 3 * 86_400_000).toISOString() });
  const unit = await staff(stage, "department");
  const told = (await unit.call("GET", "/burdens")).items.find((it) => it.id === seen.id);
  check("the unit complained about does not learn who it was", told?.from === "" && told.history[0].who === "", JSON.stringify(told));
  const planned = await unit.call("POST", `/burdens/${seen.id}/plan`, { version: told.version, words: "三张表并为一张。" });
  await unit.call("POST", `/burdens/${seen.id}/corrected`, { version: planned.version, words: "已并为一张，数据自动带出。" });

  await page.reload();
  const card = page.getByRole("article").filter({ hasText: words });
  await card.getByText("待评议").waitFor();
  await card.getByRole("button", { name: "改好了吗" }).click();
  await card.getByRole("radio", { name: "改好了", exact: true }).check();
  await card.getByLabel("请写一句话").fill("现在只填一遍了。");
  await screen("wm-03-judge");
  await card.getByRole("button", { name: "提交评议" }).click();
  await waiting(page, 0);
  await card.getByText("已了结").waitFor();
  check("whoever complained judges in the end", true);
  await screen("wm-04-closed");
}

async function whistle(stage, mark) {
  const { base, check, enter, position } = stage;
  const text = `壬单元门口路灯不亮，走路看不清（${mark}）`;
  const filed = await report(stage, text);
  const head = await enter("head", { viewport: phone, position });
  const { page, screen } = head;
  await page.goto(`${base}/w/`);
  await page.getByRole("heading", { name: "待办", level: 1 }).waitFor();
  await page.goto(`${base}/w/#/case/${filed.id}`);
  await page.getByRole("heading", { name: text }).waitFor();
  await cutOff(page);
  await more(page, "请单位来帮忙");
  await page.getByLabel("哪个单位").fill("青和物业");
  await page.getByRole("button", { name: "青和物业·柳荫项目" }).first().click();
  await page.getByLabel("请他们来做什么").fill("请带梯子来看线路。");
  await screen("wm-05-whistle");
  await page.getByRole("button", { name: "提交", exact: true }).click();
  await waiting(page, 1);
  check("a unit is found and asked without network", true);
  await page.context().setOffline(false);
  await waiting(page, 0);
  const blown = (await as(page, `/incidents/${filed.id}`)).tasks.find((it) => it.unit?.name === "青和物业·柳荫项目" && it.report_by);
  check("a head of grids summons a unit from the phone, with a time to report in", Boolean(blown), JSON.stringify((await as(page, `/incidents/${filed.id}`)).steps.at(-1)));
}

/** A worker who leads asks a unit to help; before he is at work he is not offered it. */
async function help({ base, check, ...stage }, { page, screen }, mark) {
  const text = `三号楼二单元楼道灯不亮，走路看不清（${mark} 帮忙）`;
  const filed = await report({ base, ...stage }, text);
  await page.goto(`${base}/w/#/case/${filed.id}`);
  await page.getByRole("heading", { name: text }).waitFor();
  await page.getByRole("button", { name: "更多" }).click();
  await page.getByRole("button", { name: "退单", exact: true }).waitFor();
  check("before he is at work a worker is not offered it", (await page.getByRole("button", { name: "请单位来帮忙" }).count()) === 0);
  await takeOn(page);
  await more(page, "请单位来帮忙");
  await page.getByLabel("哪个单位").fill("青和物业");
  await page.getByRole("button", { name: "青和物业·柳荫项目" }).first().click();
  await page.getByLabel("请他们来做什么").fill("请带梯子来看线路。");
  await screen("wm-07-help");
  await handIn(page);
  const asked = await as(page, `/incidents/${filed.id}`);
  check("a worker who leads asks a unit to help, and leads on", asked.tasks.some((it) => it.unit?.name === "青和物业·柳荫项目" && it.role === "helper" && it.report_by) && asked.tasks.some((it) => it.role === "lead" && it.mine && it.state === "accepted"), JSON.stringify(asked.tasks));
  await page.getByRole("heading", { name: "各单位" }).waitFor();
}

/** A head of grids objects to a dispatch from the phone; who has to rule reads why and on what it rests. */
async function objects(stage, mark) {
  const { base, check, enter, position } = stage;
  const text = `壬单元楼道灯不亮，走路看不清（${mark} 异议）`;
  const filed = await report(stage, text);
  const { page, screen } = await enter("head", { viewport: phone, position });
  await page.goto(`${base}/w/`);
  await page.getByRole("heading", { name: "待办", level: 1 }).waitFor();
  await page.goto(`${base}/w/#/case/${filed.id}`);
  await page.getByRole("heading", { name: text }).waitFor();
  await page.getByRole("button", { name: "更多" }).click();
  await page.getByRole("button", { name: "派单异议" }).click();
  await page.getByLabel("为什么派错了").fill("这个单元由物业自管。");
  await page.getByRole("button", { name: "提交", exact: true }).click();
  await page.getByText("这个理由要写依据，或拍照。").waitFor();
  check("without a basis it is refused on the phone", (await as(page, `/incidents/${filed.id}`)).steps.every((it) => it.action !== "object"));
  await page.getByLabel(/依据/).fill("物业服务合同第三条");
  await screen("wm-08-object");
  await handIn(page);
  const dispatcher = await staff(stage, "dispatcher");
  const review = (await dispatcher.call("GET", "/objections?state=open")).items.find((it) => it.incident === filed.id);
  check("who has to rule reads why and on what it rests", review?.words?.includes("物业自管") && review.basis === "物业服务合同第三条", JSON.stringify(review));
}

export async function run(stage) {
  const mark = tag();
  const worker = await stage.enter("worker", { viewport: phone, position: stage.position });
  await worker.page.getByRole("heading", { name: "待办", level: 1 }).waitFor();
  await homeScreen(stage, worker);
  await burden(stage, worker, mark);
  await whistle(stage, mark);
  await help(stage, worker, mark);
  await objects(stage, mark);
  await tab(worker.page, "我的");
  await worker.page.getByRole("button", { name: "English" }).click();
  await worker.page.getByRole("button", { name: "Dark" }).click();
  await worker.page.goto(`${stage.base}/w/#/burden`);
  await worker.page.getByRole("heading", { name: "Complain about a burden", level: 1 }).waitFor();
  await worker.screen("wm-06-dark-english");
}
