// Many cases at once: dispatched, merged into one that then answers for every order from above, taken apart again; the next case that needs a person; a
// view shared with a unit; the list as a workbook. And what is one's own at the desk: notices, tokens, figures of dispatch.
import { readFile } from "node:fs/promises";
import { as, tag } from "../ask.mjs";
import { act, open, pickUnit, send } from "../desk.mjs";
import { instead } from "../proxy.mjs";
import { comes, read, says, soon } from "../soon.mjs";
import { hasten, hurry } from "../steps.mjs";

const list = (page) => page.getByRole("region", { name: "案件列表" });
const bar = (page) => page.getByRole("region", { name: "批量办理" });
/** The desk's list for some filters, loaded anew. */
async function desk(page, base, query) {
  await page.goto("about:blank");
  await page.goto(`${base}/c/#/cases?${query}`);
  await list(page).locator("input[type=checkbox]").first().waitFor();
}

async function dispatched({ base, check }, { page, screen }) {
  const waiting = (await as(page, "/incidents?state=accepted&limit=10")).items.slice(0, 2);
  check("there are cases to dispatch", waiting.length === 2, JSON.stringify(waiting.map((it) => it.code)));
  await desk(page, base, "state=accepted");
  for (const it of waiting) await list(page).getByRole("checkbox", { name: it.title }).first().check();
  await bar(page).getByText("已选 2 件").waitFor();
  await bar(page).getByRole("button", { name: "批量派单" }).click();
  await page.getByText("将办：派单 2 件").waitFor();
  await screen("mm-1-dispatch");
  await hasten(page);
  const told = bar(page).getByText(/派单：办成 \d 件，共 2 件/);
  await told.waitFor();
  const done = Number(/办成 (\d)/.exec(await told.innerText())[1]);
  const after = await Promise.all(waiting.map((it) => as(page, `/incidents/${it.id}`)));
  check("as many are with a unit as the bar says", after.filter((it) => it.state !== "accepted").length === done, `${done}: ${after.map((it) => it.state)}`);
  check("each that was refused has its reason", await soon(async () => (await bar(page).locator(".refused li").count()) === 2 - done));
  await screen("mm-2-dispatched");
}

async function merged({ base, check, position: [lon, lat] }, { page, screen }, mark) {
  const filed = [];
  for (const n of [1, 2, 3]) filed.push(await as(page, "/incidents", {
    text: `${["河边栏杆断了一截", "河堤护栏缺口没人修", "滨河步道栏杆坏了"][n - 1]}（${mark}）`, lon, lat, channel: "hotline", source: "resident", upstream_no: `SJ-${mark.replace(/\D/g, "")}-${n}`, upstream_due: new Date(Date.now() + n * 5 * 86_400_000).toISOString(),
  }));
  const [first, second, third] = await Promise.all(filed.map((it) => as(page, `/incidents/${it.id}`)));
  // A case is found by its words a moment after it was filed.
  await soon(async () => (await as(page, `/incidents?q=${encodeURIComponent(mark)}`)).items.length === 3);
  await desk(page, base, `q=${encodeURIComponent(mark)}`);
  for (const it of [first, second, third]) await list(page).getByRole("checkbox", { name: it.title }).first().check();
  await bar(page).getByRole("button", { name: "并成一件" }).click();
  const form = page.getByRole("dialog", { name: "并成一件" });
  await form.getByRole("radio").and(form.locator(`[value="${first.id}"]`)).check();
  await form.getByRole("button", { name: "并案" }).click();
  await page.getByText("将办：并案 2 件").waitFor();
  await hasten(page);
  await bar(page).getByText("并案：办成 2 件，共 2 件").waitFor();
  check("two are merged into the third", (await Promise.all([second, third].map((it) => as(page, `/incidents/${it.id}`)))).every((it) => it.state === "merged"));
  await open(page, base, first.id);
  const orders = page.getByRole("list", { name: "上级单号" });
  await says(orders, first.upstream.number, second.upstream.number, third.upstream.number);
  const said = await orders.innerText();
  check("the case shows the number and deadline of every order that it answers for", [first, second, third].every((it) => said.includes(it.upstream.number)) && said.includes(second.code) && (said.match(/前回复/g) ?? []).length === 3, said);
  await screen("mm-3-orders");
  await open(page, base, second.id);
  const undo = await act(page, "撤销并案");
  await undo.getByLabel("原因").fill("不是同一处。");
  await send(page, undo, "撤销并案");
  check("one is taken apart again and goes on", (await as(page, `/incidents/${second.id}`)).state !== "merged");
  await open(page, base, first.id);
  await orders.waitFor();
  check("its order went with it", await soon(async () => !(await orders.innerText()).includes(second.upstream.number)));
}

