//! The queue of calls: cases with `call_at`, what was tried, and who is ringing just now.

use db::{Cell, Conn, Query, Tx, bind, record, sql};
use kernel::{Cursor, Id, Result, Scope, Time};
use uuid::Uuid;

use super::visible;
use crate::modules::{
    catalogue::Matter,
    incidents::model::{Incident, Reached, State},
    org::Unit,
};

record! {
    /// A case that waits for a call.
    #[derive(Clone, Debug)]
    pub struct Waiting {
        pub id: Id<Incident>,
        pub code: String,
        pub title: String,
        pub state: State,
        pub round: i64,
        pub matter_id: Option<Id<Matter>>,
        pub grid_id: Option<Id<Unit>>,
        pub confidential: bool,
        pub call_at: Time,
        pub holder: Option<Uuid>,
        pub held_until: Option<Time>,
    }
}

record! {
    /// An attempt to ring.
    #[derive(Clone, Debug)]
    pub struct Attempt { pub incident_id: Id<Incident>, pub round: i64, pub at: Time, pub outcome: Reached }
}

record! {
    /// A claim on a call.
    #[derive(Clone, Copy, Debug)]
    pub struct Holder { pub holder: Uuid, pub held_until: Time }
}

/// A page of the queue that the scope may see, the oldest first; one more than `limit` when there are more.
pub async fn queue(conn: &mut Conn, scope: &Scope, cursor: Option<Cursor>, limit: i64) -> Result<Vec<Waiting>> {
    let query = Query::new(
        "select c.id, c.code, c.title, c.state, c.round, c.matter_id, c.grid_id, c.confidential, c.call_at, l.holder, l.held_until \
         from incident c left join incident_call l on l.incident_id = c.id where c.call_at is not null",
    );
    let query = visible(query, scope);
    let query = query.after("and (c.call_at, c.id) >", cursor);
    conn.list(query.push("order by c.call_at, c.id limit $$", bind![limit + 1])).await
}

/// What was tried for these cases, in order of time.
pub async fn attempts(conn: &mut Conn, ids: &[Id<Incident>]) -> Result<Vec<Attempt>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let query = Query::new("select r.incident_id, r.round, r.at, r.outcome from incident_rating r where r.asked_by = 'callback'");
    let query = query.push_list("and r.incident_id in", ids.iter().map(|id| Cell::Uuid(Some(id.uuid()))).collect());
    conn.list(query.push("order by r.at, r.id", vec![])).await
}

/// Who is ringing the reporter of this case just now.
pub async fn holder(conn: &mut Conn, id: Id<Incident>, now: Time) -> Result<Option<Holder>> {
    let statement = sql!("select holder, held_until from incident_call where incident_id = $1 and held_until > $2");
    conn.one(statement, bind![id, now]).await
}

/// Takes the call, or keeps it longer; whether it is the caller's now.
pub async fn claim(tx: &mut Tx, id: Id<Incident>, who: Uuid, now: Time, until: Time) -> Result<bool> {
    let statement = sql!(
        "insert into incident_call (incident_id, holder, held_until) values ($1, $2, $3)
         on conflict (incident_id) do update set holder = excluded.holder, held_until = excluded.held_until
         where incident_call.holder = excluded.holder or incident_call.held_until <= $4"
    );
    Ok(tx.execute(statement, bind![id, who, until, now]).await? == 1)
}

/// Puts the receiver down.
pub async fn release(tx: &mut Tx, id: Id<Incident>) -> Result<()> {
    tx.execute(sql!("delete from incident_call where incident_id = $1"), bind![id]).await.map(|_| ())
}
