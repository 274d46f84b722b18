import { drawn } from "@/shared/icons";

export const IconShare = drawn("M12 15V4", "M8 7.5L12 4l4 3.5", "M5 12v8h14v-8");
export const IconHorn = drawn("M4 10v4h3l8 4V6L7 10H4Z", "M18 9.5a4 4 0 0 1 0 5");
export const IconClock = drawn("M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z", "M12 7v5.5l3.5 2");
export const IconText = drawn("M4 7V5h10v2", "M9 5v14", "M14 13v-1.5h7V13", "M17.5 11.5V19");
