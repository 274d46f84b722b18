// What can happen to a worker's device while something waits to be sent: the pages get a new version, the server fails over one command again and
// again, the phone is full. Nothing is lost, and each is said in plain words.
import { as, report, tag } from "../ask.mjs";
import { phone } from "../browser.mjs";
import { picture } from "../picture.mjs";
import { instead, proxy } from "../proxy.mjs";
import { comes, soon } from "../soon.mjs";
import { open, tab, waiting } from "../steps.mjs";

const notes = async (page, id, words) => (await as(page, `/incidents/${id}`)).steps.filter((it) => it.action === "note" && it.words?.includes(words)).length;
async function note(page, words) {
  await page.getByRole("button", { name: "备注 / 拍照" }).click();
  await page.getByLabel("写备注").fill(words);
  await page.getByRole("button", { name: "保存备注" }).click();
}
const shells = (page) => page.evaluate(() => caches.keys().then((all) => all.filter((it) => it.startsWith("jingwei-w-shell-"))));

/** A new version of the pages comes while a command waits; the worker goes over to it and nothing is gone. */
async function update({ check }, { page, screen }, door, one) {
  await open(page, one.title);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  const [before] = await shells(page);
  door.shut();
  await note(page, "更新前写的备注");
  await waiting(page, 1);
  door.renew("/w/sw.js", (text) => text.replace(/(\{"revision":")[0-9a-f]+(","url":"index\.html"\})/, "$1newer$2"));
  await page.evaluate(() => navigator.serviceWorker.getRegistration().then((it) => it.update()));
  await page.getByText("有新版本").waitFor();
  check("nobody is moved to a new version unasked", (await shells(page)).includes(before));
  await screen("wt-01-update");
  const loaded = page.waitForEvent("load");
  await page.getByRole("button", { name: "更新", exact: true }).click();
  await loaded;
  await waiting(page, 1);
  let now = [];
  const gone = await soon(async () => (now = await shells(page)).length === 1 && now[0] !== before);
  check("the new version is here and the old one gone", gone, `${before} → ${now}`);
  check("what waited still waits, and without the server the worker is still at work", await comes(page.getByText("没有网络").first()));
  await screen("wt-02-updated");
  door.open();
  await page.locator(".bar").click();
  await page.getByRole("button", { name: "现在同步" }).click();
  await waiting(page, 0);
  check("after an update it is sent, once", (await notes(page, one.id, "更新前写的备注")) === 1);
}

/** The server fails over one command; it is put aside after eight tries, and the others went on. */
async function poisoned({ check }, { page, screen }, one, other) {
  const path = `**/api/v1/incidents/${one.id}/note`;
  let tried = 0;
  await instead(page, path, (route) => {
    tried += 1;
    return route.fulfill({ status: 500, contentType: "application/problem+json", body: JSON.stringify({ status: 500, code: "internal", params: {} }) });
  });
  await open(page, one.title);
  await note(page, "服务器总说不行的一条");
  await waiting(page, 1);
  await open(page, other.title);
  await note(page, "后面的一条");
  await page.locator(".bar").click();
  const needs = page.locator(".bar").getByText("需要您处理 1");
  await soon(async () => {
    if (await needs.isVisible()) return true;
    await page.getByRole("button", { name: "现在同步" }).click();
    await page.waitForTimeout(300);
    return false;
  }, 90_000);
  await needs.waitFor();
  check("after eight tries it is put aside", tried === 8, `${tried} tries`);
  await page.getByText("多次没发成，先放在一边").waitFor();
  await waiting(page, 0);
  check("and held nobody up", (await notes(page, other.id, "后面的一条")) === 1);
  await screen("wt-03-parked");
  await page.unroute(path);
  await page.getByRole("button", { name: "再试一次" }).click();
  await needs.waitFor({ state: "detached" });
  await waiting(page, 0);
  check("once the server is well again it is sent", (await notes(page, one.id, "服务器总说不行的一条")) === 1);
}

/** The phone has no room left: a photograph and a command are refused in plain words, and what was typed stays. */
async function full({ check }, { page, screen }, door, one) {
  const protocol = await page.context().newCDPSession(page);
  await open(page, one.title);
  door.shut();
  await note(page, "手机满之前写的");
  await waiting(page, 1);
  const photo = await picture(page, "full");
  await protocol.send("Storage.overrideQuotaForOrigin", { origin: door.base, quotaSize: 1 });
  await page.waitForTimeout(31_000); // So long a browser goes on with the room that it last counted.
  door.open();
  await page.locator(".bar").click();
  await page.getByRole("button", { name: "现在同步" }).click();
  await waiting(page, 0);
  check("what waited leaves a full phone", (await notes(page, one.id, "手机满之前写的")) === 1);
  await open(page, one.title);
  await page.getByRole("button", { name: "备注 / 拍照" }).click();
  await page.locator("input[type=file]").first().setInputFiles(photo);
  await page.getByText("这张照片没有存下").waitFor();
  check("a photograph that has no room is said to have none", true);
  await page.getByLabel("写备注").fill("手机满的时候写的");
  await page.getByRole("button", { name: "保存备注" }).click();
  await page.getByText("手机存储满了，没有存下。").waitFor();
  check("what was typed is still there", (await page.getByLabel("写备注").inputValue()) === "手机满的时候写的");
  await screen("wt-04-full");
  await protocol.send("Storage.overrideQuotaForOrigin", { origin: door.base });
  await page.getByRole("button", { name: "保存备注" }).click();
  await page.getByLabel("写备注").waitFor({ state: "detached" });
  await waiting(page, 0);
  check("with room again the same tap sends it, once", (await notes(page, one.id, "手机满的时候写的")) === 1);
}

export async function run(stage) {
  const { position, meet, links } = stage;
  const door = await proxy(stage.base);
  try {
    const mark = tag();
    const [first, second] = [`庚楼道灯不亮，晚上看不见（${mark}）`, `辛单元楼道灯坏了（${mark}）`];
    const filed = [];
    for (const words of [first, second]) filed.push(await report(stage, words, { phone: "140-0000-2046", name: "叶知秋" }));
    const worker = await meet({ viewport: phone, position });
    const { page } = worker;
    await page.goto(links.worker().replace(stage.base, door.base));
    await page.getByRole("heading", { name: "待办", level: 1 }).waitFor();
    await page.getByRole("link").filter({ hasText: second }).first().waitFor();
    const cases = [await as(page, `/incidents/${filed[0].id}`), await as(page, `/incidents/${filed[1].id}`)];
    await update(stage, worker, door, cases[0]);
    await tab(page, "待办");
    await poisoned(stage, worker, cases[0], cases[1]);
    await full(stage, worker, door, cases[1]);
  } finally {
    await door.end();
  }
}
