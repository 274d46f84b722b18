import common from "@/locales/zh/common.json";
import errors from "@/locales/zh/errors.json";
import fields from "@/locales/zh/fields.json";
import worker from "@/locales/zh/worker.json";
import list from "@/locales/zh/words.json";
import type { Words } from "@/shared/i18n";

export const words: Words = {
  zh: { ...common, errors, fields, words: list, ...worker },
  en: async () => (await import("./words.en")).default,
};
