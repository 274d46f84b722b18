// A worker at the edge of the network: it goes in the middle of a photograph, he goes on without it, the page is killed, it comes back; then his
// session ends with work still on the device; then somebody else was faster. Nothing is lost, nothing is done twice.
import { mark as digits, report } from "../ask.mjs";
import { phone } from "../browser.mjs";
import { instead } from "../proxy.mjs";
import { comes, soon } from "../soon.mjs";
import { cutOff, end, open, takeOn, waiting } from "../steps.mjs";

/** What the server has of a case, asked with the page's own session. */
const ofServer = (page, id) => page.evaluate((of) => fetch(`/api/v1/incidents/${of}`).then((it) => it.json()), id);

/** How many cells of the base map lie on the device. */
const groundCells = (page) => page.evaluate(() => new Promise((tell, fail) => {
  const opened = indexedDB.open("jingwei-w");
  opened.onerror = () => fail(opened.error);
  opened.onsuccess = () => (opened.result.transaction("ground").objectStore("ground").count().onsuccess = (event) => (opened.result.close(), tell(event.target.result)));
}));

/** Notes what the browser itself takes for a tap from now on: on what, and apart from it the tap into the field in which one writes. */
const countTaps = (page) => page.evaluate(() => {
  window.taps = [];
  addEventListener("click", (it) => it.isTrusted && it.detail && window.taps.push(it.target.matches("textarea, input[type=text]") ? "the sentence" : (it.target.closest("a, button, label")?.textContent.trim() ?? it.target.tagName)), true);
});

