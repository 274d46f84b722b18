// What the desk's guide promises: a new case is dispatched by three keys, `j` `a` `Shift`+`D`, or by four clicks. Only what the browser itself takes for a
// press of somebody is counted, from the list until the case is with its unit.
import { as, tag, unsure } from "../ask.mjs";
import { opened } from "../steps.mjs";

const list = (page) => page.getByRole("region", { name: "案件列表" });
const head = (page) => page.locator(".case header");

/** Counts what somebody presses and clicks on the page; a key that is held for another is a part of it. */
const count = (page) => page.evaluate(() => {
  window.pressed = [];
  window.clicked = [];
  const held = ["Shift", "Control", "Alt", "Meta"];
  addEventListener("keydown", (it) => it.isTrusted && !held.includes(it.key) && window.pressed.push(it.key), true);
  addEventListener("click", (it) => it.isTrusted && it.detail && window.clicked.push(it.target.closest("button, a, label, li")?.textContent.trim().slice(0, 20) ?? it.target.tagName), true);
});
const counted = (page) => page.evaluate(() => [window.pressed, window.clicked]);

/** A new case on top of the list, of which the program was not sure, and nothing open beside it; the page was just loaded, so that what is counted begins here. */
async function fresh(stage, page, mark) {
  const filed = await unsure(stage, page, mark);
  await page.goto("about:blank");
  await page.goto(`${stage.base}/c/#/cases`);
  await list(page).locator("button.line").first().filter({ hasText: mark }).waitFor();
  await count(page);
  return filed;
}
/** Seen to be with its unit: at the desk, ten seconds after the decision, and at the server. */
async function dispatched(page, filed) {
  await head(page).getByText("已派单").waitFor();
  return (await as(page, `/incidents/${filed.id}`)).state === "assigned";
}

async function byKeys(stage, { page, screen }) {
  const { check } = stage;
  const filed = await fresh(stage, page, `${tag()} 按键`);
  await list(page).focus();
  await page.keyboard.press("j");
  await opened(page, filed.code);
  await page.getByRole("group", { name: "可以做的事" }).getByRole("button", { name: /^受理/ }).waitFor();
  await page.keyboard.press("a");
  await page.getByText(`将办：受理 · ${filed.code}`).waitFor();
  await page.keyboard.press("Shift+D");
  await page.getByText(`将办：派单 · ${filed.code}`).waitFor();
  check("by keys the case is dispatched", await dispatched(page, filed));
  const [keys, clicks] = await counted(page);
  check("three keys and no click were needed", keys.join(" ") === "j a D" && clicks.length === 0, JSON.stringify([keys, clicks]));
  await screen("k-1-keys");
}

async function byMouse(stage, { page, screen }) {
  const { check } = stage;
  const filed = await fresh(stage, page, `${tag()} 鼠标`);
  const acts = page.getByRole("group", { name: "可以做的事" });
  await list(page).locator("button.line").first().click();
  await opened(page, filed.code);
  await acts.getByRole("button", { name: /^受理/ }).click();
  await page.getByText(`将办：受理 · ${filed.code}`).waitFor();
  // Taking it on takes ten seconds, or as long as it takes to go on.
  await acts.getByRole("button", { name: /^派单/ }).click();
  await page.getByRole("dialog", { name: "派单" }).getByRole("button", { name: "派单", exact: true }).click();
  await page.getByText(`将办：派单 · ${filed.code}`).waitFor();
  check("by mouse the case is dispatched", await dispatched(page, filed));
  const [keys, clicks] = await counted(page);
  check("four clicks and no key were needed", clicks.length === 4 && keys.length === 0, JSON.stringify([keys, clicks]));
  await screen("k-2-mouse");
}

export async function run(stage) {
  const desk = await stage.enter("dispatcher");
  await list(desk.page).locator("button.line").first().waitFor();
  await byKeys(stage, desk);
  await byMouse(stage, desk);
}
