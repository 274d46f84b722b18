//! The slice's SQL, and nothing else. Reads take a scope.

pub mod archive;
pub mod away;
mod callback;
pub mod carry;
pub mod emergency;
pub mod erase;
pub mod filters;
pub mod frozen;
pub mod handover;
pub mod ladder;
pub mod links;
mod list;
pub mod merge;
pub mod open;
mod pauses;
pub mod returns;
mod second;
pub mod sent;
pub mod sign;
pub mod supervision;
pub mod watch;
pub mod whistle;
mod write;

pub use callback::{Attempt, Waiting, attempts, claim, holder, queue, release};
pub use list::{Counted, Filter, Order, counts, leave_out, list};
pub use pauses::{
    Extension, ask_extension, decide_extension, drop_extensions, extension, extensions, extensions_of, granted, retime,
};
pub use second::hands;
pub use write::{append, follow, insert, numbers, offer, rate, rewind, save, save_task, withdraw};

use db::{Cell, Conn, Engine, Json, Query, Tx, bind, record, sql};
use kernel::{ActorKind, Error, Id, Result, Scope, Time};
use uuid::Uuid;

use super::{
    clocks::Event,
    model::{Action, Channel, Incident, Outcome, Reason, Role, Rule, Satisfied, Solved, Source, State, Step, Task, TaskState},
    rules::spoken::{Spoken, writes},
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
        pub paused_until: Option<Time>,
        pub merged_into: Option<Id<Incident>>,
        pub card: Option<String>,
        /// Since when the reporter is to be rung back.
        pub call_at: Option<Time>,
        pub opened_at: Option<Time>,
        pub contact_by: Option<Time>,
        pub contact_at: Option<Time>,
        pub dispatches: i64,
        pub misrouted: i64,
        pub reworked: i64,
        pub overran: bool,
        /// How many of its results somebody looked at.
        pub checked: i64,
        /// When its words were erased.
        pub erased_at: Option<Time>,
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
        pub card: Option<String>,
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
        /// What the action carried, by its own shape: the reason of a return, the units of a whistle, the minutes of a conference.
        pub details: Option<serde_json::Value>,
        /// The words as a sentence of the program, where it is one.
        pub spoken: Option<Json<Spoken>>,
    }
}

impl Entry {
    /// Lets the program say a sentence in this step.
    pub fn say(&mut self, spoken: Spoken) {
        self.words = spoken.zh();
        self.spoken = Some(Json(spoken));
    }

