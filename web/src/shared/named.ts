import { useI18n } from "vue-i18n";
import zh from "@/locales/zh/common.json";

const shipped = new Map(Object.entries(zh.shipped).map(([key, name]) => [name, `shipped.${key}`]));

/** Names in the reader's language, where they have one in it. */
export function useNamed() {
  const { t, locale } = useI18n();
  const named = (name: string | null | undefined, english: string | null | undefined): string => (locale.value === "en" && english ? english : (name ?? ""));
  return {
    /** Of a thing that may have an English name. */
    name: (it: { name?: string | null; name_en?: string | null } | null | undefined): string => named(it?.name, it?.name_en),
    /** Of the matter of something that was reported. */
    matter: (it: { matter?: string | null; matter_en?: string | null } | null | undefined): string => named(it?.matter, it?.matter_en),
    named,
    /** Of a preset: one that the program brought along has a name in English, one of the district's own stays as it is. */
    shipped: (name: string): string => {
      const key = locale.value === "en" ? shipped.get(name) : undefined;
      return key ? t(key) : name;
    },
  };
}
