// The whole road in one walk: a resident reports; the desk corrects and dispatches by keyboard alone; the worker goes without network before he opens the
// case, handles it with photographs of before and after, comes back and sends; the desk verifies and closes; the resident rates and has it opened again.
import { as, tag, unsure } from "../ask.mjs";
import { desktop, phone } from "../browser.mjs";
import { picture } from "../picture.mjs";
import { soon } from "../soon.mjs";
import { end, finished, follow, hurry, judge, open, opened, post, settled, waiting, write } from "../steps.mjs";

const matter = "楼道灯不亮";
const head = (page) => page.locator(".case header");
const lines = (page) => page.getByRole("region", { name: "案件列表" }).locator("button.line");
const strip = (page, what, code) => page.getByText(`将办：${what} · ${code}`);

/** Has every result of the matter verified, or only those that are drawn, as before; answers what it was. */
async function verified(page, rule) {
  const { id, version, fields: _fields, valid_from: _from, valid_to: _to, ...rules } = (await as(page, "/catalogue")).items.find((it) => it.level3 === matter);
  await as(page, `/catalogue/${id}`, { version, rules: { ...rules, verify: rule } }, "PUT");
  return rules.verify;
}

/** Whether the desk is to put the matter right, and can by one key. */
const doubtful = (it) => it.state === "received" && it.matter?.name !== matter && it.classified?.top.some((one) => one.matter.name === matter);

async function reports({ base }, { page }, text) {
  await page.goto(`${base}/m/report`);
  await write(page, text, "before");
  const code = await post(page);
  await follow(page);
  return { code, track: page.url() };
}

/** A report of which the program is not sure. It may have learnt from what others corrected just before; then the resident reports something else. */
async function doubted(stage, resident, desk) {
  for (let n = 1; n <= 4; n += 1) {
    const mark = tag();
    const { words } = await unsure(stage, desk.page, `${mark} 试`, doubtful);
    const text = `${words}（${mark}）`;
    const filed = await reports(stage, resident, text);
    let row;
    await soon(async () => (row = (await as(desk.page, "/incidents?limit=10")).items.find((it) => it.code === filed.code)));
    if (doubtful(await as(desk.page, `/incidents/${row.id}`))) return { ...filed, text };
  }
  throw new Error("the program is sure of whatever a resident reports");
}

/** Nothing is clicked here: the case is opened, put right, accepted and dispatched by keys. */
async function decides({ check }, { page, screen }, code, text) {
  await lines(page).first().filter({ hasText: text }).waitFor();
  await page.evaluate(() => addEventListener("click", (it) => { window.clicked = (window.clicked ?? 0) + Number(it.isTrusted); }, true));
  await page.keyboard.press("j");
  await opened(page, code);
  const tops = page.locator(".tops button");
  await tops.first().waitFor();
  const nth = (await tops.allInnerTexts()).findIndex((it) => it.includes(matter)) + 1;
  check("the right matter is among those that the system thought of", nth > 0, (await tops.allInnerTexts()).join(" / "));
  await page.keyboard.press(String(nth));
  await strip(page, "更正事项", code).waitFor();
  // Whatever comes next lets what was decided before take effect.
  await page.keyboard.press("a");
  await strip(page, "受理", code).waitFor();
  await page.keyboard.press("Shift+D");
  await strip(page, "派单", code).waitFor();
  await head(page).getByText("已派单").waitFor();
  check("the desk corrects, accepts and dispatches without a click", (await page.evaluate(() => window.clicked ?? 0)) === 0);
  const id = /\/cases\/([^?]+)/.exec(page.url())[1];
  const now = await as(page, `/incidents/${id}`);
  check("to the unit that the rules name for the matter that the desk chose", now.matter.name === matter && now.state === "assigned" && now.tasks.some((it) => it.role === "lead" && it.state === "offered"), JSON.stringify([now.matter, now.tasks]));
  await screen("wr-1-dispatched");
  return id;
}

