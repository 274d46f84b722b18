// The first three stories of the tour through the invented district: a blocked fire lane in three taps, the desk that sees why and stops a circle,
// and a dark stairwell that is finished without network.
import { as, tag } from "../ask.mjs";
import { phone } from "../browser.mjs";
import { open as openCase } from "../desk.mjs";
import { seeded } from "../seeded.mjs";
import { comes, says } from "../soon.mjs";
import { countTaps, cutOff, dispatchTo, end, find, finished, follow, neverAsked, open, pickTop, post, send, takeOn, taps, waiting, write } from "../steps.mjs";

/** 叶知秋 stands at the blocked lane. */
async function fireLane(stage, lane, text) {
  const { base, check, meet } = stage;
  const resident = await meet({ viewport: phone, position: [lane.lon, lane.lat] });
  const { page, screen } = resident;
  await neverAsked(page);
  await page.goto(`${base}/m/`);
  await page.getByRole("link", { name: "我要上报" }).waitFor();
  await countTaps(page);
  await page.getByRole("link", { name: "我要上报" }).click();
  await write(page, text, "fire lane");
  await page.getByText(`${lane.reporters} 位邻居也反映了`).first().waitFor();
  check("she reads that two neighbours said it already", lane.reporters >= 2, String(lane.reporters));
  await screen("t-12-neighbours");
  const code = await post(page);
  const counted = await taps(page);
  check("a first report takes three taps and a sentence", counted.length > 0 && counted.length <= 3, counted.join(" | "));
  await follow(page);
  check("she sees with whom it is", await comes(page.getByText(/现在由\s*区消防救援大队\s*负责/)));
  await screen("t-13-track");
  await page.getByRole("link", { name: "首页" }).click();
  await page.getByRole("button", { name: "用我现在的位置" }).click();
  await page.locator(".name").waitFor();
  check("the grid and its worker have names", (await comes(page.getByText("柳荫社区第三网格").first())) && (await says(page.locator(".name"), /^周以宁$/)));
  await screen("t-11-worker");

  // The neighbour says the same and is joined to it.
  const neighbour = await meet({ viewport: phone, position: [lane.lon, lane.lat], scheme: "dark" });
  await neighbour.page.goto(`${base}/m/report`);
  await write(neighbour.page, text);
  await neighbour.page.getByRole("button", { name: "我说的就是这件事" }).first().click();
  const joined = await post(neighbour.page);
  check("a neighbour can be joined to a case that runs", joined !== "" && [code, lane.code].includes(joined), joined);
  return code;
}

/** 唐溪 reads why a case came where it is, puts another right with one key, and is stopped from sending one in a circle. */
async function desk(stage, code, lane, mark) {
  const { base, check, enter } = stage;
  const centre = await enter("dispatcher");
  const { page, screen } = centre;
  await page.locator("li button.line").first().waitFor();
  const { items: [found] } = await as(page, `/incidents?q=${code}`);
  await openCase(page, base, found.id);
  const wanted = ["依据的词", "消防", "配合", "区消防救援大队", "柳荫社区"];
  await says(page.locator("article.case"), ...wanted, /应在 .+ 前|剩/);
  const shown = await page.locator("article.case").innerText();
  check("the desk reads the words that decided, the list class, who leads and who helps", wanted.every((it) => shown.includes(it)), wanted.filter((it) => !shown.includes(it)).join("、"));
  check("and until when", /应在 .+ 前|剩/.test(shown), shown.slice(0, 300));
  await screen("t-21-why");

  const { code: doubtful } = await as(page, "/incidents", { text: `夜里这一段什么都看不见，请来看看（${mark}）`, lon: lane.lon, lat: lane.lat, channel: "phone", source: "resident", reported_for: true, name: "叶知秋", phone: "140-0000-2046" });
  await page.goto(`${base}/c/#/cases`);
  await page.locator("li button.line").first().waitFor();
  await find(page, doubtful, "夜里这一段什么都看不见");
  check("one key corrects the matter", await pickTop(page));
  await screen("t-22-corrected");

  // The fire brigade returns it, the law enforcement has it, and the way back to the fire brigade is closed.
  const backs = async (account) => {
    const unit = await enter(account);
    const one = await as(unit.page, `/incidents/${found.id}`);
    const task = one.tasks.find((it) => it.mine && it.state === "offered");
    await as(unit.page, `/incidents/${found.id}/tasks/${task.id}/send-back`, { version: one.version, reason: "not-our-duty", words: "该处不归本单位管。", basis: "三定方案第四条", photo_ids: [] });
  };
  const to = async (unit) => {
    await openCase(page, base, found.id);
    await dispatchTo(page, unit, "按现场情况改派。");
  };
  await backs("dengningqing");
  await to("区城市管理和综合执法局");
  await finished(page, "派单");
  await to("区消防救援大队");
  await page.getByText("再派回去就转圈了。已交区中心裁定。").waitFor();
  check("a circle is stopped with its reason", true);
  await screen("t-23-circle");

  const ruler = await enter("supervisor");
  await ruler.page.goto(`${base}/c/#/department?tab=reviews`);
  await ruler.page.locator("button.entry").filter({ hasText: code }).first().click();
  await ruler.page.locator("#case-title").waitFor();
  await ruler.page.getByRole("button", { name: /^裁定/ }).click();
  await send(ruler.page, "裁定", async (form) => {
    await form.getByRole("radio", { name: /异议成立，改派/ }).check();
    await form.getByRole("combobox", { name: "由谁主办" }).fill("区消防救援大队");
    await ruler.page.getByRole("option", { name: "区消防救援大队" }).first().click();
    await form.getByLabel("说明").fill("消防通道由消防救援大队牵头，柳荫社区协助劝离。");
    await ruler.screen("t-24-ruling");
  });
  const ruled = await as(page, `/incidents/${found.id}`);
  check("the centre decides who has it", ruled.lead?.unit === "区消防救援大队" && ruled.tasks.some((it) => it.role === "lead" && it.binding), JSON.stringify(ruled.tasks));
}

/** 周以宁 finishes without network. */
async function stairwell(stage, stairs) {
  const { check, enter } = stage;
  const worker = await enter("worker", { viewport: phone, position: [stairs.lon, stairs.lat] });
  const { page, screen } = worker;
  const context = page.context();
  await page.getByRole("heading", { name: "待办", level: 1 }).waitFor();
  await open(page, stairs.title);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await takeOn(page);
  await cutOff(page);
  await end(page, "声控灯已换好，上下楼看得见了。", "lamp");
  await page.getByRole("button", { name: "提交办结" }).click();
  await waiting(page, 1);
  await page.getByText("已办结，待核实").first().waitFor();
  check("without network one waits to be sent", true);
  await screen("t-31-waiting");
  await context.setOffline(false);
  await waiting(page, 0);
  check("待发送 1 becomes 0", true);
  const now = await as(page, `/incidents/${stairs.id}`);
  check("the centre has it, with its photograph", ["resolved", "verified", "closed"].includes(now.state) && now.photos.some((it) => it.kind === "after"), now.state);
  await screen("t-32-sent");
}

export async function run(stage) {
  const mark = tag();
  const centre = await stage.enter("dispatcher");
  await centre.page.getByRole("navigation").first().waitFor();
  const lane = await seeded(centre.page, "消防通道又停了一辆白色面包车");
  const stairs = await seeded(centre.page, "三楼到四楼声控灯不亮");
  const code = await fireLane(stage, lane, "楼前消防通道又停了一辆白色面包车，喊了没人，救护车进不来");
  await desk(stage, code, lane, mark);
  await stairwell(stage, stairs);
}
