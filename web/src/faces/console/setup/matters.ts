import type { Field, Shape } from "./shapes/shapes";

const label: readonly Field[] = [{ key: "zh", kind: "text", most: 60 }, { key: "en", kind: "text", most: 120, empty: true }];
const bound = (key: "min" | "max"): Field => ({ key, kind: "maybe", missing: true, when: { key: "type", is: ["text", "integer", "decimal"] }, of: { kind: "number", least: -1_000_000_000, most: 1_000_000_000, fine: true } });

/** Limits on the way of a matter, in order, each counted from the start of handling. */
export const stages: Shape = {
  kind: "list", most: 10,
  of: { kind: "group", fields: [{ key: "name", words: "stageName", kind: "text", most: 40 }, { key: "limit", words: "stageLimit", kind: "limit" }] },
};

/** What a report of a matter is asked for beyond its words, in order. */
export const questions: Shape = {
  kind: "list", most: 40,
  of: {
    kind: "group",
    fields: [
      { key: "label", words: "question", kind: "group", fields: label },
      { key: "key", words: "questionKey", kind: "text", most: 40 },
      { key: "type", words: "questionType", kind: "choice", list: "question", options: ["text", "integer", "decimal", "date", "choice", "multi"] },
      { key: "required", words: "questionRequired", kind: "flag" },
      bound("min"), bound("max"),
      {
        key: "choices", kind: "list", least: 1, most: 60, when: { key: "type", is: ["choice", "multi"] },
        of: { kind: "group", fields: [{ key: "value", words: "choiceValue", kind: "text", most: 60 }, { key: "label", words: "choiceLabel", kind: "group", fields: label }] },
      },
    ],
  },
};
