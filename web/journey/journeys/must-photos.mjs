// 必传照片: while the switch is open, whoever finishes without a photograph is told before anything is sent: a worker without network, on the spot, a department.
import { as, report, tag } from "../ask.mjs";
import { phone } from "../browser.mjs";
import { picture } from "../picture.mjs";
import { staff } from "../staff.mjs";
import { open, settled, tab, takeOn, waiting } from "../steps.mjs";

const name = "/settings/incidents.result_photos";
const lacks = "这类事项办结要附照片，请拍一张处理后的照片。";

export async function run(stage) {
  const admin = await stage.enter("system");
  await admin.page.getByRole("navigation").first().waitFor();
  const until = new Date(Date.now() + 2 * 86_400_000).toISOString();
  await as(admin.page, name, { value: true, reason: "走查：消防通道专项整治", expires_at: until }, "PUT");
  try {
    await worker(stage);
    await department(stage);
  } finally {
    await as(admin.page, name, {}, "DELETE");
  }
  const left = (await as(admin.page, "/settings")).find((it) => `/settings/${it.name}` === name);
  stage.check("it is closed again", left.value === false && left.set === null, JSON.stringify(left));
}

async function worker(stage) {
  const { check, position, enter } = stage;
  const mark = tag();
  const words = `庚楼道灯不亮，楼道黑（${mark}）`;
  const filed = await report(stage, words);
  const { page, screen } = await enter("worker", { viewport: phone, position });
  await page.getByRole("link").filter({ hasText: words }).first().waitFor();
  await open(page, words);
  await takeOn(page);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.context().setOffline(true);
  await page.getByRole("button", { name: "办结" }).click();
  await page.getByText("处理后的照片（必须有）").waitFor();
  await page.getByRole("radio", { name: "已解决", exact: true }).check();
  await page.getByLabel("给居民的答复").fill("已更换灯泡。");
  await page.getByRole("button", { name: "提交办结" }).click();
  await page.getByText(lacks).waitFor();
  check("without network a worker is told at once, and nothing waits", await page.locator("main form").isVisible());
  await screen("mp-01-worker-needs");
  await page.locator("input[type=file]").first().setInputFiles(await picture(page, "after"));
  await page.getByRole("img", { name: "第 1 张照片" }).waitFor();
  await page.getByRole("button", { name: "提交办结" }).click();
  await page.locator("main form").waitFor({ state: "detached" });
  await waiting(page, 1);

  // On the spot, with the matter left to the system: which of them ask for a photograph is known on the device.
  await tab(page, "上报");
  await page.getByLabel("看到了什么？").fill(`楼道灯松了，已拧紧（${mark}）`);
  await page.getByRole("switch", { name: "自办" }).click();
  await page.getByLabel("给居民的答复").fill("已拧紧。");
  await page.getByRole("button", { name: "提交", exact: true }).click();
  await page.getByText(/请拍一张处理后的照片，或者选好是哪类事/).waitFor();
  await page.getByLabel("是哪类事").selectOption({ label: "楼道灯不亮" });
  await page.getByRole("button", { name: "提交", exact: true }).click();
  await page.getByText(lacks).waitFor();
  await screen("mp-02-spot-needs");
  await page.locator("input[type=file]").last().setInputFiles(await picture(page, "spot"));
  await page.getByRole("img", { name: "第 1 张照片" }).waitFor();
  await page.getByRole("button", { name: "提交", exact: true }).click();
  await page.getByText("已存好，会自动发出。").waitFor();
  check("what was solved on the spot is kept with its photograph", true);
  await page.context().setOffline(false);
  await waiting(page, 0);
  const desk = await staff(stage, "dispatcher");
  const done = await desk.call("GET", `/incidents/${filed.id}`);
  check("the server took the result with its photograph", done.result === "solved" && done.photos.some((it) => ["after", "unsigned"].includes(it.kind)), JSON.stringify(done.photos));

  // What was decided before the device heard of the rule is refused, and gets its photograph where it waits.
  const late = `辛楼道灯不亮，楼道黑（${mark}）`;
  const refused = await report(stage, late);
  await page.reload();
  await page.getByRole("navigation", { name: /主菜单/ }).waitFor();
  await open(page, late);
  await takeOn(page);
  await page.route("**/api/v1/pack*", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), photo_until: null } });
  });
  await page.reload();
  await page.getByRole("button", { name: "办结" }).click();
  await page.getByText("处理后的照片", { exact: true }).waitFor();
  await page.getByRole("radio", { name: "已解决", exact: true }).check();
  await page.getByLabel("给居民的答复").fill("已更换灯泡。");
  await page.getByRole("button", { name: "提交办结" }).click();
  await page.getByRole("link", { name: /没有办成，需要您处理/ }).click();
  await page.getByText("这类事项办结要附照片，请拍一张", { exact: true }).waitFor();
  await screen("mp-03-outbox-needs");
  await page.locator("input[type=file]").first().setInputFiles(await picture(page, "late"));
  await page.getByRole("img", { name: "第 1 张照片" }).waitFor();
  await page.getByRole("button", { name: "再发一次" }).click();
  await page.locator(".bar").getByText("需要您处理").waitFor({ state: "detached" });
  await waiting(page, 0);
  const second = await desk.call("GET", `/incidents/${refused.id}`);
  check("a refused result is sent again with a photograph", second.result === "solved" && second.photos.some((it) => it.kind === "after"), JSON.stringify(second.photos));
  await page.unroute("**/api/v1/pack*");

  // The same in English, in the dark.
  await tab(page, "我的");
  await page.getByRole("button", { name: "深色" }).click();
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("navigation", { name: "Main menu" }).getByRole("link", { name: "Report", exact: true }).click();
  await page.getByRole("switch", { name: "Solved on the spot" }).click();
  await page.getByLabel("Kind of matter").selectOption({ label: "Stairwell light out" }).catch(() => page.getByLabel("Kind of matter").selectOption({ index: 1 }));
  await page.getByLabel(/What did you see/).fill("Lamp was loose");
  await page.getByLabel("Reply to the resident").fill("Tightened.");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await screen("mp-04-dark-english");
}

