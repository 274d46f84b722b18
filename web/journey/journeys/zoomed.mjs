// The console for somebody who has made everything twice as large, on the screen of a desk and on a small one: what is left is 720 by 450 and 640 by 360
// points. Nothing sticks out, the list and the form have room, every form can be sent, and what waits or failed does not lie over the page.
import { as, report, tag } from "../ask.mjs";
import { act, open } from "../desk.mjs";
import { instead } from "../proxy.mjs";
import { read, soon, soonIn } from "../soon.mjs";
import { hurry } from "../steps.mjs";

const sizes = [[720, 450], [640, 360]];

/** How much of the screen an element takes that can be seen, from 0 to 1. */
const share = (page, selector) => page.locator(selector).first().evaluate((it) => {
  const { top, bottom } = it.getBoundingClientRect();
  return Math.max(0, Math.min(bottom, innerHeight) - Math.max(top, 0)) / innerHeight;
});
/** Scrolls to something and asks whether it lies on top, so that it can be clicked. */
async function reached(page, what) {
  await what.scrollIntoViewIfNeeded();
  return what.evaluate((it) => {
    const { left, top, width, height } = it.getBoundingClientRect();
    const at = document.elementFromPoint(left + width / 2, top + height / 2);
    return at !== null && (it === at || it.contains(at));
  });
}

async function pages(one, paths, base, check, size) {
  const { page } = one;
  for (const path of paths) {
    await page.goto(`${base}/c/#/nowhere`);
    await page.goto(`${base}/c/#${path}`);
    await page.locator("#main h1").first().waitFor();
    await read(page);
    await one.fits(`${path} at ${size}`);
    await one.page.screenshot({ path: `${one.shots}/z-${size}-${path.replace(/[^a-z]+/g, "-")}.png` });
    // What the page begins with comes into view without much scrolling, and nothing that sticks takes the screen.
    check(`${path} at ${size}: what sticks leaves room`, await page.evaluate(() => {
      const stuck = [...document.querySelectorAll("body *")].filter((it) => ["sticky", "fixed"].includes(getComputedStyle(it).position) && it.getClientRects().length);
      return stuck.every((it) => it.getBoundingClientRect().height < innerHeight * 0.5 || it.matches(".el-overlay *"));
    }));
  }
}

async function desk(one, { base, check }, filed, size) {
  const { page } = one;
  await page.goto(`${base}/c/#/cases`);
  await page.locator("li button.line").first().waitFor();
  const list = page.getByRole("region", { name: "案件列表" });
  await list.scrollIntoViewIfNeeded();
  await one.page.screenshot({ path: `${one.shots}/z-${size}-list.png` });
  check(`the list has room for two cases at ${size}`, await list.evaluate((it) => it.clientHeight >= 2 * it.querySelector("li").offsetHeight), await list.evaluate((it) => `${it.clientHeight} of ${innerHeight}`));
  await open(page, base, filed.id);
  await one.page.screenshot({ path: `${one.shots}/z-${size}-case.png` });
  const acts = page.locator(".acts");
  check(`the actions of a case leave room to read at ${size}`, (await acts.evaluate((it) => it.getBoundingClientRect().height / innerHeight)) < 0.45, `${await acts.evaluate((it) => it.getBoundingClientRect().height)}`);
  for (const name of ["备注", "吹哨", "会商", "督办"]) {
    const form = await act(page, name).catch(() => null);
    if (!form) continue;
    await form.waitFor();
    await one.fits(`${name} at ${size}`);
    check(`${name} at ${size}: the form can be sent`, await reached(page, form.getByRole("button", { name, exact: true }).last()));
    await one.page.screenshot({ path: `${one.shots}/z-${size}-form-${name}.png` });
    await page.keyboard.press("Escape");
    await form.waitFor({ state: "hidden" });
  }
}

/** Four things could not be done: the page is still there, and so is a form. */
async function strips(one, { base, check }, filed, size) {
  const { page } = one;
  await open(page, base, filed.id);
  await instead(page, /\/incidents\/[^/]+\/note$/, (route) => route.fulfill({ status: 422, contentType: "application/problem+json", body: JSON.stringify({ status: 422, code: "not-in-this-state" }) }));
  const some = (await as(page, "/incidents?state=assigned,in_progress&limit=4")).items;
  for (const it of some) {
    await page.goto(`${base}/c/#/cases/${it.id}`);
    await page.locator(".case header").getByText(it.code, { exact: true }).waitFor();
    await page.keyboard.press("n");
    const form = page.getByRole("dialog", { name: "备注" });
    await form.getByLabel("说明").fill("写得长一些，好看看它放不放得下。");
    await form.getByRole("button", { name: "备注" }).last().click();
    await hurry(page);
  }
  await page.getByText("有 4 件没有办成").waitFor();
  await page.keyboard.press("n");
  const form = page.getByRole("dialog", { name: "备注" });
  await form.waitFor();
  await one.page.screenshot({ path: `${one.shots}/z-${size}-form-failed.png` });
  check(`a form over a failure at ${size} can be sent`, await reached(page, form.getByRole("button", { name: "备注", exact: true }).last()));
  await page.keyboard.press("Escape");
  await form.waitFor({ state: "hidden" });
  check(`what failed leaves the page in sight at ${size}`, (await share(page, ".place")) < 0.5, `${await share(page, ".place")}`);
  await one.screen(`z-${size}-failed`);
  const [low, strips] = [page.viewportSize(), page.locator(".place .strip")];
  await page.setViewportSize({ width: low.width, height: 900 });
  check(`with more room than ${size} two of them are told, too`, await soon(async () => (await strips.count()) === 3), `${await strips.count()}`);
  await page.setViewportSize(low);
  check(`and with less again only how many there are`, await soon(async () => (await strips.count()) === 1), `${await strips.count()}`);
  await page.unroute(/\/incidents\/[^/]+\/note$/);
  await page.getByRole("button", { name: "全部再试" }).click();
  check(`tried again, nothing stays behind at ${size}`, await soonIn(page, () => !document.querySelector(".wrong")));
}

export async function run(stage) {
  const { base, check, enter } = stage;
  const filed = await report(stage, `人行道地砖破损（${tag()} 放大）`);
  for (const [width, height] of sizes) {
    const size = `${width}x${height}`;
    const viewport = { width, height };
    const centre = { ...(await enter("dispatcher", { viewport })), shots: stage.shots };
    await centre.page.getByRole("navigation", { name: "工作区" }).waitFor();
    const one = await as(centre.page, `/incidents/${filed.id}`);
    if (one.may.includes("accept")) await as(centre.page, `/incidents/${filed.id}/accept`, { version: one.version });
    await pages(centre, ["/calls", "/whistles", "/duty", "/notices", "/erasures", "/account", "/setup/access"], base, check, size);
    await desk(centre, stage, filed, size);
    await strips(centre, stage, filed, size);
    await centre.end();
    const above = { ...(await enter("supervisor", { viewport })), shots: stage.shots };
    await above.page.getByRole("navigation", { name: "工作区" }).waitFor();
    await pages(above, ["/figures", "/figures/orders", "/figures/rates", "/department"], base, check, size);
    await above.end();
  }
}
