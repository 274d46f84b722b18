import { useQuery } from "@tanstack/vue-query";
import { watchEffect } from "vue";
import { district } from "@/api/calls";
import type { District } from "@/api/types";
import { useZone } from "../clock";

const place = "jingwei.district";

async function read(): Promise<District> {
  const now = (await district()) as District;
  try {
    localStorage.setItem(place, JSON.stringify(now));
  } catch {
    // Not kept: the next visit asks again.
  }
  return now;
}

/** What was public of the district the last time: its name, and that it is a demonstration, have to stand on a page without network as well. */
export function lastDistrict(): District | undefined {
  try {
    return (JSON.parse(localStorage.getItem(place) ?? "null") as District | null) ?? undefined;
  } catch {
    return undefined;
  }
}

/** The district that this instance serves, as it was the last time until it is read again; what was known stays when it cannot be. */
export function useDistrict() {
  const query = useQuery({ queryKey: ["district"], queryFn: read, staleTime: 3_600_000, initialData: lastDistrict, initialDataUpdatedAt: 0 });
  watchEffect(() => {
    if (query.data.value) useZone(query.data.value.zone);
  });
  return query;
}
