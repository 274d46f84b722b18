/** What a chart shows: series over the same names. Colours are names of tokens, so that both modes fit. */
export interface Series { name: string; colour: "red" | "yellow" | "green" | "grey" | "teal" | "edge"; values: number[] }
export interface Drawn { kind: "bars" | "lines"; names: string[]; series: Series[]; /** Bars on top of each other. */ stacked?: boolean; /** Names at the side. */ lying?: boolean }
