export interface Chunk { file: string; isEntry?: boolean; css?: string[]; imports?: string[]; dynamicImports?: string[] }
export function firstView(manifest: Record<string, Chunk>): string[];
export function weigh(folder: URL): number;
