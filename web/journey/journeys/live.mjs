// Two tabs: what happens in one is seen in the other by itself, at the desk and on a worker's phone, and colleagues see each other.
import { as, report, tag } from "../ask.mjs";
import { phone } from "../browser.mjs";
import { open } from "../desk.mjs";
import { hasten } from "../steps.mjs";

/** Milliseconds from the answer of `act` until `seen`, each of five times; told and not judged, since a machine may be slow. */
async function times(what, once) {
  const all = [];
  while (all.length < 5) all.push(await once(all.length + 1));
  console.log(`     ${what}: ${all.join(", ")} ms after the answer`);
}
async function until(seen, act) {
  const evidence = seen.then(() => Date.now());
  evidence.catch(() => undefined);
  await act();
  const begun = Date.now();
  return Math.max(0, (await evidence) - begun);
}
/** From now on the page says whether it was loaded again or came to the front, which would make it read by itself. */
const undisturbed = (page) => page.evaluate(() => {
  window.disturbed = [];
  for (const it of ["focus", "visibilitychange", "online", "pageshow"]) addEventListener(it, () => window.disturbed.push(it), true);
});
const disturbed = (page) => page.evaluate(() => window.disturbed ?? ["loaded"]);

/** A new case in a list that nobody touches: no reload, no focus, no click. */
async function arrives(stage, page, lines, list, text) {
  // The first event of a day pays for everything.
  await report(stage, `${text} 预热`);
  await lines.filter({ hasText: `${text} 预热` }).first().waitFor();
  await undisturbed(page);
  let filed;
  await times(`a new case is in the list of the ${list}`, (n) => {
    const words = `${text} 第${n}件`;
    return until(lines.filter({ hasText: words }).first().waitFor(), async () => { filed = await report(stage, words); });
  });
  const by = await disturbed(page);
  stage.check(`five new cases come into the list of the ${list} without a reload or a focus`, by.length === 0, by.join(" "));
  return filed;
}

export async function run(stage) {
  const { check, enter, base, position } = stage;
  const mark = tag();
  const desk = await enter("dispatcher");
  const { page, screen } = desk;
  await page.locator("li button.line").first().waitFor();
  await page.getByText("实时更新").waitFor();
  const filed = await arrives(stage, page, page.locator("button.line"), "desk", `楼道晚上黑得很，请来看看，${mark}`);

  const worker = await enter("worker", { viewport: phone, position });
  await worker.page.getByRole("heading", { name: "待办", level: 1 }).waitFor();
  await arrives(stage, worker.page, worker.page.locator("a.item"), "worker", `楼道灯不亮，晚上看不见，${mark}`);
  await worker.end();

  const other = await enter("community");
  await open(other.page, base, filed.id);
  await open(page, base, filed.id);
  await page.getByText("同时在看：顾安").waitFor();
  check("colleagues see who else looks", true);
  await screen("l-1-company");
  const one = await as(other.page, `/incidents/${filed.id}`);
  await undisturbed(page);
  await times("what a colleague did is seen in the open case", (n) => {
    const words = `看过现场，确实很黑，第${n}次。`;
    return until(page.getByText(words).first().waitFor(), () => as(other.page, `/incidents/${filed.id}/note`, { text: words, photo_ids: [], public: false }));
  });
  const by = await disturbed(page);
  check("what a colleague did is seen without a reload or a focus", by.length === 0, by.join(" "));
  check("the version moved", (await as(page, `/incidents/${filed.id}`)).version > one.version);

  await report(stage, `楼道晚上黑得很，请来看看（${mark} 又一件）`);

  // Views are saved under a name and come back.
  await page.keyboard.press("Escape");
  await page.goto(`${base}/c/#/cases?state=received`);
  await page.getByRole("button", { name: "保存当前条件" }).click();
  await page.getByRole("dialog").getByLabel("名称").fill(`待受理 ${mark}`);
  await page.getByRole("dialog").getByRole("button", { name: "保存", exact: true }).click();
  await page.getByRole("button", { name: "清空条件" }).first().click();
  await page.waitForURL((url) => !url.href.includes("state=received"));
  await page.getByRole("button", { name: `待受理 ${mark}`, exact: true }).click();
  await page.waitForURL(/state=received/);
  check("a saved view comes back", true);

  // Many at once, taken back, then done, each with its result.
  await page.getByRole("status").filter({ hasText: /^共 \d+ 件/ }).waitFor();
  await page.locator("button.line").nth(1).waitFor();
  await page.keyboard.press("j");
  await page.locator("#case-title").waitFor();
  await page.keyboard.press("x");
  const first = page.url();
  await page.keyboard.press("j");
  await page.waitForURL((url) => url.href !== first);
  await page.keyboard.press("x");
  await page.getByText("已选 2 件").waitFor();
  await page.getByRole("button", { name: "批量受理" }).click();
  await page.getByText("将办：受理 2 件").waitFor();
  await page.keyboard.press("u");
  await page.getByText("将办：受理 2 件").waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "批量受理" }).click();
  await page.getByText("将办：受理 2 件").waitFor();
  await screen("l-2-bulk");
  await hasten(page);
  await page.getByText(/受理：办成 \d+ 件，共 2 件/).waitFor();
  check("many at once, with a result for each", true);
  await screen("l-3-bulk-done");
}
