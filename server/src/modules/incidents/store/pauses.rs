//! Requests for more time, and the instants of open tasks.

use std::collections::HashMap;

use db::{Cell, Conn, Json, Query, Tx, bind, record, sql};
use kernel::{Cursor, Error, Id, Result, Scope, Time};
use uuid::Uuid;

use crate::modules::{
    catalogue::Limit,
    incidents::{
        clocks::Instants,
        model::{Incident, Task},
        rules::pauses::{Rung, Standing},
    },
    org::Unit,
};

record! {
    /// A request for more time.
    #[derive(Clone, Debug)]
    pub struct Extension {
        pub id: Id<Extension>,
        pub incident_id: Id<Incident>,
        pub task_id: Id<Task>,
        pub round: i64,
        pub n: i64,
        pub rung: Rung,
        pub state: Standing,
        pub unit_id: Id<Unit>,
        pub unit_path: String,
        pub reason: String,
        pub length: Json<Limit>,
        pub asked_at: Time,
        pub asked_by: Uuid,
        pub asked_name: String,
        pub due_before: Option<Time>,
        pub due_after: Option<Time>,
        pub decided_at: Option<Time>,
        pub decided_by: Option<Uuid>,
        pub decided_name: Option<String>,
        pub words: Option<String>,
        pub conference_n: Option<i64>,
        pub code: String,
        pub title: String,
    }
}

const COLUMNS: &str = "select e.id, e.incident_id, e.task_id, e.round, e.n, e.rung, e.state, e.unit_id, e.unit_path, e.reason, e.length, e.asked_at, \
    e.asked_by, e.asked_name, e.due_before, e.due_after, e.decided_at, e.decided_by, e.decided_name, e.words, e.conference_n, c.code, c.title \
    from incident_extension e join incident c on c.id = e.incident_id where 1 = 1";

/// A page of requests within the scope, the newest first, one more than `limit` when there are more. Open ones are those of cases that
/// can still be given more time.
pub async fn extensions(
    conn: &mut Conn,
    scope: &Scope,
    state: Option<Standing>,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Extension>> {
    let query = Query::new(COLUMNS).push_if("and e.state = $$", state);
    let query = match state {
        Some(Standing::Open) => query.push("and c.state in ('assigned', 'in_progress')", vec![]),
        _ => query,
    };
    let query = query.after("and (e.asked_at, e.id) <", cursor);
    let query = query.within(scope, "e.unit_path >= $$", "e.unit_path < $$");
    conn.list(query.push("order by e.asked_at desc, e.id desc limit $$", bind![limit + 1])).await
}

/// One request within the scope.
pub async fn extension(conn: &mut Conn, scope: &Scope, id: Id<Extension>) -> Result<Extension> {
    let query = Query::new(COLUMNS).push("and e.id = $$", bind![id]).within(scope, "e.unit_path >= $$", "e.unit_path < $$");
    conn.list(query).await?.pop().ok_or(Error::NotFound)
}

/// Every request of a case, the oldest first.
pub async fn extensions_of(conn: &mut Conn, case: Id<Incident>) -> Result<Vec<Extension>> {
    conn.list(Query::new(COLUMNS).push("and e.incident_id = $$ order by e.asked_at, e.id", bind![case])).await
}

/// Enters a request; the unique constraint holds that at most one of a case is open.
pub async fn ask_extension(tx: &mut Tx, e: &Extension) -> Result<()> {
    let statement = sql!(
        "insert into incident_extension (id, incident_id, task_id, round, n, rung, state, unit_id, unit_path, reason, length, asked_at, asked_by,
         asked_name, due_before) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
    );
    let cells = bind![
        e.id,
        e.incident_id,
        e.task_id,
        e.round,
        e.n,
        e.rung,
        e.state,
        e.unit_id,
        e.unit_path,
        e.reason,
        e.length,
        e.asked_at,
        e.asked_by,
        e.asked_name,
        e.due_before
    ];
    tx.execute(statement, cells).await.map(|_| ())
}

/// Saves what a decision changes; `Stale` when somebody decided in between.
pub async fn decide_extension(tx: &mut Tx, e: &Extension) -> Result<()> {
    let statement = sql!(
        "update incident_extension set state = $2, length = $3, due_after = $4, decided_at = $5, decided_by = $6, decided_name = $7, words = $8,
         conference_n = $9
         where id = $1 and state = 'open'"
    );
    let cells = bind![e.id, e.state, e.length, e.due_after, e.decided_at, e.decided_by, e.decided_name, e.words, e.conference_n];
    if tx.execute(statement, cells).await? == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Requests of rounds that are over, and of units that have lost the case, wait for nobody any more.
pub async fn drop_extensions(tx: &mut Tx, case: Id<Incident>, round: i64) -> Result<()> {
    let statement = sql!(
        "update incident_extension set state = 'dropped' where incident_id = $1 and state = 'open' and (round < $2 or task_id in
         (select id from incident_task where incident_id = $1 and state in ('returned', 'withdrawn')))"
    );
    tx.execute(statement, bind![case, round]).await.map(|_| ())
}

/// The open tasks of a case show what its clocks show; only a task that is not taken on has a time to accept, and a unit that is still expected
/// keeps its own time to come where that is earlier.
pub async fn retime(tx: &mut Tx, case: Id<Incident>, shown: &Instants) -> Result<()> {
    let statement = sql!(
        "update incident_task set due_at = $2,
         yellow_at = case when warn_at is not null and arrived_at is null and (cast($3 as bigint) is null or warn_at < $3) then warn_at else $3 end,
         red_at = case when report_by is not null and arrived_at is null and (cast($4 as bigint) is null or report_by < $4) then report_by else $4 end,
         accept_by = case when state = 'offered' then cast($5 as bigint) else null end
         where incident_id = $1 and state in ('offered', 'accepted', 'signing')"
    );
    tx.execute(statement, bind![case, shown.due_at, shown.yellow_at, shown.red_at, shown.accept_by]).await.map(|_| ())
}

record! {
    struct Granted { case_id: Id<Incident>, n: i64 }
}

/// How many extensions were granted to each of these cases; those without one are not there.
pub async fn granted(conn: &mut Conn, cases: &[Id<Incident>]) -> Result<HashMap<Id<Incident>, i64>> {
    let query = Query::new("select e.incident_id as case_id, count(*) as n from incident_extension e where e.state = 'granted'")
        .push_list("and e.incident_id in", cases.iter().map(|id| Cell::Uuid(Some(id.uuid()))).collect())
        .push("group by e.incident_id", vec![]);
    let rows: Vec<Granted> = conn.list(query).await?;
    Ok(rows.into_iter().map(|row| (row.case_id, row.n)).collect())
}
