// A matter with limits on the way, in a grid whose results are signed: the worker reports a stage without network, hands his result up, the head of
// grids hands it back and signs the next, all of it on the phone.
import { as, report, tag } from "../ask.mjs";
import { phone } from "../browser.mjs";
import { bears } from "../phone.mjs";
import { comes, says, soon } from "../soon.mjs";
import { cutOff, end, handIn, more, takeOn, waiting } from "../steps.mjs";

const matter = "走查分段事项";
const line = `level1,level2,level3,access_class,lead_unit,accept_limit,handle_limit,limit_unit,stages,verify\n走查大类,走查小类,${matter},基本,属地网格,1,80,工作时,停工:4工作时;拆除:7工作日,desk\n`;
const offered = (page, name) => page.getByRole("button", { name, exact: true });

/** A case of that matter in the hands of the worker. */
async function prepared({ enter, ...stage }, system, words) {
  await as(system.page, "/catalogue/import", { name: "catalogue.csv", content: line, map: {}, dry_run: false, retire_missing: false });
  const { id } = (await as(system.page, "/catalogue")).items.find((it) => it.level3 === matter);
  const filed = await report(stage, words);
  const desk = await enter("dispatcher");
  await desk.page.getByRole("navigation", { name: "工作区" }).waitFor();
  const read = () => as(desk.page, `/incidents/${filed.id}`);
  if ((await read()).matter?.id !== id) await as(desk.page, `/incidents/${filed.id}/correct`, { version: (await read()).version, matter: id });
  if ((await read()).may.includes("accept")) await as(desk.page, `/incidents/${filed.id}/accept`, { version: (await read()).version });
  if (!(await read()).tasks.some((it) => it.state === "offered")) await as(desk.page, `/incidents/${filed.id}/dispatch`, { version: (await read()).version });
  await desk.end();
  return { id, filed };
}

export async function run(stage) {
  const { base, check, enter, position } = stage;
  const words = `这里请来看看怎么回事（${tag()}）`;
  const system = await enter("system");
  await system.page.getByRole("navigation", { name: "工作区" }).waitFor();
  const { id, filed } = await prepared(stage, system, words);
  const worker = await enter("worker", { viewport: phone, position });
  const { page, screen } = worker;
  await page.goto(`${base}/w/#/case/${filed.id}`);
  await page.getByRole("heading", { name: words }).waitFor();
  const grid = (await as(page, `/incidents/${filed.id}`)).grid.code;
  await as(system.page, "/settings/incidents.sign_off", { value: { kinds: [], units: [grid] }, reason: "走查：本网格的办理结果要签发" }, "PUT");
  try {
    await takeOn(page);
    await page.getByText(/“停工”应在 .* 前完成/).waitFor();
    check("the limits on the way stand with the case", await comes(page.getByText(/“拆除”应在 .* 前完成/)));
    await cutOff(page);
    await more(page, "阶段完成");
    await page.getByRole("radio", { name: /停工/ }).check();
    await page.getByLabel("做了什么（可不填）").fill("已劝停，工人离场。");
    await screen("ws-01-stage");
    await page.getByRole("button", { name: "提交", exact: true }).click();
    await waiting(page, 1);
    check("what was reported is not asked for again, without network", await soon(async () => (await page.getByText(/“停工”应在/).count()) === 0));
    await page.context().setOffline(false);
    await waiting(page, 0);
    await page.getByText("“停工”已完成：已劝停，工人离场。").waitFor();
    check("the stage is in the history", (await as(page, `/incidents/${filed.id}`)).steps.some((it) => it.spoken?.kind === "stage_done"));
    await more(page, "阶段完成");
    await bears(worker, check, "the form of a stage");
    await page.getByRole("button", { name: "先不办" }).click();

    const finish = async (reply) => {
      await end(page, reply, "after");
      await handIn(page, "提交办结");
      await page.getByRole("heading", { name: "已送签，签发后才算办结" }).waitFor();
    };
    await finish("棚子已拆。");
    check("a result that waits for its signature says so to whoever wrote it", await comes(page.getByText("棚子已拆。").first()));
    await screen("ws-02-handed-up");

    const head = await enter("head", { viewport: phone, position });
    await head.page.goto(`${base}/w/`);
    const item = head.page.getByRole("link").filter({ hasText: words }).first();
    await item.waitFor();
    check("it stands in the inbox of whoever signs", await says(item, "待签发"));
    await item.click();
    await head.page.getByRole("heading", { name: "待您签发" }).waitFor();
    await head.screen("ws-03-to-sign");
    await offered(head.page, "签发").click();
    await head.page.getByRole("radio", { name: "退回修改" }).check();
    await head.page.getByRole("button", { name: "提交", exact: true }).click();
    await head.page.getByText("请写一句话。").waitFor();
    await bears(head, check, "the form of a signature, refused");
    await head.page.getByLabel("要改什么").fill("写明拆了多少平方米。");
    await handIn(head.page);
    check("handed back, it is the handler's again", (await as(head.page, `/incidents/${filed.id}`)).tasks.some((it) => it.role === "lead" && it.state === "accepted"));

    await page.reload();
    await page.getByText("写明拆了多少平方米。").waitFor();
    await finish("棚子已拆，约 12 平方米。");
    await head.page.reload();
    await head.page.getByText("棚子已拆，约 12 平方米。").first().waitFor();
    await cutOff(head.page);
    await offered(head.page, "签发").click();
    await head.page.getByRole("radio", { name: "签发" }).check();
    await head.screen("ws-04-sign");
    await head.page.getByRole("button", { name: "提交", exact: true }).click();
    await waiting(head.page, 1);
    check("signed without network, it is gone from the signer's hands", await soon(async () => (await head.page.getByRole("heading", { name: "待您签发" }).count()) === 0));
    await head.page.context().setOffline(false);
    await waiting(head.page, 0);
    const now = await as(head.page, `/incidents/${filed.id}`);
    check("signed, the case is resolved, and its words go to the reporter", ["resolved", "verified", "closed"].includes(now.state) && now.public_reply === "棚子已拆，约 12 平方米。", `${now.state} ${now.public_reply}`);
    await bears(worker, check, "a case with its history");
    await screen("ws-05-signed");
  } finally {
    await as(system.page, "/settings/incidents.sign_off", {}, "DELETE");
    const { version } = (await as(system.page, "/catalogue")).items.find((it) => it.id === id);
    await as(system.page, `/catalogue/${id}/retire`, { version });
  }
}
