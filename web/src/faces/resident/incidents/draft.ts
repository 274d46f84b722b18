import { reactive, ref, toRaw, watch } from "vue";
import { uuidv7 } from "@/api/uuid";
import { memoryShelf, type Shelf } from "../shelf";

export interface At { lon: number; lat: number }

/** A photograph of a report: as it leaves, and the id that the server gave it once it has arrived. */
export interface Shot { key: string; photo: Blob; id: string | null; at: At | null }

export interface Draft {
  /** Idempotency key of this report: it stays the same over retries and reloads, so a report is never filed twice. */
  key: string;
  text: string;
  at: At | null;
  address: string;
  matter: string;
  join: string;
  wantsReply: boolean;
  phone: string;
  name: string;
  confidential: boolean;
  shots: Shot[];
}

export const fresh = (): Draft => ({
  key: uuidv7(), text: "", at: null, address: "", matter: "", join: "", wantsReply: false, phone: "", name: "", confidential: false, shots: [],
});

export const draft = ref<Draft>(fresh());
export const clearDraft = (): void => void (draft.value = fresh());

/** Whether somebody would miss it. */
export const begun = (it: Draft): boolean => it.text.trim() !== "" || it.shots.length > 0;

/** Drafts whose place in the form another one took. */
export const parked = ref<Draft[]>([]);
let held: Shelf = memoryShelf();
const aside = (key: string) => `parked:${key}`;

/** Puts a draft into the form. One that was begun there is parked, never written over. */
export async function takeUp(next: Draft): Promise<void> {
  const before = plain(draft.value);
  draft.value = next;
  if (begun(before) && before.key !== next.key) {
    parked.value = [before, ...parked.value];
    await held.put(aside(before.key), before).catch(() => undefined); // Without room it is there as long as the page is.
  }
  await letGo(next.key);
}

/** Takes a draft from those that were parked. */
export async function letGo(key: string): Promise<void> {
  parked.value = parked.value.filter((it) => it.key !== key);
  await held.drop(aside(key));
}

/** A plain copy, as storage takes it: without the page's own wrapping. */
export const plain = (it: Draft): Draft => ({ ...toRaw(it), at: it.at && { ...toRaw(it.at) }, shots: it.shots.map((shot) => ({ ...toRaw(shot), photo: toRaw(shot.photo), at: shot.at && { ...toRaw(shot.at) } })) });

/** Whether the last change could be kept on this device. */
export const keeping = reactive({ failed: false });

const slot = "draft";

/** Takes the draft of an earlier visit over and keeps every change from then on. */
export async function keepDraft(shelf: Shelf): Promise<void> {
  held = shelf;
  parked.value = [...parked.value, ...(await shelf.all<Draft>(aside("")).catch(() => []))];
  const before = await shelf.get<Draft>(slot).catch(() => undefined);
  const untouched = !draft.value.text && !draft.value.shots.length;
  if (before && untouched) draft.value = { ...fresh(), ...before };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const keep = (): void => {
    clearTimeout(timer);
    timer = undefined;
    shelf.put(slot, plain(draft.value)).then(() => (keeping.failed = false), () => (keeping.failed = true));
  };
  watch(draft, () => (timer ??= setTimeout(keep, 250)), { deep: true });
  // Whoever was quicker than the storage has written already.
  if (!untouched) keep();
  // A tab that is put away may never wake up again.
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && timer !== undefined && keep());
}
