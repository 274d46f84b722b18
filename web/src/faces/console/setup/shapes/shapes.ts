// What each setting of the server holds, so that a form can be drawn for it. The server checks again; the bounds here are those of its rules.

/** How a value is filled in. */
export type Shape =
  /** A text of at most so many characters; `empty` where it may say nothing. A stored `secret` is shown and sent as `true`. */
  | { kind: "text"; most?: number; empty?: boolean; long?: boolean; secret?: boolean }
  /** A whole number, with `fine` any, or with `share` a part of one, which is shown in percent. */
  | { kind: "number"; least: number; most: number; unit?: string; share?: boolean; fine?: boolean }
  /** Yes or no. */
  | { kind: "flag" }
  /** A time of day, `HH:MM`. */
  | { kind: "time" }
  /** One or several of a closed list, with their words under `words.<list>`. */
  | { kind: "choice"; list: string; options: readonly string[] }
  | { kind: "several"; list: string; options: readonly string[] }
  /** Kinds of units, which are the district's own. */
  | { kind: "kinds" }
  /** Texts, one a line. */
  | { kind: "lines" }
  /** So many of a unit of time. */
  | { kind: "limit" }
  | { kind: "group"; fields: readonly Field[] }
  /** Any number of the same; `fixed` where neither their number nor their order may change. */
  | { kind: "list"; of: Shape; most?: number; least?: number; fixed?: boolean }
  /** Given or not; what is not given is null, or missing with `missing`. */
  | { kind: "maybe"; of: Shape; missing?: boolean }
  /** One of several things, some of which have something inside; or nothing at all, unless there must be one. */
  | { kind: "variant"; list: string; options: readonly { key: string; of?: Shape }[]; need?: boolean };

/** A member of a group; its label is `settingFields.<words>`, or of its key. With `when` it is asked for only where another member holds one of these. */
export type Field = Shape & { key: string; words?: string; when?: { key: string; is: readonly string[] } };

const text = (key: string, most = 200, words = key): Field => ({ key, words, kind: "text", most });
const number = (key: string, least: number, most: number, unit: string, words = key): Field => ({ key, words, kind: "number", least, most, unit });
const days = (least: number, most: number, words: string): Shape => ({ kind: "group", fields: [number("days", least, most, "day", words)] });
const sentence: Shape = { kind: "maybe", of: { kind: "text", most: 200, long: true } };
const phones: Shape = { kind: "list", of: { kind: "group", fields: [text("name", 40, "phoneName"), text("phone", 40)] } };
const said: readonly Field[] = [{ ...text("zh"), kind: "text", long: true }, { ...text("en"), kind: "text", long: true }];
const whole = 90 * 24 * 60;

const ladder: Shape = {
  kind: "group",
  fields: [{
    key: "stages", kind: "list", most: 20,
    of: {
      kind: "group",
      fields: [
        text("stage", 32), { key: "mark", kind: "choice", list: "mark", options: ["yellow", "red"] }, number("after_minutes", 0, whole, "minute"),
        { key: "while_waiting", kind: "flag" },
        { key: "tell", kind: "several", list: "whom", options: ["lead", "head", "desk", "street_leader", "district_desk", "supervisor"] },
        {
          key: "then", kind: "variant", list: "then",
          options: [{ key: "escalate" }, { key: "supervise", of: { kind: "group", fields: [{ key: "card", kind: "choice", list: "card", options: ["urge", "yellow", "red"] }, number("reply_minutes", 1, whole, "minute")] } }],
        },
      ],
    },
  }],
};

/** How often something may be asked of the server from one network, or as often as anybody wants. */
const rate: Shape = { kind: "variant", list: "rate", need: true, options: [{ key: "per_hour", of: { kind: "number", least: 1, most: 1_000_000, unit: "times" } }, { key: "off" }] };
const limited = ["public_reports", "public_photos", "public_reads", "addresses", "suggest", "lookup", "lookup_code", "remarks", "track", "login", "link"];

