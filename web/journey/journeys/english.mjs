// A reader of the English pages follows an emergency with a whistle: what the program says is in English, what people wrote stays as it is.
import { as, tag } from "../ask.mjs";
import { given, open } from "../desk.mjs";
import { soon } from "../soon.mjs";

/** The units of an open case that were whistled for, and their tasks. */
const summoned = (one) => one.tasks.filter((it) => it.report_by && !it.arrived_at);

async function night(stage, page, mark) {
  const filed = await given(stage, page, `辛楼道灯不亮，晚上看不见 ${mark}`);
  const at = `/incidents/${filed.id}`;
  await as(page, `${at}/urgency`, { urgency: "emergency", reason: "电线打火，楼里有老人。" });
  // The desks are rung a moment later.
  await soon(async () => (await as(page, at)).may.includes("acknowledge") && (await as(page, at)).steps.some((it) => it.action === "ring"), 30_000);
  await as(page, `${at}/acknowledge`, { words: "已通知电工。" });
  await as(page, `${at}/bulletins`, { kind: "first", words: "已断电，无人员受伤。" });
  await as(page, `${at}/bulletins`, { kind: "further", words: "正在更换线路。" });
  const units = (await as(page, `/units?q=${encodeURIComponent("市政设施养护中心")}`)).items ?? [];
  const lead = units.find((it) => it.name === "区市政设施养护中心");
  await as(page, `${at}/whistle`, { units: [{ unit: lead.id, role: "helper" }], words: "请带绝缘工具到场。", minutes: 30 });
  return filed.id;
}

/** What the page still says in Chinese of all that it could say in English. */
async function left(page, of) {
  const shown = await page.locator("article.case").innerText();
  const said = of.steps.flatMap((it) => [it, ...it.reasons]).concat(of.reasons).filter((it) => it.spoken);
  return [said.length, said.map((it) => it.words).filter((words) => shown.includes(words))];
}

export async function run(stage) {
  const { base, check, enter } = stage;
  const { page, screen } = await enter("dispatcher");
  await page.getByRole("navigation").first().waitFor();
  const id = await night(stage, page, tag());
  const unit = await enter("handler");
  await unit.page.getByRole("navigation").first().waitFor();
  const [task] = summoned(await as(unit.page, `/incidents/${id}`));
  await as(unit.page, `/incidents/${id}/tasks/${task.id}/report-in`, { note: "两人到场。", photo_ids: [] });
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("button", { name: "中文" }).waitFor();
  await open(page, base, id);
  const of = await as(page, `/incidents/${id}`);
  await page.getByRole("heading", { name: "What has happened" }).scrollIntoViewIfNeeded();
  const [said, chinese] = await left(page, of);
  check("what the program says in a case is said in English", said > 8 && chinese.length === 0, `${said} sentences; ${chinese.join(" / ")}`);
  await screen("e-1-timeline");
  await page.locator("#past-h ~ ol > li").last().scrollIntoViewIfNeeded();
  await screen("e-2-first-steps");
}
