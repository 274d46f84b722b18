//! SQL of whistles: who summoned whom, who came, how they were judged.

use db::{Cell, Conn, Query, Tx, bind, record, sql};
use kernel::{Cursor, Error, Id, Result, Scope, Time};
use uuid::Uuid;

use super::TaskRow;
use crate::modules::{
    incidents::{
        model::{Incident, Role, Task, TaskState},
        rules::whistle::{Coming, Grade, Whistle, WhistleState},
    },
    org::Unit,
};

record! {
    /// A whistle with what the board shows of its case.
    #[derive(Clone, Debug)]
    pub struct WhistleRow {
        pub id: Id<Whistle>,
        pub incident_id: Id<Incident>,
        pub code: String,
        pub title: String,
        pub owner_path: String,
        pub n: i64,
        pub state: WhistleState,
        pub at: Time,
        pub from_unit: Id<Unit>,
        pub from_path: String,
        pub blown_by: Uuid,
        pub blown_name: String,
        pub words: String,
        pub report_by: Time,
        pub ended_at: Option<Time>,
        pub reason: Option<String>,
    }
}

record! {
    /// A summoned unit: its task, its coming, its rating.
    #[derive(Clone, Debug)]
    pub struct Summoned {
        pub id: Id<Task>,
        pub whistle_id: Id<Whistle>,
        pub unit_id: Id<Unit>,
        pub unit_path: String,
        pub role: Role,
        pub state: TaskState,
        pub warn_at: Time,
        pub report_by: Time,
        pub arrived_at: Option<Time>,
        pub missed_at: Option<Time>,
        pub done_at: Option<Time>,
        pub in_time: Option<bool>,
        pub effort: Option<Grade>,
        pub result: Option<Grade>,
        pub rating: Option<String>,
    }
}

impl Summoned {
    /// What is known of its coming.
    pub const fn coming(&self) -> Coming {
        Coming {
            state: self.state,
            warn_at: self.warn_at,
            report_by: self.report_by,
            arrived_at: self.arrived_at,
            missed_at: self.missed_at,
        }
    }
}

record! {
    /// What a unit did with the summons of a period.
    #[derive(Clone, Debug)]
    pub struct UnitFigures {
        pub unit_id: Id<Unit>,
        pub summoned: i64,
        pub released: i64,
        pub waiting: i64,
        pub in_time: i64,
        pub late: i64,
        pub never: i64,
        pub arrival_millis: i64,
        pub rated: i64,
        pub effort_good: i64,
        pub effort_fair: i64,
        pub effort_poor: i64,
        pub result_good: i64,
        pub result_fair: i64,
        pub result_poor: i64,
    }
}

const WHISTLES: &str = "select w.id, w.incident_id, c.code, c.title, c.owner_path, w.n, w.state, w.at, w.from_unit, w.from_path, w.blown_by, \
    w.blown_name, w.words, w.report_by, w.ended_at, w.reason from incident_whistle w join incident c on c.id = w.incident_id where 1 = 1";

const SUMMONED: &str = "select t.id, t.whistle_id, t.unit_id, t.unit_path, t.role, t.state, t.warn_at, t.report_by, t.arrived_at, t.missed_at, \
    t.done_at, r.in_time, r.effort, r.result, r.words as rating from incident_task t join incident_whistle w on w.id = t.whistle_id \
    left join incident_whistle_rating r on r.task_id = t.id where t.report_by is not null";

/// A whistle that the scope may see: by the case's place, by whence it was blown, or by a summoned unit.
pub async fn whistle(conn: &mut Conn, scope: &Scope, id: Id<Whistle>) -> Result<WhistleRow> {
    let query = seen(Query::new(WHISTLES).push("and w.id = $$", bind![id]), scope);
    conn.list(query).await?.pop().ok_or(Error::NotFound)
}

fn seen(query: Query, scope: &Scope) -> Query {
    if *scope == Scope::All {
        return query;
    }
    query
        .push("and ((1 = 1", vec![])
        .within(scope, "c.owner_path >= $$", "c.owner_path < $$")
        .push(") or (1 = 1", vec![])
        .within(scope, "w.from_path >= $$", "w.from_path < $$")
        .push(") or w.id in (select t.whistle_id from incident_task t where t.whistle_id is not null", vec![])
        .within(scope, "t.unit_path >= $$", "t.unit_path < $$")
        .push("))", vec![])
}