export async function run(stage) {
  const { base, check, position, enter, links } = stage;
  const mark = digits();
  const [first, second, third] = [`甲楼道灯不亮，晚上看不见 ${mark}`, `乙单元楼道灯坏了，楼梯间照明坏了 ${mark}`, `丙单元楼道感应灯不亮 ${mark}`];
  const helped = `帮张阿姨把菜提上楼 ${mark}`;
  const cases = [];
  for (const words of [first, second, third]) cases.push(await report(stage, words, { phone: "140-0000-2046", name: "叶知秋" }));

  const worker = await enter("worker", { viewport: phone, position });
  const { screen } = worker;
  let { page } = worker;
  const context = page.context();
  await page.getByRole("heading", { name: "待办", level: 1 }).waitFor();
  await page.getByRole("link").filter({ hasText: first }).first().waitFor();
  check("the shell is on the device", await page.evaluate(() => navigator.serviceWorker.ready.then((it) => Boolean(it.active))));
  await screen("wo-01-today");
  const based = await page.evaluate(() => fetch("/api/v1/district").then((it) => it.json()).then((it) => Boolean(it.basemap)));

  // Taken on with network, finished with a photograph; the network goes in the middle of it.
  await open(page, first);
  await screen("wo-02-case");
  await page.getByRole("button", { name: "导航去" }).click();
  check("the phone's map gets the datum it counts in", (await page.getByRole("link", { name: "高德地图" }).getAttribute("href")).includes("dev=0"));
  await takeOn(page);
  await end(page, "灯泡已换好，晚上看得见了。", "after");
  let cut = 0;
  await instead(page, "**/api/v1/photos", async (route) => {
    cut += 1;
    await context.setOffline(true);
    await route.abort("connectionreset");
  });
  await page.getByRole("button", { name: "提交办结" }).click();
  await waiting(page, 1);
  await page.getByText("没有网络").first().waitFor();
  check("the network went in the middle of the photograph", cut === 1, `${cut} uploads were cut`);
  check("the case is as its worker left it", await comes(page.getByText("已办结，待核实").first()));
  await screen("wo-03-cut");
  await page.unroute("**/api/v1/photos");

  // On without network: the page opens again, cases, search, map, handbook and log are there; a report is two taps and a sentence.
  await page.reload();
  await page.getByRole("heading", { name: first }).waitFor();
  await page.getByRole("link", { name: "待办", exact: true }).click();
  await page.getByRole("link").filter({ hasText: second }).first().waitFor();
  check("and says that it is a demonstration", await comes(page.getByText("演示数据").first()));
  check("the page opens without network, with its cases", true);
  await page.getByRole("searchbox").fill(mark);
  await page.getByText("找到 3 件").waitFor();
  await screen("wo-04-search");
  await page.getByRole("searchbox").fill("");
  await page.getByRole("link", { name: "地图", exact: true }).click();
  await page.locator(".map canvas").first().waitFor();
  if (based) check("the streets around one's own grids lie on the device", (await soon(async () => (await groundCells(page)) > 3)));
  await screen("wo-05-map");
  await countTaps(page);
  await page.getByRole("link", { name: "上报", exact: true }).click();
  const sentence = page.getByLabel("看到了什么？");
  await sentence.click();
  await page.keyboard.insertText(`小区门口井盖松动 ${mark}`);
  await page.getByRole("button", { name: "提交", exact: true }).click();
  await page.getByText("已存好，会自动发出。").waitFor();
  const taps = await page.evaluate(() => window.taps);
  check("a quick report is two taps and a sentence", taps.filter((it) => it !== "the sentence").join(" ") === "上报 提交" && taps.length === 3, taps.join(" "));
  await waiting(page, 2);
  await screen("wo-06-kept");
  await page.getByRole("button", { name: "再报一件" }).click();
  await page.getByRole("button", { name: "新增孕妇" }).click();
  await page.getByText("没有地方可填").waitFor();
  check("a must-report on health has no field to fill in", (await page.locator(".card input, .card textarea").count()) === 0);
  await screen("wo-07-must");
  await page.getByRole("button", { name: "我已告知" }).click();
  await waiting(page, 3);
  await page.getByRole("link", { name: "日志", exact: true }).click();
  await page.getByLabel("补记一条").fill(helped);
  await page.getByRole("button", { name: "记下" }).click();
  await waiting(page, 4);
  await screen("wo-08-day-offline");

  await page.getByLabel("补记一条").fill("还没写完的一句");
  const begun = () => page.evaluate(() => new Promise((tell) => {
    const open = indexedDB.open("jingwei-w");
    open.onsuccess = () => {
      const keys = open.result.transaction("drafts").objectStore("drafts").getAllKeys();
      keys.onsuccess = () => { open.result.close(); tell(keys.result.map(([, name]) => name)); };
    };
  }));
  check("what is begun is kept on the device", await soon(async () => (await begun()).includes("day")));
  check("and lies open nowhere", !(await page.evaluate(() => JSON.stringify({ ...localStorage }))).includes("没写完"));

  // The page is killed; what waits survives it.
  page = await worker.reopen();
  await page.goto(`${base}/w/`);
  await waiting(page, 4);
  await page.getByRole("link", { name: "日志", exact: true }).click();
  check("a killed page loses nothing, not even half a sentence", await soon(async () => (await page.getByLabel("补记一条").inputValue()) === "还没写完的一句"));
  await page.locator(".bar").click();
  await page.getByRole("heading", { name: "待发送", level: 1 }).waitFor();
  check("what waits is shown in its order", await soon(async () => (await page.getByRole("article").count()) === 4));
  await screen("wo-09-outbox");

  // It comes back.
  await context.setOffline(false);
  await waiting(page, 0);
  check("待发送 4 becomes 0", true);
  const done = await ofServer(page, cases[0].id);
  check("the case is resolved, once", done.state === "resolved" || done.state === "verified" || done.state === "closed", done.state);
  check("with its one photograph", done.photos.filter((it) => it.kind === "after").length === 1, JSON.stringify(done.photos));
  check("and one step each", done.steps.filter((it) => it.action === "take_on").length === 1 && done.steps.filter((it) => it.action === "resolve").length === 1);
  // The search has a new case a moment after its report.
  let own = [];
  await soon(async () => {
    own = (await page.evaluate(() => fetch("/api/v1/incidents?limit=50").then((it) => it.json()))).items.filter((it) => it.title === `小区门口井盖松动 ${mark}`);
    return own.length > 0;
  });
  check("the report of the way is there once", own.length === 1, String(own.length));
  await page.getByRole("link", { name: "日志", exact: true }).click();
  await page.getByText(helped).waitFor();
  await page.getByText("已上报卫生服务（新增孕妇）").first().waitFor();
  check("the log of the day wrote itself", await comes(page.locator(".lines").getByText("办结", { exact: true }).first()));
  await screen("wo-11-day");
  await page.getByRole("link", { name: "我的填报负担" }).click();
  await page.getByRole("heading", { name: "谁让填的" }).waitFor();
  await screen("wo-12-meter");

  await ended(stage, page, links, second);
  await conflict(stage, worker, third, cases[2].id);
}

