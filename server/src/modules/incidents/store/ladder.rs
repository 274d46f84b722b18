//! What the sweep reads and writes: cases whose next stage has come, and stages that were set off.

use db::{Cell, Conn, Engine, Json, Query, Tx, bind, record, sql};
use kernel::{Id, Result, Time};
use uuid::Uuid;

use crate::modules::{
    catalogue::{Matter, Urgency},
    incidents::{
        clocks::Event,
        model::{Incident, Rule, State},
        rules::ladder::Fired,
    },
    org::Unit,
};

record! {
    /// A case whose next stage may have come: as much of it as a stage needs.
    #[derive(Clone, Debug)]
    pub struct Due {
        pub id: Id<Incident>,
        pub code: String,
        pub round: i64,
        pub state: State,
        pub urgency: Urgency,
        pub matter_id: Option<Id<Matter>>,
        pub rule: Option<Json<Rule>>,
        pub owner_id: Id<Unit>,
        pub owner_path: String,
        pub lead_unit: Option<Id<Unit>>,
        pub lead_person: Option<Uuid>,
        pub yellow_at: Option<Time>,
        pub red_at: Option<Time>,
        pub next_at: Option<Time>,
    }
}

record! {
    /// What a step of one of several cases did to its clocks.
    #[derive(Clone, Debug)]
    pub struct Wound { pub incident_id: Id<Incident>, pub at: Time, pub clock: Json<Vec<Event>> }
}

/// Whether the next stage of any case has come: one look at the first entry of an index. Asked as "is there one before now", PostgreSQL may read the
/// whole table instead when it expects many.
pub async fn anything_due(conn: &mut Conn, now: Time) -> Result<bool> {
    let first = sql!("select next_at as value from incident where next_at is not null order by next_at, id limit 1");
    Ok(conn.value::<Time>(first, bind![]).await?.is_some_and(|first| first <= now))
}

/// The cases whose next stage has come, the longest waiting first, and holds them. Those that somebody is changing are left for the next sweep:
/// a sweep waits for nobody.
pub async fn due(tx: &mut Tx, now: Time, limit: i64) -> Result<Vec<Due>> {
    let query = Query::new(
        "select id, code, round, state, urgency, matter_id, rule, owner_id, owner_path, lead_unit, lead_person, yellow_at, red_at, next_at
         from incident where",
    )
    .push("next_at <= $$ order by next_at, id limit $$", bind![now, limit]);
    let query = if tx.engine() == Engine::Postgres { query.push("for no key update skip locked", vec![]) } else { query };
    tx.list(query).await
}

/// What the steps of these cases did to their clocks, case by case, in order.
pub async fn wound(conn: &mut Conn, ids: &[Id<Incident>]) -> Result<Vec<Wound>> {
    let query = Query::new("select incident_id, at, clock from incident_step where").push_list("incident_id in", cells(ids));
    conn.list(query.push("order by incident_id, n", vec![])).await
}

/// The stages that these cases have set off.
pub async fn fired(conn: &mut Conn, ids: &[Id<Incident>]) -> Result<Vec<Fired>> {
    let query = Query::new("select incident_id, round, stage, mark_at from incident_alarm where");
    conn.list(query.push_list("incident_id in", cells(ids))).await
}

/// Keeps that stages were set off, each with the instant that it was due, and says which of them nobody had kept before.
pub async fn fire(tx: &mut Tx, now: Time, alarms: &[(Fired, Time)]) -> Result<Vec<Fired>> {
    if alarms.is_empty() {
        return Ok(vec![]);
    }
    let mut query = Query::new("insert into incident_alarm (incident_id, round, stage, mark_at, due_at, fired_at) values");
    for (i, (fired, due_at)) in alarms.iter().enumerate() {
        let row = bind![fired.incident_id, fired.round, fired.stage, fired.mark_at, due_at, now];
        query = query.push_list(if i == 0 { "" } else { "," }, row);
    }
    tx.list(query.push("on conflict do nothing returning incident_id, round, stage, mark_at", vec![])).await
}

/// Moves cases on to their next stage, unless somebody has wound their clocks since they were read.
pub async fn move_on(tx: &mut Tx, moves: &[(Id<Incident>, Option<Time>, Option<Time>)]) -> Result<()> {
    let mut query = Query::new("update incident set next_at = v.column3 from (values");
    for (i, (case, from, to)) in moves.iter().enumerate() {
        query = query.push_list(if i == 0 { "" } else { "," }, bind![case, from, to]);
    }
    let query = query.push(") v where incident.id = v.column1 and incident.next_at = v.column2", vec![]);
    tx.execute_query(query).await.map(|_| ())
}

fn cells(ids: &[Id<Incident>]) -> Vec<Cell> {
    ids.iter().map(|id| Cell::Uuid(Some(id.uuid()))).collect()
}
