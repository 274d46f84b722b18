//! Links with which partner units do their tasks. Only the hash of a secret is stored.

use db::{Conn, Tx, bind, record, sql};
use kernel::{Id, Result, Time};
use uuid::Uuid;

use crate::modules::incidents::model::{Incident, Task};

record! {
    /// A link.
    #[derive(Clone, Debug)]
    pub struct LinkRow { pub id: Uuid, pub incident_id: Id<Incident>, pub task_id: Id<Task>, pub expires_at: Time, pub opened_at: Option<Time> }
}

record! {
    /// A link as its desk sees it; never its secret.
    #[derive(Clone, Debug)]
    pub struct LinkSeen {
        pub id: Uuid,
        pub made_at: Time,
        pub expires_at: Time,
        pub revoked_at: Option<Time>,
        pub opened_at: Option<Time>,
        pub acted_at: Option<Time>,
        pub ended: i64,
        pub open: i64,
    }
}

/// The links that a task ever had, the newest first, with what was done by each.
pub async fn of_task(conn: &mut Conn, task: Id<Task>) -> Result<Vec<LinkSeen>> {
    let statement = sql!(
        "select l.id, l.made_at, l.expires_at, l.revoked_at, l.opened_at,
         (select max(s.at) from incident_step s where s.incident_id = l.incident_id and s.actor_id = l.id) as acted_at,
         cast(case when t.state = 'done' and t.done_by = l.id then 1 else 0 end as bigint) as ended,
         cast(case when t.state in ('offered', 'accepted', 'signing') then 1 else 0 end as bigint) as open
         from task_link l join incident_task t on t.id = l.task_id where l.task_id = $1 order by l.made_at desc, l.id desc limit 50"
    );
    conn.all(statement, bind![task]).await
}

/// Whoever holds the link looked; whether he had not since `before`.
pub async fn opened(tx: &mut Tx, id: Uuid, at: Time, before: Time) -> Result<bool> {
    let statement = sql!("update task_link set opened_at = $2 where id = $1 and (opened_at is null or opened_at <= $3)");
    Ok(tx.execute(statement, bind![id, at, before]).await? > 0)
}

/// Adds a link.
pub async fn add(tx: &mut Tx, link: &LinkRow, hash: &[u8; 32], by: Uuid, now: Time) -> Result<()> {
    let statement = sql!(
        "insert into task_link (id, token_hash, incident_id, task_id, made_by, made_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)"
    );
    tx.execute(statement, bind![link.id, *hash, link.incident_id, link.task_id, by, now, link.expires_at]).await.map(|_| ())
}

/// The links of a task work no longer; how many did.
pub async fn revoke(tx: &mut Tx, task: Id<Task>, now: Time) -> Result<u64> {
    let statement = sql!("update task_link set revoked_at = $2 where task_id = $1 and revoked_at is null and expires_at > $2");
    tx.execute(statement, bind![task, now]).await
}

/// The link of this secret, whether it works or not.
pub async fn find(conn: &mut Conn, hash: &[u8; 32]) -> Result<Option<LinkRow>> {
    let statement = sql!("select id, incident_id, task_id, expires_at, opened_at from task_link where token_hash = $1");
    conn.one(statement, bind![*hash]).await
}

/// Whether a link works: not revoked, not expired, and its task open.
pub async fn works(conn: &mut Conn, id: Uuid, now: Time) -> Result<bool> {
    let statement = sql!(
        "select cast(count(*) as bigint) as value from task_link l join incident_task t on t.id = l.task_id
         where l.id = $1 and l.revoked_at is null and l.expires_at > $2 and t.state in ('offered', 'accepted', 'signing')"
    );
    Ok(conn.value::<i64>(statement, bind![id, now]).await?.unwrap_or(0) > 0)
}
