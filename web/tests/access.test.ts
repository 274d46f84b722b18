import { flushPromises } from "@vue/test-utils";
import { createPinia, setActivePinia } from "pinia";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createMemoryHistory, createRouter } from "vue-router";
import { guard, useSession } from "@/shared/access/session";
import LoginPage from "@/shared/access/LoginPage.vue";
import * as calls from "@/api/calls";
import { mounted, serve } from "./mounted";

const opened = { account: "a", name: "周以宁", home: "/", roles: [], permissions: ["task.handle"], csrf: "t", expires_at: "2026-03-14T08:00:00.000Z", must_enrol: false };
const page = { template: "<main />" };
function face() {
  const router = createRouter({ history: createMemoryHistory(), routes: [
    { path: "/login", name: "login", component: page, meta: { open: true } }, { path: "/enrol", name: "enrol", component: page }, { path: "/:rest(.*)*", component: page },
  ] });
  guard(router);
  return router;
}

beforeEach(() => setActivePinia(createPinia()));
afterEach(() => {
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
    expect(useSession().now).toBeNull();
  });
});

describe("the log-in page", () => {
  it("asks for the second factor only when the server wants it", async () => {
    const asked = serve({ "POST /session": { status: 422, body: { code: "second-factor-required" } } });
    const { wrapper } = await mounted(LoginPage);
    await wrapper.get("#username").setValue(" zhouyining ");
    await wrapper.get("#password").setValue("secret words");
    expect(wrapper.find("#code").exists()).toBe(false);
    await wrapper.get("form").trigger("submit");
    await flushPromises();
    expect(wrapper.find(".field-problem").exists()).toBe(false);
    await wrapper.get("#code").setValue("123 456");
    await wrapper.get("form").trigger("submit");
    await flushPromises();
    const bodies = asked.filter((it) => it.path === "/session").map((it) => it.body);
    expect(bodies).toEqual([{ username: "zhouyining", password: "secret words" }, { username: "zhouyining", password: "secret words", code: "123456" }]);
  });
});
