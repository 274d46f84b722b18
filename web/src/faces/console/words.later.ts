import board from "@/locales/zh/board.json";
import settingFields from "@/locales/zh/settingFields.json";
import settingHints from "@/locales/zh/settingHints.json";
import settingNames from "@/locales/zh/settings.json";
import setup from "@/locales/zh/setup.json";
import supervision from "@/locales/zh/supervision.json";
import wall from "@/locales/zh/wall.json";
import { flatNames } from "./names";

/** The Chinese words of set-up, figures, boards and wall: a desk's first view does without them. */
export default { board, settingFields, settingHints, settingNames: flatNames(settingNames), setup, supervision, wall };
