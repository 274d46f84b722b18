// Runs before the page's own script has come, and asks what every page of this face stands on: who is here, the lease of this device and, where nothing
// lies yet, the pack. A device that was here before has its pages kept, and asks only for what is new since, which its own store knows.
import { ask, askWho } from "../../api/ask";

ask("/api/v1/district");
askWho(({ permissions, must_enrol }) => {
  if (must_enrol) return;
  ask("/api/v1/session/lease");
  if (!navigator.serviceWorker?.controller && permissions.includes("pack.read")) ask("/api/v1/pack");
});
