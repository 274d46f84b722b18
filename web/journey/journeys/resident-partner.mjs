// A partner unit without accounts does its task by a link: sees it, takes it on, notes, finishes with a photograph; then the link opens nothing.
import { tag } from "../ask.mjs";
import { phone } from "../browser.mjs";
import { picture } from "../picture.mjs";
import { open } from "../desk.mjs";
import { bearsElders } from "../phone.mjs";
import { comes } from "../soon.mjs";
import { staff } from "../staff.mjs";
import { post, write } from "../steps.mjs";

export async function run(stage) {
  const { base, check, meet, position } = stage;
  const resident = await meet({ viewport: phone, position });
  await resident.page.goto(`${base}/m/report`);
  await write(resident.page, `小区里有垃圾没清，堆了好几天（${tag()}）`);
  const code = await post(resident.page);
  const desk = await staff(stage, "dispatcher");
  const seen = await desk.byCode(code);
  if (seen.may.includes("accept")) await desk.call("POST", `/incidents/${seen.id}/accept`, {});
  if ((await desk.byCode(code)).state === "accepted") await desk.call("POST", `/incidents/${seen.id}/dispatch`, {});
  const task = (await desk.byCode(code)).tasks.find((it) => it.role === "helper" && it.state === "offered");
  if (!task) return check("a partner unit helps", false, JSON.stringify((await desk.byCode(code)).tasks));
  // A helper can finish once the lead is at work.
  const lead = (await desk.byCode(code)).tasks.find((it) => it.role === "lead");
  for (const one of [await staff(stage, "worker"), await staff(stage, "community")]) await one.call("POST", `/incidents/${seen.id}/tasks/${lead.id}/accept`, {}).catch(() => undefined);
  // The desk makes the link on its page and passes on what it reads there.
  await open(desk.page, base, seen.id);
  const part = desk.page.locator("li.task").filter({ hasText: task.unit.name });
  await part.getByRole("button", { name: "发办理链接" }).click();
  const made = async () => (await part.locator("code").innerText()).trim();
  // The first one goes to the wrong party: it is ended, and another made.
  const astray = await made();
  await part.getByRole("button", { name: "作废链接" }).click();
  await part.getByText("以前发出的链接都打不开了").waitFor();
  check("a link that went astray is ended from the case", (await fetch(`${base}/api/v1/partner/${astray.split("/").pop()}`)).status === 404);
  await part.getByRole("button", { name: "发办理链接" }).click();
  await part.locator("code").waitFor();
  const address = await made();
  check("the desk has a link to pass on", address.startsWith(base) && address !== astray, address);
  await desk.screen("m-69-partner-link");
  const { page, screen } = await meet({ viewport: phone });
  await page.goto(address);
  await page.getByRole("button", { name: "接单" }).waitFor();
  await screen("m-70-partner");
  await page.getByRole("button", { name: "长辈版" }).click();
  await bearsElders(page, check, "a partner's task");
  await page.getByRole("button", { name: "标准版" }).click();
  await page.getByRole("button", { name: "接单" }).click();
  await page.getByText("已接单，请按时办理。").waitFor();
  await page.getByRole("button", { name: "写个进展" }).click();
  await page.getByLabel("办到哪一步了？").fill("车已经到了");
  await page.getByRole("button", { name: "保存备注" }).click();
  await page.getByText("已告诉派单的单位。").waitFor();
  await page.getByRole("button", { name: "办结" }).click();
  await page.getByRole("button", { name: "提交办结" }).click();
  await page.getByText("请写做了什么。").waitFor();
  await page.getByLabel("协办做了什么").fill("已清运并冲洗。");
  await page.locator("input[type=file]").first().setInputFiles(await picture(page, "after"));
  await page.getByRole("img", { name: "第 1 张照片" }).waitFor();
  await page.getByText("照片上传中…").first().waitFor({ state: "detached" });
  await screen("m-71-partner-done");
  await page.getByRole("button", { name: "提交办结" }).click();
  await page.getByText("已办结，谢谢。").waitFor();
  await screen("m-72-partner-finished");
  check("the partner finishes its task by the link", (await desk.byCode(code)).tasks.find((it) => it.id === task.id).state === "done");
  await open(desk.page, base, seen.id);
  await desk.page.getByText("已清运并冲洗。").first().waitFor();
  check("the desk reads what the partner did", await comes(desk.page.locator("li.task").filter({ hasText: task.unit.name }).getByText("已办结").first()));
  await page.reload();
  await page.getByText("链接用完了").waitFor();
  await screen("m-73-partner-ended");
  check("the link opens nothing more", true);
}
