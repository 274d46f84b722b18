// Steps that several journeys take: what a resident, a desk, a worker and a caller do on their pages. Each ends when the page has said that it is done.
import { picture } from "./picture.mjs";
import { soon } from "./soon.mjs";

// ── the resident's phone ──

/** Fills in a report: the sentence, and a photograph with `words` drawn on it. The place is found by itself. */
export async function write(page, text, words) {
  if (words) {
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.locator("label.add").click()]);
    await chooser.setFiles(await picture(page, words));
    await page.getByRole("img", { name: "第 1 张照片" }).waitFor();
  }
  await page.getByLabel("是什么事？").fill(text);
  await page.locator(".found strong").waitFor();
}

/**
 * Somebody whose browser has never been asked for the position and who allows it when it is: the journey's browser has leave from the start and
 * would say so.
 */
export const neverAsked = (page) => page.addInitScript(() => {
  Permissions.prototype.query = async () => ({ state: "prompt" });
});
/** Counts the taps on a page from now on: clicks that a finger made. The click that a label hands on to its field comes of the same tap. */
export const countTaps = (page) => page.evaluate(() => {
  globalThis.taps = [];
  let finger = 0;
  addEventListener("pointerdown", (event) => (finger = event.isTrusted ? finger + 1 : finger), true);
  addEventListener("click", (event) => event.isTrusted && globalThis.taps.at(-1)?.finger !== finger && globalThis.taps.push({ finger, on: event.target.textContent.trim().slice(0, 20) }), true);
});
export const taps = (page) => page.evaluate(() => globalThis.taps.map((it) => it.on));

/** Sends what was filled in; answers the number. */
export async function post(page) {
  await page.getByRole("button", { name: "提交", exact: true }).click();
  await page.getByRole("heading", { name: "收到了，谢谢您" }).waitFor();
  return (await page.locator(".code").innerText()).trim();
}

/** The reporter's own rating of a round, in the form of his page: was he heard, is it solved, is he satisfied, and why. */
export async function judge(page, { contacted = "有", solved, satisfied, words }) {
  const form = page.getByRole("form", { name: "请您评价" });
  for (const [group, answer] of [["有没有人联系过您？", contacted], ["问题解决了吗？", solved], ["对处理结果满意吗？", satisfied]]) {
    await form.getByRole("group", { name: group }).getByRole("radio", { name: answer, exact: true }).check();
  }
  await form.getByLabel("请说说原因").fill(words);
  await form.getByRole("button", { name: "提交评价" }).click();
  await page.getByText("谢谢您的评价。").waitFor();
}

/** From the receipt to the page on which every step can be seen. */
export async function follow(page) {
  await page.getByRole("link", { name: "看办理进度" }).click();
  await page.getByRole("heading", { name: "每一步" }).waitFor();
}

// ── a desk ──

/** Opens a case in the list by its number, as somebody would who has it on the telephone. */
export async function find(page, code, title) {
  const clear = page.getByRole("button", { name: "清空条件" }).first();
  if (await clear.isVisible()) {
    await clear.click();
    await clear.waitFor({ state: "hidden" }); // It empties the box as well, before something is typed there.
  }
  await page.getByRole("searchbox").fill(code);
  await page.getByRole("button", { name: "搜索" }).click();
  // Until the search is answered the list is the one before, and may hold another case of that title: the open one says its number.
  const line = page.locator("li button.line").filter({ hasText: title.slice(0, 8) }).first();
  await soon(async () => {
    await line.click({ timeout: 5_000 }).catch(() => undefined);
    return opened(page, code, 3_000).then(() => true, () => false);
  }, 30_000);
  await opened(page, code);
}
/** Waits until the case of that number is the one that is open: for a moment the one before still is. */
export const opened = (page, code, timeout = 30_000) => page.locator(".case header").getByText(code, { exact: true }).waitFor({ timeout });
export const action = (page, name) => page.getByRole("group", { name: "可以做的事" }).getByRole("button", { name });
export const finished = (page, name) => page.getByText(`已完成：${name}`).waitFor();
/** Ten seconds in which a decision can be taken back are not waited for. */
export async function hurry(page) {
  await page.getByRole("button", { name: "现在就办" }).waitFor();
  await hasten(page);
}
/** The same of a decision that was seen to wait. On a slow machine, or after a picture, its ten seconds may be over by now: then it was done by itself. */
export async function hasten(page) {
  const now = page.getByRole("button", { name: "现在就办" });
  while (await now.isVisible()) if (await now.click({ timeout: 2_000 }).then(() => true, () => false)) return;
}
/** Sees an action done, also one that waits its ten seconds. What must not wait is done at once and leaves nothing to hurry. */
export async function settled(page, name) {
  const said = page.getByText(`已完成：${name}`);
  const now = page.getByRole("button", { name: "现在就办" });
  await now.or(said).first().waitFor();
  await hasten(page);
  await said.waitFor();
}

