import { createI18n } from "vue-i18n";
import { prefs } from "./prefs";

export type Lang = "zh" | "en";
export type Messages = Record<string, unknown>;

/** What a face brings: Chinese with the first view, English when somebody asks for it. */
export interface Words { zh: Messages; en: () => Promise<Messages> }

let add: (messages: Messages) => void = () => undefined;
/** Adds Chinese words that a page brings along; English has all of them from the moment that it is chosen. */
export const addWords = (messages: Messages): void => add(messages);

export function createWords(words: Words) {
  const i18n = createI18n({ legacy: false, locale: "zh", fallbackLocale: "zh", missingWarn: false, fallbackWarn: false, messages: { zh: words.zh as never } });
  const global = i18n.global as unknown as { locale: { value: string }; setLocaleMessage(lang: string, messages: Messages): void; mergeLocaleMessage(lang: string, messages: Messages): void };
  add = (messages) => global.mergeLocaleMessage("zh", messages);

  async function choose(lang: Lang): Promise<void> {
    if (lang === "en") global.setLocaleMessage("en", await words.en());
    global.locale.value = lang;
    document.documentElement.lang = lang === "en" ? "en" : "zh-CN";
    prefs.lang = lang;
  }
  return { i18n, choose };
}
