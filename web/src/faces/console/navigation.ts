import type { FunctionalComponent } from "vue";
import { IconChart, IconEraser, IconGear, IconHorn, IconInbox, IconPeople, IconPhone, IconWall, IconWhistle, IconWrite } from "@/shared/icons";
import { tabs } from "./setup/tabs";

/** A place of the console: one entry of the rail, one of the palette. */
export interface Place {
  /** Its path; also what its address begins with. */
  to: string;
  /** The key of its word under `nav`. */
  words: string;
  icon: FunctionalComponent;
  /** Shown to whoever holds one of these. */
  may: readonly string[];
}

/** In the order in which they stand on the rail; the first that somebody may see is where they land. */
export const places: readonly Place[] = [
  { to: "/cases", words: "desk", icon: IconInbox, may: ["incident.read"] },
  { to: "/department", words: "department", icon: IconWrite, may: ["task.handle", "extension.decide", "incident.rule", "supervision.reply"] },
  { to: "/whistles", words: "whistles", icon: IconWhistle, may: ["whistle.read"] },
  { to: "/calls", words: "calls", icon: IconPhone, may: ["incident.callback"] },
  { to: "/duty", words: "duty", icon: IconPeople, may: ["duty.read"] },
  { to: "/notices", words: "notices", icon: IconHorn, may: ["publication.read"] },
  { to: "/figures", words: "figures", icon: IconChart, may: ["report.read"] },
  { to: "/wall", words: "wall", icon: IconWall, may: ["report.read"] },
  { to: "/erasures", words: "erasures", icon: IconEraser, may: ["erasure.read"] },
  { to: "/setup", words: "setup", icon: IconGear, may: tabs.flatMap((it) => [...it.may]) },
];

/** The places of somebody with these permissions. */
export const placesFor = (permissions: readonly string[]): Place[] => places.filter((it) => it.may.some((one) => permissions.includes(one)));