/** Corrects the matter of an open case by one key: to the one of that name among those that the system thought of, else to the first that it is not. */
export async function pickTop(page, name = "") {
  await page.locator(".tops button").first().waitFor();
  const nth = await page.locator(".tops button").evaluateAll((all, wanted) => all.findIndex((it) => (wanted ? it.textContent?.includes(wanted) : !it.classList.contains("on"))) + 1, name);
  if (!nth) return false;
  await page.keyboard.press(String(nth));
  await settled(page, "更正事项");
  await page.locator(`.tops li:nth-child(${nth})`).getByText("当前").waitFor();
  return true;
}

/** Fills in an open form of an action and sends it. */
export async function send(page, name, fill) {
  const form = page.getByRole("dialog", { name });
  await form.waitFor();
  await fill(form);
  await form.getByRole("button", { name, exact: true }).last().click();
  await settled(page, name);
}

/** Dispatches an open case by hand; the page's answer is waited for by whoever calls. */
export async function dispatchTo(page, unit, why) {
  await page.keyboard.press("d");
  const form = page.getByRole("dialog", { name: "派单" });
  await form.getByRole("combobox", { name: "主办单位" }).fill(unit);
  await page.getByRole("option", { name: unit }).first().click();
  await form.getByLabel("派单说明").fill(why);
  await form.getByRole("button", { name: "派单", exact: true }).last().click();
  await hurry(page);
}

/** Whistles for units on an open case, found in the palette. `pictured` is called before it is sent. */
export async function whistle(page, code, { lead, helpers = [], minutes, words }, pictured = async () => undefined) {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "查找和命令" }).fill("吹哨");
  await page.getByRole("option", { name: /^吹哨/ }).filter({ hasText: code }).click();
  const form = page.getByRole("dialog", { name: "吹哨" });
  const choose = async (field, unit) => {
    await form.getByRole("combobox", { name: field }).fill(unit);
    await page.getByRole("option", { name: unit }).first().click();
  };
  for (const unit of helpers) await choose("召集哪些单位", unit);
  if (helpers.length) await page.keyboard.press("Tab"); // Closes the list of several.
  if (lead) await choose("谁主办", lead);
  await form.getByLabel("多少分钟内报到").fill(String(minutes));
  await form.getByLabel("说明").fill(words);
  await pictured();
  await form.getByRole("button", { name: "吹哨" }).last().click();
  await settled(page, "吹哨");
}

/** Closes the whistle of a card on the board; `poor` are the units that are rated so, the others are good. */
export async function rate(page, card, pictured = async () => undefined, poor = []) {
  await card.getByRole("button", { name: "销号评价" }).click();
  const form = page.getByRole("dialog", { name: "销号评价" });
  await form.locator("section.one").first().waitFor();
  for (const unit of await form.locator("section.one").all()) {
    const bad = poor.includes(await unit.getAttribute("aria-label"));
    for (const group of await unit.getByRole("group").all()) await group.getByRole("radio", { name: bad ? "差" : "好", exact: true }).check();
  }
  await pictured();
  await form.getByRole("button", { name: "销号评价" }).last().click();
  await hurry(page);
  await card.waitFor({ state: "hidden" });
}

