//! Hand-overs of leaves and the tasks that went with them.

use db::{Cell, Conn, Query, Tx, bind, record, sql};
use kernel::{Id, Result, Time};
use uuid::Uuid;

use super::{TASK, TaskRow};
use crate::modules::{
    incidents::model::{Incident, Task},
    org::Unit,
};

record! {
    /// The hand-over of a leave.
    #[derive(Clone, Debug)]
    pub struct Handover {
        pub id: Uuid,
        pub leave_id: Uuid,
        pub person_id: Uuid,
        pub deputy_id: Option<Uuid>,
        pub from_at: Time,
        pub to_at: Time,
        pub offered_at: Option<Time>,
        pub offered_by: Option<Uuid>,
        pub confirmed_at: Option<Time>,
        pub confirmed_by: Option<Uuid>,
        pub moved_at: Option<Time>,
        pub ended_at: Option<Time>,
    }
}

record! {
    /// A task that went to somebody else with a hand-over.
    #[derive(Clone, Debug)]
    pub struct Moved {
        pub handover_id: Uuid,
        pub task_id: Id<Task>,
        pub incident_id: Id<Incident>,
        pub from_unit: Id<Unit>,
        pub from_path: String,
        pub to_unit: Id<Unit>,
        pub to_person: Option<Uuid>,
    }
}

record! {
    /// A task of a hand-over by the number of its case.
    #[derive(Clone, Debug)]
    pub struct Named { pub owner: Uuid, pub task_id: Id<Task>, pub incident_id: Id<Incident>, pub code: String }
}

const HANDOVER: &str = "select id, leave_id, person_id, deputy_id, from_at, to_at, offered_at, offered_by, confirmed_at, confirmed_by, \
    moved_at, ended_at from leave_handover";

/// Hand-overs that are not over and whose leave has begun by this instant.
pub async fn open(conn: &mut Conn, now: Time) -> Result<Vec<Handover>> {
    conn.list(Query::new(HANDOVER).push("where ended_at is null and from_at <= $$ order by from_at, id", bind![now])).await
}

/// The hand-overs that somebody gives or takes, the newest leave first.
pub async fn of_person(conn: &mut Conn, person: Uuid, limit: i64) -> Result<Vec<Handover>> {
    let query = Query::new(HANDOVER).push("where person_id = $$ or deputy_id = $$", bind![person, person]);
    conn.list(query.push("order by from_at desc, id desc limit $$", bind![limit])).await
}

/// One hand-over.
pub async fn one(conn: &mut Conn, id: Uuid) -> Result<Option<Handover>> {
    Ok(conn.list(Query::new(HANDOVER).push("where id = $$", bind![id])).await?.pop())
}

/// The hand-over of a leave.
pub async fn of_leave(conn: &mut Conn, leave: Uuid) -> Result<Option<Handover>> {
    Ok(conn.list(Query::new(HANDOVER).push("where leave_id = $$", bind![leave])).await?.pop())
}

/// Enters a hand-over; false when the leave has one.
pub async fn insert(tx: &mut Tx, h: &Handover) -> Result<bool> {
    let statement = sql!(
        "insert into leave_handover (id, leave_id, person_id, deputy_id, from_at, to_at, offered_at, offered_by, confirmed_at, confirmed_by, moved_at,
         ended_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict do nothing"
    );
    let cells = bind![
        h.id,
        h.leave_id,
        h.person_id,
        h.deputy_id,
        h.from_at,
        h.to_at,
        h.offered_at,
        h.offered_by,
        h.confirmed_at,
        h.confirmed_by,
        h.moved_at,
        h.ended_at
    ];
    Ok(tx.execute(statement, cells).await? == 1)
}

