import { uuidv7 } from "@/api/uuid";
import { draftKept, isFull, withRoom, type KeptProblem, type OfflineDb, type OutboxRow, type OutboxState, type SentRow } from "./db";
import { ownKey } from "./keys";
import { hashOf, openBytes, openJson, sealBytes, sealJson } from "./seal";

/** A value that somebody saw when he gave the command, to be held against what the server has now. */
export type Seen = Record<string, string>;

/** A command as a page gives it. Photographs stand in the body as `photo:<hash>`. */
export interface NewCommand {
  id?: string;
  method: "POST" | "PUT" | "DELETE";
  path: string;
  body: Record<string, unknown>;
  /** The case, and whether this command makes it. */
  subject?: string | null;
  makes?: boolean;
  /** The version of the case that the person saw; it travels in the body as `version`. */
  version?: number | null;
  /** What is done, as a word of the lists, and to what, for the list of what waits. */
  action: string;
  title: string;
  seen?: Seen;
}

interface Inside { method: string; path: string; body: Record<string, unknown>; action: string; title: string; seen: Seen; makes: boolean }

/** A command of the list, open. */
export interface Item extends Inside {
  id: string;
  subject: string | null;
  after: string | null;
  state: OutboxState;
  at: number;
  attempts: number;
  nextAt: number;
  problem: KeptProblem | null;
  photos: number;
  photosSent: number;
  version: number | null;
}

export interface Sent { id: string; at: number; action: string; title: string; code: string | null; subject: string | null }

/** What came back. `body` is the answer of the server, or its problem. */
export interface Answer { status: number; body: unknown; retryAfter?: number | null }

/** The way to the server. It throws when no answer came, whatever may have happened there. */
export interface Transport {
  send(command: { method: string; path: string; body: Record<string, unknown>; key: string }): Promise<Answer>;
  upload(photo: ArrayBuffer, hash: string): Promise<Answer>;
}

export interface FlushReport { sent: Sent[]; answers: Map<string, unknown>; loggedOut: boolean; offline: boolean }

type Outcome =
  | { kind: "sent"; body: unknown }
  | { kind: "later"; wait?: number; offline?: boolean; loggedOut?: boolean; counts: boolean; again?: boolean }
  | { kind: "stale"; problem: KeptProblem }
  | { kind: "failed" | "parked"; problem: KeptProblem };

const second = 1000;
const longestWait = 300 * second;
/** A fault of the server is tried so often before the command is parked. */
const mostFaults = 8;
const undoFor = 10 * second;
const sentKept = 7 * 86_400 * second;
/** Answers that say nothing about the command itself: it is sent again for as long as it takes. */
const passing = new Set([408, 425, 429, 502, 503, 504, 507]);

/**
 * The commands of one account on this device, in the order given. A command is stored before anything says that it was given, sent with the
 * same key until the server answers, and removed only after it has: so none is lost, and none is done twice. No command waits for another
 * that is about something else.
 */
export class Outbox {
  private key: Promise<CryptoKey> | null = null;
  private running: Promise<FlushReport> | null = null;
  private again = false;

  constructor(
    private readonly db: OfflineDb,
    readonly account: string,
    private readonly transport: Transport,
    private readonly clock: () => number = Date.now,
    private readonly dice: () => number = Math.random,
  ) {}

  private own(): Promise<CryptoKey> {
    this.key ??= ownKey(this.db, this.account);
    this.key.catch(() => (this.key = null));
    return this.key;
  }

  /** Keeps a photograph and names it. The same content is kept once. */
  async keepPhoto(photo: Blob): Promise<string> {
    const bytes = await photo.arrayBuffer();
    const hash = await hashOf(bytes);
    const sealed = await sealBytes(await this.own(), bytes, `photo:${hash}`);
    await withRoom(this.db, () => this.db.photos.put({ account: this.account, hash, at: this.clock(), bytes: bytes.byteLength, sealed }));
    return `photo:${hash}`;
  }

  /** A photograph that is still here. */
  async photo(name: string): Promise<Blob | null> {
    const hash = name.replace("photo:", "");
    const row = await this.db.photos.get([this.account, hash]);
    return row ? new Blob([await openBytes(await this.own(), row.sealed, `photo:${hash}`)], { type: "image/jpeg" }) : null;
  }

