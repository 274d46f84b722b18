import { useI18n } from "vue-i18n";

const kept = new WeakMap<object, Map<string, string>>();

/** Words that are said again and again, as in a long list, with a number in their gap or none: each is looked up once a language. */
export function useSaid(): (key: string, n?: number) => string {
  const { t, locale, messages } = useI18n();
  const known = kept.get(messages) ?? new Map<string, string>();
  kept.set(messages, known);
  return (key, n) => {
    const at = `${locale.value} ${key} ${n}`;
    const words = known.get(at) ?? (n === undefined ? t(key) : t(key, { n }));
    known.set(at, words);
    return words;
  };
}
