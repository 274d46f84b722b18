//! 退单: a unit gives its task back with a coded reason, once and on the same day; who sent it is told, and answers for it in the figures.

use db::{Conn, Json, Tx};
use kernel::{Actor, Error, Id, Permission, Result};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Change, Ground,
    dispatch::notice,
    escalate::is_handed_up,
    handle::{attach, own_task},
    optional,
    rulings::{end, refer},
};
use crate::modules::{
    access::{self, audit::Audit},
    catalogue::AccessClass,
    files::File,
    incidents::{
        clocks::Days,
        model::{Action, Attention, Reason, Role, State, Task, TaskState, attention_list},
        rules::returns::{
            BINDING, CENTRE_DECIDES, CYCLIC_RETURN, Counts, Details, OBJECTION_OPEN, RETURN_TOO_LATE, ReviewKind, ReviewState,
            cyclic, faults, goes_to_centre, leader, returnable, same_day,
        },
        rules::spoken::Spoken,
        store::{
            self, Case, TaskRow,
            returns::{AttemptRow, ReturnReason, ReturnRow, Sending},
        },
        transitions::not_in_state,
    },
    notices::{self, Notice},
    org::Unit,
};

/// The role that the district's centre dispatches with: it is told of what waits for a ruling.
pub(super) const CENTRE: &str = "district-dispatch";
/// The role that is told when a ruling is overdue.
pub(super) const SUPERVISOR: &str = "supervisor";

/// 退单.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendBack {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// The code of one of the district's reasons.
    pub reason: String,
    /// What else is to be said.
    #[serde(default)]
    pub words: String,
    /// What the return stands on: a clause, a border, a paper. It or a photograph is required by some reasons.
    #[serde(default)]
    pub basis: String,
    /// Photographs of what it stands on.
    #[serde(default)]
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub photo_ids: Vec<Id<File>>,
}

/// A reason for returning cases, as an administrator sets it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonForm {
    /// How people read it.
    pub words: String,
    /// Whether papers or photographs are required.
    #[serde(default)]
    pub evidence: bool,
    /// What an accepted return for it says about the dispatch.
    pub counts: Counts,
    /// Whether it may be chosen.
    pub active: bool,
    /// Where it stands in the list.
    #[serde(default)]
    pub position: i64,
}

/// Enters a reason or changes one. Returns that were made keep what they counted as.
pub async fn set_reason(tx: &mut Tx, now: kernel::Time, who: &Actor, code: &str, form: &ReasonForm) -> Result<ReturnReason> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !(2..=40).contains(&code.len()) || !code.chars().all(plain) {
        return Err(Error::invalid("code", "bad-code"));
    }
    let words = super::required("words", &form.words, 40)?.to_owned();
    let reason = ReturnReason { code: code.to_owned(), words, evidence: form.evidence, counts: form.counts, active: form.active };
    store::returns::put_reason(tx, form.position, &reason).await?;
    Audit::new("dispatch.reason", "return_reason", Uuid::nil())
        .with("code", code)
        .with("counts", form.counts.word())
        .with("active", form.active)
        .record(tx, now, who)
        .await?;
    Ok(reason)
}

/// What a case has behind it when it is handed on.
#[derive(Debug, Default)]
pub struct Trail {
    returned_by: Vec<Id<Unit>>,
    now_with: Option<Id<Unit>>,
    offered_to: Option<Id<Unit>>,
    held: bool,
    unsettled: Vec<(Id<Unit>, bool)>,
}

impl Trail {
    /// Reads the returns of a case, and its tasks when they matter.
    pub async fn of(conn: &mut Conn, change: &Change<'_>) -> Result<Self> {
        let returns = store::returns::returns(conn, change.case.id).await?;
        let led: Vec<&ReturnRow> = returns.iter().filter(|r| r.role == Role::Lead).collect();
        let now_with = if led.is_empty() { None } else { leader(&store::tasks(conn, change.case.id).await?).map(|t| t.unit_id) };
        Ok(Self {
            returned_by: led.iter().map(|r| r.unit_id).collect(),
            now_with,
            offered_to: None,
            held: returns.iter().any(|r| r.released_at.is_none()),
            unsettled: returns.iter().filter(|r| r.settled_at.is_none()).map(|r| (r.unit_id, faults(r.role, r.counts))).collect(),
        })
    }

