// Every form that opens over a page of the console: whose page it is on, where that stands, what opens it.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { as, mark, report, tag } from "./ask.mjs";
import { given } from "./desk.mjs";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const source = at("../src/faces/console");
const words = JSON.parse(readFileSync(at("../src/locales/zh/console.json"), "utf8"));

/** The files that show a form in a dialog: one that nobody opens here is a failure. */
export const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((it) => it.endsWith(".vue") && readFileSync(`${source}/${it}`, "utf8").includes("<DialogFrame")).map((it) => it.replaceAll("\\", "/")).sort();

/** `press` is the words of the button, `empty` that sending it as it opens is refused beside its fields, `page` the address, filled in by what `prepare` found. */
const set = (of, who, page, forms) => forms.map((it) => ({ of, who, page, ...it }));
export const dialogs = [
  ...set("setup/UnitPanel.vue", "system", (x) => `/setup/units?unit=${x.street}`, [{ press: "新设下级", empty: true }, { press: "修改信息" }, { press: "划转", empty: true }, { press: "撤销或合并" }, { press: "新设岗位", empty: true }]),
  ...set("setup/UnitPanel.vue", "system", (x) => `/setup/units?unit=${x.grid}`, [{ press: "安排人员", empty: true }]),
  ...set("setup/PeoplePage.vue", "system", () => "/setup/people", [{ press: "新增人员", empty: true }, { press: "登记请假", empty: true }]),
  ...set("setup/MatterForm.vue", "system", () => "/setup/catalogue", [{ press: "新增事项", empty: true }, { press: "修改", more: ["加一项：分段时限", "加一项：附加字段"] }]),
  ...set("setup/WebhooksPage.vue", "system", () => "/setup/webhooks", [{ press: "新增接收方", empty: true }]),
  ...set("account/AccountPage.vue", "dispatcher", () => "/account", [{ press: "新建令牌", empty: true }]),
  ...set("setup/AccountsPage.vue", "system", () => "/setup/accounts", [{ press: "新建账号", empty: true }]),
  ...set("setup/AccountsPage.vue", "security", (x) => `/setup/accounts?q=zhouyining&account=${x.account}`, [{ press: "授权", last: true, empty: true }]),
  ...set("setup/AccessPage.vue", "dispatcher", () => "/setup/access", [{ press: "起草一批", empty: true }, { press: "批准" }, ...["同意", "不同意"].flatMap((press) => [{ press, empty: true }, { press, last: true, empty: true }])]),
  ...set("setup/BurdensPage.vue", "supervisor", () => "/setup/burdens", [{ press: "通报", empty: true }, { press: "不成立", empty: true }]),
  ...set("setup/ReasonsPage.vue", "dispatcher", () => "/setup/reasons", [{ press: "新增原因", empty: true }, { press: "修改" }]),
  ...set("supervision/OrdersPage.vue", "supervisor", () => "/figures/orders", [{ press: "下达督办", empty: true }]),
  ...set("supervision/OrderPage.vue", "supervisor", (x) => `/figures/orders/${x.order}`, [{ press: "办结督办", empty: true }, { press: "解除督办", empty: true }]),
  ...set("supervision/ExclusionsPage.vue", "supervisor", () => "/figures/exclusions", [{ press: "申请剔除", empty: true }, { press: "同意剔除", empty: true }, { press: "不同意", empty: true }]),
  ...set("erasure/ErasuresPage.vue", "supervisor", () => "/erasures", [{ press: "同意删除", empty: true }, { press: "不同意", empty: true }]),
  ...set("publishing/NoticePage.vue", "dispatcher", (x) => `/notices/${x.notice}`, [{ press: "撤下", empty: true }]),
  ...set("publishing/NoticeForm.vue", "dispatcher", (x) => `/notices/${x.notice}`, [{ first: "修改", press: "保存修改" }]),
  ...set("whistles/RatingForm.vue", "dispatcher", () => "/whistles", [{ press: "销号评价" }, { press: "撤哨", empty: true }]),
  ...set("incidents/NameBox.vue", "dispatcher", () => "/cases?state=open", [{ press: "保存当前条件", empty: true }]),
  ...set("incidents/BulkBar.vue", "dispatcher", () => "/cases?state=open", [{ tick: 2, press: "批量督办", empty: true }, { tick: 2, press: "并成一件" }]),
];

