// The last two stories of the tour: supervision from a red figure to an order on paper, the weekly report with its denominators; and the notice
// board of a grid, whose square code opens the live page, and a vacancy, with who stands in for it.
import { phone } from "../browser.mjs";
import { comes, says, soon } from "../soon.mjs";
import { board } from "../steps.mjs";
import { redToOrder, tabs, weekly } from "../supervise.mjs";

async function supervision(stage) {
  const { check, enter } = stage;
  const supervisor = await enter("supervisor");
  await redToOrder(supervisor, stage, "t-61");
  const rate = await weekly(supervisor, "t-62");
  for (const name of ["按期处置率", "满意率"]) {
    const row = await rate(name);
    check(`the weekly report says ${name} with its denominator`, /\d+ \/ \d+/.test(row), row);
  }
  const heads = await supervisor.page.getByRole("row").filter({ hasText: "上报" }).first().innerText();
  check("and how many were reported, how many valid, how many late", ["上报", "有效", "超期"].every((it) => heads.includes(it)), heads);
  await tabs(supervisor.page).getByRole("link", { name: "现在的灯" }).click();
}

async function notice(stage) {
  const { base, check, enter, meet } = stage;
  const head = await enter("head");
  const { page, screen } = head;
  await page.goto(`${base}/w/`);
  await page.getByRole("heading", { name: "待办", level: 1 }).waitFor();
  await page.getByRole("link", { name: "我的", exact: true }).click();
  await page.getByRole("link", { name: "去工作台" }).click();
  await page.getByRole("navigation", { name: "工作区" }).waitFor();
  await board(page, base, "柳荫社区第三网格");
  check("the board shows who works there", await comes(page.locator(".people").getByText("周以宁").first()));
  await page.emulateMedia({ media: "print" });
  check("and prints without buttons", !(await page.getByRole("button", { name: /打印/ }).isVisible()));
  await screen("t-71-paper");
  await page.emulateMedia({ media: "screen" });
  const link = (await page.locator(".board .link").innerText()).trim();
  check("the square code says the same", await soon(async () => (await page.locator("img.code").getAttribute("alt")).includes(link)), link);

  const resident = await meet({ viewport: phone, scheme: "dark" });
  await resident.page.goto(link);
  await resident.page.locator(".name").waitFor();
  check("the square code opens the live page of that grid", (await says(resident.page.locator(".name"), /^周以宁$/)) && (await comes(resident.page.getByText("柳荫社区第三网格").first())));
  await resident.screen("t-72-live");
  await resident.page.getByRole("link", { name: "全部通知" }).click();
  await resident.page.getByText("柳荫第三网格责任人员更新").waitFor();
  check("with what is published there", true);

  // The vacancy is said on the board; the live page names whoever is responsible meanwhile, and does not take the place of one's own grid.
  const community = await enter("yiling");
  await community.page.getByRole("navigation", { name: "工作区" }).waitFor();
  await board(community.page, base, "桥东社区第二网格");
  check("a vacancy stands on the board", await comes(community.page.locator(".people").getByText("空缺").first()));
  const vacant = (await community.page.locator(".board .link").innerText()).trim();
  await community.screen("t-73-vacant-board");
  await resident.page.goto(vacant);
  await resident.page.getByText("您扫的是桥东社区第二网格公示牌上的码").waitFor();
  const away = resident.page.locator(".away");
  await away.waitFor();
  check("the live page says that the post is vacant, who looks after it meanwhile, and whom to call", (await says(away, "钱榆")) && (await comes(resident.page.getByText("打电话给桥东社区").first())), await away.innerText());
  await resident.screen("t-74-vacant-live");
  await resident.page.getByRole("button", { name: "看我自己的网格" }).click();
  await resident.page.locator(".name").waitFor();
  check("one's own grid was not forgotten", await says(resident.page.locator(".name"), /^周以宁$/));
}

export async function run(stage) {
  await supervision(stage);
  await notice(stage);
}