  /** Takes a command, in the place of the draft that it was. When this returns, it is on the device for good; when it throws, nothing of it is, and the draft is. */
  async add(command: NewCommand, draft?: string): Promise<string> {
    const id = command.id ?? uuidv7(this.clock());
    const subject = command.subject ?? null;
    const inside: Inside = {
      method: command.method, path: command.path, body: command.body, action: command.action, title: command.title, seen: command.seen ?? {}, makes: command.makes ?? false,
    };
    const sealed = await sealJson(await this.own(), inside, id);
    const photos = photosIn(command.body);
    const fresh: OutboxRow = {
      id, key: id, account: this.account, subject, after: null, version: command.version ?? null, state: "waiting", before: null, at: this.clock(), attempts: 0, nextAt: 0,
      stale: 0, photos, uploaded: {}, reuploads: 0, problem: null, sealed,
    };
    const take = () => this.db.transaction("rw", this.db.outbox, this.db.drafts, async () => {
      if (draft) await this.db.drafts.delete([this.account, draft]);
      // The same command given twice by an impatient finger is one.
      if (await this.db.outbox.get({ id })) return;
      const makes = subject && !inside.makes ? await this.db.outbox.get({ id: subject }) : undefined;
      await this.db.outbox.add({ ...fresh, after: makes?.account === this.account ? subject : null });
    });
    await withRoom(this.db, take);
    return id;
  }

  private rows(): Promise<OutboxRow[]> {
    return this.db.outbox.where({ account: this.account }).sortBy("seq");
  }

  /** What waits, oldest first. A row that cannot be read any more is shown, not hidden. */
  async list(): Promise<Item[]> {
    const key = await this.own();
    return Promise.all((await this.rows()).map(async (row) => {
      const inside = await openJson<Inside>(key, row.sealed, row.id).catch((): Inside => ({ method: "", path: "", body: {}, action: "unreadable", title: "", seen: {}, makes: false }));
      const { id, subject, after, state, at, attempts, nextAt, problem, version } = row;
      return { ...inside, id, subject, after, state, at, attempts, nextAt, problem, version, photos: row.photos.length, photosSent: Object.keys(row.uploaded).length };
    }));
  }

  /** How many commands of other accounts lie on this device; only their owners can read and send them. */
  async strangers(): Promise<number> {
    return this.db.outbox.where("account").notEqual(this.account).count();
  }

  /** What was sent in the last days, the newest first. */
  async sent(): Promise<Sent[]> {
    const key = await this.own();
    const rows = await this.db.sent.where({ account: this.account }).toArray();
    const open = (row: SentRow) => openJson<Omit<Sent, "id" | "at">>(key, row.sealed, row.id).then((it): Sent => ({ id: row.id, at: row.at, ...it })).catch(() => null);
    return (await Promise.all(rows.map(open))).filter((it) => it !== null).sort((a, b) => b.at - a.at);
  }

  /** Tries a command again at once. */
  async retry(id: string): Promise<void> {
    await this.change(id, (row) => ({ ...row, state: "waiting", attempts: 0, nextAt: 0, stale: 0, reuploads: 0, problem: null }));
  }

  /** Sends the command after all, on top of what the server has now. */
  async keepMine(id: string, version: number): Promise<void> {
    await this.change(id, (row) => ({ ...row, key: uuidv7(this.clock()), version, state: "waiting", attempts: 0, nextAt: 0, stale: 0, problem: null }));
  }

  /** Changes what was typed: another command, so another key. */
  async edit(id: string, body: Record<string, unknown>): Promise<void> {
    const row = await this.db.outbox.get({ id });
    if (!row) return;
    const key = await this.own();
    const inside = await openJson<Inside>(key, row.sealed, id);
    const sealed = await sealJson(key, { ...inside, body }, id);
    await this.change(id, (now) => ({ ...now, sealed, photos: photosIn(body), key: uuidv7(this.clock()), state: "waiting", attempts: 0, nextAt: 0, stale: 0, problem: null }));
  }

  /** Sends the command without the photographs that are not on this device any more. */
  async withoutLostPhotos(id: string): Promise<void> {
    const row = await this.db.outbox.get({ id });
    if (!row) return;
    const here = await Promise.all(row.photos.map((hash) => this.db.photos.get([this.account, hash])));
    const lost = new Set(row.photos.filter((hash, i) => !here[i] && !row.uploaded[hash]).map((hash) => `photo:${hash}`));
    const { body } = await openJson<Inside>(await this.own(), row.sealed, id);
    await this.edit(id, without(body, lost) as Record<string, unknown>);
  }

