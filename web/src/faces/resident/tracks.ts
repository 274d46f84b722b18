import { kept } from "@/shared/kept";

export interface MyReport { track: string; code: string; title: string; at: string; key?: string }

/** The reports of this device, newest first. The link is the only key to them, so it stays here and goes nowhere. */
export const myReports = kept<MyReport[]>("jingwei.m.reports", () => []);

export function remember(report: MyReport): void {
  myReports.value = [report, ...myReports.value.filter((it) => it.track !== report.track)].slice(0, 50);
}

export function forget(track: string): void {
  myReports.value = myReports.value.filter((it) => it.track !== track);
}
