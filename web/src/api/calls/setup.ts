import type { components, operations } from "../schema";
import { ok, wire } from "../client";
import type { Fault, Handed } from "@/faces/console/sheet/file";

type Schemas = components["schemas"];
export type AdmissionAnswer = Schemas["AdmissionAnswer"];
export type AdmissionRequest = Schemas["AdmissionRequest"];
export type UnitLine = Schemas["UnitLine"];
export type UnitView = Schemas["UnitView"];
export type Person = Schemas["PersonFound"];
export type MatterVersion = Schemas["MatterVersion"];
export type Rules = Schemas["Rules"];
export type AccountRow = Schemas["Account"];
export type Setting = Schemas["SettingView"];
export type AccessList = Schemas["AdmissionList"];
export type Burden = Schemas["BurdenView"];
export type Endpoint = Schemas["EndpointView"];
export type Reason = Schemas["ReasonView"];
const bare = <T extends object>(query: T): T => Object.fromEntries(Object.entries(query).filter(([, it]) => it !== "" && it !== undefined)) as T;
const of = (id: string) => ({ params: { path: { id } } });

export type UnitFilter = NonNullable<operations["get_units"]["parameters"]["query"]>;
export const unitPage = (query: UnitFilter) => ok(wire.GET("/api/v1/units", { params: { query: bare(query) } }));
export const unit = (id: string, as_of = "") => ok(wire.GET("/api/v1/units/{id}", { params: { path: { id }, query: bare({ as_of }) } }));
export const unitKinds = () => ok(wire.GET("/api/v1/unit-kinds", {}));
export const found = (body: Schemas["NewUnit"]) => ok(wire.POST("/api/v1/units", { body }));
export const describe = (id: string, body: Schemas["UnitBody"]) => ok(wire.PUT("/api/v1/units/{id}", { ...of(id), body }));
export const move = (id: string, parent: string) => ok(wire.POST("/api/v1/units/{id}/move", { ...of(id), body: { parent } }));
export const endUnit = (id: string, into?: string) => ok(wire.POST("/api/v1/units/{id}/end", { ...of(id), body: (into ? { into } : {}) as never }));
export const openPost = (unit: string, body: Schemas["NewPost"]) => ok(wire.POST("/api/v1/units/{id}/posts", { ...of(unit), body }));
export const assign = (post: string, person: string) => ok(wire.POST("/api/v1/posts/{id}/assign", { ...of(post), body: { person } }));
export const vacate = (post: string) => ok(wire.POST("/api/v1/posts/{id}/vacate", { ...of(post), body: {} as never }));
export const endPost = (post: string) => ok(wire.POST("/api/v1/posts/{id}/end", { ...of(post), body: {} as never }));
export const vacancies = () => ok(wire.GET("/api/v1/rosters/vacancies", { params: { query: {} } }));
export const templates = () => ok(wire.GET("/api/v1/rosters/templates", {}));

export const people = (q: string, cursor = "") => ok(wire.GET("/api/v1/people", { params: { query: bare({ q, cursor, limit: 50 }) } }));
export const changePerson = (id: string, body: Schemas["PersonBody"]) => ok(wire.PUT("/api/v1/people/{id}", { params: { path: { id } }, body }));
export const hire = (body: Schemas["NewPerson"]) => ok(wire.POST("/api/v1/people", { body }));
export const putPortrait = (id: string, photo_id: string) => ok(wire.PUT("/api/v1/people/{id}/portrait", { ...of(id), body: { photo_id } }));
export const removePortrait = (id: string) => ok(wire.DELETE("/api/v1/people/{id}/portrait", of(id)));
export const leaves = () => ok(wire.GET("/api/v1/leave", { params: { query: {} } }));
export const askLeave = (body: Schemas["NewLeave"]) => ok(wire.POST("/api/v1/leave", { body }));
export const confirmLeave = (id: string) => ok(wire.POST("/api/v1/leave/{id}/confirm", { ...of(id), body: {} }));
export const endLeave = (id: string) => ok(wire.POST("/api/v1/leave/{id}/end", { ...of(id), body: {} as never }));

