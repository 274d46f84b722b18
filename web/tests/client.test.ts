import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as calls from "@/api/calls";
import { makeToken } from "@/api/calls/account";
import { claimCall, desk, saveFilter } from "@/api/calls/desk";
import { publish } from "@/api/calls/publishing";
import { partnerAccept, partnerDone, partnerNote, share, unshare } from "@/api/calls/resident";
import { newWebhook, openAccount, setSetting } from "@/api/calls/setup";
import { putOwnPortrait } from "@/api/calls/worker";
import { under, useCsrf, whenLoggedOut } from "@/api/client";
import { forgetUnheard } from "@/api/lasting";
import { isProblem } from "@/api/problem";
import { uuidv7 } from "@/api/uuid";

const asked: Request[] = [];
let answers: (() => Response | Promise<Response>)[] = [];
const json = (status: number, body: unknown, headers: Record<string, string> = {}) => () =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": status < 400 ? "application/json" : "application/problem+json", ...headers } });
const silence = () => () => Promise.reject(new TypeError("failed to fetch"));

beforeEach(() => {
  asked.length = 0;
  vi.stubGlobal("fetch", (request: Request) => {
    asked.push(request.clone());
    return Promise.resolve((answers.shift() ?? json(500, {}))());
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  useCsrf(null);
  whenLoggedOut(() => undefined);
});

async function problemOf(call: Promise<unknown>) {
  const error = await call.then(() => null, (failed: unknown) => failed);
  if (!isProblem(error)) throw new Error("expected a problem");
  return error;
}

describe("the client", () => {
  it("reads without a key and without a token", async () => {
    useCsrf("secret");
    answers = [json(200, { items: [] })];
    await calls.incidents({ state: "assigned", limit: 50 });
    expect(asked[0]?.url).toContain("/api/v1/incidents?state=assigned&limit=50");
    expect(asked[0]?.headers.get("Idempotency-Key")).toBeNull();
    expect(asked[0]?.headers.get("X-CSRF-Token")).toBeNull();
  });

  it("sends a command with a key and the session's token", async () => {
    useCsrf("secret");
    answers = [json(200, {}), json(200, {})];
    await calls.act.close({ id: "a", version: 7 });
    await calls.act.close({ id: "a", version: 7 });
    const keys = asked.map((it) => it.headers.get("Idempotency-Key"));
    expect(keys[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(keys[0]).not.toBe(keys[1]);
    expect(asked[0]?.headers.get("X-CSRF-Token")).toBe("secret");
    expect(await asked[0]?.json()).toEqual({ version: 7 });
  });

  it("sends a report with the key of its draft", async () => {
    answers = [json(201, { id: "1", code: "C1", track: "t", duplicates: [] })];
    await calls.report({ text: "x" }, "draft-key-1");
    expect(asked[0]?.headers.get("Idempotency-Key")).toBe("draft-key-1");
  });

  it("sends a command that got no answer once more with the same key", async () => {
    answers = [silence(), json(201, { id: "1", code: "C1", track: "t", duplicates: [] })];
    const filed = await calls.report({ text: "x" }, "draft-key-2");
    expect(filed.code).toBe("C1");
    expect(asked.map((it) => it.headers.get("Idempotency-Key"))).toEqual(["draft-key-2", "draft-key-2"]);
    expect(await asked[1]?.json()).toEqual({ text: "x" });
  });

  it("lets every command outlive the page that is left, and sends one that was too large for that as usual", async () => {
    const kept: string[] = [];
    vi.stubGlobal("Request", class extends Request {
      constructor(of: Request | string, how?: RequestInit) {
        super(of, how);
        if (how?.keepalive) kept.push(this.method);
      }
    });
    window.dispatchEvent(new Event("pagehide"));
    answers = [silence(), () => new Response(null, { status: 204 })];
    await calls.logOut();
    window.dispatchEvent(new Event("pageshow"));
    expect([kept, asked.map((it) => it.method)]).toEqual([["DELETE"], ["DELETE", "DELETE"]]);
    expect(new Set(asked.map((it) => it.headers.get("Idempotency-Key"))).size).toBe(1);
  });

  it("says offline after the second silence", async () => {
    answers = [silence(), silence()];
    const problem = await problemOf(calls.report({ text: "x" }, "draft-key-3"));
    expect([problem.status, problem.code, asked.length]).toEqual([0, "offline", 2]);
  });

  it("sends a photograph as raw bytes", async () => {
    answers = [json(201, { id: "p", width: 1, height: 1 })];
    await calls.sendPhoto(new Blob([new Uint8Array([1, 2, 3])], { type: "image/jpeg" }));
    expect(asked[0]?.headers.get("content-type")).toBe("image/jpeg");
    expect(new Uint8Array(await asked[0]!.arrayBuffer())).toEqual(new Uint8Array([1, 2, 3]));
  });

  it("turns problem+json into a problem with fields and waiting time", async () => {
    answers = [json(429, { code: "too-many", params: { n: 5 }, fields: [{ field: "code", code: "required" }], request_id: "r1" }, { "retry-after": "30" })];
    const problem = await problemOf(calls.lookUp("C1", "0000"));
    expect(problem).toMatchObject({ status: 429, code: "too-many", params: { n: 5 }, requestId: "r1", retryAfter: 30, fields: [{ field: "code", code: "required" }] });
  });

  it("takes a proxy's page for what it is", async () => {
    answers = [() => new Response("<html>bad gateway</html>", { status: 502 })];
    expect(await problemOf(calls.district())).toMatchObject({ status: 502, code: "unknown", fields: [] });
  });

  it("tells the face when the session is gone", async () => {
    const told = vi.fn();
    whenLoggedOut(told);
    answers = [json(401, { code: "unauthenticated" })];
    await problemOf(calls.inbox());
    expect(told).toHaveBeenCalledOnce();
  });

  it("takes an empty answer", async () => {
    answers = [() => new Response(null, { status: 204 })];
    await expect(calls.logOut()).resolves.toBeUndefined();
  });
});

describe("a command that got no answer and is given again", () => {
  const of = (kind: "first" | "further", words: string) => desk.bulletin({ id: "c", version: 1 }, { kind, words });
  const [lost, done, fails] = [[silence(), silence()], json(200, {}), json(503, { code: "busy" })];
  const keys = () => asked.map((it) => it.headers.get("Idempotency-Key"));
  const same = () => new Set(keys()).size;
  beforeEach(() => forgetUnheard());

  it("is the same command: one key, however often it is given", async () => {
    answers = [...lost, fails, ...lost, done];
    for (let n = 0; n < 3; n += 1) await problemOf(of("first", "起火"));
    await of("first", "起火");
    expect([keys().length, same()]).toEqual([6, 1]);
  });
  const at = { id: "c", version: 1 };
  const acts: [name: string, act: () => Promise<unknown>][] = [
    ["an answered bell", () => desk.acknowledge(at, "")], ["a whistle", () => desk.whistle(at, { units: [], words: "请来" })], ["coming to one", () => desk.reportIn(at, "t", { note: "到了", photo_ids: [] })],
    ["raising a case", () => desk.raise(at, { urgency: "emergency", reason: "有人被困" })], ["a link for a partner", () => desk.link(at, "t", 7)], ["a saved filter", () => saveFilter({ name: "我的", query: {} } as never)],
    ["a notice", () => publish({ kind: "notice", title: "停水", text: "停水", unit: "S1" } as never)], ["a token", () => makeToken("大屏", 30)], ["an account", () => openAccount({ username: "wang", name: "王" })],
    ["a receiver", () => newWebhook({ name: "平台", url: "https://x.example", kinds: [] })], ["a setting", () => setSetting("district.hotlines", { value: [] as never, reason: "换号" })], ["ending every link", () => desk.unlink(at, "t")],
    ["a shared link of a resident", () => share("t")], ["a partner's taking on", () => partnerAccept("s")], ["a partner's note", () => partnerNote("s", "在路上", [])],
    ["a partner's result", () => partnerDone("s", { result: "solved", public_reply: "好了", note: "", photo_ids: [] })], ["a portrait", () => putOwnPortrait("p")],
  ];
  it.each(acts)("is one key for %s, and another one after its answer", async (_name, act) => {
    answers = [...lost, done, done];
    await problemOf(act());
    await act();
    await act();
    const [first, , again, next] = keys();
    expect([keys().length, again === first, next === first]).toEqual([4, true, false]);
  });
  it("is another one with other words, or to another thing", async () => {
    answers = [...lost, done, done, done];
    await problemOf(of("first", "起火"));
    await of("first", "起火，无人受伤");
    await of("further", "起火");
    await desk.bulletin({ id: "d", version: 1 }, { kind: "first", words: "起火" });
    expect([keys().length, same()]).toEqual([5, 4]);
  });
  it("is another one after an answer, be it yes or no", async () => {
    answers = [...lost, done, done, json(422, { code: "not-yours" }), done];
    await problemOf(of("further", "无变化"));
    await of("further", "无变化");
    await of("further", "无变化");
    await problemOf(of("further", "仍无变化"));
    await of("further", "仍无变化");
    const [first, again, heard, next, refused, anew] = keys();
    expect([again === first, heard === first, new Set([first, next, refused, anew]).size]).toEqual([true, true, 4]);
  });
  it("counts an answer that breaks off under way as none", async () => {
    const broken = () => new Response(new ReadableStream({ start: (it) => it.error(new TypeError("cut")) }), { status: 200, headers: { "content-type": "application/json" } });
    answers = [broken, broken, done];
    await problemOf(of("first", "起火"));
    await of("first", "起火");
    expect([keys().length, same()]).toEqual([3, 1]);
  });
  it("is another one once something else was done to the same thing, or an hour later", async () => {
    answers = [...lost, done, done, done, ...lost, done];
    await problemOf(share("t"));
    await desk.bulletin({ id: "d", version: 1 }, { kind: "first", words: "别的事" });
    await unshare("t");
    await share("t");
    expect(keys()[4]).not.toBe(keys()[0]);
    await problemOf(share("t"));
    const clock = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 3_600_001);
    await share("t");
    clock.mockRestore();
    expect(keys()[7]).not.toBe(keys()[5]);
  });
  it("is none that only asks, nor one that is a file", async () => {
    answers = [...lost, done, ...lost, done];
    await problemOf(claimCall("c"));
    await claimCall("c");
    await problemOf(calls.sendPhoto(new Blob(["a"], { type: "image/jpeg" })));
    await calls.sendPhoto(new Blob(["b"], { type: "image/jpeg" }));
    expect(same()).toBe(4);
  });
  it("keeps the key that it has of its own", async () => {
    answers = [...lost, done];
    await problemOf(under("own-key-1", () => of("first", "起火")));
    await of("first", "起火");
    expect([keys()[0], keys()[2] === keys()[0]]).toEqual(["own-key-1", false]);
  });
});

describe("uuidv7", () => {
  it("holds the instant, version and variant", () => {
    expect(uuidv7(0x0190_1234_5678, new Uint8Array(10).fill(0xff))).toBe("01901234-5678-7fff-bfff-ffffffffffff");
  });
  it("sorts by time", () => {
    expect(uuidv7(1_000) < uuidv7(1_001)).toBe(true);
  });
});
