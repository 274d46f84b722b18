//! The slice's SQL, and nothing else. Reads take a scope.

use db::{Cell, Conn, Json, Query, Tx, bind, record, sql};
use kernel::{Cursor, Error, Id, Result, Scope, Time};
use uuid::Uuid;

use super::{
    clocks::Event,
    model::{Action, Channel, Incident, Outcome, Reason, Role, Rule, Satisfied, Solved, Source, State, Step, Task, TaskState},
};
use crate::modules::{
    catalogue::{AccessClass, Matter, Urgency},
    org::Unit,
};

record! {
    /// A case as it is stored. Sealed fields open with the case's data key.
    #[derive(Clone, Debug)]
    pub struct Case {
        pub id: Id<Incident>,
        pub code: String,
        /// The number of its last step.
        pub version: i64,
        pub state: State,
        pub round: i64,
        pub reported_at: Time,
        pub channel: Channel,
        pub source: Source,
        pub urgency: Urgency,
        pub title: String,
        pub redacted: String,
        pub body_sealed: Vec<u8>,
        pub address: String,
        pub address_sealed: Option<Vec<u8>>,
        pub name_sealed: Option<Vec<u8>>,
        pub phone_sealed: Option<Vec<u8>>,
        pub phone_blind: Option<Vec<u8>>,
        pub confidential: bool,
        pub reported_for: bool,
        pub reported_by: Option<Uuid>,
        pub lon: Option<f64>,
        pub lat: Option<f64>,
        pub datum: String,
        pub lon_given: Option<f64>,
        pub lat_given: Option<f64>,
        pub grid_id: Option<Id<Unit>>,
        pub matter_id: Option<Id<Matter>>,
        pub confidence: Option<f64>,
        pub classified: serde_json::Value,
        pub rule: Option<Json<Rule>>,
        pub class: Option<AccessClass>,
        pub fields: serde_json::Value,
        pub owner_id: Id<Unit>,
        pub owner_path: String,
        pub filed_path: String,
        pub lead_unit: Option<Id<Unit>>,
        pub lead_person: Option<Uuid>,
        pub handler: Option<Uuid>,
        pub attention: String,
        pub yellow_at: Option<Time>,
        pub red_at: Option<Time>,
        pub next_at: Option<Time>,
        pub due_at: Option<Time>,
        pub paused: Option<String>,
        pub late: bool,
        pub resolved_at: Option<Time>,
        pub closed_at: Option<Time>,
        pub result: Option<Outcome>,
        pub public_reply: Option<String>,
        pub satisfied: Option<Satisfied>,
        pub reporters: i64,
        pub photos: i64,
        pub upstream_no: Option<String>,
        pub upstream_due: Option<Time>,
        pub track_hash: Vec<u8>,
        pub fingerprint: Vec<u8>,
    }
}

record! {
    /// What a row of a list shows.
    #[derive(Clone, Debug)]
    pub struct Line {
        pub id: Id<Incident>,
        pub code: String,
        pub version: i64,
        pub state: State,
        pub reported_at: Time,
        pub channel: Channel,
        pub source: Source,
        pub urgency: Urgency,
        pub title: String,
        pub lon: Option<f64>,
        pub lat: Option<f64>,
        pub grid_id: Option<Id<Unit>>,
        pub matter_id: Option<Id<Matter>>,
        pub owner_id: Id<Unit>,
        pub lead_unit: Option<Id<Unit>>,
        pub lead_person: Option<Uuid>,
        pub attention: String,
        pub yellow_at: Option<Time>,
        pub red_at: Option<Time>,
        pub next_at: Option<Time>,
        pub due_at: Option<Time>,
        pub paused: Option<String>,
        pub reporters: i64,
        pub photos: i64,
    }
}

record! {
    /// One entry of a case's history.
    #[derive(Clone, Debug)]
    pub struct Entry {
        pub n: i64,
        pub id: Id<Step>,
        pub at: Time,
        pub round: i64,
        pub action: Action,
        pub state_before: State,
        pub state_after: State,
        pub actor_kind: String,
        pub actor_id: Uuid,
        pub actor_name: String,
        pub words: String,
        pub words_sealed: Option<Vec<u8>>,
        pub reasons: Json<Vec<Reason>>,
        pub is_public: bool,
        pub clock: Json<Vec<Event>>,
    }
}

