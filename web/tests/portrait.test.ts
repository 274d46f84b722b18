import { enableAutoUnmount, flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import PortraitBox from "@/faces/console/board/PortraitBox.vue";
import PeoplePage from "@/faces/console/setup/PeoplePage.vue";
import { keepGrid } from "@/faces/resident/org/place";
import PlaceCard from "@/faces/resident/org/PlaceCard.vue";
import OwnPortrait from "@/faces/worker/access/OwnPortrait.vue";
import { useSession } from "@/shared/access/session";
import FaceBox from "@/shared/org/FaceBox.vue";
import PortraitForm from "@/shared/org/PortraitForm.vue";
import { forPortrait } from "@/shared/photos/smaller";
import { mounted, serve, stores } from "./mounted";

vi.mock("@/shared/photos/smaller", () => ({ forPortrait: vi.fn() }));
const drawn = () => vi.mocked(forPortrait).mockResolvedValue({ photo: new Blob(["jpeg"], { type: "image/jpeg" }), preview: document.createElement("canvas") });
enableAutoUnmount(afterEach);
beforeEach(() => void drawn());
afterEach(() => vi.unstubAllGlobals());

/** Chooses a file as a person would. */
async function choose(wrapper: Awaited<ReturnType<typeof mounted>>["wrapper"]): Promise<void> {
  const input = wrapper.get("input[type=file]");
  Object.defineProperty(input.element, "files", { value: [new File(["x"], "me.jpg")], configurable: true });
  await input.trigger("change");
  await flushPromises();
}
const press = async (wrapper: Awaited<ReturnType<typeof mounted>>["wrapper"], words: string) => {
  await wrapper.findAll("button").find((it) => it.text() === words)!.trigger("click");
  await flushPromises();
};

describe("a portrait that is shown", () => {
  const contact = (name: string, portrait?: string) => ({ name, phone: null, ...(portrait ? { portrait } : {}) });
  const place = (worker: object, deputy: object | null) => ({ grid: { code: "990101001001001", name: "第一网格", community: null, street: null }, vacant: false, worker, deputy, desk: null });
  it("stands on the resident's first page, the worker's and the deputy's", async () => {
    keepGrid("990101001001001");
    serve({ "GET /place": { body: place(contact("周以宁", "w1"), contact("沈禾", "d1")) } });
    const { wrapper } = await mounted(PlaceCard);
    expect(wrapper.findAll("img.face").map((it) => it.attributes("src"))).toEqual(["/api/v1/grids/990101001001001/portraits/w1", "/api/v1/grids/990101001001001/portraits/d1"]);
  });
  it("is the family name where there is none, or where it is gone meanwhile", async () => {
    const { wrapper } = await mounted(FaceBox, { name: "周以宁", src: "/gone" });
    expect(wrapper.find("img").exists()).toBe(true);
    await wrapper.get("img").trigger("error");
    expect([wrapper.find("img").exists(), wrapper.text()]).toEqual([false, "周"]);
    expect((await mounted(FaceBox, { name: "沈禾" })).wrapper.text()).toBe("沈");
  });
  it("takes the place of the name on the board", async () => {
    const { wrapper } = await mounted(PortraitBox, { name: "周以宁", src: "/api/v1/people/p/portrait/w1" });
    expect([wrapper.find("svg").exists(), wrapper.get("img").attributes("src")]).toEqual([false, "/api/v1/people/p/portrait/w1"]);
    await wrapper.get("img").trigger("error");
    expect(wrapper.get("text").text()).toBe("周");
  });
});

describe("putting a portrait", () => {
  it("shows it before it counts, and gives it when this person says so", async () => {
    serve({ "POST /photos": { body: { id: "f1" }, status: 201 } });
    const put = vi.fn().mockResolvedValue(undefined);
    const { wrapper } = await mounted(PortraitForm, { name: "周以宁", src: null, put, take: vi.fn() });
    expect(wrapper.text()).toContain("还没有照片");
    await choose(wrapper);
    expect(wrapper.get("[role=img]").find("canvas").exists()).toBe(true);
    expect(put).not.toHaveBeenCalled();
    await press(wrapper, "用这张");
    expect(put).toHaveBeenCalledWith("f1");
    expect(wrapper.get("[role=status]").text()).toContain("照片已更新");
  });
  it("says in plain words what is no photograph, here or at the server", async () => {
    vi.mocked(forPortrait).mockRejectedValueOnce(new Error("no picture"));
    serve({ "POST /photos": { status: 422, body: { code: "not-a-photo" } } });
    const put = vi.fn();
    const { wrapper } = await mounted(PortraitForm, { name: "周以宁", src: null, put, take: vi.fn() });
    await choose(wrapper);
    expect(wrapper.get("[role=alert]").text()).toBe("这张照片打不开，请换一张 JPG 照片。");
    await choose(wrapper);
    await press(wrapper, "用这张");
    expect(wrapper.get("[role=alert]").text()).toBe("这不是照片，请选 JPG、PNG 或 WebP。");
    expect(put).not.toHaveBeenCalled();
  });
  it("is taken away only after one more question", async () => {
    const take = vi.fn().mockResolvedValue(undefined);
    const { wrapper } = await mounted(PortraitForm, { name: "周以宁", src: "/p", put: vi.fn(), take });
    await press(wrapper, "移除照片");
    expect(wrapper.text()).toContain("确定移除吗？");
    await press(wrapper, "不移除");
    expect(take).not.toHaveBeenCalled();
    await press(wrapper, "移除照片");
    await press(wrapper, "移除");
    expect(take).toHaveBeenCalledOnce();
    expect(wrapper.get("[role=status]").text()).toContain("照片已移除");
  });
});

describe("the pages that put one", () => {
  const answers = (path: string) => ({ "POST /photos": { body: { id: "f1" }, status: 201 }, [`PUT ${path}`]: { body: {} }, [`DELETE ${path}`]: { body: {} } });
  const asked = (all: ReturnType<typeof serve>, method: string) => all.filter((it) => it.method === method).map((it) => [it.path, it.body]);
  it("are the page of people for whoever looks after them", async () => {
    const person = { id: "p1", staff_no: "100001", name: "周以宁", posts: [], on_leave_until: null, portrait: "w1" };
    const all = serve({ "GET /people": { body: { items: [person], next: null } }, ...answers("/people/p1/portrait") });
    const { wrapper } = await mounted(PeoplePage);
    expect(wrapper.find("button[aria-label='周以宁的照片']").exists()).toBe(false);
    useSession(stores()).take({ account: "a", name: "管理员", home: "/c/", roles: [], permissions: ["org.manage"], csrf: "t", expires_at: "2027-01-01T00:00:00Z" });
    await flushPromises();
    await wrapper.get("button[aria-label='周以宁的照片']").trigger("click");
    expect(wrapper.get("img.picture").attributes("src")).toBe("/api/v1/people/p1/portrait/w1");
    await choose(wrapper);
    await press(wrapper, "用这张");
    expect(asked(all, "PUT")).toEqual([["/people/p1/portrait", { photo_id: "f1" }]]);
    expect(asked(all, "GET").filter(([path]) => path === "/people")).toHaveLength(2);
    await press(wrapper, "移除照片");
    await press(wrapper, "移除");
    expect(asked(all, "DELETE")).toEqual([["/people/p1/portrait", null]]);
  });
  it("and a worker's own", async () => {
    const all = serve({ "GET /account/portrait": { body: { person: "p1", portrait: null } }, ...answers("/account/portrait") });
    const { wrapper } = await mounted(OwnPortrait, { person: "p1", name: "周以宁" });
    await choose(wrapper);
    await press(wrapper, "用这张");
    expect(asked(all, "PUT")).toEqual([["/account/portrait", { photo_id: "f1" }]]);
    expect(asked(all, "GET")).toHaveLength(2);
  });
});
