import common from "@/locales/zh/common.json";
import errors from "@/locales/zh/errors.json";
import fields from "@/locales/zh/fields.json";
import console from "@/locales/zh/console.json";
import erasure from "@/locales/zh/erasure.json";
import publishing from "@/locales/zh/publishing.json";
import list from "@/locales/zh/words.json";
import type { Words } from "@/shared/i18n";

export const words: Words = {
  zh: { ...common, errors, fields, words: list, erasure, publishing, ...console },
  en: async () => (await import("./words.en")).default,
};