async function department(stage) {
  const { check, enter } = stage;
  const mark = tag();
  const filed = await report(stage, `店铺门口占道经营，桌椅摆到人行道上（照片 ${mark}）`);
  const centre = await staff(stage, "dispatcher");
  const unit = (await centre.call("GET", "/units?q=城市管理")).items[0];
  let one = await centre.call("GET", `/incidents/${filed.id}`);
  if (one.may.includes("accept")) one = await centre.call("POST", `/incidents/${filed.id}/accept`, { version: one.version });
  if (!one.tasks.some((it) => it.role === "lead" && it.unit.id === unit.id && it.state === "offered")) await centre.call("POST", `/incidents/${filed.id}/dispatch`, { version: one.version, unit: unit.id, reason: "占道经营归城管执法。" });
  const { page, screen } = await enter("department");
  await page.getByRole("link", { name: "部门台" }).click();
  await page.getByRole("heading", { name: "部门台", level: 1 }).waitFor();
  await page.locator("button.entry").filter({ hasText: mark }).first().click();
  await page.locator("#case-title").waitFor();
  await page.keyboard.press("t");
  await settled(page, "接单");
  await page.getByRole("group", { name: "可以做的事" }).getByRole("button", { name: "办结", exact: true }).click();
  const form = page.getByRole("dialog", { name: "办结" });
  await form.getByText("处理后的照片（必须有）").waitFor();
  await form.getByRole("radio", { name: "已解决", exact: true }).check();
  await form.getByLabel("给居民的答复").fill("已清理占道桌椅。");
  await form.getByRole("button", { name: "办结", exact: true }).click();
  await form.getByText(lacks).waitFor();
  await screen("mp-05-department-needs");
  await form.locator("input[type=file]").first().setInputFiles(await picture(page, "after"));
  await form.getByText("照片上传中…").first().waitFor({ state: "detached" });
  await form.getByRole("button", { name: "办结", exact: true }).click();
  await settled(page, "办结");
  check("a department is told before it sends, and sends with its photograph", true);
}
