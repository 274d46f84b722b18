import { defineStore } from "pinia";
import { computed, ref, shallowRef } from "vue";
import { unattended } from "@/api/attended";
import { incident } from "@/api/calls";
import { day, handbook, lease, meter, pack, type Borders, type Day, type DeskOfGrid, type Handbook, type Meter, type MustReport, type Neighbour, type ReturnReason } from "@/api/calls/worker";
import { csrfNow, photoUrl } from "@/api/client";
import { isProblem } from "@/api/problem";
import type { Case, Session } from "@/api/types";
import { useSession } from "@/shared/access/session";
import { forget as forgetKept } from "@/shared/kept";
import { boxOf, fromServer, readCellsBy } from "@/shared/map/cells";
import { lastDistrict } from "@/shared/org/district";
import { leaseHolder, ReadCache } from "./cache";
import { isFull, OfflineDb } from "./db";
import { Drafts } from "./drafts";
import { keepGround, keptFirst } from "./ground";
import { Outbox, type Item, type NewCommand, type Sent } from "./outbox";
import { bringPictures, sparing, wantedPictures } from "./pictures";
import { overHttp } from "./transport";

const flushEvery = 30_000;
const packEvery = 60_000;
/** So long after the inbox was read its photographs are fetched: the first screen is usable before. */
const picturesAfter = 3000;

interface Marks { cursor: string | null; org: number | null; catalogue: number | null; at: number | null; cut: boolean }
const noMarks = (): Marks => ({ cursor: null, org: null, catalogue: null, at: null, cut: false });

