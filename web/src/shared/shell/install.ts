import { ref, shallowRef } from "vue";
import { insideWechat } from "../wechat";

/** What a browser hands out that can put the pages on the home screen by itself; the others want to be asked by hand. */
interface Offer extends Event { prompt(): Promise<unknown> }

const offer = shallowRef<Offer | null>(null);
/** Whether one tap does it. */
export const oneTap = ref(false);
/** Whether this page was opened from the home screen. */
export const onHomeScreen = ref(false);

/** Catches the browser's offer, which comes once and early. */
export function watchInstall(): void {
  onHomeScreen.value = globalThis.matchMedia?.("(display-mode: standalone)").matches || (navigator as { standalone?: boolean }).standalone === true;
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer.value = event as Offer;
    oneTap.value = true;
  });
  addEventListener("appinstalled", () => (onHomeScreen.value = true));
}

export async function install(): Promise<void> {
  await offer.value?.prompt();
  // An offer counts once.
  offer.value = null;
  oneTap.value = false;
}

/** How it is done by hand: a word of the locale files. */
export function byHand(agent: string): "wechat" | "apple" | "other" {
  if (insideWechat(agent)) return "wechat";
  return /iPhone|iPad|iPod/i.test(agent) ? "apple" : "other";
}
