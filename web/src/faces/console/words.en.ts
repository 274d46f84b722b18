import common from "@/locales/en/common.json";
import errors from "@/locales/en/errors.json";
import fields from "@/locales/en/fields.json";
import console from "@/locales/en/console.json";
import list from "@/locales/en/words.json";

export default { ...common, errors, fields, words: list, ...console };
