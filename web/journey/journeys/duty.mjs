// The desk on duty: an emergency rings until somebody answers, its bulletins go up, and at the end of the shift what is open is handed over and taken
// over by name.
import { as, tag } from "../ask.mjs";
import { act, given, open, send } from "../desk.mjs";
import { comes, says, soon } from "../soon.mjs";
import { hurry } from "../steps.mjs";

async function emergency(stage, centre, street, mark) {
  const { check, base, enter, position, phone } = stage;
  const { page, screen } = centre;
  const words = `壬楼道灯不亮，晚上看不见 ${mark}`;
  const filed = await given(stage, page, words);
  await open(page, base, filed.id);
  const form = await act(page, "提高紧急程度");
  await form.getByRole("radio", { name: "特急" }).check();
  await form.getByRole("button", { name: "提高紧急程度" }).last().click();
  await form.getByRole("alert").first().waitFor();
  await form.getByLabel("原因").fill("电线打火，楼里有老人。");
  await screen("y-1-raise");
  await send(page, form, "提高紧急程度");
  await page.locator(".case header").getByText("特急").first().waitFor();
  check("the case is an emergency with a first bulletin due", await comes(page.getByText(/特急：首报 .* 前，已报 0 次/)));

  // Whoever is rung answers; the person who raised it may be somebody else. The desks are rung a moment later.
  const rung = async (one) => (await as(one.page, `/incidents/${filed.id}`)).may.includes("acknowledge");
  await soon(async () => (await rung(street)) || rung(centre));
  let answered = false;
  for (const one of [street, centre]) {
    if (!(await rung(one))) continue;
    await open(one.page, base, filed.id);
    const answer = await act(one.page, "值守应答");
    await answer.getByLabel("说明").fill("已通知电工，十分钟到。");
    await one.screen("y-2-acknowledge");
    await answer.getByRole("button", { name: "值守应答" }).last().click();
    await one.page.getByText("已完成：值守应答").or(answer.getByRole("alert")).first().waitFor();
    answered = await one.page.getByText("已完成：值守应答").isVisible();
    if (answered) break;
    await one.page.keyboard.press("Escape");
  }
  check("a desk on duty answers", answered);
  await open(page, base, filed.id);
  await page.getByText("已通知电工").first().waitFor();
  check("the next person reads who answered and what is done", true);
  const bulletin = await act(page, "信息报送");
  await bulletin.getByRole("radio", { name: "首报" }).check();
  await bulletin.getByLabel("说明").fill("三单元楼道电线打火，已断电，无人员受伤。");
  await send(page, bulletin, "信息报送");
  await page.getByText(/特急：首报 .* 前，已报 1 次/).waitFor();
  check("the first bulletin is in", true);
  await screen("y-3-bulletin");
  const worker = await enter("worker", { viewport: phone, position });
  check("the worker has it as an emergency", await says(worker.page.getByRole("link").filter({ hasText: words }).first(), "特急"));
  await worker.screen("y-4-worker");
}

async function handover(stage, street, mark) {
  const { check, enter } = stage;
  const { page, screen } = street;
  await page.getByRole("link", { name: "交接班" }).click();
  await page.getByRole("combobox", { name: "哪个单位的班" }).fill("临江街道");
  await page.getByRole("option", { name: "临江街道", exact: true }).click();
  const to = page.getByLabel("交给谁");
  await to.locator("option").filter({ hasText: "陆恒" }).waitFor({ state: "attached" });
  await page.getByRole("button", { name: "交班", exact: true }).click();
  await page.getByRole("alert").waitFor();
  check("a shift is not handed over to nobody", true);
  await to.selectOption({ label: await to.locator("option").filter({ hasText: "陆恒" }).innerText() });
  await page.getByLabel("班次").fill("夜班");
  await page.getByLabel("要交代的事").fill(`三单元电线打火已断电，明早复查（${mark}）。`);
  await screen("y-5-hand-over");
  await page.getByRole("button", { name: "交班", exact: true }).click();
  await hurry(page);
  await page.getByText("已交班，等接班人确认。").waitFor();
  const card = (on) => on.getByRole("article").filter({ hasText: mark });
  await card(page).getByText("等接班人确认。").waitFor();
  check("what is open is listed by the system", await says(card(page), /未办结 [1-9]\d* 件，其中特急 [1-9]\d* 件/), await card(page).innerText());

  const next = await enter("leader");
  await next.page.getByRole("link", { name: "交接班" }).click();
  await card(next.page).getByRole("textbox").fill("清楚，已看过现场照片。");
  await next.screen("y-6-take-over");
  await card(next.page).getByRole("button", { name: "确认接班" }).click();
  await hurry(next.page);
  await next.page.getByText("已接班。").waitFor();
  await page.reload();
  await card(page).getByText("清楚，已看过现场照片。").waitFor();
  check("whoever left sees that it was taken over", await comes(card(page).getByText(/已接班/).first()));
  await page.getByRole("button", { name: "深色" }).click();
  await page.setViewportSize(stage.phone);
  await screen("y-7-phone-dark");
}

export async function run(stage) {
  const mark = tag();
  const centre = await stage.enter("dispatcher");
  await centre.page.locator("li button.line").first().waitFor();
  const street = await stage.enter("street");
  await street.page.getByRole("navigation", { name: "工作区" }).waitFor();
  await emergency(stage, centre, street, mark);
  await handover(stage, street, mark);
}
