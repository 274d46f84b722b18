import common from "@/locales/zh/common.json";
import errors from "@/locales/zh/errors.json";
import fields from "@/locales/zh/fields.json";
import console from "@/locales/zh/console.json";
import { flatNames } from "./names";
import board from "@/locales/zh/board.json";
import erasure from "@/locales/zh/erasure.json";
import publishing from "@/locales/zh/publishing.json";
import settingFields from "@/locales/zh/settingFields.json";
import settingHints from "@/locales/zh/settingHints.json";
import settingNames from "@/locales/zh/settings.json";
import setup from "@/locales/zh/setup.json";
import supervision from "@/locales/zh/supervision.json";
import wall from "@/locales/zh/wall.json";
import list from "@/locales/zh/words.json";
import type { Words } from "@/shared/i18n";

export const words: Words = {
  zh: { ...common, errors, fields, words: list, board, erasure, publishing, settingFields, settingHints, settingNames: flatNames(settingNames), setup, supervision, wall, ...console },
  en: async () => (await import("./words.en")).default,
};