record! {
    /// A unit's part in a case.
    #[derive(Clone, Debug)]
    pub struct TaskRow {
        pub id: Id<Task>,
        pub incident_id: Id<Incident>,
        pub round: i64,
        pub role: Role,
        pub state: TaskState,
        pub unit_id: Id<Unit>,
        pub unit_path: String,
        pub person_id: Option<Uuid>,
        pub reasons: Json<Vec<Reason>>,
        pub offered_at: Time,
        pub accepted_at: Option<Time>,
        pub done_at: Option<Time>,
        pub accept_by: Option<Time>,
        pub due_at: Option<Time>,
        pub yellow_at: Option<Time>,
        pub red_at: Option<Time>,
        pub result: Option<Outcome>,
        pub words: Option<String>,
        pub done_by: Option<Uuid>,
    }
}

record! {
    /// An open case near by, for the search for duplicates.
    #[derive(Clone, Debug)]
    pub struct Near {
        pub id: Id<Incident>,
        pub code: String,
        pub reported_at: Time,
        pub lon: f64,
        pub lat: f64,
        pub matter_id: Option<Id<Matter>>,
        pub reporters: i64,
        pub fingerprint: Vec<u8>,
    }
}

record! {
    /// An answer of a reporter, on the web or on the phone.
    #[derive(Clone, Debug)]
    pub struct RatingRow {
        pub at: Time,
        pub round: i64,
        pub asked_by: String,
        pub outcome: String,
        pub contacted: Option<bool>,
        pub solved: Option<Solved>,
        pub satisfied: Option<Satisfied>,
        pub reason: Option<String>,
    }
}

record! {
    struct Code { code: String }
}

record! {
    struct Clocked { at: Time, clock: Json<Vec<Event>> }
}

record! {
    struct Tally { word: String, n: i64 }
}

const COLUMNS: &str = "select c.id, c.code, c.version, c.state, c.round, c.reported_at, c.channel, c.source, c.urgency, c.title, c.redacted, \
    c.body_sealed, c.address, c.address_sealed, c.name_sealed, c.phone_sealed, c.phone_blind, c.confidential, c.reported_for, c.reported_by, \
    c.lon, c.lat, c.datum, c.lon_given, c.lat_given, c.grid_id, c.matter_id, c.confidence, c.classified, c.rule, c.class, c.fields, c.owner_id, \
    c.owner_path, c.filed_path, c.lead_unit, c.lead_person, c.handler, c.attention, c.yellow_at, c.red_at, c.next_at, c.due_at, c.paused, c.late, \
    c.resolved_at, c.closed_at, c.result, c.public_reply, c.satisfied, c.reporters, c.photos, c.upstream_no, c.upstream_due, c.track_hash, \
    c.fingerprint from incident c";

const LINE: &str = "select c.id, c.code, c.version, c.state, c.reported_at, c.channel, c.source, c.urgency, c.title, c.lon, c.lat, c.grid_id, \
    c.matter_id, c.owner_id, c.lead_unit, c.lead_person, c.attention, c.yellow_at, c.red_at, c.next_at, c.due_at, c.paused, c.reporters, c.photos \
    from incident c where 1 = 1";

/// A case that the scope may see: by its owner, or by a task of a unit within the scope.
pub async fn find(conn: &mut Conn, scope: &Scope, id: Id<Incident>) -> Result<Case> {
    let query = visible(Query::new(COLUMNS).push("where c.id = $$", bind![id]), scope);
    conn.list(query).await?.pop().ok_or(Error::NotFound)
}

/// The case that a track belongs to, as its reporter or as a follower.
pub async fn by_track(conn: &mut Conn, hash: &[u8]) -> Result<Case> {
    let followed = "where c.track_hash = $$ or c.id in (select f.incident_id from incident_follower f where f.track_hash = $$)";
    let query = Query::new(COLUMNS).push(followed, bind![hash, hash]);
    conn.list(query).await?.pop().ok_or(Error::NotFound)
}

