// @vitest-environment node
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { beforeEach, describe, expect, it } from "vitest";
import type { Case, Session } from "@/api/types";
import { ReadCache } from "@/faces/worker/offline/cache";
import { OfflineDb } from "@/faces/worker/offline/db";
import { Drafts } from "@/faces/worker/offline/drafts";
import { Outbox, type Transport } from "@/faces/worker/offline/outbox";
import { bringPictures, wantedPictures, type Wanted } from "@/faces/worker/offline/pictures";

const now = Date.parse("2026-03-14T02:00:00Z");
const at = (hours: number) => new Date(now + hours * 3_600_000).toISOString();
const lease = (session: string) => ({ session, key: btoa(session[0]!.repeat(32)), until: at(100) });
const who = { account: "a-1", name: "网格员", csrf: "t" } as Session;
const silent: Transport = { send: () => Promise.reject(new TypeError("no network")), upload: () => Promise.reject(new TypeError("no network")) };
let db: OfflineDb;
let cache: ReadCache;
beforeEach(async () => {
  db = new OfflineDb(`pictures-${Math.random()}`, { indexedDB: new IDBFactory(), IDBKeyRange });
  cache = new ReadCache(db, "a-1");
  await cache.lease(lease("s-1"), who);
});
const wanted = (...photos: string[]): Wanted[] => photos.map((photo) => ({ case: "c", photo }));
const loads = (size: number) => {
  const asked: string[] = [];
  return { asked, load: async ({ photo }: Wanted) => (asked.push(photo), new TextEncoder().encode(photo.padEnd(size, ".")).buffer as ArrayBuffer) };
};
const here = async () => [...(await cache.pictures()).keys()].sort();
const aCase = (id: string, due: number, more: object = {}) => ({
  id, state: "assigned", light: "green", yellow_at: null, red_at: null, paused: null, due_at: at(due), reported_at: at(-1), may: [],
  tasks: [{ id: `t${id}`, role: "lead", state: "accepted", to_me: true, due_at: at(due) }], photos: [{ id: `p${id}`, kind: "report" }], ...more,
}) as unknown as Case;

describe("the photographs of one's own open cases", () => {
  it("are wanted by the time left, then the newer first; never those of others or of what is closed", () => {
    const cases = [
      aCase("1", 30), aCase("2", 2), aCase("3", 30, { reported_at: at(-0.5) }), aCase("4", 1, { state: "closed" }),
      aCase("5", 1, { tasks: [{ id: "t5", role: "lead", state: "accepted", to_me: false, due_at: at(1) }] }),
    ];
    expect(wantedPictures(cases, now).map((it) => it.photo)).toEqual(["p2", "p3", "p1"]);
  });

  it("are sealed, load once, and stay within their room", async () => {
    const { asked, load } = loads(100);
    await bringPictures(cache, wanted("a", "b", "c"), load, 200);
    expect([await here(), asked]).toEqual([["a", "b"], ["a", "b"]]);
    expect((await (await cache.picture("a"))!.text()).slice(0, 2)).toBe("a.");
    expect(Buffer.from((await db.pictures.toArray())[0]!.sealed.data).toString("latin1")).not.toContain("....");
    // A more urgent one goes before those that are here; what is not wanted any more goes.
    await bringPictures(cache, wanted("z", "b", "a"), load, 200);
    expect([await here(), asked.slice(2)]).toEqual([["b", "z"], ["z"]]);
    await bringPictures(cache, wanted("b"), load, 200);
    expect(await here()).toEqual(["b"]);
  });

  it("go with the lease, open under no other, and do not come after its end", async () => {
    const { load } = loads(10);
    await bringPictures(cache, wanted("a"), load);
    await cache.lease(lease("t-2"), who);
    expect([await here(), await cache.picture("a")]).toEqual([[], null]);
    await bringPictures(cache, wanted("a"), async (it) => {
      await cache.wipe();
      return load(it);
    });
    expect(await db.pictures.count()).toBe(0);
    await cache.withoutLease();
    await bringPictures(cache, wanted("a"), load);
    expect(await db.pictures.count()).toBe(0);
  });

  it("make room on a full phone for what is written, never the other way round", async () => {
    const { load } = loads(10);
    const full = (table: { hook: (event: "creating", act: never) => void }) =>
      table.hook("creating", (() => { if (left > 0) { left -= 1; throw new DOMException("no room", "QuotaExceededError"); } }) as never);
    let left = 0;
    for (const table of [db.outbox, db.drafts, db.photos, db.pictures]) full(table as never);
    const box = new Outbox(db, "a-1", silent, () => now, () => 1);
    const drafts = new Drafts(db, "a-1", () => undefined, () => now);
    const writes = [
      () => box.add({ method: "POST", path: "/day/entries", body: {}, action: "day", title: "x" }),
      () => box.keepPhoto(new Blob(["own picture"])),
      () => (drafts.put("note", { text: "看过了" }), drafts.flush()),
    ];
    for (const write of writes) {
      await bringPictures(cache, wanted("a"), load);
      left = 1;
      await write();
      expect(await here()).toEqual([]);
    }
    expect([await db.outbox.count(), await db.photos.count(), await db.drafts.count()]).toEqual([1, 1, 1]);
    left = 1;
    await bringPictures(cache, wanted("a", "b"), load);
    expect([await here(), await db.outbox.count(), await db.drafts.count()]).toEqual([[], 1, 1]);
  });
});
