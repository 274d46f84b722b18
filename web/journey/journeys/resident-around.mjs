// What a resident sees without reporting, and in other clothes: an address in place of a position, notices, the public list and map, elder mode,
// English, dark; and "me too" when a neighbour has said it already.
import { tag } from "../ask.mjs";
import { phone } from "../browser.mjs";
import { bearsElders } from "../phone.mjs";
import { picture } from "../picture.mjs";
import { comes, rested, soon } from "../soon.mjs";
import { follow, post } from "../steps.mjs";

async function address({ page, screen }, { base, check }) {
  await page.goto(`${base}/m/`);
  await page.getByRole("button", { name: "按地址找" }).click();
  await page.locator(".found .line").first().waitFor();
  await screen("m-40-tree");
  await page.getByRole("searchbox").fill("同心家园 3 栋");
  await page.locator(".found .line").filter({ hasText: "3栋" }).first().click();
  await page.locator(".name").waitFor();
  check("an address finds the worker", await comes(page.getByText("打电话给").first()));
  await screen("m-41-by-address");
}

async function around({ page, screen }, { base, check }) {
  await page.getByRole("link", { name: "全部通知" }).click();
  await page.locator("details summary").first().click();
  await screen("m-42-notices");
  await page.goto(`${base}/m/`);
  await page.getByRole("link", { name: "看看身边在办的事" }).click();
  await page.getByText("正在办").first().waitFor();
  await page.getByRole("button", { name: "全区" }).click();
  await page.locator(".cases li").first().waitFor();
  await screen("m-43-around");
  await page.getByRole("button", { name: "在地图上看" }).click();
  await page.locator(".map canvas").first().waitFor();
  await rested(page.locator(".map").first());
  await screen("m-44-around-map");
  const shown = await page.locator(".cases").innerText();
  check("neither disputes nor welfare nor calls are public", !/求助键|联系不上|家里矛盾|说不拢|工资|急难|扶手/.test(shown), shown);
  await page.getByRole("button", { name: "再看一些" }).click();
  await page.locator(".cases li").nth(30).waitFor();
  check("the list reads on", true);
}

async function clothes({ page, screen }, { base, check }) {
  await page.goto(`${base}/m/`);
  await page.locator(".name").waitFor();
  await page.getByRole("button", { name: "长辈版" }).click();
  await page.getByRole("button", { name: "字大一点" }).waitFor();
  for (const step of ["字大一点", "字大一点", "字大一点"]) await page.getByRole("button", { name: step }).click();
  check("the size ends at 30 px", await soon(() => page.getByRole("button", { name: "字大一点" }).isDisabled()));
  await screen("m-45-elder-30");
  for (let i = 0; i < 6; i += 1) await page.getByRole("button", { name: "字小一点" }).click();
  await bearsElders(page, check, "home");
  for (let i = 0; i < 3; i += 1) await page.getByRole("button", { name: "字大一点" }).click();
  await screen("m-46-elder");
  await page.getByRole("link", { name: "我要上报" }).click();
  await screen("m-47-elder-report");
  await elders({ page, screen }, { base, check });
  await page.goto(`${base}/m/report`);
  await page.getByRole("button", { name: "标准版" }).click();
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("heading", { name: "Report a problem" }).waitFor();
  await screen("m-48-english-report");
  await page.getByRole("link", { name: "Home" }).click();
  await page.getByRole("heading", { name: "Who is my grid worker" }).waitFor();
  await screen("m-49-english");
  const own = () => page.locator("h1, h2, button:not([lang])").allInnerTexts().then((all) => all.join(" ").replace(/[一-鿿]+(街道|社区|网格|区)[一-鿿]*/g, ""));
  check("no Chinese sentence is left in the page's own words", await soon(async () => !/[一-鿿]{2,}/.test(await own())), await own());
}

