import { enableAutoUnmount } from "@vue/test-utils";
import { afterEach, describe, expect, it } from "vitest";
import { nextTick } from "vue";
import ExportLinks from "@/faces/console/sheet/ExportLinks.vue";
import { useSession } from "@/shared/access/session";
import { mounted, stores } from "./mounted";

enableAutoUnmount(afterEach);

async function links(permissions: string[], props: Record<string, unknown>) {
  const { wrapper } = await mounted(ExportLinks, { name: "异议", ...props });
  useSession(stores()).take({ permissions } as never);
  await nextTick();
  return wrapper.findAll("a").map((it) => it.attributes("href"));
}

describe("ExportLinks", () => {
  it("takes the list's filters along, and nothing that is not set", async () => {
    expect(await links(["export.run"], { path: "/whistles", query: { state: "open", unit: "", cursor: undefined } })).toEqual([
      "/api/v1/whistles/export?state=open&format=xlsx&lang=zh", "/api/v1/whistles/export?state=open&format=csv&lang=zh",
    ]);
  });
  it("is not offered to whoever may not export", async () => expect(await links(["incident.read"], { path: "/objections" })).toEqual([]));
  it("leaves a map in the words of the interface", async () => expect(await links(["export.run"], { path: "/incidents", formats: ["geojson"] })).toEqual(["/api/v1/incidents/export?format=geojson"]));
});
