// A report without network: it is kept with its photograph, survives a killed tab, goes out by itself once, and is the same report. And the pages
// themselves open without network, with nothing in their cache that the server said.
import { tag } from "../ask.mjs";
import { phone } from "../browser.mjs";
import { picture } from "../picture.mjs";
import { instead } from "../proxy.mjs";
import { comes, soon, soonIn } from "../soon.mjs";

/** Waits until the draft lies in the browser's own database, which it reaches a moment after it was typed. */
const kept = (page, text, photos = 0) => soonIn(page, ([text, photos]) => new Promise((tell) => {
  const asked = indexedDB.open("jingwei.m");
  // Before the page has made it there is none, and this must not make it.
  asked.onupgradeneeded = () => asked.transaction.abort();
  asked.onerror = () => tell(false);
  asked.onsuccess = () => {
    const db = asked.result;
    const done = (it) => { db.close(); tell(it); };
    const [store] = db.objectStoreNames;
    if (!store) return done(false);
    const got = db.transaction(store).objectStore(store).get("draft");
    got.onsuccess = () => done(got.result?.text === text && got.result.shots.length === photos);
    got.onerror = () => done(false);
  };
}), [text, photos]);

/** The pages of a phone that was here before open without any network, and a report that was begun is still there. */
async function opens({ base, check, meet, position }) {
  const resident = await meet({ viewport: phone, position });
  const { screen } = resident;
  let { page } = resident;
  const context = page.context();
  await page.goto(`${base}/m/report`);
  await page.getByLabel("是什么事？").fill("楼道堆了旧家具");
  await page.locator(".found strong").waitFor();
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  check("what is typed is kept", await kept(page, "楼道堆了旧家具"));
  await context.setOffline(true);
  page = await resident.reopen();
  await page.goto(`${base}/m/`);
  await page.getByRole("heading", { name: "您好，有事请说" }).waitFor();
  await page.getByText("现在没有网络").waitFor();
  check("the first screen opens without network, with the numbers to call", await comes(page.getByRole("link", { name: /110/ }).first()));
  await page.getByText("正在读取…").waitFor({ state: "detached" });
  check("what cannot be read says so and does not wait for ever", await comes(page.getByText("连不上服务器").first()));
  await screen("m-62-first-offline");
  await page.getByRole("link", { name: "我要上报" }).click();
  check("what was begun is still there", await soon(async () => (await page.getByLabel("是什么事？").inputValue()) === "楼道堆了旧家具"));
  await page.getByRole("button", { name: "在地图上点" }).click();
  await page.getByText("地图现在读不到").waitFor();
  await screen("m-63-report-offline");
  await page.getByRole("button", { name: "提交", exact: true }).click();
  await page.getByRole("heading", { name: "已存好，还没发出去" }).waitFor();
  await context.setOffline(false);
  await page.getByRole("heading", { name: "收到了，谢谢您" }).waitFor();
  check("and goes out once there is a network", true);
  // What is said about it waits for the network as well.
  await page.getByRole("link", { name: "看办理进度" }).click();
  await page.getByLabel("还想补充一句").fill("旧家具还在，又多了两件");
  await context.setOffline(true);
  await page.getByRole("button", { name: "发送", exact: true }).click();
  await page.getByText("现在连不上，还没发出去").waitFor();
  await screen("m-64-said-offline");
  await context.setOffline(false);
  await page.getByText("已转给办理的人。").waitFor();
  check("a remark goes out by itself, once", await soon(async () => (await page.locator(".steps").getByText("旧家具还在，又多了两件").count()) === 1));
  await page.goto(`${base}/m/report`);
  await page.getByLabel("是什么事？").fill("写了很久的一段话");
  await page.getByRole("button", { name: "清空重写" }).click();
  await page.getByText("已清空。").waitFor();
  await screen("m-65-cleared");
  await page.getByRole("button", { name: "撤销" }).click();
  check("what was cleared comes back", await soon(async () => (await page.getByLabel("是什么事？").inputValue()) === "写了很久的一段话"));
  const cached = await page.evaluate(async () => {
    const names = await caches.keys();
    return (await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).map((it) => new URL(it.url).pathname)))).flat();
  });
  check("nothing that the server said and no link of a case lies in the cache", cached.length > 10 && cached.every((it) => /^\/m\/(assets\/|index\.html|manifest\.webmanifest|$)/.test(it)), cached.join(" "));
}

export async function run(stage) {
  const { base, check, meet, position } = stage;
  await opens(stage);
  const { page, screen } = await meet({ viewport: phone, position });
  const text = `楼道灯坏了，晚上看不见（断网${tag()}）`;
  await page.goto(`${base}/m/report`);
  await page.locator("input[type=file]").setInputFiles(await picture(page, "offline"));
  await page.getByRole("img", { name: "第 1 张照片" }).waitFor();
  await page.getByLabel("是什么事？").fill(text);
  await page.locator(".found strong").waitFor();
  check("what is typed is kept with its photograph", await kept(page, text, 1));
  await page.reload();
  await page.getByRole("img", { name: "第 1 张照片" }).waitFor();
  check("words and photograph survive a reload", await soon(async () => (await page.getByLabel("是什么事？").inputValue()) === text));
  let sent = 0;
  await instead(page, "**/api/v1/reports", (route) => { sent += 1; return route.abort("connectionfailed"); });
  await page.getByRole("button", { name: "提交", exact: true }).click();
  await page.getByRole("heading", { name: "已存好，还没发出去" }).waitFor();
  check("the server was asked in vain", await soon(() => sent > 0));
  await screen("m-60-kept");
  await page.getByRole("main").getByRole("link", { name: "回首页" }).click();
  await page.getByText("待发送", { exact: true }).waitFor();
  await screen("m-61-waiting");
  await page.reload();
  await page.getByText("待发送", { exact: true }).waitFor();
  check("it waits over a killed tab", true);
  await page.unroute("**/api/v1/reports");
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await page.getByText(text.slice(0, 12)).first().waitFor();
  await page.getByText("待发送", { exact: true }).waitFor({ state: "detached" });
  const number = page.locator(".mine .figure").first();
  check("it went out by itself and has a number", await soon(async () => /^C\d{8}-\d+/.test(await number.innerText())), await number.innerText());
  await page.locator(".mine a").first().click();
  await page.getByRole("heading", { name: "每一步" }).waitFor();
  check("with its photograph", await soon(async () => (await page.locator("main img").count()) === 1));
}
