//! Cases that are to be archived.

use db::{Conn, Query, bind};
use kernel::{Result, Time};

use super::{COLUMNS, Case};

/// Closed cases that were closed by this instant, the oldest first.
pub async fn due(conn: &mut Conn, closed_by: Time, limit: i64) -> Result<Vec<Case>> {
    let ripe = "where c.state = 'closed' and c.closed_at <= $$ order by c.closed_at, c.id limit $$";
    conn.list(Query::new(COLUMNS).push(ripe, bind![closed_by, limit])).await
}