/// The case of a number, for the look-up with the last digits of the phone.
pub async fn by_code(conn: &mut Conn, code: &str) -> Result<Option<Case>> {
    Ok(conn.list(Query::new(COLUMNS).push("where c.code = $$", bind![code])).await?.pop())
}

/// Every case after an id, in order of ids: for `verify clocks` and exports, which see the whole district.
pub async fn cases_after(conn: &mut Conn, after: Option<Id<Incident>>, limit: i64) -> Result<Vec<Case>> {
    let query = Query::new(COLUMNS).push("where 1 = 1", vec![]).push_if("and c.id > $$", after);
    conn.list(query.push("order by c.id limit $$", bind![limit])).await
}

/// Which of these numbers are taken.
pub async fn known(conn: &mut Conn, codes: &[String]) -> Result<Vec<String>> {
    let query = Query::new("select c.code as code from incident c where 1 = 1");
    let rows: Vec<Code> =
        conn.list(query.push_list("and c.code in", codes.iter().map(|c| Cell::Text(Some(c.clone()))).collect())).await?;
    Ok(rows.into_iter().map(|r| r.code).collect())
}

/// Adds the condition that the scope may see the case.
fn visible(query: Query, scope: &Scope) -> Query {
    let Scope::Under(paths) = scope else { return query };
    if paths.is_empty() {
        return query.push("and 1 = 0", vec![]);
    }
    let query = query.push("and (1 = 0", vec![]);
    paths
        .iter()
        .fold(query, |query, path| {
            let above = format!("{}0", path.trim_end_matches('/'));
            query.push("or (c.owner_path >= $$ and c.owner_path < $$)", bind![path, above]).push(
                "or c.id in (select t.incident_id from incident_task t where t.unit_path >= $$ and t.unit_path < $$ \
                     and t.state not in ('returned', 'withdrawn'))",
                bind![path, above],
            )
        })
        .push(")", vec![])
}

/// What a list is filtered by; every part is optional.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub states: Vec<State>,
    pub light: Option<super::model::Light>,
    pub grid: Option<Id<Unit>>,
    pub matter: Option<Id<Matter>>,
    pub owner_under: Option<String>,
    pub unit: Option<Id<Unit>>,
    pub channel: Option<Channel>,
    pub attention: Option<String>,
    pub person: Option<Uuid>,
    pub words: Vec<String>,
    pub code: Option<String>,
    pub from: Option<Time>,
    pub to: Option<Time>,
}

/// What a list is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The newest report first.
    #[default]
    Newest,
    /// The least time left first; cases without a clock do not appear.
    TimeLeft,
}

/// A page of cases that the scope may see, one more than `limit` when there are more.
pub async fn list(
    conn: &mut Conn,
    scope: &Scope,
    filter: &Filter,
    order: Order,
    cursor: Option<Cursor>,
    now: Time,
    limit: i64,
) -> Result<Vec<Line>> {
    let query = conditions(visible(Query::new(LINE), scope), filter, now, conn.engine());
    let query = match (order, cursor) {
        (Order::Newest, Some(c)) => query.push("and (c.reported_at, c.id) < ($$, $$)", bind![c.at, c.id]),
        (Order::TimeLeft, Some(c)) => query.push("and (c.red_at, c.id) > ($$, $$)", bind![c.at, c.id]),
        (_, None) => query,
    };
    let query = match order {
        Order::Newest => query.push("order by c.reported_at desc, c.id desc limit $$", bind![limit + 1]),
        Order::TimeLeft => query.push("and c.red_at is not null order by c.red_at, c.id limit $$", bind![limit + 1]),
    };
    conn.list(query).await
}

