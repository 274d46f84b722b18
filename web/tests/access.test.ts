import { flushPromises } from "@vue/test-utils";
import { createPinia, setActivePinia } from "pinia";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createMemoryHistory, createRouter } from "vue-router";
import { guard, proceed, useSession } from "@/shared/access/session";
import LoginPage from "@/shared/access/LoginPage.vue";
import * as calls from "@/api/calls";
import { mounted, serve, stores } from "./mounted";

const opened = { account: "a", name: "周以宁", home: "/", roles: [], permissions: ["task.handle"], csrf: "t", expires_at: "2026-03-14T08:00:00.000Z", must_enrol: false };
const page = { template: "<main />" };
function face(keepsPage = false) {
  const router = createRouter({ history: createMemoryHistory(), routes: [
    { path: "/login", name: "login", component: page, meta: { open: true } }, { path: "/enrol", name: "enrol", component: page }, { path: "/:rest(.*)*", component: page },
  ] });
  guard(router, keepsPage);
  return router;
}

beforeEach(() => setActivePinia(createPinia()));
afterEach(() => {
  sessionStorage.clear();
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

describe("the way in", () => {
  it("leads strangers to the log-in page and remembers where they wanted to go", async () => {
    serve({ "GET /session": { status: 401, body: { code: "unauthenticated" } } });
    const router = face();
    await router.push("/case/7?x=1");
    expect(router.currentRoute.value).toMatchObject({ name: "login", query: { next: "/case/7?x=1" } });
  });

  it("lets in whoever has a session, asking once", async () => {
    const asked = serve({ "GET /session": { body: opened } });
    const router = face();
    await router.push("/case/7");
    await router.push("/me");
    expect([router.currentRoute.value.path, asked.length]).toEqual(["/me", 1]);
  });

  it("holds new accounts at the page where they set their password", async () => {
    serve({ "GET /session": { body: { ...opened, must_enrol: true } } });
    const router = face();
    await router.push("/case/7");
    expect(router.currentRoute.value.name).toBe("enrol");
  });

  it("goes back to the log-in page when the session ends under way", async () => {
    serve({ "GET /session": { body: opened }, "GET /inbox": { status: 401, body: { code: "unauthenticated" } } });
    const router = face();
    await router.push("/case/7");
    await calls.inbox().catch(() => undefined);
    await flushPromises();
    expect(router.currentRoute.value).toMatchObject({ name: "login", query: { next: "/case/7", ended: "1" } });
    expect(useSession(stores()).now).toBeNull();
  });
});

describe("a session that ends under somebody's hands", () => {
  const ended = { "GET /session": { body: opened }, "GET /inbox": { status: 401, body: { code: "unauthenticated" } } };
  async function end(keepsPage: boolean) {
    serve(ended);
    const router = face(keepsPage);
    await router.push("/case/7?tab=x");
    await calls.inbox().catch(() => undefined);
    await flushPromises();
    return router;
  }

  it("leaves the page as it is where the face keeps it", async () => {
    const router = await end(true);
    expect(router.currentRoute.value.fullPath).toBe("/case/7?tab=x");
    expect([useSession(stores()).over, useSession(stores()).now?.account]).toEqual([true, "a"]);
    useSession(stores()).take(opened);
    expect(useSession(stores()).over).toBe(false);
  });
  it("leads back to the page after a log-in by a link, whose address knows nothing of it", async () => {
    const router = await end(false);
    await router.replace("/elsewhere");
    useSession(stores()).take(opened);
    proceed(router, opened, "/");
    await flushPromises();
    expect(router.currentRoute.value.fullPath).toBe("/case/7?tab=x");
  });
  it("does not lead somebody else there", async () => {
    const router = await end(false);
    useSession(stores()).take({ ...opened, account: "b" });
    proceed(router, { ...opened, account: "b" }, "/");
    await flushPromises();
    expect(router.currentRoute.value.fullPath).toBe("/");
  });
  it("tells of a log-in in another window, and of none", async () => {
    serve({ "GET /session": { body: opened } });
    expect((await useSession(stores()).elsewhere())?.account).toBe("a");
    serve({ "GET /session": { status: 401, body: { code: "unauthenticated" } } });
    expect(await useSession(stores()).elsewhere()).toBeNull();
  });
});

describe("the log-in page", () => {
  it("asks for the second factor only when the server wants it", async () => {
    const asked = serve({ "POST /session": { status: 422, body: { code: "second-factor-required" } } });
    const { wrapper } = await mounted(LoginPage);
    await wrapper.get("input[name=username]").setValue(" zhouyining ");
    await wrapper.get("input[name=password]").setValue("secret words");
    expect(wrapper.find("input[name=code]").exists()).toBe(false);
    await wrapper.get("form").trigger("submit");
    await flushPromises();
    expect(wrapper.find(".field-problem").exists()).toBe(false);
    await wrapper.get("input[name=code]").setValue("123 456");
    await wrapper.get("form").trigger("submit");
    await flushPromises();
    const bodies = asked.filter((it) => it.path === "/session").map((it) => it.body);
    expect(bodies).toEqual([{ username: "zhouyining", password: "secret words" }, { username: "zhouyining", password: "secret words", code: "123456" }]);
  });
});
