export interface FieldProblem { field: string; code: string; params?: Record<string, unknown> }

/** An answer of the server that is an error (RFC 9457), or no answer at all (`status` 0, code `offline`). */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly params: Record<string, unknown>;
  readonly fields: FieldProblem[];
  readonly requestId: string | null;
  /** Seconds after which the same request may succeed, when the server said so. */
  readonly retryAfter: number | null;

  constructor(status: number, body: Partial<ProblemBody> = {}, retryAfter: number | null = null) {
    super(body.title ?? body.code ?? `HTTP ${status}`);
    this.name = "Problem";
    this.status = status;
    this.code = body.code ?? (status === 0 ? "offline" : "unknown");
    this.params = body.params ?? {};
    this.fields = body.fields ?? [];
    this.requestId = body.request_id ?? null;
    this.retryAfter = retryAfter;
  }
}

interface ProblemBody {
  title: string;
  code: string;
  params: Record<string, unknown>;
  fields: FieldProblem[];
  request_id: string;
}

/** Reads a failed answer. Whatever a proxy may have put in the body, the caller gets a `Problem`. */
export function problemFrom(response: Response, body: unknown): Problem {
  const retry = Number(response.headers.get("retry-after"));
  const known = typeof body === "object" && body !== null ? (body as Partial<ProblemBody>) : {};
  return new Problem(response.status, known, Number.isFinite(retry) && retry > 0 ? retry : null);
}

/** Silence, a busy or a failing server: nobody knows what became of a request, and it is worth another try. Everything else is an answer. */
export const unsure = (status: number): boolean => status === 0 || status === 429 || status >= 500;

export const isProblem = (error: unknown): error is Problem => error instanceof Problem;
