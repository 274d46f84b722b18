import Dexie, { type Table } from "dexie";
import type { Sealed } from "./seal";

/**
 * - `waiting`: will be sent by itself.
 * - `failed`: the server said no; a person has to change it or let it go.
 * - `conflict`: somebody else changed the case first; a person has to look.
 * - `parked`: it failed so often, or so strangely, that it would only be in the way.
 * - `dropped`: taken back by its author, gone after a moment in which that can be undone.
 */
export type OutboxState = "waiting" | "failed" | "conflict" | "parked" | "dropped";

export interface KeptProblem { status: number; code: string; params: Record<string, unknown>; fields: { field: string; code: string; params?: Record<string, unknown> }[] }

/** A command on its way. What was typed and where it goes is sealed; the rest is what sending needs to know. */
export interface OutboxRow {
  /** The order in which commands were given, whatever the clock says. */
  seq?: number;
  /** UUIDv7: the row's id, and the id of what it makes. */
  id: string;
  /** The Idempotency-Key: the id, until a person changes the command. */
  key: string;
  account: string;
  /** The case that it is about. */
  subject: string | null;
  /** The command that makes that case, while it is not sent. */
  after: string | null;
  /** The version of the case that the person saw. */
  version: number | null;
  state: OutboxState;
  /** The state before it was dropped. */
  before: OutboxState | null;
  at: number;
  attempts: number;
  nextAt: number;
  /** How often in a row the server said that the case has moved. */
  stale: number;
  /** Hashes of its photographs in the order of sending. */
  photos: string[];
  /** Which of them the server has, by hash → id. */
  uploaded: Record<string, string>;
  reuploads: number;
  problem: KeptProblem | null;
  sealed: Sealed;
}

/** A photograph, sealed, until the command that needs it was sent. */
export interface PhotoRow { account: string; hash: string; at: number; bytes: number; sealed: Sealed }

/** A command that the server has: kept some days, so that its author sees what became of it. */
export interface SentRow { id: string; account: string; at: number; sealed: Sealed }

/** What was begun and not given. Its photographs are named outside, so that they stay as long as it does. */
export interface DraftRow { account: string; name: string; at: number; photos: string[]; sealed: Sealed }

/** What nobody touched for so long was given up. */
export const draftKept = 7 * 86_400_000;

/** The key of an account's outbox on this device. */
export interface KeyRow { account: string; key: CryptoKey }

/** The lease of a session: what the read cache is sealed with, and until when it may stay. */
export interface LeaseRow { account: string; session: string; until: number; key: CryptoKey; who: Sealed }

/** A record of the read cache. */
export interface CacheRow { account: string; key: string; sealed: Sealed }

/** A cell of the base map under the worker's own grids, as it was under a version. It shows streets and nobody, so it lies open. */
export interface GroundRow { name: string; version: number; text: string }

/** A small photograph of a case that was read, sealed under the lease like the rest of the read cache. */
export interface PictureRow { account: string; photo: string; bytes: number; sealed: Sealed }

export class OfflineDb extends Dexie {
  outbox!: Table<OutboxRow, number>;
  photos!: Table<PhotoRow, [string, string]>;
  drafts!: Table<DraftRow, [string, string]>;
  sent!: Table<SentRow, string>;
  keys!: Table<KeyRow, string>;
  leases!: Table<LeaseRow, string>;
  cache!: Table<CacheRow, [string, string]>;
  ground!: Table<GroundRow, string>;
  pictures!: Table<PictureRow, [string, string]>;

  constructor(name = "jingwei-w", options?: { indexedDB: IDBFactory; IDBKeyRange: typeof IDBKeyRange }) {
    super(name, options);
    this.version(1).stores({
      outbox: "++seq, &id, account",
      photos: "[account+hash], account",
      sent: "id, account",
      keys: "account",
      leases: "account",
      cache: "[account+key], account",
    });
    this.version(2).stores({ drafts: "[account+name], account, at" });
    this.version(3).stores({ ground: "name" });
    this.version(4).stores({ pictures: "[account+photo], account" });
    this.version(5).stores({ ground: "name, version" });
  }
}

/** Whether an error says that the device has no room left; Dexie wraps the browser's own. */
export function isFull(error: unknown): boolean {
  for (let it = error as { name?: string; inner?: unknown } | undefined; it; it = it.inner as typeof it) {
    if (it.name === "QuotaExceededError") return true;
  }
  return false;
}

/** Stores what must not be lost: on a full device the base map and the photographs that were only read make room, and it is tried once more. */
export async function withRoom<T>(db: OfflineDb, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!isFull(error) || (await db.pictures.count()) + (await db.ground.count()) === 0) throw error;
    await Promise.all([db.pictures.clear(), db.ground.clear()]);
    return act();
  }
}
