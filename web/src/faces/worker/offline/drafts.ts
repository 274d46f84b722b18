import { draftKept, withRoom, type OfflineDb } from "./db";
import { ownKey } from "./keys";
import { photosIn } from "./outbox";
import { openJson, sealJson } from "./seal";

/** So long a pause in typing is before it is sealed and stored. */
const pause = 250;

/**
 * What somebody began to write and has not given yet. It lies on this device like what waits: sealed with its author's own key, over a reload and a
 * new log-in, and gone when it is given. What nobody touched for a week goes too, whoever wrote it.
 */
export class Drafts {
  private readonly held = new Map<string, object>();
  private readonly due = new Map<string, ReturnType<typeof setTimeout>>();
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly db: OfflineDb,
    readonly account: string,
    /** Told after each time that something was stored, or could not be. */
    private readonly stored: (error: unknown) => void = () => undefined,
    private readonly clock: () => number = Date.now,
  ) {}

  async load(): Promise<void> {
    const key = await ownKey(this.db, this.account);
    await this.db.drafts.where("at").below(this.clock() - draftKept).delete();
    for (const row of await this.db.drafts.where({ account: this.account }).toArray()) {
      const value = await openJson<object>(key, row.sealed, `draft:${row.name}`).catch(() => null);
      if (value) this.held.set(row.name, value);
    }
  }

  get<T extends object>(name: string): T | undefined {
    return this.held.get(name) as T | undefined;
  }

  /** Keeps what was typed, in a moment; null lets it go. */
  put(name: string, value: object | null): void {
    if (value) this.held.set(name, value);
    else this.held.delete(name);
    if (!this.due.has(name)) this.due.set(name, setTimeout(() => this.write(name), pause));
  }

  /** Stores at once what is due: a page that is put away may never wake up again. */
  flush(): Promise<void> {
    for (const name of [...this.due.keys()]) this.write(name);
    return this.writing;
  }

  /** Gives the draft over to `take`, which removes it together with whatever else it stores. When that fails, the draft is kept as it was. */
  async giving<T>(name: string, take: () => Promise<T>): Promise<T> {
    this.rest(name);
    await this.writing;
    try {
      const taken = await take();
      this.held.delete(name);
      this.rest(name);
      return taken;
    } catch (error) {
      const value = this.held.get(name);
      if (value) this.put(name, value);
      throw error;
    }
  }

  private rest(name: string): void {
    clearTimeout(this.due.get(name));
    this.due.delete(name);
  }

  private write(name: string): void {
    this.rest(name);
    this.writing = this.writing.then(() => this.store(name)).then(() => this.stored(null), (error: unknown) => this.stored(error));
  }

  private async store(name: string): Promise<void> {
    const value = this.held.get(name);
    if (!value) return this.db.drafts.delete([this.account, name]);
    const sealed = await sealJson(await ownKey(this.db, this.account), value, `draft:${name}`);
    await withRoom(this.db, () => this.db.drafts.put({ account: this.account, name, at: this.clock(), photos: photosIn(value), sealed }));
  }
}
