import { useI18n } from "vue-i18n";
import { isProblem, type Problem } from "@/api/problem";
import type { Named } from "@/api/types";
import { useSaid } from "./said";

/** The words for a problem: by its code, else by its kind. Never the server's own text. */
export function useSays() {
  const { t, te } = useI18n();
  const said = useSaid();
  /** A length of time among what a sentence names is put into words. */
  const spelt = (params: Problem["params"]) => {
    const it = params?.longest as { n?: number; unit?: string } | undefined;
    return it?.unit ? { ...params, longest: `${it.n} ${said(`words.unit.${it.unit}`)}` } : (params ?? {});
  };
  const sentence = (problem: Problem): string => {
    const byCode = `errors.${problem.code}`;
    if (te(byCode, "zh")) return t(byCode, spelt(problem.params));
    const byStatus = `problems.${problem.status}`;
    return te(byStatus, "zh") ? t(byStatus, problem.params) : t("problems.other");
  };
  return {
    problem: (error: unknown): string => (isProblem(error) ? sentence(error) : t("problems.other")),
    field: (error: unknown, name: string): string | null => {
      const found = isProblem(error) ? error.fields.find((it) => it.field === name) : undefined;
      if (!found) return null;
      const key = `fields.${found.code}`;
      return te(key, "zh") ? t(key, found.params ?? {}) : t("fields.other");
    },
    /** The word of a closed list (state, result, channel …); an unknown one is shown as it is rather than hidden. */
    word: (list: string, key: string | null | undefined): string => {
      if (!key) return "";
      const path = `words.${list}.${key}`;
      return te(path, "zh") ? said(path) : key;
    },
  };
}

/** A name that comes alone or inside an object. */
export const nameOf = (it: Named | { name: string } | string | null | undefined): string => (typeof it === "string" ? it : (it?.name ?? ""));
