import type { OfflineDb } from "./db";
import { freshKey } from "./seal";

/** The account's own key on this device, made when it is first needed. What waits and what was begun is sealed with it, and opens for nobody else. */
export async function ownKey(db: OfflineDb, account: string): Promise<CryptoKey> {
  const kept = await db.keys.get(account);
  if (kept) return kept.key;
  const fresh = await freshKey();
  // Two tabs may come here at once: the first to write wins, for both.
  await db.keys.add({ account, key: fresh }).catch(() => undefined);
  return (await db.keys.get(account))?.key ?? fresh;
}
