import type { Case } from "@/api/types";

/** Cases that hold every word, wherever: number, title, text, matter, grid, address. All of it lies on the device, so it needs no network. */
export function found(cases: readonly Case[], words: string): Case[] {
  const wanted = words.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length) return [];
  const text = (c: Case) => [c.code, c.title, c.text, c.matter?.name, c.matter?.name_en, c.grid?.name, c.address, c.public_reply].filter(Boolean).join("\n").toLowerCase();
  return cases.filter((c) => {
    const all = text(c);
    return wanted.every((word) => all.includes(word));
  }).sort((a, b) => b.reported_at.localeCompare(a.reported_at));
}

/** Where a case is, as short as its worker needs it: what the address says beyond the name of the grid, else the grid. */
export function placeOf(c: Case): string {
  const grid = c.grid?.name ?? "";
  const address = c.address?.trim() ?? "";
  return (grid && address.includes(grid) ? address.slice(address.indexOf(grid) + grid.length).trim() : address) || grid;
}