fn conditions(query: Query, filter: &Filter, now: Time, engine: db::Engine) -> Query {
    use super::model::Light;
    // A case with a light is open, so that asking for both is asking once.
    let lit = matches!(filter.light, Some(Light::Red | Light::Yellow | Light::Green));
    let every_open = State::ALL.iter().filter(|s| s.is_open()).all(|s| filter.states.contains(s));
    let query = if filter.states.is_empty() || (lit && every_open) {
        query
    } else {
        query.push_list("and c.state in", filter.states.iter().map(|s| Cell::Text(Some(s.word().to_owned()))).collect())
    };
    let query =
        match filter.light {
            None => query,
            // The plus keeps the planner from collecting every red case by its instant only to sort them: the index of cases with a clock is
            // read in the list's own order instead.
            Some(Light::Red) => query.push("and c.red_at is not null and +c.red_at <= $$ and c.paused is null", bind![now]),
            Some(Light::Yellow) => query
                .push("and c.red_at is not null and +c.red_at > $$ and +c.yellow_at <= $$ and c.paused is null", bind![now, now]),
            Some(Light::Green) => query
                .push("and c.red_at is not null and +c.red_at > $$ and +c.yellow_at > $$ and c.paused is null", bind![now, now]),
            Some(Light::Paused) => query.push("and c.paused is not null", vec![]),
            Some(Light::None) => query.push("and c.red_at is null and c.paused is null", vec![]),
        };
    let query = query
        .push_if("and c.grid_id = $$", filter.grid)
        .push_if("and c.matter_id = $$", filter.matter)
        .push_if("and c.channel = $$", filter.channel)
        .push_if("and c.code = $$", filter.code.clone())
        .push_if("and c.lead_person = $$", filter.person)
        .push_if("and c.reported_at >= $$", filter.from)
        .push_if("and c.reported_at < $$", filter.to)
        .push_if("and c.id in (select t.incident_id from incident_task t where t.unit_id = $$)", filter.unit);
    let query = match &filter.owner_under {
        Some(path) => {
            query.push("and c.owner_path >= $$ and c.owner_path < $$", bind![path, format!("{}0", path.trim_end_matches('/'))])
        }
        None => query,
    };
    let query = match filter.attention.as_deref() {
        None => query,
        Some("any") => query.push("and c.attention <> ''", vec![]),
        Some(word) => query.push("and c.attention <> '' and ',' || c.attention || ',' like $$", bind![format!("%,{word},%")]),
    };
    match (&filter.words[..], engine) {
        ([], _) => query,
        (words, db::Engine::Sqlite) => {
            let term = |w: &String| if text::is_prefix(w) { format!("\"{w}\"*") } else { format!("\"{w}\"") };
            let all = words.iter().map(term).collect::<Vec<_>>().join(" ");
            query.push("and c.id in (select w.incident_id from incident_words w where w.words match $$)", bind![all])
        }
        (words, db::Engine::Postgres) => {
            let term = |w: &String| if text::is_prefix(w) { format!("'{w}':*") } else { format!("'{w}'") };
            let all = words.iter().map(term).collect::<Vec<_>>().join(" & ");
            query
                .push("and c.id in (select w.incident_id from incident_words w where w.words @@ cast($$ as tsquery))", bind![all])
        }
    }
}

/// How many of the filtered cases stand in each state, under each light and wait for a human.
pub async fn counts(conn: &mut Conn, scope: &Scope, filter: &Filter, now: Time) -> Result<[Vec<(String, i64)>; 3]> {
    let engine = conn.engine();
    let count = |head: &'static str, head_cells: Vec<Cell>, tail: &'static str| {
        conditions(visible(Query::default().push(head, head_cells), scope), filter, now, engine).push(tail, vec![])
    };
    let states = count("select c.state as word, count(*) as n from incident c where 1 = 1", vec![], "group by c.state");
    // The instants are bound twice, since PostgreSQL does not take the same expression with parameters for the group.
    let lights = count(
        "select l.word as word, count(*) as n from (select case when c.paused is not null then 'paused' when c.red_at is null then 'none' \
         when c.red_at <= $$ then 'red' when c.yellow_at <= $$ then 'yellow' else 'green' end as word from incident c where \
         c.state in ('received', 'accepted', 'assigned', 'in_progress')",
        bind![now, now],
        ") l group by l.word",
    );
    let attention = count(
        "select c.attention as word, count(*) as n from incident c where c.attention <> ''",
        vec![],
        "group by c.attention",
    );
    let mut out = [vec![], vec![], vec![]];
    for (slot, query) in out.iter_mut().zip([states, lights, attention]) {
        *slot = conn.list::<Tally>(query).await?.into_iter().map(|t| (t.word, t.n)).collect();
    }
    Ok(out)
}

