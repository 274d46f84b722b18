import type { components } from "../schema";
import { get, ok, wire } from "../client";
import type { Paged } from "../types";

// Asking that a case loses its words, and deciding what somebody else asked.

type Schemas = components["schemas"];
export type Erasure = Schemas["ErasureView"];

const of = (id: string) => ({ params: { path: { id } } });

export const askErasure = (incident: string, reason: string) => ok(wire.POST("/api/v1/incidents/{id}/erasure", { ...of(incident), body: { reason } }));
export const erasures = (open: boolean, cursor = "") => get<Paged<Erasure>>("/erasures", { open, ...(cursor ? { cursor } : {}) });
export const decideErasure = (id: string, approved: boolean, words: string) => ok(wire.POST("/api/v1/erasures/{id}/decide", { ...of(id), body: { approved, words } }));