/** What lies a few steps away and is about something else is listed apart from what is alike, and leads to itself. */
async function nearby({ base, check, position: [lon, lat] }, { page, screen }, mark) {
  const [one, other] = [await as(page, "/incidents", { text: `路口井盖响，车一过就响（${mark}）`, lon, lat, channel: "phone", source: "resident" }), await as(page, "/incidents", { text: `楼下有人养鸡，早上吵（${mark}）`, lon: lon + 0.00002, lat, channel: "phone", source: "resident" })];
  await open(page, base, one.id);
  const near = page.getByRole("region", { name: /^200 米以内/ });
  const line = near.locator("p").filter({ hasText: other.code });
  await line.waitFor();
  const metres = (await near.locator("p").allInnerTexts()).map((it) => Number(/相距 (\d+) 米/.exec(it)?.[1]));
  check("what is only near is listed, the nearest first, none beyond 200 m", metres.length > 0 && metres.length <= 5 && metres.every((it, n) => it <= 200 && it >= (metres[n - 1] ?? 0)), metres.join(", "));
  await screen("mm-4-near");
  await line.getByRole("link").click();
  await list(page).locator("button.line").first().waitFor();
  check("and leads to itself", await soon(async () => page.url().includes(other.code) && (await list(page).locator("button.line").count()) === 1));
}

async function nextForHuman({ base, check }, { page }) {
  await desk(page, base, "state=closed");
  await page.keyboard.press("h");
  await page.locator("#case-title").waitFor();
  const one = await as(page, `/incidents/${/cases\/([0-9a-f-]+)/.exec(page.url())[1]}`);
  check("h leads to a case that needs a person", one.attention.length > 0 || one.state === "received", `${one.state} ${one.attention}`);
  await desk(page, base, "state=closed");
  await instead(page, /incidents\?.*attention=any/, (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ status: 503, code: "busy" }) }));
  await page.keyboard.press("h");
  await page.getByRole("status").filter({ hasText: "下一件没查到" }).waitFor();
  check("and says so when it could not be looked up", true);
  await page.unroute(/incidents\?.*attention=any/);
}

async function shared({ base, check, enter }, { page, screen }, mark) {
  const name = `街道在办 ${mark}`;
  await desk(page, base, "state=in_progress");
  await page.getByRole("button", { name: "保存当前条件" }).click();
  const form = page.getByRole("dialog", { name: "保存当前条件" });
  await form.getByLabel("名称").fill(name);
  await pickUnit(page, form, /共享给单位/, "临江街道");
  await screen("mm-4-share");
  await form.getByRole("button", { name: "保存" }).click();
  await page.getByRole("button", { name: `${name} · 临江街道` }).waitFor();
  const street = await enter("street");
  await street.page.getByRole("navigation", { name: "工作区" }).waitFor();
  await street.page.goto(`${base}/c/#/cases`);
  await street.page.getByRole("button", { name: `${name} · 临江街道` }).click();
  await street.page.waitForURL((url) => url.href.includes("state=in_progress"));
  check("a view that was shared stands at the unit's desk, and does there what it did here", true);
  check("who did not make it does not delete it", (await street.page.getByRole("button", { name: `删除“${name}”` }).count()) === 0);
  await street.end();
  await page.getByRole("button", { name: `删除“${name}”` }).click();
  await page.getByRole("button", { name: `${name} · 临江街道` }).waitFor({ state: "detached" });
}

async function workbook({ base, check }, { page }) {
  await desk(page, base, "state=in_progress");
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("group", { name: /^导出/ }).getByRole("link", { name: /XLSX/ }).first().click()]);
  const bytes = await readFile(await file.path());
  check("the list comes as a workbook", /\.xlsx$/.test(file.suggestedFilename()) && bytes.subarray(0, 2).toString() === "PK" && bytes.includes("xl/"), `${file.suggestedFilename()} ${bytes.subarray(0, 4).toString("hex")} ${bytes.length}`);
}

