//! What goes back: reasons, returns, reviews, refused dispatches, and the figures over them.

use db::{Conn, Query, Tx, bind, record, sql};
use kernel::{Cursor, Error, Id, Result, Scope, Time};
use uuid::Uuid;

use super::visible;
use crate::modules::{
    catalogue::AccessClass,
    incidents::{
        model::{Incident, Role, Task},
        rules::returns::{Attempt, Counts, Return, Review, ReviewKind, ReviewState},
    },
    org::Unit,
};

record! {
    /// A reason for which a unit may return a case; data of the district.
    #[derive(Clone, Debug, PartialEq)]
    pub struct ReturnReason { pub code: String, pub words: String, pub evidence: bool, pub counts: Counts, pub active: bool }
}

record! {
    /// A unit's return of a case.
    #[derive(Clone, Debug)]
    pub struct ReturnRow {
        pub id: Id<Return>,
        pub incident_id: Id<Incident>,
        pub round: i64,
        pub task_id: Id<Task>,
        pub role: Role,
        pub unit_id: Id<Unit>,
        pub unit_path: String,
        pub reason: String,
        pub counts: Counts,
        pub at: Time,
        pub actor: Uuid,
        pub dispatch_n: i64,
        pub sender: Uuid,
        pub accepted: Option<bool>,
        pub settled_at: Option<Time>,
        pub released_at: Option<Time>,
    }
}

record! {
    /// A case that the centre has to decide.
    #[derive(Clone, Debug)]
    pub struct ReviewRow {
        pub id: Id<Review>,
        pub incident_id: Id<Incident>,
        pub round: i64,
        pub kind: ReviewKind,
        pub state: ReviewState,
        pub task_id: Option<Id<Task>>,
        pub unit_id: Id<Unit>,
        pub unit_path: String,
        pub actor: Uuid,
        pub dispatch_n: i64,
        pub sender: Uuid,
        pub words: String,
        pub basis: String,
        pub at: Time,
        pub yellow_at: Time,
        pub due_at: Time,
        pub overdue_at: Option<Time>,
        pub ruled_at: Option<Time>,
        pub ruled_by: Option<Uuid>,
        pub ruling: Option<String>,
    }
}

record! {
    /// A review with what a board shows of its case.
    #[derive(Clone, Debug)]
    pub struct ReviewLine {
        pub id: Id<Review>,
        pub incident_id: Id<Incident>,
        pub code: String,
        pub title: String,
        pub kind: ReviewKind,
        pub state: ReviewState,
        pub unit_id: Id<Unit>,
        pub lead_unit: Option<Id<Unit>>,
        pub words: String,
        pub basis: String,
        pub at: Time,
        pub yellow_at: Time,
        pub due_at: Time,
        pub overdue_at: Option<Time>,
        pub ruled_at: Option<Time>,
        pub ruling: Option<String>,
    }
}

record! {
    /// A dispatch that the gate refused.
    #[derive(Clone, Debug)]
    pub struct AttemptRow {
        pub id: Id<Attempt>,
        pub incident_id: Id<Incident>,
        pub at: Time,
        pub actor: Uuid,
        pub actor_name: String,
        pub unit_id: Id<Unit>,
        pub class: AccessClass,
        pub code: String,
    }
}

record! {
    /// The same with the case's number.
    #[derive(Clone, Debug)]
    pub struct AttemptLine {
        pub id: Id<Attempt>,
        pub incident_id: Id<Incident>,
        pub case_code: String,
        pub at: Time,
        pub actor_name: String,
        pub unit_id: Id<Unit>,
        pub class: AccessClass,
        pub code: String,
    }
}

record! {
    /// The step that sent a task out, and who took it.
    #[derive(Clone, Copy, Debug)]
    pub struct Sending { pub n: i64, pub actor_id: Uuid }
}

/// The reasons in their order, those that are not used any more with them.
pub async fn reasons(conn: &mut Conn) -> Result<Vec<ReturnReason>> {
    conn.all(sql!("select code, words, evidence, counts, active from return_reason order by position, code"), bind![]).await
}

/// One reason.
pub async fn reason(conn: &mut Conn, code: &str) -> Result<Option<ReturnReason>> {
    conn.one(sql!("select code, words, evidence, counts, active from return_reason where code = $1"), bind![code]).await
}

