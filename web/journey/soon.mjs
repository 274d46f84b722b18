// Evidence that takes a moment to come on a machine that is busy with other things: asked again and again, never waited for by the clock.

/** Asks until it is so, and answers whether it came to that. */
export async function soon(what, most = 15_000) {
  const end = Date.now() + most;
  for (;;) {
    if (await what()) return true;
    if (Date.now() > end) return false;
    await new Promise((on) => setTimeout(on, 100));
  }
}

/** The same of something in the page, asked there. */
export const soonIn = (page, what, arg, most = 15_000) => page.waitForFunction(what, arg, { timeout: most }).then(() => true, () => false);
