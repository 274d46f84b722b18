//! Cases by the thousand, written straight into the tables: what figures are counted from, and nothing else.

use db::{Query, bind};
use kernel::{Id, Time};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    modules::{catalogue::Matter, incidents::model::Incident, org::Unit},
    testing::TestApp,
};

/// A case as figures see it.
#[derive(Clone, Debug)]
pub struct Seed {
    pub at: Time,
    pub path: &'static str,
    pub state: &'static str,
    pub source: &'static str,
    pub channel: &'static str,
    pub round: i64,
    pub opened: bool,
    pub contact: Option<(Time, Option<Time>)>,
    pub dispatches: i64,
    pub misrouted: i64,
    pub reworked: i64,
    /// How many results somebody looked at.
    pub checked: i64,
    pub overran: bool,
    pub due_at: Option<Time>,
    pub resolved: bool,
    pub lead: Option<Id<Unit>>,
    pub matter: Option<Id<Matter>>,
    /// How the reporter answered: solved, satisfied.
    pub answer: Option<(&'static str, &'static str)>,
    /// How the reporter answered about the round before.
    pub before: Option<(&'static str, &'static str)>,
}

impl Seed {
    /// A case that was opened, dispatched, solved in time and closed.
    pub fn closed(at: Time, path: &'static str) -> Self {
        Self {
            at,
            path,
            state: "closed",
            source: "resident",
            channel: "web",
            round: 1,
            opened: true,
            contact: None,
            dispatches: 1,
            misrouted: 0,
            reworked: 0,
            checked: 0,
            overran: false,
            due_at: None,
            resolved: true,
            lead: None,
            matter: None,
            answer: None,
            before: None,
        }
    }

    /// A report that was not taken in.
    pub fn rejected(at: Time, path: &'static str) -> Self {
        Self { state: "rejected", opened: false, resolved: false, dispatches: 0, ..Self::closed(at, path) }
    }
}

const PER_STATEMENT: usize = 250;

/// Writes them, many in a statement, all in one transaction.
pub async fn plant(app: &TestApp, seeds: &[Seed]) -> Vec<Id<Incident>> {
    let owner = app.org.directory().value.root().id;
    let mut ids = Vec::with_capacity(seeds.len());
    let mut tx = app.db.begin();
    for chunk in seeds.chunks(PER_STATEMENT) {
        let fresh: Vec<Id<Incident>> = chunk.iter().map(|s| Id::new(s.at)).collect();
        tx.execute_query(cases(owner, chunk, &fresh)).await.unwrap();
        if let Some(query) = answers(chunk, &fresh) {
            tx.execute_query(query).await.unwrap();
        }
        ids.extend(fresh);
    }
    tx.commit().await.unwrap();
    ids
}

fn cases(owner: Id<Unit>, chunk: &[Seed], ids: &[Id<Incident>]) -> Query {
    let mut query = Query::new(
        "insert into incident (id, code, version, state, round, reported_at, channel, source, urgency, title, redacted, body_sealed, address, confidential,
         reported_for, datum, classified, fields, owner_id, owner_path, filed_path, attention, late, reporters, photos, track_hash, fingerprint,
         matter_id, lead_unit, resolved_at, due_at, opened_at, contact_by, contact_at, dispatches, misrouted, reworked, overran, checked) values",
    );
    for (n, (s, id)) in chunk.iter().zip(ids).enumerate() {
        let (contact_by, contact_at) = s.contact.map_or((None, None), |(by, at)| (Some(by), at));
        let cells = bind![
            *id,
            format!("S{}", id.uuid().simple()),
            1_i64,
            s.state,
            s.round,
            s.at,
            s.channel,
            s.source,
            "normal",
            "t",
            "t",
            vec![0_u8],
            "",
            false,
            false,
            "wgs84",
            json!({}),
            json!({}),
            owner,
            s.path,
            s.path,
            "",
            s.overran,
            1_i64,
            0_i64,
            id.uuid().as_bytes().to_vec(),
            vec![0_u8],
            s.matter,
            s.lead,
            s.resolved.then(|| s.at.plus_minutes(60)),
            s.due_at,
            s.opened.then_some(s.at),
            contact_by,
            contact_at,
            s.dispatches,
            s.misrouted,
            s.reworked,
            s.overran,
            s.checked
        ];
        query = query.push_list(if n == 0 { "" } else { "," }, cells);
    }
    query
}

fn answers(chunk: &[Seed], ids: &[Id<Incident>]) -> Option<Query> {
    let mut query = Query::new(
        "insert into incident_rating (id, incident_id, round, at, asked_by, outcome, contacted, solved, satisfied) values",
    );
    let mut none = true;
    for (s, id) in chunk.iter().zip(ids) {
        for (round, answer) in [(s.round - 1, s.before), (s.round, s.answer)] {
            let Some((solved, satisfied)) = answer else { continue };
            let cells = bind![Id::<Uuid>::new(s.at), *id, round, s.at, "callback", "reached", true, solved, satisfied];
            query = query.push_list(if none { "" } else { "," }, cells);
            none = false;
        }
    }
    (!none).then_some(query)
}

/// A report of a resident.
pub fn report(words: &str, (lon, lat): (f64, f64)) -> Value {
    json!({ "text": words, "lon": lon, "lat": lat, "phone": "140-0000-1234" })
}

/// Sends a report without a log-in and returns the receipt.
pub async fn send(app: &TestApp, body: &Value) -> Value {
    app.visitor().post("/api/v1/reports", body).await.expect(201).json()
}
