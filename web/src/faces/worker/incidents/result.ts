/** What a worker writes at the end of a task. */
export interface Result { result: string; public_reply: string; note: string; photos: string[] }

export const freshResult = (): Result => ({ result: "", public_reply: "", note: "", photos: [] });
