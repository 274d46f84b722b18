// A resident asks that nobody learns who reported, and draws the mark on the map to where it really is: the desk is told, whoever handles it sees no name
// and no number, and the public list shows nothing. And a worker prints the log of the day.
import { as, tag } from "../ask.mjs";
import { open } from "../desk.mjs";
import { rested, soon } from "../soon.mjs";
import { post, tab, waiting, write } from "../steps.mjs";

const metres = ([a, b], [c, d]) => Math.hypot((a - c) * 111_320 * Math.cos((b * Math.PI) / 180), (b - d) * 111_320);

/** Draws the mark of the map, which stands in its middle, some pixels aside. */
async function drawn(page, right, down) {
  const map = page.locator(".map canvas").first();
  await map.waitFor();
  await page.locator(".map").first().scrollIntoViewIfNeeded();
  await page.waitForFunction(() => [...document.querySelectorAll(".map canvas")].some((it) => it.width > 0));
  await rested(page.locator(".map").first());
  const box = await page.locator(".map .ol-viewport").first().boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const asked = page.waitForRequest((it) => it.url().includes("lon=")); // Whose grid the new place is in.
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + right, y + down, { steps: 8 });
  await page.mouse.up();
  await asked;
}

async function reported(stage, mark) {
  const { base, meet, phone, position } = stage;
  const { page, screen } = await meet({ viewport: phone, position });
  await page.goto(`${base}/m/`);
  await page.getByRole("button", { name: "用我现在的位置" }).click();
  await page.locator(".name").waitFor();
  await page.getByRole("link", { name: "我要上报" }).click();
  await write(page, `楼上半夜总有人装修，敲墙声很大（${mark}）`);
  await page.getByRole("button", { name: "在地图上点" }).click();
  await drawn(page, 60, -40);
  await screen("cf-1-drawn");
  await page.getByLabel("想要回复").check();
  await page.getByRole("textbox", { name: "手机号" }).fill("14000005678");
  await page.getByRole("textbox", { name: /怎么称呼/ }).fill("叶知秋");
  await page.getByLabel("请替我保密").check();
  await screen("cf-2-confidential");
  return post(page);
}

async function kept({ base, check, enter, position }, code, mark) {
  const desk = await enter("dispatcher");
  await desk.page.getByRole("navigation", { name: "工作区" }).waitFor();
  const { id } = (await as(desk.page, `/incidents?q=${code}`)).items[0];
  const one = await as(desk.page, `/incidents/${id}`);
  const moved = metres([one.lon, one.lat], position);
  check("the mark that was drawn is the place that was reported", moved > 40 && moved < 400 && one.lon > position[0] && one.lat > position[1], `${moved} m`);
  await open(desk.page, base, id);
  await desk.page.getByText("反映人要求保密").first().waitFor();
  await desk.screen("cf-3-desk");
  check("the desk is told that the reporter wants to stay unknown", true);
  const shown = await desk.page.locator("main").innerText();
  check("and shows no name and no number", !/叶知秋|14000005678/.test(shown));
  const handler = await enter("worker", { viewport: { width: 390, height: 844 } });
  await handler.page.getByRole("heading", { name: "待办", level: 1 }).waitFor();
  const answer = await handler.page.evaluate(async (id) => (await fetch(`/api/v1/incidents/${id}`)).text(), id);
  check("whoever handles it is given neither, not even masked", !/叶|1400000|140\*/.test(answer), answer.slice(0, 300));
  const all = await (await fetch(`${base}/api/v1/public/cases?limit=100`)).text();
  check("the public list has nothing of it", !all.includes(code) && !all.includes(mark));
  return handler;
}

/** The log of the day on paper: what is clicked stays on the screen, who and when stand on the sheet. */
async function printed({ check }, { page, screen }) {
  await tab(page, "日志");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.getByLabel("补记一条").fill("走访两户独居老人，送了防滑垫。");
  await page.getByRole("button", { name: "记下" }).click();
  const entry = page.locator(".lines").getByText("走访两户独居老人").first();
  await entry.waitFor();
  await waiting(page, 0);
  await page.emulateMedia({ media: "print" });
  const seen = (what) => page.locator(what).evaluateAll((all) => all.filter((it) => it.checkVisibility()).length);
  check("nothing to click or fill in is on the sheet", (await seen("main .controls, nav, header, main button, main textarea")) === 0, String(await page.locator("main .controls, nav, header, main button, main textarea").evaluateAll((all) => all.filter((it) => it.checkVisibility()).map((it) => it.outerHTML.slice(0, 80)).join(" "))));
  check("who and when stand on it, and the entries", await soon(async () => (await seen("main .only-print")) === 2 && entry.isVisible()));
  await screen("cf-4-print");
  const paper = await page.pdf({ format: "A4" });
  check("it becomes a paper", paper.subarray(0, 4).toString() === "%PDF" && paper.length > 2000, String(paper.length));
  await page.emulateMedia({ media: "screen" });
}

export async function run(stage) {
  const mark = tag();
  const code = await reported(stage, mark);
  await printed(stage, await kept(stage, code, mark));
}