/// Enters a reason or changes one; figures keep what it counted as before.
pub async fn put_reason(tx: &mut Tx, position: i64, r: &ReturnReason) -> Result<()> {
    let statement = sql!(
        "insert into return_reason (code, position, words, evidence, counts, active) values ($1, $2, $3, $4, $5, $6)
         on conflict (code) do update set position = excluded.position, words = excluded.words, evidence = excluded.evidence,
         counts = excluded.counts, active = excluded.active"
    );
    tx.execute(statement, bind![r.code, position, r.words, r.evidence, r.counts, r.active]).await.map(|_| ())
}

/// The returns of a case, in order.
pub async fn returns(conn: &mut Conn, case: Id<Incident>) -> Result<Vec<ReturnRow>> {
    let statement = sql!(
        "select id, incident_id, round, task_id, role, unit_id, unit_path, reason, counts, at, actor, dispatch_n, sender, accepted, settled_at,
         released_at from incident_return where incident_id = $1 order by at, id"
    );
    conn.all(statement, bind![case]).await
}

/// Enters a return.
pub async fn add_return(tx: &mut Tx, r: &ReturnRow) -> Result<()> {
    let statement = sql!(
        "insert into incident_return (id, incident_id, round, task_id, role, unit_id, unit_path, reason, counts, at, actor, dispatch_n, sender,
         accepted, settled_at, released_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
    );
    let cells = bind![
        r.id,
        r.incident_id,
        r.round,
        r.task_id,
        r.role,
        r.unit_id,
        r.unit_path,
        r.reason,
        r.counts,
        r.at,
        r.actor,
        r.dispatch_n,
        r.sender,
        r.accepted,
        r.settled_at,
        r.released_at
    ];
    tx.execute(statement, cells).await.map(|_| ())
}

/// The next dispatch says whether the returns before it were right: they were when it goes to another unit.
pub async fn settle(tx: &mut Tx, case: Id<Incident>, lead: Id<Unit>, at: Time) -> Result<()> {
    let statement = sql!(
        "update incident_return set accepted = (unit_id <> $2), settled_at = $3 where incident_id = $1 and settled_at is null"
    );
    tx.execute(statement, bind![case, lead, at]).await.map(|_| ())
}

/// The next has taken the case on: whoever returned it is free.
pub async fn release(tx: &mut Tx, case: Id<Incident>, at: Time) -> Result<()> {
    let statement = sql!("update incident_return set released_at = $2 where incident_id = $1 and released_at is null");
    tx.execute(statement, bind![case, at]).await.map(|_| ())
}

/// The step that sent a task out at this instant, or the last one before it.
pub async fn sending(conn: &mut Conn, case: Id<Incident>, at: Time) -> Result<Option<Sending>> {
    let statement = sql!(
        "select n, actor_id from incident_step where incident_id = $1 and at <= $2 and action in ('dispatch', 'rule', 'whistle')
         order by n desc limit 1"
    );
    conn.one(statement, bind![case, at]).await
}

const REVIEW: &str = "select v.id, v.incident_id, v.round, v.kind, v.state, v.task_id, v.unit_id, v.unit_path, v.actor, v.dispatch_n, v.sender, \
    v.words, v.basis, v.at, v.yellow_at, v.due_at, v.overdue_at, v.ruled_at, v.ruled_by, v.ruling from incident_review v";

/// A review of a case that the scope may see.
pub async fn review(conn: &mut Conn, scope: &Scope, id: Id<Review>) -> Result<ReviewRow> {
    let query = Query::new(REVIEW).push("join incident c on c.id = v.incident_id where v.id = $$", bind![id]);
    conn.list(visible(query, scope)).await?.pop().ok_or(Error::NotFound)
}

/// The open review of a case.
pub async fn open_review(conn: &mut Conn, case: Id<Incident>) -> Result<Option<ReviewRow>> {
    Ok(conn.list(Query::new(REVIEW).push("where v.incident_id = $$ and v.state = 'open'", bind![case])).await?.pop())
}

