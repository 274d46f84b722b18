import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { counts, district, logOut, session } from "@/api/calls";
import { page } from "@/api/calls/desk";
import { lease, pack } from "@/api/calls/worker";
import { first } from "@/faces/console/incidents/rows";
import { overHttp } from "@/faces/worker/offline/transport";
import { serve } from "./mounted";

const answers = {
  "GET /district": { body: { name: "d" } },
  "GET /session": { body: { permissions: ["incident.read"] } },
  "GET /incidents": { body: { items: [] } },
  "GET /incidents/counts": { body: { states: {} } },
  "GET /session/lease": { body: { key: "k" } },
  "GET /pack": { body: { cases: [] } },
};
const faces = { console: () => import("@/faces/console/early"), worker: () => import("@/faces/worker/early") };

/** Runs a face's early script as a page at `hash` does; answers with what was asked. */
async function early(hash: string, more: Parameters<typeof serve>[0] = {}, face: keyof typeof faces = "console") {
  location.hash = hash;
  const asked = serve({ ...answers, ...more });
  vi.resetModules();
  await faces[face]();
  await new Promise((done) => setTimeout(done, 20));
  return asked;
}
const paths = (asked: { path: string }[]) => asked.map((it) => it.path);

beforeEach(() => vi.spyOn(performance, "now").mockReturnValue(500));
afterEach(() => { vi.restoreAllMocks(); vi.unstubAllGlobals(); delete window.jingweiEarly; location.hash = ""; });

describe("what the console asks before its script has come", () => {
  it("is what the desk asks first, so that nothing is asked twice", async () => {
    const asked = await early("#/");
    expect(paths(asked)).toEqual(["/district", "/session", "/incidents", "/incidents/counts"]);
    await Promise.all([district(), session(), page({ limit: first }), counts({})]);
    expect(asked).toHaveLength(4);
  });
  it("is handed out once", async () => {
    const asked = await early("#/");
    await session();
    await session();
    expect(paths(asked).filter((it) => it === "/session")).toHaveLength(2);
  });
  it("is asked anew when it has grown old", async () => {
    const asked = await early("#/");
    vi.spyOn(performance, "now").mockReturnValue(11_000);
    await session();
    expect(paths(asked).filter((it) => it === "/session")).toHaveLength(2);
  });
  it("is no list for whoever may not see one, is not logged in, or goes elsewhere", async () => {
    expect(paths(await early("#/", { "GET /session": { body: { permissions: [] } } }))).toEqual(["/district", "/session"]);
    expect(paths(await early("#/", { "GET /session": { status: 401, body: { code: "logged-out" } } }))).toEqual(["/district", "/session"]);
    expect(paths(await early("#/figures/rates"))).toEqual(["/district", "/session"]);
  });
  it("is not what things are like after a command", async () => {
    const asked = await early("#/", { "DELETE /session": { body: {} } });
    await logOut();
    await session();
    expect(asked.filter((it) => it.method === "GET" && it.path === "/session")).toHaveLength(2);
  });
});

describe("what the worker's pages ask before their script has come", () => {
  const worker = { "GET /session": { body: { permissions: ["pack.read"] } } };
  const of = (hash: string, more: Parameters<typeof serve>[0] = worker) => early(hash, more, "worker");

  it("is what a phone asks that was never here, so that nothing is asked twice", async () => {
    const asked = await of("#/");
    expect(paths(asked)).toEqual(["/district", "/session", "/session/lease", "/pack"]);
    await Promise.all([district(), session(), lease(), pack({})]);
    expect(asked).toHaveLength(4);
  });
  it("is no pack where the pages are kept: what lies there says from when on it is asked for", async () => {
    vi.stubGlobal("navigator", Object.assign(Object.create(navigator) as Navigator, { serviceWorker: { controller: {} } }));
    expect(paths(await of("#/day"))).toEqual(["/district", "/session", "/session/lease"]);
  });
  it("is nothing of theirs for whoever comes by a link, is not logged in, has to enrol first, or carries no pack", async () => {
    expect(paths(await of("#/link/token"))).toEqual(["/district"]);
    expect(paths(await of("#/", { "GET /session": { status: 401, body: { code: "logged-out" } } }))).toEqual(["/district", "/session"]);
    expect(paths(await of("#/", { "GET /session": { body: { permissions: ["pack.read"], must_enrol: true } } }))).toEqual(["/district", "/session"]);
    expect(paths(await of("#/", { "GET /session": { body: { permissions: [] } } }))).toEqual(["/district", "/session", "/session/lease"]);
  });
  it("is asked anew once the outbox has sent something", async () => {
    const asked = await of("#/", { ...worker, "POST /day/entries": { status: 201, body: {} } });
    await overHttp.send({ method: "POST", path: "/day/entries", body: {}, key: "k" });
    await pack({});
    expect(paths(asked).filter((it) => it === "/pack")).toHaveLength(2);
  });
});
