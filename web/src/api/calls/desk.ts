import { get, post, remove } from "../client";
import type { components, operations } from "../schema";
import type { Case, Filters, Paged, Row } from "../types";

// What the desks ask and command, typed by the generated contract.

type S = components["schemas"];
/** The query of an operation, as the contract has it. */
type Query<O extends keyof operations> = NonNullable<operations[O]["parameters"]["query"]>;
export type Summoned = S["SummonedView"];
export type Whistle = S["WhistleView"];
export type WhistleUnit = S["WhistleUnitFigures"];
export type Review = S["ReviewView"];
export type Extension = S["ExtensionView"];
export type Handover = S["HandoverView"];
export type Call = S["CallView"];
export type Script = S["Script"];
export type SavedFilter = S["FilterView"];
export type ReturnReason = S["ReasonView"];
export type Outlook = S["Outlook"];
export type WhatIf = S["WhatIf"];
export type BulkOutcome = S["BulkOutcome"];
export type Limit = S["Limit"];
export type Order = S["OrderView"];
export type InboxRow = S["InboxRow"];
export type Company = S["Company"];
export type Similar = S["Candidate"];

/** What every command on a case needs of it. */
export type Of = Pick<S["RowView"], "id" | "version">;
type Without<T> = Partial<Omit<T, "version">>;

const to = (c: Of, what: string, body: object) => post<Case>(`/incidents/${c.id}/${what}`, { version: c.version, ...body });
const toTask = (c: Of, task: string, what: string, body: object = {}) => post<Case>(`/incidents/${c.id}/tasks/${task}/${what}`, { version: c.version, ...body });
const more = (cursor?: string) => (cursor ? { cursor } : {});

export const page = (query: Filters) => get<Paged<Row>>("/incidents", query);
export const savedFilters = () => get<Paged<SavedFilter>>("/filters");
export const saveFilter = (body: S["NewFilter"]) => post<SavedFilter>("/filters", body);
export const dropFilter = (id: string) => remove(`/filters/${id}`);
export const bulk = (body: S["Bulk"]) => post<BulkOutcome>("/incidents/bulk", body);
export const look = (id: string, leaving: boolean) => post<Company>(`/incidents/${id}/look`, { leaving } satisfies S["LookAt"]);
export const whatIf = (id: string, body: WhatIf) => post<Outlook>(`/incidents/${id}/what-if`, body);
export const similar = (id: string) => get<S["Alike"]>(`/incidents/${id}/similar`);
export const upstreamOrders = (id: string) => get<S["Page_Order"]>(`/incidents/${id}/orders`);
export const returnReasons = () => get<Paged<ReturnReason>>("/dispatch/reasons");

export const callQueue = () => get<Paged<Call>>("/callbacks", { limit: 200 });
export const callScript = () => get<Script>("/callbacks/script");
export const claimCall = (id: string) => post<S["Claimed"]>(`/callbacks/${id}/claim`, {});
export const releaseCall = (id: string) => post<unknown>(`/callbacks/${id}/release`, {});
export const dial = (id: string, purpose: string) => post<S["Revealed"]>(`/callbacks/${id}/dial`, { purpose });

