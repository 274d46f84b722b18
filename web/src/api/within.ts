/** A signal that ends a request after so many milliseconds: at the edge of the network a connection may stay open for ever. Older phones have no `AbortSignal.timeout`. */
export function within(millis: number): AbortSignal {
  const ending = new AbortController();
  setTimeout(() => ending.abort(), millis);
  return ending.signal;
}

/** How long an answer may take before it counts as none. */
export const patience = { command: 30_000, photo: 120_000 };
