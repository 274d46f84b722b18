// Runs before the page's own script has come, and asks what its first view will ask: who is here, which district this is and, for whoever may see the
// desk and goes there, its first rows. `takeEarly` of the client hands the answers on. It imports nothing, so that it is one small file.
const answers = new Map<string, Promise<Response>>();
window.jingweiEarly = answers;

function ask(path: string): Promise<Response> {
  const answer = fetch(path, { credentials: "same-origin" });
  answer.catch(() => undefined); // Whoever takes it asks again.
  answers.set(path, answer);
  return answer;
}

ask("/api/v1/district");
const desk = ["", "#/", "#/cases", "#/cases/"].includes(location.hash);
// Whoever comes by a one-time link is nobody yet.
if (!location.hash.startsWith("#/link/")) ask("/api/v1/session").then(async (answer) => {
  if (!desk || !answer.ok) return;
  const { permissions } = (await answer.clone().json()) as { permissions: string[] };
  if (!permissions.includes("incident.read")) return;
  ask("/api/v1/incidents?limit=30");
  ask("/api/v1/incidents/counts");
}).catch(() => undefined);

export {};
