// The network breaks in the middle of a photograph: the server has got the first part of it, then nobody hears the other any more. Later the whole of it
// arrives and only the answer is lost. When the network is back the case has the photograph once, whole, and one step of each kind.
import { as, report, tag } from "../ask.mjs";
import { phone } from "../browser.mjs";
import { picture } from "../picture.mjs";
import { proxy } from "../proxy.mjs";
import { soon } from "../soon.mjs";
import { open, takeOn, waiting } from "../steps.mjs";

const photos = "/api/v1/photos";
const part = 48 * 1024;

/** Lets the outbox try now and not at its next beat. */
const again = (page) => page.getByRole("button", { name: "现在同步" }).click();

/** What a photograph of a case is made of, as its page would show it. */
const drawn = (page, id, photo) => page.evaluate(async (path) => {
  const whole = await createImageBitmap(await (await fetch(path)).blob());
  return { width: whole.width, height: whole.height };
}, `/api/v1/incidents/${id}/photos/${photo}`);

async function walk({ check, meet, links, base, position }, door, filed, words) {
  const { page, screen } = await meet({ viewport: phone, position });
  await page.goto(links.worker().replace(base, door.base));
  await page.getByRole("heading", { name: "待办", level: 1 }).waitFor();
  await page.getByRole("link").filter({ hasText: words }).first().waitFor();
  await open(page, words);
  await takeOn(page);
  await page.getByRole("button", { name: "办结" }).click();
  await page.getByRole("radio", { name: "已解决", exact: true }).check();
  await page.getByLabel("给居民的答复").fill("灯座换过了，晚上看得见了。");
  await page.locator("input[type=file]").first().setInputFiles(await picture(page, "after", undefined, { grain: true }));
  await page.getByRole("img", { name: "第 1 张照片" }).waitFor();
  await page.getByText("照片上传中…").first().waitFor({ state: "detached" });

  door.cut(photos, part);
  await page.getByRole("button", { name: "提交办结" }).click();
  await waiting(page, 1);
  check("the upload broke off with a part of it at the server", await soon(() => door.cuts.length > 0) && door.cuts.every((it) => it.gone === part && it.of > 2 * part && !it.status), JSON.stringify(door.cuts));
  await page.getByText("没有网络").first().waitFor();
  check("the case is as its worker left it", await page.getByText("已办结，待核实").first().isVisible());
  const before = await as(page, `/incidents/${filed.id}`);
  check("the server has no half of it", before.state === "in_progress" && before.photos.length === 0, JSON.stringify(before.photos));

  // The same photograph once more, all of it; what is lost is the answer.
  await page.locator(".bar").click();
  await page.getByRole("heading", { name: "待发送", level: 1 }).waitFor();
  await screen("hs-1-waits");
  const cut = door.cuts.length;
  door.cut(photos, Infinity);
  await again(page);
  check("the whole of it arrived and nobody heard so", await soon(() => door.cuts.slice(cut).some((it) => it.status)) && door.cuts.slice(cut).some((it) => it.gone === it.of && it.status < 300), JSON.stringify(door.cuts.slice(cut)));
  await page.getByText("没有网络").first().waitFor();
  await waiting(page, 1);

  door.mend(photos);
  await again(page);
  await waiting(page, 0);
  const done = await as(page, `/incidents/${filed.id}`);
  check("the case has the photograph exactly once", done.photos.length === 1 && done.photos[0].kind === "after", JSON.stringify(done.photos));
  check("and each step once", ["take_on", "resolve"].every((action) => done.steps.filter((it) => it.action === action).length === 1), JSON.stringify(done.steps.map((it) => it.action)));
  const whole = await drawn(page, filed.id, done.photos[0].id);
  check("it can be looked at, whole", whole.width === 1600 && whole.height === 1200, JSON.stringify(whole));
  await screen("hs-2-sent");
}

export async function run(stage) {
  const words = `丁单元楼道灯不亮，晚上看不见（${tag()}）`;
  const filed = await report(stage, words);
  const door = await proxy(stage.base);
  try {
    await walk(stage, door, filed, words);
  } finally {
    await door.end();
  }
}
