import { useI18n } from "vue-i18n";
import type { components } from "@/api/schema";
import { useDay, useMoment } from "@/shared/clock";
import { useNamed } from "@/shared/named";
import { useSays } from "@/shared/says";

export type Spoken = components["schemas"]["Spoken"];
type Of<K extends Spoken["kind"]> = Extract<Spoken, { kind: K }>;

/** A sentence of the program in the reader's language, by its kind and its gaps. What people wrote stands in the gaps as they wrote it. */
function useSpoken(): (it: Spoken, asWritten: string) => string {
  const { t, te, locale } = useI18n();
  const says = useSays();
  const { matter, shipped } = useNamed();
  const day = useDay();
  const moment = useMoment();
  const list = (all: string[]) => all.filter(Boolean).join(locale.value === "en" ? ", " : "、");
  const led = (it: { lead: string; helpers: string[] }) => t(it.helpers.length ? "spoken.led_with" : "spoken.led", { lead: it.lead, helpers: list(it.helpers) });
  const span = (it: { n: number; unit: string }) => t("spoken.span", { n: it.n, unit: says.word("unit", it.unit) });
  const withWords = (told: string, words: string) => (words ? t("spoken.with_words", { told, words }) : told);
  const rated = (it: Of<"rated">) => {
    const contacted = it.contacted === null || it.contacted === undefined ? "" : t(`spoken.contacted.${it.contacted ? "yes" : "no"}`);
    return [contacted, says.word("solved", it.solved), says.word("satisfied", it.satisfied)].filter(Boolean).join(locale.value === "en" ? "; " : "，");
  };
  // A sentence that this page does not know yet says its names rather than nothing.
  const responsible = (it: Of<"responsible">) => (te(`spoken.responsible.${it.why}`, "zh") ? t(`spoken.responsible.${it.why}`, Object.fromEntries(Object.entries(it.names).map(([gap, name]) => [gap, shipped(name)]))) : list(Object.values(it.names)));
  const extension = (it: Of<"extension_decided"> | Of<"extension_asked">) => ({ n: it.n, by: span(it.by), rung: says.word("rung", it.rung) });
  return (it, asWritten) => {
    switch (it.kind) {
      case "led": return led(it);
      case "ruled": return t("spoken.ruled", { led: led(it) });
      case "stage_done": return t(it.words ? "spoken.stage_done_words" : "spoken.stage_done", { ...it });
      case "rated": return rated(it);
      case "called": return says.word("outcome", it.outcome);
      case "reopened": return t("spoken.reopened", { n: it.round, cause: says.word("cause", it.cause) });
      case "because": return says.word("cause", it.cause);
      case "responsible": return responsible(it);
      case "classed": return t(it.item ? "spoken.classed_item" : "spoken.classed", { matter: matter(it), class: t(`spoken.class.${it.class}`), item: it.item ?? "" });
      case "recognised": return t("spoken.recognised", { matter: matter(it) });
      case "matter_corrected": return t("spoken.matter_corrected", { matter: matter(it) });
      case "not_taken_in": return says.word("refusal", it.refusal);
      case "planned": return t("spoken.planned", { words: it.words, by: day(it.by) });
      case "handed_over": return t(it.back ? "spoken.handed_back" : "spoken.handed_over", { person: it.person, to: [it.unit, it.to].filter(Boolean).join(" ") });
      case "extension_asked": return t("spoken.extension_asked", extension(it));
      case "extension_decided": return t(it.granted ? "spoken.extension_granted" : "spoken.extension_refused", extension(it));
      case "waits_until": return t("spoken.waits_until", { day: day(it.day) });
      case "shelved": return t(`spoken.shelved.${it.shelf}`);
      case "shelved_by": return t("spoken.shelved_by", { name: it.name, day: day(it.day) });
      case "returned": return t(it.words ? "spoken.returned_words" : "spoken.returned", { ...it, reason: shipped(it.reason) });
      case "conference_called": return t("spoken.conference_called", { at: moment(it.at), chair: it.chair, units: list(it.units) });
      case "conference_held": return t("spoken.conference_held", { chair: it.chair, units: list(it.units), words: it.words });
      case "supervised": return t("spoken.supervised", { ...it, card: t(`spoken.card.${it.card}`) });
      case "supervised_by_rule": return t("spoken.supervised_by_rule", { card: t(`spoken.card.${it.card}`), code: it.code, late: t("spoken.late", { hours: it.hours }) });
      case "order_ended": return t(it.lifted ? "spoken.order_lifted" : "spoken.order_closed", { code: it.code, words: it.words });
      case "whistled": {
        const units = list([it.lead ? t("spoken.lead", { unit: it.lead }) : "", ...it.helpers]);
        return t("spoken.whistled", { from: it.from, units, by: moment(it.by), words: it.words });
      }
      case "reported_in": return withWords(t(it.late ? "spoken.reported_in_late" : "spoken.reported_in", { unit: it.unit }), it.words);
      case "not_reported_in": return t("spoken.not_reported_in", { unit: it.unit, by: moment(it.by) });
      case "raised_with": return t("spoken.raised_with", { from: says.word("urgency", it.from), to: says.word("urgency", it.to), code: it.code });
      case "raised": return t("spoken.raised", { from: says.word("urgency", it.from), to: says.word("urgency", it.to), words: it.words });
      case "rung": return withWords(t("spoken.rung", { n: it.n, desk: it.desk }), list(it.people));
      case "acknowledged": return withWords(t("spoken.acknowledged", { desks: list(it.desks) }), it.words);
      case "bulletin": return t("spoken.bulletin", { bulletin: says.word("bulletin", it.bulletin), n: it.n, words: it.words });
      case "bulletin_due": return t("spoken.bulletin_due", { by: moment(it.by) });
      // A page that a phone has kept may be older than the server: a kind that it does not know is said as it was written down.
      default: return te(`spoken.${it.kind}`, "zh") ? t(`spoken.${it.kind}`, { ...it }) : asWritten;
    }
  };
}

/** What a step or a reason says: a sentence of the program in the reader's language, else what somebody wrote, as it was written. */
export function useStepWords(): (it: { words?: string | null; spoken?: Spoken | null }) => string {
  const spoken = useSpoken();
  return (it) => (it.spoken ? spoken(it.spoken, it.words ?? "") : (it.words ?? ""));
}
