//! 删除: a case that is over loses its words, when somebody asked and somebody else approved, or when they were kept long enough.
//!
//! The case's data key is destroyed, so that whatever was sealed with it can never be read again, not even in a copy of the database; every word
//! that stood in clear, redacted or not, is taken out of its row; photographs lose their rows in the same transaction and their contents right
//! after. A job then takes the case out of kept answers of commands and empties the log of the database. What figures count stays: the number,
//! the units, the matter, the instants and the states.

use ::jobs::Job;
use blob::Key;
use db::Tx;
use kernel::{Actor, Error, Id, Result, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::required;
use crate::{
    app::App,
    http,
    modules::{
        access::{audit::Audit, keys},
        files,
        incidents::{
            model::{CASE_ERASED, CASE_NOT_OVER, ERASURE_ASKED, ERASURE_DECIDED, ERASURE_OWN, Incident, State},
            rules::retention::RETENTION,
            store::{
                self, Case,
                erase::{Erasure, ErasureRow},
            },
        },
    },
};

/// The job that removes what is not in rows.
pub const SCRUB: &str = "incident.scrub";
/// How many cases are erased in one transaction.
const BATCH: i64 = 20;

/// Why a case is erased, as the audit record says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Somebody asked, somebody else approved.
    Asked(Id<Erasure>),
    /// It was kept long enough.
    Retention,
    /// Whoever runs the machine did it.
    Machine,
}

impl Why {
    const fn word(self) -> &'static str {
        match self {
            Self::Asked(_) => "asked",
            Self::Retention => "retention",
            Self::Machine => "machine",
        }
    }
}

/// What is left to remove after the transaction.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Scrub {
    incident: Id<Incident>,
    code: String,
    /// Contents of photographs.
    contents: Vec<Key>,
}

impl Scrub {
    /// How many photographs it removes.
    pub fn photographs(&self) -> usize {
        self.contents.len() / 2
    }
}

/// A wish to erase a case.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Erase {
    /// Why, such as the reporter's wish.
    pub reason: String,
}

/// The decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideErasure {
    /// Whether it is erased now.
    pub approved: bool,
    /// Why, or why not.
    pub words: String,
}

/// Whether nothing is left to be done with a case in this state, so that its words may go.
pub const fn is_over(state: State) -> bool {
    matches!(state, State::Closed | State::Archived | State::Rejected | State::Void | State::Merged)
}

fn may_go(case: &Case) -> Result<()> {
    match (case.erased_at, is_over(case.state)) {
        (Some(_), _) => Err(Error::refused(CASE_ERASED)),
        (None, false) => Err(Error::refused(CASE_NOT_OVER)),
        (None, true) => Ok(()),
    }
}

/// Asks for an erasure; nothing happens until somebody else approves.
pub async fn ask_erasure(
    tx: &mut Tx,
    app: &App,
    who: &Actor,
    scope: &Scope,
    id: Id<Incident>,
    body: &Erase,
) -> Result<ErasureRow> {
    let reason = text::redact(required("reason", &body.reason, 500)?).text;
    let case = store::hold(tx, scope, id).await?;
    may_go(&case)?;
    let now = app.clock.now();
    let row = ErasureRow {
        id: Id::new(now),
        incident_id: case.id,
        code: case.code,
        reason,
        asked_by: who.id,
        asked_name: who.name.clone(),
        asked_at: now,
        approved: None,
        decided_by: None,
        decided_name: None,
        decided_at: None,
        words: None,
    };
    if let Err(error) = store::erase::ask(tx, &row).await {
        let twice = db::unique_violation(&error) == Some("uq_incident_erasure_open");
        return Err(if twice { Error::refused(ERASURE_ASKED) } else { error });
    }
    let audit = Audit::new("incident.erasure.ask", "incident", case.id.uuid()).under(&case.owner_path);
    audit.with("code", row.code.as_str()).with("request", row.id.to_string()).record(tx, now, who).await?;
    Ok(row)
}