/// The open review of a case, else the one that was ruled last.
pub async fn last_review(conn: &mut Conn, case: Id<Incident>) -> Result<Option<ReviewRow>> {
    let query = Query::new(REVIEW).push("where v.incident_id = $$", bind![case]);
    Ok(conn
        .list(query.push("order by case when v.state = 'open' then 0 else 1 end, v.at desc, v.id desc limit 1", vec![]))
        .await?
        .pop())
}

/// Enters a review.
pub async fn add_review(tx: &mut Tx, r: &ReviewRow) -> Result<()> {
    let statement = sql!(
        "insert into incident_review (id, incident_id, round, kind, state, task_id, unit_id, unit_path, actor, dispatch_n, sender, words, basis,
         at, yellow_at, due_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
    );
    let cells = bind![
        r.id,
        r.incident_id,
        r.round,
        r.kind,
        r.state,
        r.task_id,
        r.unit_id,
        r.unit_path,
        r.actor,
        r.dispatch_n,
        r.sender,
        r.words,
        r.basis,
        r.at,
        r.yellow_at,
        r.due_at
    ];
    tx.execute(statement, cells).await.map(|_| ())
}

/// Ends a review.
pub async fn end_review(tx: &mut Tx, id: Id<Review>, state: ReviewState, by: Uuid, at: Time, ruling: &str) -> Result<()> {
    let statement =
        sql!("update incident_review set state = $2, ruled_by = $3, ruled_at = $4, ruling = $5 where id = $1 and state = 'open'");
    tx.execute(statement, bind![id, state, by, at, ruling]).await.map(|_| ())
}

/// The supervisor was told that the ruling is overdue.
pub async fn mark_overdue(tx: &mut Tx, id: Id<Review>, at: Time) -> Result<()> {
    let statement = sql!("update incident_review set overdue_at = $2 where id = $1 and overdue_at is null");
    tx.execute(statement, bind![id, at]).await.map(|_| ())
}

/// The open tasks of a case bind from now on: a ruling left them where they are.
pub async fn bind_tasks(tx: &mut Tx, case: Id<Incident>) -> Result<()> {
    let statement = sql!("update incident_task set binding = true where incident_id = $1 and state in ('offered', 'accepted')");
    tx.execute(statement, bind![case]).await.map(|_| ())
}

/// Reviews of cases that the scope may see, those first that are due first.
pub async fn reviews(
    conn: &mut Conn,
    scope: &Scope,
    state: Option<ReviewState>,
    kind: Option<ReviewKind>,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Vec<ReviewLine>> {
    let query = Query::new(
        "select v.id, v.incident_id, c.code, c.title, v.kind, v.state, v.unit_id, c.lead_unit, v.words, v.basis, v.at, v.yellow_at, v.due_at, \
         v.overdue_at, v.ruled_at, v.ruling from incident_review v join incident c on c.id = v.incident_id where 1 = 1",
    );
    let query = visible(query, scope).push_if("and v.state = $$", state).push_if("and v.kind = $$", kind);
    let query = query.after("and (v.due_at, v.id) >", cursor);
    conn.list(query.push("order by v.due_at, v.id limit $$", bind![limit + 1])).await
}

/// Enters a refused dispatch.
pub async fn add_attempt(tx: &mut Tx, a: &AttemptRow) -> Result<()> {
    let statement = sql!(
        "insert into dispatch_attempt (id, incident_id, at, actor, actor_name, unit_id, class, code) values ($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    tx.execute(statement, bind![a.id, a.incident_id, a.at, a.actor, a.actor_name, a.unit_id, a.class, a.code]).await.map(|_| ())
}

/// Refused dispatches of cases that the scope may see, the newest first.
pub async fn attempts(
    conn: &mut Conn,
    scope: &Scope,
    (from, to): (Option<Time>, Option<Time>),
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Vec<AttemptLine>> {
    let query = Query::new(
        "select a.id, a.incident_id, c.code as case_code, a.at, a.actor_name, a.unit_id, a.class, a.code from dispatch_attempt a \
         join incident c on c.id = a.incident_id where 1 = 1",
    );
    let query = visible(query, scope).push_if("and a.at >= $$", from).push_if("and a.at < $$", to);
    let query = query.after("and (a.at, a.id) <", cursor);
    conn.list(query.push("order by a.at desc, a.id desc limit $$", bind![limit + 1])).await
}
