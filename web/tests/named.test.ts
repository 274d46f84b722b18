import { enableAutoUnmount } from "@vue/test-utils";
import { afterEach, describe, expect, it } from "vitest";
import { defineComponent, h } from "vue";
import { useI18n } from "vue-i18n";
import commonEn from "@/locales/en/common.json";
import commonZh from "@/locales/zh/common.json";
import { useNamed } from "@/shared/named";
import { mounted } from "./mounted";

enableAutoUnmount(afterEach);

async function names(language: "zh" | "en") {
  let said: ReturnType<typeof useNamed> | undefined;
  await mounted(defineComponent(() => {
    const i18n = useI18n() as unknown as { locale: { value: string }; setLocaleMessage: (of: string, words: object) => void };
    i18n.setLocaleMessage("en", commonEn);
    i18n.locale.value = language;
    said = useNamed();
    return () => h("p");
  }));
  return said!;
}

describe("useNamed", () => {
  it("names a matter in the reader's language, and by its own name where nobody translated it", async () => {
    const [zh, en] = [await names("zh"), await names("en")];
    const lamp = { name: "楼道灯不亮", name_en: "Stairwell lamp out" };
    expect([zh.name(lamp), en.name(lamp), en.name({ name: "井盖" }), en.name(null)]).toEqual(["楼道灯不亮", "Stairwell lamp out", "井盖", ""]);
    expect([zh, en].map((it) => it.matter({ matter: "楼道灯不亮", matter_en: "Stairwell lamp out" }))).toEqual(["楼道灯不亮", "Stairwell lamp out"]);
  });
  it("says what the program brought along in English, and leaves what the district wrote", async () => {
    const [zh, en] = [await names("zh"), await names("en")];
    expect([zh.shipped("分办"), en.shipped("分办"), en.shipped("我们自己的一步")]).toEqual(["分办", "Divided", "我们自己的一步"]);
  });
  it("knows each of them by a name of its own", () => {
    const all = Object.values(commonZh.shipped);
    expect(new Set(all).size).toBe(all.length);
  });
});
