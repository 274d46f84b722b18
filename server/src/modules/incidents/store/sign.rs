//! Results that wait for a signature.

use db::{Conn, Query, bind};
use kernel::{Result, Scope};

use super::{TASK, TaskRow};

/// Tasks of units in the scope whose results wait for a signature, the least time left first.
pub async fn waiting(conn: &mut Conn, scope: &Scope, limit: i64) -> Result<Vec<TaskRow>> {
    if scope.is_empty() {
        return Ok(vec![]);
    }
    let query = Query::new(TASK).push("where t.state = 'signing'", vec![]).within(scope, "t.unit_path >= $$", "t.unit_path < $$");
    conn.list(query.push("order by coalesce(t.red_at, 9007199254740991), t.id limit $$", bind![limit])).await
}
