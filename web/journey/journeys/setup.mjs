// Set-up: a catalogue with a wrong row, then right; an account with a grant, where two administrators' offices exclude one another; a switch with its reason; the record of it all.
import { isDeepStrictEqual } from "node:util";
import { as, mark, tag } from "../ask.mjs";
import { comes, read, says, soon } from "../soon.mjs";
import { hurry } from "../steps.mjs";

const wrong = "level1,level2,level3,handle_limit,limit_unit\n走查大类,走查小类,走查事项,三,工作日\n";
const right = "level1,level2,level3,handle_limit,limit_unit\n走查大类,走查小类,走查事项,3,工作日\n";
const file = (text) => ({ name: "catalogue.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
const tabs = (page) => page.getByRole("navigation", { name: "设置页面" });

/** What was clicked by mistake is taken back, and the server never heard of it. */
async function takenBack(page, check, name, of) {
  const sent = [];
  const hear = (request) => request.method() === "POST" && sent.push(request.url());
  page.on("request", hear);
  await page.getByRole("button", { name }).click();
  await page.getByText(`将办：${name} · ${of}`).waitFor();
  await page.keyboard.press("u");
  await page.getByText(`将办：${name} · ${of}`).waitFor({ state: "detached" });
  page.off("request", hear);
  check("what set-up ends with one click is taken back within ten seconds", sent.length === 0, sent.join(" "));
}

export async function run({ enter, check }) {
  const { page, screen } = await enter("system");
  await page.getByRole("link", { name: "设置", exact: true }).click();
  await page.getByRole("heading", { name: "组织", exact: true }).waitFor();
  await page.getByRole("button", { name: /^临江街道 / }).click();
  await page.getByRole("heading", { name: "临江街道" }).waitFor();
  await screen("u-1-units");
  await page.getByRole("button", { name: "新设下级" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "设立" }).click();
  await page.getByRole("dialog").getByRole("alert").first().waitFor();
  check("a unit without a code is refused beside the field", true);
  await page.keyboard.press("Escape");

  await tabs(page).getByRole("link", { name: "导入", exact: true }).click();
  await page.getByRole("button", { name: "事项目录" }).click();
  await page.locator("input[type=file]").setInputFiles(file(wrong));
  await page.getByRole("heading", { name: "文件开头" }).waitFor();
  await screen("u-2-columns");
  await page.getByRole("button", { name: "检查", exact: true }).click();
  await page.getByRole("heading", { name: /处不对/ }).waitFor();
  const fault = page.getByRole("region", { name: "哪里不对" }).getByRole("row").nth(1);
  check("the fault has its row and column", await says(fault, /^2\s+handle_limit/), await fault.innerText());
  check("a file with a fault cannot be written", (await page.getByRole("button", { name: "写入" }).count()) === 0);
  await screen("u-3-faults");
  await page.locator("input[type=file]").setInputFiles(file(right));
  await page.getByRole("button", { name: "检查", exact: true }).click();
  await page.getByRole("heading", { name: "检查通过" }).waitFor();
  await screen("u-4-judged");
  await page.getByRole("button", { name: "写入", exact: true }).click();
  await page.getByRole("heading", { name: "已写入" }).waitFor();
  check("the corrected file is taken", true);
  await tabs(page).getByRole("link", { name: "事项目录" }).click();
  await page.getByLabel("事项、单位").fill("走查事项");
  check("the matter is in the catalogue with its limit", await says(page.getByRole("row", { name: /走查事项/ }), "3 工作日"));
  await matter(page, screen, check);
  await takenBack(page, check, "停用", "走查事项");
  await page.getByRole("button", { name: "停用" }).click();
  await hurry(page);
  await page.getByText(/已停用/).first().waitFor();
  await page.getByLabel("事项、单位").fill("");
  await screen("u-5-catalogue");
  await tabs(page).getByRole("link", { name: "日历" }).click();
  await page.getByRole("heading", { name: /年工作日历/ }).waitFor();
  await screen("u-6-calendar");

  await tabs(page).getByRole("link", { name: "账号和授权" }).click();
  await page.getByRole("button", { name: "新建账号" }).click();
  const username = `walk${mark()}`;
  await page.getByRole("dialog").getByLabel("账号名").fill(username);
  await page.getByRole("dialog").getByLabel("姓名").fill("走查员");
  await page.getByRole("dialog").getByRole("button", { name: "保存" }).click();
  await page.getByText("已新建。现在给它授权。").waitFor();
  // Roles are the security administrator's to give.
  const officer = await enter("security");
  await officer.page.getByRole("navigation", { name: "工作区" }).waitFor();
  await officer.page.goto(page.url().replace(/#.*/, `#/setup/accounts?q=${username}`));
  await officer.page.getByRole("row", { name: new RegExp(username) }).getByRole("button", { name: "授权" }).click();
  const grant = async (role) => {
    // The row has a button of the same name, which puts away what it opened.
    await officer.page.locator("td[colspan]").getByRole("button", { name: "授权", exact: true }).click();
    await officer.page.getByRole("dialog").getByLabel("角色").selectOption({ label: role });
    await officer.page.getByRole("dialog").getByRole("button", { name: "保存" }).click();
  };
  await grant("安全管理员");
  await officer.page.getByText("已授权。").waitFor();
  await officer.screen("u-7-account");
  await grant("审计管理员");
  await officer.page.getByRole("dialog").getByRole("alert").first().waitFor();
  check("two administrators' offices are not given to one", true);
  await officer.screen("u-8-offices");
  const there = page.url().replace(/#.*/, `#/setup/accounts?q=${username}`);
  await page.goto("about:blank");
  await page.goto(there);
  await page.getByRole("row", { name: new RegExp(username) }).getByRole("button", { name: "授权" }).click();
  await page.locator("td[colspan]").getByRole("button", { name: "停用", exact: true }).click();
  await hurry(page);
  await page.getByText("已停用，它的登录已全部结束。").waitFor();
  check("an account is disabled", true);

  await tabs(page).getByRole("link", { name: "开关和限额" }).click();
  await page.getByLabel("名称", { exact: true }).fill("公告");
  await page.getByRole("row", { name: /公告/ }).getByRole("button", { name: "修改" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("填写：内容").check();
  await dialog.getByLabel("内容", { exact: true }).fill("明天上午停水检修");
  await dialog.getByRole("button", { name: "保存" }).click();
  await dialog.getByRole("alert").first().waitFor();
  check("a switch without a reason is refused", true);
  await screen("u-9-switch-refused");
  await dialog.getByLabel("理由").fill("走查：公告试用一天");
  await dialog.getByRole("button", { name: "保存" }).click();
  await page.getByText(/已设置。/).waitFor();
  await page.getByRole("row", { name: /公告/ }).getByText("明天上午停水检修").waitFor();
  check("the list says in words what it holds", true);
  await page.getByRole("button", { name: "恢复默认" }).click();
  await hurry(page);
  await page.getByText(/已恢复默认。/).waitFor();
  check("a switch goes back to its default", true);
  await page.getByLabel("名称", { exact: true }).fill("");
  await screen("u-10-switches");
  await limited(page, screen, check);
  await structured(page, screen, check);
  for (const [name, shot] of [["人员和请假", "u-11-people"], ["编制和空缺", "u-12-rosters"], ["准入清单", "u-13-access"], ["退单原因", "u-14-reasons"], ["对外通知", "u-15-webhooks"]]) {
    await tabs(page).getByRole("link", { name }).click();
    await tabs(page).locator("[aria-current=page]").filter({ hasText: name }).waitFor();
    await read(page);
    await screen(shot);
  }
  await accessList(enter, check);
  await page.getByRole("button", { name: "深色" }).click();
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("navigation", { name: "Pages of set-up" }).getByRole("link", { name: "Import" }).click();
  await page.getByRole("heading", { name: "Import a file" }).waitFor();
  await screen("u-16-dark-english");

  const auditor = await enter("audit");
  await auditor.page.getByRole("navigation").first().waitFor();
  await auditor.page.goto(page.url().replace(/#.*/, "#/setup/audit"));
  await auditor.page.getByLabel("动作").fill("catalogue");
  await auditor.page.getByLabel("动作").blur();
  await auditor.page.getByRole("heading", { name: "审计记录" }).waitFor();
  await auditor.page.getByRole("button", { name: "清空条件" }).click();
  await auditor.page.waitForURL((url) => !url.href.includes("action="));
  check("the record shows what was done", await soon(async () => (await auditor.page.getByRole("row").count()) > 3));
  await auditor.screen("u-17-audit");
  // Whole ids, and from one to everything about it.
  const row = auditor.page.getByRole("row").filter({ hasText: "setting.set" }).first();
  await row.locator("code").first().waitFor();
  const ids = await row.locator("code").allInnerTexts();
  check("ids are whole", ids.length > 0 && ids.every((it) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(it)), ids.join(" "));
  await auditor.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await row.getByRole("button", { name: /^复制/ }).first().click();
  await row.getByText("已复制").waitFor();
  check("an id is copied", await soon(async () => (await auditor.page.evaluate(() => navigator.clipboard.readText())) === ids[0]));
  await row.getByRole("button", { name: "只看这个" }).first().click();
  await auditor.page.waitForURL((url) => url.href.includes(`actor=${ids[0]}`));
  await auditor.page.getByRole("row").nth(1).waitFor();
  check("and filters the record", await soon(async () => (await auditor.page.getByRole("row").filter({ hasText: ids[0] }).count()) === (await auditor.page.getByRole("row").count()) - 1));
  await auditor.page.getByRole("row").filter({ hasText: "setting.set" }).first().getByRole("link", { name: "设置", exact: true }).click();
  await auditor.page.getByRole("heading", { name: "开关和限额" }).waitFor();
  check("a thing of the record is one click away", true);
  await auditor.page.goBack();
  // People stand there by name, and are asked for by name.
  const by = auditor.page.locator(`tbody a[href*="account=${ids[0]}"]`).first();
  check("the record names people", await soon(async () => /\p{Script=Han}{2,}/u.test(await by.innerText()) && (await by.innerText()) !== "工作人员"), await by.innerText());
  const name = (await by.innerText()).trim();
  await auditor.page.getByRole("button", { name: "清空条件" }).click();
  await auditor.page.getByLabel("按姓名或账号找").fill(name);
  await auditor.page.getByLabel("按姓名或账号找").press("Enter");
  await auditor.page.locator(`#audit-actor option[value="${ids[0]}"]`).waitFor({ state: "attached" });
  await auditor.page.locator("#audit-actor").selectOption(ids[0]);
  await auditor.page.waitForURL((url) => url.href.includes(`actor=${ids[0]}`));
  check("and is asked for a person by name", true);
  await by.click();
  await auditor.page.waitForURL((url) => url.href.includes(`account=${ids[0]}`));
  await auditor.screen("u-18-account-of-record");
}

/** A matter's limits on the way and its own questions are edited in its form; what only the server knows is said beside its row. */
async function matter(page, screen, check) {
  const row = page.getByRole("row", { name: /走查事项/ });
  await row.getByRole("button", { name: "修改" }).click();
  const form = page.getByRole("dialog", { name: "修改事项" });
  check("the form begins at its first field", await soon(() => form.getByLabel("大类", { exact: true }).evaluate((it) => it === document.activeElement)));
  await form.getByRole("button", { name: "加一项：分段时限" }).click();
  await form.getByLabel("这一步做什么").fill("停工");
  await form.getByLabel("多久之内").fill("4");
  await form.getByRole("combobox", { name: "单位", exact: true }).selectOption({ label: "工作时" });
  await form.getByText("开始办理后4 工作时内停工").waitFor();
  check("the limits are said in words as they are typed", true);
  await form.getByRole("button", { name: "加一项：附加字段" }).click();
  await form.getByLabel("中文").fill("堆了几层");
  await form.getByLabel(/^字段标识/).fill("Floors");
  await form.getByLabel("必填").check();
  await form.getByRole("button", { name: "存为新版本" }).click();
  await form.getByText("字段标识只能用小写字母").waitFor();
  check("the first field with a fault has the cursor", await soon(() => form.getByLabel(/^字段标识/).evaluate((it) => it === document.activeElement)));
  await screen("u-22-matter-form");
  await form.getByLabel(/^字段标识/).fill("floors");
  await form.getByLabel("怎么填").selectOption({ label: "单选" });
  await form.getByLabel("存的值").fill("one");
  await form.getByLabel("中文").last().fill("一层");
  await form.getByRole("button", { name: "存为新版本" }).click();
  await form.waitFor({ state: "hidden" });
  await page.getByText("已保存。").waitFor();
  const kept = await page.evaluate(async () => (await (await fetch("/api/v1/catalogue")).json()).items.find((it) => it.level3 === "走查事项"));
  check("its limits on the way are kept", isDeepStrictEqual(kept.stages, [{ name: "停工", limit: { n: 4, unit: "working_hour" } }]), JSON.stringify(kept.stages));
  check("and its questions", isDeepStrictEqual(kept.fields, [{ key: "floors", label: { zh: "堆了几层", en: "" }, type: "choice", required: true, choices: [{ value: "one", label: { zh: "一层", en: "" } }] }]), JSON.stringify(kept.fields));
  await row.getByRole("button", { name: "版本" }).click();
  await page.getByRole("row", { name: /分段时限/ }).getByText("停工 4 工作时").waitFor();
  check("two versions are held side by side, questions too", await comes(page.getByRole("row", { name: /附加字段/ }).getByText("堆了几层 单选 必填 一层")));
  await row.getByRole("button", { name: "版本" }).click();
  // What was done is said in the language that somebody reads now.
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("status").filter({ hasText: "Saved." }).waitFor();
  check("what was done follows the language", await soon(async () => (await page.getByText("已保存。").count()) === 0));
  await page.getByRole("button", { name: "中文" }).click();
}

/** A switch that the law limits is opened with a reason and a last day, stands on top while it is open, and is closed again by the page. */
async function limited(page, screen, check) {
  const top = page.getByRole("region", { name: "限期的开关" });
  const row = page.getByRole("row").filter({ hasText: "incidents.result_photos" });
  const dialog = page.getByRole("dialog");
  check("what the law limits is marked and closed", (await top.getByText("现在都关着。").isVisible()) && (await row.getByText("限期", { exact: true }).isVisible()));
  await row.getByRole("button", { name: "修改" }).click();
  await dialog.getByRole("checkbox", { name: "打开" }).check();
  await dialog.getByLabel("理由").fill("走查：消防通道专项整治");
  await dialog.getByRole("button", { name: "保存" }).click();
  await dialog.getByText("这里要填写").waitFor();
  check("it is not opened without a last day", await soon(() => dialog.getByLabel("到哪天").evaluate((it) => it === document.activeElement)));
  // Beyond what the field offers: the server has the last word.
  const day = (years, days = 0) => page.evaluate(([on, more]) => { const at = new Date(Date.now() + 8 * 3_600_000); at.setUTCFullYear(at.getUTCFullYear() + on); at.setUTCDate(at.getUTCDate() + more); return at.toISOString().slice(0, 10); }, [years, days]);
  await dialog.getByLabel("到哪天").fill(await day(2));
  await dialog.getByRole("button", { name: "保存" }).click();
  await dialog.getByText("太晚了：最长一年").waitFor();
  check("nor for longer than a year", true);
  await screen("u-24-limited-refused");
  await dialog.getByLabel("到哪天").fill(await day(0, 7));
  await dialog.getByRole("button", { name: "保存" }).click();
  await page.getByText(/已设置。/).waitFor();
  await top.getByText("走查：消防通道专项整治").waitFor();
  check("what is open stands on top with its day and its reason", /开到 .*\d/.test(await top.innerText()), await top.innerText());
  await top.scrollIntoViewIfNeeded();
  await screen("u-25-limited-open");
  const told = await page.evaluate(async () => (await (await fetch("/api/v1/settings")).json()).find((it) => it.name === "incidents.result_photos"));
  check("and is told so", told.limited === true && told.value === true && Boolean(told.set.expires_at), JSON.stringify(told));
  await top.getByRole("button", { name: "现在关掉" }).click();
  await hurry(page);
  await top.getByText("现在都关着。").waitFor();
  check("it is closed before its day", true);
}

/** A structured setting is a form: bounds and faults beside the field, lists with rows to add and take out; what is saved is read back in words. */
async function structured(page, screen, check) {
  const row = (name) => page.getByRole("row").filter({ hasText: name });
  const dialog = page.getByRole("dialog");
  const done = async (why) => {
    await dialog.getByLabel("理由").fill(why);
    await dialog.getByRole("button", { name: "保存" }).click();
    await page.getByText(/已设置。/).waitFor();
  };
  await row("incidents.emergency").getByRole("button", { name: "修改" }).click();
  await dialog.getByLabel("每隔多久呼叫一次").fill("0");
  await dialog.getByLabel("首报").fill("");
  await dialog.getByRole("button", { name: "保存" }).click();
  await dialog.getByText("有 2 处要改").waitFor();
  check("what is out of bounds is said beside its field", await soon(async () => (await dialog.getByText("超出范围").count()) === 2));
  await screen("u-19-emergency-form");
  await dialog.getByLabel("每隔多久呼叫一次").fill("7");
  await dialog.getByLabel("首报").fill("30");
  await done("走查：呼叫间隔");
  await row("incidents.emergency").getByText("7 分钟").waitFor();
  check("a number is read back", true);
  await row("incidents.emergency").getByRole("button", { name: "恢复默认" }).click();
  await hurry(page);
  await page.getByText(/已恢复默认。/).waitFor();

  await row("district.hotlines").getByRole("button", { name: "修改" }).click();
  await dialog.getByRole("button", { name: /^加一项/ }).click();
  await dialog.getByLabel("谁接").last().fill("社区值班");
  await dialog.getByLabel("电话").last().fill("不是号码");
  await dialog.getByLabel("理由").fill("走查：加一个电话");
  await dialog.getByRole("button", { name: "保存" }).click();
  await dialog.getByText("电话号码不对").waitFor();
  check("what only the server knows is said beside its field too", true);
  await dialog.getByLabel("电话").last().fill("010-1400000");
  await dialog.getByRole("button", { name: /上移/ }).last().click();
  await screen("u-20-hotlines-form");
  await dialog.getByRole("button", { name: "保存" }).click();
  await page.getByText(/已设置。/).waitFor();
  const kept = await page.evaluate(async () => (await (await fetch("/api/v1/settings")).json()).find((it) => it.name === "district.hotlines").value.map((it) => it.name));
  check("a row is added and moved up", kept.at(-2) === "社区值班", kept.join(" "));
  await row("district.hotlines").getByRole("button", { name: "恢复默认" }).click();
  await hurry(page);
  await page.getByText(/已恢复默认。/).waitFor();

  await row("incidents.escalation").getByRole("button", { name: "修改" }).click();
  await dialog.getByLabel("填写：紧急案件的规则").check();
  await dialog.getByRole("button", { name: "加一项：步骤" }).click();
  await dialog.getByLabel(/^代号/).fill("order");
  await dialog.getByLabel("从什么时候算").selectOption({ label: "红灯亮起（超期）" });
  await dialog.getByLabel("之后多久").fill("60");
  await dialog.getByLabel("同时做什么").selectOption({ label: "发督办单" });
  await dialog.getByLabel("督办等级").selectOption({ label: "黄牌督办" });
  await dialog.getByLabel("多久内回复").fill("480");
  await dialog.getByRole("checkbox", { name: "单位负责人" }).check();
  await screen("u-21-ladder-form");
  await done("走查：紧急案件另定");
  const ladder = await page.evaluate(async () => (await (await fetch("/api/v1/settings")).json()).find((it) => it.name === "incidents.escalation").value.urgent);
  check("a ladder is built from its form", isDeepStrictEqual(ladder, { stages: [{ stage: "order", mark: "red", after_minutes: 60, tell: ["head"], then: { supervise: { card: "yellow", reply_minutes: 480 } } }] }), JSON.stringify(ladder));
  await row("incidents.escalation").getByRole("button", { name: "恢复默认" }).click();
  await hurry(page);
  await page.getByText(/已恢复默认。/).waitFor();
  // Every setting has its form: none is edited as text.
  const names = await page.evaluate(async () => (await (await fetch("/api/v1/settings")).json()).map((it) => it.name));
  const asText = [];
  for (const name of names) {
    await row(name).first().getByRole("button", { name: "修改" }).click();
    await dialog.getByLabel("理由").waitFor();
    if (await dialog.getByText("没有表单").isVisible()) asText.push(name);
    await dialog.getByRole("button", { name: "取消" }).click();
    await dialog.waitFor({ state: "hidden" });
  }
  check(`each of ${names.length} settings has a form`, names.length > 15 && asText.length === 0, asText.join(" "));
}

/** The list in force is changed by requests: a department asks, the district judges each check, and the duty stands on the list. */
async function accessList(enter, check) {
  const [name, words] = [`每月试按呼叫器（${tag()}）`, "半年没有培训过。"];
  const office = await enter("department");
  await office.page.getByRole("navigation").first().waitFor();
  const list = (await as(office.page, "/admission/lists")).find((it) => it.state === "approved");
  check("a list is in force", list !== undefined);
  const kinds = ["within_duty", "within_ability", "training", "joint_mechanism", "authority", "funds", "capacity", "not_enforcement", "not_supervision"];
  const checks = kinds.map((it) => ({ check: it, met: it !== "training", words: it === "training" ? words : "" }));
  await as(office.page, "/admission/requests", { kind: "admission", list: list.id, item: { name, department: "区民政局", class: "assist", help: "走访时请老人试按一次。" }, reason: "走访时顺手。", checks });
  await office.end();

  const { page, screen, end } = await enter("dispatcher");
  await page.getByRole("navigation").first().waitFor();
  await page.goto(new URL("/c/#/setup/access", page.url()).href);
  const asked = page.getByRole("row").filter({ hasText: name });
  await asked.getByRole("button", { name: "同意", exact: true }).click();
  const form = page.getByRole("dialog", { name: "同意" });
  check("what the asker says of a check is where the review begins", (await comes(form.getByText(`申请单位说：${words}`))) && !(await form.getByRole("checkbox", { name: "经过培训" }).isChecked()));
  await form.getByLabel("理由").fill("同意，先培训后上岗。");
  await form.getByRole("button", { name: "保存" }).click();
  await hurry(page);
  await page.getByRole("button", { name: "改了再办" }).click();
  await form.getByRole("alert").first().waitFor();
  check("an admission with an unmet check is refused, and comes back with its reason and what was written", (await form.getByLabel("理由").inputValue()) === "同意，先培训后上岗。");
  await screen("u-22-admission");
  await form.getByRole("checkbox", { name: "经过培训" }).check();
  await form.getByRole("button", { name: "保存" }).click();
  await hurry(page);
  await asked.waitFor({ state: "hidden" });
  check("what was agreed to is on the list", (await as(page, "/admission/items")).some((it) => it.name === name));
  await screen("u-23-access");
  await end();
}