async function handles({ check, enter, position }, desk, { id, text }) {
  const { page, screen } = await enter("worker", { viewport: phone, position });
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.getByRole("link").filter({ hasText: text }).first().waitFor();
  await page.context().setOffline(true);
  await page.locator(".bar").getByText("没有网络").waitFor();
  await open(page, text);
  await page.getByRole("button", { name: "接单" }).click();
  await page.getByRole("button", { name: "办结" }).waitFor();
  await waiting(page, 1);
  await page.getByRole("button", { name: "备注 / 拍照" }).click();
  await page.locator("input[type=file]").first().setInputFiles(await picture(page, "before"));
  await page.getByRole("radio", { name: "处理前" }).check();
  await page.getByLabel("写备注").fill("灯座松了，先断电。");
  await page.getByRole("button", { name: "保存备注" }).click();
  await waiting(page, 2);
  await end(page, "灯座换过了，晚上看得见了。", "after");
  await page.getByRole("button", { name: "提交办结" }).click();
  await waiting(page, 3);
  check("handled without network, with photographs of before and after", await page.getByText("已办结，待核实").first().isVisible());
  const meanwhile = await as(desk.page, `/incidents/${id}`);
  check("nobody else has heard of it yet", meanwhile.state === "assigned" && !meanwhile.steps.some((it) => ["take_on", "note", "resolve"].includes(it.action)), meanwhile.state);
  await screen("wr-2-offline");
  await page.context().setOffline(false);
  await waiting(page, 0);
  const done = await as(page, `/incidents/${id}`);
  const kinds = done.photos.map((it) => it.kind).sort();
  check("back in the network it all arrives, once", done.state === "resolved" && ["take_on", "note", "resolve"].every((action) => done.steps.filter((it) => it.action === action).length === 1), JSON.stringify([done.state, done.steps.map((it) => it.action)]));
  check("with one photograph of before and one of after beside the reporter's", kinds.filter((it) => it === "before").length === 1 && kinds.filter((it) => it === "after").length === 1 && kinds.length === 3, kinds.join(" "));
  await screen("wr-3-sent");
}

async function verifies({ check }, { page, screen }, id) {
  // The case is still open at the desk: it hears of the change by itself.
  await head(page).getByText("待核实").waitFor();
  await page.keyboard.press("v");
  const form = page.getByRole("dialog", { name: "核实" });
  await form.getByRole("radio", { name: "办好了", exact: true }).check();
  await form.getByLabel("核实情况").fill("晚上去看过，灯亮了。");
  await form.getByRole("button", { name: "核实" }).click();
  await settled(page, "核实");
  await page.keyboard.press("c");
  await hurry(page);
  await finished(page, "结案");
  await head(page).getByText("已结案").waitFor();
  const closed = await as(page, `/incidents/${id}`);
  check("the desk verifies and closes", closed.state === "closed" && closed.steps.some((it) => it.action === "verify"), closed.state);
  await screen("wr-4-closed");
}

async function rates({ check }, { page, screen }, track, desk, id) {
  await page.goto(track);
  await judge(page, { solved: "没解决", satisfied: "不满意", words: "第二天又不亮了。" });
  check("the resident rates", await soon(async () => (await as(desk.page, `/incidents/${id}`)).ratings.length === 1));
  await page.getByRole("button", { name: "请求再办一次" }).click();
  await page.getByLabel("哪里没有办好？").fill("灯又不亮了，请查线路。");
  await page.getByRole("button", { name: "请求再办", exact: true }).click();
  await page.getByText("这是第 2 次办理。").waitFor();
  await head(desk.page).getByText("二次办理待派").waitFor();
  const again = await as(desk.page, `/incidents/${id}`);
  check("and opens it again, which the desk sees", again.round === 2 && again.state === "accepted", JSON.stringify([again.round, again.state]));
  await screen("wr-5-again");
}

export async function run(stage) {
  const system = await stage.enter("system", { viewport: desktop });
  await system.page.getByRole("navigation").first().waitFor();
  const before = await verified(system.page, "desk");
  try {
    const desk = await stage.enter("dispatcher", { viewport: desktop });
    await lines(desk.page).first().waitFor();
    const resident = await stage.meet({ viewport: phone, position: stage.position });
    const { code, track, text } = await doubted(stage, resident, desk);
    const id = await decides(stage, desk, code, text);
    await handles(stage, desk, { id, text });
    await verifies(stage, desk, id);
    await rates(stage, resident, track, desk, id);
  } finally {
    await verified(system.page, before);
  }
}