    /// Whether the case has returned from this unit and been with another since.
    pub fn closes_circle(&self, to: Id<Unit>) -> bool {
        cyclic(&self.returned_by, self.now_with, to)
    }

    /// Whether a unit that returned the case still answers for it.
    pub const fn is_held(&self) -> bool {
        self.held
    }

    /// Says of each return that waits for it whether it was right, now that the case goes to this unit: of those that blamed the dispatch, the
    /// ones that are not accepted count no longer.
    pub async fn settle(&self, tx: &mut Tx, change: &mut Change<'_>, lead: Id<Unit>) -> Result<()> {
        if self.unsettled.is_empty() {
            return Ok(());
        }
        let not_accepted = self.unsettled.iter().filter(|(unit, faults)| *faults && *unit == lead).count() as i64;
        change.case.misrouted = (change.case.misrouted - not_accepted).max(0);
        store::returns::settle(tx, change.case.id, lead, change.now).await
    }

    /// Who loses a case that was offered and not taken on, when it goes to this unit.
    pub fn passed_over(&self, lead: Id<Unit>) -> Option<Id<Unit>> {
        self.offered_to.filter(|unit| *unit != lead)
    }
}

/// What waits for the centre is not decided over its head.
pub(super) fn undecided(change: &Change<'_>) -> Result<()> {
    let attention = attention_list(&change.case.attention);
    if attention.contains(&Attention::Objected) {
        return Err(Error::refused(OBJECTION_OPEN));
    }
    if attention.contains(&Attention::Centre) { Err(Error::refused(CENTRE_DECIDES)) } else { Ok(()) }
}

/// What a plain dispatch has to respect: an open review, a ruling that binds, and a return that asks for another unit.
pub(super) async fn before_dispatch(conn: &mut Conn, change: &Change<'_>, names_a_unit: bool) -> Result<Trail> {
    undecided(change)?;
    if attention_list(&change.case.attention).contains(&Attention::Returned) && !names_a_unit {
        return Err(Error::invalid("unit", "required-after-return"));
    }
    let mut offered_to = None;
    if change.case.state == State::Assigned {
        let tasks = store::tasks(conn, change.case.id).await?;
        let lead = leader(&tasks);
        if lead.is_some_and(|t| t.binding) {
            return Err(Error::refused(BINDING));
        }
        // A case that was handed up was not sent to the wrong unit.
        offered_to = lead.filter(|t| t.role == Role::Lead && !is_handed_up(&change.case)).map(|t| t.unit_id);
    }
    Ok(Trail { offered_to, ..Trail::of(conn, change).await? })
}

/// Whether this caller decides for the whole district.
pub(super) fn is_centre(ground: &Ground, actor: &Actor) -> bool {
    actor.scope(Permission("incident.rule")).holds(&ground.org.value.root().path)
}

/// A unit returns its task. Of a lead's the case comes back to the dispatcher, and the unit answers for it until the next takes it on;
/// the second return of a case goes to the centre. The handle clock runs on.
pub async fn send_back(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, id: Id<Task>, body: &SendBack) -> Result<Case> {
    let (mut task, _) = own_task(tx, &change, id, "task.return").await?;
    if !matches!(task.state, TaskState::Offered | TaskState::Accepted) {
        return Err(not_in_state(change.case.state, Action::SendBack));
    }
    if attention_list(&change.case.attention).contains(&Attention::Objected) {
        return Err(Error::refused(OBJECTION_OPEN));
    }
    let reason = reason(tx, body).await?;
    let earlier = store::returns::returns(tx, change.case.id).await?;
    let returned_by: Vec<Id<Unit>> = earlier.iter().map(|r| r.unit_id).collect();
    returnable(&task, &returned_by).map_err(Error::refused)?;
    let days = Days { calendar: ground.catalogue.value.calendar(), zone: change.app.zone };
    // What should never have gone down goes back in one key, whatever the day.
    if reason.counts != Counts::SentDown && !same_day(&days, task.offered_at, ground.now)? {
        return Err(Error::refused(RETURN_TOO_LATE));
    }
    let sent =
        store::returns::sending(tx, change.case.id, task.offered_at).await?.unwrap_or(Sending { n: 0, actor_id: Uuid::nil() });
    let led = earlier.iter().filter(|r| r.role == Role::Lead).count();
    let to_centre = task.role == Role::Lead && goes_to_centre(led);
    let waiting = attention_list(&change.case.attention).contains(&Attention::Centre);
    let review =
        if to_centre && !waiting { Some(refer(tx, ground, &change, ReviewKind::SecondReturn, &task, sent).await?) } else { None };
    task.state = TaskState::Returned;
    (task.yellow_at, task.red_at, task.words) = (None, None, Some(reason.words.clone()));
    enter(ground, &mut change, &task, &reason, body, review)?;
    let more = if to_centre { vec![Attention::Returned, Attention::Centre] } else { vec![Attention::Returned] };
    if task.role == Role::Lead {
        change.attend(|_| true, &more);
    }
    attach(tx, &mut change, &body.photo_ids, "evidence").await?;
    change.wind(ground)?;
    store::save_task(tx, &task).await?;
    store::returns::add_return(tx, &row(ground, &change, &task, &reason, sent)).await?;
    let case = change.save(tx).await?;
    let mut told = if sent.actor_id.is_nil() || to_centre { role(tx, ground, CENTRE, &case).await? } else { vec![] };
    told.extend((!sent.actor_id.is_nil()).then_some(sent.actor_id));
    tell(tx, ground, told, "task-returned", &case).await?;
    Ok(case)
}

