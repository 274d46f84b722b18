// What was decided at the desk is taken back within ten seconds: a verification, a call-back, a whistle. Nothing of it reaches anybody, what was typed is
// still there, and decided anew it is done once. What the rules refuse comes back with its reason; what was decided is sent when the page is left.
import { as, report, tag } from "../ask.mjs";
import { act, given, open, pickUnit } from "../desk.mjs";
import { comes, says, soon, soonIn } from "../soon.mjs";
import { hasten, hurry, noted, settled, take } from "../steps.mjs";

const strip = (page, words) => page.locator(".strip").filter({ hasText: words });
/** Takes back by the key, and sees that nothing waits any more. */
async function undo(page, words) {
  await strip(page, words).waitFor();
  await page.keyboard.press("u");
  await strip(page, words).waitFor({ state: "detached" });
}
const stepsOf = async (page, id, action) => (await as(page, `/incidents/${id}`)).steps.filter((it) => it.action === action).length;

async function waits(page) {
  for (const { id } of (await as(page, "/incidents?state=resolved&limit=40")).items) {
    const one = await as(page, `/incidents/${id}`);
    if (one.may.includes("verify")) return one;
  }
  return undefined;
}

async function verified({ check, base }, centre) {
  const { page, screen } = centre;
  // One of the district's own that waits for somebody's eyes.
  const filed = await waits(page);
  check("a case waits to be verified", filed !== undefined);
  await open(page, base, filed.id, { query: `?q=${encodeURIComponent(filed.code)}` });
  const before = await stepsOf(page, filed.id, "verify");
  const words = "现场看过，少换了两块。";
  await page.keyboard.press("v");
  const form = page.getByRole("dialog", { name: "核实" });
  await form.getByRole("radio", { name: /没办好/ }).check();
  await form.getByLabel("核实情况").fill(words);
  await form.getByRole("button", { name: "核实" }).click();
  await strip(page, "将办：核实").waitFor();
  const row = page.locator("li").filter({ has: page.locator("button.line") }).first();
  check("the list shows the act as taken while it waits", await soon(() => row.getByText("将办：核实").isVisible()));
  check("and so does the case", await comes(page.locator(".case header").getByText("将办：核实")));
  await undo(page, "将办：核实");
  check("taken back, nothing was verified", (await stepsOf(page, filed.id, "verify")) === before && (await as(page, `/incidents/${filed.id}`)).state === "resolved");
  await page.keyboard.press("v");
  check("what was typed is still there", (await soon(async () => (await form.getByLabel("核实情况").inputValue()) === words)) && (await comes(form.getByText("刚才撤销的"))));
  await screen("un-2-again");
  await form.getByRole("radio", { name: "办好了", exact: true }).check();
  await form.getByLabel("核实情况").fill("又看一遍，都换好了。");
  await form.getByRole("button", { name: "核实" }).click();
  // A picture may take all of the ten seconds, so none is taken of what is then taken back.
  await strip(page, "将办：核实").waitFor();
  await screen("un-1-verify");
  await settled(page, "核实");
  check("verified in the end, once", (await stepsOf(page, filed.id, "verify")) === before + 1);
  await page.keyboard.press("n");
  const note = page.getByRole("dialog", { name: "备注" });
  check("another form begins empty", (await note.getByLabel("说明").inputValue()) === "");
  await page.keyboard.press("Escape");
}

async function called(stage, mark) {
  const { check, enter, position: [lon, lat] } = stage;
  const worker = await enter("worker", { viewport: stage.phone, position: stage.position });
  await worker.page.getByRole("heading", { name: "待办", level: 1 }).waitFor();
  const filed = await as(worker.page, "/incidents", {
    text: `三号楼楼道灯不亮（${mark} 回访）`, lon, lat, channel: "patrol", source: "resident", reported_for: true, name: "叶知秋", phone: "14000001234",
    solved: { result: "solved", public_reply: "已换灯泡。", note: "", photo_ids: [] },
  });
  await worker.end();
  const { page, screen } = await enter("callback");
  await take(page, filed.code);
  await noted(page, { solved: "没解决", satisfied: "不满意", words: "换了还是不亮。" });
  await page.getByRole("button", { name: "记下结果" }).click();
  await strip(page, "将办：回访").waitFor();
  check("the queue shows the call as written down", await comes(page.locator("button.entry").filter({ hasText: filed.code }).getByText("将办：回访")));
  check("and has the cursor, since the form is gone", await soonIn(page, (code) => document.activeElement?.matches("button.entry") && document.activeElement.textContent.includes(code), filed.code));
  await screen("un-3-call");
  await undo(page, "将办：回访");
  await page.getByText("前由您回访").waitFor();
  check("the cursor is at the button of the form again", await at(page, "记下结果"));
  check("the call is back with every answer", await soon(async () => (await page.getByLabel("反映人的话").inputValue()) === "换了还是不亮。" && page.getByRole("group", { name: "满意吗？" }).getByRole("radio", { name: "不满意" }).isChecked()));
  check("and nobody was told anything", (await as(page, `/incidents/${filed.id}`)).ratings.length === 0);
  await page.getByRole("group", { name: "问题解决了吗？" }).getByRole("radio", { name: "解决了", exact: true }).check();
  await page.getByRole("group", { name: "满意吗？" }).getByRole("radio", { name: "满意", exact: true }).check();
  await page.getByLabel("反映人的话").fill("亮了，谢谢。");
  await page.getByRole("button", { name: "记下结果" }).click();
  await strip(page, "将办：回访").waitFor();
  await screen("un-3-call");
  await hasten(page);
  await page.getByText(`已记下 ${filed.code} 的回访`).waitFor();
  const after = await as(page, `/incidents/${filed.id}`);
  check("put right, it is kept once", after.ratings.length === 1 && after.ratings[0].reason === "亮了，谢谢。", JSON.stringify(after.ratings));
}

