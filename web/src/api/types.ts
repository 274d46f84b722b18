// The contract as the faces use it, written from docs/api-design.md. Once `npm run types` has made schema.d.ts this is the one file to
// change: every name below becomes an alias of the generated one, and no page notices.
import type { components } from "./schema";

export type LightKey = "green" | "yellow" | "red" | "paused" | "none";
export type CaseState =
  | "received" | "accepted" | "assigned" | "in_progress" | "resolved" | "verified"
  | "closed" | "archived" | "rejected" | "merged" | "void";
export type Urgency = "normal" | "urgent" | "emergency";
export type Solved = "yes" | "partly" | "no";
export type Satisfied = "yes" | "mostly" | "no" | "none";
export type Revealable = "phone" | "name" | "text" | "address";

export interface Named { id: string; name: string; name_en?: string | null }
/** Who leads, by name. */
export interface LeadName { unit: string; person: string | null }
export interface GridName { code: string; name: string }
export interface Paged<T> { items: T[]; next?: string | null }

export interface District {
  code: string; name: string; demo: boolean;
  /** West, south, east, north in WGS84 degrees. */
  bounds: [number, number, number, number];
  centre: [number, number];
  zone: string;
  hotlines: { name: string; phone: string }[];
  announcement?: string | null;
  basemap?: components["schemas"]["Basemap"] | null;
}
export interface Place {
  grid: (GridName & { community?: string; street?: string }) | null;
  worker: { name: string; phone: string; hours?: string } | null;
  deputy?: { name: string; phone?: string } | string | null;
  desk: { name: string; phone: string } | null;
}
export interface UploadedPhoto { id: string; width: number; height: number; lon?: number | null; lat?: number | null; taken_at?: string | null }

export interface NewReport {
  text: string; lon?: number; lat?: number; datum?: string; address?: string; phone?: string; name?: string;
  photo_ids?: string[]; confidential?: boolean; matter?: string; join?: string;
}
export interface FiledReport { id: string; code: string; track: string; duplicates: Near[] }
/** An open case that may be about the same thing. */
export interface Near { code: string; matter: string | null; matter_en?: string | null; metres: number; score: number; reporters: number; reported_at: string; joined: boolean }
export interface Suggestion {
  matters: { id: string; name: string; public_name?: string; name_en?: string | null; confidence: number }[];
  near: Near[];
}
export interface TrackedStep { at: string; what: string; by?: string | null; words: string; spoken?: Spoken | null }
export interface Tracked {
  code: string; state: CaseState; light: LightKey; yellow_at: string | null; red_at: string | null; due: string | null;
  text: string; matter: string | null; matter_en?: string | null; address: string; grid: GridName | null; lead: LeadName | null; reported_at: string;
  steps: TrackedStep[]; public_reply: string | null; reply_spoken?: Spoken | null; result: string | null;
  photos: { id: string; kind: string }[]; reporters: number; rated: boolean; may_rate: boolean; may_remark: boolean;
}
export interface Rating { contacted: boolean; solved: Solved; satisfied: Satisfied; reason?: string }

export interface Session {
  account: string; name: string; home: string; person?: string | null;
  /** `unit` is the code of the unit in which the role holds. */
  roles: { key: string; name: string; name_en?: string; unit?: string | null }[];
  permissions: string[]; csrf: string; expires_at: string; must_enrol?: boolean;
}
export interface Matter { id: string; level1: string; level1_en?: string; level2: string; name: string; public_name?: string; name_en?: string; urgency: Urgency; publishable?: boolean }
export interface Catalogue { revision: number | string; items: Matter[] }
export interface Unit { id: string; name: string; kind: string; code?: string }

export interface Row {
  id: string; code: string; version: number; title: string; state: CaseState; matter: Named | null; urgency: Urgency;
  light: LightKey; yellow_at: string | null; red_at: string | null; next_at: string | null; paused: string | null;
  grid: GridName | null; owner: Named; lead: LeadName | null;
  channel: string; source: string; lon: number | null; lat: number | null; reported_at: string; due_at: string | null;
  attention: string[]; photo_count: number; reporters: number;
}
export interface Task {
  id: string; role: "lead" | "helper"; unit: Named | null; person?: string | null;
  state: "offered" | "accepted" | "signing" | "done" | "returned" | "withdrawn";
  accept_by?: string | null; due_at?: string | null; yellow_at?: string | null; red_at?: string | null; light?: LightKey; mine?: boolean; to_me?: boolean;
  report_by?: string | null; arrived_at?: string | null; binding?: boolean; whistle?: string | null;
  unsigned?: { by: string; at: string; result: string; reply: string; spoken?: Spoken | null } | null;
  words?: string | null; spoken?: Spoken | null;
  reasons?: { code: string; words?: string; spoken?: Spoken | null }[];
}
export interface InboxRow extends Row { task: Task }
type Spoken = components["schemas"]["Spoken"];
export type Reason = components["schemas"]["Reason"];
export interface Step {
  at: string; action: string; from?: CaseState | null; to?: CaseState | null; actor?: string | null; by?: "me" | "program" | "other"; words?: string | null;
  /** A sentence of the program, to be said in the reader's language in place of `words`. */
  spoken?: Spoken | null;
  reasons?: Reason[]; public?: boolean;
}
export interface Case extends Row {
  text: string; address?: string | null;
  reporter?: { name?: string | null; phone?: string | null; confidential?: boolean } | null;
  classified?: { top: { matter: Named; confidence: number }[]; words: { word: string; weight: number }[]; by: string } | null;
  gate?: { class: string; words?: string } | null;
  reasons: Reason[];
  tasks: Task[]; steps: Step[];
  photos: { id: string; kind: string; taken_at?: string | null }[];
  result?: string | null; public_reply?: string | null; reply_spoken?: Spoken | null;
  ratings: { at: string; asked_by: string; outcome: string; contacted: boolean | null; solved: Solved | null; satisfied: Satisfied | null; reason: string | null }[];
  duplicates: Near[];
  /** Limits on the way that are not met yet; no instant while the clocks stand still. */
  stages?: { name: string; by: string | null }[];
  /** Until when a result must show a photograph. */
  photo_until?: string | null;
  may: string[];
}
export interface Counts { states: Record<string, number>; lights: Record<string, number>; attention: Record<string, number> }
/** `planned_for` is an instant; the result `planned` needs it. */
export interface Done { result: string; public_reply: string; note?: string; photo_ids: string[]; planned_for?: string }
export interface NewCase extends NewReport {
  channel: string; source: string; upstream_no?: string; upstream_due?: string; reported_for?: boolean; urgency?: Urgency; solved?: Done;
}
/** `kind` is the key of the sentence, `params` fill its gaps. */
export interface Notice { id: string; kind: string; object_kind: string; object_id: string; params: Record<string, unknown>; urgent: boolean; made_at: string; read_at: string | null }

