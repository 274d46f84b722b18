//! SQL of lists that people saved by name.

use db::{Cell, Conn, Query, Tx, bind, record, sql};
use kernel::{Id, Result, Time};
use uuid::Uuid;

use crate::modules::org::Unit;

/// A saved list.
pub struct SavedFilter;

record! {
    /// A list that somebody saved.
    #[derive(Clone, Debug)]
    pub struct FilterRow {
        pub id: Id<SavedFilter>,
        pub account: Uuid,
        pub name: String,
        pub query: serde_json::Value,
        pub unit_id: Option<Id<Unit>>,
        pub made_at: Time,
    }
}

/// The lists of an account, and those that were shared with units of these paths, by name.
pub async fn filters(conn: &mut Conn, account: Uuid, paths: &[String]) -> Result<Vec<FilterRow>> {
    let query = Query::new("select f.id, f.account, f.name, f.query, f.unit_id, f.made_at from incident_filter f where")
        .push("(f.account = $$", bind![account])
        .push_list("or f.unit_path in", paths.iter().map(|p| Cell::Text(Some(p.clone()))).collect())
        .push(") order by f.name, f.id", vec![]);
    conn.list(query).await
}

/// How many lists an account has saved.
pub async fn count_filters(conn: &mut Conn, account: Uuid) -> Result<i64> {
    let statement = sql!("select cast(count(*) as bigint) as value from incident_filter where account = $1");
    Ok(conn.value(statement, bind![account]).await?.unwrap_or(0))
}

/// Saves a list.
pub async fn save_filter(tx: &mut Tx, row: &FilterRow, unit_path: Option<&str>) -> Result<()> {
    let statement = sql!(
        "insert into incident_filter (id, account, name, query, unit_id, unit_path, made_at) values ($1, $2, $3, $4, $5, $6, $7)"
    );
    let cells = bind![row.id, row.account, row.name, row.query, row.unit_id, unit_path, row.made_at];
    tx.execute(statement, cells).await.map(|_| ())
}

/// Forgets a list of one's own; false when there is none.
pub async fn forget_filter(tx: &mut Tx, account: Uuid, id: Id<SavedFilter>) -> Result<bool> {
    let statement = sql!("delete from incident_filter where id = $1 and account = $2");
    Ok(tx.execute(statement, bind![id, account]).await? == 1)
}