/// What the board is filtered by.
#[derive(Debug, Default)]
pub struct Board {
    /// States; all of them when empty.
    pub states: Vec<WhistleState>,
    /// A summoned unit.
    pub unit: Option<Id<Unit>>,
    /// Blown at or after.
    pub from: Option<Time>,
}

/// Whistles, newest first, one more than `limit` when there are more.
pub async fn whistles(
    conn: &mut Conn,
    scope: &Scope,
    board: &Board,
    after: Option<Cursor>,
    as_of: Time,
    limit: i64,
) -> Result<Vec<WhistleRow>> {
    let mut query = Query::new(WHISTLES)
        .push("and w.at <= $$", bind![as_of])
        .push_if("and w.id in (select t.whistle_id from incident_task t where t.unit_id = $$)", board.unit)
        .push_if("and w.at >= $$", board.from);
    if !board.states.is_empty() {
        query = query.push_list("and w.state in", board.states.iter().flat_map(|s| bind![*s]).collect());
    }
    query = query.after("and (w.at, w.id) <", after);
    conn.list(seen(query, scope).push("order by w.at desc, w.id desc limit $$", bind![limit + 1])).await
}

/// The units of these whistles, the lead first.
pub async fn summoned(conn: &mut Conn, whistles: &[Id<Whistle>]) -> Result<Vec<Summoned>> {
    let ids: Vec<Cell> = whistles.iter().flat_map(|id| bind![*id]).collect();
    conn.list(Query::new(SUMMONED).push_list("and t.whistle_id in", ids).push("order by t.role desc, t.unit_path, t.id", vec![]))
        .await
}

/// Which whistle of its case the next one is.
pub async fn next_number(conn: &mut Conn, case: Id<Incident>) -> Result<i64> {
    let statement = sql!("select count(*) as value from incident_whistle where incident_id = $1");
    Ok(conn.value::<i64>(statement, bind![case]).await?.unwrap_or(0) + 1)
}

/// Enters a whistle.
pub async fn blow(tx: &mut Tx, w: &WhistleRow, round: i64) -> Result<()> {
    let statement = sql!(
        "insert into incident_whistle (id, incident_id, n, state, round, at, from_unit, from_path, blown_by, blown_name, words, report_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
    );
    let cells = bind![
        w.id,
        w.incident_id,
        w.n,
        w.state,
        round,
        w.at,
        w.from_unit,
        w.from_path,
        w.blown_by,
        w.blown_name,
        w.words,
        w.report_by
    ];
    tx.execute(statement, cells).await.map(|_| ())
}

/// A unit that has a task of the case already is summoned with that task.
pub async fn adopt(tx: &mut Tx, t: &TaskRow) -> Result<()> {
    let statement = sql!(
        "update incident_task set whistle_id = $2, report_by = $3, yellow_at = $4, red_at = $5, warn_at = $6, arrived_at = null, missed_at = null
         where id = $1"
    );
    tx.execute(statement, bind![t.id, t.whistle_id, t.report_by, t.yellow_at, t.red_at, t.warn_at]).await.map(|_| ())
}

/// Withdraws one task.
pub async fn withdraw(tx: &mut Tx, task: Id<Task>) -> Result<()> {
    let statement = sql!(
        "update incident_task set state = 'withdrawn', yellow_at = null, red_at = null where id = $1 and state in ('offered', 'accepted')"
    );
    tx.execute(statement, bind![task]).await.map(|_| ())
}

/// Moves a whistle on; false when it was closed or called off meanwhile.
pub async fn advance(tx: &mut Tx, id: Id<Whistle>, state: WhistleState) -> Result<bool> {
    let statement = sql!("update incident_whistle set state = $2 where id = $1 and ended_at is null");
    Ok(tx.execute(statement, bind![id, state]).await? == 1)
}

/// Ends a whistle, once.
pub async fn end(tx: &mut Tx, id: Id<Whistle>, state: WhistleState, at: Time, by: Uuid, reason: Option<&str>) -> Result<bool> {
    let statement = sql!(
        "update incident_whistle set state = $2, ended_at = $3, ended_by = $4, reason = $5 where id = $1 and ended_at is null"
    );
    Ok(tx.execute(statement, bind![id, state, at, by, reason]).await? == 1)
}