  /** Lets a command go, with those that build on it; for ten seconds that can be undone. */
  async drop(id: string): Promise<void> {
    const dependent = (await this.rows()).filter((row) => row.id === id || row.after === id);
    for (const { id: each } of dependent) {
      await this.change(each, (row) => (row.state === "dropped" ? row : { ...row, before: row.state, state: "dropped", nextAt: this.clock() + undoFor }));
    }
  }

  async undrop(id: string): Promise<void> {
    const dependent = (await this.rows()).filter((row) => row.id === id || row.after === id);
    for (const { id: each } of dependent) {
      await this.change(each, (row) => (row.state === "dropped" ? { ...row, state: row.before ?? "waiting", before: null, nextAt: 0 } : row));
    }
  }

  private async change(id: string, to: (row: OutboxRow) => OutboxRow): Promise<void> {
    await this.db.transaction("rw", this.db.outbox, async () => {
      const row = await this.db.outbox.get({ id });
      if (row) await this.db.outbox.put(to(row));
    });
  }

  /** The same for what sending learns on its way: a device without room forgets it, and goes on. Sending is what makes room again. */
  private async noted(id: string, to: (row: OutboxRow) => OutboxRow): Promise<boolean> {
    try {
      await this.change(id, to);
      return true;
    } catch (error) {
      if (!isFull(error)) throw error;
      return false;
    }
  }

  /** Sends what can be sent. Calls while one is running are one more round of it. `onlyDue` false disregards waits, for a person who asks. */
  flush(onlyDue = true): Promise<FlushReport> {
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.running = this.alone(onlyDue).finally(() => (this.running = null));
    return this.running;
  }

  /** One tab sends; the others would only repeat it. */
  private async alone(onlyDue: boolean): Promise<FlushReport> {
    const report: FlushReport = { sent: [], answers: new Map(), loggedOut: false, offline: false };
    const locks = globalThis.navigator?.locks;
    if (!locks) await this.rounds(report, onlyDue);
    else await locks.request(`jingwei-outbox-${this.account}`, { ifAvailable: true }, async (lock) => { if (lock) await this.rounds(report, onlyDue); });
    return report;
  }

  private async rounds(report: FlushReport, onlyDue: boolean): Promise<void> {
    const tried = new Set<string>();
    let goes = true;
    do {
      this.again = false;
      // Who asks while a try without network is still waited for may know that there is one again.
      if (!goes) tried.clear();
      goes = await this.round(report, onlyDue, tried);
    } while (this.again);
    if (goes) await this.tidy();
  }

  /** One pass over the queue; false when there is no use in going on. Each command is tried once in all rounds of a flush that had a network. */
  private async round(report: FlushReport, onlyDue: boolean, tried: Set<string>): Promise<boolean> {
    const held = new Set<string>();
    let last = 0;
    for (;;) {
      // Read anew each time: sending one command may have changed the others.
      const row = (await this.rows()).find((it) => it.seq! > last);
      if (!row) return true;
      last = row.seq!;
      if (row.state !== "waiting") continue;
      const made = row.after ? await this.db.outbox.get({ id: row.after }) : undefined;
      const blocked = made !== undefined || (row.subject !== null && held.has(row.subject));
      if (blocked || tried.has(row.id) || (onlyDue && row.nextAt > this.clock())) {
        if (row.subject) held.add(row.subject);
        continue;
      }
      tried.add(row.id);
      const outcome = await this.attempt(row);
      if (!(await this.settle(row.id, outcome, report))) {
        // There was no room to keep what came of it, so it is asked again another time.
        if (row.subject) held.add(row.subject);
        continue;
      }
      if ((outcome.kind === "stale" && row.version !== null && row.stale === 0) || (outcome.kind === "later" && outcome.again)) {
        tried.delete(row.id);
        last = row.seq! - 1;
        continue;
      }
      if (outcome.kind === "later") {
        if (outcome.offline) report.offline = true;
        if (outcome.loggedOut) report.loggedOut = true;
        if (outcome.offline || outcome.loggedOut) return false;
        if (row.subject) held.add(row.subject);
      }
    }
  }