/// Open cases of a grid since an instant, for the search for duplicates: the newest first.
pub async fn near(conn: &mut Conn, grid: Id<Unit>, since: Time) -> Result<Vec<Near>> {
    let statement = sql!(
        "select id, code, reported_at, lon, lat, matter_id, reporters, fingerprint from incident
         where grid_id = $1 and reported_at >= $2 and state in ('received', 'accepted', 'assigned', 'in_progress')
         and lon is not null and lat is not null order by reported_at desc, id desc limit 40"
    );
    conn.all(statement, bind![grid, since]).await
}

/// Open tasks of these people, and those of units in the scope that are nobody's yet, the least time left first.
pub async fn inbox(conn: &mut Conn, scope: &Scope, person: Option<Uuid>, limit: i64) -> Result<Vec<TaskRow>> {
    let query = Query::new(
        "select t.id, t.incident_id, t.round, t.role, t.state, t.unit_id, t.unit_path, t.person_id, t.reasons, t.offered_at, t.accepted_at, \
         t.done_at, t.accept_by, t.due_at, t.yellow_at, t.red_at, t.result, t.words, t.done_by from incident_task t \
         where t.state in ('offered', 'accepted')",
    );
    let query = match person {
        Some(person) => query.push("and (t.person_id = $$ or t.person_id is null)", bind![person]),
        None => query,
    };
    let query = query.within(scope, "t.unit_path >= $$", "t.unit_path < $$");
    conn.list(query.push("order by coalesce(t.red_at, 9007199254740991), t.id limit $$", bind![limit])).await
}

/// The lines of these cases, in no order.
pub async fn lines(conn: &mut Conn, scope: &Scope, ids: &[Id<Incident>]) -> Result<Vec<Line>> {
    let query = visible(Query::new(LINE), scope);
    conn.list(query.push_list("and c.id in", ids.iter().map(|id| Cell::Uuid(Some(id.uuid()))).collect())).await
}

/// The history of a case.
pub async fn steps(conn: &mut Conn, id: Id<Incident>) -> Result<Vec<Entry>> {
    let statement = sql!(
        "select n, id, at, round, action, state_before, state_after, actor_kind, actor_id, actor_name, words, words_sealed, reasons, is_public, clock
         from incident_step where incident_id = $1 order by n"
    );
    conn.all(statement, bind![id]).await
}

/// What the steps of a case did to its clocks, in order.
pub async fn events(conn: &mut Conn, id: Id<Incident>) -> Result<Vec<(Time, Event)>> {
    let statement = sql!("select at, clock from incident_step where incident_id = $1 order by n");
    let rows: Vec<Clocked> = conn.all(statement, bind![id]).await?;
    Ok(rows.into_iter().flat_map(|r| r.clock.0.into_iter().map(move |e| (r.at, e))).collect())
}

/// The tasks of a case, in the order in which they were offered.
pub async fn tasks(conn: &mut Conn, id: Id<Incident>) -> Result<Vec<TaskRow>> {
    let statement = sql!(
        "select id, incident_id, round, role, state, unit_id, unit_path, person_id, reasons, offered_at, accepted_at, done_at, accept_by, due_at,
         yellow_at, red_at, result, words, done_by from incident_task where incident_id = $1 order by offered_at, role desc, id"
    );
    conn.all(statement, bind![id]).await
}

/// The answers of the case's reporters.
pub async fn ratings(conn: &mut Conn, id: Id<Incident>) -> Result<Vec<RatingRow>> {
    let statement = sql!(
        "select at, round, asked_by, outcome, contacted, solved, satisfied, reason from incident_rating where incident_id = $1 order by at, id"
    );
    conn.all(statement, bind![id]).await
}

