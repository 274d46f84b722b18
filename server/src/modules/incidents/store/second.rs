//! Who had a hand in the rounds before.

use db::{Conn, bind, record, sql};
use kernel::{Id, Result};
use uuid::Uuid;

use crate::modules::incidents::model::{Action, Incident};

record! {
    struct Hand { action: Action, actor_id: Uuid }
}

/// Who solved and who verified the case in rounds before this one.
pub async fn hands(conn: &mut Conn, id: Id<Incident>, round: i64) -> Result<Vec<(Action, Uuid)>> {
    let statement = sql!(
        "select action, actor_id from incident_step where incident_id = $1 and round < $2
         and action in ('resolve', 'solve_on_spot', 'verify') order by n"
    );
    let rows: Vec<Hand> = conn.all(statement, bind![id, round]).await?;
    Ok(rows.into_iter().map(|r| (r.action, r.actor_id)).collect())
}
