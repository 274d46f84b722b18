// The fourth and fifth story of the tour: water in a low place in the night, four units whistled for and one late; and a caller who hears that it
// was not solved, so that another team does it again and somebody else looks.
import { as, tag } from "../ask.mjs";
import { phone } from "../browser.mjs";
import { open } from "../desk.mjs";
import { seeded } from "../seeded.mjs";
import { comes, says, soon } from "../soon.mjs";
import { staff } from "../staff.mjs";
import { dial, dispatchTo, finished, follow, noted, post, rate, save, send, take, whistle, write } from "../steps.mjs";

/** Whom a street may summon for a matter of its own, and who reports in for them; the last is late. */
const summons = { 区市政设施养护中心: "xuchen", 青禾街道综合执法队: "qiuyi", 供电公司: "liangqingshen" };
const absent = "区环境卫生服务中心";
const units = [...Object.keys(summons), absent];

async function water(stage, night, mark) {
  const { base, check, enter, meet } = stage;
  const resident = await meet({ viewport: phone, position: [night.lon, night.lat] });
  await resident.page.goto(`${base}/m/report`);
  await write(resident.page, `雨太大，地下车库口又倒灌了，一楼进水，有老人在屋里（${mark}）`, "water");
  const code = await post(resident.page);
  await follow(resident.page);
  await resident.screen("t-41-track");

  // What came at ten past two in the night rang the street's duty room.
  const street = await enter("jialing");
  const { page, screen } = street;
  await page.locator("li button.line").first().waitFor();
  await open(page, base, night.id);
  await page.getByText(/第1次呼叫青禾街道值班室值守/).first().waitFor();
  check("the street's duty room was rung in the night", await says(page.locator("article.case"), "02:10"));
  await screen("t-42-night");
  const fresh = await as(page, `/incidents?q=${code}`);
  const one = await as(page, `/incidents/${fresh.items[0].id}`);
  check("low-lying inflow is an emergency", one.urgency === "emergency" && one.grid.code === night.grid.code, `${one.urgency} ${one.grid?.name}`);
  await open(page, base, one.id);
  await page.getByRole("button", { name: /^值守应答/ }).click();
  await send(page, "值守应答", (form) => form.getByLabel("说明").fill("值班室已知，通知应急办出发。"));
  check("the duty room answers", true);
  await whistle(page, code, { helpers: units, minutes: 5, words: "请带水泵和沙袋到地下车库口会合。" }, () => screen("t-43-whistle"));
  const blown = await as(page, `/incidents/${one.id}`);
  const summoned = blown.tasks.filter((it) => units.includes(it.unit?.name) && it.report_by);
  check("four units are whistled for, each with a time to report in", summoned.length === 4, JSON.stringify(blown.tasks));
  const lead = await staff(stage, "zouheche");
  const own = (await lead.call("GET", `/incidents/${one.id}`)).tasks.find((it) => it.role === "lead" && it.mine && it.state === "offered");
  await lead.call("POST", `/incidents/${one.id}/tasks/${own.id}/accept`);
  const came = [];
  for (const [unit, account] of Object.entries(summons)) {
    const desk = await staff(stage, account);
    const at = `/incidents/${one.id}/tasks/${summoned.find((it) => it.unit.name === unit).id}`;
    await desk.call("POST", `${at}/report-in`, { note: "已到场。", photo_ids: [] });
    came.push({ desk, at });
  }
  return { street, came, by: Math.max(...summoned.map((it) => Date.parse(it.report_by))) };
}

