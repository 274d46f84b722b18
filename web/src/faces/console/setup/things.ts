import type { RouteLocationRaw } from "vue-router";

/** Where a thing of the record can be seen, and with which permission. */
interface Seen { may: string; to: (id: string) => RouteLocationRaw }

const page = (path: string, may: string): Seen => ({ may, to: () => path });
const things: Readonly<Record<string, Seen>> = {
  incident: { may: "incident.read", to: (id) => `/cases/${id}` },
  account: { may: "account.read", to: (id) => ({ path: "/setup/accounts", query: { account: id } }) },
  unit: { may: "org.manage", to: (id) => ({ path: "/setup/units", query: { unit: id } }) },
  publication: { may: "publication.read", to: (id) => `/notices/${id}` },
  supervision: { may: "supervision.read", to: (id) => `/figures/orders/${id}` },
  post: page("/setup/units", "org.manage"),
  person: page("/setup/people", "org.manage"),
  leave: page("/setup/people", "leave.manage"),
  matter: page("/setup/catalogue", "catalogue.read"),
  catalogue_batch: page("/setup/catalogue", "catalogue.read"),
  calendar: page("/setup/calendar", "catalogue.read"),
  setting: page("/setup/switches", "setting.read"),
  webhook: page("/setup/webhooks", "webhook.read"),
  admission_list: page("/setup/access", "admission.read"),
  admission_request: page("/setup/access", "admission.read"),
  burden: page("/setup/burdens", "burden.read"),
  return_reason: page("/setup/reasons", "dispatch.manage"),
  handover: page("/duty", "duty.read"),
};

/** The page of a thing, if there is one that this person may open. */
export function placeOf(kind: string, id: string, may: (permission: string) => boolean): RouteLocationRaw | null {
  const found = things[kind];
  return found && may(found.may) ? found.to(id) : null;
}
