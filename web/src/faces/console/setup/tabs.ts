/** The pages of set-up with the permissions of which one opens each. The first that somebody may open is where set-up begins. */
export const tabs = [
  { to: "/setup/units", words: "units", may: ["org.manage", "leave.manage", "account.manage"] },
  { to: "/setup/people", words: "people", may: ["org.manage", "leave.manage"] },
  { to: "/setup/rosters", words: "rosters", may: ["org.manage", "leave.manage"] },
  { to: "/setup/boards", words: "boards", may: ["org.manage", "leave.manage", "supervision.read"] },
  { to: "/setup/catalogue", words: "catalogue", may: ["catalogue.read"] },
  { to: "/setup/calendar", words: "calendar", may: ["catalogue.read"] },
  { to: "/setup/access", words: "access", may: ["admission.read"] },
  { to: "/setup/burdens", words: "burdens", may: ["burden.read"] },
  { to: "/setup/import", words: "import", may: ["org.manage", "catalogue.manage", "admission.manage"] },
  { to: "/setup/accounts", words: "accounts", may: ["account.read"] },
  { to: "/setup/switches", words: "switches", may: ["setting.read"] },
  { to: "/setup/reasons", words: "reasons", may: ["dispatch.manage"] },
  { to: "/setup/webhooks", words: "webhooks", may: ["webhook.read"] },
  { to: "/setup/audit", words: "audit", may: ["audit.read"] },
] as const;
