// Somebody who left a telephone is rung back, says that it was not solved, and the case is opened again for another person.
import { as, tag } from "../ask.mjs";
import { open } from "../desk.mjs";
import { dial, noted, save, take } from "../steps.mjs";

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
  await take(page, filed.code);
  check("whoever left a telephone waits in the queue", true);
  await screen("b-1-queue");
  check("no number is shown before it is dialled", !(await page.getByText("1400000").isVisible()));
  await dial(page);
  await page.getByText("14000001234").first().waitFor();
  await noted(page, { solved: "没解决", satisfied: "不满意", words: "换了还是不亮。" });
  await screen("b-2-call");
  await save(page, filed.code);
  check("the call is saved", true);
  const again = await as(page, `/incidents/${filed.id}`);
  check("what was not solved is opened again", again.round === 2, JSON.stringify({ round: again.round, state: again.state, attention: again.attention }));
  await open(page, stage.base, filed.id);
  await page.getByText("第 2 次办理").waitFor();
  await screen("b-3-again");
  await page.getByRole("button", { name: "深色" }).click();
  await page.getByRole("link", { name: "回访" }).click();
  await page.getByRole("heading", { name: "回访", level: 1 }).waitFor();
  await screen("b-4-dark");
  await page.getByRole("button", { name: "English" }).click();
  await screen("b-5-english");
}
