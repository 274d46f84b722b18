// What a phone page has to bear beside axe: fingers, large type, and eyes that want no motion. All of it is asked of the page as it stands.
import { read, soon } from "./soon.mjs";

/** Whatever can be tapped is as large as a finger: 44 px both ways. Links inside a sentence are part of the sentence. */
export const fingers = () => {
  const seen = (it) => it.offsetParent !== null && !it.closest(".skip, .ol-overlaycontainer, [aria-hidden=true]") && getComputedStyle(it).visibility !== "hidden";
  const target = (it) => (it.matches("input[type=radio], input[type=checkbox], input[type=file]") ? (it.closest("label") ?? it) : it);
  const inSentence = (it) => it.matches("a") && getComputedStyle(it).display === "inline" && it.parentElement.textContent.trim() !== it.textContent.trim();
  return [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [role=switch]")]
    .filter((it) => seen(it) && !inSentence(it))
    .map((it) => ({ it, box: target(it).getBoundingClientRect() }))
    .filter(({ box }) => box.height < 43.5 || box.width < 43.5)
    // What is drawn smaller may be felt larger.
    .filter(({ it }) => Number.parseFloat(getComputedStyle(it, "::before").height) < 43.5 || getComputedStyle(it, "::before").content === "none")
    .map(({ it, box }) => `${it.tagName.toLowerCase()} “${(it.getAttribute("aria-label") ?? it.textContent).trim().slice(0, 20)}” ${Math.round(box.width)}×${Math.round(box.height)}`);
};

/** What elder mode promises: whatever can be tapped or filled in is 60 px high, words have 18 px and lines 1.3 of that. Names on a map are the map's. */
const plain = () => {
  const seen = (it) => it.offsetParent !== null && !it.closest(".skip, .visually-hidden, .ol-overlaycontainer, [aria-hidden=true]") && getComputedStyle(it).visibility !== "hidden";
  const target = (it) => (it.matches("input[type=radio], input[type=checkbox], input[type=file]") ? (it.closest("label") ?? it) : it);
  const inSentence = (it) => it.matches("a") && getComputedStyle(it).display === "inline" && it.parentElement.textContent.trim() !== it.textContent.trim();
  const named = (it) => `${it.tagName.toLowerCase()} “${(it.getAttribute("aria-label") ?? (it.textContent || it.id)).trim().slice(0, 20)}”`;
  const targets = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [role=switch]")].filter((it) => (seen(it) || (it.matches("input") && seen(target(it)))) && !inSentence(it));
  const low = targets.map((it) => [it, target(it).getBoundingClientRect().height]).filter(([, height]) => height < 59.5).map(([it, height]) => `${named(it)} ${Math.round(height)} px`);
  const said = [...document.querySelectorAll("body *")].filter((it) => seen(it) && ([...it.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || it.matches("input, select, textarea")));
  const small = said.map((it) => [it, getComputedStyle(it)]).map(([it, { fontSize, lineHeight }]) => [it, Number.parseFloat(fontSize), Number.parseFloat(lineHeight) / Number.parseFloat(fontSize)])
    .filter(([it, px, line]) => px < 18 || (!(line > 1.295) && !it.matches("input, select"))).map(([it, px, line]) => `${named(it)} ${px} px, line ${line.toFixed(2)}`);
  return { n: targets.length, low, small };
};
/** Judges a page in elder mode at the least size that can be chosen. */
export async function bearsElders(page, check, name) {
  const root = await page.evaluate(() => {
    const before = document.documentElement.style.getPropertyValue("--root-size");
    document.documentElement.style.setProperty("--root-size", "18px");
    return before;
  });
  // What is still coming to its size or its words is judged once it has.
  let [n, low, small] = [0, [], []];
  await soon(async () => {
    ({ n, low, small } = await page.evaluate(plain));
    return n > 2 && low.length + small.length === 0;
  }, 5_000);
  check(`elder mode: 60 px for a finger, also for what is filled in and chosen: ${name}`, n > 2 && low.length === 0, low.join("\n     "));
  check(`elder mode: 18 px and lines of 1.3: ${name}`, small.length === 0, small.join("\n     "));
  await page.evaluate((size) => document.documentElement.style.setProperty("--root-size", size), root);
}

/** Words that are cut off by the box in which they stand. */
const cut = () =>
  [...document.querySelectorAll("body *")]
    .filter((it) => it.offsetParent && !it.closest(".visually-hidden, .skip, .map-box") && !it.matches("input, textarea, select") && [...it.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
    .filter((it) => {
      const { overflowX, overflowY } = getComputedStyle(it);
      return (overflowX !== "visible" && it.scrollWidth > it.clientWidth + 1) || (overflowY !== "visible" && it.scrollHeight > it.clientHeight + 1);
    })
    .map((it) => `${it.tagName.toLowerCase()}.${it.className} “${it.textContent.trim().slice(0, 20)}”`);

/** Another language and mode, with everything that is open left open. The language brings the page's own mode along, so the mode comes after it. */
export const dress = async ([lang, dark]) => {
  const { provides } = document.querySelector("#app").__vue_app__._context;
  await provides[Object.getOwnPropertySymbols(provides).find((it) => it.description === "language")](lang);
  await new Promise((on) => requestAnimationFrame(on));
  document.documentElement.classList.toggle("dark", dark);
};

/** Judges what is on the screen now: fingers, twice the type and axe, in Chinese by day and in English by night. */
export async function bears(one, check, name) {
  const { page } = one;
  await read(page, 10_000);
  const root = await page.evaluate(() => document.documentElement.style.getPropertyValue("--root-size"));
  for (const [lang, dark] of [["en", true], ["zh", false]]) {
    await page.evaluate(dress, [lang, dark]);
    await page.waitForTimeout(60);
    const small = await page.evaluate(fingers);
    check(`44 px for a finger: ${name} ${lang}`, small.length === 0, small.join("\n     "));
    await page.evaluate(() => document.documentElement.style.setProperty("--root-size", "36px"));
    const words = await page.evaluate(cut);
    check(`no word is cut at twice the type: ${name} ${lang}`, words.length === 0, words.join("\n     "));
    await one.fits(`${name} ${lang} at twice the type`);
    await page.evaluate((size) => document.documentElement.style.setProperty("--root-size", size), root);
    await one.judge(`${name} ${lang}`);
  }
}
