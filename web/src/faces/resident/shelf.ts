/** Where drafts and waiting reports lie on this device, photographs included. */
export interface Shelf {
  get<T>(key: string): Promise<T | undefined>;
  put(key: string, value: unknown): Promise<void>;
  drop(key: string): Promise<void>;
  /** Every value whose key begins so, in the order of their keys. */
  all<T>(prefix: string): Promise<T[]>;
}

/** A shelf in memory: for a browser that forbids storage, and for tests. */
export function memoryShelf(): Shelf {
  const held = new Map<string, unknown>();
  const keys = (prefix: string) => [...held.keys()].filter((key) => key.startsWith(prefix)).sort();
  return {
    get: async <T>(key: string) => held.get(key) as T | undefined,
    put: async (key, value) => void held.set(key, value),
    drop: async (key) => void held.delete(key),
    all: async <T>(prefix: string) => keys(prefix).map((key) => held.get(key) as T),
  };
}

const name = "jingwei.m";
const store = "shelf";

/** The shelf in the browser's own database, which takes photographs as they are. */
export async function deviceShelf(): Promise<Shelf> {
  let db: IDBDatabase;
  try {
    db = await opened();
  } catch {
    return memoryShelf(); // No storage here: what is typed holds as long as the page does.
  }
  const done = <T>(mode: IDBTransactionMode, ask: (at: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
    new Promise((well, badly) => {
      const work = db.transaction(store, mode);
      const request = ask(work.objectStore(store));
      work.oncomplete = () => well(request.result);
      work.onabort = work.onerror = () => badly(work.error ?? request.error);
    });
  return {
    get: <T>(key: string) => done("readonly", (at) => at.get(key) as IDBRequest<T | undefined>),
    put: async (key, value) => void (await done("readwrite", (at) => at.put(value, key))),
    drop: async (key) => void (await done("readwrite", (at) => at.delete(key))),
    all: <T>(prefix: string) => done("readonly", (at) => at.getAll(IDBKeyRange.bound(prefix, `${prefix}\uffff`)) as IDBRequest<T[]>),
  };
}

function opened(): Promise<IDBDatabase> {
  return new Promise((well, badly) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => void request.result.createObjectStore(store);
    request.onsuccess = () => well(request.result);
    request.onerror = () => badly(request.error);
  });
}