/** Once its time is over, the unit that did not come is red, and rated so. */
async function late({ check }, { street: { page, screen }, came, by }, mark) {
  await page.getByRole("link", { name: "吹哨", exact: true }).click();
  const card = page.locator("li.entry").filter({ hasText: mark }).first();
  await card.waitFor();
  check("three came in time", await soon(async () => (await card.getByText("按时报到").count()) === 3), await card.innerText());
  await page.waitForTimeout(Math.max(0, by - Date.now() + 2000));
  await page.reload();
  const missing = card.locator("li").filter({ hasText: absent });
  await missing.getByText(/未报到/).waitFor();
  check("one unit is late and red", await comes(missing.getByText(/已超期/).first()), await missing.innerText());
  await screen("t-44-late");
  // Whoever came finishes first.
  for (const { desk, at } of came) await desk.call("POST", `${at}/done`, { note: "积水已排干。" });
  await page.reload();
  await rate(page, card, () => screen("t-45-rating"), [absent]);
  await page.getByRole("button", { name: "全部" }).click();
  await card.waitFor();
  check("the street's rating of each unit stands", await soon(async () => /出力差|差/.test(await missing.innerText()) && (await card.getByText(/好/).count()) >= 3), await card.innerText());
  await screen("t-46-rated");
  const figures = await as(page, "/whistles/figures");
  check("and counts in the figures of the unit", figures.units.some((it) => it.unit.name === absent), JSON.stringify(figures).slice(0, 400));
}

async function again(stage, leak) {
  const { base, check, enter } = stage;
  const caller = await enter("callback");
  await take(caller.page, leak.code);
  await dial(caller.page);
  await noted(caller.page, { solved: "没解决", satisfied: "不满意", words: "补过的地方又滴水了。" });
  await caller.screen("t-51-call");
  await save(caller.page, leak.code);
  check("the caller writes down: 没解决，不满意", true);

  const centre = await enter("dispatcher");
  const { page, screen } = centre;
  await open(page, base, leak.id);
  await page.getByText("第 2 次办理").waitFor();
  const before = await as(page, `/incidents/${leak.id}`);
  check("it is opened again", before.round === 2, `${before.round} ${before.state}`);
  const first = leak.lead.unit;
  await dispatchTo(page, "临江街道公共管理办", "上次没修好，换一个单位办。");
  await finished(page, "派单");
  const team = await staff(stage, "fangzhengjing");
  const given = (await team.call("GET", `/incidents/${leak.id}`)).tasks.find((it) => it.role === "lead" && it.mine && it.state === "offered");
  check("another team has it", given?.unit.name === "临江街道公共管理办" && given.unit.name !== first, JSON.stringify(given));
  await team.call("POST", `/incidents/${leak.id}/tasks/${given.id}/accept`);
  await team.call("POST", `/incidents/${leak.id}/tasks/${given.id}/done`, { result: "solved", public_reply: "已重做防水，连看三天不再滴水。", note: "走查" });
  await screen("t-52-second");

  // Whoever did it does not verify it.
  const verifier = await enter("street");
  await open(verifier.page, base, leak.id);
  await verifier.page.keyboard.press("v");
  await send(verifier.page, "核实", async (it) => {
    await it.getByRole("radio", { name: "办好了", exact: true }).check();
    await it.getByLabel("核实情况").fill("现场看过，顶棚干了。");
  });
  const own = await team.call("GET", `/incidents/${leak.id}`);
  const [done, verified] = ["resolve", "verify"].map((action) => own.steps.findLast((it) => it.action === action)?.actor);
  check("somebody else verified it", Boolean(verified) && verified !== done, `${done} / ${verified}`);

  await caller.page.reload();
  await take(caller.page, leak.code);
  await dial(caller.page);
  await noted(caller.page, { solved: "解决了", satisfied: "满意" });
  await save(caller.page, leak.code);
  const now = await as(page, `/incidents/${leak.id}`);
  check("and now the caller hears: 满意", now.ratings.some((it) => it.satisfied === "yes"), JSON.stringify(now.ratings));
  await page.reload();
  await page.locator("#case-title").waitFor();
  await screen("t-53-satisfied");
}

export async function run(stage) {
  const mark = tag();
  const centre = await stage.enter("dispatcher");
  await centre.page.getByRole("navigation").first().waitFor();
  const night = await seeded(centre.page, "地下车库口挡不住水");
  const leak = await seeded(centre.page, "楼道顶棚漏水，上次修过没几天又滴");
  const whistled = await water(stage, night, mark);
  await again(stage, leak);
  await late(stage, whistled, mark);
}
