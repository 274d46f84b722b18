import { computed, ref } from "vue";
import { placeAt } from "@/api/calls";
import { placeOfGrid, type PlaceSeen } from "@/api/calls/resident";
import { kept } from "@/shared/kept";
import { device } from "../device";

/** Where this person is, once they have said so; the report takes it over without asking again. Never kept on the device. */
export const here = ref<{ lon: number; lat: number } | null>(null);

/** The grid that this person last looked up, so that the next visit shows its worker at once. A grid is hundreds of households, not a position. */
const held = kept<{ grid: string | null }>("jingwei.m.grid", () => ({ grid: null }));
export const myGrid = computed(() => held.value.grid);
export const keepGrid = (code: string | null): void => void (held.value = { grid: code });

/** Asks the device for its position and the server whose grid that is. */
export async function whoIsHere(): Promise<PlaceSeen> {
  here.value = await device().locate();
  return whoIsAt(here.value);
}

export const whoIsAt = async (at: { lon: number; lat: number }): Promise<PlaceSeen> => (await placeAt(at.lon, at.lat)) as PlaceSeen;
export const whoIsOf = (grid: string): Promise<PlaceSeen> => placeOfGrid(grid);