export const catalogue = () => ok(wire.GET("/api/v1/catalogue"));
export const versions = (id: string) => ok(wire.GET("/api/v1/catalogue/{id}", of(id)));
export const revise = (id: string, body: Schemas["Revision"]) => ok(wire.PUT("/api/v1/catalogue/{id}", { ...of(id), body }));
export const retire = (id: string, version: number) => ok(wire.POST("/api/v1/catalogue/{id}/retire", { ...of(id), body: { version } }));
export const calendar = (year: number) => ok(wire.GET("/api/v1/calendars/{year}", { params: { path: { year } } }));

export const accounts = (q: string, role = "", cursor = "") => ok(wire.GET("/api/v1/accounts", { params: { query: bare({ q, role, cursor }) } }));
export const account = (id: string) => ok(wire.GET("/api/v1/accounts/{account}", { params: { path: { account: id } } }));
export const openAccount = (body: Schemas["AccountForm"]) => ok(wire.POST("/api/v1/accounts", { body }));
export const disable = (id: string) => ok(wire.POST("/api/v1/accounts/{account}/disable", { params: { path: { account: id } } }));
export const enable = (id: string) => ok(wire.POST("/api/v1/accounts/{account}/enable", { params: { path: { account: id } } }));
export const newLink = (id: string) => ok(wire.POST("/api/v1/accounts/{account}/link", { params: { path: { account: id } } }));
export const grant = (id: string, body: Schemas["GrantForm"]) => ok(wire.POST("/api/v1/accounts/{account}/grants", { params: { path: { account: id } }, body }));
export const revoke = (id: string, one: string) => ok(wire.DELETE("/api/v1/accounts/{account}/grants/{grant}", { params: { path: { account: id, grant: one } } }));
export const roles = () => ok(wire.GET("/api/v1/roles"));

export const settings = () => ok(wire.GET("/api/v1/settings"));
export const setSetting = (name: string, body: Schemas["SettingForm"]) => ok(wire.PUT("/api/v1/settings/{name}", { params: { path: { name } }, body }));
export const unsetSetting = (name: string) => ok(wire.DELETE("/api/v1/settings/{name}", { params: { path: { name } } }));

export type AuditFilter = NonNullable<operations["get_audit"]["parameters"]["query"]>;
export const audit = (query: AuditFilter) => ok(wire.GET("/api/v1/audit", { params: { query: bare(query) } }));

export const accessLists = () => ok(wire.GET("/api/v1/admission/lists"));
export const accessList = (id: string) => ok(wire.GET("/api/v1/admission/lists/{id}", of(id)));
export const accessItems = () => ok(wire.GET("/api/v1/admission/items"));
export const draftList = (body: Schemas["AdmissionListForm"]) => ok(wire.POST("/api/v1/admission/lists", { body }));
export const discardList = (id: string) => ok(wire.DELETE("/api/v1/admission/lists/{id}", of(id)));
export const approveList = (id: string, effective_at?: string) => ok(wire.POST("/api/v1/admission/lists/{id}/approve", { ...of(id), body: effective_at ? { effective_at } : {} }));
export const admissionRequests = (state: string) => ok(wire.GET("/api/v1/admission/requests", { params: { query: bare({ state: state as Schemas["RequestState"] }) } }));
export const decideRequest = (id: string, body: Schemas["AdmissionDecision"]) => ok(wire.POST("/api/v1/admission/requests/{id}/decide", { ...of(id), body }));
export const proposals = () => ok(wire.GET("/api/v1/admission/proposals"));
export const dismissProposal = (id: string) => ok(wire.POST("/api/v1/admission/proposals/{id}/dismiss", of(id)));

export const burdens = (state: string) => ok(wire.GET("/api/v1/burdens", { params: { query: bare({ state: state as Schemas["BurdenState"] }) } }));
export const stepBurden = (id: string, step: "notify" | "plan" | "corrected" | "review" | "dismiss", body: Schemas["BurdenStepForm"]) => ok(wire.POST(`/api/v1/burdens/{id}/${step}`, { ...of(id), body }));

