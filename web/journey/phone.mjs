// What a phone page has to bear beside axe: fingers, large type, and eyes that want no motion. All of it is asked of the page as it stands.
import { read } from "./soon.mjs";

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
