import { browserDevice } from "./browser";
import { wechatDevice } from "./wechat";

export interface Place { lon: number; lat: number }
export interface Told { title: string; text: string; url: string }

/** What a page asks of the phone, in a browser or inside WeChat. A refusal is thrown as a word of the locale files: `denied`, `unavailable`. */
export interface Device {
  kind: "browser" | "wechat";
  /** Pictures that the person takes or chooses; none when they think better of it. */
  photo(most: number): Promise<File[]>;
  /** Where the phone is, in WGS84. */
  locate(): Promise<Place>;
  /** The text of a square code. */
  scan(): Promise<string>;
  canScan: boolean;
  /** Hands a link on: to the phone's own list of programs, else to the clipboard. */
  share(what: Told): Promise<"shared" | "copied" | "shown">;
}

let one: Device | undefined;

/** The device of this visit: WeChat's own functions when its page has been given leave for them, else the browser's. */
export const device = (): Device => (one ??= wechatDevice() ?? browserDevice());
