import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { counts, district, session } from "@/api/calls";
import { page } from "@/api/calls/desk";
import { first } from "@/faces/console/incidents/rows";
import { serve } from "./mounted";

const answers = {
  "GET /district": { body: { name: "d" } },
  "GET /session": { body: { permissions: ["incident.read"] } },
  "GET /incidents": { body: { items: [] } },
  "GET /incidents/counts": { body: { states: {} } },
};

/** Runs the early script as a page at `hash` does; answers with what was asked. */
async function early(hash: string, more: Parameters<typeof serve>[0] = {}) {
  location.hash = hash;
  const asked = serve({ ...answers, ...more });
  vi.resetModules();
  await import("@/faces/console/early");
  await new Promise((done) => setTimeout(done, 20));
  return asked;
}
const paths = (asked: { path: string }[]) => asked.map((it) => it.path);

describe("what the console asks before its script has come", () => {
  beforeEach(() => vi.spyOn(performance, "now").mockReturnValue(500));
  afterEach(() => { vi.restoreAllMocks(); vi.unstubAllGlobals(); delete window.jingweiEarly; location.hash = ""; });

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
});
