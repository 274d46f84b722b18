import type { Client } from "openapi-fetch";
import { api, ok, wire } from "../client";
import type { components } from "../schema";
import type { Case, Session, Step } from "../types";

// What the worker's face alone asks of the server, typed as the contract has it.

export interface MustReport { key: string; zh: string; en: string; matter?: string | null; told?: { zh: string; en: string; phone?: string | null } | null }
export interface ReturnReason { code: string; words: string; evidence: boolean }
export interface Borders { revision: number; grids: unknown }
export interface DeskOfGrid { grid: string; name: string; phone: string | null }
/** A unit that the worker can name. */
export interface Neighbour { id: string; code: string; name: string; name_en?: string | null; alias?: string | null; kind: string }
export interface Pack {
  cursor: string; held: string[] | null; cut: boolean; cases: Case[]; next: string | null; catalogue: number;
  org: number; borders: Borders | null; desks: DeskOfGrid[]; units: Neighbour[] | null; must_reports: MustReport[]; reasons: ReturnReason[];
  /** Until when results of matters whose catalogue asks for evidence must show a photograph; an older server does not say. */
  photo_until?: string | null;
}
export interface Lease { session: string; key: string; until: string }
export interface DayLine {
  at: string; what: "deed" | "told" | "own"; id: string | null; action: string | null; incident: string | null; code: string | null; title: string | null; grid: string | null; words: string; spoken?: Step["spoken"];
}
export interface Day { day: string; lines: DayLine[]; photos: number; cut: boolean }
export interface FieldCount { field: string; n: number }
export interface Meter {
  month: string; steps: number; typed: number; filled: number; characters: number; photos: number; day_entries: number; told: number; cut: boolean;
  asked_by: { kind: "own" | "rules" | "person" | "form"; name: string; typed: number }[];
  forms: { form: string; times: number; typed: FieldCount[]; filled: FieldCount[] }[];
}
/** A number of the meter, by what it counts. */
export interface Asked { month?: string; form?: string; what?: "typed" | "filled"; field?: string; asked?: Meter["asked_by"][number]["kind"]; name?: string; after?: number }
export interface MeterSteps {
  month: string; next: number | null; steps: number; typed: number; filled: number; cut: boolean;
  items: { at: string; form: string; incident: string; code: string; title: string; typed: ({ field: string } & Pick<Meter["asked_by"][number], "kind" | "name">)[]; filled: string[]; characters: number }[];
}
export interface MatterRules {
  id: string; level1: string; level1_en?: string; level2: string; level3: string; level3_en: string; public_name: string; class: string; lead: string; helpers: string[]; urgency: string;
  accept: { n: number; unit: string } | null; handle: { n: number; unit: string } | null; stages: { name: string; limit: { n: number; unit: string } }[];
  filing_condition: string; handling_condition: string; closing_condition: string; evidence: string; verify: string;
}
export interface Handbook { revision: number; items: MatterRules[] }

interface Read<Out, Query> {
  get: { parameters: { query?: Query; path?: never; header?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { "application/json": Out } } } };
}
interface WorkerPaths {
  "/pack": Read<Pack, { since?: string; after?: string; org?: number }>;
  "/session/lease": Read<Lease, never>;
  "/day": Read<Day, { day?: string }>;
  "/burden-meter": Read<Meter, { month?: string }>;
  "/burden-meter/steps": Read<MeterSteps, Asked>;
  "/catalogue": Read<Handbook, never>;
}
const worker = api as unknown as Client<WorkerPaths>;

export const pack = (query: { since?: string; after?: string; org?: number }) => ok(worker.GET("/pack", { params: { query } }));
export const lease = () => ok(worker.GET("/session/lease"));
export const day = (of: string) => ok(worker.GET("/day", { params: { query: { day: of } } }));
export const meter = (month: string) => ok(worker.GET("/burden-meter", { params: { query: { month } } }));
export const meterSteps = (query: Asked) => ok(worker.GET("/burden-meter/steps", { params: { query } }));
export type Burden = components["schemas"]["BurdenView"];
/** The complaints about burdens of one's own grids, the newest first. */
export const ownBurdens = () => ok(wire.GET("/api/v1/burdens", { params: { query: { limit: 50 } } }));
export const handbook = () => ok(worker.GET("/catalogue"));
export type { Session };

export const ownPortrait = () => ok(wire.GET("/api/v1/account/portrait"));
export const putOwnPortrait = (photo_id: string) => ok(wire.PUT("/api/v1/account/portrait", { body: { photo_id } }));
export const removeOwnPortrait = () => ok(wire.DELETE("/api/v1/account/portrait"));
