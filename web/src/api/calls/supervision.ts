import type { components } from "../schema";
import { ok, wire } from "../client";

type Schemas = components["schemas"];
export type By = Schemas["By"];
export type Rates = Schemas["RatesView"];
export type RateLine = Schemas["LineView"];
export type RateShare = Schemas["ShareView"];
export type FrozenShare = Schemas["Share"];
/** A line as it stands, without lists. */
export type FrozenLine = Schemas["FiguresLine"];
export type Standing = Schemas["StandingView"];
export type StandingLine = Schemas["StandingLine"];
export type Order = Schemas["OrderView"];
export interface Span { from: string; to: string; by?: By; unit?: string }
const bare = <T extends object>(query: T): T => Object.fromEntries(Object.entries(query).filter(([, it]) => it !== "" && it !== undefined)) as T;

export const rates = (query: Span) => ok(wire.GET("/api/v1/reports/rates", { params: { query: bare(query) } }));
export const standing = (by: By, unit = "") => ok(wire.GET("/api/v1/reports/standing", { params: { query: bare({ by, unit }) } }));
export type DispatchRow = Schemas["FigureRow"];
export const dispatchFigures = (query: { from: string; to: string; by: string }) => ok(wire.GET("/api/v1/dispatch/figures", { params: { query } }));
export const days = (query: Span) => ok(wire.GET("/api/v1/reports/days", { params: { query: bare(query) } }));
export const repeats = (query: Span & { least?: number; limit?: number }) => ok(wire.GET("/api/v1/reports/repeats", { params: { query: bare(query) } }));

export const periods = () => ok(wire.GET("/api/v1/reports/periods"));
export const period = (name: string, by: By) => ok(wire.GET("/api/v1/reports/periods/{period}", { params: { path: { period: name }, query: { by } } }));
export const freeze = (name: string) => ok(wire.POST("/api/v1/reports/periods/{period}/freeze", { params: { path: { period: name } } }));
export const exclusions = (open?: boolean) => ok(wire.GET("/api/v1/reports/exclusions", { params: { query: open === undefined ? {} : { open } } }));
export const exclude = (body: Schemas["Exclude"]) => ok(wire.POST("/api/v1/reports/exclusions", { body }));
export const decideExclusion = (id: string, body: Schemas["reports.Decide"]) => ok(wire.POST("/api/v1/reports/exclusions/{id}/decide", { params: { path: { id } } as never, body }));

export interface OrderFilter { state?: string; kind?: string; unit?: string; cursor?: string }
export const orders = (query: OrderFilter) => ok(wire.GET("/api/v1/supervisions", { params: { query: bare(query) } }));
export const orderCounts = (query: OrderFilter = {}) => ok(wire.GET("/api/v1/supervisions/counts", { params: { query: bare(query) } }));
export const order = (id: string) => ok(wire.GET("/api/v1/supervisions/{id}", { params: { path: { id } } as never }));
export const replyOrder = (id: string, body: Schemas["SupervisionReply"]) => ok(wire.POST("/api/v1/supervisions/{id}/reply", { params: { path: { id } } as never, body }));
export const endOrder = (id: string, body: Schemas["OrderEnd"]) => ok(wire.POST("/api/v1/supervisions/{id}/end", { params: { path: { id } } as never, body }));
export const supervise = (id: string, body: Schemas["Supervise"]) => ok(wire.POST("/api/v1/incidents/{id}/supervise", { params: { path: { id } } as never, body }));
