import common from "@/locales/en/common.json";
import errors from "@/locales/en/errors.json";
import fields from "@/locales/en/fields.json";
import console from "@/locales/en/console.json";
import { flatNames } from "./names";
import board from "@/locales/en/board.json";
import erasure from "@/locales/en/erasure.json";
import publishing from "@/locales/en/publishing.json";
import settingFields from "@/locales/en/settingFields.json";
import settingHints from "@/locales/en/settingHints.json";
import settingNames from "@/locales/en/settings.json";
import setup from "@/locales/en/setup.json";
import supervision from "@/locales/en/supervision.json";
import wall from "@/locales/en/wall.json";
import list from "@/locales/en/words.json";

export default { ...common, errors, fields, words: list, board, erasure, publishing, settingFields, settingHints, settingNames: flatNames(settingNames), setup, supervision, wall, ...console };
