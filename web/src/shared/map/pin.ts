import type { LightKey } from "@/api/types";

/** A case as a point on the map. */
export interface Pin { id: string; lon: number; lat: number; light: LightKey }
