import type { components } from "../schema";
import { get, ok, put, wire } from "../client";
import type { Paged } from "../types";

// Public notices, as staff write them.

type Schemas = components["schemas"];
export type Notice = Schemas["ManagedPublication"];
export type NoticeSeen = Schemas["PublicationView"];

const of = (id: string) => ({ params: { path: { id } } });

export const noticePage = (cursor = "", limit = 50) => get<Paged<Notice>>("/publications/managed", { limit, ...(cursor ? { cursor } : {}) });
export const publish = (body: Schemas["NewPublication"]) => ok(wire.POST("/api/v1/publications", { body }));
export const changeNotice = (id: string, body: Schemas["PublicationChange"]) => put<Notice>(`/publications/${id}`, body);
export const withdrawNotice = (id: string, body: Schemas["Withdrawal"]) => ok(wire.POST("/api/v1/publications/{id}/withdraw", { ...of(id), body }));

/** One notice. The server has them as a list only, the newest first; somebody who comes by a link may want an old one. */
export async function noticeOf(id: string): Promise<Notice | null> {
  for (let cursor = ""; ; ) {
    const page = await noticePage(cursor, 100);
    const found = page.items.find((it) => it.id === id);
    if (found || !page.next) return found ?? null;
    cursor = page.next;
  }
}
