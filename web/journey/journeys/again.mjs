// A session ends under somebody's hands: on the desk and on the phone. After logging in again they are where they were, with what was typed.
import { createHmac } from "node:crypto";
import { as, report, tag } from "../ask.mjs";
import { open } from "../desk.mjs";
import { comes, soon } from "../soon.mjs";
import { handIn, settled } from "../steps.mjs";

/** The code of an authenticator app; `back` of so many half minutes ago. A code works once. */
function code(secret, back = 0) {
  const bits = [...secret].map((it) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(it).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((it) => Number.parseInt(it, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) - back));
  const hash = createHmac("sha1", key).update(step).digest();
  return String((hash.readUInt32BE(hash[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Ends the session where it is kept: the page is not told. */
async function end(page) {
  const status = await page.evaluate(async () => {
    const { csrf } = await (await fetch("/api/v1/session")).json();
    return (await fetch("/api/v1/session", { method: "DELETE", headers: { "content-type": "application/json", "x-csrf-token": csrf, "idempotency-key": crypto.randomUUID() }, body: "{}" })).status;
  });
  if (status >= 300) throw new Error(`the session was not ended: ${status}`);
}

/** Sends the form. Any request of the page may find the ended session first; the box that asks to log in then lies over this button already. */
const send = (form) => form.getByRole("button", { name: "备注" }).last().dispatchEvent("click");

/** Logs in by a one-time link in another window, and comes back. */
async function elsewhere(page, link) {
  const window = await page.context().newPage();
  await window.goto(link);
  await window.waitForURL((url) => !url.href.includes("/link/"));
  await window.close();
  const again = page.getByRole("dialog", { name: "请重新登录" });
  // The box may have heard of it by itself.
  await again.getByRole("button", { name: "我已在别的窗口登录" }).click({ timeout: 3_000 }).catch(() => undefined);
  await again.waitFor({ state: "hidden" });
}

async function desk({ base, check, enter, linkFor }, filed) {
  const { page, screen } = await enter("community");
  await page.getByRole("navigation", { name: "工作区" }).waitFor();
  const password = `walk-${crypto.randomUUID()}`;
  await as(page, "/account/password", { password });
  const { secret } = await as(page, "/account/totp", {});
  await as(page, "/account/totp/confirm", { code: code(secret, 1) });
  const words = "看过现场，先拉了警戒带，等物业来人。";
  await open(page, base, filed.id, { query: "?state=open" });
  await page.keyboard.press("n");
  const form = page.getByRole("dialog", { name: "备注" });
  await form.getByLabel("说明").fill(words);
  const before = page.url();
  // Found by what the page asks by itself, while the form is open.
  await end(page);
  const again = page.getByRole("dialog", { name: "请重新登录" });
  await again.waitFor();
  check("the page behind is out of reach", await soon(() => page.evaluate(() => !document.elementsFromPoint(20, 200).some((it) => it.closest("#app")))));
  await screen("g-1-ended");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  check("Escape leads past nothing", await again.isVisible());
  await again.getByLabel("账号").fill("guan");
  await again.getByLabel("密码").fill("wrong-password-0");
  await again.getByRole("button", { name: "登录", exact: true }).click();
  await again.getByRole("alert").waitFor();
  await again.getByLabel("密码").fill(password);
  await again.getByRole("button", { name: "登录", exact: true }).click();
  await again.getByLabel("动态验证码").fill(code(secret));
  await again.getByRole("button", { name: "登录", exact: true }).click();
  await again.waitFor({ state: "hidden" });
  check("the desk is where it was", page.url() === before, page.url());
  check("with what was typed", await soon(async () => (await form.getByLabel("说明").inputValue()) === words));
  await screen("g-2-back");
  await form.getByRole("button", { name: "备注" }).last().click();
  await settled(page, "备注");
  check("and it goes out", (await as(page, `/incidents/${filed.id}`)).steps.some((it) => it.words === words));

  // What was decided before the session ended goes out when the same person is there again, without a click.
  const decided = "物业到了，正在换灯。";
  await page.keyboard.press("n");
  await form.getByLabel("说明").fill(decided);
  await form.getByRole("button", { name: "备注" }).last().click();
  await page.getByText("将办：备注").first().waitFor();
  await end(page);
  await again.waitFor();
  await elsewhere(page, new URL(linkFor("guan"), base).href);
  check("what was decided before the session ended is not lost", await soon(async () => (await as(page, `/incidents/${filed.id}`)).steps.filter((it) => it.words === decided).length === 1, 30_000));

  // The way of whoever has no password: the link opens in another window.
  await page.goto(`${base}/c/#/notices/new`);
  await page.getByLabel("标题").fill("写了一半的通知");
  await end(page);
  await page.getByRole("navigation", { name: "工作区", includeHidden: true }).getByRole("link", { name: "交接班", includeHidden: true }).dispatchEvent("click"); // As in `send`.
  await again.waitFor();
  await again.getByRole("button", { name: "我已在别的窗口登录" }).click();
  await again.getByText("还没有登录。").waitFor();
  await elsewhere(page, new URL(linkFor("guan"), base).href);
  await page.getByRole("heading", { name: "交接班", level: 1 }).waitFor();
  await page.getByText("没有读到").waitFor({ state: "detached" });
  check("a log-in in another window counts", true);
  await page.goto(`${base}/c/#/notices/new`);
  check("and the draft is there", await soon(async () => (await page.getByLabel("标题").inputValue()) === "写了一半的通知"));
  await page.getByLabel("标题").fill("");

  // Somebody else finds nothing of it.
  await open(page, base, filed.id);
  await page.keyboard.press("n");
  await form.getByLabel("说明").fill("只给我自己看的话");
  await end(page);
  await send(form);
  await again.waitFor();
  const stranger = await page.context().newPage();
  await stranger.goto(new URL(linkFor("jiangyue"), base).href);
  await stranger.waitForURL((url) => !url.href.includes("/link/"));
  await stranger.close();
  await again.getByRole("button", { name: "我已在别的窗口登录" }).click({ timeout: 3_000 }).catch(() => undefined);
  await page.getByText("江越").first().waitFor();
  check("somebody else finds nothing of what was typed", await soon(async () => (await form.count()) === 0));
  check("and sends nothing of what was decided", !(await page.getByText("只给我自己看的话").isVisible()) && !(await page.getByText(/将办：|没有办成/).isVisible()));
}

async function phone({ base, check, enter, links, phone: viewport, position }, filed, words) {
  const { page, screen } = await enter("worker", { viewport, position });
  await page.goto(`${base}/w/#/case/${filed.id}`);
  await page.getByRole("heading", { name: words }).waitFor();
  await page.getByRole("button", { name: "备注 / 拍照" }).click();
  await page.getByLabel("写备注").fill("一楼灯座松了，");
  await end(page);
  // Looked at again and again: what is being read at that moment was asked for while the session still stood.
  await soon(async () => {
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    return comes(page.getByText("登录已过期"), 3_000);
  });
  await page.getByText("登录已过期").waitFor();
  await screen("g-3-phone-ended");
  await page.goto(links.worker());
  await page.getByRole("heading", { name: words }).waitFor();
  check("the worker is back at his case", page.url().includes(filed.id));
  const note = page.getByLabel("写备注");
  await note.waitFor();
  check("with the form open and what was typed", await soon(async () => (await note.inputValue()) === "一楼灯座松了，"));
  await screen("g-4-phone-back");
  await note.fill("一楼灯座松了，已紧固。");
  await handIn(page, "保存备注");
  check("and it goes out", (await as(page, `/incidents/${filed.id}`)).steps.some((it) => it.words === "一楼灯座松了，已紧固。"));
}

export async function run(stage) {
  const words = `庚楼道灯不亮，晚上看不见 ${tag()}`;
  const filed = await report(stage, words);
  await desk(stage, filed);
  await phone(stage, filed, words);
}
