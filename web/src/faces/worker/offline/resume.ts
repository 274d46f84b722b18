import type { Router } from "vue-router";
import { useSession } from "@/shared/access/session";
import { useField } from "./field";

/** How long the server may take to say who is logged in before the lease on this device answers instead. */
const patience = 4000;

/** Before anybody is sent to the log-in page: whoever was at work here goes on without network as long as the lease holds. */
export function resumeFirst(router: Router): void {
  router.beforeEach(async (to) => {
    const session = useSession();
    if (to.meta.open || session.now) return true;
    const asked = navigator.onLine ? session.load().then((who) => ({ who }), () => null) : Promise.resolve(null);
    const late = new Promise<null>((tell) => setTimeout(() => tell(null), patience));
    if (await Promise.race([asked, late])) return true;
    const who = await useField().resume();
    if (who && !session.now) session.take(who);
    return true;
  });
}
