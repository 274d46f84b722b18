// Somebody who left a telephone is rung back, says that it was not solved, and the case is opened again for another person.
import { as, tag } from "../ask.mjs";

export async function run(stage) {
  const { check, enter, position: [lon, lat] } = stage;
  const mark = tag();
  const worker = await enter("worker", { viewport: stage.phone, position: stage.position });
  await worker.page.getByRole("heading", { name: "待办", level: 1 }).waitFor();
  const filed = await as(worker.page, "/incidents", {
    text: `三号楼楼道灯不亮（${mark}）`, lon, lat, channel: "patrol", source: "resident", reported_for: true, name: "叶知秋", phone: "14000001234",
    solved: { result: "solved", public_reply: "已换灯泡。", note: "", photo_ids: [] },
  });
  const caller = await enter("callback");
  const { page, screen } = caller;
  await page.getByRole("link", { name: "回访" }).click();
  await page.getByRole("heading", { name: "回访", level: 1 }).waitFor();
  const entry = page.locator("button.entry").filter({ hasText: filed.code });
  await entry.waitFor();
  check("whoever left a telephone waits in the queue", true);
  await screen("b-1-queue");
  await entry.click();
  await page.getByText("前由您回访").waitFor();
  check("no number is shown before it is dialled", !(await page.getByText("1400000").isVisible()));
  await page.getByRole("button", { name: "显示号码并拨打" }).click();
  await page.getByText("14000001234").first().waitFor();
  await page.getByRole("radio", { name: "接通", exact: true }).check();
  await page.getByRole("group", { name: "有没有人联系过？" }).getByRole("radio", { name: "有", exact: true }).check();
  await page.getByRole("group", { name: "问题解决了吗？" }).getByRole("radio", { name: "没解决", exact: true }).check();
  await page.getByRole("group", { name: "满意吗？" }).getByRole("radio", { name: "不满意", exact: true }).check();
  await page.getByLabel("反映人的话").fill("换了还是不亮。");
  await screen("b-2-call");
  await page.getByRole("button", { name: "记下结果" }).click();
  await page.getByText(`已记下 ${filed.code} 的回访`).waitFor();
  check("the call is saved", true);
  const again = await as(page, `/incidents/${filed.id}`);
  check("what was not solved is opened again", again.round === 2, JSON.stringify({ round: again.round, state: again.state, attention: again.attention }));
  await page.goto(`${stage.base}/c/#/cases/${filed.id}`);
  await page.getByText("第 2 次办理").waitFor();
  await screen("b-3-again");
  await page.getByRole("button", { name: "深色" }).click();
  await page.getByRole("link", { name: "回访" }).click();
  await page.getByRole("heading", { name: "回访", level: 1 }).waitFor();
  await screen("b-4-dark");
  await page.getByRole("button", { name: "English" }).click();
  await screen("b-5-english");
}