/// Marks a unit as missing: true the first time, while it is expected and its whistle open.
pub async fn miss(tx: &mut Tx, task: Id<Task>, now: Time) -> Result<bool> {
    let statement = sql!(
        "update incident_task set missed_at = $2 where id = $1 and missed_at is null and arrived_at is null and report_by <= $2
         and state in ('offered', 'accepted') and whistle_id in (select w.id from incident_whistle w where w.ended_at is null)"
    );
    Ok(tx.execute(statement, bind![task, now]).await? == 1)
}

/// How one unit was judged.
#[derive(Debug)]
pub struct Judged {
    /// Its task.
    pub task: Id<Task>,
    /// The unit.
    pub unit: Id<Unit>,
    /// Whether it reported in within its time.
    pub in_time: bool,
    /// How it put itself in.
    pub effort: Grade,
    /// What came of it.
    pub result: Grade,
    /// Redacted.
    pub words: String,
}

/// Enters the ratings of a whistle, all in one statement.
pub async fn judge(tx: &mut Tx, whistle: Id<Whistle>, list: &[Judged], now: Time, by: Uuid) -> Result<()> {
    let mut query = Query::new(
        "insert into incident_whistle_rating (task_id, whistle_id, unit_id, in_time, effort, result, words, at, by) values",
    );
    for (i, j) in list.iter().enumerate() {
        let cells = bind![j.task, whistle, j.unit, j.in_time, j.effort, j.result, j.words, now, by];
        query = query.push_list(if i == 0 { "" } else { "," }, cells);
    }
    if list.is_empty() { Ok(()) } else { tx.execute_query(query).await.map(|_| ()) }
}

/// What each unit did with the summons of a period, by unit. A whistle that was called off counts nowhere.
pub async fn figures(
    conn: &mut Conn,
    scope: &Scope,
    now: Time,
    from: Option<Time>,
    to: Option<Time>,
) -> Result<Vec<UnitFigures>> {
    let query = Query::new(
        "select t.unit_id as unit_id, cast(count(*) as bigint) as summoned,
         cast(sum(case when t.arrived_at is null and t.missed_at is null and t.state not in ('offered', 'accepted') then 1 else 0 end) as bigint) as released,",
    )
    .push(
        "cast(sum(case when t.arrived_at is null and t.missed_at is null and t.state in ('offered', 'accepted') and t.report_by > $$ then 1 else 0 end)
         as bigint) as waiting,",
        bind![now],
    )
    .push(
        "cast(sum(case when t.arrived_at <= t.report_by then 1 else 0 end) as bigint) as in_time,
         cast(sum(case when t.arrived_at > t.report_by then 1 else 0 end) as bigint) as late,
         cast(sum(case when t.arrived_at is null and (t.missed_at is not null or (t.state in ('offered', 'accepted') and t.report_by <= $$)) then 1 else 0 end)
         as bigint) as never,",
        bind![now],
    )
    .push(
        "cast(coalesce(sum(t.arrived_at - w.at), 0) as bigint) as arrival_millis,
         cast(count(r.task_id) as bigint) as rated,
         cast(sum(case when r.effort = 'good' then 1 else 0 end) as bigint) as effort_good,
         cast(sum(case when r.effort = 'fair' then 1 else 0 end) as bigint) as effort_fair,
         cast(sum(case when r.effort = 'poor' then 1 else 0 end) as bigint) as effort_poor,
         cast(sum(case when r.result = 'good' then 1 else 0 end) as bigint) as result_good,
         cast(sum(case when r.result = 'fair' then 1 else 0 end) as bigint) as result_fair,
         cast(sum(case when r.result = 'poor' then 1 else 0 end) as bigint) as result_poor
         from incident_task t join incident_whistle w on w.id = t.whistle_id join incident c on c.id = w.incident_id
         left join incident_whistle_rating r on r.task_id = t.id where w.state <> 'called_off' and t.report_by is not null",
        vec![],
    )
    .push_if("and w.at >= $$", from)
    .push_if("and w.at < $$", to);
    let query = match scope {
        Scope::All => query,
        Scope::Under(_) => query
            .push("and ((1 = 1", vec![])
            .within(scope, "c.owner_path >= $$", "c.owner_path < $$")
            .push(") or (1 = 1", vec![])
            .within(scope, "t.unit_path >= $$", "t.unit_path < $$")
            .push("))", vec![]),
    };
    conn.list(query.push("group by t.unit_id order by t.unit_id", vec![])).await
}
