//! SQL of emergencies: one row a case, one row a desk that is rung.

use db::{Conn, Query, Tx, bind, record, sql};
use kernel::{Id, Result, Time};
use uuid::Uuid;

use crate::modules::{
    incidents::{
        model::Incident,
        rules::emergency::{Bell, Bulletin},
    },
    org::Unit,
};

record! {
    /// What an emergency asks for and what it got.
    #[derive(Clone, Debug)]
    pub struct Emergency {
        pub incident_id: Id<Incident>,
        pub round: i64,
        pub since: Time,
        pub first_due: Time,
        pub first_at: Option<Time>,
        pub final_at: Option<Time>,
        pub bulletins: i64,
        pub reminded_at: Option<Time>,
        pub after_action_at: Option<Time>,
    }
}

record! {
    /// A desk that is rung.
    #[derive(Clone, Debug)]
    pub struct BellRow {
        pub id: Id<Bell>,
        pub incident_id: Id<Incident>,
        pub unit_id: Id<Unit>,
        pub unit_path: String,
        pub since: Time,
        pub rings: i64,
        pub rung_at: Option<Time>,
        pub acknowledged_at: Option<Time>,
        pub acknowledged_name: Option<String>,
    }
}

/// The emergency of a case.
pub async fn of(conn: &mut Conn, case: Id<Incident>) -> Result<Option<Emergency>> {
    let statement = sql!(
        "select incident_id, round, since, first_due, first_at, final_at, bulletins, reminded_at, after_action_at from incident_emergency
         where incident_id = $1"
    );
    conn.one(statement, bind![case]).await
}

/// The desks that are rung for a case.
pub async fn bells(conn: &mut Conn, case: Id<Incident>) -> Result<Vec<BellRow>> {
    let statement = sql!(
        "select id, incident_id, unit_id, unit_path, since, rings, rung_at, acknowledged_at, acknowledged_name from incident_bell
         where incident_id = $1 order by unit_path desc"
    );
    conn.all(statement, bind![case]).await
}

/// One desk that is rung.
pub async fn bell(conn: &mut Conn, id: Id<Bell>) -> Result<Option<BellRow>> {
    let statement = sql!(
        "select id, incident_id, unit_id, unit_path, since, rings, rung_at, acknowledged_at, acknowledged_name from incident_bell where id = $1"
    );
    conn.one(statement, bind![id]).await
}

/// Enters an emergency, or begins it anew when the case has been one before: a new round is reported anew, and a first bulletin that has not
/// come has its whole time again.
pub async fn begin(tx: &mut Tx, e: &Emergency) -> Result<()> {
    let statement = sql!(
        "insert into incident_emergency as e (incident_id, round, since, first_due, bulletins) values ($1, $2, $3, $4, 0)
         on conflict (incident_id) do update set round = excluded.round, since = excluded.since,
         first_due = case when e.round < excluded.round or e.first_at is null then excluded.first_due else e.first_due end,
         first_at = case when e.round < excluded.round then null else e.first_at end,
         final_at = case when e.round < excluded.round then null else e.final_at end,
         reminded_at = case when e.round < excluded.round or e.first_at is null then null else e.reminded_at end"
    );
    tx.execute(statement, bind![e.incident_id, e.round, e.since, e.first_due]).await.map(|_| ())
}

/// Enters the emergency of a case that is new itself.
pub async fn begin_new(tx: &mut Tx, e: &Emergency) -> Result<()> {
    let statement =
        sql!("insert into incident_emergency (incident_id, round, since, first_due, bulletins) values ($1, $2, $3, $4, 0)");
    tx.later(statement, bind![e.incident_id, e.round, e.since, e.first_due]).await
}

/// Enters the desks that are rung, all in one statement.
pub async fn ring_up(tx: &mut Tx, bells: &[BellRow]) -> Result<()> {
    let mut query = Query::new("insert into incident_bell (id, incident_id, unit_id, unit_path, since, rings) values");
    for (i, a) in bells.iter().enumerate() {
        let cells = bind![a.id, a.incident_id, a.unit_id, a.unit_path, a.since, a.rings];
        query = query.push_list(if i == 0 { "" } else { "," }, cells);
    }
    if bells.is_empty() { Ok(()) } else { tx.later_query(query).await }
}

/// No desk of this case is rung any more; what was rung and answered stands in its history.
pub async fn hush(tx: &mut Tx, case: Id<Incident>) -> Result<()> {
    tx.execute(sql!("delete from incident_bell where incident_id = $1"), bind![case]).await.map(|_| ())
}

/// One desk is not rung any more.
pub async fn hush_one(tx: &mut Tx, id: Id<Bell>) -> Result<()> {
    tx.execute(sql!("delete from incident_bell where id = $1"), bind![id]).await.map(|_| ())
}

/// The `n`th ring of a desk: true once, while nobody has answered.
pub async fn rung(tx: &mut Tx, id: Id<Bell>, n: i64, now: Time) -> Result<bool> {
    let statement =
        sql!("update incident_bell set rings = $2, rung_at = $3 where id = $1 and rings = $2 - 1 and acknowledged_at is null");
    Ok(tx.execute(statement, bind![id, n, now]).await? == 1)
}

/// Somebody answers at a desk.
pub async fn acknowledge(tx: &mut Tx, id: Id<Bell>, now: Time, by: Uuid, name: &str) -> Result<bool> {
    let statement = sql!(
        "update incident_bell set acknowledged_at = $2, acknowledged_by = $3, acknowledged_name = $4 where id = $1 and acknowledged_at is null"
    );
    Ok(tx.execute(statement, bind![id, now, by, name]).await? == 1)
}

/// Counts a bulletin. The first one and the final one of a round are remembered.
pub async fn bulletin(tx: &mut Tx, e: &Emergency, kind: Bulletin, now: Time) -> Result<()> {
    let statement =
        sql!("update incident_emergency set bulletins = $2, round = $3, first_at = $4, final_at = $5 where incident_id = $1");
    let first = if kind == Bulletin::First { Some(now) } else { e.first_at };
    let last = if kind == Bulletin::Final { Some(now) } else { e.final_at };
    tx.execute(statement, bind![e.incident_id, e.bulletins + 1, e.round, first, last]).await.map(|_| ())
}

/// Marks the first bulletin as missing: true the first time, while there is none.
pub async fn remind(tx: &mut Tx, case: Id<Incident>, now: Time) -> Result<bool> {
    let statement = sql!(
        "update incident_emergency set reminded_at = $2 where incident_id = $1 and first_at is null and reminded_at is null and first_due <= $2"
    );
    Ok(tx.execute(statement, bind![case, now]).await? == 1)
}

/// Marks that the after-action note was written: true the first time.
pub async fn looked_back(tx: &mut Tx, case: Id<Incident>, now: Time) -> Result<bool> {
    let statement = sql!("update incident_emergency set after_action_at = $2 where incident_id = $1 and after_action_at is null");
    Ok(tx.execute(statement, bind![case, now]).await? == 1)
}
