/** Names of settings hold dots, which the words of a page take for steps. */
export const flatNames = (names: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(names).map(([name, words]) => [name.replaceAll(".", "_"), words]));