async fn reason(tx: &mut Tx, body: &SendBack) -> Result<ReturnReason> {
    optional("words", &body.words, 500)?;
    optional("basis", &body.basis, 1_000)?;
    let found = store::returns::reason(tx, &body.reason).await?.filter(|r| r.active);
    let reason = found.ok_or_else(|| Error::invalid("reason", "unknown-word"))?;
    if reason.evidence {
        evidence(&body.basis, &body.photo_ids)?;
    }
    Ok(reason)
}

/// Something to stand on: words of a paper, or a photograph.
pub(super) fn evidence(basis: &str, photos: &[Id<File>]) -> Result<()> {
    if basis.trim().is_empty() && photos.is_empty() { Err(Error::invalid("basis", "evidence-required")) } else { Ok(()) }
}

fn enter(
    ground: &Ground,
    change: &mut Change<'_>,
    task: &TaskRow,
    reason: &ReturnReason,
    body: &SendBack,
    review: Option<crate::modules::incidents::rules::returns::Clock>,
) -> Result<()> {
    let unit = ground.org.value.unit(task.unit_id).map_or_else(String::new, |u| u.name.clone());
    let said = Spoken::Returned { unit, reason: reason.words.clone(), words: text::redact(body.words.trim()).text };
    let basis = text::redact(body.basis.trim()).text;
    let (unit, role, photos) = (task.unit_id, task.role, body.photo_ids.len());
    let counts = Some(reason.counts);
    let details = Details::SendBack { reason: reason.code.clone(), unit, role, counts, basis, photos, review };
    let state = change.case.state;
    // A helper that gives its part back does not move the case.
    let entry = if role == Role::Lead { change.act(Action::SendBack)? } else { change.enter(Action::SendBack, state) };
    entry.say(said);
    (entry.is_public, entry.details) = (false, details.stored());
    entry.reasons = Json(vec![Reason::new(&reason.code, reason.words.as_str())]);
    if review.is_some() {
        entry.reasons.0.push(Reason::said("second-return", Spoken::SecondReturn));
    }
    Ok(())
}

fn row(ground: &Ground, change: &Change<'_>, task: &TaskRow, reason: &ReturnReason, sent: Sending) -> ReturnRow {
    // A helper's return waits for nobody: the lead goes on.
    let at_once = (task.role == Role::Helper).then_some(ground.now);
    ReturnRow {
        id: Id::new(ground.now),
        incident_id: change.case.id,
        round: change.case.round,
        task_id: task.id,
        role: task.role,
        unit_id: task.unit_id,
        unit_path: task.unit_path.clone(),
        reason: reason.code.clone(),
        counts: reason.counts,
        at: ground.now,
        actor: change.actor.id,
        dispatch_n: sent.n,
        sender: sent.actor_id,
        accepted: None,
        settled_at: at_once,
        released_at: at_once,
    }
}

/// The lead has taken the case on: whoever returned it is free, and a review of who should lead has nothing left to decide. Answers who
/// had asked for it, like [`drop_review`].
pub(super) async fn taken_on(tx: &mut Tx, change: &mut Change<'_>, others: &[TaskRow]) -> Result<Vec<Uuid>> {
    if others.iter().any(|t| t.state == TaskState::Returned) {
        store::returns::release(tx, change.case.id, change.now).await?;
    }
    drop_review(tx, change, None).await
}