  private async attempt(row: OutboxRow): Promise<Outcome> {
    let inside: Inside;
    const key = await this.own();
    try {
      inside = await openJson<Inside>(key, row.sealed, row.id);
    } catch {
      return { kind: "parked", problem: plain("unreadable") };
    }
    const uploaded = { ...row.uploaded };
    for (const hash of row.photos) {
      if (uploaded[hash]) continue;
      const kept = await this.db.photos.get([this.account, hash]);
      if (!kept) return { kind: "failed", problem: plain("photo-gone") };
      let answer: Answer;
      try {
        answer = await this.transport.upload(await openBytes(key, kept.sealed, `photo:${hash}`), hash);
      } catch {
        return { kind: "later", offline: true, counts: false };
      }
      const id = (answer.body as { id?: string } | null)?.id;
      if (answer.status >= 300 || !id) return judged(answer, row);
      uploaded[hash] = id;
      await this.noted(row.id, (now) => ({ ...now, uploaded: { ...now.uploaded, [hash]: id } }));
    }
    const body = { ...(named(inside.body, uploaded) as Record<string, unknown>), ...(row.version === null ? {} : { version: row.version }) };
    let answer: Answer;
    try {
      answer = await this.transport.send({ method: inside.method, path: inside.path, body, key: row.key });
    } catch {
      return { kind: "later", offline: true, counts: false };
    }
    if (answer.status === 400 && wantsPhotosAgain(answer) && row.photos.length && row.reuploads < 2) {
      // What was uploaded and not claimed within a day is gone there; it is still here.
      const again = await this.noted(row.id, (now) => ({ ...now, uploaded: {}, reuploads: now.reuploads + 1 }));
      return { kind: "later", wait: 0, counts: false, again };
    }
    return judged(answer, row);
  }

  /** Keeps what came of a command; false when the device had no room for it. */
  private async settle(id: string, outcome: Outcome, report: FlushReport): Promise<boolean> {
    switch (outcome.kind) {
      case "sent":
        await this.done(id, outcome.body, report);
        return true;
      case "later":
        return this.noted(id, (row) => {
          const attempts = row.attempts + (outcome.counts ? 1 : 0);
          const wait = outcome.wait ?? Math.min(longestWait, 2 * second * 2 ** Math.min(attempts, 10)) * (0.5 + this.dice() / 2);
          // No network is nobody's fault: the next sign of it is when to try.
          return { ...row, attempts, nextAt: outcome.offline || outcome.loggedOut ? 0 : this.clock() + wait };
        });
      case "stale":
        // Once more with the same key first: an answer that was lost may have been a yes.
        return this.noted(id, (row) => {
          if (row.version === null && row.stale < mostFaults) return { ...row, stale: row.stale + 1, nextAt: this.clock() + 2 * second };
          if (row.version === null) return { ...row, state: "parked", problem: outcome.problem };
          return row.stale === 0 ? { ...row, stale: 1 } : { ...row, state: "conflict", stale: 0, problem: outcome.problem };
        });
      case "failed":
      case "parked":
        return this.noted(id, (row) => ({ ...row, state: outcome.kind, problem: outcome.problem }));
    }
  }

  /** The server has it: only now it leaves the device. What waits for the same case stands on the version that it made. */
  private async done(id: string, body: unknown, report: FlushReport): Promise<void> {
    const row = await this.db.outbox.get({ id });
    if (!row) return;
    const key = await this.own();
    const { action, title } = await openJson<Inside>(key, row.sealed, id);
    const answer = body as { code?: string; version?: number; steps?: { by?: string }[] } | null;
    const entry: Sent = { id, at: this.clock(), action, title, code: answer?.code ?? null, subject: row.subject };
    const sealed = await sealJson(key, { action, title, code: entry.code, subject: row.subject }, id);
    const leave = () => this.db.transaction("rw", [this.db.outbox, this.db.photos, this.db.sent, this.db.drafts], async () => {
      await this.db.outbox.delete(row.seq!);
      await this.db.sent.put({ id, account: this.account, at: entry.at, sealed });
      const rest = await this.rows();
      const still = await this.photosNamed(rest);
      for (const hash of row.photos) if (!still.has(hash)) await this.db.photos.delete([this.account, hash]);
      for (const other of rest) {
        if (other.after === id) await this.db.outbox.put({ ...other, after: null });
        else if (row.subject && other.subject === row.subject && other.state === "waiting" && other.version !== null && onlyOurs(answer, other.version)) {
          await this.db.outbox.put({ ...other, version: answer!.version! });
        }
      }
    });
    try {
      await leave();
    } catch (error) {
      if (!isFull(error)) throw error;
      // Without room it leaves the list of what was sent out, and its photographs go when there is time to tidy.
      await this.db.outbox.delete(row.seq!);
    }
    report.sent.push(entry);
    report.answers.set(id, body);
  }