/** Everything that the worker's pages stand on: what was read, what waits to be sent, and when both last met the server. */
export const useField = defineStore("field", () => {
  const session = useSession();
  const db = new OfflineDb();
  // It opens beside the first view; whoever needs it waits for it, and hears why it does not open.
  db.open().catch(() => undefined);
  readCellsBy(keptFirst(db, fromServer));
  let outbox: Outbox | null = null;
  let cache: ReadCache | null = null;
  let timer: ReturnType<typeof setInterval> | undefined;
  let packed = 0;
  let pulling: Promise<void> | null = null;

  const account = ref<string | null>(null);
  const cases = shallowRef(new Map<string, Case>());
  const borders = shallowRef<Borders | null>(null);
  const desks = shallowRef<DeskOfGrid[]>([]);
  /** The units that one can name; none known yet, or empty where they are too many to carry. */
  const units = shallowRef<Neighbour[] | null>(null);
  const mustReports = shallowRef<MustReport[]>([]);
  const reasons = shallowRef<ReturnReason[]>([]);
  const book = shallowRef<Handbook | null>(null);
  /** Until when results must show a photograph; see `photos.ts`. */
  const photoUntil = ref<string | null>(null);
  const marks = shallowRef<Marks>(noMarks());
  const drafts = shallowRef<Drafts | null>(null);
  const items = shallowRef<Item[]>([]);
  const sent = shallowRef<Sent[]>([]);
  const strangers = ref(0);
  const online = ref(navigator.onLine);
  const reached = ref(true);
  const syncing = ref(false);
  const problem = shallowRef<unknown>(null);
  const leaseUntil = ref<number | null>(null);
  /** Whether this page may use what offline work needs; browsers give it to https alone. */
  const possible = Boolean(globalThis.crypto?.subtle) && "indexedDB" in globalThis;

  const waiting = computed(() => items.value.filter((it) => it.state === "waiting").length);
  const needsYou = computed(() => items.value.filter((it) => it.state === "failed" || it.state === "conflict" || it.state === "parked").length);
  const lastSync = computed(() => marks.value.at);

  async function show(): Promise<void> {
    if (!outbox) return;
    [items.value, sent.value, strangers.value] = await Promise.all([outbox.list(), outbox.sent(), outbox.strangers()]);
  }

  /** Begins for whoever is logged in. With `fresh` the session came from the server just now, else from the lease on this device. */
  async function open(who: Session, fresh: boolean): Promise<void> {
    if (!possible) return;
    if (account.value !== who.account) forget();
    account.value = who.account;
    outbox ??= new Outbox(db, who.account, overHttp);
    cache ??= new ReadCache(db, who.account);
    await takeUp(who.account);
    if (fresh) await takeLease(cache, who);
    leaseUntil.value = cache.until;
    const [kept] = await Promise.all([cases.value.size === 0 ? cache.all() : null, show()]);
    if (kept) fill(kept);
    void navigator.storage?.persist?.().catch(() => false);
    clearInterval(timer);
    timer = setInterval(() => void beat(), flushEvery);
    void sync();
  }

  /** What was begun on this device by whoever is at work now. Drafts lay open beside the database once: of those nothing stays. */
  async function takeUp(of: string): Promise<void> {
    forgetKept("jingwei.w.");
    if (drafts.value?.account === of) return;
    const begun = new Drafts(db, of, (error) => (full.value = isFull(error)));
    await begun.load().catch(() => undefined);
    if (account.value === of) drafts.value = begun;
  }

  async function takeLease(into: ReadCache, who: Session): Promise<void> {
    try {
      await into.lease(await lease(), who);
    } catch (error) {
      if (isProblem(error) && error.status === 0) return void (await into.resume(Date.now()));
      if (isProblem(error) && error.status === 401) throw error;
      await into.withoutLease();
    }
  }

  /** Who was at work on this device and may go on without the server. */
  async function resume(): Promise<Session | null> {
    if (!possible) return null;
    const holder = await leaseHolder(db, Date.now()).catch(() => null);
    if (!holder) return null;
    cache = new ReadCache(db, holder);
    const who = await cache.resume(Date.now());
    if (!who) return null;
    outbox = new Outbox(db, holder, overHttp);
    account.value = holder;
    return who;
  }

  function fill(all: Map<string, unknown>): void {
    cases.value = new Map([...all].filter(([name]) => name.startsWith("case:")).map(([name, it]) => [name.slice(5), it as Case]));
    borders.value = (all.get("borders") as Borders | undefined) ?? null;
    desks.value = (all.get("desks") as DeskOfGrid[] | undefined) ?? [];
    units.value = (all.get("units") as Neighbour[] | undefined) ?? null;
    mustReports.value = (all.get("must") as MustReport[] | undefined) ?? [];
    reasons.value = (all.get("reasons") as ReturnReason[] | undefined) ?? [];
    book.value = (all.get("book") as Handbook | undefined) ?? null;
    photoUntil.value = (all.get("photos") as string | null | undefined) ?? null;
    marks.value = (all.get("marks") as Marks | undefined) ?? noMarks();
  }

  function forget(): void {
    void drafts.value?.flush();
    drafts.value = null;
    [outbox, cache, packed] = [null, null, 0];
    refused.clear();
    cases.value = new Map();
    [borders.value, desks.value, units.value, mustReports.value, reasons.value, book.value, marks.value] = [null, [], null, [], [], null, noMarks()];
    [items.value, sent.value, problem.value, photoUntil.value] = [[], [], null, null];
  }

  /** The session is over: what was read goes, what waits stays for the next log-in. */
  async function close(): Promise<void> {
    clearInterval(timer);
    const gone = cache;
    const typed = drafts.value?.flush();
    forget();
    [account.value, leaseUntil.value] = [null, null];
    // Whoever logs in next finds on the device what was typed last.
    await Promise.all([typed, gone?.wipe()]);
  }

  /** At the end of the lease what was read goes, and whoever is at work logs in again; his page waits behind the log-in. */
  async function over(): Promise<boolean> {
    if (leaseUntil.value === null || leaseUntil.value > Date.now()) return false;
    await close();
    if (whenOut.value) whenOut.value();
    else session.take(null);
    return true;
  }

  async function beat(): Promise<void> {
    if (await over()) return;
    await flush();
    if (document.visibilityState === "visible" && Date.now() - packed > packEvery) await pull();
  }

  /**
   * Sends what waits, then reads what is new; where nothing waits, reading does not wait for that either. What is being read already may have been asked
   * for too early to know of what this is about: then it is read once more.
   */
  async function sync(byHand = false): Promise<void> {
    online.value = navigator.onLine;
    if (await over()) return;
    const flushed = flush(!byHand);
    if (waiting.value) await flushed;
    const early = pulling;
    await Promise.all([flushed, pull()]);
    if (early) await pull();
  }

  async function flush(onlyDue = true): Promise<void> {
    if (!outbox) return;
    // After a start from the lease the first look at the session brings the token that commands carry.
    if (!csrfNow() && items.value.some((it) => it.state === "waiting")) {
      try {
        if (!(await session.load(true))) return;
      } catch {
        reached.value = false;
        return;
      }
    }
    const report = await outbox.flush(onlyDue);
    if (report.offline) reached.value = false;
    else if (report.sent.length) reached.value = true;
    for (const body of report.answers.values()) if (isCase(body)) await keep([body]);
    await show();
    if (report.loggedOut) await loggedOut();
    if (report.sent.length) packed = 0;
  }

  async function loggedOut(): Promise<void> {
    const now = await session.load(true).catch(() => undefined);
    if (now === null) whenOut.value?.();
  }
  /** What the face does when the server no longer knows who is at work. */
  const whenOut = shallowRef<(() => void) | null>(null);

  function pull(): Promise<void> {
    pulling ??= pullAlone().finally(() => (pulling = null));
    return pulling;
  }

  async function pullAlone(): Promise<void> {
    if (!cache || !navigator.onLine) return;
    syncing.value = true;
    try {
      await pages(marks.value.cursor !== null);
      await handbookIfMoved();
      [packed, reached.value, problem.value] = [Date.now(), true, null];
      void groundIfMoved();
      setTimeout(() => void pictures(), picturesAfter);
    } catch (error) {
      if (isProblem(error) && error.status === 0) reached.value = false;
      else problem.value = error;
    } finally {
      syncing.value = false;
    }
  }

  /** The small photographs of one's own open cases, for the time without network; not over a line on which each byte counts. */
  let bringing = false;
  const refused = new Set<string>();
  async function pictures(): Promise<void> {
    const into = cache;
    if (!into || bringing || !navigator.onLine || sparing()) return;
    bringing = true;
    try {
      await bringPictures(into, wantedPictures([...cases.value.values()], Date.now()).filter((it) => !refused.has(it.photo)), async ({ case: of, photo }) => {
        if (cache !== into) throw new Error("somebody else is at work");
        const answer = await fetch(photoUrl.ofCase(of, photo), { headers: unattended() ? { "X-Unattended": "1" } : {} });
        if (!answer.ok) refused.add(photo);
        return answer.ok ? answer.arrayBuffer() : null;
      });
    } catch {
      // Without network, or with another person here, the rest comes with the next reading.
    } finally {
      bringing = false;
    }
  }

  /** The base map under one's own grids comes last, and once for each of its versions and each change of the borders. */
  let grounded = "";
  async function groundIfMoved(): Promise<void> {
    const [of, box] = [lastDistrict()?.basemap, boxOf(borders.value?.grids)];
    const wanted = `${of?.version}/${marks.value.org}`;
    if (!of || !box || grounded === wanted) return;
    grounded = wanted;
    try {
      await keepGround(db, of, box, fromServer);
    } catch {
      grounded = "";
    }
  }

  async function pages(onlyNew: boolean): Promise<void> {
    const have = marks.value;
    let after: string | undefined;
    let held: string[] = [];
    let next: Marks = have;
    const begun = cache;
    do {
      const page = await pack({ ...(onlyNew && have.cursor ? { since: have.cursor } : {}), ...(after ? { after } : {}), ...(onlyNew && have.org !== null && units.value ? { org: have.org } : {}) });
      if (cache !== begun) return; // Somebody else logged in meanwhile.
      let beside = {};
      if (page.held) {
        held = page.held;
        next = { ...have, cursor: page.cursor, cut: page.cut, catalogue: have.catalogue };
        mustReports.value = page.must_reports;
        reasons.value = page.reasons;
        photoUntil.value = page.photo_until ?? null;
        beside = { must: page.must_reports, reasons: page.reasons, photos: photoUntil.value };
      }
      if (page.units) {
        [borders.value, desks.value, units.value] = [page.borders, page.desks, page.units];
        next = { ...next, org: page.org };
        beside = { ...beside, borders: page.borders, desks: page.desks, units: page.units };
      }
      await keep(page.cases, beside);
      catalogueNow = page.catalogue;
      after = page.next ?? undefined;
    } while (after);
    const gone = [...cases.value.keys()].filter((id) => !held.includes(id));
    if (gone.length) {
      const left = new Map(cases.value);
      for (const id of gone) left.delete(id);
      cases.value = left;
      await cache?.remove(gone.map((id) => `case:${id}`));
    }
    // A case can come into sight without having changed, after a leave or a move of borders: then everything is read once more.
    if (onlyNew && held.some((id) => !cases.value.has(id))) return pages(false);
    marks.value = { ...next, at: Date.now() };
    await store({ marks: marks.value });
  }
  let catalogueNow: number | null = null;

  async function handbookIfMoved(): Promise<void> {
    if (!session.may("catalogue.read") || catalogueNow === null || (book.value && marks.value.catalogue === catalogueNow)) return;
    book.value = await handbook();
    marks.value = { ...marks.value, catalogue: catalogueNow };
    await store({ book: book.value, marks: marks.value });
  }

  async function keep(fresh: Case[], beside: Record<string, unknown> = {}): Promise<void> {
    if (fresh.length) {
      const all = new Map(cases.value);
      for (const it of fresh) if ((all.get(it.id)?.version ?? 0) <= it.version) all.set(it.id, it);
      cases.value = all;
    }
    await store({ ...beside, ...Object.fromEntries(fresh.map((it) => [`case:${it.id}`, it])) });
  }

  /** The read cache is a convenience: a full device says so and goes on with what is in memory. */
  async function store(records: Record<string, unknown>): Promise<void> {
    const into = cache;
    // Sealing takes a slow phone a while: what is shown comes first.
    await new Promise((then) => setTimeout(then));
    try {
      await into?.put(records);
      full.value = false;
    } catch (error) {
      full.value = isFull(error);
    }
  }
  const full = ref(false);

  /** The case as the server has it now. */
  async function refresh(id: string): Promise<void> {
    await keep([await incident(id)]);
  }

  /** A day or month as it was last read here; and the same from the server, kept for the next time. */
  const keptDay = async (of: string): Promise<Day | null> => ((await cache?.get<Day>(`day:${of}`)) ?? null);
  const keptMeter = async (of: string): Promise<Meter | null> => ((await cache?.get<Meter>(`meter:${of}`)) ?? null);
  async function readDay(of: string): Promise<Day> {
    const read = await day(of);
    await store({ [`day:${of}`]: read });
    return read;
  }
  async function readMeter(of: string): Promise<Meter> {
    const read = await meter(of);
    await store({ [`meter:${of}`]: read });
    return read;
  }

  function own(): Outbox {
    if (!outbox) throw new Error("nobody is at work here");
    return outbox;
  }
  async function changed(act: Promise<unknown>): Promise<void> {
    await act;
    await show();
    void flush();
  }

  return {
    possible, account, cases, borders, desks, units, mustReports, reasons, book, photoUntil, drafts, items, sent, strangers, waiting, needsYou, lastSync, online, reached, syncing, problem, full, leaseUntil, whenOut, marks,
    open, resume, close, sync, flush, refresh, keptDay, keptMeter, readDay, readMeter,
    /** Takes a command, and with it the draft that it was: it is safe on this device when this returns, and on its way. */
    async give(command: NewCommand, draft?: string): Promise<string> {
      const add = () => own().add(command, draft);
      const id = await (draft && drafts.value ? drafts.value.giving(draft, add) : add());
      await show();
      void flush().then(() => pull());
      return id;
    },
    keepPhoto: (photo: Blob) => own().keepPhoto(photo),
    photo: (name: string) => own().photo(name),
    /** A small photograph of a case, if it lies here. */
    picture: async (photo: string): Promise<Blob | null> => (await cache?.picture(photo)) ?? null,
    retry: (id: string) => changed(own().retry(id)),
    drop: (id: string) => changed(own().drop(id)),
    undrop: (id: string) => changed(own().undrop(id)),
    edit: (id: string, body: Record<string, unknown>) => changed(own().edit(id, body)),
    withoutLostPhotos: (id: string) => changed(own().withoutLostPhotos(id)),
    keepMine: (id: string, version: number) => changed(own().keepMine(id, version)),
    watchNetwork(): void {
      const look = () => {
        online.value = navigator.onLine;
        if (navigator.onLine) void sync();
      };
      addEventListener("online", look);
      addEventListener("offline", () => (online.value = false));
      document.addEventListener("visibilitychange", () => void (document.visibilityState === "visible" ? sync() : drafts.value?.flush()));
    },
  };
});

const isCase = (body: unknown): body is Case => typeof body === "object" && body !== null && "steps" in body && "tasks" in body && "id" in body;
