// A reporter wants his words gone: the desk asks for it from the case, cannot approve itself, somebody else decides; the case has lost its words
// and kept its number.
import { as, report, tag } from "../ask.mjs";
import { act, open } from "../desk.mjs";
import { comes } from "../soon.mjs";
import { hurry, settled } from "../steps.mjs";

export async function run(stage) {
  const { base, check, enter } = stage;
  const mark = tag();
  const desk = await enter("dispatcher");
  const { page, screen } = desk;
  await page.locator("li button.line").first().waitFor();
  /** A case that is over: not taken in. */
  const over = async (n) => {
    const filed = await report(stage, `想问问退休手续在哪里办（${mark} ${n}）`);
    const one = await as(page, `/incidents/${filed.id}`);
    await as(page, `/incidents/${filed.id}/refuse`, { version: one.version, reason: "other_procedure", words: "不是网格的事，请到政务大厅。" });
    return filed;
  };
  const [kept, gone] = [await over("一"), await over("二")];
  const ask = async (filed, reason) => {
    await open(page, base, filed.id);
    const form = await act(page, "申请删除");
    await form.getByText("谁也恢复不了").waitFor();
    if (filed === kept) {
      await form.getByRole("button", { name: "申请删除" }).click();
      await form.getByRole("alert").first().waitFor();
      check("a request without a reason is refused", true);
    }
    await form.getByLabel("为什么要删除").fill(reason);
    await screen("e-1-ask");
    await form.getByRole("button", { name: "申请删除" }).click();
    await settled(page, "申请删除");
  };
  await ask(kept, "反映人来电，问能不能删除。");
  await ask(gone, "反映人书面要求删除。");
  await page.getByRole("link", { name: "删除申请" }).click();
  const own = page.getByRole("row").filter({ hasText: gone.code });
  await own.getByText("您自己申请的").waitFor();
  check("nobody decides what he asked for", (await page.getByRole("button", { name: "同意删除" }).count()) === 0);
  await screen("e-2-own");

  const other = await enter("security");
  await other.page.getByRole("link", { name: "删除申请" }).click();
  const row = (code) => other.page.getByRole("row").filter({ hasText: code });
  await row(gone.code).getByText("书面要求").waitFor();
  await other.screen("e-3-waiting");
  await row(kept.code).getByRole("button", { name: "不同意" }).click();
  const no = other.page.getByRole("dialog", { name: "不同意" });
  await no.getByLabel("为什么不同意").fill("没有书面要求。");
  await no.getByRole("button", { name: "不同意" }).click();
  await hurry(other.page);
  await other.page.getByText(`没有同意删除 ${kept.code}`).waitFor();
  await row(gone.code).getByRole("button", { name: "同意删除" }).click();
  const yes = other.page.getByRole("dialog", { name: "同意删除" });
  await yes.getByRole("button", { name: "现在删除" }).click();
  await yes.getByRole("alert").waitFor();
  await yes.getByLabel("同意的依据").fill("有本人签字的申请。");
  await other.screen("e-4-decide");
  await yes.getByRole("button", { name: "现在删除" }).click();
  await hurry(other.page);
  await other.page.getByText(`${gone.code} 的内容已删除。`).waitFor();
  await other.page.getByRole("button", { name: "决定过的" }).click();
  await row(gone.code).getByText("已同意，内容已删除").waitFor();
  check("the list keeps who asked and who decided", await comes(row(kept.code).getByText("没有书面要求。")));
  await other.page.getByRole("button", { name: "深色" }).click();
  await other.screen("e-5-decided-dark");
  await other.page.getByRole("button", { name: "English" }).click();
  await other.page.setViewportSize(stage.phone);
  await other.screen("e-6-phone-english");

  await open(page, base, gone.id);
  await page.getByText(/内容已于 .* 删除/).waitFor();
  check("the case has lost its words and kept its number", (await page.locator(".case header").innerText()).includes(gone.code) && !(await page.locator(".case").innerText()).includes("退休手续"));
  check("and nothing more can be asked of it", (await page.getByRole("button", { name: "申请删除" }).count()) === 0);
  await screen("e-7-erased");
  await open(page, base, kept.id);
  await page.locator(".case").getByText("退休手续").first().waitFor();
  check("what was declined stays as it was", true);
}
