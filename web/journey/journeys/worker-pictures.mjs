// A worker opens his own case without network, and its photograph is there; it lies sealed on the phone.
import { mark, report } from "../ask.mjs";
import { phone } from "../browser.mjs";
import { picture } from "../picture.mjs";
import { soon } from "../soon.mjs";
import { cutOff, open, takeOn, waiting } from "../steps.mjs";

export async function run(stage) {
  const { check, position, enter } = stage;
  const words = `楼道灯不亮，晚上看不见 ${mark()}`;
  const { id } = await report(stage, words, { phone: "140-0000-2046", name: "叶知秋" });
  const { page, screen } = await enter("worker", { viewport: phone, position });
  await open(page, words);
  await takeOn(page);
  await page.getByRole("button", { name: "备注 / 拍照" }).click();
  await page.locator("input[type=file]").first().setInputFiles(await picture(page, "before"));
  await page.getByRole("img", { name: "第 1 张照片" }).waitFor();
  await page.getByLabel("写备注").fill("现场看过了。");
  await page.getByRole("button", { name: "保存备注" }).click();
  await waiting(page, 0);
  const photos = () => page.evaluate((of) => fetch(`/api/v1/incidents/${of}`).then((it) => it.json()).then((it) => it.photos.map((one) => one.id)), id);
  let photo;
  await soon(async () => ([photo] = await photos()).length === 1);
  await page.reload();
  const kept = () => page.evaluate(() => new Promise((tell) => {
    const open = indexedDB.open("jingwei-w");
    open.onsuccess = () => {
      const keys = open.result.transaction("pictures").objectStore("pictures").getAllKeys();
      keys.onsuccess = () => { open.result.close(); tell(keys.result.map(([, name]) => name)); };
    };
  }));
  check("the photograph of an own open case comes to the phone", await soon(async () => (await kept()).includes(photo)), JSON.stringify(await kept()));
  await cutOff(page);
  await page.reload();
  await page.getByRole("heading", { name: words }).waitFor();
  await page.locator(".kept canvas").first().waitFor();
  check("and is seen without network", (await page.getByText("没有存到手机上").count()) === 0);
  await page.locator(".kept").first().scrollIntoViewIfNeeded();
  await screen("wp-01-without-network");
  await page.context().setOffline(false);
}
