import { flushPromises } from "@vue/test-utils";
import { createApp, h } from "vue";
import { createMemoryHistory, createRouter, RouterView } from "vue-router";
import { describe, expect, it } from "vitest";
import { arrive } from "@/shared/arrive";

const page = (heading: string) => ({ render: () => h("main", { id: "main" }, [h("h1", heading)]) });

describe("going from page to page", () => {
  it("names each page and stands the reader at its heading, but not at the first and not for another query", async () => {
    document.title = "某区";
    const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/", component: page("待办") }, { path: "/map", component: page("地图") }] });
    arrive(router);
    const place = document.body.appendChild(document.createElement("div"));
    await router.push("/");
    createApp({ render: () => h(RouterView) }).use(router).mount(place);
    await flushPromises();
    expect(document.activeElement).toBe(document.body);
    await router.push("/map");
    await flushPromises();
    expect(document.title).toBe("地图 · 某区");
    expect(document.activeElement?.textContent).toBe("地图");
    (document.activeElement as HTMLElement).blur();
    await router.push("/map?grid=1");
    await flushPromises();
    expect(document.activeElement).toBe(document.body);
  });
});
