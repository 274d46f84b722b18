// A report without network: it is kept with its photograph, survives a killed tab, goes out by itself once, and is the same report. And the pages
// themselves open without network, with nothing in their cache that the server said.
import { phone } from "../browser.mjs";
import { picture } from "../picture.mjs";

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
  await page.waitForTimeout(600);
  await context.setOffline(true);
  page = await resident.reopen();
  await page.goto(`${base}/m/`);
  await page.getByRole("heading", { name: "您好，有事请说" }).waitFor();
  await page.getByText("现在没有网络").waitFor();
  check("the first screen opens without network, with the numbers to call", await page.getByRole("link", { name: /110/ }).isVisible());
  await page.getByText("正在读取…").waitFor({ state: "detached" });
  check("what cannot be read says so and does not wait for ever", await page.getByText("连不上服务器").first().isVisible());
  await screen("m-62-first-offline");
  await page.getByRole("link", { name: "我要上报" }).click();
  check("what was begun is still there", (await page.getByLabel("是什么事？").inputValue()) === "楼道堆了旧家具");
  await page.getByRole("button", { name: "在地图上点" }).click();
  await page.getByText("地图现在读不到").waitFor();
  await screen("m-63-report-offline");
  await page.getByRole("button", { name: "提交", exact: true }).click();
  await page.getByRole("heading", { name: "已存好，还没发出去" }).waitFor();
  await context.setOffline(false);
  await page.getByRole("heading", { name: "收到了，谢谢您" }).waitFor();
  check("and goes out once there is a network", true);
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    return (await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).map((it) => new URL(it.url).pathname)))).flat();
  });
  check("nothing that the server said and no link of a case lies in the cache", kept.length > 10 && kept.every((it) => /^\/m\/(assets\/|index\.html|manifest\.webmanifest|$)/.test(it)), kept.join(" "));
}

export async function run(stage) {
  const { base, check, meet, position } = stage;
  await opens(stage);
  const { page, screen } = await meet({ viewport: phone, position });
  const text = `楼道灯坏了，晚上看不见（断网走查 ${Date.now() % 100_000}）`;
  await page.goto(`${base}/m/report`);
  await page.locator("input[type=file]").setInputFiles(await picture(page, "offline"));
  await page.getByRole("img", { name: "第 1 张照片" }).waitFor();
  await page.getByLabel("是什么事？").fill(text);
  await page.locator(".found strong").waitFor();
  await page.waitForTimeout(600);
  await page.reload();
  check("words and photograph survive a reload", (await page.getByLabel("是什么事？").inputValue()) === text && (await page.getByRole("img", { name: "第 1 张照片" }).isVisible()));
  await page.waitForTimeout(900);
  // The pages of the way are read before the network goes, as on a phone that was there before.
  let sent = 0;
  await page.route("**/api/v1/reports", (route) => { sent += 1; return route.abort("connectionfailed"); });
  await page.getByRole("button", { name: "提交", exact: true }).click();
  await page.getByRole("heading", { name: "已存好，还没发出去" }).waitFor();
  check("the server was asked in vain", sent > 0);
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
  const code = (await page.locator(".mine .figure").first().innerText()).split(" ")[0];
  check("it went out by itself and has a number", /^C\d{8}-\d+/.test(code), code);
  await page.locator(".mine a").first().click();
  await page.getByRole("heading", { name: "每一步" }).waitFor();
  check("with its photograph", (await page.locator("main img").count()) === 1);
}
