import { describe, expect, it } from "vitest";
import { initials } from "@/faces/console/board/initials";
import PortraitBox from "@/faces/console/board/PortraitBox.vue";
import { mounted } from "./mounted";

describe("a portrait without a photograph", () => {
  it.each([["王建国", "王"], ["欧阳明", "欧阳"], ["司马", "司"], ["Ann Lee", "AL"], ["  李 ", "李"]])("of %s says %s", (name, letters) => expect(initials(name)).toBe(letters));
  it("shows them, and an empty place says that it waits", async () => {
    expect((await mounted(PortraitBox, { name: "欧阳明" })).wrapper.get("text").text()).toBe("欧阳");
    const { wrapper } = await mounted(PortraitBox, { name: null });
    expect(wrapper.classes()).toContain("vacant");
    expect(wrapper.get("text").classes()).toContain("wait");
  });
});