export const shapes: Readonly<Record<string, Shape>> = {
  ...Object.fromEntries(limited.map((name) => [`limit.${name}`, rate])),
  "callback": {
    kind: "group",
    fields: [
      number("percent", 0, 100, "percent"), number("within_days", 1, 365, "day"), number("attempts", 1, 3, "times"), number("lease_minutes", 1, 120, "minute"), number("apart_hours", 0, 40, "working_hour"),
      { key: "bands", words: "hourBands", kind: "list", of: { kind: "time" } },
      {
        key: "script", kind: "group",
        fields: [
          { key: "greeting", kind: "group", fields: said },
          { key: "questions", kind: "list", fixed: true, of: { kind: "group", fields: [...said, { key: "answers", kind: "list", fixed: true, of: { kind: "group", fields: [text("zh"), text("en")] } }] } },
          { key: "closing", kind: "group", fields: said },
        ],
      },
    ],
  },
  "contact": {
    kind: "group",
    fields: [
      { key: "counts", kind: "several", list: "action", options: ["accept", "take_on", "report_in", "note", "ask", "assist", "resolve", "solve_on_spot", "refuse", "callback"] },
      { key: "bands", words: "matterBands", kind: "list", of: { kind: "group", fields: [text("name", 40, "bandName"), { key: "matters", kind: "lines" }, { key: "limit", kind: "limit" }] } },
    ],
  },
  "dispatch.ruling": { kind: "group", fields: [{ key: "within", kind: "limit" }] },
  "district.announcement": sentence,
  "district.hotlines": { kind: "list", of: { kind: "group", fields: [text("name", 40, "phoneName"), text("phone", 40), { key: "unit", words: "phoneUnit", kind: "maybe", missing: true, of: { kind: "text", most: 40 } }] } },
  "inbox.must_reports": {
    kind: "list",
    of: {
      kind: "group",
      fields: [
        text("key", 40, "code"), text("zh", 40), text("en", 60), { key: "matter", kind: "maybe", of: { kind: "text", most: 100 } },
        { key: "told", kind: "maybe", of: { kind: "group", fields: [text("zh", 40), text("en", 60), { key: "phone", kind: "maybe", of: { kind: "text", most: 40 } }] } },
      ],
    },
  },
  "incidents.archive": days(1, 3_650, "archiveDays"),
  "incidents.emergency": {
    kind: "group",
    fields: [
      number("ring_minutes", 1, 1_440, "minute"), number("first_bulletin_minutes", 1, 1_440, "minute"),
      { key: "limits", kind: "group", fields: [number("accept_minutes", 1, 1_440, "minute"), number("handle_minutes", 1, 1_440, "minute")] },
      { key: "duty_rooms", kind: "kinds" }, { key: "centres", kind: "kinds" }, { ...phones, key: "numbers", least: 1 } as Field,
    ],
  },
  "incidents.escalation": {
    kind: "group",
    fields: [
      { key: "preset", kind: "choice", list: "preset", options: ["standard", "strict", "warn_only"] }, text("signer", 50),
      ...["normal", "urgent", "emergency"].map((key): Field => ({ key, words: `ladder_${key}`, kind: "maybe", of: ladder, missing: true })),
    ],
  },
  "incidents.extension": {
    kind: "group",
    fields: [...["chief", "leader", "conference"].map((key) => number(key, 1, 1_000, "percent", `extend_${key}`)), { key: "least", words: "extend_least", kind: "limit" }],
  },
  "incidents.links": { kind: "group", fields: [{ key: "kinds", kind: "kinds" }, number("days", 1, 90, "day", "linkDays")] },
  "incidents.result_photos": { kind: "flag" },
  "incidents.retention": days(30, 36_500, "retentionDays"),
  "incidents.sign_off": { kind: "group", fields: [{ key: "kinds", words: "signKinds", kind: "kinds" }, { key: "units", kind: "lines" }] },
  "incidents.sure": { kind: "group", fields: ["confidence", "known"].map((key): Field => ({ key, kind: "number", least: 0, most: 1, unit: "percent", share: true })) },
  "incidents.wait": days(1, 30, "waitDays"),
  "incidents.whistle": {
    kind: "group",
    fields: [
      { key: "minutes", words: "reportMinutes", kind: "group", fields: ["normal", "urgent", "emergency"].map((key) => number(key, 5, 1_440, "minute")) },
      { key: "may", kind: "list", of: { kind: "group", fields: [{ key: "from", words: "blowFrom", kind: "kinds" }, { key: "classes", kind: "several", list: "gate", options: ["own", "assist", "upper", "unlisted"] }, { key: "to", words: "blowTo", kind: "kinds" }] } },
      { key: "steps", kind: "group", fields: ["called", "divided", "joint", "closed", "called_off"].map((key) => text(key, 20, `step_${key}`)) },
    ],
  },
  "incidents.warning": {
    kind: "group",
    fields: [number("left", 1, 90, "percent"), ...["urgent", "emergency"].map((key): Field => ({ key, words: `left_${key}`, kind: "maybe", missing: true, of: { kind: "number", least: 1, most: 90, unit: "percent" } }))],
  },
  "notices.quiet": { kind: "group", fields: [{ key: "from", words: "quietFrom", kind: "time" }, { key: "until", words: "quietUntil", kind: "time" }] },
  "org.hours": sentence,
  "org.households": { kind: "group", fields: [number("least", 0, 100_000, "household"), number("most", 0, 100_000, "household")] },
  "smtp": {
    kind: "maybe",
    of: {
      kind: "group",
      fields: [
        text("host"), number("port", 1, 65_535, ""), { key: "protection", kind: "choice", list: "protection", options: ["tls", "start-tls", "none"] },
        { key: "user", kind: "maybe", of: { kind: "text", most: 200 } }, { key: "password", kind: "maybe", of: { kind: "text", most: 500, secret: true } }, text("from", 200, "mailFrom"),
      ],
    },
  },
  "webhooks.networks": { kind: "group", fields: [{ key: "allowed", words: "allowedNetworks", kind: "list", most: 20, of: { kind: "text", most: 60 } }] },
  "webhooks.roots": { kind: "group", fields: [{ key: "pem", kind: "text", long: true, empty: true }] },
};
