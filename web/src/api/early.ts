declare global {
  interface Window {
    /** Answers to requests of the first view that were sent before the page's script had come, by path. */
    jingweiEarly?: Map<string, Promise<Response>>;
  }
}

/** How long such an answer counts as new, in milliseconds from the beginning of the visit. */
const fresh = 10_000;

/** What was asked before a command, such as a log-in or what an outbox sends, is not how things are after it. */
export const forgetEarly = (): void => globalThis.window?.jingweiEarly?.clear();

/** The answer to a request that was sent early; each is handed out once, and none that has grown old. */
export function takeEarly(request: Request): Promise<Response> | undefined {
  const early = globalThis.window?.jingweiEarly;
  if (!early) return undefined;
  if (request.method !== "GET") return void forgetEarly();
  const { pathname, search } = new URL(request.url);
  const answer = early.get(pathname + search);
  early.delete(pathname + search);
  return performance.now() < fresh ? answer : undefined;
}
