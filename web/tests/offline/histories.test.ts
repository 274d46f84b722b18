// @vitest-environment node
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { describe, expect, it } from "vitest";
import { OfflineDb } from "@/faces/worker/offline/db";
import { Outbox, type Transport } from "@/faces/worker/offline/outbox";
import { uuidv7 } from "@/api/uuid";
import { dice, fair, ModelServer, Network, type Dice, type Weather } from "./model";

// Random histories of a device at the edge of the network: commands given, answers lost, requests doubled and delayed, sessions ended, pages
// killed, colleagues that change the same cases. Afterwards, in fair weather, nothing may be lost, doubled or stalled.
//   HISTORIES=10000 npx vitest run tests/offline/histories.test.ts      (FROM=1 is the first seed)

const many = Number(process.env.HISTORIES ?? 150);
const from = Number(process.env.FROM ?? 1);
const storm: Weather = { drop: 0.15, lost: 0.15, twice: 0.08, late: 0.08, busy: 0.05, loggedOut: 0.03, kill: 0.08, collect: 0.02 };

interface Given { id: string; mark: string; subject: string; photos: string[]; poison?: string; seq: number }
interface Findings { lost: string[]; doubled: string[]; stalled: string[]; unordered: string[]; wrongPhotos: string[]; given: number; sent: number; kept: number }

/** A way to break the device, to see that the judgement would notice. */
type Sabotage = (transport: Transport, db: OfflineDb) => Transport;

async function history(seed: number, sabotage: Sabotage = (it) => it): Promise<Findings> {
  const fate = dice(seed);
  const clock = { now: 1_760_000_000_000 };
  const idb = { indexedDB: new IDBFactory(), IDBKeyRange };
  const server = new ModelServer(["case-a", "case-b"]);
  const versions = new Map([["case-a", 1], ["case-b", 1]]);
  const given: Given[] = [];
  let network!: Network;
  let outbox!: Outbox;
  let db!: OfflineDb;
  const boot = () => {
    db?.close();
    db = new OfflineDb(`history-${seed}`, idb);
    network = new Network(server, fate, storm);
    outbox = new Outbox(db, "worker", sabotage(network, db), () => clock.now, () => fate.next());
  };
  boot();

  const steps = 6 + fate.below(10);
  for (let step = 0; step < steps; step += 1) {
    const what = fate.below(10);
    if (what < 5) await give(outbox, given, versions, server, fate, clock.now);
    else if (what < 8) await outbox.flush(fate.chance(0.5)).catch(() => undefined);
    else if (what === 8) server.meddle(fate.chance(0.5) ? "case-a" : "case-b");
    else clock.now += fate.below(600_000);
    if (network.dead || fate.chance(0.05)) boot();
  }

  // Fair weather: what was under way arrives, the network holds, time goes on.
  network.settle();
  boot();
  network.weather = fair;
  // A fault is tried eight times before it is parked, and several of one case come one after the other.
  for (let round = 0; round < 100 && (await outbox.list()).some((it) => it.state === "waiting"); round += 1) {
    await outbox.flush();
    clock.now += 400_000;
  }
  const findings = await judge(outbox, server, given);
  db.close();
  return findings;
}

async function give(outbox: Outbox, given: Given[], versions: Map<string, number>, server: ModelServer, fate: Dice, now: number): Promise<void> {
  const mark = `m${given.length}`;
  const random = Uint8Array.from({ length: 10 }, () => fate.below(256));
  const id = uuidv7(now, random);
  const photos: string[] = [];
  for (let n = fate.below(3); n > 0; n -= 1) photos.push(await outbox.keepPhoto(new Blob([`picture ${fate.below(4)}`])));
  const names = [...new Set(photos)];
  const poison = fate.chance(0.06) ? "no" : fate.chance(0.04) ? "fault" : undefined;
  const body = { mark, photo_ids: names, ...(poison ? { poison } : {}) };
  if (fate.chance(0.25)) {
    await outbox.add({ id, method: "POST", path: "/incidents", body: { ...body, id }, subject: id, makes: true, action: "report", title: mark });
    versions.set(id, 1);
    given.push({ id, mark, subject: id, photos: names, seq: given.length, ...(poison ? { poison } : {}) });
    return;
  }
  const subject = [...versions.keys()][fate.below(versions.size)]!;
  // What a person saw: the newest of the server, or what was there some time ago.
  if (fate.chance(0.5)) versions.set(subject, server.cases.get(subject)?.version ?? versions.get(subject)!);
  const guarded = fate.chance(0.6);
  await outbox.add({ id, method: "POST", path: `/incidents/${subject}/note`, body, subject, version: guarded ? versions.get(subject)! : null, action: "note", title: mark });
  given.push({ id, mark, subject, photos: names, seq: given.length, ...(poison ? { poison } : {}) });
  // An impatient finger.
  if (fate.chance(0.1)) await outbox.add({ id, method: "POST", path: `/incidents/${subject}/note`, body, subject, version: null, action: "note", title: mark });
}

