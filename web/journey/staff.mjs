// What staff do in journeys of other people: through the server's interface, from a page that is logged in as them.

/** Somebody with a role, who acts without looking at pages: `call("POST", "/incidents/…/accept", {})` answers the body, or throws the problem. */
export async function staff(stage, role) {
  const { page, screen } = await stage.enter(role, { viewport: stage.desktop });
  await page.getByRole("navigation").first().waitFor();
  const call = (method, path, body) =>
    page.evaluate(async ([how, where, what]) => {
      const session = await (await fetch("/api/v1/session")).json();
      const headers = { "Content-Type": "application/json", "X-CSRF-Token": session.csrf ?? "", "Idempotency-Key": `${Date.now()}-${Math.random()}-journey` };
      const answer = await fetch(`/api/v1${where}`, how === "GET" ? {} : { method: how, headers, body: JSON.stringify(what ?? {}) });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${how} ${where}: ${answer.status} ${text}`);
      return JSON.parse(text);
    }, [method, path, body]);
  /** The case of a number, whole. */
  const byCode = async (code) => {
    const list = await call("GET", `/incidents?q=${encodeURIComponent(code)}`);
    if (!list.items[0]) throw new Error(`${role} sees no case ${code}`);
    return call("GET", `/incidents/${list.items[0].id}`);
  };
  return { page, screen, call, byCode };
}

/** Brings a case to the point where somebody has solved it, whoever leads; says what the reporter reads. */
export async function solve(people, code, reply) {
  for (const one of people) {
    const seen = await one.byCode(code).catch(() => null);
    const task = seen?.tasks.find((it) => it.role === "lead" && it.mine && ["offered", "accepted"].includes(it.state));
    if (!task) continue;
    const at = `/incidents/${seen.id}/tasks/${task.id}`;
    if (task.state === "offered") await one.call("POST", `${at}/accept`);
    for (const helper of (await one.byCode(code)).tasks.filter((it) => it.role === "helper" && ["offered", "accepted"].includes(it.state)))
      await one.call("POST", `/incidents/${seen.id}/tasks/${helper.id}/done`, { note: "协助完成" }).catch(() => undefined);
    await one.call("POST", `${at}/done`, { result: "solved", public_reply: reply, note: "走查" });
    return seen.id;
  }
  throw new Error(`nobody has the lead of ${code}`);
}
