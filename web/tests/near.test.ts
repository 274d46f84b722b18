import { enableAutoUnmount } from "@vue/test-utils";
import { afterEach, describe, expect, it, vi } from "vitest";
import SimilarList from "@/faces/console/incidents/SimilarList.vue";
import { mounted, serve } from "./mounted";

enableAutoUnmount(afterEach);
afterEach(() => { vi.unstubAllGlobals(); document.body.innerHTML = ""; });

const one = (code: string, metres: number, matter: string | null) => ({ code, metres, matter, reporters: 2, reported_at: "2026-11-20T02:00:00Z", score: 0, joined: false });
const listed = async (answer: object) => {
  serve({ "GET /incidents/c/similar": { body: answer } });
  const { wrapper } = await mounted(SimilarList, { id: "c" });
  return wrapper.findAll("section").map((it) => ({ heading: it.get("h3").text(), rows: it.findAll("p").map((row) => row.text()), links: it.findAll("a").map((link) => link.attributes("href")) }));
};

describe("what else is open near a case", () => {
  it("is listed apart from what is alike, with metres, matter, reporters and a way to it", async () => {
    const [alike, near] = await listed({ items: [one("C1", 3, "楼道灯不亮")], near: [one("C2", 47, "占用消防通道"), one("C3", 177, null)] });
    expect([alike!.heading, alike!.rows.length, alike!.links]).toEqual(["附近相似的案件", 1, ["/cases?q=C1"]]);
    expect([near!.heading, near!.links]).toEqual(["200 米以内还没办结的（近 30 天）", ["/cases?q=C2", "/cases?q=C3"]]);
    expect(near!.rows[0]).toMatch(/^C2 占用消防通道 相距 47 米 · 2 人反映 · /);
    expect(near!.rows[1]).toContain("相距 177 米");
  });
  it("is there without anything alike, and nothing is said where there is nothing", async () => {
    expect((await listed({ items: [], near: [one("C2", 47, null)] })).map((it) => it.rows.length)).toEqual([1]);
    expect(await listed({ items: [], near: [] })).toEqual([]);
  });
});