/** The actions of a case that ask something, by the words of their buttons. */
export const asking = readFileSync(`${source}/incidents/actions.ts`, "utf8").split(/\n {2}\{/).flatMap((it) => {
  const key = /key: "(\w+)"/.exec(it)?.[1];
  return key && /\bfields:/.test(it) && words.act[key] ? [words.act[key]] : [];
});

/** An order for a case that is with a unit; answers with its id. */
export async function ordered(page) {
  const red = (await as(page, "/incidents?state=assigned,in_progress&limit=1")).items[0];
  await as(page, `/incidents/${red.id}/supervise`, { version: red.version, card: "yellow", reply_by: new Date(Date.now() + 86_400_000).toISOString(), words: "请今天处置。" });
  return (await as(page, "/supervisions?state=open&limit=1")).items[0].id;
}

/** What the forms of somebody want to be there, and what their addresses are filled in with. */
export async function prepare(who, one, stage) {
  const { page } = one;
  const first = async (path) => (await as(page, path)).items[0];
  if (who === "system") return { street: (await first("/units?kind=street&limit=1")).id, grid: (await first("/units?kind=grid&limit=1")).id };
  if (who === "security") return { account: (await first("/accounts?q=zhouyining")).id };
  if (who === "supervisor") {
    const desk = await stage.enter("dispatcher");
    const street = await stage.enter("street");
    await desk.page.getByRole("navigation").first().waitFor();
    await street.page.getByRole("navigation").first().waitFor();
    // Each waits for somebody else's word: a case to be left out of a rate, one to be erased, a burden.
    const filed = await report(stage, `想问问退休手续在哪里办（${tag()}）`);
    const over = await as(desk.page, `/incidents/${filed.id}`);
    await as(desk.page, `/incidents/${filed.id}/refuse`, { version: over.version, reason: "other_procedure", words: "不是网格的事，请到政务大厅。" });
    await as(desk.page, `/incidents/${filed.id}/erasure`, { reason: "反映人书面要求删除。" });
    const closed = await as(desk.page, "/incidents?state=closed&limit=1");
    await as(desk.page, "/reports/exclusions", { incident: closed.items[0].id, rate: "solved", reason: "同一件事重复上报。" });
    const department = (await as(street.page, "/units?kind=department&limit=1")).items[0];
    await as(street.page, "/burdens", { about: department.id, kind: "forms", words: "要求每天报两次表，和清单不符。" });
    await desk.end();
    await street.end();
    return { order: await ordered(page) };
  }
  if (who === "dispatcher") {
    await as(page, "/admission/lists", { name: `走查批次 ${mark()}`, reference: "走查" });
    const blown = await given(stage, page, `人行道地砖破损（${tag()}）`);
    const lead = (await as(page, "/units?q=市政设施养护中心")).items[0];
    await as(page, `/incidents/${blown.id}/whistle`, { units: [{ unit: lead.id, role: "lead" }], words: "请到现场会合。", minutes: 30 });
    return { notice: (await first("/publications/managed?limit=1")).id };
  }
  return {};
}

/** Opens a form as somebody would; answers with the button that opened it, to which the cursor goes back. */
export async function openOf(page, it) {
  if (it.tick) for (let n = 0; n < it.tick; n += 1) await page.locator("main input[type=checkbox]").nth(n).check();
  if (it.first) await page.getByRole("button", { name: it.first, exact: true }).first().click();
  const all = page.locator("main").getByRole("button", { name: it.press, exact: true });
  // A row has a button of the same name as the form beneath it, which comes when the row's question is answered.
  if (it.last) await all.nth(1).waitFor();
  const button = it.last ? all.last() : all.first();
  await button.waitFor();
  await button.click();
  return button;
}
