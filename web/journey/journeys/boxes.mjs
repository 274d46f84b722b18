// What lies over a page or stands beside the usual ones, in both languages and both modes: the keys of the desk, its palette, the box that asks to log in
// again, a worker's outbox with what needs him, a partner's page at work, and a case on paper.
import { as, report, tag } from "../ask.mjs";
import { desktop, phone } from "../browser.mjs";
import { act, open as openCase } from "../desk.mjs";
import { dress } from "../phone.mjs";
import { staff } from "../staff.mjs";
import { soon } from "../soon.mjs";
import { cutOff, open, tab, waiting } from "../steps.mjs";

const looks = [["zh", false], ["zh", true], ["en", true], ["en", false]];

/** Judges what is open in all its looks, and leaves it in the first. `small` has it looked at on a phone as well. */
async function inLooks(one, name, shot, { small = false } = {}) {
  const { page } = one;
  for (const [lang, dark] of looks) {
    await page.evaluate(dress, [lang, dark]);
    await one.judge(`${name} ${lang} ${dark ? "dark" : "light"}`, `x-${shot}-${lang}-${dark ? "dark" : "light"}`);
    if (!small || dark) continue;
    await page.setViewportSize(phone);
    await one.fits(`${name} ${lang} on a phone`, `x-${shot}-${lang}-phone`);
    await page.setViewportSize(desktop);
  }
  await page.evaluate(dress, looks[0]);
}

async function overTheDesk({ check, base }, desk, filed) {
  const { page } = desk;
  await openCase(page, base, filed.id);
  await page.getByRole("group", { name: "可以做的事" }).getByRole("button").first().waitFor();
  await page.keyboard.press("?");
  const keys = page.getByRole("dialog", { name: "键盘操作" });
  await keys.waitFor();
  check("the sheet names every key that the desk's guide does", await soon(async () => (await keys.locator("kbd").count()) > 15));
  await inLooks(desk, "the sheet of keys", "keys", { small: true });
  await page.keyboard.press("Escape");
  await keys.waitFor({ state: "hidden" });
  await page.keyboard.press("Control+k");
  const asked = page.getByRole("combobox", { name: "查找和命令" });
  await asked.waitFor();
  await inLooks(desk, "the palette", "palette", { small: true });
  await asked.fill("派单");
  await page.getByRole("option").first().waitFor();
  await inLooks(desk, "the palette with what was found", "palette-found");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
}

/** The session ends where it is kept; the next thing that the page asks finds it out. */
async function loggedOut({ check }, desk) {
  const { page } = desk;
  const form = await act(page, "备注");
  await form.getByLabel("说明").fill("写了一半的备注");
  await as(page, "/session", {}, "DELETE");
  await form.getByRole("button", { name: "备注" }).last().dispatchEvent("click");
  const again = page.getByRole("dialog", { name: "请重新登录" });
  await again.waitFor();
  await inLooks(desk, "the box that asks to log in again", "again", { small: true });
  await again.getByLabel("账号").fill("nobody");
  await again.getByLabel("密码").fill("wrong-password-0");
  await again.getByRole("button", { name: "登录", exact: true }).click();
  await again.getByRole("alert").first().waitFor();
  await again.getByRole("button", { name: "我已在别的窗口登录" }).click();
  await again.getByRole("alert").nth(1).waitFor();
  check("the box says what was wrong, and that nobody logged in elsewhere", await again.isVisible());
  await inLooks(desk, "the box with both its faults", "again-faults");
}

/** Two cases in the outbox that need their worker: somebody was faster with one, the server fails over the other. */
async function outbox(stage, [first, second]) {
  const { check, enter, position } = stage;
  const worker = await enter("worker", { viewport: phone, position });
  const { page } = worker;
  const community = await staff(stage, "community");
  for (const it of [first, second]) await page.getByRole("link").filter({ hasText: it.words }).first().waitFor();
  await open(page, first.words);
  await cutOff(page);
  await page.getByRole("button", { name: "接单" }).click();
  await waiting(page, 1);
  await community.call("POST", `/incidents/${first.id}/urgency`, { urgency: "urgent", reason: "楼里有老人" });
  await open(page, second.words);
  await page.getByRole("button", { name: "备注 / 拍照" }).click();
  await page.getByLabel("写备注").fill("服务器总说不行的一条");
  await page.getByRole("button", { name: "保存备注" }).click();
  await waiting(page, 2);
  await page.route(`**/api/v1/incidents/${second.id}/note`, (route) => route.fulfill({ status: 500, contentType: "application/problem+json", body: JSON.stringify({ status: 500, code: "internal", params: {} }) }));
  await page.locator(".bar").click();
  await page.getByRole("heading", { name: "待发送", level: 1 }).waitFor();
  await inLooks(worker, "the outbox without network", "outbox-waits");
  await page.context().setOffline(false);
  const both = page.locator(".bar").getByText("需要您处理 2");
  const sync = page.getByRole("button", { name: "现在同步" });
  await soon(async () => {
    if (await both.isVisible()) return true;
    await sync.click({ timeout: 1_000 }).catch(() => undefined);
    return false;
  }, 60_000);
  await page.getByText("有人先改过了，需要您核对").waitFor();
  await page.getByText("多次没发成，先放在一边").waitFor();
  await page.getByRole("cell", { name: "紧急", exact: true }).waitFor();
  check("the outbox holds a conflict and what was put aside", await both.isVisible());
  await inLooks(worker, "the outbox with a conflict and what was put aside", "outbox-needs");
  await page.getByRole("button", { name: "改一改" }).or(page.getByRole("button", { name: /^改/ })).first().click();
  await page.getByRole("article").getByRole("textbox").waitFor();
  await inLooks(worker, "the outbox with a form", "outbox-form");
  await tab(page, "待办");
}

