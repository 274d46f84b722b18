//! SQL of 并案: what was merged into a case, who follows it by which link, the orders that it answers.

use db::{Cell, Conn, Engine, Query, Tx, bind, record, sql};
use kernel::{Id, Result, Scope, Time};
use uuid::Uuid;

use super::{Case, RatingRow, by_track, find};
use crate::modules::incidents::model::{Incident, Outcome, Satisfied, Solved, State};

/// What a link shows: the case that was reported, whose link it is, and the case that it went into.
pub struct Followed {
    /// The case as it was reported.
    pub case: Case,
    /// The neighbour who joined it; its reporter when absent.
    pub follower: Option<Uuid>,
    /// The case that it was merged into.
    pub survivor: Option<Case>,
}

impl Followed {
    /// The case that is worked on.
    pub fn shown(&self) -> &Case {
        self.survivor.as_ref().unwrap_or(&self.case)
    }
}

/// What a link belongs to. The survivor is read without a scope, since the link is the right to know how one's report goes on.
pub async fn followed(conn: &mut Conn, hash: &[u8]) -> Result<Followed> {
    let case = by_track(conn, hash).await?;
    let follower = if case.track_hash == hash {
        None
    } else {
        conn.value(sql!("select id as value from incident_follower where track_hash = $1"), bind![hash]).await?
    };
    let survivor = match case.merged_into {
        Some(into) => Some(find(conn, &Scope::All, into).await?),
        None => None,
    };
    Ok(Followed { case, follower, survivor })
}

/// What a link belongs to, held: the case and the one that it went into, as [`super::hold_all`] does. Nothing when a desk has merged the case, while
/// this waited for it, into one that is not held: its lock would now be taken out of order, so whoever asks lets go of all and begins again.
pub async fn hold_followed(tx: &mut Tx, hash: &[u8]) -> Result<Option<Followed>> {
    let held = lock(tx, hash).await?;
    let seen = followed(tx, hash).await?;
    let all = tx.engine() == Engine::Sqlite || seen.survivor.as_ref().is_none_or(|case| held.contains(&case.id));
    Ok(all.then_some(seen))
}

/// On SQLite there is one writer, who holds all.
async fn lock(tx: &mut Tx, hash: &[u8]) -> Result<Vec<Id<Incident>>> {
    if tx.engine() == Engine::Sqlite {
        return Ok(vec![]);
    }
    let query = Query::new("with own as (select i.id, i.merged_into from incident i where")
        .push("i.track_hash = $$", bind![hash])
        .push("or i.id in (select f.incident_id from incident_follower f where f.track_hash = $$))", bind![hash])
        .push(
            "select c.id as value from incident c where c.id in (select id from own union select merged_into from own)",
            vec![],
        );
    tx.query_values::<Id<Incident>>(query.push("order by c.id for no key update", vec![])).await
}

record! {
    /// A case that went into another.
    #[derive(Clone, Debug)]
    pub struct MergedRow {
        pub id: Id<Incident>,
        pub code: String,
        pub reported_by: Option<Uuid>,
        pub upstream_no: Option<String>,
        pub upstream_due: Option<Time>,
    }
}

/// The cases that were merged into this one, in the order of their numbers.
pub async fn merged(conn: &mut Conn, survivor: Id<Incident>) -> Result<Vec<MergedRow>> {
    let statement =
        sql!("select id, code, reported_by, upstream_no, upstream_due from incident where merged_into = $1 order by code");
    conn.all(statement, bind![survivor]).await
}

record! {
    /// The last merging of a case.
    pub struct MergeStep { pub state_before: State, pub details: Option<serde_json::Value> }
}

/// How the case was merged the last time.
pub async fn last_merge(conn: &mut Conn, id: Id<Incident>) -> Result<Option<MergeStep>> {
    let statement = sql!(
        "select state_before, details from incident_step where incident_id = $1 and action = 'merge' order by n desc limit 1"
    );
    conn.one(statement, bind![id]).await
}

