// Evidence that takes a moment to come: asked for again and again, never waited for by the clock.

/** Asks until it is so, and answers whether it came to that. Generous: nothing waits longer than it must. */
export async function soon(what, most = 30_000) {
  const end = Date.now() + most;
  for (;;) {
    if (await what()) return true;
    if (Date.now() > end) return false;
    await new Promise((on) => setTimeout(on, 100));
  }
}

/** The same of something in the page, asked there; it may answer by a promise. A page that gives way to another one while it is asked has no answer yet. */
export const soonIn = (page, what, arg, most) => soon(() => page.evaluate(what, arg).catch((error) => {
  if (!/context was destroyed|because of a navigation/.test(error.message)) throw error;
  return false;
}), most);

/** Waits until nothing that can be seen on a page is still being read. */
export const read = (page, most) => soonIn(page, () => ![...document.querySelectorAll("[role=status] > .turn, p.wait[role=status]")].some((it) => it.checkVisibility()), undefined, most);

/** Waits until a picture of something is twice the same: a map comes to rest on its own time and says nothing when it has. */
export async function rested(what) {
  let before;
  await soon(async () => {
    const now = await what.screenshot();
    const same = before?.equals(now) ?? false;
    before = now;
    if (!same) await new Promise((on) => setTimeout(on, 200));
    return same;
  });
}

/** Whether something comes to be seen. */
export const comes = (what, timeout = 30_000) => what.waitFor({ timeout }).then(() => true, () => false);

/** Whether what can be seen of something comes to hold all of these words. */
export const says = (what, ...words) => soon(async () => {
  const said = (await what.isVisible()) ? await what.innerText() : "";
  return words.every((it) => (it instanceof RegExp ? it.test(said) : said.includes(it)));
});
