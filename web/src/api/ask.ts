// For a face's `early.ts`, which runs before the page's own script has come: asks what the first view will ask. `takeEarly` hands the answers on.
// It imports nothing, so that what runs early is one small file.
const answers = new Map<string, Promise<Response>>();
window.jingweiEarly = answers;

/** Sends a request of the first view; nothing comes of it where it fails, since whoever takes it asks again. */
export function ask(path: string): Promise<Response> {
  const answer = fetch(path, { credentials: "same-origin" });
  answer.catch(() => undefined);
  answers.set(path, answer);
  return answer;
}

/** Asks who is here, and goes on when somebody is. Whoever comes by a one-time link is nobody yet. */
export function askWho(then: (who: { permissions: string[]; must_enrol?: boolean }) => void): void {
  if (location.hash.startsWith("#/link/")) return;
  ask("/api/v1/session").then(async (answer) => answer.ok && then(await answer.clone().json())).catch(() => undefined);
}
