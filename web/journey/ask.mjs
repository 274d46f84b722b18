// What a journey needs done that is not its own subject: asked of the server, as the person of a page or as a resident.
import { randomUUID } from "node:crypto";

/** A resident's report without a page; answers with its receipt. */
export async function report(stage, text, more = {}) {
  const [lon, lat] = stage.position;
  const answer = await fetch(`${stage.base}/api/v1/reports`, {
    method: "POST", headers: { "content-type": "application/json", "idempotency-key": randomUUID() }, body: JSON.stringify({ text, lon, lat, ...more }),
  });
  if (!answer.ok) throw new Error(`the report was not taken: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Asks or commands as whoever is logged in on a page. */
export async function as(page, path, body, method = "POST") {
  const reply = await page.evaluate(async ([path, body, key, method]) => {
    const { csrf } = await (await fetch("/api/v1/session")).json();
    const headers = { "content-type": "application/json", "x-csrf-token": csrf, "idempotency-key": key };
    const answer = await fetch(`/api/v1${path}`, body === undefined ? {} : { method, headers, body: JSON.stringify(body) });
    return { status: answer.status, json: await answer.json().catch(() => null) };
  }, [path, body, randomUUID(), method]);
  if (reply.status >= 300) throw new Error(`${path}: ${reply.status} ${JSON.stringify(reply.json)}`);
  return reply.json;
}

const used = new Set();
/** Five digits that no other text of this run has: always five, so that none is found within another. */
export function mark() {
  let n = Date.now() % 90_000;
  while (used.has(n)) n = (n + 1) % 90_000;
  used.add(n);
  return String(10_000 + n);
}
export const tag = () => `走查 ${mark()}`;
const unclear = [
  "楼道晚上黑得很，请来看看", "夜里上楼什么也瞧不清，麻烦来个人", "楼道黑，垃圾没人收，车也乱停，请来看看", "灯不亮，水也漏，东西堆着没人管", "晚上黑，楼上吵，树枝也挡路",
  "楼里灯坏了，墙上乱贴，电梯也停了，管管吧", "路灯楼道灯都不亮，路上还有坑",
];
/** A new case of which the program is not sure what it is about, and that `holds`. It learns from every correction, so what it is unsure of is found by trying. */
export async function unsure(stage, page, mark, holds = () => true) {
  for (const words of unclear) {
    const filed = await report(stage, `${words}（${mark}）`);
    const one = await as(page, `/incidents/${filed.id}`);
    if (one.state === "received" && one.matter && one.attention.includes("low-confidence") && holds(one)) return { ...filed, words };
  }
  throw new Error("the program is sure of everything");
}
