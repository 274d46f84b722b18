import { ok, wire } from "../client";
import type { components } from "../schema";

// What belongs to whoever is logged in: how they are told, what programs act for them.

type S = components["schemas"];
export type ApiToken = S["ApiToken"];

export const readNotices = (until: string) => ok(wire.POST("/api/v1/notices/read-all", { body: { until } }));
export const wishes = () => ok(wire.GET("/api/v1/notices/wishes", {}));
export const wish = (mail: string | null) => ok(wire.PUT("/api/v1/notices/wishes", { body: { mail } }));

export const tokens = () => ok(wire.GET("/api/v1/account/tokens", {}));
export const makeToken = (name: string, days: number) => ok(wire.POST("/api/v1/account/tokens", { body: { name, days } }));
export const endToken = (id: string) => ok(wire.DELETE("/api/v1/account/tokens/{token}", { params: { path: { token: id } } }));