  /** The photographs that these commands and this account's drafts name. */
  private async photosNamed(rows: readonly OutboxRow[]): Promise<Set<string>> {
    const drafts = await this.db.drafts.where({ account: this.account }).toArray();
    return new Set([...rows, ...drafts].flatMap((it) => it.photos));
  }

  /** Lets go what was dropped for good, what was sent long ago, and photographs that no command and no draft names. */
  private async tidy(): Promise<void> {
    const now = this.clock();
    await this.db.transaction("rw", [this.db.outbox, this.db.photos, this.db.sent, this.db.drafts], async () => {
      const rows = await this.rows();
      const gone = rows.filter((row) => row.state === "dropped" && row.nextAt <= now);
      await this.db.outbox.bulkDelete(gone.map((row) => row.seq!));
      const named = await this.photosNamed(rows.filter((row) => !gone.includes(row)));
      const dropped = new Set(gone.flatMap((row) => row.photos));
      await this.db.photos.where({ account: this.account }).filter((it) => !named.has(it.hash) && (dropped.has(it.hash) || it.at < now - draftKept)).delete();
      await this.db.sent.where({ account: this.account }).filter((it) => it.at < now - sentKept).delete();
    });
  }
}

/** What an answer means for the command. */
function judged(answer: Answer, row: OutboxRow): Outcome {
  const { status } = answer;
  const problem = problemOf(answer);
  if (status >= 200 && status < 300) return { kind: "sent", body: answer.body };
  if (status === 401) return { kind: "later", loggedOut: true, counts: false };
  if (status === 409 && problem.code !== "key-reused") return { kind: "stale", problem };
  if (passing.has(status)) return { kind: "later", counts: true, ...(answer.retryAfter ? { wait: answer.retryAfter * second } : {}) };
  if (status >= 500) return row.attempts + 1 >= mostFaults ? { kind: "parked", problem } : { kind: "later", counts: true };
  return { kind: "failed", problem };
}

function problemOf({ status, body }: Answer): KeptProblem {
  const known = (typeof body === "object" && body !== null ? body : {}) as Partial<KeptProblem>;
  return { status, code: known.code ?? "unknown", params: known.params ?? {}, fields: known.fields ?? [] };
}
const plain = (code: string): KeptProblem => ({ status: 0, code, params: {}, fields: [] });

const wantsPhotosAgain = (answer: Answer): boolean =>
  problemOf(answer).fields.some((it) => /photo_ids\[\d+\]$/.test(it.field) && (it.code === "unknown" || it.code === "already-attached"));

/** Whether every step after a version is this person's own, or what the program did in consequence: then the version may be raised. */
function onlyOurs(answer: { version?: number; steps?: { by?: string }[] } | null, version: number): boolean {
  if (!answer?.version || !answer.steps || answer.version <= version || answer.steps.length !== answer.version) return false;
  return answer.steps.slice(version).every((step) => step.by === "me" || step.by === "program");
}

/** The hashes of the photographs that a body names. */
export function photosIn(body: unknown): string[] {
  if (typeof body === "string") return body.startsWith("photo:") ? [body.slice(6)] : [];
  if (typeof body !== "object" || body === null) return [];
  return [...new Set(Object.values(body).flatMap(photosIn))];
}

/** The body without these photographs, wherever a list names one. */
function without(body: unknown, lost: ReadonlySet<string>): unknown {
  if (Array.isArray(body)) return body.filter((it) => !lost.has(it as string)).map((it) => without(it, lost));
  if (typeof body !== "object" || body === null) return body;
  return Object.fromEntries(Object.entries(body).map(([key, it]) => [key, without(it, lost)]));
}

/** The body with the server's ids in place of hashes. */
function named(body: unknown, ids: Record<string, string>): unknown {
  if (typeof body === "string") return body.startsWith("photo:") ? (ids[body.slice(6)] ?? body) : body;
  if (Array.isArray(body)) return body.map((it) => named(it, ids));
  if (typeof body !== "object" || body === null) return body;
  return Object.fromEntries(Object.entries(body).map(([key, it]) => [key, named(it, ids)]));
}
