// The desk on a screen that is touched: what stands close for a mouse is as large as a finger; and by the mouse it is dense, and still large enough.
import { as, report, tag } from "../ask.mjs";
import { act, open } from "../desk.mjs";

const dense = ".lights .act, .saved button, .next, .files .act, .picks button, .tick, .tops .act, summary";
/** What is lower or narrower than that, of what stands close. */
const below = (page, least) => page.locator(`main :is(${dense}), [role=dialog] :is(${dense})`).evaluateAll((all, px) => all.filter((it) => it.checkVisibility())
  .map((it) => ({ it, box: it.getBoundingClientRect() })).filter(({ box }) => box.height < px - 0.5 || box.width < Math.min(px, 44) - 0.5)
  .map(({ it, box }) => `${it.textContent.trim().slice(0, 12)} ${Math.round(box.width)}×${Math.round(box.height)}`), least);

export async function run(stage) {
  const { enter, check, base } = stage;
  const { page, screen } = await enter("dispatcher");
  const mark = tag();
  const filed = await report(stage, `楼道灯坏了，单元楼道里的灯不亮（${mark}）`);
  await as(page, "/filters", { name: `触屏 ${mark}`, query: { state: "open", q: mark } });
  const client = await page.context().newCDPSession(page);
  for (const touched of [false, true]) {
    await client.send("Emulation.setTouchEmulationEnabled", { enabled: touched, maxTouchPoints: 1 });
    const [how, least] = touched ? ["touched", 44] : ["by the mouse", 24];
    check(`the screen is ${touched ? "" : "not "}touched`, (await page.evaluate(() => matchMedia("(pointer: coarse)").matches)) === touched);
    await page.goto("about:blank");
    await page.goto(`${base}/c/#/cases?state=open`);
    await page.locator("li button.line").first().waitFor();
    await page.locator(".saved .drop").first().waitFor();
    const few = await page.locator(`main :is(${dense})`).count();
    const small = await below(page, least);
    check(`what stands close on the list has ${least} px, ${how}`, few > 10 && small.length === 0, `${few}: ${small.join("; ")}`);
    check(`a field and its button have 44 px, ${how}`, (await page.locator("#q, .bar .act.primary").evaluateAll((all) => Math.min(...all.map((it) => it.getBoundingClientRect().height)))) >= 43.99);
    if (!touched) check("by the mouse it stays dense", (await page.locator(".next").evaluate((it) => it.getBoundingClientRect().height)) < 36);
    await screen(`touch-${touched ? 2 : 1}-list`);
    await open(page, base, filed.id);
    const form = await act(page, "请反映人补充");
    await form.locator(".picks button").first().waitFor();
    const tight = await below(page, least);
    check(`what stands close in a form has ${least} px, ${how}`, tight.length === 0, tight.join("; "));
    await page.keyboard.press("Escape");
  }
}
