//! Who looks at which case at which process.

use db::{Conn, Query, Tx, bind, record, sql};
use kernel::{Id, Result, Time};
use uuid::Uuid;

use crate::modules::incidents::{
    model::Incident,
    watch::{Look, Node},
};

record! {
    /// Somebody who looks at a case at another process.
    pub struct Elsewhere { pub account: Uuid, pub name: String }
}

/// Who looks at a case at the other processes now.
pub async fn elsewhere(conn: &mut Conn, here: Id<Node>, case: Id<Incident>, now: Time) -> Result<Vec<Elsewhere>> {
    let statement = sql!("select account, name from incident_look where incident_id = $1 and until > $2 and node <> $3");
    conn.all(statement, bind![case, now, here]).await
}

/// Puts what is known at this process in the place of what was, and forgets what is over everywhere.
pub async fn put(tx: &mut Tx, here: Id<Node>, looks: &[Look], now: Time) -> Result<()> {
    tx.execute(sql!("delete from incident_look where node = $1 or until <= $2"), bind![here, now]).await?;
    for looks in looks.chunks(1_000) {
        let mut query = Query::new("insert into incident_look (node, incident_id, account, name, until) values");
        for (n, look) in looks.iter().enumerate() {
            let cells = bind![here, look.case, look.account, look.name, look.until];
            query = query.push_list(if n == 0 { "" } else { "," }, cells);
        }
        tx.execute_query(query).await?;
    }
    Ok(())
}
