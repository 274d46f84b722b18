// Keys of the closed lists that people choose from; their words are in the locale files under `words.<list>`.
export const results = ["solved", "partly", "explained", "planned", "referred", "not_found"] as const;
export const refusals = ["no_request", "other_area", "legal_route", "concluded", "emergency", "malicious"] as const;
export const callOutcomes = ["reached", "no_answer", "number_dead", "refused", "wrong_person"] as const;
export const purposes = ["contact", "verify", "emergency", "correct"] as const;
export const states = ["received", "accepted", "assigned", "in_progress", "resolved", "verified", "closed", "archived", "rejected", "merged", "void"] as const;
export const attentions = ["no-grid", "two-grids", "low-confidence", "unlisted", "no-person", "no-unit", "no-calendar", "stale-clock"] as const;
