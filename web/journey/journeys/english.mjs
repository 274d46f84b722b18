// A reader of the English pages follows an emergency with a whistle, on the screen, on paper and in a file: what the program says is in English, what
// people wrote stays as it is.
import { as, tag } from "../ask.mjs";
import { given, open } from "../desk.mjs";
import { says, soon } from "../soon.mjs";

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

/** All that stands in an answer in Chinese and is not the program's to translate: names, and what people wrote. */
function namesIn(of) {
  const found = new Set();
  const take = (it) => {
    if (typeof it === "string") return void (/[\u4e00-\u9fff]/.test(it) && found.add(it));
    if (!it || typeof it !== "object") return;
    // What has an English form is to be read in it: a sentence by its kind, a matter by its English name.
    const { words, spoken, name, name_en: nameEn, matter, matter_en: matterEn, public_reply: reply, reply_spoken: replySpoken, gate, ...rest } = it;
    for (const part of Object.values(rest)) take(part);
    take(spoken ?? words);
    take(nameEn ?? name);
    take(matterEn ?? matter);
    take(replySpoken ?? reply);
    take(gate?.class);
  };
  take(of);
  return [...found].sort((a, b) => b.length - a.length);
}

/** The Chinese of a text that is neither a name nor written by people. */
const foreign = (text, names) => names.reduce((left, name) => left.replaceAll(name, ""), text).match(/[\u4e00-\u9fff]+/g) ?? [];

/** The case on paper, the board of whistles and a list as a file. */
async function papers({ check, screen }, page, base, id) {
  const of = await as(page, `/incidents/${id}`);
  const { name } = await as(page, "/session");
  await page.goto(new URL(await page.getByRole("link", { name: "Dossier" }).getAttribute("href"), base).href);
  await page.getByRole("heading", { name: `Dossier ${of.code}` }).waitFor();
  const paper = await page.locator("body").innerText();
  const left = foreign(paper, [...namesIn(of), name]);
  check("a case is in English on paper, but for names and what people wrote", left.length === 0 && of.steps.length > 8, left.join(" / "));
  check("the paper names the matter in English", Boolean(of.matter.name_en) && paper.includes(of.matter.name_en), JSON.stringify(of.matter));
  await screen("e-3-dossier");
  await page.goto(`${base}/c/#/whistles`);
  await page.locator("main .entry").first().waitFor();
  const named = await says(page.locator("main"), /\b(Called|Divided|Joint work)\b/);
  const shown = await page.locator("main").innerText();
  check("the steps of a whistle have English names", named && !/呼叫|分办|联动|销号/.test(shown), shown.slice(0, 200));
  const file = await page.evaluate(async () => (await fetch("/api/v1/incidents/export?format=csv&lang=en&limit=5")).text());
  const [head, first] = file.replace("\ufeff", "").split("\n");
  check("a list is in English as a file", head.startsWith("Case,State,Light,Urgency,Matter") && /(Received|Accepted|Assigned|In progress|Closed|Archived|Done, to be verified)/.test(first), `${head} / ${first}`);
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
  // All of it stands there with its last step.
  await page.locator("#past-h ~ ol > li").nth(of.steps.length - 1).waitFor();
  const [said, chinese] = await left(page, of);
  const named = of.steps.flatMap((it) => [it, ...it.reasons]).map((it) => it.spoken).filter((it) => it?.matter_en);
  const shown = await page.locator("article.case").innerText();
  check("a sentence names the matter in English", named.length > 0 && named.every((it) => shown.includes(`“${it.matter_en}”`) && !shown.includes(`“${it.matter}”`)), JSON.stringify(named));
  check("what the program says in a case is said in English", said > 8 && chinese.length === 0, `${said} sentences; ${chinese.join(" / ")}`);
  await screen("e-1-timeline");
  await page.locator("#past-h ~ ol > li").last().scrollIntoViewIfNeeded();
  await screen("e-2-first-steps");
  await papers({ check, screen }, page, base, id);
}