async function judge(outbox: Outbox, server: ModelServer, given: Given[]): Promise<Findings> {
  const left = new Map((await outbox.list()).map((item) => [item.id, item]));
  const findings: Findings = { lost: [], doubled: [], stalled: [], unordered: [], wrongPhotos: [], given: given.length, sent: 0, kept: left.size };
  for (const it of given) {
    const effects = server.effects.filter((effect) => effect.mark === it.mark);
    const item = left.get(it.id);
    if (effects.length > 1) findings.doubled.push(it.mark);
    if (effects.length === 0 && !item) findings.lost.push(it.mark);
    // It may wait for good only behind a report that needs its author.
    const author = item?.after ? left.get(item.after) : undefined;
    if (item?.state === "waiting" && !(author && author.state !== "waiting")) findings.stalled.push(`${it.mark} ${item.problem?.code ?? ""}`);
    if (effects.length === 1 && item) findings.doubled.push(`${it.mark} was done and still lies here (${item.state})`);
    if (effects.length === 1) {
      findings.sent += 1;
      const wanted = it.photos.map((name) => name.slice(6)).sort();
      if (JSON.stringify([...effects[0]!.photos].sort()) !== JSON.stringify(wanted)) findings.wrongPhotos.push(it.mark);
    }
    if (it.poison && item && item.state !== "failed" && item.state !== "parked" && !item.after) findings.stalled.push(`${it.mark} ${item.state}`);
  }
  for (const subject of new Set(given.map((it) => it.subject))) {
    const order = server.effects.filter((it) => it.subject === subject).map((it) => given.find((g) => g.mark === it.mark)!);
    // What was sent again by its author's wish may come later; nobody wished here.
    if (order.some((it, i) => i > 0 && it.seq < order[i - 1]!.seq)) findings.unordered.push(subject);
  }
  return findings;
}

const faults = (it: Findings) => [...it.lost, ...it.doubled, ...it.stalled, ...it.unordered, ...it.wrongPhotos];

describe("random histories", () => {
  it(`of ${many}: nothing is lost, doubled or stalled`, { timeout: 3_600_000 }, async () => {
    const sum = { given: 0, sent: 0, kept: 0 };
    for (let seed = from; seed < from + many; seed += 1) {
      const found = await history(seed);
      expect(faults(found), `history ${seed}: ${JSON.stringify(found)}`).toEqual([]);
      for (const key of ["given", "sent", "kept"] as const) sum[key] += found[key];
    }
    console.log(`${many} histories: ${sum.given} commands given, ${sum.sent} done once, ${sum.kept} kept for their author`);
    // A single history may hold little; many that hold little would prove nothing.
    if (many < 100) return;
    expect(sum.sent).toBeGreaterThan(many);
    expect(sum.kept).toBeGreaterThan(0);
  });

  it("a device that makes a new key for every try doubles, and the judgement sees it", { timeout: 600_000 }, async () => {
    let n = 0;
    const freshKeys: Sabotage = (transport) => ({ ...transport, upload: (photo, hash) => transport.upload(photo, hash), send: (command) => transport.send({ ...command, key: `fresh-${(n += 1)}` }) });
    const found = await first((seed) => history(seed, freshKeys), (it) => it.doubled.length > 0);
    expect(found).toBe(true);
  });

  it("a device that forgets before it has an answer loses, and the judgement sees it", { timeout: 600_000 }, async () => {
    const forgetful: Sabotage = (transport, db) => ({
      upload: (photo, hash) => transport.upload(photo, hash),
      send: async (command) => {
        await db.outbox.where({ id: command.key }).delete();
        return transport.send(command);
      },
    });
    const found = await first((seed) => history(seed, forgetful), (it) => it.lost.length > 0);
    expect(found).toBe(true);
  });

  it("a device that stops at the first refusal stalls, and the judgement sees it", { timeout: 600_000 }, async () => {
    // The queue behind a refused command never goes on, as if the first bad record blocked it.
    const blocked: Sabotage = (transport) => {
      let refused = false;
      return {
        upload: (photo, hash) => transport.upload(photo, hash),
        send: async (command) => {
          if (refused) throw new Error("behind a bad record");
          const answer = await transport.send(command);
          refused = answer.status === 422;
          return answer;
        },
      };
    };
    const found = await first((seed) => history(seed, blocked), (it) => it.stalled.length > 0);
    expect(found).toBe(true);
  });
});

async function first(run: (seed: number) => Promise<Findings>, fits: (it: Findings) => boolean): Promise<boolean> {
  for (let seed = 1; seed <= 200; seed += 1) if (fits(await run(seed))) return true;
  return false;
}