async function whistled(stage, centre, mark) {
  const { check, base, enter } = stage;
  const street = await enter("street");
  const { page, screen } = street;
  await page.locator("li button.line").first().waitFor();
  const filed = await given(stage, page, `人行道地砖破损，老人绊了一下（${mark} 吹哨）`);
  await open(page, base, filed.id);
  let form = await act(page, "吹哨");
  await pickUnit(page, form, "谁主办", "市政设施");
  await form.getByLabel("说明").fill("请带铺砖材料到场。");
  await form.getByRole("button", { name: "吹哨", exact: true }).last().click();
  await undo(page, "将办：吹哨");
  check("a whistle taken back called nobody", (await stepsOf(page, filed.id, "whistle")) === 0 && !(await as(page, "/whistles?state=open&limit=200")).items.some((it) => it.incident === filed.id));
  form = await act(page, "吹哨");
  check("whom it would have called is still there", await soon(async () => (await form.getByLabel("说明").inputValue()) === "请带铺砖材料到场。"));
  await form.getByRole("button", { name: "吹哨", exact: true }).last().click();
  await strip(page, "将办：吹哨").waitFor();
  await screen("un-4-whistle");
  await settled(page, "吹哨");
  check("blown in the end, once", (await as(page, "/whistles?state=open&limit=200")).items.filter((it) => it.incident === filed.id).length === 1);
  return { page, screen, filed };
}

/** Goes by Tab until the cursor is there. */
async function tabTo(page, what) {
  for (let n = 0; n < 80; n += 1) {
    if (await what.evaluate((it) => it === document.activeElement)) return true;
    await page.keyboard.press("Tab");
  }
  return false;
}
const marked = (page) => soonIn(page, () => document.activeElement?.matches("[data-will]") && document.activeElement.textContent.includes("将办"));
const at = (page, words) => soonIn(page, (it) => document.activeElement?.matches("button") && document.activeElement.textContent.trim().startsWith(it), words);

/** By the keyboard alone: the cursor stays where something was decided, and is at its button again when that is taken back. */
async function keyed({ check, base }, { page, screen, filed }, mark) {
  await page.goto("about:blank");
  await page.goto(`${base}/c/#/whistles`);
  const entry = page.locator("li.entry").filter({ hasText: mark }).first();
  await entry.locator("button.name").focus();
  check("Tab comes to the button", await tabTo(page, entry.getByRole("button", { name: "撤哨" })));
  await page.keyboard.press("Enter");
  const form = page.getByRole("dialog", { name: "撤哨" });
  check("its form has the cursor", await soonIn(page, () => document.activeElement?.id === "off-reason"));
  await page.keyboard.type("路面已经补好。");
  await tabTo(page, form.getByRole("button", { name: "撤哨" }));
  await page.keyboard.press("Enter");
  check("what was decided has the cursor in place of its button", await marked(page));
  await screen("un-7-keyed");
  await page.keyboard.press("u");
  check("taken back by its key, the cursor is at the button again", await at(page, "撤哨"));
  await page.keyboard.press("Enter");
  await soonIn(page, () => document.activeElement?.id === "off-reason");
  await tabTo(page, form.getByRole("button", { name: "撤哨" }));
  await page.keyboard.press("Enter");
  await marked(page);
  check("Tab goes on to the strip", await tabTo(page, strip(page, "将办：撤哨").getByRole("button", { name: "撤销" })));
  await page.keyboard.press("Enter");
  check("taken back there, the cursor is at the button as well", await at(page, "撤哨"));
  await open(page, base, filed.id);
  const more = page.locator(".acts .rest > button");
  await more.focus();
  await page.keyboard.press("Enter");
  await soonIn(page, () => document.activeElement?.matches(".menu button"));
  const chosen = page.locator(".menu button").filter({ hasText: "升级" });
  check("Tab goes through the menu", await tabTo(page, chosen));
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  check("a form that was put away gives the cursor back to its menu", await at(page, "更多"));
  await page.keyboard.press("n");
  const note = page.getByRole("dialog", { name: "备注" });
  await soonIn(page, () => document.activeElement?.matches("textarea"));
  await page.keyboard.type("键盘写的。");
  await tabTo(page, note.getByRole("button", { name: "备注" }).last());
  await page.keyboard.press("Enter");
  await strip(page, "将办：备注").waitFor();
  check("so does one that was sent", await at(page, "更多"));
  await undo(page, "将办：备注");
}