/** Every page of a resident in elder mode, with what can be opened on it; the list and the map of what goes on are reached from the first one. */
async function elders({ page, screen }, { base, check }) {
  const judged = (name) => bearsElders(page, check, name);
  await page.getByLabel("是什么事？").fill(`楼道灯坏了，单元楼道里的灯不亮（${tag()}）`);
  await page.getByText("看起来是").waitFor();
  await page.getByRole("checkbox", { name: "想要回复" }).check();
  await page.locator("#phone").fill("140-0000-2051");
  await page.getByRole("button", { name: "按地址找" }).click();
  await page.locator(".found .line").first().waitFor();
  await judged("report with the kinds, the number and the addresses");
  await page.getByRole("searchbox").fill("同心家园 3 栋");
  await page.locator(".found .line").filter({ hasText: "3栋" }).first().click();
  await page.getByRole("button", { name: "在地图上点" }).click();
  await page.locator(".map canvas").first().waitFor();
  await judged("report with the map");
  await post(page);
  await judged("the receipt");
  await follow(page);
  await page.getByRole("button", { name: "分享进度" }).click();
  const link = page.locator("section[aria-labelledby=share] .link");
  await link.waitFor();
  await judged("the progress with its link");
  await screen("m-53-elder-track");
  await page.goto(await link.innerText());
  await page.getByRole("heading", { name: "每一步" }).waitFor();
  await judged("what was shared");
  await page.goto(`${base}/m/`);
  await page.getByRole("link", { name: "看看身边在办的事" }).click();
  await page.getByRole("button", { name: "在地图上看" }).click();
  await page.locator(".map canvas").first().waitFor();
  await page.locator(".cases li").first().waitFor();
  check("elder mode leads to the list and the map of what goes on", true);
  await judged("around with its map");
  await screen("m-54-elder-around");
  for (const [path, name] of [["notices", "notices"], ["lookup", "the look-up"], ["t/00000000000000000000000000", "a link that opens nothing"], ["s/nothing", "a share that ended"], ["nowhere", "a page that is none"]]) {
    await page.goto(`${base}/m/${path}`);
    await page.locator("h1").first().waitFor();
    await page.getByText("正在读取…").waitFor({ state: "detached" });
    await judged(name);
  }
}

/** Without leave for the position a photograph says where it was taken; and what is spoken stands in the form. */
async function withoutTyping({ base, check, meet, position: [lon, lat] }) {
  const resident = await meet({ viewport: phone });
  const { page, screen } = resident;
  // The browser of the journey has no ears: one that heard a sentence stands in, as a browser hands it over.
  await page.addInitScript(() => {
    const Heard = class {
      start() {
        setTimeout(() => {
          this.onresult?.({ resultIndex: 0, results: [{ isFinal: true, 0: { transcript: "二单元门口的台阶松了" } }] });
          this.onend?.();
        }, 200);
      }
      stop() { this.onend?.(); }
    };
    Object.assign(globalThis, { SpeechRecognition: Heard, webkitSpeechRecognition: Heard });
  });
  await page.goto(`${base}/m/report`);
  await page.getByRole("button", { name: "按一下，说给我听" }).click();
  await page.waitForFunction(() => document.getElementById("text").value.includes("台阶松了"));
  check("what was spoken stands in the form", (await page.getByLabel("是什么事？").inputValue()) === "二单元门口的台阶松了");
  await page.locator("input[type=file]").setInputFiles(await picture(page, "steps", [lon, lat]));
  await page.locator(".found").filter({ hasText: "网格" }).waitFor();
  check("the photograph says where, without leave for the position", true);
  await screen("m-52-spoken");
  // Once somebody has said another place, the photograph's is offered.
  await page.getByRole("button", { name: "在地图上点" }).click();
  await page.locator(".map canvas").first().waitFor();
  // A map takes a tap once it is drawn.
  const offered = page.getByRole("button", { name: "用照片里的位置" });
  await soon(async () => {
    await page.locator(".map canvas").first().click({ position: { x: 60, y: 60 } });
    return offered.waitFor({ timeout: 1_000 }).then(() => true, () => false);
  });
  await offered.click();
  await page.getByRole("button", { name: "用照片里的位置" }).waitFor({ state: "detached" });
  check("and its place is offered again", true);
}

async function meToo(stage) {
  const { base, check, position } = stage;
  const text = `路口井盖破了，车轮压过去会翻（${tag()}）`;
  const say = async ({ page }) => {
    await page.goto(`${base}/m/report`);
    await page.getByLabel("是什么事？").fill(text);
    await page.locator(".found strong").waitFor();
  };
  const first = await stage.meet({ viewport: phone, position });
  await say(first);
  await first.page.getByRole("button", { name: "提交", exact: true }).click();
  await first.page.getByRole("heading", { name: "收到了，谢谢您" }).waitFor();
  const code = (await first.page.locator(".code").innerText()).trim();
  const second = await stage.meet({ viewport: phone, position, scheme: "dark" });
  await say(second);
  await second.page.getByRole("button", { name: "我说的就是这件事" }).first().click();
  await second.screen("m-50-me-too-dark");
  await second.page.getByRole("button", { name: "提交", exact: true }).click();
  await second.page.getByRole("heading", { name: "收到了，谢谢您" }).waitFor();
  check("the neighbour joins the same case", (await second.page.locator(".code").innerText()).trim() === code);
  await second.page.getByRole("link", { name: "看办理进度" }).click();
  await second.page.getByText("共有 2 位居民反映").waitFor();
  await second.screen("m-51-joined-dark");
}

export async function run(stage) {
  const resident = await stage.meet({ viewport: phone });
  await address(resident, stage);
  await around(resident, stage);
  await clothes(resident, stage);
  await withoutTyping(stage);
  await meToo(stage);
}
