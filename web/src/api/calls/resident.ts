import { ok, wire, withKey } from "../client";
import type { components } from "../schema";
import type { Done } from "../types";
import { patience, within } from "../within";

// What the resident's face asks beside calls.ts, over the generated contract.

type Schemas = components["schemas"];
export type Found = Schemas["Found"];
export type Publication = Schemas["PublicationView"];
export type PublicCase = Schemas["PublicCase"];
export type GridCases = Schemas["GridCases"];
export type Shared = Schemas["SharedView"];
export type PartnerTask = Schemas["PartnerView"];
export type Track = Schemas["TrackView"];
export type Contact = Schemas["Contact"];
export type PlaceSeen = Schemas["PlaceView"];

const v1 = "/api/v1";

export const placeOfGrid = (grid: string) => ok(wire.GET(`${v1}/place`, { params: { query: { grid } } }));
export const addresses = (query: { q?: string; under?: string; cursor?: string }) => ok(wire.GET(`${v1}/addresses`, { params: { query } }));
export const publications = (grid: string | null, cursor?: string, limit = 20) =>
  ok(wire.GET(`${v1}/publications`, { params: { query: { limit, ...(grid ? { grid } : {}), ...(cursor ? { cursor } : {}) } } }));
export const publicCases = (grid: string | null, cursor?: string) =>
  ok(wire.GET(`${v1}/public/cases`, { params: { query: { ...(grid ? { grid } : {}), ...(cursor ? { cursor } : {}) } } }));
export const publicGrids = () => ok(wire.GET(`${v1}/public/grids`));

const of = (track: string) => ({ params: { path: { track } } });
export const track = (secret: string) => ok(wire.GET(`${v1}/reports/{track}`, of(secret)));
export const answer = (secret: string, text: string, key: string) =>
  ok(wire.POST(`${v1}/reports/{track}/answers`, { ...of(secret), body: { text }, headers: withKey(key), signal: within(patience.command) }));
export const reopen = (secret: string, reason: string, key: string) =>
  ok(wire.POST(`${v1}/reports/{track}/reopen`, { ...of(secret), body: { reason, cause: "unsolved" }, headers: withKey(key), signal: within(patience.command) }));
export const share = (secret: string) => ok(wire.POST(`${v1}/reports/{track}/share`, { ...of(secret), body: {} as never }));
export const unshare = (secret: string) => ok(wire.DELETE(`${v1}/reports/{track}/share`, { ...of(secret), body: {} as never }));
export const shared = (secret: string) => ok(wire.GET(`${v1}/shared/{share}`, { params: { path: { share: secret } } }));

const by = (secret: string) => ({ params: { path: { secret } } });
export const partnerTask = (secret: string) => ok(wire.GET(`${v1}/partner/{secret}`, by(secret)));
export const partnerAccept = (secret: string) => ok(wire.POST(`${v1}/partner/{secret}/accept`, { ...by(secret), body: {} as never }));
export const partnerNote = (secret: string, text: string, photo_ids: string[]) =>
  ok(wire.POST(`${v1}/partner/{secret}/note`, { ...by(secret), body: { text, photo_ids, public: false } }));
export const partnerDone = (secret: string, body: Done) => ok(wire.POST(`${v1}/partner/{secret}/done`, { ...by(secret), body: body as never }));
export const partnerPhoto = (secret: string, id: string, thumb = true) => `${v1}/partner/${encodeURIComponent(secret)}/photos/${id}${thumb ? "?size=thumb" : ""}`;

/** Sends a photograph whose key outlives a reload, so that a repeated one is the same. */
export const sendPhotoOnce = async (photo: Blob, key: string): Promise<string> => {
  const answer = await ok(wire.POST(`${v1}/photos`, { body: photo as never, bodySerializer: (body: unknown) => body as Blob, headers: { "Content-Type": photo.type || "image/jpeg", ...withKey(key) }, signal: within(patience.photo) }));
  return (answer as { id: string }).id;
};
