import type { Session } from "@/api/types";
import { isFull, withRoom, type OfflineDb } from "./db";
import { freshKey, keyFrom, openBytes, openJson, sealBytes, sealJson } from "./seal";

/**
 * What was read, for the time without network. It lies sealed under the key of the session's lease and goes with it; a session without a lease
 * has one in memory only, so that nothing of it stays.
 */
export class ReadCache {
  private key: CryptoKey | null = null;
  private stays = false;
  until: number | null = null;

  constructor(private readonly db: OfflineDb, readonly account: string) {}

  /** Takes the lease that the server gave for this session; what another one sealed goes first. */
  async lease(lease: { session: string; key: string; until: string }, who: Session): Promise<void> {
    const kept = await this.db.leases.get(this.account);
    if (kept?.session !== lease.session) await this.wipe();
    this.key = await keyFrom(lease.key);
    this.stays = true;
    this.until = Date.parse(lease.until);
    // The token of commands is asked for anew each time; it is not kept.
    const sealed = await sealJson(this.key, { ...who, csrf: "" }, `who:${this.account}`);
    await this.db.leases.put({ account: this.account, session: lease.session, until: this.until, key: this.key, who: sealed });
  }

  /** For a session without a lease: nothing stays on the device. */
  async withoutLease(): Promise<void> {
    await this.wipe();
    this.key = await freshKey();
    this.stays = false;
    this.until = null;
  }

  /** Uses a lease that is still good, without the server. */
  async resume(now: number): Promise<Session | null> {
    const kept = await this.db.leases.get(this.account);
    if (!kept || kept.until <= now) {
      await this.wipe();
      return null;
    }
    this.key = kept.key;
    this.stays = true;
    this.until = kept.until;
    return openJson<Session>(kept.key, kept.who, `who:${this.account}`).catch(() => null);
  }

  /** The end of a lease: the key and all that it sealed go. Commands that wait are sealed with another key and stay. */
  async wipe(): Promise<void> {
    this.key = null;
    this.until = null;
    await this.db.transaction("rw", this.db.leases, this.db.cache, this.db.pictures, async () => {
      await this.db.leases.delete(this.account);
      await this.db.cache.where({ account: this.account }).delete();
      await this.db.pictures.where({ account: this.account }).delete();
    });
  }

  async put(records: Record<string, unknown>): Promise<void> {
    const key = this.key;
    if (!key || !this.stays) return;
    const place = (name: string) => `${this.account}:${name}`;
    const rows = await Promise.all(Object.entries(records).map(async ([name, value]) => ({ account: this.account, key: name, sealed: await sealJson(key, value, place(name)) })));
    await withRoom(this.db, () => this.db.cache.bulkPut(rows));
  }

  async remove(names: string[]): Promise<void> {
    await this.db.cache.bulkDelete(names.map((name): [string, string] => [this.account, name]));
  }

  async get<T>(name: string): Promise<T | null> {
    const row = this.key && this.stays ? await this.db.cache.get([this.account, name]) : undefined;
    return row ? openJson<T>(this.key!, row.sealed, `${this.account}:${name}`).catch(() => null) : null;
  }

  /** How many bytes each small photograph that is here has. */
  async pictures(): Promise<Map<string, number>> {
    const rows = await this.db.pictures.where({ account: this.account }).toArray();
    return new Map(rows.map((it) => [it.photo, it.bytes]));
  }

  /** Whether it was stored: never without a lease, and not on a device that is full. */
  async putPicture(photo: string, plain: ArrayBuffer): Promise<boolean> {
    const key = this.key;
    if (!key || !this.stays) return false;
    const sealed = await sealBytes(key, plain, `${this.account}:picture:${photo}`);
    try {
      return await this.db.transaction("rw", this.db.leases, this.db.pictures, async () => {
        // It was loaded meanwhile: what a lease sealed does not come after its end.
        if (this.key !== key || !(await this.db.leases.get(this.account))) return false;
        await this.db.pictures.put({ account: this.account, photo, bytes: plain.byteLength, sealed });
        return true;
      });
    } catch (error) {
      if (isFull(error)) return false;
      throw error;
    }
  }

  async picture(photo: string): Promise<Blob | null> {
    const row = this.key && this.stays ? await this.db.pictures.get([this.account, photo]) : undefined;
    const plain = row && (await openBytes(this.key!, row.sealed, `${this.account}:picture:${photo}`).catch(() => null));
    return plain ? new Blob([plain], { type: "image/jpeg" }) : null;
  }

  async dropPictures(photos: string[]): Promise<void> {
    await this.db.pictures.bulkDelete(photos.map((photo): [string, string] => [this.account, photo]));
  }

  /** Everything that is there. A record that does not open (another lease's) is left out. */
  async all(): Promise<Map<string, unknown>> {
    const key = this.key;
    if (!key || !this.stays) return new Map();
    const rows = await this.db.cache.where({ account: this.account }).toArray();
    const open = async (name: string, sealed: (typeof rows)[number]["sealed"]) => [name, await openJson<unknown>(key, sealed, `${this.account}:${name}`)] as const;
    const opened = await Promise.all(rows.map((row) => open(row.key, row.sealed).catch(() => null)));
    return new Map(opened.filter((it) => it !== null));
  }
}

/** The account whose lease on this device is good the longest: who is at work here when the server cannot be asked. */
export async function leaseHolder(db: OfflineDb, now: number): Promise<string | null> {
  const good = (await db.leases.toArray()).filter((it) => it.until > now).sort((a, b) => b.until - a.until);
  return good[0]?.account ?? null;
}
