// Runs before the page's own script has come, and asks what its first view will ask: who is here, which district this is and, for whoever may see the
// desk and goes there, its first rows.
import { ask, askWho } from "../../api/ask";

ask("/api/v1/district");
const desk = ["", "#/", "#/cases", "#/cases/"].includes(location.hash);
askWho(({ permissions }) => {
  if (!desk || !permissions.includes("incident.read")) return;
  ask("/api/v1/incidents?limit=30");
  ask("/api/v1/incidents/counts");
});