/** A colleague was faster: the act is refused, and what was typed comes back with the reason; put right, it goes. */
async function refused(stage, centre, mark) {
  const { check, base } = stage;
  const { page, screen } = centre;
  const filed = await report(stage, `人行道地砖破损（${mark} 晚了）`);
  let one = await as(page, `/incidents/${filed.id}`);
  if (one.may.includes("accept")) one = await as(page, `/incidents/${filed.id}/accept`, { version: one.version });
  await open(page, base, filed.id);
  const ask = await act(page, "请反映人补充");
  await ask.getByRole("textbox").first().fill("是哪个路口？");
  await ask.getByRole("button", { name: "请反映人补充" }).last().click();
  await strip(page, "将办：请反映人补充").waitFor();
  // A colleague puts the matter right meanwhile: what was decided stands on a case that is no longer so.
  one = await as(page, `/incidents/${filed.id}`);
  const other = one.classified.top.find((it) => it.matter.id !== one.matter?.id).matter.id;
  await as(page, `/incidents/${filed.id}/correct`, { version: one.version, matter: other });
  await hurry(page);
  const wrong = page.locator(".wrong");
  await wrong.waitFor();
  check("a refused act stays in view with its reason", await says(wrong, "没有办成：请反映人补充"), await wrong.innerText());
  await screen("un-5-refused");
  // The list was left meanwhile: the form is where it was decided.
  await page.goto(`${base}/c/#/calls`);
  await page.getByRole("heading", { name: "回访", level: 1 }).waitFor();
  await wrong.getByRole("button", { name: "改了再办" }).click();
  const box = ask.getByRole("textbox").first();
  await box.waitFor();
  check("and comes back into its form, with what was typed and why", (await soon(async () => (await box.inputValue()) === "是哪个路口？")) && (await comes(ask.getByRole("alert").first())));
  await screen("un-6-form");
  await box.fill("是哪个路口？请拍一张照片。");
  await ask.getByRole("button", { name: "请反映人补充" }).last().click();
  await settled(page, "请反映人补充");
  check("put right, it goes, and nothing stays behind", (await soon(async () => (await wrong.count()) === 0)) && (await as(page, `/incidents/${filed.id}`)).paused !== null);
}

/** Leaving the page, by another address as by closing the tab, sends what waits. */
async function left(stage, { page, filed }) {
  const { check, base } = stage;
  await open(page, base, filed.id);
  await page.keyboard.press("n");
  const form = page.getByRole("dialog", { name: "备注" });
  await form.getByLabel("说明").fill("离开前写的。");
  await form.getByRole("button", { name: "备注" }).last().click();
  await strip(page, "将办：备注").waitFor();
  const tabs = page.context();
  const other = await tabs.newPage();
  await other.goto(`${base}/c/#/cases/${filed.id}`);
  await other.locator("#case-title").waitFor();
  check("another tab of the same person shows only what is done", (await other.getByText("将办：备注").count()) === 0 && (await other.getByText("离开前写的。").count()) === 0);
  await page.close({ runBeforeUnload: false });
  check("closing the tab sends what waits, once", await soon(async () => (await as(other, `/incidents/${filed.id}`)).steps.filter((it) => it.words === "离开前写的。").length === 1));
  await other.getByText("离开前写的。").first().waitFor();
  check("and the other tab shows it by itself", true);
}

export async function run(stage) {
  const mark = tag();
  const centre = await stage.enter("dispatcher");
  await centre.page.locator("li button.line").first().waitFor();
  await verified(stage, centre);
  await called(stage, mark);
  const street = await whistled(stage, centre, mark);
  await keyed(stage, street, mark);
  await refused(stage, centre, mark);
  await left(stage, street);
}
