// What comes out of a printer: the desk's list and a case of it, and a resident's progress. The sheets lie beside the pictures as PDF.
import { as } from "../ask.mjs";
import { phone } from "../browser.mjs";
import { open } from "../desk.mjs";
import { soon } from "../soon.mjs";
import { follow, post, write } from "../steps.mjs";

/**
 * Prints the page as it stands, and answers with what `seen` found on it at that moment. Right after a page was opened the browser may count its sheets
 * before it has laid them out: it is printed again until there are `least`.
 */
async function printed(page, path, seen, least = 1) {
  let [rows, sheets] = [0, 0];
  await page.emulateMedia({ media: null });
  await soon(async () => {
    await page.evaluate(() => {
      globalThis.onPaper = 0;
      addEventListener("beforeprint", () => (globalThis.onPaper = document.querySelectorAll(".paper tbody tr").length), { once: true });
    });
    sheets = ((await page.pdf({ path, format: "A4" })).toString("latin1").match(/\/Type \/Page\b/g) ?? []).length;
    rows = await page.evaluate(() => globalThis.onPaper);
    return sheets >= least;
  });
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => new Promise((on) => requestAnimationFrame(() => requestAnimationFrame(on))));
  const found = await page.evaluate(seen);
  await page.emulateMedia({ media: null });
  return { ...found, rows, sheets };
}
const shown = () => {
  const visible = (selector) => [...document.querySelectorAll(selector)].filter((it) => it.checkVisibility()).map((it) => it.innerText.trim());
  const ink = [...document.querySelectorAll("main p, main h2, main h3, main td, main li")].filter((it) => it.checkVisibility()).map((it) => getComputedStyle(it).color);
  const light = ink.filter((it) => { const [r, g, b] = it.match(/[\d.]+/g).map(Number); return 0.2126 * r + 0.7152 * g + 0.0722 * b > 140; });
  return { words: visible("main").join("\n"), list: visible(".desk > .list").length, buttons: visible("button").length, photos: visible("img").length, light: light.length };
};

export async function run(stage) {
  const { base, check, meet, enter, position, shots, text } = stage;
  // Whoever works in the dark prints on white paper too.
  const desk = await enter("dispatcher", { scheme: "dark" });
  const { page } = desk;
  await page.goto(`${base}/c/#/cases?state=open&sort=oldest`);
  await page.locator("li button.line").first().waitFor();
  const list = await printed(page, `${shots}/paper-1-list.pdf`, shown, 3);
  check("the desk prints its list, all that was read of it", list.rows >= 40 && list.sheets >= 3 && list.list === 0, JSON.stringify({ ...list, words: list.words.slice(0, 200) }));
  check("with what it is filtered by, in words, and who printed it when", /条件：状态：未办结的；最早报的在前/.test(list.words) && /由 唐溪 于 .+ 打印/.test(list.words), list.words.slice(0, 200));
  check("in ink that is seen on white", list.light === 0, String(list.light));
  const { items: [one] } = await as(page, "/incidents?state=in_progress&limit=1");
  await open(page, base, one.id);
  await page.getByRole("heading", { name: "办理过程" }).waitFor();
  const kase = await printed(page, `${shots}/paper-2-case.pdf`, shown);
  check("with a case open the case is printed, whole and alone", kase.words.includes(one.code) && kase.words.includes("办理过程") && kase.rows === 0 && kase.list === 0 && kase.buttons === 0 && kase.light === 0, JSON.stringify({ ...kase, words: kase.words.slice(0, 200) }));
  check("and says who printed it when", /由 唐溪 于 .+ 打印/.test(kase.words), kase.words.slice(-200));

  const resident = await meet({ viewport: phone, position, scheme: "dark" });
  await resident.page.goto(`${base}/m/report`);
  await write(resident.page, text, "paper");
  const code = await post(resident.page);
  await follow(resident.page);
  await resident.page.locator("main img").first().waitFor();
  const track = await printed(resident.page, `${shots}/paper-3-track.pdf`, shown);
  check("a resident's progress is printed with its photograph, without what is tapped", track.words.includes(code) && track.photos === 1 && track.buttons === 0 && track.light === 0, JSON.stringify(track));
  check("and says when it was printed", /打印于 .+/.test(track.words), track.words.slice(-200));
}
