//! Cases, tasks and what hangs on them follow the units at which they lie.

use db::{Tx, bind, sql};
use kernel::Result;

use crate::{follows, moves::Succession};

follows!(
    "incident" "owner_path",
    "incident_task" "unit_path",
    "incident_return" "unit_path",
    "incident_review" "unit_path",
    "incident_extension" "unit_path",
    "incident_whistle" "from_path",
    "incident_bell" "unit_path",
    "incident_filter" "unit_path",
    "supervision" "unit_path",
    "supervision" "issuer_path",
    "duty_handover" "unit_path",
    "leave_handover_task" "from_path",
);

/// Gives what is open at a unit that has ended to the one that goes on: a case is never without an owner, and no task without a unit.
pub async fn succeed(tx: &mut Tx, s: &Succession) -> Result<u64> {
    let mut rows = 0;
    for statement in [
        sql!(
            "update incident set owner_id = $2, owner_path = $3 where owner_id = $1
             and state not in ('closed', 'archived', 'rejected', 'void', 'merged')"
        ),
        sql!(
            "update incident_task set unit_id = $2, unit_path = $3 where unit_id = $1 and state in ('offered', 'accepted', 'signing')"
        ),
        sql!("update incident_bell set unit_id = $2, unit_path = $3 where unit_id = $1 and acknowledged_at is null"),
    ] {
        rows += tx.execute(statement, bind![s.from, s.to, s.path]).await?;
    }
    let leads = sql!(
        "update incident set lead_unit = $2 where lead_unit = $1 and state not in ('closed', 'archived', 'rejected', 'void', 'merged')"
    );
    rows += tx.execute(leads, bind![s.from, s.to]).await?;
    Ok(rows)
}
