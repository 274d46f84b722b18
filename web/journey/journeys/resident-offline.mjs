// A report without network: it is kept with its photograph, survives a killed tab, goes out by itself once, and is the same report.
import { phone } from "../browser.mjs";
import { picture } from "../picture.mjs";

export async function run({ base, check, meet, position }) {
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
