// A reader of the English pages follows an emergency with a whistle: what the program says is in English, what people wrote stays as it is.
import { as, report, tag } from "../ask.mjs";
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
  const units = (await as(page, "/units?q=市政设施养护中心")).items ?? [];
  const lead = units.find((it) => it.name === "市政设施养护中心");
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
  const mark = tag();
  const { page, screen } = await enter("dispatcher");
  await page.getByRole("navigation").first().waitFor();
  const id = await night(stage, page, mark);
  const unit = await enter("handler");
  await unit.page.getByRole("navigation").first().waitFor();
  const [task] = summoned(await as(unit.page, `/incidents/${id}`));
  await as(unit.page, `/incidents/${id}/tasks/${task.id}/report-in`, { note: "两人到场。", photo_ids: [] });
  const filed = await report(stage, `人行道地砖破损，绊倒行人（${mark}）`);

  await page.getByRole("button", { name: "English" }).click();
  for (const [n, one] of [id, filed.id].entries()) {
    await open(page, base, one);
    const of = await as(page, `/incidents/${one}`);
    await page.getByRole("heading", { name: "Timeline" }).or(page.locator("#past-h")).first().scrollIntoViewIfNeeded();
    const [said, chinese] = await left(page, of);
    check("what the program says in a case is said in English", said > 2 && chinese.length === 0, `${said} sentences; ${chinese.join(" / ")}`);
    await page.locator("#past-h").scrollIntoViewIfNeeded();
    await screen(`e-${n + 1}-timeline`);
    await page.locator("#past-h ~ ol > li").last().scrollIntoViewIfNeeded();
    await screen(`e-${n + 1}-first-steps`);
  }
}