/// Enters a new case.
pub async fn insert(tx: &mut Tx, c: &Case) -> Result<()> {
    let statement = sql!(
        "insert into incident (id, code, version, state, round, reported_at, channel, source, urgency, title, redacted, body_sealed, address,
         address_sealed, name_sealed, phone_sealed, phone_blind, confidential, reported_for, reported_by, lon, lat, datum, lon_given, lat_given,
         grid_id, matter_id, confidence, classified, rule, class, fields, owner_id, owner_path, filed_path, lead_unit, lead_person, handler,
         attention, yellow_at, red_at, next_at, due_at, paused, late, resolved_at, closed_at, result, public_reply, satisfied, reporters, photos,
         upstream_no, upstream_due, track_hash, fingerprint, indexed)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28,
         $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, $57)"
    );
    let cells = bind![
        c.id,
        c.code,
        c.version,
        c.state,
        c.round,
        c.reported_at,
        c.channel,
        c.source,
        c.urgency,
        c.title,
        c.redacted,
        c.body_sealed,
        c.address,
        c.address_sealed,
        c.name_sealed,
        c.phone_sealed,
        c.phone_blind,
        c.confidential,
        c.reported_for,
        c.reported_by,
        c.lon,
        c.lat,
        c.datum,
        c.lon_given,
        c.lat_given,
        c.grid_id,
        c.matter_id,
        c.confidence,
        c.classified,
        c.rule,
        c.class,
        c.fields,
        c.owner_id,
        c.owner_path,
        c.filed_path,
        c.lead_unit,
        c.lead_person,
        c.handler,
        c.attention,
        c.yellow_at,
        c.red_at,
        c.next_at,
        c.due_at,
        c.paused,
        c.late,
        c.resolved_at,
        c.closed_at,
        c.result,
        c.public_reply,
        c.satisfied,
        c.reporters,
        c.photos,
        c.upstream_no,
        c.upstream_due,
        c.track_hash,
        c.fingerprint,
        false
    ];
    tx.execute(statement, cells).await.map(|_| ())
}

/// Saves what can change in a case; `Stale` when somebody saved it since `version_before`.
pub async fn save(tx: &mut Tx, c: &Case, version_before: i64) -> Result<()> {
    let statement = sql!(
        "update incident set version = $3, state = $4, round = $5, urgency = $6, lon = $7, lat = $8, grid_id = $9, matter_id = $10, rule = $11,
         class = $12, fields = $13, owner_id = $14, owner_path = $15, lead_unit = $16, lead_person = $17, handler = $18, attention = $19,
         yellow_at = $20, red_at = $21, next_at = $22, due_at = $23, paused = $24, late = $25, resolved_at = $26, closed_at = $27, result = $28,
         public_reply = $29, satisfied = $30, reporters = $31, photos = $32, filed_path = $33 where id = $1 and version = $2"
    );
    let cells = bind![
        c.id,
        version_before,
        c.version,
        c.state,
        c.round,
        c.urgency,
        c.lon,
        c.lat,
        c.grid_id,
        c.matter_id,
        c.rule,
        c.class,
        c.fields,
        c.owner_id,
        c.owner_path,
        c.lead_unit,
        c.lead_person,
        c.handler,
        c.attention,
        c.yellow_at,
        c.red_at,
        c.next_at,
        c.due_at,
        c.paused,
        c.late,
        c.resolved_at,
        c.closed_at,
        c.result,
        c.public_reply,
        c.satisfied,
        c.reporters,
        c.photos,
        c.filed_path
    ];
    if tx.execute(statement, cells).await? == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Appends to the history, all entries in one statement.
pub async fn append(tx: &mut Tx, case: Id<Incident>, entries: &[Entry]) -> Result<()> {
    let mut query = Query::new(
        "insert into incident_step (incident_id, n, id, at, round, action, state_before, state_after, actor_kind, actor_id, actor_name, words,
         words_sealed, reasons, is_public, clock) values",
    );
    for (i, e) in entries.iter().enumerate() {
        let cells = bind![
            case,
            e.n,
            e.id,
            e.at,
            e.round,
            e.action,
            e.state_before,
            e.state_after,
            e.actor_kind,
            e.actor_id,
            e.actor_name,
            e.words,
            e.words_sealed,
            e.reasons,
            e.is_public,
            e.clock
        ];
        query = query.push_list(if i == 0 { "" } else { "," }, cells);
    }
    match tx.execute_query(query).await {
        Err(e) if db::unique_violation(&e).is_some() => Err(Error::Stale),
        other => other.map(|_| ()),
    }
}

