import { ref } from "vue";
import { placeAt } from "@/api/calls";
import type { Place } from "@/api/types";
import { locate } from "@/shared/map/locate";

/** Where this person is, once they have said so; the report takes it over without asking again. Never kept on the device. */
export const here = ref<{ lon: number; lat: number } | null>(null);

/** Asks the device for its position and the server whose grid that is. */
export async function whoIsHere(): Promise<Place> {
  here.value = await locate();
  return placeAt(here.value.lon, here.value.lat);
}