/** A partner's task by its link, with each of its forms. */
async function partner(stage, desk) {
  const { base, check, meet } = stage;
  const { page: own } = desk;
  const { id } = await report(stage, `小区里有垃圾没清，堆了好几天（${tag()}）`);
  let seen = await as(own, `/incidents/${id}`);
  if (seen.may.includes("accept")) seen = await as(own, `/incidents/${id}/accept`, {});
  if (seen.state === "accepted") seen = await as(own, `/incidents/${id}/dispatch`, {});
  const task = seen.tasks.find((it) => it.role === "helper" && it.state === "offered");
  const lead = seen.tasks.find((it) => it.role === "lead");
  for (const who of ["community", "worker"]) await (await staff(stage, who)).call("POST", `/incidents/${id}/tasks/${lead.id}/accept`, {}).catch(() => undefined);
  await openCase(own, base, id);
  const part = own.locator("li.task").filter({ hasText: task.unit.name });
  await part.getByRole("button", { name: "发办理链接" }).click();
  const address = (await part.locator("code").innerText()).trim();
  const one = await meet({ viewport: phone });
  const { page } = one;
  await page.goto(address);
  await page.getByRole("button", { name: "接单" }).waitFor();
  await inLooks(one, "a partner's task, offered", "partner");
  await page.getByRole("button", { name: "接单" }).click();
  await page.getByText("已接单，请按时办理。").waitFor();
  await inLooks(one, "a partner's task, at work", "partner-works");
  await page.getByRole("button", { name: "写个进展" }).click();
  await page.getByLabel("办到哪一步了？").waitFor();
  await inLooks(one, "a partner's note", "partner-note");
  await page.getByRole("button", { name: "取消" }).click();
  await page.getByRole("button", { name: "办结" }).click();
  await page.getByRole("button", { name: "提交办结" }).click();
  await page.getByText("请写做了什么。").waitFor();
  await inLooks(one, "a partner's end of a task, refused", "partner-done");
  check("the partner is still at work", (await as(own, `/incidents/${id}`)).tasks.find((it) => it.id === task.id).state === "accepted");
}

/** A case as it is printed, in both languages, on the screen and as it goes to paper. */
async function onPaper({ base, check }, desk, filed) {
  const { page } = desk;
  for (const [lang, title] of [["zh", "案件档案"], ["en", "Dossier"]]) {
    await page.goto(`${base}/api/v1/incidents/${filed.id}/dossier?lang=${lang}`);
    await page.getByRole("heading", { name: `${title} ${filed.code}` }).waitFor();
    check(`the paper says in which language it is: ${lang}`, (await page.evaluate(() => document.documentElement.lang)).startsWith(lang));
    for (const media of ["screen", "print"]) for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ media, colorScheme });
      await desk.judge(`the dossier ${lang} ${media} ${colorScheme}`, `x-dossier-${lang}-${media}-${colorScheme}`);
    }
    await page.emulateMedia({ media: "screen", colorScheme: "light" });
  }
}

export async function run(stage) {
  const mark = tag();
  const cases = [];
  for (const words of [`甲楼道灯不亮，晚上看不见（${mark} 一）`, `乙单元楼道灯坏了（${mark} 二）`]) cases.push({ ...(await report(stage, words, { phone: "140-0000-2046", name: "叶知秋" })), words });
  const one = await stage.enter("dispatcher", { viewport: desktop });
  await one.page.getByRole("navigation").first().waitFor();
  await partner(stage, one);
  await onPaper(stage, one, cases[0]);
  await outbox(stage, cases);
  await overTheDesk(stage, one, cases[0]);
  await loggedOut(stage, one);
}
