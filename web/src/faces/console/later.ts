import { addWords } from "@/shared/i18n";

/** A page together with the words that the first view left out; both come at once. */
export const withWords = <T>(load: () => Promise<T>) => async (): Promise<T> => {
  const [page, words] = await Promise.all([load(), import("./words.later")]);
  addWords(words.default);
  return page;
};
