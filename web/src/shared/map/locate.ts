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

/** Whether the person has already said yes on this device, so that asking would not interrupt. */
export async function mayLocate(): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: "geolocation" })).state === "granted";
  } catch {
    return false; // Some browsers inside other apps know no permissions; then the tap decides.
  }
}