/// Ends the open review of a case, if there is one, without a ruling: the case has moved on, and `why` says how. Answers who had asked for
/// it, to be told when the case is saved.
pub(super) async fn drop_review(tx: &mut Tx, change: &mut Change<'_>, why: Option<Spoken>) -> Result<Vec<Uuid>> {
    let waits = |a: Attention| matches!(a, Attention::Objected | Attention::Centre);
    if !attention_list(&change.case.attention).into_iter().any(waits) {
        return Ok(vec![]);
    }
    let review = store::returns::open_review(tx, change.case.id).await?;
    if let Some(review) = &review {
        let why = why.map(|said| said.zh()).unwrap_or_default();
        end(tx, change, review, ReviewState::Withdrawn, &why).await?;
    }
    change.attend(|a| !waits(a), &[]);
    let asked = review.map(|r| r.actor);
    Ok(asked.into_iter().filter(|by| !by.is_nil() && *by != change.actor.id).collect())
}

/// Keeps that somebody tried to send a matter where the gate does not let it; the refusal is handed back.
pub(super) async fn attempted(
    tx: &mut Tx,
    ground: &Ground,
    change: &Change<'_>,
    unit: Id<Unit>,
    refused: Error,
) -> Result<Error> {
    let Error::Refused(code, _) = &refused else { return Ok(refused) };
    let case = &change.case;
    let attempt = AttemptRow {
        id: Id::new(ground.now),
        incident_id: case.id,
        at: ground.now,
        actor: change.actor.id,
        actor_name: change.actor.name.clone(),
        unit_id: unit,
        class: case.class.unwrap_or(AccessClass::Unlisted),
        code: code.0.to_owned(),
    };
    store::returns::add_attempt(tx, &attempt).await?;
    Audit::new("dispatch.refused", "incident", case.id.uuid())
        .under(&case.owner_path)
        .with("code", case.code.as_str())
        .with("refused", code.0)
        .with("unit", unit.to_string())
        .record(tx, ground.now, change.actor)
        .await?;
    Ok(refused)
}

/// Stops a circle: the case stays where it is, and the centre decides; the refusal is handed back.
pub(super) async fn stop_circle(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, to: Id<Unit>) -> Result<Error> {
    let unit = ground.org.value.unit(to).map_or("", |u| u.name.as_str());
    let tasks = store::tasks(tx, change.case.id).await?;
    let back = tasks.iter().rev().find(|t| t.unit_id == to).ok_or_else(|| Error::internal("a circle without its unit"))?;
    let sent = Sending { n: change.case.version, actor_id: change.actor.id };
    let clock = refer(tx, ground, &change, ReviewKind::Cycle, back, sent).await?;
    let state = change.case.state;
    let entry = change.enter(Action::Note, state);
    entry.say(Spoken::CircleStopped { unit: unit.to_owned() });
    entry.is_public = false;
    entry.reasons = Json(vec![Reason::said(CYCLIC_RETURN.0, Spoken::Circle)]);
    entry.details = serde_json::to_value(clock).ok();
    change.attend(|_| true, &[Attention::Centre]);
    let case = change.save(tx).await?;
    let told = role(tx, ground, CENTRE, &case).await?;
    tell(tx, ground, told, "ruling-wanted", &case).await?;
    Ok(circle(ground, to))
}

/// The case has returned from this unit and been with another since.
pub(super) fn circle(ground: &Ground, to: Id<Unit>) -> Error {
    Error::refused_with(CYCLIC_RETURN, "unit", ground.org.value.unit(to).map_or("", |u| u.name.as_str()))
}

/// The accounts that hold a role where the case belongs.
pub(super) async fn role(tx: &mut Tx, ground: &Ground, key: &str, case: &Case) -> Result<Vec<Uuid>> {
    access::store::accounts_with(tx, key, &case.owner_path, ground.now).await
}

/// Tells these accounts, each once.
pub(super) async fn tell(tx: &mut Tx, ground: &Ground, mut to: Vec<Uuid>, kind: &'static str, case: &Case) -> Result<()> {
    to.sort_unstable();
    to.dedup();
    let told: Vec<Notice> = to.into_iter().map(|to| notice(to, kind, case, false)).collect();
    notices::tell(tx, ground.now, &told).await
}