/// Saves how far a hand-over has come; false when somebody else moved or ended it since it was read.
pub async fn save(tx: &mut Tx, h: &Handover, moved_before: Option<Time>) -> Result<bool> {
    let statement = sql!(
        "update leave_handover set deputy_id = $3, to_at = $4, offered_at = $5, offered_by = $6, confirmed_at = $7, confirmed_by = $8, moved_at = $9,
         ended_at = $10 where id = $1 and ended_at is null and coalesce(moved_at, 0) = $2"
    );
    let cells = bind![
        h.id,
        moved_before.unwrap_or(Time::from_millis(0)),
        h.deputy_id,
        h.to_at,
        h.offered_at,
        h.offered_by,
        h.confirmed_at,
        h.confirmed_by,
        h.moved_at,
        h.ended_at
    ];
    Ok(tx.execute(statement, cells).await? == 1)
}

/// The open tasks of somebody, the oldest first.
pub async fn tasks_of(conn: &mut Conn, person: Uuid) -> Result<Vec<TaskRow>> {
    let query = Query::new(TASK).push("where t.person_id = $$ and t.state in ('offered', 'accepted', 'signing')", bind![person]);
    conn.list(query.push("order by t.offered_at, t.id", vec![])).await
}

/// What went with a hand-over and has not come back.
pub async fn moved(conn: &mut Conn, handover: Uuid) -> Result<Vec<Moved>> {
    let statement = sql!(
        "select handover_id, task_id, incident_id, from_unit, from_path, to_unit, to_person from leave_handover_task
         where handover_id = $1 and back_at is null order by moved_at, task_id"
    );
    conn.all(statement, bind![handover]).await
}

/// Keeps where a task went.
pub async fn keep(tx: &mut Tx, m: &Moved, now: Time) -> Result<()> {
    let statement = sql!(
        "insert into leave_handover_task (handover_id, task_id, incident_id, from_unit, from_path, to_unit, to_person, moved_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (handover_id, task_id) do update set to_unit = excluded.to_unit, to_person = excluded.to_person, moved_at = excluded.moved_at"
    );
    let cells = bind![m.handover_id, m.task_id, m.incident_id, m.from_unit, m.from_path, m.to_unit, m.to_person, now];
    tx.execute(statement, cells).await.map(|_| ())
}

/// Keeps that everything of a hand-over is back or ended.
pub async fn back(tx: &mut Tx, handover: Uuid, now: Time) -> Result<()> {
    let statement = sql!("update leave_handover_task set back_at = $2 where handover_id = $1 and back_at is null");
    tx.execute(statement, bind![handover, now]).await.map(|_| ())
}

/// Gives a task to another unit and person.
pub async fn give(tx: &mut Tx, task: Id<Task>, unit: Id<Unit>, path: &str, person: Option<Uuid>) -> Result<()> {
    let statement = sql!("update incident_task set unit_id = $2, unit_path = $3, person_id = $4 where id = $1");
    tx.execute(statement, bind![task, unit, path, person]).await.map(|_| ())
}

/// The tasks of these hand-overs: `owner` is the hand-over when it was carried out, else the person whose open tasks they are.
pub async fn named(conn: &mut Conn, handovers: &[Uuid], people: &[Uuid]) -> Result<Vec<Named>> {
    let cells = |ids: &[Uuid]| ids.iter().map(|id| Cell::Uuid(Some(*id))).collect::<Vec<_>>();
    let mut found = vec![];
    if !handovers.is_empty() {
        let query = Query::new(
            "select h.handover_id as owner, h.task_id, h.incident_id, i.code from leave_handover_task h join incident i on i.id = h.incident_id where",
        );
        found.extend(conn.list(query.push_list("h.handover_id in", cells(handovers)).push("order by i.code", vec![])).await?);
    }
    if !people.is_empty() {
        let query = Query::new(
            "select t.person_id as owner, t.id as task_id, t.incident_id, i.code from incident_task t join incident i on i.id = t.incident_id \
             where t.state in ('offered', 'accepted', 'signing')",
        );
        found.extend(conn.list(query.push_list("and t.person_id in", cells(people)).push("order by i.code", vec![])).await?);
    }
    Ok(found)
}
