// Inside WeChat's browser as far as that can be played: its name, and what it lacks (sharing, installing, background help, the clipboard). A report goes
// out with its photograph and its place, and nobody is led to forward his own page.
import { phone } from "../browser.mjs";
import { picture } from "../picture.mjs";
import { comes } from "../soon.mjs";

const agent = "Mozilla/5.0 (Linux; Android 12; JAD-AL50) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160065 MMWEBSDK/20240404 MicroMessenger/8.0.49.2600(0x2800313D) WeChat/arm64 Weixin NetType/4G Language/zh_CN ABI/arm64";

export async function run({ base, check, meet, position, text }) {
  const { page, screen } = await meet({ viewport: phone, position, agent });
  await page.addInitScript(() => {
    for (const name of ["serviceWorker", "share", "clipboard"]) delete Navigator.prototype[name];
  });
  await page.goto(`${base}/m/`);
  check("the browser says that it is WeChat's", (await page.evaluate(() => navigator.userAgent)) === agent);
  await page.getByRole("button", { name: "用我现在的位置" }).click();
  await page.getByRole("link", { name: /^打电话/ }).first().waitFor();
  check("the worker of this place is found inside WeChat", true);
  await page.goto(`${base}/m/report`);
  await page.locator("input[type=file]").setInputFiles(await picture(page, "wechat"));
  await page.getByRole("img", { name: "第 1 张照片" }).waitFor();
  await page.getByLabel("是什么事？").fill(text);
  await page.locator(".found strong").waitFor();
  await page.getByRole("button", { name: "提交", exact: true }).click();
  await page.getByRole("heading", { name: "收到了，谢谢您" }).waitFor();
  await page.getByRole("link", { name: "看办理进度" }).click();
  await page.getByRole("heading", { name: "每一步" }).waitFor();
  const box = page.locator("section[aria-labelledby=share]");
  await box.getByText("请不要用").waitFor();
  check("nobody is led to forward his own page", true);
  await box.getByRole("button", { name: "分享进度" }).click();
  await box.locator(".link").waitFor();
  check("the link stands there to be copied by hand", await comes(box.getByText("请长按上面的链接复制")));
  await screen("m-80-wechat");
}
