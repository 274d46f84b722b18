//! Many cases at once, for a device that carries them along, and what one person did.

use db::{Cell, Conn, Json, Query, bind, record, sql};
use kernel::{Id, Result, Scope, Time};
use uuid::Uuid;

use super::{COLUMNS, Case, Entry, RatingRow, TASK, TaskRow, visible};
use crate::modules::{
    catalogue::Matter,
    incidents::{
        clocks::Event,
        model::{Action, Incident, Outcome, Reason, Satisfied, Solved, State, Step},
        rules::spoken::Spoken,
    },
    org::Unit,
};

record! {
    /// A case that a device holds, with the instant of its newest step.
    #[derive(Clone, Copy, Debug)]
    pub struct Held { pub id: Id<Incident>, pub version: i64, pub changed_at: Time }
}

/// The cases that the scope may see and that are not over, and those reported since an instant: the newest first, at most so many.
pub async fn held(conn: &mut Conn, scope: &Scope, since: Time, most: i64) -> Result<Vec<Held>> {
    let newest = "select c.id, c.version, (select s.at from incident_step s where s.incident_id = c.id and s.n = c.version) as changed_at from incident c";
    let open =
        "where (c.state in ('received', 'accepted', 'assigned', 'in_progress', 'resolved', 'verified') or c.reported_at >= $$)";
    let query = visible(Query::new(newest).push(open, bind![since]), scope);
    conn.list(query.push("order by c.reported_at desc, c.id desc limit $$", bind![most])).await
}

fn cells(ids: &[Id<Incident>]) -> Vec<Cell> {
    ids.iter().map(|id| Cell::Uuid(Some(id.uuid()))).collect()
}

/// These cases, as far as the scope may see them, in no order.
pub async fn cases(conn: &mut Conn, scope: &Scope, ids: &[Id<Incident>]) -> Result<Vec<Case>> {
    let query = visible(Query::new(COLUMNS).push("where 1 = 1", vec![]), scope);
    conn.list(query.push_list("and c.id in", cells(ids))).await
}

record! {
    struct Placed {
        incident_id: Id<Incident>, n: i64, id: Id<Step>, at: Time, round: i64, action: Action, state_before: State, state_after: State,
        actor_kind: String, actor_id: Uuid, actor_name: String, words: String, words_sealed: Option<Vec<u8>>, reasons: Json<Vec<Reason>>,
        is_public: bool, clock: Json<Vec<Event>>, details: Option<serde_json::Value>,
        spoken: Option<Json<Spoken>>
    }
}

/// The histories of these cases, each in order.
pub async fn steps(conn: &mut Conn, ids: &[Id<Incident>]) -> Result<Vec<(Id<Incident>, Entry)>> {
    let query = Query::new(
        "select incident_id, n, id, at, round, action, state_before, state_after, actor_kind, actor_id, actor_name, words, words_sealed, reasons, \
         is_public, clock, details, spoken from incident_step where 1 = 1",
    );
    let rows: Vec<Placed> =
        conn.list(query.push_list("and incident_id in", cells(ids)).push("order by incident_id, n", vec![])).await?;
    let entry = |p: Placed| {
        let Placed { n, id, at, round, action, state_before, state_after, actor_kind, actor_id, actor_name, .. } = p;
        let Placed { words, words_sealed, reasons, is_public, clock, details, spoken, .. } = p;
        let entry = Entry {
            n,
            id,
            at,
            round,
            action,
            state_before,
            state_after,
            actor_kind,
            actor_id,
            actor_name,
            words,
            words_sealed,
            reasons,
            is_public,
            clock,
            details,
            spoken,
        };
        (p.incident_id, entry)
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// The tasks of these cases, in the order in which they were offered.
pub async fn tasks(conn: &mut Conn, ids: &[Id<Incident>]) -> Result<Vec<TaskRow>> {
    let query = Query::new(TASK).push("where 1 = 1", vec![]).push_list("and t.incident_id in", cells(ids));
    conn.list(query.push("order by t.offered_at, t.role desc, t.id", vec![])).await
}

record! {
    struct Rated {
        incident_id: Id<Incident>, at: Time, round: i64, asked_by: String, outcome: String, contacted: Option<bool>, solved: Option<Solved>,
        satisfied: Option<Satisfied>, reason: Option<String>
    }
}

/// The answers of the reporters of these cases.
pub async fn ratings(conn: &mut Conn, ids: &[Id<Incident>]) -> Result<Vec<(Id<Incident>, RatingRow)>> {
    let query = Query::new(
        "select incident_id, at, round, asked_by, outcome, contacted, solved, satisfied, reason from incident_rating where 1 = 1",
    );
    let rows: Vec<Rated> = conn.list(query.push_list("and incident_id in", cells(ids)).push("order by at, id", vec![])).await?;
    let row = |r: Rated| {
        let Rated { incident_id, at, round, asked_by, outcome, contacted, solved, satisfied, reason } = r;
        (incident_id, RatingRow { at, round, asked_by, outcome, contacted, solved, satisfied, reason })
    };
    Ok(rows.into_iter().map(row).collect())
}

record! {
    /// A step that somebody took, with what is known of its case.
    #[derive(Clone, Debug)]
    pub struct Deed {
        pub incident_id: Id<Incident>,
        pub n: i64,
        pub at: Time,
        pub action: Action,
        /// Redacted.
        pub words: String,
        /// The words as a sentence of the program, where it is one.
        pub spoken: Option<Json<Spoken>>,
        pub details: Option<serde_json::Value>,
        pub code: String,
        pub title: String,
        pub reported_at: Time,
        pub matter_id: Option<Id<Matter>>,
        pub grid_id: Option<Id<Unit>>,
        pub classified: serde_json::Value,
        pub fields: serde_json::Value,
        pub result: Option<Outcome>,
        pub has_address: bool,
        pub has_name: bool,
        pub has_phone: bool,
        pub has_point: bool,
        /// How long the report is, in characters.
        pub length: i64,
    }
}

/// What an account did between two instants, in order: its own steps, whoever else may see the cases.
pub async fn deeds(conn: &mut Conn, account: Uuid, from: Time, to: Time, most: i64) -> Result<Vec<Deed>> {
    let statement = sql!(
        "select s.incident_id, s.n, s.at, s.action, s.words, s.spoken, s.details, c.code, c.title, c.reported_at, c.matter_id, c.grid_id, c.classified, c.fields,
         c.result, c.address_sealed is not null as has_address, c.name_sealed is not null as has_name, c.phone_sealed is not null as has_phone,
         c.lon is not null as has_point, cast(length(c.redacted) as bigint) as length
         from incident_step s join incident c on c.id = s.incident_id
         where s.actor_id = $1 and s.at >= $2 and s.at < $3 order by s.at, s.incident_id, s.n limit $4"
    );
    conn.all(statement, bind![account, from, to, most]).await
}

record! {
    /// A step that gave work to somebody.
    #[derive(Clone, Debug)]
    pub struct Asking { pub incident_id: Id<Incident>, pub n: i64, pub at: Time, pub actor_kind: String, pub actor_id: Uuid, pub actor_name: String }
}

/// The steps of these cases that gave work to somebody, each in order.
pub async fn askings(conn: &mut Conn, ids: &[Id<Incident>]) -> Result<Vec<Asking>> {
    let query = Query::new(
        "select incident_id, n, at, actor_kind, actor_id, actor_name from incident_step \
         where action in ('dispatch', 'rule', 'whistle', 'escalate', 'hand_over')",
    );
    conn.list(query.push_list("and incident_id in", cells(ids)).push("order by incident_id, n", vec![])).await
}