/// Enters the answer of a neighbour who joined.
pub async fn rate_as(tx: &mut Tx, id: Uuid, case: Id<Incident>, follower: Uuid, r: &RatingRow) -> Result<()> {
    let statement = sql!(
        "insert into incident_rating (id, incident_id, round, at, asked_by, outcome, contacted, solved, satisfied, reason, follower_id)
         values ($1, $2, $3, $4, 'follower', $5, $6, $7, $8, $9, $10)"
    );
    let cells = bind![id, case, r.round, r.at, r.outcome, r.contacted, r.solved, r.satisfied, r.reason, follower];
    tx.execute(statement, cells).await.map(|_| ())
}

/// Whether a neighbour has rated this round.
pub async fn follower_rated(conn: &mut Conn, follower: Uuid, round: i64) -> Result<bool> {
    let statement = sql!("select cast(count(*) as bigint) as value from incident_rating where follower_id = $1 and round = $2");
    Ok(conn.value::<i64>(statement, bind![follower, round]).await?.unwrap_or(0) > 0)
}

record! {
    /// The answer that an order from above got.
    #[derive(Clone, Debug)]
    pub struct ReplyRow {
        pub incident_id: Id<Incident>,
        pub solved_by: Id<Incident>,
        pub round: i64,
        pub number: String,
        pub due_at: Option<Time>,
        pub replied_at: Time,
        pub result: Option<Outcome>,
        pub reply: Option<String>,
        pub on_time: bool,
    }
}

/// Enters answers, all in one statement.
pub async fn reply(tx: &mut Tx, replies: &[(Uuid, ReplyRow)]) -> Result<()> {
    if replies.is_empty() {
        return Ok(());
    }
    let mut query = Query::new(
        "insert into incident_order_reply (id, incident_id, solved_by, round, number, due_at, replied_at, result, reply, on_time) values",
    );
    for (n, (id, r)) in replies.iter().enumerate() {
        let cells =
            bind![*id, r.incident_id, r.solved_by, r.round, r.number, r.due_at, r.replied_at, r.result, r.reply, r.on_time];
        query = query.push_list(if n == 0 { "" } else { "," }, cells);
    }
    tx.execute_query(query).await.map(|_| ())
}

fn cells(ids: &[Id<Incident>]) -> Vec<Cell> {
    ids.iter().map(|id| Cell::Uuid(Some(id.uuid()))).collect()
}

/// The answers that these cases' orders got, the oldest first.
pub async fn replies(conn: &mut Conn, ids: &[Id<Incident>]) -> Result<Vec<ReplyRow>> {
    let query = Query::new(
        "select r.incident_id, r.solved_by, r.round, r.number, r.due_at, r.replied_at, r.result, r.reply, r.on_time \
         from incident_order_reply r where",
    );
    conn.list(query.push_list("r.incident_id in", cells(ids)).push("order by r.replied_at, r.id", vec![])).await
}

record! {
    /// What somebody thinks of how an order's case was handled.
    #[derive(Clone, Debug)]
    pub struct OrderRating {
        pub incident_id: Id<Incident>,
        pub round: i64,
        pub at: Time,
        pub asked_by: String,
        pub contacted: Option<bool>,
        pub solved: Option<Solved>,
        pub satisfied: Option<Satisfied>,
    }
}

/// The answers of the reporters of these cases, the oldest first.
pub async fn order_ratings(conn: &mut Conn, ids: &[Id<Incident>]) -> Result<Vec<OrderRating>> {
    let query = Query::new(
        "select r.incident_id, r.round, r.at, r.asked_by, r.contacted, r.solved, r.satisfied from incident_rating r where r.outcome = 'reached'",
    );
    conn.list(query.push_list("and r.incident_id in", cells(ids)).push("order by r.at, r.id", vec![])).await
}
