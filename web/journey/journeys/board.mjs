// The notice board of a grid: who works there, their published numbers, a square code to the live page; on A3.
import { soon } from "../soon.mjs";
import { board } from "../steps.mjs";

export async function run({ enter, check }) {
  const { page, screen } = await enter("community");
  await page.getByRole("navigation", { name: "工作区" }).waitFor();
  const own = await page.evaluate(async () => (await (await fetch("/api/v1/units?kind=grid&limit=1")).json()).items[0]);
  const base = new URL(page.url()).origin;
  await board(page, base, own.name, () => screen("b-1-boards"));
  check("the board shows who works here", await soon(async () => (await page.locator(".people li").count()) > 0));
  check("the square code is a picture", await soon(() => page.locator("img.code").evaluate((it) => it.complete && it.naturalWidth > 0)));
  await screen("b-2-board");
  await page.emulateMedia({ media: "print" });
  check("paper has no buttons", !(await page.getByRole("button", { name: /打印/ }).isVisible()));
  await screen("b-3-paper");
}
