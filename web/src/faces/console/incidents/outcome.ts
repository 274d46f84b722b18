import { shallowRef } from "vue";
import type { BulkOutcome } from "@/api/calls/desk";
import type { Row } from "@/api/types";

export type Action = "accept" | "dispatch" | "merge" | "supervise";

/** What became of the last action on many cases. It outlives the page: whoever turned away in the ten seconds finds it when coming back. */
export const outcome = shallowRef<{ action: Action; of: Row[]; result: BulkOutcome } | null>(null);
