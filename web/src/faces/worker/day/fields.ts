import { useI18n } from "vue-i18n";
import type { Meter } from "@/api/calls/worker";

/** The words of the meter: a field of a form, and whoever asked for it. */
export function useMeterWords() {
  const { t, te } = useI18n();
  return {
    field: (name: string): string => (te(`meter.fields.${name}`, "zh") ? t(`meter.fields.${name}`) : name),
    asker: (it: Pick<Meter["asked_by"][number], "kind" | "name">): string => (it.kind === "person" || it.kind === "form" ? t(`meter.by.${it.kind}`, { name: it.name }) : t(`meter.by.${it.kind}`)),
  };
}
