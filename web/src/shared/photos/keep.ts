import type { InjectionKey } from "vue";

/** Where a face keeps photographs until they are sent, and how it says that it could not. */
export interface PhotoKeeper { keep: (photo: Blob) => Promise<string>; words: (error: unknown) => string | null }

/** Provided by a face that works without network; elsewhere a photograph is sent at once. */
export const keepPhotoKey: InjectionKey<PhotoKeeper> = Symbol("keepPhoto");
