import { act } from "@/api/calls";
import type { Case } from "@/api/types";

export type Action = "accept" | "refuse" | "correct" | "place" | "dispatch" | "verify" | "close" | "callback" | "note";

/** In the order in which a case goes; the first that is offered is the next thing to do. */
export const buttons: Action[] = ["accept", "dispatch", "verify", "close", "callback", "correct", "place", "note", "refuse"];

/** Single keys. Refusing has none: it should not happen by a slip. */
export const actionKeys: Record<string, Action> = { a: "accept", d: "dispatch", v: "verify", n: "note" };

/** Actions that need no more words. */
export const directly: Partial<Record<Action, (of: Case) => Promise<unknown>>> = {
  accept: (of) => act.accept(of),
  close: (of) => act.close(of),
};
