// Keys of the closed lists that people choose from; their words are in the locale files under `words.<list>`.
export const results = ["solved", "partly", "explained", "planned", "referred", "not_found"] as const;
export const refusals = ["no_request", "elsewhere", "other_procedure", "settled", "emergency_call", "abuse"] as const;
export const callOutcomes = ["reached", "no_answer", "dead_number", "refused", "not_the_reporter"] as const;
export const purposes = ["contact", "verify", "emergency", "correct"] as const;
export const states = ["received", "accepted", "assigned", "in_progress", "resolved", "verified", "closed", "archived", "rejected", "merged", "void"] as const;
export const attentions = ["no-grid", "two-grids", "low-confidence", "unlisted", "no-person", "no-unit", "no-calendar", "returned", "objected", "centre", "reopened", "unsatisfied", "check-failed"] as const;
