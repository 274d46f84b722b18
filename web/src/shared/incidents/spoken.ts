import { useI18n } from "vue-i18n";
import type { components } from "@/api/schema";
import { useSays } from "@/shared/says";

export type Spoken = components["schemas"]["Spoken"];

/** A sentence of the program in the reader's language, by its kind and its gaps. What people wrote stands in the gaps as they wrote it. */
function useSpoken(): (it: Spoken) => string {
  const { t, locale } = useI18n();
  const says = useSays();
  const list = (all: string[]) => all.filter(Boolean).join(locale.value === "en" ? ", " : "、");
  const led = (it: { lead: string; helpers: string[] }) => t(it.helpers.length ? "spoken.led_with" : "spoken.led", { lead: it.lead, helpers: list(it.helpers) });
  return (it) => {
    switch (it.kind) {
      case "led": return led(it);
      case "ruled": return t("spoken.ruled", { led: led(it) });
      case "stage_done": return t(it.words ? "spoken.stage_done_words" : "spoken.stage_done", { ...it });
      case "rated": {
        const contacted = it.contacted === null || it.contacted === undefined ? "" : t(`spoken.contacted.${it.contacted ? "yes" : "no"}`);
        return [contacted, says.word("solved", it.solved), says.word("satisfied", it.satisfied)].filter(Boolean).join(locale.value === "en" ? "; " : "，");
      }
      case "reopened": return t("spoken.reopened", { n: it.round, cause: says.word("cause", it.cause) });
      default: return t(`spoken.${it.kind}`, { ...it });
    }
  };
}

/** What a step says: a sentence of the program in the reader's language, else what somebody wrote, as it was written. */
export function useStepWords(): (it: { words?: string | null; spoken?: Spoken | null }) => string {
  const spoken = useSpoken();
  return (it) => (it.spoken ? spoken(it.spoken) : (it.words ?? ""));
}
