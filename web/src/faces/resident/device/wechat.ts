import { insideWechat } from "@/shared/wechat";
import { browserDevice } from "./browser";
import type { Device, Told } from ".";

// WeChat's functions for pages. The page never loads WeChat's script from another host: whoever opens it inside WeChat (the thin mini program, or
// an official account whose entry page has run wx.config) provides `wx`; without that everything goes the browser's way.

type Done<T> = { success: (answer: T) => void; fail: () => void; cancel?: () => void };
export interface Wx {
  chooseImage(ask: { count: number; sizeType: string[]; sourceType: string[] } & Done<{ localIds: string[] }>): void;
  getLocalImgData(ask: { localId: string } & Done<{ localData: string }>): void;
  getLocation(ask: { type: "wgs84" } & Done<{ longitude: number; latitude: number }>): void;
  scanQRCode(ask: { needResult: 1; scanType: string[] } & Done<{ resultStr: string }>): void;
  updateAppMessageShareData(ask: { title: string; desc: string; link: string } & Done<unknown>): void;
}

const bridge = (): Wx | undefined => (globalThis as { wx?: Partial<Wx> }).wx as Wx | undefined;

const asked = <T>(ask: (done: Done<T>) => void, said: string): Promise<T> =>
  new Promise((well, badly) => ask({ success: well, fail: () => badly(said), cancel: () => badly("denied") }));

/** WeChat's functions, when this page runs inside WeChat and was given them; what is missing there goes the browser's way. */
export function wechatDevice(): Device | null {
  const wx = bridge();
  if (!insideWechat() || typeof wx?.getLocation !== "function") return null;
  const plain = browserDevice();
  return {
    kind: "wechat",
    canScan: typeof wx.scanQRCode === "function" || plain.canScan,
    async photo(most) {
      if (typeof wx.chooseImage !== "function" || typeof wx.getLocalImgData !== "function") return plain.photo(most);
      let chosen: { localIds: string[] };
      try {
        chosen = await asked((done) => wx.chooseImage({ count: most, sizeType: ["original"], sourceType: ["camera", "album"], ...done }), "unavailable");
      } catch (said) {
        if (said === "denied") return [];
        throw said;
      }
      const files: File[] = [];
      for (const [at, localId] of chosen.localIds.entries()) {
        const { localData } = await asked<{ localData: string }>((done) => wx.getLocalImgData({ localId, ...done }), "unavailable");
        files.push(fileOf(localData, `${at + 1}.jpg`));
      }
      return files;
    },
    async locate() {
      // Asked for WGS84, so nothing has to be turned back.
      const at = await asked<{ longitude: number; latitude: number }>((done) => wx.getLocation({ type: "wgs84", ...done }), "unavailable");
      return { lon: at.longitude, lat: at.latitude };
    },
    async scan() {
      if (typeof wx.scanQRCode !== "function") return plain.scan();
      return (await asked<{ resultStr: string }>((done) => wx.scanQRCode({ needResult: 1, scanType: ["qrCode"], ...done }), "unavailable")).resultStr;
    },
    async share(what: Told) {
      if (typeof wx.updateAppMessageShareData !== "function") return plain.share(what);
      // WeChat shares by its own menu only: the page says what, the person's tap there does it.
      await asked((done) => wx.updateAppMessageShareData({ title: what.title, desc: what.text, link: what.url, ...done }), "unavailable");
      return plain.share(what);
    },
  };
}

/** iPhones give `data:image/jpg;base64,…`, Androids the bare base64. */
export function fileOf(data: string, name: string): File {
  const bytes = Uint8Array.from(atob(data.slice(data.indexOf(",") + 1).replaceAll(/\s/g, "")), (letter) => letter.charCodeAt(0));
  return new File([bytes], name, { type: "image/jpeg" });
}