    /// Whether the step can be shown in another language: where people do not write, neither its words nor a reason is words alone.
    pub fn is_said(&self) -> bool {
        let people = writes(self.action);
        let noted_by_itself = self.action == Action::Note && self.actor_kind == ActorKind::System.word();
        let words = self.spoken.is_some() || self.words.is_empty() || (people.words && !noted_by_itself);
        words && (people.reasons || self.reasons.0.iter().all(|r| r.spoken.is_some()))
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
        pub whistle_id: Option<Uuid>,
        pub report_by: Option<Time>,
        /// From when on the light of a summoned unit is yellow.
        pub warn_at: Option<Time>,
        pub arrived_at: Option<Time>,
        pub binding: bool,
        pub unsigned: Option<serde_json::Value>,
        pub signed_by: Option<Uuid>,
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
        pub confidential: bool,
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

const COLUMNS: &str = "select c.id, c.code, c.version, c.state, c.round, c.reported_at, c.channel, c.source, c.urgency, c.title, c.redacted, \
    c.body_sealed, c.address, c.address_sealed, c.name_sealed, c.phone_sealed, c.phone_blind, c.confidential, c.reported_for, c.reported_by, \
    c.lon, c.lat, c.datum, c.lon_given, c.lat_given, c.grid_id, c.matter_id, c.confidence, c.classified, c.rule, c.class, c.fields, c.owner_id, \
    c.owner_path, c.filed_path, c.lead_unit, c.lead_person, c.handler, c.attention, c.yellow_at, c.red_at, c.next_at, c.due_at, c.paused, c.late, \
    c.resolved_at, c.closed_at, c.result, c.public_reply, c.satisfied, c.reporters, c.photos, c.upstream_no, c.upstream_due, c.track_hash, \
    c.fingerprint, c.paused_until, c.merged_into, c.card, c.call_at, c.opened_at, c.contact_by, c.contact_at, c.dispatches, c.misrouted, \
    c.reworked, c.overran, c.checked, c.erased_at from incident c";

const TASK: &str = "select t.id, t.incident_id, t.round, t.role, t.state, t.unit_id, t.unit_path, t.person_id, t.reasons, t.offered_at, \
    t.accepted_at, t.done_at, t.accept_by, t.due_at, t.yellow_at, t.red_at, t.result, t.words, t.done_by, t.whistle_id, t.report_by, t.warn_at, \
    t.arrived_at, t.binding, t.unsigned, t.signed_by from incident_task t";

const LINE: &str = "select c.id, c.code, c.version, c.state, c.reported_at, c.channel, c.source, c.urgency, c.title, c.lon, c.lat, c.grid_id, \
    c.matter_id, c.owner_id, c.lead_unit, c.lead_person, c.attention, c.yellow_at, c.red_at, c.next_at, c.due_at, c.paused, c.card, c.reporters, c.photos \
    from incident c where 1 = 1";

/// A case that the scope may see: by its owner, or by a task of a unit within the scope, or as the first receiver who returned it.
pub async fn find(conn: &mut Conn, scope: &Scope, id: Id<Incident>) -> Result<Case> {
    conn.list(one(scope, id)).await?.pop().ok_or(Error::NotFound)
}

fn one(scope: &Scope, id: Id<Incident>) -> Query {
    visible(Query::new(COLUMNS).push("where c.id = $$", bind![id]), scope)
}

/// A case that is about to change. On PostgreSQL its row is held from here to the end of the transaction: two who change one case wait for each
/// other at its row and nowhere else, so none holds what the other wants. SQLite has one writer.
pub async fn hold(tx: &mut Tx, scope: &Scope, id: Id<Incident>) -> Result<Case> {
    let query = one(scope, id);
    let query = if tx.engine() == Engine::Postgres { query.push("for no key update of c", vec![]) } else { query };
    tx.list(query).await?.pop().ok_or(Error::NotFound)
}

/// Holds several cases in the order of their ids, for whoever changes more than one: so no two wait for each other crosswise.
pub async fn hold_all(tx: &mut Tx, ids: &[Id<Incident>]) -> Result<()> {
    if tx.engine() == Engine::Sqlite || ids.is_empty() {
        return Ok(());
    }
    let cells = ids.iter().map(|id| Cell::Uuid(Some(id.uuid()))).collect();
    let query = Query::new("select c.id as value from incident c where").push_list("c.id in", cells);
    tx.query_values::<Id<Incident>>(query.push("order by c.id for no key update", vec![])).await.map(|_| ())
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
pub(super) fn visible(query: Query, scope: &Scope) -> Query {
    let Scope::Under(paths) = scope else { return query };
    if paths.is_empty() {
        return query.push("and 1 = 0", vec![]);
    }
    let query = query.push("and (1 = 0", vec![]);
    paths
        .iter()
        .fold(query, |query, path| {
            let above = format!("{}0", path.trim_end_matches('/'));
            query
                .push("or (c.owner_path >= $$ and c.owner_path < $$)", bind![path, above])
                .push(
                    "or c.id in (select t.incident_id from incident_task t where t.unit_path >= $$ and t.unit_path < $$ \
                     and t.state not in ('returned', 'withdrawn'))",
                    bind![path, above],
                )
                .push(
                    // Whoever returned a case answers for it, and sees it, until the next takes it on.
                    "or c.id in (select r.incident_id from incident_return r where r.unit_path >= $$ and r.unit_path < $$ \
                     and r.released_at is null)",
                    bind![path, above],
                )
        })
        .push(")", vec![])
}

record! {
    /// A place beside its owner's from which a case is in sight.
    #[derive(Clone, Debug)]
    pub struct Beside { pub id: Id<Incident>, pub path: String }
}

/// The places beside their owners' from which these cases are in sight: what the condition of every read says, asked from the other side.
pub async fn beside(conn: &mut Conn, cases: &[Id<Incident>]) -> Result<Vec<Beside>> {
    let ids: Vec<Cell> = cases.iter().map(|id| Cell::Uuid(Some(id.uuid()))).collect();
    let query = Query::new(
        "select t.incident_id as id, t.unit_path as path from incident_task t where t.state not in ('returned', 'withdrawn')",
    )
    .push_list("and t.incident_id in", ids.clone())
    .push("union select r.incident_id as id, r.unit_path as path from incident_return r where r.released_at is null", vec![])
    .push_list("and r.incident_id in", ids);
    conn.list(query).await
}

const NEAR: &str = "select c.id, c.code, c.reported_at, c.lon, c.lat, c.matter_id, c.reporters, c.confidential, c.fingerprint from incident c \
    where c.state in ('received', 'accepted', 'assigned', 'in_progress') and c.lon is not null and c.lat is not null";

/// The newest open cases of a grid since an instant that the scope may see, so many at most, for the search for duplicates.
pub async fn near(conn: &mut Conn, scope: &Scope, grid: Id<Unit>, since: Time, most: i64) -> Result<Vec<Near>> {
    let query = visible(Query::new(NEAR).push("and c.grid_id = $$ and c.reported_at >= $$", bind![grid, since]), scope);
    conn.list(query.push("order by c.reported_at desc, c.id desc limit $$", bind![most])).await
}

/// The same inside a box that these grids have a part in.
pub async fn around(
    conn: &mut Conn,
    scope: &Scope,
    grids: &[Id<Unit>],
    bounds: geo::Bounds,
    since: Time,
    most: i64,
) -> Result<Vec<Near>> {
    let query = visible(Query::new(NEAR), scope)
        .push_list("and c.grid_id in", grids.iter().map(|id| Cell::Uuid(Some(id.uuid()))).collect())
        .push("and c.reported_at >= $$", bind![since])
        .push("and c.lon >= $$ and c.lon <= $$", bind![bounds.min.lon, bounds.max.lon])
        .push("and c.lat >= $$ and c.lat <= $$", bind![bounds.min.lat, bounds.max.lat]);
    conn.list(query.push("order by c.reported_at desc, c.id desc limit $$", bind![most])).await
}

/// Open tasks of these people, and those of units in the scope that are nobody's yet, the least time left first.
pub async fn inbox(conn: &mut Conn, scope: &Scope, person: Option<Uuid>, limit: i64) -> Result<Vec<TaskRow>> {
    let query = Query::new(TASK).push("where t.state in ('offered', 'accepted')", vec![]);
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
        "select n, id, at, round, action, state_before, state_after, actor_kind, actor_id, actor_name, words, words_sealed, reasons, is_public, clock,
         details, spoken from incident_step where incident_id = $1 order by n"
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
         yellow_at, red_at, result, words, done_by, whistle_id, report_by, warn_at, arrived_at, binding, unsigned, signed_by
         from incident_task where incident_id = $1 order by offered_at, role desc, id"
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