export const whistles = (query: Query<"get_whistles">) => get<Paged<Whistle>>("/whistles", query);
/** Every whistle since an instant, page by page: what figures of that time lead to. */
export async function whistlesSince(from: string): Promise<Paged<Whistle>> {
  const items: Whistle[] = [];
  let cursor: string | null | undefined;
  do {
    const page: Paged<Whistle> = await whistles({ from, limit: 200, ...(cursor ? { cursor } : {}) });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return { items };
}
export const whistleFigures = (from: string) => get<S["WhistleFigures"]>("/whistles/figures", { from });
export const rateWhistle = (id: string, ratings: S["Judgement"][]) => post<Whistle>(`/whistles/${id}/ratings`, { ratings });
export const callOffWhistle = (id: string, reason: string) => post<Whistle>(`/whistles/${id}/call-off`, { reason } satisfies S["WhistleCallOff"]);

export const tasks = () => get<Paged<InboxRow>>("/inbox");
export const reviews = (state?: string) => get<Paged<Review>>("/objections", { limit: 200, ...(state ? { state } : {}) });
export const ruleOn = (id: string, body: S["Ruling"]) => post<Case>(`/objections/${id}/rule`, body);
export const extensions = () => get<Paged<Extension>>("/extensions", { limit: 200 });
export const decideExtension = (id: string, body: S["Decide"]) => post<Extension>(`/extensions/${id}/decide`, body);
export const orders = () => get<Paged<Order>>("/supervisions", { limit: 100 });
export const replyOrder = (id: string, text: string) => post<Order>(`/supervisions/${id}/reply`, { text } satisfies S["SupervisionReply"]);

export const handovers = (cursor?: string) => get<Paged<Handover>>("/duty/handovers", more(cursor));
export const handOver = (body: S["HandOver"]) => post<Handover>("/duty/handovers", body);
export const confirmHandover = (id: string, words: string) => post<Handover>(`/duty/handovers/${id}/confirm`, { words });
export const unitOf = (id: string) => get<S["UnitView"]>(`/units/${id}`);
export const roster = (unit: string, day: string) => get<S["DutyRoster"]>("/duty", { unit, day });

/** Commands on one case beyond the straight road. They carry the version that the person saw. */
export const desk = {
  dispatch: (c: Of, body: Without<S["Dispatch"]>) => to(c, "dispatch", body),
  escalate: (c: Of, body: Without<S["Escalate"]>) => to(c, "escalate", body),
  supervise: (c: Of, body: Without<S["Supervise"]>) => to(c, "supervise", body),
  whistle: (c: Of, body: Without<S["WhistleBlow"]>) => to(c, "whistle", body),
  confer: (c: Of, body: Without<S["Confer"]>) => to(c, "confer", body),
  annul: (c: Of, body: Without<S["Annul"]>) => to(c, "annul", body),
  ask: (c: Of, body: Without<S["Ask"]>) => to(c, "ask", body),
  shelve: (c: Of, body: Without<S["Shelve"]>) => to(c, "shelve", body),
  resume: (c: Of, words: string) => to(c, "resume", { words }),
  merge: (c: Of, into: string) => to(c, "merge", { into }),
  unmerge: (c: Of, reason: string) => to(c, "unmerge", { reason }),
  raise: (c: Of, body: Without<S["Raise"]>) => to(c, "urgency", body),
  acknowledge: (c: Of, words: string) => post<Case>(`/incidents/${c.id}/acknowledge`, { words }),
  bulletin: (c: Of, body: S["NewBulletin"]) => post<Case>(`/incidents/${c.id}/bulletins`, body),
  afterAction: (c: Of, body: S["AfterAction"]) => post<Case>(`/incidents/${c.id}/after-action`, body),
  object: (c: Of, body: { reason: string; basis: string; photo_ids: string[] }) => to(c, "object", body), // The contract names no shape for its body.
  reopen: (c: Of, body: Without<S["Reopen"]>) => to(c, "reopen", body),
  archive: (c: Of) => to(c, "archive", {}),
  taskEscalate: (c: Of, task: string, body: Without<S["Escalate"]>) => toTask(c, task, "escalate", body),
  sendBack: (c: Of, task: string, body: Without<S["SendBack"]>) => toTask(c, task, "send-back", body),
  extend: (c: Of, task: string, body: Without<S["Extend"]>) => toTask(c, task, "extend", body),
  stage: (c: Of, task: string, body: Without<S["ReachStage"]>) => toTask(c, task, "stage", body),
  reportIn: (c: Of, task: string, body: Without<S["Arrive"]>) => toTask(c, task, "report-in", body),
  sign: (c: Of, task: string) => toTask(c, task, "sign"),
  handBack: (c: Of, task: string, words: string) => toTask(c, task, "hand-back", { words }),
  link: (c: Of, task: string, days: number) => post<S["LinkMade"]>(`/incidents/${c.id}/tasks/${task}/link`, { days }),
  links: (id: string, task: string) => get<Paged<S["TaskLink"]>>(`/incidents/${id}/tasks/${task}/links`),
  unlink: (c: Of, task: string) => toTask(c, task, "link/revoke"),
};

/** The page that prints the whole case. */
export const dossierUrl = (id: string, lang: string) => `/api/v1/incidents/${id}/dossier?lang=${lang}`;
