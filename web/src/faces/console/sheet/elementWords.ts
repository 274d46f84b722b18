import { localeContextKey } from "element-plus/es/hooks/use-locale/index.mjs";
import { computed, provide } from "vue";
import { useI18n } from "vue-i18n";

/** What Element Plus says by itself inside a component, in the language of the page: without it a Chinese page has an English cross. */
export function useElementWords(): void {
  const { t, locale } = useI18n();
  provide(localeContextKey, computed(() => ({ name: locale.value, el: { dialog: { close: t("dialog.close") }, select: { loading: t("state.loading"), noData: t("dispatch.noUnit"), noMatch: t("dispatch.noUnit"), placeholder: t("form.chooseUnit") } } })));
}
