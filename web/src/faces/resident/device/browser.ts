import { locate } from "@/shared/map/locate";
import type { Device, Told } from ".";

interface Detector { detect(from: ImageBitmapSource): Promise<{ rawValue: string }[]> }
type DetectorMaker = new (options: { formats: string[] }) => Detector;
const detector = () => (globalThis as { BarcodeDetector?: DetectorMaker }).BarcodeDetector;

/** What every browser can do by itself. */
export function browserDevice(): Device {
  return { kind: "browser", photo, locate, scan, canScan: detector() !== undefined, share };
}

function photo(most: number): Promise<File[]> {
  return new Promise((chosen) => {
    const input = Object.assign(document.createElement("input"), { type: "file", accept: "image/*", multiple: most > 1 });
    input.addEventListener("change", () => chosen(Array.from(input.files ?? []).slice(0, most)));
    input.addEventListener("cancel", () => chosen([]));
    input.click();
  });
}

/** A square code from a photograph of it, where the browser reads such. */
async function scan(): Promise<string> {
  const Make = detector();
  const [file] = Make ? await photo(1) : [];
  if (!Make || !file) throw "unavailable";
  const picture = await createImageBitmap(file);
  const found = await new Make({ formats: ["qr_code"] }).detect(picture);
  picture.close();
  if (!found[0]) throw "unavailable";
  return found[0].rawValue;
}

async function share({ title, text, url }: Told): Promise<"shared" | "copied" | "shown"> {
  if (navigator.share) {
    try {
      await navigator.share({ title, text, url });
      return "shared";
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return "shown"; // They thought better of it.
    }
  }
  try {
    await navigator.clipboard.writeText(url);
    return "copied";
  } catch {
    return "shown"; // Without leave for the clipboard the link stands there to be copied by hand.
  }
}
