// The phones' pages with everything open that can be opened on them: forms, maps, lists, ways. Each is judged in both languages, by day and by night, for
// fingers and for twice the type; then the way of a report by keyboard alone, and pages without motion for whoever wants none.
import { as, report, tag } from "../ask.mjs";
import { phone } from "../browser.mjs";
import { bears } from "../phone.mjs";
import { comes, rested, says, soonIn } from "../soon.mjs";
import { more, open, post, tab, takeOn, write } from "../steps.mjs";

async function resident(stage) {
  const { base, check, meet, position } = stage;
  const one = await meet({ viewport: phone, position });
  const { page } = one;
  const judged = (name) => bears(one, check, name);
  await page.goto(`${base}/m/`);
  await page.getByRole("button", { name: "用我现在的位置" }).click();
  await page.locator(".name").waitFor();
  await page.getByRole("button", { name: "看网格地图" }).click();
  await page.locator(".map canvas").first().waitFor();
  await page.locator("details summary").first().click();
  await judged("home with its map and a notice");
  await page.getByRole("link", { name: "我要上报" }).click();
  await write(page, `小区门口路灯不亮（${tag()}）`, "lamp");
  await page.getByRole("button", { name: "按地址找" }).click();
  await page.locator(".found .line").first().waitFor();
  await judged("report with the addresses");
  await page.getByRole("button", { name: "在地图上点" }).click();
  await page.locator(".map canvas").first().waitFor();
  await page.getByRole("checkbox", { name: "想要回复" }).check();
  await page.locator("#phone").fill("140-0000-2051");
  await page.getByText("看起来是").waitFor(); // The suggestion waits until the sentence rests.
  await judged("report with the map, the kinds and the number");
  await post(page);
  await judged("the receipt");
  await page.getByRole("link", { name: "看办理进度" }).click();
  await page.getByRole("button", { name: "分享进度" }).click();
  await page.locator("section[aria-labelledby=share] .link").waitFor();
  await judged("the progress with its shared link");
  await page.goto(`${base}/m/around`);
  await page.getByRole("button", { name: "在地图上看" }).click();
  await page.locator(".cases li").first().waitFor();
  await judged("around with its map");
  for (const [path, name] of [["notices", "notices"], ["lookup", "the look-up"], ["t/00000000000000000000000000", "a link that opens nothing"], ["s/nothing", "a share that ended"]]) {
    await page.goto(`${base}/m/${path}`);
    await page.locator("h1").first().waitFor();
    await page.getByText("正在读取…").waitFor({ state: "detached" });
    await judged(name);
  }
}

