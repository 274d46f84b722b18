import type { Taken } from "../photos/exif";

export type LocateProblem = "denied" | "unavailable";

/** Asks the device where it is. Only ever called from a tap or where leave was given before. */
export function locate(): Promise<Taken> {
  return new Promise((found, failed) => {
    if (!navigator.geolocation) {
      failed("unavailable" satisfies LocateProblem);
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => found({ lon: coords.longitude, lat: coords.latitude }),
      (error) => failed((error.code === error.PERMISSION_DENIED ? "denied" : "unavailable") satisfies LocateProblem),
      { enableHighAccuracy: true, timeout: 10_000, maximumAge: 60_000 },
    );
  });
}

/** What the person has said on this device so far; some browsers inside other apps know no permissions. */
async function leave(): Promise<PermissionState | "unknown"> {
  try {
    return (await navigator.permissions.query({ name: "geolocation" })).state;
  } catch {
    return "unknown";
  }
}

/** Whether the person has already said yes on this device, so that asking would not interrupt. */
export const mayLocate = async (): Promise<boolean> => (await leave()) === "granted";

let asked = false;
/** Whether to ask on a page that is opened for a place: once in a visit, and not whoever said no before. Where leave was given nobody is interrupted. */
export async function mayAsk(): Promise<boolean> {
  const said = await leave();
  if (said === "granted") return true;
  if (said === "denied" || asked) return false;
  asked = true;
  return true;
}
