//! Switches and limits as data: each with a reason, who set it and, for what the law limits, when it ends.

use db::{Conn, Json, Tx, bind, record, sql};
use kernel::{Result, Time};
use serde::{Serialize, de::DeserializeOwned};

record! {
    /// A row of `setting`.
    pub struct Setting { pub name: String, pub body: serde_json::Value, pub reason: String, pub expires_at: Option<Time>, pub set_by: String, pub set_at: Time }
}

/// Every setting that holds at `now`.
pub async fn all(conn: &mut Conn, now: Time) -> Result<Vec<Setting>> {
    let statement = sql!(
        "select name, body, reason, expires_at, set_by, set_at from setting where expires_at is null or expires_at > $1 order by name"
    );
    conn.all(statement, bind![now]).await
}

/// One setting, or nothing when it was never set or has expired.
pub async fn get<T: DeserializeOwned>(conn: &mut Conn, now: Time, name: &str) -> Result<Option<T>> {
    let statement = sql!("select body as value from setting where name = $1 and (expires_at is null or expires_at > $2)");
    Ok(conn.value::<Json<T>>(statement, bind![name, now]).await?.map(|j| j.0))
}

/// Sets it; the caller writes the audit row and bumps the revision `settings` in the same transaction.
pub async fn set<T: Serialize>(
    tx: &mut Tx,
    now: Time,
    name: &str,
    body: T,
    reason: &str,
    expires_at: Option<Time>,
    by: &str,
) -> Result<()> {
    let statement = sql!(
        "insert into setting (name, body, reason, expires_at, set_by, set_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (name) do update set body = excluded.body, reason = excluded.reason, expires_at = excluded.expires_at,
         set_by = excluded.set_by, set_at = excluded.set_at"
    );
    tx.execute(statement, bind![name, Json(body), reason, expires_at, by, now]).await.map(|_| ())
}
