import { h, type FunctionalComponent } from "vue";

// Own drawings on a 24 × 24 sheet, as strokes. They decorate words and never stand alone, so they are hidden from screen readers.
export const drawn = (...paths: string[]): FunctionalComponent => {
  const icon: FunctionalComponent = () =>
    h(
      "svg",
      { class: "icon", viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": 1.8, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true", focusable: "false" },
      paths.map((d) => h("path", { d })),
    );
  return icon;
};

export const IconPhone = drawn("M6 3h3l2 5-2.5 1.8a12 12 0 0 0 5.7 5.7L16 13l5 2v3a3 3 0 0 1-3.2 3A16 16 0 0 1 3 6.2A3 3 0 0 1 6 3Z");
export const IconCamera = drawn("M4 8h3l2-3h6l2 3h3a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1Z", "M12 17a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z");
export const IconPin = drawn("M12 21s7-6.5 7-11.5a7 7 0 1 0-14 0C5 14.5 12 21 12 21Z", "M12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z");
export const IconWrite = drawn("M4 20h4L19 9l-4-4L4 16v4Z", "M13 7l4 4");
export const IconInbox = drawn("M3 13l3-8h12l3 8v6H3v-6Z", "M3 13h5l1.5 3h5L16 13h5");
export const IconPerson = drawn("M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z", "M4 21c0-4 3.5-6.5 8-6.5s8 2.5 8 6.5");
export const IconSearch = drawn("M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14Z", "M20 20l-4-4");
export const IconBack = drawn("M15 5l-7 7 7 7");
export const IconNext = drawn("M9 5l7 7-7 7");
export const IconCheck = drawn("M4 12.5l5.5 5.5L20 7");
export const IconCross = drawn("M6 6l12 12", "M18 6L6 18");
export const IconBell = drawn("M6 17V11a6 6 0 1 1 12 0v6l2 1H4l2-1Z", "M10 21h4");
export const IconPeople = drawn("M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z", "M2.5 20c0-3.5 3-5.5 6.5-5.5s6.5 2 6.5 5.5", "M16 4.5a3.5 3.5 0 0 1 0 6.5", "M18.5 15c2 .8 3 2.5 3 5");
export const IconMap = drawn("M3 6l6-2 6 2 6-2v14l-6 2-6-2-6 2V6Z", "M9 4v14", "M15 6v14");
export const IconAlert = drawn("M12 4l9.5 16h-19L12 4Z", "M12 10v4", "M12 17v.1");
export const IconWhistle = drawn("M3 9h9l8-2v4h-4a5.5 5.5 0 1 1-10.5 1.5L3 12V9Z", "M11 16a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z", "M14 3v1.5", "M18 3.5l-1 1");
export const IconChart = drawn("M4 4v16h16", "M8 16v-5", "M12 16V8", "M16 16v-8");
export const IconGear = drawn("M12 15.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z", "M12 2.5v3M12 18.5v3M2.5 12h3M18.5 12h3M5.3 5.3l2.1 2.1M16.6 16.6l2.1 2.1M5.3 18.7l2.1-2.1M16.6 7.4l2.1-2.1");
export const IconWall = drawn("M3 5h18v11H3V5Z", "M9 20h6", "M12 16v4", "M7 13l3-4 3 2 4-4");
export const IconBook = drawn("M5 4h11a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3V4Z", "M5 17a3 3 0 0 1 3-3h11");
export const IconSend = drawn("M3 11.5L21 4l-6.5 17-3.5-7.5L3 11.5Z", "M11 13.5L21 4");
export const IconGauge = drawn("M4 18a8 8 0 1 1 16 0", "M12 18l4-6");
export const IconHorn = drawn("M4 10v4h3l9 5V5L7 10H4Z", "M19 9.5a4 4 0 0 1 0 5", "M8 14l1 6h2.5l-1-5");
export const IconEraser = drawn("M8 20l-5-5L14 4l6 6-10 10H8Z", "M9 9l6 6", "M13 20h7");
export const IconMic = drawn("M12 15a3 3 0 0 0 3-3V6a3 3 0 1 0-6 0v6a3 3 0 0 0 3 3Z", "M5.5 11.5a6.5 6.5 0 0 0 13 0", "M12 18v3");
