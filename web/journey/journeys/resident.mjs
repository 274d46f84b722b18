// A resident from the first tap to the second handling: who looks after me, report with a photograph in three taps, a question answered, the result
// rated, the matter opened again, and a link for the neighbours that shows no word of it.
import { phone } from "../browser.mjs";
import { bearsElders } from "../phone.mjs";
import { soon } from "../soon.mjs";
import { solve, staff } from "../staff.mjs";
import { countTaps, follow, judge, post, taps, write } from "../steps.mjs";

async function report({ page, screen }, { base, check, text }) {
  await page.goto(`${base}/m/`);
  await page.getByRole("heading", { name: "我的网格员是谁" }).waitFor();
  await screen("m-20-first");
  await page.getByRole("button", { name: "用我现在的位置" }).click();
  await page.locator(".name").waitFor();
  check("the worker has a name and a telephone", (await page.locator(".name").innerText()).length > 1 && (await page.locator(".number").first().innerText()).length > 5);
  await page.getByRole("button", { name: "看网格地图" }).click();
  await page.locator(".map canvas").first().waitFor();
  await page.locator("details summary").first().click();
  await screen("m-21-worker");
  await page.reload();
  await page.locator(".name").waitFor();
  check("the grid is remembered for the next visit", true);
  await countTaps(page); // Report, photograph, send.
  await page.getByRole("link", { name: "我要上报" }).click();
  await write(page, text, "before"); // Leave was given before, so the place is there by itself.
  await page.getByText("看起来是").waitFor(); // The suggestion waits until the sentence rests.
  check("the kind is suggested from the words", true);
  await screen("m-22-report");
  const code = await post(page);
  const counted = await taps(page);
  check("three taps and a sentence", counted.length > 0 && counted.length <= 3, counted.join(" | "));
  await screen("m-23-sent");
  await follow(page);
  await screen("m-24-track");
  return { code, track: page.url() };
}

async function question({ page, screen }, desk, { code, track }, check) {
  const seen = await desk.byCode(code);
  await desk.call("POST", `/incidents/${seen.id}/ask`, { question: "请问是几号楼几单元？" });
  await page.goto(track);
  await page.getByRole("heading", { name: "办理的人想问您" }).waitFor();
  await screen("m-25-question");
  await page.getByLabel("您的回答").fill("三号楼二单元");
  await page.getByRole("button", { name: "回答", exact: true }).click();
  await page.getByRole("heading", { name: "办理的人想问您" }).waitFor({ state: "detached" });
  check("the question is answered and the clock goes on", await soon(async () => !(await desk.byCode(code)).paused));
}

async function share({ page, screen }, stage, text) {
  await page.getByRole("button", { name: "分享进度" }).click();
  await page.locator("section[aria-labelledby=share] .link").waitFor();
  const link = await page.locator("section[aria-labelledby=share] .link").innerText();
  const neighbour = await stage.meet({ viewport: phone });
  await neighbour.page.goto(link);
  await neighbour.page.getByRole("heading", { name: "每一步" }).waitFor();
  const shown = await neighbour.page.locator("main").innerText();
  stage.check("the shared link shows no word of the reporter", !shown.includes(text.slice(0, 8)) && (await neighbour.page.locator("main img").count()) === 0, shown);
  await neighbour.screen("m-26-shared");
  await page.getByRole("button", { name: "停止分享" }).click();
  await page.getByText("已停止分享").waitFor();
  await neighbour.page.reload();
  await neighbour.page.getByText("分享的人停止了分享").waitFor();
  stage.check("what was shared is gone from the page", (await neighbour.page.getByRole("heading", { name: "每一步" }).count()) === 0);
  await neighbour.screen("m-27-shared-ended");
  stage.check("the link opens nothing once it is ended", true);
  await screen("m-28-track-shared");
}

async function rateAndReopen({ page, screen }, { track }, check) {
  await page.goto(track);
  await page.getByRole("form", { name: "请您评价" }).waitFor();
  await screen("m-29-answer");
  await page.getByRole("button", { name: "长辈版" }).click();
  await bearsElders(page, check, "the progress with the rating");
  await page.getByRole("button", { name: "标准版" }).click();
  await judge(page, { solved: "部分解决", satisfied: "基本满意", words: "灯亮了，还有点闪" });
  await screen("m-30-rated");
  await page.getByRole("button", { name: "请求再办一次" }).click();
  await page.getByLabel("哪里没有办好？").fill("又不亮了");
  await page.getByRole("button", { name: "请求再办", exact: true }).click();
  await page.getByText("这是第 2 次办理。").waitFor();
  check("a second handling begins", true);
  await screen("m-31-reopened");
}

export async function run(stage) {
  const { check, position, text } = stage;
  const resident = await stage.meet({ viewport: phone, position });
  const filed = await report(resident, stage);
  const [desk, worker, community] = [await staff(stage, "dispatcher"), await staff(stage, "worker"), await staff(stage, "community")];
  const seen = await desk.byCode(filed.code);
  if (seen.may.includes("accept")) await desk.call("POST", `/incidents/${seen.id}/accept`, {});
  const open = await desk.byCode(filed.code);
  if (open.state === "accepted") await desk.call("POST", `/incidents/${open.id}/dispatch`, {});
  await question(resident, desk, filed, check);
  await share(resident, stage, text);
  await solve([worker, community], filed.code, "已换好灯泡，物业每周检查一次。");
  await rateAndReopen(resident, filed, check);
}
