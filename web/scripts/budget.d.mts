export interface Chunk { file: string; css?: string[]; imports?: string[]; dynamicImports?: string[] }
export function firstView(manifest: Record<string, Chunk>): string[];
export function weigh(folder: URL): number;
