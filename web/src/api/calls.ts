import { api, ok, withKey } from "./client";
import { patience, within } from "./within";
import type { Done, Filters, NewCase, NewReport, Rating, Revealable, Satisfied, Solved } from "./types";

// One function an operation, in the order of docs/api-design.md.

export const district = () => ok(api.GET("/district"));
export const placeAt = (lon: number, lat: number) => ok(api.GET("/place", { params: { query: { lon, lat } } }));
export const sendPhoto = (photo: Blob) =>
  ok(api.POST("/photos", { body: photo, bodySerializer: (body) => body, headers: { "Content-Type": photo.type || "image/jpeg" } }));

export const report = (body: NewReport, key: string) => ok(api.POST("/reports", { body, headers: withKey(key), signal: within(patience.command) }));
export const suggest = (text: string, at: { lon: number; lat: number } | null) => ok(api.POST("/reports/suggest", { body: { text, ...at } }));
export const tracked = (track: string) => ok(api.GET("/reports/{track}", { params: { path: { track } } }));
export const lookUp = (code: string, phone_last4: string) => ok(api.POST("/reports/lookup", { body: { code, phone_last4 } }));
export const remark = (track: string, text: string, key: string) =>
  ok(api.POST("/reports/{track}/remarks", { params: { path: { track } }, body: { text }, headers: withKey(key), signal: within(patience.command) }));
export const rate = (track: string, body: Rating, key: string) =>
  ok(api.POST("/reports/{track}/rating", { params: { path: { track } }, body, headers: withKey(key), signal: within(patience.command) }));

export const session = () => ok(api.GET("/session"));
export const logIn = (username: string, password: string, code?: string) =>
  ok(api.POST("/session", { body: { username, password, ...(code ? { code } : {}) } }));
export const logInByLink = (token: string) => ok(api.POST("/session/link", { body: { token } }));
export const logOut = () => ok(api.DELETE("/session", { body: {} }));

export const setPassword = (password: string, current?: string) => ok(api.POST("/account/password", { body: { password, ...(current ? { current } : {}) } }));
export const newSecondFactor = () => ok(api.POST("/account/totp", { body: {} }));
export const confirmSecondFactor = (code: string) => ok(api.POST("/account/totp/confirm", { body: { code } }));

export const matters = () => ok(api.GET("/matters"));
export const units = (q: string, kind?: string) => ok(api.GET("/units", { params: { query: { q, ...(kind ? { kind } : {}) } } }));

export const incidents = (query: Filters) => ok(api.GET("/incidents", { params: { query } }));
export const counts = (query: Filters) => ok(api.GET("/incidents/counts", { params: { query } }));
export const incident = (id: string) => ok(api.GET("/incidents/{id}", { params: { path: { id } } }));
export const inbox = () => ok(api.GET("/inbox"));

type Of = { id: string; version: number };
const on = ({ id }: Of) => ({ params: { path: { id } } });
export const file = (body: NewCase, key: string) => ok(api.POST("/incidents", { body, headers: withKey(key) }));

/** Commands on one case. Those that decide send the version that the person saw, so that a change in between is refused and not overwritten. */
export const act = {
  accept: (c: Of, matter?: string) => ok(api.POST("/incidents/{id}/accept", { ...on(c), body: { version: c.version, ...(matter ? { matter } : {}) } })),
  refuse: (c: Of, body: { reason: string; words: string }) => ok(api.POST("/incidents/{id}/refuse", { ...on(c), body: { version: c.version, ...body } })),
  correct: (c: Of, matter: string) => ok(api.POST("/incidents/{id}/correct", { ...on(c), body: { version: c.version, matter } })),
  place: (c: Of, body: { lon: number; lat: number } | { grid: string }) => ok(api.POST("/incidents/{id}/place", { ...on(c), body: { version: c.version, ...body } })),
  dispatch: (c: Of, body: { unit?: string; helpers?: string[]; reason?: string }) =>
    ok(api.POST("/incidents/{id}/dispatch", { ...on(c), body: { version: c.version, ...body } })),
  note: (c: Of, body: { text: string; photo_ids: string[]; public: boolean }) => ok(api.POST("/incidents/{id}/note", { ...on(c), body })),
  verify: (c: Of, body: { passed: boolean; words: string; photo_ids: string[] }) =>
    ok(api.POST("/incidents/{id}/verify", { ...on(c), body: { version: c.version, ...body } })),
  close: (c: Of) => ok(api.POST("/incidents/{id}/close", { ...on(c), body: { version: c.version } })),
  callback: (c: Of, body: { outcome: string; contacted?: boolean; solved?: Solved; satisfied?: Satisfied; reason?: string }) =>
    ok(api.POST("/incidents/{id}/callback", { ...on(c), body })),
  reveal: (id: string, field: Revealable, purpose: string) => ok(api.POST("/incidents/{id}/reveal", { params: { path: { id } }, body: { field, purpose } })),
  acceptTask: (c: Of, task: string) =>
    ok(api.POST("/incidents/{id}/tasks/{task}/accept", { params: { path: { id: c.id, task } }, body: { version: c.version } })),
  doneTask: (c: Of, task: string, body: Done) =>
    ok(api.POST("/incidents/{id}/tasks/{task}/done", { params: { path: { id: c.id, task } }, body: { version: c.version, ...body } })),
};

export const notices = (unread: boolean) => ok(api.GET("/notices", { params: { query: { unread } } }));
export const readNotice = (id: string) => ok(api.POST("/notices/{id}/read", { params: { path: { id } }, body: {} }));