async function own({ base, check, phone }, { page, screen }, mark) {
  await page.locator("header .who a").click();
  await page.getByRole("heading", { name: "我的账号" }).waitFor();
  await page.getByRole("button", { name: "新建令牌" }).click();
  const form = page.getByRole("dialog", { name: "新建令牌" });
  await form.getByRole("button", { name: "生成" }).click();
  await form.getByRole("alert").waitFor();
  check("a token without a name is refused beside its field", true);
  await form.getByLabel("用在哪里").fill(`取数 ${mark}`);
  await form.getByRole("button", { name: "生成" }).click();
  const secret = await page.getByLabel(/令牌只显示这一次/).inputValue();
  await screen("mm-5-token");
  const works = async () => (await fetch(`${base}/api/v1/incidents?limit=1`, { headers: { authorization: `Bearer ${secret}` } })).status;
  check("the token lets a program in", (await works()) === 200);
  await page.reload();
  const line = page.getByRole("row").filter({ hasText: `取数 ${mark}` });
  await line.waitFor();
  check("it is shown once only", !(await page.content()).includes(secret));
  await page.setViewportSize(phone);
  await screen("mm-6-account-phone");
  await page.setViewportSize({ width: 1440, height: 900 });
  await line.getByRole("button", { name: "作废" }).click();
  await hurry(page);
  await line.waitFor({ state: "detached" });
  check("ended, it lets nobody in", await soon(async () => (await works()) === 401), String(await works()));

  await page.getByRole("button", { name: /^消息/ }).click();
  const panel = page.locator(".bell .panel");
  await panel.locator("summary").click();
  await panel.getByLabel("邮箱").fill("nobody");
  await panel.getByRole("button", { name: "保存邮箱" }).click();
  await panel.getByRole("alert").waitFor();
  check("a wrong address is refused beside its field", true);
  await panel.getByLabel("邮箱").fill("tangxi@example.org");
  await panel.getByRole("button", { name: "保存邮箱" }).click();
  await panel.getByText("重要消息也发到 t***@example.org。").waitFor();
  await screen("mm-7-wishes");
  await page.setViewportSize(phone);
  await screen("mm-13-wishes-phone");
  const box = await panel.boundingBox();
  check("on a phone the notices lie within the screen", box.x >= 0 && box.x + box.width <= phone.width, JSON.stringify(box));
  await page.setViewportSize({ width: 1440, height: 900 });
  await panel.getByRole("button", { name: "不再发邮件" }).click();
  await panel.getByText("现在只在这里提醒，不发邮件。").waitFor();
  check("mail is wished for and stopped again", true);
  if (await comes(panel.getByRole("button", { name: "全部标为已读" }))) {
    await panel.getByRole("button", { name: "全部标为已读" }).click();
    await panel.getByText("没有未读消息。").waitFor();
    check("all notices are read at once", (await as(page, "/notices?unread=true")).items.length === 0);
  } else check("all notices are read at once", false, "there were not two");
}

async function figures({ base, check, phone }, { page, screen }) {
  await page.keyboard.press("Escape");
  await page.goto(`${base}/c/#/figures/dispatch?from=2020-01-01&to=2099-01-01`);
  await page.getByRole("heading", { name: "派单准确率" }).waitFor();
  await page.locator("table.sheet tbody tr").first().waitFor();
  await read(page);
  const lines = await page.locator("table.sheet").first().locator("tbody tr").evaluateAll((all) => all.map((it) => [...it.children].map((one) => one.innerText)));
  check("each share of dispatch stands with its denominator", lines.length > 0 && lines.every((it) => it[2].trim().endsWith(` / ${it[1].trim()}`)), JSON.stringify(lines.slice(0, 3)));
  await screen("mm-8-figures");
  await page.getByLabel("按什么看").selectOption({ label: "承办单位" });
  await page.waitForURL((url) => url.href.includes("by=unit"));
  check("by unit too", await soon(async () => (await page.locator("table.sheet thead th").first().innerText()) === "承办单位"));
  await page.getByRole("button", { name: "深色" }).click();
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("heading", { name: "How accurate dispatches were" }).waitFor();
  await screen("mm-9-figures-english");
  await page.setViewportSize(phone);
  await screen("mm-10-figures-phone");
  await page.goto(`${base}/c/#/account`);
  await page.getByText("No token yet.").waitFor();
  await screen("mm-11-account-english-phone");
  await page.goto(`${base}/c/#/figures/dispatch?from=1999-01-01&to=1999-01-02`);
  await page.getByText("Nothing was dispatched in this period").waitFor();
  await screen("mm-12-figures-none");
}

export async function run(stage) {
  const mark = tag();
  const centre = await stage.enter("dispatcher");
  await centre.page.getByRole("navigation", { name: "工作区" }).waitFor();
  await dispatched(stage, centre);
  await merged(stage, centre, mark);
  await nextForHuman(stage, centre);
  await shared(stage, centre, mark);
  await workbook(stage, centre);
  await own(stage, centre, mark);
  await figures(stage, centre);
}