/** The session ends while work lies on the device. */
async function ended({ check }, page, links, words) {
  const context = page.context();
  // The case is read anew as it opens; asked after the end of the session, that would lead to the log-in before anything was written.
  const reread = page.waitForResponse((it) => /\/api\/v1\/incidents\/[\w-]+$/.test(new URL(it.url()).pathname));
  await open(page, words);
  await reread;
  await page.getByRole("button", { name: "备注 / 拍照" }).click();
  await page.getByLabel("写备注").fill("去看过了，要等配件。");
  await context.clearCookies();
  await page.getByRole("button", { name: "保存备注" }).click();
  await page.getByText("登录已过期").waitFor();
  check("an ended session leads to the log-in", true);
  const left = () => page.evaluate(() => new Promise((tell) => {
    const open = indexedDB.open("jingwei-w");
    open.onsuccess = () => {
      const tx = open.result.transaction(["outbox", "cache", "leases"]);
      const counts = ["outbox", "cache", "leases"].map((name) => new Promise((told) => { const n = tx.objectStore(name).count(); n.onsuccess = () => told(n.result); }));
      void Promise.all(counts).then((all) => { open.result.close(); tell(all); });
    };
  }));
  check("what was read is gone, what waits is kept", await soon(async () => String(await left()) === "1,0,0"), JSON.stringify(await left()));
  await page.goto(links.worker());
  await page.getByRole("heading", { name: words }).waitFor();
  check("after the next log-in, by a link, he is where he was", true);
  await waiting(page, 0);
  check("and what waited is sent", true);
}

/** Somebody else was faster: the difference is shown field by field, and the worker decides. */
async function conflict({ check, enter }, { page, screen }, words, id) {
  const context = page.context();
  await open(page, words);
  await cutOff(page);
  await page.getByRole("button", { name: "接单" }).click();
  await waiting(page, 1);
  const desk = await enter("community");
  await desk.page.waitForURL(/\/c\//);
  await desk.page.locator("#main").waitFor();
  const noted = await desk.page.evaluate(async (of) => {
    const session = await (await fetch("/api/v1/session")).json();
    const answer = await fetch(`/api/v1/incidents/${of}/urgency`, {
      method: "POST", headers: { "Content-Type": "application/json", "X-CSRF-Token": session.csrf }, body: JSON.stringify({ urgency: "urgent", reason: "楼里有老人" }),
    });
    return answer.status;
  }, id);
  check("the desk changes the case meanwhile", noted === 200, String(noted));
  await context.setOffline(false);
  await page.locator(".bar").getByText("需要您处理 1").waitFor();
  await page.locator(".bar").click();
  await page.getByText("有人先改过了，需要您核对").waitFor();
  await page.getByRole("cell", { name: "紧急", exact: true }).waitFor();
  check("a conflict is shown field by field", true);
  await screen("wo-10-conflict");
  await page.getByRole("button", { name: "仍按我的提交" }).click();
  await page.locator(".bar").getByText("需要您处理").waitFor({ state: "detached" });
  await waiting(page, 0);
  const taken = await ofServer(page, id);
  check("the worker decided, and it was sent", taken.steps.filter((it) => it.action === "take_on").length === 1, taken.state);
}