export interface Filters {
  state?: string; light?: string; grid?: string; matter?: string; unit?: string; channel?: string; attention?: string; mine?: boolean;
  q?: string; from?: string; to?: string; sort?: string; limit?: number; cursor?: string;
}

// What follows has the shape that openapi-typescript generates, so that the client stays the same when the generated file comes.
interface Answer<T> { headers: Record<string, unknown>; content: { "application/json": T } }
interface Read<Out, Path = never, Query = never> {
  get: { parameters: Params<Path, Query>; requestBody?: never; responses: { 200: Answer<Out> } };
}
interface Command<In, Out, Path = never> {
  post: {
    parameters: Params<Path, never>;
    requestBody: { content: { "application/json": In } };
    responses: { 200: Answer<Out> };
  };
}
type Params<Path, Query> = {
  header?: never; cookie?: never;
} & ([Path] extends [never] ? { path?: never } : { path: Path })
  & ([Query] extends [never] ? { query?: never } : { query?: Query });

type Versioned = { version?: number };
type CaseCommand<In> = Command<In & Versioned, unknown, { id: string }>;
type TaskCommand<In> = Command<In & Versioned, unknown, { id: string; task: string }>;

export interface paths {
  "/district": Read<District>;
  "/place": Read<Place, never, { lon: number; lat: number; datum?: string }>;
  "/photos": { post: { parameters: Params<never, never>; requestBody: { content: { "image/jpeg": Blob } }; responses: { 201: Answer<UploadedPhoto> } } };
  "/reports": Command<NewReport, FiledReport>;
  "/reports/suggest": Command<{ text: string; lon?: number; lat?: number }, Suggestion>;
  "/reports/lookup": Command<{ code: string; phone_last4: string }, { track: string }>;
  "/reports/{track}": Read<Tracked, { track: string }>;
  "/reports/{track}/remarks": Command<{ text: string }, unknown, { track: string }>;
  "/reports/{track}/rating": Command<Rating, unknown, { track: string }>;
  "/session": Read<Session> & Command<{ username: string; password: string; code?: string }, Session> & {
    delete: { parameters: Params<never, never>; requestBody: { content: { "application/json": object } }; responses: { 200: Answer<unknown> } };
  };
  "/account/password": Command<{ current?: string; password: string }, unknown>;
  "/account/totp": Command<{ code?: string }, { secret: string; uri: string; svg: string }>;
  "/account/totp/confirm": Command<{ code: string }, unknown>;
  "/session/link": Command<{ token: string }, Session>;
  "/matters": Read<Catalogue>;
  "/units": Read<Paged<Unit>, never, { kind?: string; q?: string }>;
  "/incidents": Read<Paged<Row>, never, Filters> & Command<NewCase, FiledReport>;
  "/incidents/counts": Read<Counts, never, Filters>;
  "/incidents/{id}": Read<Case, { id: string }>;
  "/incidents/{id}/accept": CaseCommand<{ matter?: string }>;
  "/incidents/{id}/refuse": CaseCommand<{ reason: string; words: string }>;
  "/incidents/{id}/correct": CaseCommand<{ matter: string }>;
  "/incidents/{id}/place": CaseCommand<{ lon?: number; lat?: number; grid?: string }>;
  "/incidents/{id}/dispatch": CaseCommand<{ unit?: string; person?: string; helpers?: string[]; reason?: string }>;
  "/incidents/{id}/note": Command<{ text: string; photo_ids: string[]; public: boolean }, unknown, { id: string }>;
  "/incidents/{id}/verify": CaseCommand<{ passed: boolean; words: string; photo_ids: string[] }>;
  "/incidents/{id}/close": CaseCommand<object>;
  "/incidents/{id}/callback": Command<{ outcome: string; contacted?: boolean; solved?: Solved; satisfied?: Satisfied; reason?: string }, unknown, { id: string }>;
  "/incidents/{id}/reveal": Command<{ field: Revealable; purpose: string }, { value: string | null; until: string }, { id: string }>;
  "/incidents/{id}/tasks/{task}/accept": TaskCommand<object>;
  "/incidents/{id}/tasks/{task}/done": TaskCommand<Done>;
  "/inbox": Read<Paged<InboxRow>>;
  "/notices": Read<Paged<Notice>, never, { unread?: boolean }>;
  "/notices/{id}/read": Command<object, unknown, { id: string }>;
}
