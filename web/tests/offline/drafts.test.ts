// @vitest-environment node
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { beforeEach, describe, expect, it } from "vitest";
import { OfflineDb } from "@/faces/worker/offline/db";
import { Drafts } from "@/faces/worker/offline/drafts";
import { Outbox, type NewCommand, type Transport } from "@/faces/worker/offline/outbox";

const day = 86_400_000;
const silent: Transport = { send: () => Promise.reject(new TypeError("no network")), upload: () => Promise.reject(new TypeError("no network")) };
const note: NewCommand = { method: "POST", path: "/incidents/c-1/note", body: { text: "看过了" }, subject: "c-1", action: "note", title: "楼道灯" };
let db: OfflineDb;
let now: number;
beforeEach(() => {
  db = new OfflineDb(`drafts-${Math.random()}`, { indexedDB: new IDBFactory(), IDBKeyRange });
  now = 1_760_000_000_000;
});
async function begun(account = "a-1"): Promise<Drafts> {
  const drafts = new Drafts(db, account, () => undefined, () => now);
  await drafts.load();
  return drafts;
}
const outbox = (transport = silent) => new Outbox(db, "a-1", transport, () => now, () => 1);

describe("a draft", () => {
  it("is there again for its author, and neither readable nor there for anybody else", async () => {
    const drafts = await begun();
    drafts.put("report", { text: "欧阳栖梧家漏水", phone: "14000000001" });
    await drafts.flush();
    expect((await begun()).get("report")).toEqual({ text: "欧阳栖梧家漏水", phone: "14000000001" });
    expect((await begun("a-2")).get("report")).toBeUndefined();
    const stored = Buffer.from((await db.drafts.toArray())[0]!.sealed.data).toString("latin1");
    expect(stored).not.toContain("14000000001");
    drafts.put("report", null);
    await drafts.flush();
    expect([(await begun()).get("report"), await db.drafts.count()]).toEqual([undefined, 0]);
  });

  it("becomes its command in one go: never both, never neither", async () => {
    const drafts = await begun();
    drafts.put("note.c-1", { text: "看过了" });
    await drafts.flush();
    let full = true;
    const refuse = () => { if (full) throw new DOMException("no room", "QuotaExceededError"); };
    db.outbox.hook("creating", refuse as never);
    await expect(drafts.giving("note.c-1", () => outbox().add(note, "note.c-1"))).rejects.toThrow();
    expect([await db.outbox.count(), (await begun()).get("note.c-1")]).toEqual([0, { text: "看过了" }]);
    full = false;
    drafts.put("note.c-1", { text: "看过了，换了灯" }); // Typed a moment before it is given: not stored again afterwards.
    await drafts.giving("note.c-1", () => outbox().add(note, "note.c-1"));
    await drafts.flush();
    expect([await db.outbox.count(), await db.drafts.count(), (await begun()).get("note.c-1")]).toEqual([1, 0, undefined]);
  });

  it("keeps the photographs that it names as long as it is there itself, and goes after a week that nobody touched it", async () => {
    const sends: Transport = { send: async () => ({ status: 200, body: {} }), upload: async () => ({ status: 201, body: { id: "f" } }) };
    const box = outbox(sends);
    const photo = await box.keepPhoto(new Blob(["picture"]));
    const drafts = await begun();
    now += 6 * day;
    drafts.put("note.c-1", { text: "", photos: [photo] });
    await drafts.flush();
    now += 6 * day;
    await box.flush();
    expect(await box.photo(photo)).not.toBeNull();
    // A command that was sent with the same photograph does not take it from the draft.
    await box.add({ ...note, body: { ...note.body, photo_ids: [photo] } });
    await box.flush();
    expect([await db.outbox.count(), (await box.photo(photo)) !== null]).toEqual([0, true]);
    now += 2 * day;
    await begun("a-2"); // Whoever is next on this phone: what was given up long ago goes with his start.
    expect(await db.drafts.count()).toBe(0);
    await box.flush();
    expect(await box.photo(photo)).toBeNull();
  });
});