/// Enters new tasks, all in one statement.
pub async fn offer(tx: &mut Tx, tasks: &[TaskRow]) -> Result<()> {
    if tasks.is_empty() {
        return Ok(());
    }
    let mut query = Query::new(
        "insert into incident_task (id, incident_id, round, role, state, unit_id, unit_path, person_id, reasons, offered_at, accept_by, due_at,
         yellow_at, red_at) values",
    );
    for (i, t) in tasks.iter().enumerate() {
        let cells = bind![
            t.id,
            t.incident_id,
            t.round,
            t.role,
            t.state,
            t.unit_id,
            t.unit_path,
            t.person_id,
            t.reasons,
            t.offered_at,
            t.accept_by,
            t.due_at,
            t.yellow_at,
            t.red_at
        ];
        query = query.push_list(if i == 0 { "" } else { "," }, cells);
    }
    tx.execute_query(query).await.map(|_| ())
}

/// Saves what can change in a task.
pub async fn save_task(tx: &mut Tx, t: &TaskRow) -> Result<()> {
    let statement = sql!(
        "update incident_task set state = $2, person_id = $3, accepted_at = $4, done_at = $5, accept_by = $6, due_at = $7, yellow_at = $8,
         red_at = $9, result = $10, words = $11, done_by = $12 where id = $1"
    );
    let cells = bind![
        t.id,
        t.state,
        t.person_id,
        t.accepted_at,
        t.done_at,
        t.accept_by,
        t.due_at,
        t.yellow_at,
        t.red_at,
        t.result,
        t.words,
        t.done_by
    ];
    tx.execute(statement, cells).await.map(|_| ())
}

/// Withdraws every open task of a case: before a new dispatch, and when the case ends otherwise.
pub async fn withdraw(tx: &mut Tx, case: Id<Incident>) -> Result<()> {
    let statement = sql!(
        "update incident_task set state = 'withdrawn', yellow_at = null, red_at = null where incident_id = $1 and state in ('offered', 'accepted')"
    );
    tx.execute(statement, bind![case]).await.map(|_| ())
}

/// Another reporter joins an open case.
pub async fn follow(
    tx: &mut Tx,
    id: Uuid,
    case: Id<Incident>,
    at: Time,
    body: &[u8],
    phone: Option<(&[u8], &[u8])>,
    track: &[u8],
) -> Result<()> {
    let statement = sql!(
        "insert into incident_follower (id, incident_id, at, body_sealed, phone_sealed, phone_blind, track_hash) values ($1, $2, $3, $4, $5, $6, $7)"
    );
    let (sealed, blind) = phone.map_or((None, None), |(s, b)| (Some(s.to_vec()), Some(b.to_vec())));
    tx.execute(statement, bind![id, case, at, body, sealed, blind, track]).await.map(|_| ())
}

/// Enters an answer of a reporter.
pub async fn rate(tx: &mut Tx, id: Uuid, case: Id<Incident>, r: &RatingRow) -> Result<()> {
    let statement = sql!(
        "insert into incident_rating (id, incident_id, round, at, asked_by, outcome, contacted, solved, satisfied, reason)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    );
    let cells = bind![id, case, r.round, r.at, r.asked_by, r.outcome, r.contacted, r.solved, r.satisfied, r.reason];
    tx.execute(statement, cells).await.map(|_| ())
}

/// Hands out a block of case numbers of a day and returns the first.
pub async fn numbers(tx: &mut Tx, day: &str, size: i64) -> Result<i64> {
    let statement = sql!(
        "insert into incident_number (day, next) values ($1, 1 + $2)
         on conflict (day) do update set next = incident_number.next + $2 returning next as value"
    );
    let next: Option<i64> = tx.value(statement, bind![day, size]).await?;
    next.map(|n| n - size).ok_or_else(|| Error::internal("no case number"))
}