/// Decides a wish, not one's own; approved, the case is erased in the same transaction.
pub async fn decide_erasure(
    tx: &mut Tx,
    app: &App,
    who: &Actor,
    scope: &Scope,
    id: Id<Erasure>,
    body: &DecideErasure,
) -> Result<ErasureRow> {
    let words = text::redact(required("words", &body.words, 500)?).text;
    let row = store::erase::wish(tx, scope, id).await?.ok_or(Error::NotFound)?;
    if row.asked_by == who.id {
        return Err(Error::refused(ERASURE_OWN));
    }
    let now = app.clock.now();
    let decided = ErasureRow {
        approved: Some(body.approved),
        decided_by: Some(who.id),
        decided_name: Some(who.name.clone()),
        decided_at: Some(now),
        words: Some(words),
        ..row
    };
    if !store::erase::decide(tx, &decided).await? {
        return Err(Error::refused(ERASURE_DECIDED));
    }
    let case = store::hold(tx, scope, decided.incident_id).await?;
    if !body.approved {
        let audit = Audit::new("incident.erasure.refuse", "incident", case.id.uuid()).under(&case.owner_path);
        audit.with("code", case.code.as_str()).with("request", id.to_string()).record(tx, now, who).await?;
        return Ok(decided);
    }
    erase(tx, app, who, &case, Why::Asked(id)).await?;
    // The reasons of the wish went with the case's words.
    Ok(ErasureRow { reason: String::new(), words: None, ..decided })
}

/// Erases a case that is over. What is left to remove outside the rows is a job, and the answer.
pub async fn erase(tx: &mut Tx, app: &App, who: &Actor, case: &Case, why: Why) -> Result<Scrub> {
    may_go(case)?;
    let now = app.clock.now();
    store::erase::words(tx, case, now, &rand::random::<[u8; 32]>()).await?;
    keys::destroy(tx, case.id.uuid()).await?;
    let contents = files::forget(tx, "incident", case.id.uuid()).await?;
    let scrub = Scrub { incident: case.id, code: case.code.clone(), contents };
    let audit = Audit::new("incident.erase", "incident", case.id.uuid()).under(&case.owner_path);
    let audit = audit.with("code", case.code.as_str()).with("why", why.word()).with("photographs", scrub.photographs());
    let audit = match why {
        Why::Asked(request) => audit.with("request", request.to_string()),
        Why::Retention | Why::Machine => audit,
    };
    audit.record(tx, now, who).await?;
    ::jobs::enqueue(tx, now, &Job::new(SCRUB, &scrub)).await?;
    Ok(scrub)
}

/// Removes what is not in rows: contents of photographs, kept answers of commands that show the case, and the database's log. Doing it twice is
/// doing it once.
pub async fn scrub(app: &App, scrub: &Scrub) -> Result<()> {
    files::remove(app, &scrub.contents).await?;
    http::forget_answers(app, &[scrub.incident.to_string(), scrub.code.clone()]).await?;
    app.db.empty_log().await
}

/// Erases every case that was kept long enough, and says how many.
pub async fn expire(app: &App) -> Result<usize> {
    let system = Actor::system();
    let (mut count, mut after) = (0, None);
    loop {
        let now = app.clock.now();
        let over_by = app.access.setting(&RETENTION, now).over_by(now);
        let ripe = store::erase::due(&mut *app.db.read().await?, over_by, after, BATCH).await?;
        let Some(last) = ripe.last() else { return Ok(count) };
        after = Some((last.reported_at, last.id));
        let mut tx = app.db.begin();
        store::hold_all(&mut tx, &ripe.iter().map(|c| c.id).collect::<Vec<_>>()).await?;
        for case in &ripe {
            // Somebody may have opened it again, or erased it, since it was read.
            let case = store::hold(&mut tx, &Scope::All, case.id).await?;
            if may_go(&case).is_ok() {
                erase(&mut tx, app, &system, &case, Why::Retention).await?;
                count += 1;
            }
        }
        tx.commit().await?;
        if app.is_stopping() {
            return Ok(count);
        }
    }
}
