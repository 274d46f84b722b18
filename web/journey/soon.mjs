// Evidence that takes a moment to come: asked for again and again, never waited for by the clock.

/** Asks until it is so, and answers whether it came to that. */
export async function soon(what, most = 15_000) {
  const end = Date.now() + most;
  for (;;) {
    if (await what()) return true;
    if (Date.now() > end) return false;
    await new Promise((on) => setTimeout(on, 100));
  }
}

/** The same of something in the page, asked there; it may answer by a promise. */
export const soonIn = (page, what, arg, most) => soon(() => page.evaluate(what, arg), most);
