/** A limit of the catalogue. */
export interface Limit { n: number; unit: string }
type Say = (key: string, gaps: Record<string, unknown>) => string;
export const units = ["minute", "hour", "working_hour", "day", "working_day"] as const;
/** `4 工作时`, a dash for none. */
export const limitText = (limit: Limit | null | undefined, t: Say): string => (limit ? t(`setup.limit.${limit.unit}`, { n: limit.n }) : "—");