/** Opens the notice board of a grid by its name in the list of boards. */
export async function board(page, base, name, pictured = async () => undefined) {
  await page.goto(`${base}/c/#/setup/boards`);
  await page.getByRole("heading", { name: "网格公示牌" }).waitFor();
  await pictured();
  await page.getByRole("link", { name }).click();
  await page.getByRole("heading", { name: "我能为您做什么" }).waitFor();
}

// ── a worker's phone ──

/** Waits for so many in the outbox. A first try that fails is made again after half a minute, so this waits for longer. */
export const waiting = (page, n) => page.locator(".bar").getByText(`待发送 ${n}`, { exact: true }).waitFor({ timeout: 75_000 });
/** Sends the open form of a case. It closes once the step lies in the outbox, which is empty before as well; then sees it sent. */
export async function handIn(page, button = "提交") {
  await page.getByRole("button", { name: button, exact: true }).click();
  await page.locator("main form").waitFor({ state: "detached" });
  await waiting(page, 0);
}
/** Opens an action of a case behind 更多. */
export async function more(page, action) {
  const wanted = page.getByRole("button", { name: action, exact: true });
  if (!(await wanted.isVisible())) await page.getByRole("button", { name: "更多", exact: true }).click();
  await wanted.click();
}
/** Takes the network from a phone, and sees that its pages know. */
export async function cutOff(page) {
  // What is not open yet comes from the device, once it is there.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.context().setOffline(true);
  await page.getByText("没有网络").first().waitFor();
}
export const tab = (page, name) => page.getByRole("navigation", { name: /主菜单|Main menu/ }).getByRole("link", { name, exact: true }).click();

/** Takes the open case on, and sees it sent: what may be done next shows that the step is in the outbox, which is empty before as well. */
export async function takeOn(page) {
  await page.getByRole("button", { name: "接单" }).click();
  await page.getByRole("button", { name: "办结" }).waitFor();
  await waiting(page, 0);
}

/** Opens a case of the inbox. */
export async function open(page, words) {
  await tab(page, "待办");
  await page.getByRole("link").filter({ hasText: words }).first().click();
  await page.getByRole("heading", { name: words }).waitFor();
}

/** Fills in how a case ended; the photograph has `words` drawn on it. */
export async function end(page, reply, words) {
  await page.getByRole("button", { name: "办结" }).click();
  await page.getByRole("radio", { name: "已解决", exact: true }).check();
  await page.getByLabel("给居民的答复").fill(reply);
  await page.locator("input[type=file]").first().setInputFiles(await picture(page, words));
  await page.getByRole("img", { name: "第 1 张照片" }).waitFor();
  await page.getByText("照片上传中…").first().waitFor({ state: "detached" });
}

// ── a caller ──

/** Takes a case out of the queue of calls. */
export async function take(page, code) {
  await page.getByRole("link", { name: "回访" }).click();
  await page.getByRole("heading", { name: "回访", level: 1 }).waitFor();
  const entry = page.locator("button.entry").filter({ hasText: code });
  await entry.waitFor();
  await entry.click();
  await page.getByText("前由您回访").waitFor();
}
export const dial = (page) => page.getByRole("button", { name: "显示号码并拨打" }).click();

/** Writes down what was said, in the words of the script. */
export async function noted(page, { solved, satisfied, words }) {
  await page.getByRole("radio", { name: "接通", exact: true }).check();
  await page.getByRole("group", { name: "有没有人联系过？" }).getByRole("radio", { name: "有", exact: true }).check();
  await page.getByRole("group", { name: "问题解决了吗？" }).getByRole("radio", { name: solved, exact: true }).check();
  await page.getByRole("group", { name: "满意吗？" }).getByRole("radio", { name: satisfied, exact: true }).check();
  if (words) await page.getByLabel("反映人的话").fill(words);
}
/** Keeps what was written down. */
export async function save(page, code) {
  await page.getByRole("button", { name: "记下结果" }).click();
  await hurry(page);
  await page.getByText(`已记下 ${code} 的回访`).waitFor();
}
