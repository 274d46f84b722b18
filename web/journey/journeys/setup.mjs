// Set-up: a catalogue with a wrong row, then right; an account with a grant, where two administrators' offices exclude one another; a switch with its reason; the record of it all.
const wrong = "level1,level2,level3,handle_limit,limit_unit\n走查大类,走查小类,走查事项,三,工作日\n";
const right = "level1,level2,level3,handle_limit,limit_unit\n走查大类,走查小类,走查事项,3,工作日\n";
const file = (text) => ({ name: "catalogue.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
const tabs = (page) => page.getByRole("navigation", { name: "设置页面" });

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
  check("the fault has its row and column", /^2\s+handle_limit/.test(await fault.innerText()), await fault.innerText());
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
  await page.getByRole("row", { name: /走查事项/ }).waitFor();
  check("the matter is in the catalogue with its limit", (await page.getByRole("row", { name: /走查事项/ }).innerText()).includes("3 工作日"));
  await page.getByRole("button", { name: "停用" }).click();
  await page.getByText(/已停用/).first().waitFor();
  await page.getByLabel("事项、单位").fill("");
  await screen("u-5-catalogue");
  await tabs(page).getByRole("link", { name: "日历" }).click();
  await page.getByRole("heading", { name: /年工作日历/ }).waitFor();
  await screen("u-6-calendar");

  await tabs(page).getByRole("link", { name: "账号和授权" }).click();
  await page.getByRole("button", { name: "新建账号" }).click();
  const username = `walk${Date.now() % 1_000_000}`;
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
    await officer.page.getByRole("button", { name: "授权", exact: true }).last().click();
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
  await page.goto(page.url().replace(/#.*/, `#/setup/accounts?q=${username}`));
  await page.getByRole("row", { name: new RegExp(username) }).getByRole("button", { name: "授权" }).click();
  await page.getByRole("button", { name: "停用", exact: true }).click();
  await page.getByText("已停用，它的登录已全部结束。").waitFor();
  check("an account is disabled", true);

  await tabs(page).getByRole("link", { name: "开关和限额" }).click();
  await page.getByLabel("名称", { exact: true }).fill("公告");
  await page.getByRole("row", { name: /公告/ }).getByRole("button", { name: "修改" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("现在").fill('"明天上午停水检修"');
  await dialog.getByRole("button", { name: "保存" }).click();
  await dialog.getByRole("alert").first().waitFor();
  check("a switch without a reason is refused", true);
  await screen("u-9-switch-refused");
  await dialog.getByLabel("理由").fill("走查：公告试用一天");
  await dialog.getByRole("button", { name: "保存" }).click();
  await page.getByText(/已设置。/).waitFor();
  await page.getByRole("button", { name: "恢复默认" }).click();
  await page.getByText(/已恢复默认。/).waitFor();
  check("a switch goes back to its default", true);
  await page.getByLabel("名称", { exact: true }).fill("");
  await screen("u-10-switches");
  for (const [name, shot] of [["人员和请假", "u-11-people"], ["编制和空缺", "u-12-rosters"], ["准入清单", "u-13-access"], ["退单原因", "u-14-reasons"], ["对外通知", "u-15-webhooks"]]) {
    await tabs(page).getByRole("link", { name }).click();
    await page.waitForTimeout(900);
    await screen(shot);
  }
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
  await auditor.page.getByRole("row").nth(1).waitFor();
  check("the record shows what was done", (await auditor.page.getByRole("row").count()) > 3);
  await auditor.screen("u-17-audit");
}
