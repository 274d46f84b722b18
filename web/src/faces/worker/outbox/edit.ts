// What may be put right in a command that was refused: the sentences in it, wherever they stand.
const sentences = ["text", "words", "reason", "basis", "note", "public_reply", "name", "phone", "address", "question"] as const;

type Body = Record<string, unknown>;
export interface Text { path: string; field: string; text: string }

/** A `reason` that is a code and not a sentence is no text to edit. */
const isSentence = (field: string, value: unknown): value is string => (sentences as readonly string[]).includes(field) && typeof value === "string" && !(field === "reason" && /^[a-z0-9-]+$/.test(value));

export function editable(body: Body, at = ""): Text[] {
  return Object.entries(body).flatMap(([field, value]) => {
    if (isSentence(field, value)) return [{ path: at + field, field, text: value }];
    return typeof value === "object" && value !== null && !Array.isArray(value) ? editable(value as Body, `${at}${field}.`) : [];
  });
}

/** The body with these photographs at a place such as `solved.photo_ids`. */
export function withPhotos(body: Body, path: string, photos: readonly string[]): Body {
  const [first, ...rest] = path.split(".");
  if (!first) return body;
  return { ...body, [first]: rest.length ? withPhotos((body[first] ?? {}) as Body, rest.join("."), photos) : [...photos] };
}

export function withTexts(body: Body, texts: readonly Text[], at = ""): Body {
  return Object.fromEntries(Object.entries(body).map(([field, value]) => {
    const found = texts.find((it) => it.path === at + field);
    if (found) return [field, found.text.trim()];
    return [field, typeof value === "object" && value !== null && !Array.isArray(value) ? withTexts(value as Body, texts, `${at}${field}.`) : value];
  }));
}
