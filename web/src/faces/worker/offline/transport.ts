import * as calls from "@/api/calls";
import { csrfNow, useCsrf } from "@/api/client";
import { forgetEarly } from "@/api/early";
import { patience, within } from "@/api/within";
import type { Answer, Transport } from "./outbox";

const base = "/api/v1";

async function read(response: Response): Promise<Answer> {
  const retry = Number(response.headers.get("retry-after"));
  const body: unknown = await response.json().catch(() => null);
  return { status: response.status, body, retryAfter: Number.isFinite(retry) && retry > 0 ? retry : null };
}

/** The token of the session may be one of before the last log-in; then one look at the session helps. */
async function sent(make: () => Promise<Response>): Promise<Answer> {
  forgetEarly();
  const answer = await read(await make());
  if (answer.status !== 403) return answer;
  const before = csrfNow();
  const session = await calls.session().catch(() => null);
  if (!session || session.csrf === before) return answer;
  useCsrf(session.csrf);
  return read(await make());
}

const headers = (more: Record<string, string>): Record<string, string> => ({ ...more, ...(csrfNow() ? { "X-CSRF-Token": csrfNow()! } : {}) });

/** The way to this page's own server. */
export const overHttp: Transport = {
  send: ({ method, path, body, key }) =>
    sent(() =>
      fetch(`${base}${path}`, {
        method, credentials: "same-origin", signal: within(patience.command),
        headers: headers({ "Content-Type": "application/json", "Idempotency-Key": key }), body: JSON.stringify(body),
      }),
    ),
  upload: (photo, hash) =>
    sent(() =>
      fetch(`${base}/photos`, {
        method: "POST", credentials: "same-origin", signal: within(patience.photo),
        headers: headers({ "Content-Type": "image/jpeg", "Content-Digest": `sha-256=:${base64(hash)}:` }), body: photo,
      }),
    ),
};

const base64 = (hex: string): string => btoa(String.fromCharCode(...(hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16))));