async function worker(stage) {
  const { base, check, enter, position } = stage;
  const text = `癸楼道灯不亮，晚上看不见（${tag()}）`;
  await report(stage, text, { phone: "140-0000-2052", name: "叶知秋" });
  const one = await enter("worker", { viewport: phone, position });
  const { page } = one;
  const judged = (name) => bears(one, check, name);
  await page.getByRole("link").filter({ hasText: text }).first().waitFor();
  await page.locator(".news").waitFor();
  check("what is new is counted at the door to it, and said", (await page.getByRole("navigation", { name: "主菜单" }).getByRole("link", { name: "我的", exact: true }).getAttribute("aria-describedby")) === "news");
  await judged("the inbox");
  await open(page, text);
  await page.getByRole("button", { name: "导航去" }).click();
  await page.getByRole("button", { name: "看位置" }).click();
  await page.locator(".map canvas").first().waitFor();
  await page.getByRole("button", { name: "显示" }).first().click();
  await page.getByRole("button", { name: "更多", exact: true }).click();
  await judged("a case with ways, map, purposes and the other actions");
  check("what is worse than it was reported can be said", await comes(page.getByRole("button", { name: "提高紧急程度" })));
  for (const action of ["退单", "提高紧急程度"]) {
    await page.getByRole("button", { name: action, exact: true }).click();
    check(`the form is under the eyes: ${action}`, await soonIn(page, () => document.activeElement?.tagName === "FORM" && document.activeElement.getBoundingClientRect().top < innerHeight));
    await page.getByRole("button", { name: "提交", exact: true }).click();
    await judged(`the form ${action}, refused`);
    await page.getByRole("button", { name: "先不办" }).click();
  }
  await takeOn(page);
  for (const action of ["申请延期", "请求升级", "问反映人"]) {
    await more(page, action);
    await judged(`the form ${action}`);
    await page.getByRole("button", { name: "先不办" }).click();
  }
  await page.getByRole("button", { name: "备注 / 拍照" }).click();
  await judged("the form of a note");
  await page.getByRole("button", { name: "先不办" }).click();
  await page.getByRole("button", { name: "办结" }).click();
  await page.getByRole("radio", { name: "列入计划" }).check();
  await judged("the form of the end, with a day");
  await page.getByRole("button", { name: "先不办" }).click();

  await tab(page, "上报");
  await page.getByText("已定位：").waitFor();
  check("the grid is named from the borders on the device", await says(page.locator(".found"), "网格"));
  await page.getByRole("switch", { name: "自办" }).click();
  await page.getByRole("switch", { name: "代办" }).click();
  await page.getByRole("button", { name: "新增孕妇" }).click();
  await page.getByRole("button", { name: "在地图上点" }).click();
  await page.locator(".map canvas").first().waitFor();
  await judged("a quick report with all that it can hold");
  await tab(page, "地图");
  await page.locator(".line .act").first().click();
  await page.locator("a.item").waitFor();
  await judged("the map with a case");
  await tab(page, "日志");
  await page.locator(".lines li").first().waitFor();
  await judged("the log of the day");
  for (const [path, heading, name] of [["meter", "我的填报负担", "the burden of forms"], ["burden", "减负举报", "a complaint"], ["handbook", "办事手册", "the handbook"], ["outbox", "待发送", "what waits"], ["me", "周以宁", "me"]]) {
    await page.goto(`${base}/w/#/${path}`);
    await page.getByRole("heading", { name: heading, level: 1 }).waitFor();
    if (path === "handbook") await page.locator("details").first().click();
    await page.getByText("正在读取…").waitFor({ state: "detached" });
    await judged(name);
  }
  await as(page, "/session", undefined);
  await page.getByRole("button", { name: "退出登录" }).click();
  await page.getByRole("heading", { name: "登录" }).waitFor();
  await page.getByRole("button", { name: "显示密码" }).click();
  await page.getByLabel("密码", { exact: true }).fill("看得见");
  check("the password can be read by whoever types it", (await page.getByLabel("密码", { exact: true }).getAttribute("type")) === "text");
  await judged("the log-in");
}

/** A report without a finger on the screen, and a page that stands still. */
async function keyboard({ base, check, meet, position }) {
  const one = await meet({ viewport: phone, position });
  const { page } = one;
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.goto(`${base}/m/`);
  await page.getByRole("heading", { name: "我的网格员是谁" }).waitFor();
  const reach = async (name, most = 25) => {
    for (let n = 0; n < most; n += 1) {
      await page.keyboard.press("Tab");
      if ((await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.labels?.[0]?.textContent ?? document.activeElement?.textContent ?? "")).includes(name)) return true;
    }
    return false;
  };
  check("the first stop leads past the head of the page", await reach("跳到", 1));
  check("the report is reached by keyboard", await reach("我要上报"));
  await page.keyboard.press("Enter");
  await page.getByLabel("是什么事？").waitFor();
  check("a new page stands the reader at its heading and names itself", await soonIn(page, () => document.activeElement?.tagName === "H1" && document.title.startsWith("我要上报")));
  check("the sentence is reached", await reach("是什么事？"));
  await page.keyboard.type(`花坛护栏倒了（${tag()}）`);
  check("the map is opened by keyboard", await reach("在地图上点"));
  await page.keyboard.press("Enter");
  await page.locator(".map canvas").first().waitFor();
  await rested(page.locator(".map").first());
  check("the map is reached", await reach("网格地图"));
  const before = await page.locator(".found strong").innerText();
  for (let n = 0; n < 12; n += 1) await page.keyboard.press("ArrowRight");
  await rested(page.locator(".map").first()); // It glides.
  await page.keyboard.press("Enter");
  await page.waitForFunction((was) => document.querySelector(".found strong")?.textContent !== was, before);
  check("the arrows and Enter set another place", true);
  check("and sent", await reach("提交", 40));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "收到了，谢谢您" }).waitFor();
  const moving = await page.evaluate(() => [...document.querySelectorAll("*")].filter((it) => { const { animationDuration, transitionDuration } = getComputedStyle(it); return [animationDuration, transitionDuration].some((all) => all.split(",").some((one) => Number.parseFloat(one) > 0.01)); }).length);
  check("nothing moves for whoever wants no motion", moving === 0, `${moving}`);
}

export async function run(stage) {
  await resident(stage);
  await worker(stage);
  await keyboard(stage);
}
