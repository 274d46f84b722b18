// What journeys do at a desk again and again: a case in the hands of a unit, an action of it, and its form.
import { as, report } from "./ask.mjs";
import { soon } from "./soon.mjs";
import { settled } from "./steps.mjs";

/** Opens a case by its address, on a page that knows nothing of it yet: no other case is open before it, and what it shows was just read. */
export async function open(page, base, id, { place = "cases", query = "" } = {}) {
  await page.goto("about:blank");
  await page.goto(`${base}/c/#/${place}/${id}${query}`);
  await page.locator("#case-title").waitFor();
}

/** Chooses an action of the open case; answers with its form, if it has one. */
export async function act(page, name) {
  const button = page.getByRole("group", { name: "可以做的事" }).getByRole("button", { name: new RegExp(`^${name}`) });
  const menu = page.locator(".acts .rest > button");
  const form = page.getByRole("dialog", { name, exact: true });
  await page.locator(".acts button").first().waitFor();
  // What is offered may move between the row and the menu while the case is read anew.
  const chosen = async () => {
    if (!(await button.isVisible()) && (await menu.isVisible()) && (await menu.getAttribute("aria-expanded")) === "false") await menu.click({ timeout: 3_000 }).catch(() => undefined);
    return (await button.click({ timeout: 3_000 }).then(() => true, () => false)) || form.isVisible();
  };
  if (!(await soon(chosen, 30_000))) throw new Error(`“${name}” is not offered`);
  return form;
}

/** Sends a form; the page says what was done. */
export async function send(page, form, name) {
  await form.getByRole("button", { name, exact: true }).last().click();
  await settled(page, name);
}

/** Picks a unit in one of the forms' searching lists. */
export async function pickUnit(page, form, label, name) {
  await form.getByRole("combobox", { name: label }).fill(name);
  await page.getByRole("option", { name: new RegExp(name) }).first().click();
  await page.keyboard.press("Tab"); // A list of several stays open until one goes on.
}

/** A new case that a unit leads, whatever the rules made of it; asked of the server as the person of a page. */
export async function given(stage, page, words, unitName) {
  const filed = await report(stage, words);
  let one = await as(page, `/incidents/${filed.id}`);
  if (one.may.includes("accept")) one = await as(page, `/incidents/${filed.id}/accept`, { version: one.version });
  if (!unitName) return filed;
  const unit = (await as(page, `/units?q=${encodeURIComponent(unitName)}`)).items[0];
  if (!one.tasks.some((it) => it.role === "lead" && it.unit.id === unit.id && it.state === "offered")) await as(page, `/incidents/${filed.id}/dispatch`, { version: one.version, unit: unit.id, reason: "走查：归这个单位办理。" });
  return { ...filed, unit };
}
