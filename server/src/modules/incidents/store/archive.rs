//! Cases that are to be archived.

use db::{Conn, Query, bind};
use kernel::{Result, Time};

use super::{COLUMNS, Case};

/// Closed cases that were closed by this instant, the oldest first; an emergency waits for its after-action note.
pub async fn due(conn: &mut Conn, closed_by: Time, limit: i64) -> Result<Vec<Case>> {
    let ripe = "where c.state = 'closed' and c.erased_at is null and c.closed_at <= $$ and (c.urgency <> 'emergency' or exists (select 1 from incident_emergency e \
                where e.incident_id = c.id and e.after_action_at is not null)) order by c.closed_at, c.id limit $$";
    conn.list(Query::new(COLUMNS).push(ripe, bind![closed_by, limit])).await
}
