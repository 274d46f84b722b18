import { ref } from "vue";

/** Whether a newer version of the pages lies ready. Nobody is moved to it in the middle of something: the page asks first. */
export const updateReady = ref(false);
let waiting: ServiceWorker | null = null;

/** How long after its load a page begins with it: what is kept must not stand in the way of the first screen on a slow line. */
const pause = 2000;

/** Keeps the pages themselves on the device, so that they open without network. What this visit needs has been read by then. */
export const watchShell = (): void => addEventListener("load", () => setTimeout(watch, pause));

function watch(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  let asked = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (asked) location.reload();
  });
  const offer = (worker: ServiceWorker | null) => {
    if (!worker || !navigator.serviceWorker.controller) return; // The first one takes over by itself.
    waiting = worker;
    updateReady.value = true;
  };
  void navigator.serviceWorker.register(`${import.meta.env.BASE_URL}sw.js`, { scope: import.meta.env.BASE_URL }).then((registration) => {
    offer(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const fresh = registration.installing;
      fresh?.addEventListener("statechange", () => fresh.state === "installed" && offer(fresh));
    });
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void registration.update().catch(() => undefined));
  }).catch(() => undefined); // Without it the pages work as they do in any browser, with network.
  addEventListener("jingwei:update", () => {
    asked = true;
    waiting?.postMessage("take-over");
  });
}

/** Goes over to the newer version. What was typed is kept with its draft, what was given lies in the outbox. */
export const takeUpdate = (): void => void dispatchEvent(new Event("jingwei:update"));
