// @vitest-environment node
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { describe, expect, it } from "vitest";
import { leaseHolder, ReadCache } from "@/faces/worker/offline/cache";
import { isFull, OfflineDb } from "@/faces/worker/offline/db";
import { Outbox, photosIn, type Answer, type NewCommand, type Transport } from "@/faces/worker/offline/outbox";
import type { Session } from "@/api/types";
import { momentOf, takenAt } from "@/shared/photos/exif";
import { stamped } from "@/shared/photos/stamp";

type Sent = Parameters<Transport["send"]>[0];
const problem = (status: number, code: string): Answer => ({ status, body: { code, params: {}, fields: [] } });

/** A device with a server that answers what it is told to. */
function device(answers: (sent: Sent, nth: number) => Answer | Error) {
  const db = new OfflineDb(`device-${Math.random()}`, { indexedDB: new IDBFactory(), IDBKeyRange });
  const asked: Sent[] = [];
  const uploads: string[] = [];
  const clock = { now: 1_760_000_000_000 };
  const transport: Transport = {
    send: async (sent) => {
      asked.push(sent);
      const answer = answers(sent, asked.length);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    upload: async (_, hash) => {
      uploads.push(hash);
      return { status: 201, body: { id: `file-${uploads.length}` } };
    },
  };
  const outbox = (account = "a-1") => new Outbox(db, account, transport, () => clock.now, () => 1);
  return { db, asked, uploads, clock, outbox };
}
const note = (more: Partial<NewCommand> = {}): NewCommand => ({ method: "POST", path: "/incidents/c-1/note", body: { text: "看过了" }, subject: "c-1", action: "note", title: "楼道灯", ...more });
const states = async (outbox: Outbox) => (await outbox.list()).map((it) => it.state);

describe("an outbox", () => {
  it("keeps what was typed sealed, and only for its author", async () => {
    const { db, outbox } = device(() => new Error("no network"));
    await outbox().add(note({ body: { text: "欧阳栖梧家漏水" } }));
    await outbox().keepPhoto(new Blob(["a face at a window"]));
    const [row] = await db.outbox.toArray();
    const stored = [row!.sealed.data, (await db.photos.toArray())[0]!.sealed.data].map((it) => Buffer.from(it).toString("latin1")).join();
    expect(stored).not.toContain(Buffer.from("欧阳", "utf8").toString("latin1"));
    expect(stored).not.toContain("window");
    expect((await db.keys.toArray())[0]!.key.extractable).toBe(false);
    expect([(await outbox("a-2").list()).length, await outbox("a-2").strangers()]).toEqual([0, 1]);
    // Another row's content in its place does not open: it is shown as unreadable, parked, and holds up nothing.
    const second = await outbox().add(note());
    await db.outbox.put({ ...row!, sealed: (await db.outbox.get({ id: second }))!.sealed });
    expect((await outbox().list()).map((it) => it.action)).toEqual(["unreadable", "note"]);
  });

  it("tries once more where the network came back while a try was still waited for", async () => {
    let back: Promise<unknown> | null = null;
    const { outbox, asked } = device((_, nth) => {
      if (nth > 1) return { status: 200, body: {} };
      back = box.flush();
      return new Error("no network");
    });
    const box = outbox();
    await box.add(note());
    await box.flush();
    await back;
    expect([asked.length, await states(box)]).toEqual([2, []]);
  });

  it("sends a bad record once, parks a poison one, and lets the others pass", async () => {
    const { outbox, asked, clock } = device(({ body }) => (body.text === "bad" ? problem(422, "not-in-this-state") : body.text === "poison" ? problem(500, "internal") : { status: 200, body: {} }));
    const box = outbox();
    for (const text of ["bad", "poison", "good"]) await box.add(note({ body: { text }, subject: `c-${text}` }));
    await box.flush();
    expect(await states(box)).toEqual(["failed", "waiting"]);
    for (let round = 0; round < 12; round += 1) {
      clock.now += 400_000;
      await box.flush();
    }
    expect(await states(box)).toEqual(["failed", "parked"]);
    expect(asked.filter((it) => it.body.text === "poison")).toHaveLength(8);
    expect(asked.filter((it) => it.body.text === "bad")).toHaveLength(1);
  });

  it("sends what waits from a device that has no room left, and repeats nothing for ever", { timeout: 20_000 }, async () => {
    const { outbox, asked, db, clock } = device(({ body }) => (body.text === "stale" ? problem(409, "stale") : body.text === "bad" ? problem(422, "not-in-this-state") : body.text === "down" ? problem(503, "busy") : { status: 200, body: {} }));
    const box = outbox();
    const photo = await box.keepPhoto(new Blob(["picture"]));
    for (const text of ["stale", "bad", "down", "good"]) await box.add(note({ body: { text, photo_ids: text === "good" ? [photo] : [] }, subject: `c-${text}`, version: 3 }));
    // From now on nothing more can be written; taking away is possible.
    let full = true;
    const refuse = () => { if (full) throw new DOMException("no room", "QuotaExceededError"); };
    for (const table of [db.outbox, db.sent, db.photos]) (["creating", "updating"] as const).forEach((event) => table.hook(event as "creating", refuse as never));
    await box.flush();
    expect(await states(box)).toEqual(["waiting", "waiting", "waiting"]);
    expect(asked.map((it) => it.body.text)).toEqual(["stale", "bad", "down", "good"]);
    // With room again each comes to its end.
    full = false;
    clock.now += 400_000;
    await box.flush();
    expect(await states(box)).toEqual(["conflict", "failed", "waiting"]);
  });

  it("asks a conflict once more with the same key, since a lost answer may have been a yes", async () => {
    const yes = device((_, nth) => (nth === 1 ? problem(409, "stale") : { status: 200, body: {} }));
    await yes.outbox().add(note({ version: 3 }));
    await yes.outbox().flush();
    expect([yes.asked.length, yes.asked[0]!.key === yes.asked[1]!.key, await states(yes.outbox())]).toEqual([2, true, []]);
    const no = device(() => problem(409, "stale"));
    const box = no.outbox();
    const id = await box.add(note({ version: 3 }));
    await box.flush();
    expect([await states(box), no.asked.length]).toEqual([["conflict"], 2]);
    await box.keepMine(id, 5);
    await box.flush();
    expect([no.asked[2]!.body.version, no.asked[2]!.key === id]).toEqual([5, false]);
  });

  it("raises the version of later commands past its own steps, never past another's", async () => {
    const answered = (by: string[]) => ({ status: 200, body: { id: "c-1", version: by.length, steps: by.map((it) => ({ by: it })), tasks: [] } });
    for (const [steps, then] of [[["other", "me", "program"], 3], [["other", "other", "me"], 1]] as const) {
      const { outbox, asked } = device((_, nth) => (nth === 1 ? answered([...steps]) : { status: 200, body: {} }));
      const box = outbox();
      await box.add(note({ version: 1 }));
      await box.add(note({ version: 1, path: "/incidents/c-1/tasks/t/done" }));
      await box.flush();
      expect(asked[1]!.body.version).toBe(then);
    }
  });

  it("waits for the report that makes its case, and goes with it when that is let go", async () => {
    const { outbox, asked, clock } = device(({ path }) => (path === "/incidents" ? problem(503, "busy") : { status: 200, body: {} }));
    const box = outbox();
    await box.add({ ...note(), id: "r-1", path: "/incidents", subject: "r-1", makes: true, action: "report" });
    await box.add(note({ subject: "r-1", path: "/incidents/r-1/note" }));
    await box.flush();
    expect(asked.map((it) => it.path)).toEqual(["/incidents"]);
    await box.drop("r-1");
    expect(await states(box)).toEqual(["dropped", "dropped"]);
    await box.undrop("r-1");
    expect(await states(box)).toEqual(["waiting", "waiting"]);
    await box.drop("r-1");
    clock.now += 11_000;
    await box.flush();
    expect(await states(box)).toEqual([]);
  });

  it("goes without a photograph that is not here any more, and with those that are", async () => {
    const { outbox, asked, db } = device(() => ({ status: 200, body: {} }));
    const box = outbox();
    const [lost, here] = [await box.keepPhoto(new Blob(["lost"])), await box.keepPhoto(new Blob(["here"]))];
    const id = await box.add(note({ body: { text: "看过了", photo_ids: [lost, here], solved: { photo_ids: [lost] } } }));
    await db.photos.delete(["a-1", lost.slice(6)]);
    await box.flush();
    expect((await box.list()).map((it) => [it.state, it.problem?.code])).toEqual([["failed", "photo-gone"]]);
    await box.withoutLostPhotos(id);
    await box.flush();
    expect([asked.map((it) => it.body), await states(box)]).toEqual([[{ text: "看过了", photo_ids: ["file-1"], solved: { photo_ids: [] } }], []]);
  });

  it("stops at an ended session and loses nothing by it", async () => {
    let known = false;
    const { outbox, asked } = device(() => (known ? { status: 200, body: {} } : problem(401, "unauthenticated")));
    await outbox().add(note());
    await outbox().add(note({ subject: "c-2" }));
    expect((await outbox().flush()).loggedOut).toBe(true);
    expect(asked).toHaveLength(1);
    known = true;
    expect((await outbox().flush()).sent).toHaveLength(2);
  });

  it("sends each photograph once, under its hash, and again when the server forgot it", async () => {
    const gone: Answer = { status: 400, body: { code: "invalid", fields: [{ field: "photo_ids[0]", code: "unknown" }] } };
    const { outbox, asked, uploads, db } = device((_, nth) => (nth === 1 ? new Error("lost") : nth === 2 ? gone : { status: 200, body: {} }));
    const box = outbox();
    const photo = await box.keepPhoto(new Blob(["picture"]));
    expect(await (await box.photo(photo))!.text()).toBe("picture");
    await box.add(note({ body: { text: "x", solved: { photo_ids: [photo] } } }));
    await box.flush();
    expect([uploads.length, asked.length]).toEqual([1, 1]);
    await box.flush();
    expect([uploads.length, uploads[0] === photosIn([photo])[0], (asked[2]!.body.solved as { photo_ids: string[] }).photo_ids]).toEqual([2, true, ["file-2"]]);
    expect([await states(box), await db.photos.count()]).toEqual([[], 0]);
  });

  it("promises nothing on a full device, and keeps what it has", async () => {
    const { outbox, db } = device(() => new Error("no network"));
    const box = outbox();
    await box.add(note());
    db.outbox.hook("creating", () => { throw Object.assign(new Error("full"), { name: "QuotaExceededError" }); });
    const refused = await box.add(note({ subject: "c-2" })).catch((error: unknown) => error);
    expect(isFull(refused)).toBe(true);
    expect(await states(box)).toEqual(["waiting"]);
  });
});

describe("the read cache", () => {
  const who = { account: "a-1", name: "网格员", csrf: "token", permissions: [] } as unknown as Session;
  const lease = (session: string) => ({ session, key: btoa(session.padEnd(32, "k")), until: new Date(2_000_000_000_000).toISOString() });

  it("opens with the lease alone, and goes with it", async () => {
    const db = new OfflineDb(`cache-${Math.random()}`, { indexedDB: new IDBFactory(), IDBKeyRange });
    const cache = new ReadCache(db, "a-1");
    await cache.lease(lease("s-1"), who);
    await cache.put({ "case:1": { title: "欧阳栖梧家漏水" } });
    expect(JSON.stringify((await db.cache.toArray()).map((it) => [...new Uint8Array(it.sealed.data)]))).not.toContain("漏");
    const later = new ReadCache(db, "a-1");
    expect([await leaseHolder(db, 1_900_000_000_000), (await later.resume(1_900_000_000_000))?.csrf]).toEqual(["a-1", ""]);
    expect([...(await later.all())]).toEqual([["case:1", { title: "欧阳栖梧家漏水" }]]);
    // Past its end there is neither key nor record.
    expect([await leaseHolder(db, 2_100_000_000_000), await new ReadCache(db, "a-1").resume(2_100_000_000_000), await db.cache.count(), await db.leases.count()]).toEqual([null, null, 0, 0]);
  });

  it("forgets what another session sealed, and keeps nothing without a lease", async () => {
    const db = new OfflineDb(`cache-${Math.random()}`, { indexedDB: new IDBFactory(), IDBKeyRange });
    const cache = new ReadCache(db, "a-1");
    await cache.lease(lease("s-1"), who);
    await cache.put({ "case:1": {} });
    await cache.lease(lease("s-2"), who);
    expect(await db.cache.count()).toBe(0);
    await cache.withoutLease();
    await cache.put({ "case:1": {} });
    expect([await db.cache.count(), await db.leases.count()]).toEqual([0, 0]);
  });
});

describe("a photograph's stamp", () => {
  const jpeg = new Blob([new Uint8Array([0xff, 0xd8, 0xff, 0xdb, 0, 4, 1, 2, 0xff, 0xd9])], { type: "image/jpeg" });
  it("carries place and moment over the drawing anew", async () => {
    const bytes = await (await stamped(jpeg, { lon: 104.25, lat: -30.5 }, { at: "2026:03:14 08:30:00", offset: "+08:00" })).arrayBuffer();
    expect(takenAt(bytes)!.lat).toBeCloseTo(-30.5, 6);
    expect(takenAt(bytes)!.lon).toBeCloseTo(104.25, 6);
    expect(momentOf(bytes)).toEqual({ at: "2026:03:14 08:30:00", offset: "+08:00" });
  });
  it("adds nothing where nothing is known", async () => {
    expect((await stamped(jpeg, null, null)).size).toBe(jpeg.size);
    const bytes = await (await stamped(jpeg, null, { at: "2026:03:14 08:30:00", offset: null })).arrayBuffer();
    expect([takenAt(bytes), momentOf(bytes)]).toEqual([null, { at: "2026:03:14 08:30:00", offset: null }]);
  });
});
