/** What is typed as a day and a minute is meant in the district's time, wherever the browser stands. Pure. */

/** Minutes of an offset such as `+08:00`. */
export function minutes(zone: string): number {
  const found = /^([+-])(\d{2}):(\d{2})$/.exec(zone);
  return found ? (found[1] === "-" ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3])) : 480;
}

/** The instant of what a field of day and minute holds; nothing for what is none. */
export const instant = (text: string, zone: string): string | null => {
  const at = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text) ? Date.parse(`${text.slice(0, 16)}:00Z`) : Number.NaN;
  return Number.isNaN(at) ? null : new Date(at - minutes(zone) * 60_000).toISOString();
};