export const webhooks = () => ok(wire.GET("/api/v1/webhooks", { params: {} }));
export const newWebhook = (body: Schemas["NewEndpoint"]) => ok(wire.POST("/api/v1/webhooks", { body }));
export const changeWebhook = (id: string, body: Partial<Schemas["EndpointChange"]>) => ok(wire.PUT("/api/v1/webhooks/{id}", { ...of(id), body: body as Schemas["EndpointChange"] }));
export const removeWebhook = (id: string) => ok(wire.DELETE("/api/v1/webhooks/{id}", of(id)));
export const rotate = (id: string) => ok(wire.POST("/api/v1/webhooks/{id}/rotate", of(id)));
export const ping = (id: string) => ok(wire.POST("/api/v1/webhooks/{id}/ping", of(id)));
export const deliveries = (id: string) => ok(wire.GET("/api/v1/webhooks/{id}/deliveries", { params: { path: { id }, query: {} } }));
export const resend = (id: string, delivery: string) => ok(wire.POST("/api/v1/webhooks/{id}/deliveries/{delivery}/resend", { params: { path: { id, delivery } } }));

export const reasons = () => ok(wire.GET("/api/v1/dispatch/reasons"));
export const setReason = (code: string, body: Schemas["ReasonForm"]) => ok(wire.PUT("/api/v1/dispatch/reasons/{code}", { params: { path: { code } }, body }));

/** What became of a file, whatever it set up. */
export interface Taken { read: number; added: number; changed: number; same: number; ended: number; applied: boolean; faults: Fault[]; more: number; notes: Fault[]; ignored: string[]; made: string[][]; overlaps: [string, string, number][] }
const nothing: Taken = { read: 0, added: 0, changed: 0, same: 0, ended: 0, applied: false, faults: [], more: 0, notes: [], ignored: [], made: [], overlaps: [] };
export type Importing = "orgs" | "grids" | "staff" | "templates" | "leave" | "duty" | "catalogue" | "days" | "shifts" | "access";
export interface ImportWish { what: Importing; file: Handed; map: Record<string, string>; dryRun: boolean; datum: string; community: string; retireMissing: boolean; list: string }

export const preview = (file: Handed) => ok(wire.POST("/api/v1/imports/preview", { body: { content: file.content, base64: file.base64 } }));

/** Hands a file in, to be judged only or to be taken. Each kind has its route; the answer is the same for the page. */
export async function hand({ what, file, map, dryRun, datum, community, retireMissing, list }: ImportWish): Promise<Taken> {
  const { name, content, base64 } = file;
  const body = { content, base64, dry_run: dryRun };
  if (what === "catalogue") {
    const it = await ok(wire.POST("/api/v1/catalogue/import", { body: { ...body, name, map: map as never, retire_missing: retireMissing } }));
    return { ...nothing, read: it.added + it.changed + it.unchanged, added: it.added, changed: it.changed, same: it.unchanged, ended: it.retired, applied: it.applied, faults: it.faults as unknown as Fault[], ignored: it.ignored };
  }
  if (what === "days" || what === "shifts") {
    const it = await ok(wire.POST("/api/v1/calendars/import", { body: { ...body, name, shifts: what === "shifts" } }));
    return { ...nothing, read: it.read, changed: it.read, applied: it.applied, faults: it.faults as unknown as Fault[] };
  }
  if (what === "access") {
    const it = await ok(wire.POST("/api/v1/admission/lists/{id}/items", { ...of(list), body }));
    return { ...nothing, read: it.items, added: it.items, applied: it.applied, faults: it.faults as unknown as Fault[] };
  }
  const it = await ok(wire.POST("/api/v1/imports/{what}", { params: { path: { what } }, body: { ...body, map: map as never, ...(what === "grids" ? { datum, community } : {}) } }));
  return { ...nothing, read: it.read, added: it.added, changed: it.changed, same: it.same, applied: it.applied, faults: it.faults as unknown as Fault[], more: it.more_faults, notes: it.notes as unknown as Fault[], made: it.made as string[][], overlaps: it.overlaps as unknown as [string, string, number][] };
}
