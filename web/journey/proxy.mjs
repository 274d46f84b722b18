// What no real server does at a wish: a page's question is answered in its place, and a door in front of it is shut, or lets newer pages through.
import { createServer, request } from "node:http";
import { soonIn } from "./soon.mjs";

/** Answers in the server's place what a page asks from now on. For a moment after the browser was told, a page that is open still asks the server: that is over when this returns. */
export async function instead(page, what, answer) {
  const probe = "**/api/v1/answered-here";
  await page.route(probe, (route) => route.fulfill({ status: 204 }));
  await page.route(what, answer);
  const ours = await soonIn(page, () => fetch("/api/v1/answered-here").then((it) => it.status === 204, () => false));
  await page.unroute(probe);
  if (!ours) throw new Error("what the page asks is not answered here");
}

/**
 * `shut()`: nothing of /api/ gets an answer. `renew(path)`: from now on that file of the pages comes changed, as after an update. `cut(path, bytes)`: every
 * request to that path breaks off once so many bytes of its body have reached the server, or with `Infinity` when the server has answered all of it;
 * `cuts` tells of each how many bytes went on, of how many. `mend(path)` lets whole ones through again.
 */
export async function proxy(base) {
  const to = new URL(base);
  const state = { deaf: false, changed: new Map(), cut: new Map() };
  const cuts = [];
  /** Hands on the first bytes of a body and then breaks both connections in the middle of it; tells how far it came. */
  function half(asked, passed, bytes) {
    const cut = { gone: 0, of: Number(asked.headers["content-length"]) };
    asked.on("data", (part) => {
      const some = part.subarray(0, bytes - cut.gone);
      if (!some.length) return;
      cut.gone += some.length;
      passed.write(some, () => {
        if (cut.gone < bytes || asked.socket.destroyed) return;
        asked.socket.destroy();
        passed.destroy();
        cuts.push(cut);
      });
    });
    asked.on("end", () => passed.end());
    return cut;
  }
  const server = createServer((asked, answer) => {
    if (state.deaf && asked.url.startsWith("/api/")) return asked.socket.destroy();
    // The host stays the one that the browser named, so that the server sees one origin.
    const most = state.cut.get(asked.url.split("?")[0]);
    const passed = request({ host: to.hostname, port: to.port, path: asked.url, method: asked.method, headers: { ...asked.headers, "accept-encoding": "identity" } }, (got) => {
      // All of it went on, and nobody hears so.
      if (cut) {
        cuts.push({ ...cut, status: got.statusCode });
        got.resume();
        return void asked.socket.destroy();
      }
      const change = state.changed.get(asked.url.split("?")[0]);
      if (!change) {
        answer.writeHead(got.statusCode, got.headers);
        return void got.pipe(answer);
      }
      const parts = [];
      got.on("data", (part) => parts.push(part)).on("end", () => {
        const body = change(Buffer.concat(parts).toString("utf8"));
        const { "content-length": _length, ...headers } = got.headers;
        answer.writeHead(got.statusCode, headers).end(body);
      });
    });
    passed.on("error", () => asked.socket.destroy());
    const cut = most === undefined ? null : half(asked, passed, most);
    if (!cut) asked.pipe(passed);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    base: `http://127.0.0.1:${server.address().port}`,
    shut: () => (state.deaf = true),
    open: () => (state.deaf = false),
    renew: (path, change) => state.changed.set(path, change),
    cuts,
    cut: (path, bytes) => state.cut.set(path, bytes),
    mend: (path) => state.cut.delete(path),
    end: () => new Promise((done) => { server.closeAllConnections(); server.close(done); }),
  };
}
