import type { Answer, Transport } from "@/faces/worker/offline/outbox";
import { hashOf } from "@/faces/worker/offline/seal";

// A server as the contract describes it, small enough to be believed: keys with their first answers, versions, photographs that one command
// claims. Around it a network that loses, repeats and delays, and a device that dies.

export interface Dice { next(): number; below(n: number): number; chance(p: number): boolean }

/** mulberry32: small, seeded, the same everywhere. */
export function dice(seed: number): Dice {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { next, below: (n) => Math.floor(next() * n), chance: (p) => next() < p };
}

interface Request { method: string; path: string; body: Record<string, unknown>; key: string }
interface CaseRow { version: number; steps: { by: string; mark: string }[] }

export class ModelServer {
  cases = new Map<string, CaseRow>();
  /** Every effect, in the order in which it happened: which command's mark, on which case, with which photographs. */
  effects: { mark: string; subject: string; photos: string[] }[] = [];
  private keys = new Map<string, { body: string; answer: Answer }>();
  private uploads = new Map<string, { hash: string; claimed: boolean }>();
  private next = 1;

  constructor(cases: string[]) {
    for (const id of cases) this.cases.set(id, { version: 1, steps: [{ by: "other", mark: "report" }] });
  }

  upload(hash: string): Answer {
    const free = [...this.uploads].find(([, it]) => it.hash === hash && !it.claimed);
    const id = free?.[0] ?? `file-${(this.next += 1)}`;
    this.uploads.set(id, { hash, claimed: false });
    return { status: 201, body: { id } };
  }

  /** What nobody claimed within a day. */
  collect(): void {
    for (const [id, it] of this.uploads) if (!it.claimed) this.uploads.delete(id);
  }

  /** Somebody else changes a case. */
  meddle(subject: string): void {
    const row = this.cases.get(subject);
    if (!row) return;
    row.version += 1;
    row.steps.push({ by: "other", mark: "meddled" });
  }

  handle({ path, body, key }: Request): Answer {
    const said = JSON.stringify([path, body]);
    const known = this.keys.get(key);
    if (known) return known.body === said ? known.answer : problem(409, "key-reused");
    const answer = this.act(path, body);
    if (answer.status < 300) this.keys.set(key, { body: said, answer });
    return answer;
  }

  private act(path: string, body: Record<string, unknown>): Answer {
    const mark = String(body.mark);
    if (body.poison === "no") return problem(422, "not-in-this-state");
    if (body.poison === "fault") return problem(500, "internal");
    const photos = (body.photo_ids ?? []) as string[];
    const wrong = photos.findIndex((id) => this.uploads.get(id)?.claimed !== false);
    if (wrong >= 0) return { status: 400, body: { code: "invalid", fields: [{ field: `photo_ids[${wrong}]`, code: "unknown" }] } };
    if (path === "/incidents") {
      const id = String(body.id);
      if (this.cases.has(id)) return { status: 400, body: { code: "invalid", fields: [{ field: "id", code: "taken" }] } };
      this.cases.set(id, { version: 1, steps: [{ by: "me", mark }] });
      return this.took(id, mark, photos, { id, code: `C-${mark}` }, 201);
    }
    const id = path.split("/")[2]!;
    const row = this.cases.get(id);
    if (!row) return problem(404, "not-found");
    if (typeof body.version === "number" && body.version !== row.version) return problem(409, "stale");
    row.version += 1;
    row.steps.push({ by: "me", mark });
    return this.took(id, mark, photos, { id, version: row.version, steps: [...row.steps], tasks: [] }, 200);
  }

  private took(subject: string, mark: string, photos: string[], body: unknown, status: number): Answer {
    const hashes = photos.map((id) => {
      const upload = this.uploads.get(id)!;
      upload.claimed = true;
      return upload.hash;
    });
    this.effects.push({ mark, subject, photos: hashes });
    return { status, body };
  }
}

const problem = (status: number, code: string): Answer => ({ status, body: { code, params: {}, fields: [] } });

/** The device went out in the middle of something. */
export class Killed extends Error {}

/** How bad the network is. */
export interface Weather { drop: number; lost: number; twice: number; late: number; busy: number; loggedOut: number; kill: number; collect: number }
export const fair: Weather = { drop: 0, lost: 0, twice: 0, late: 0, busy: 0, loggedOut: 0, kill: 0, collect: 0 };

/** A network between a device and the server: requests get lost before or after they did something, come twice, or much later. */
export class Network implements Transport {
  /** Requests that arrive when nobody waits for their answer any more. */
  private later: (() => void)[] = [];
  /** Once the device died every answer is swallowed, as the page that waited for it is gone. */
  dead = false;

  constructor(private readonly server: ModelServer, private readonly fate: Dice, public weather: Weather) {}

  private async through(act: () => Answer): Promise<Answer> {
    await Promise.resolve();
    const { fate, weather } = this;
    if (this.dead) throw new Killed();
    if (weather.collect && fate.chance(weather.collect)) this.server.collect();
    if (this.later.length && fate.chance(0.5)) this.later.splice(fate.below(this.later.length), 1)[0]!();
    if (fate.chance(weather.kill)) return this.die(fate.chance(0.5) ? act : undefined);
    if (fate.chance(weather.drop)) throw new Error("no network");
    if (fate.chance(weather.late)) {
      this.later.push(() => void act());
      throw new Error("no answer in time");
    }
    if (fate.chance(weather.busy)) return { status: 503, body: { code: "busy", params: {}, fields: [] } };
    if (fate.chance(weather.loggedOut)) return { status: 401, body: { code: "unauthenticated", params: {}, fields: [] } };
    const answer = act();
    if (fate.chance(weather.twice)) act();
    if (fate.chance(weather.lost)) throw new Error("the answer was lost");
    return structuredClone(answer);
  }

  private die(act?: () => Answer): never {
    act?.();
    this.dead = true;
    throw new Killed();
  }

  /** Whatever is still under way arrives now. */
  settle(): void {
    for (const act of this.later.splice(0)) act();
  }

  send(command: Request): Promise<Answer> {
    return this.through(() => this.server.handle(structuredClone(command)));
  }

  upload(photo: ArrayBuffer, said: string): Promise<Answer> {
    return hashOf(photo).then((hash) => {
      if (hash !== said) throw new Error("other bytes than were said");
      return this.through(() => this.server.upload(hash));
    });
  }
}
