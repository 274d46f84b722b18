// An emergency comes in while a worker looks at his inbox: it is there at once, with a bar that leads to it.
import { as, report, tag } from "../ask.mjs";
import { soon } from "../soon.mjs";

export async function run(stage) {
  const { base, check, enter, phone: viewport, position } = stage;
  const { page, screen } = await enter("worker", { viewport, position });
  await page.getByRole("heading", { name: "待办", level: 1 }).waitFor();
  await page.getByText("已连接").waitFor();
  const words = `癸楼道灯不亮，晚上看不见 ${tag()}`;
  const filed = await report(stage, words);
  await page.getByRole("main").getByText(words).waitFor();
  const desk = await enter("dispatcher");
  await desk.page.getByRole("navigation").first().waitFor();
  const urgent = `癸单元电线打火，楼道里有烟 ${tag()}`;
  const grave = await report(stage, urgent, { matter: (await as(desk.page, `/incidents/${filed.id}`)).matter.id });
  await as(desk.page, `/incidents/${grave.id}/urgency`, { urgency: "emergency", reason: "楼里有老人。" });
  const bar = page.getByRole("alert").filter({ hasText: "特急" });
  await bar.getByText(urgent).waitFor();
  check("an emergency that comes in is told over the inbox", true);
  await screen("a-1-alarm");
  await bar.getByRole("link", { name: "去看" }).click();
  await page.getByRole("heading", { name: urgent }).waitFor();
  check("and leads to its case", page.url() === `${base}/w/#/case/${grave.id}`, page.url());
  check("where the bar is gone", await soon(async () => (await bar.count()) === 0));
}
