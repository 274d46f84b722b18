// A portrait: the set-up gives it to a grid's worker, a resident sees it on the first page, the board prints it, the worker changes it on the phone, and
// once it is taken away a stranger has it no more.
import { picture } from "../picture.mjs";
import { says, soon } from "../soon.mjs";
import { board } from "../steps.mjs";

/** The address of the first picture of these, once it has come. */
const shown = async (page, css = "img.face") =>
  (await page.waitForFunction((it) => { const one = document.querySelector(it); return one?.complete && one.naturalWidth > 0 && new URL(one.src).pathname; }, css)).jsonValue();

export async function run({ enter, meet, base, check, phone }) {
  const { page, screen } = await enter("system");
  await page.getByRole("navigation", { name: "工作区" }).waitFor();
  const who = await page.evaluate(async () => {
    const person = (await (await fetch("/api/v1/people?q=周以宁")).json()).items[0];
    const grid = person.posts.find((it) => it.title.includes("网格员"));
    return { id: person.id, grid: grid.unit, name: grid.unit_name };
  });
  await page.goto(`${base}/c/#/setup/people?q=${encodeURIComponent("周以宁")}`);
  const open = page.getByRole("button", { name: "周以宁的照片" });
  await open.click();
  const file = page.locator("input[type=file]");
  await file.setInputFiles({ name: "cv.jpg", mimeType: "image/jpeg", buffer: Buffer.from("this is no photograph") });
  await page.getByRole("alert").filter({ hasText: "打不开" }).waitFor();
  check("what is no photograph is refused in plain words", true);
  await screen("pt-1-refused");
  await file.setInputFiles(await picture(page, "周以宁"));
  await page.getByRole("img", { name: "选好的照片" }).waitFor();
  await screen("pt-2-preview");
  await page.getByRole("button", { name: "用这张", exact: true }).click();
  await page.getByText("照片已更新。").waitFor();
  await page.getByRole("img", { name: "周以宁的照片" }).waitFor();
  await screen("pt-3-put");
  check("the page of people shows it", (await page.locator(".picture").getAttribute("src"))?.includes(who.id));

  const resident = await meet({ viewport: phone });
  await resident.page.goto(`${base}/m/?grid=${who.grid}`);
  const address = await shown(resident.page);
  check("the resident's first page shows the worker's portrait", String(address).startsWith(`/api/v1/grids/${who.grid}/portraits/`), String(address));
  await resident.screen("pt-4-resident");

  await board(page, base, who.name);
  check("the board prints it", (await shown(page, ".people img.portrait")).includes("/portrait/"));
  await screen("pt-5-board");

  const worker = await enter("worker", { viewport: phone });
  await worker.page.getByRole("navigation", { name: /主菜单/ }).getByRole("link", { name: /我的/ }).click();
  await worker.page.getByRole("heading", { name: "我的照片" }).waitFor();
  await worker.page.locator("input[type=file]").setInputFiles(await picture(worker.page, "本人"));
  await worker.page.getByRole("button", { name: "用这张", exact: true }).click();
  await worker.page.getByText("照片已更新。").waitFor();
  await worker.screen("pt-6-own");
  const stranger = (path) => resident.page.evaluate(async (at) => (await fetch(at)).status, path);
  check("the one before is gone for strangers", await soon(async () => (await stranger(address)) === 404));
  await resident.page.reload();
  // What the device kept of the last visit may stand there first.
  let second = await shown(resident.page);
  await soon(async () => (second = await shown(resident.page)) !== address);
  check("the worker's own choice is shown", second && second !== address, String(second));

  await worker.page.getByRole("button", { name: "移除照片", exact: true }).click();
  await worker.screen("pt-7-sure");
  await worker.page.getByRole("button", { name: "移除", exact: true }).click();
  await worker.page.getByText("照片已移除。").waitFor();
  check("a removed portrait is gone for strangers", await soon(async () => (await stranger(second)) === 404));
  await resident.page.reload();
  check("the family name stands in its place", await says(resident.page.locator("span.face").first(), /^周$/));
}
