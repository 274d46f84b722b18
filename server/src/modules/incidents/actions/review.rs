//! 核实 by somebody other than the handler, and 结案.

use db::{Json, Tx};
use kernel::{Error, Id, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Change, Ground, emergency, handle::attach, optional, required, second};
use crate::modules::{
    catalogue::Urgency,
    files::File,
    incidents::{
        clocks::{Event, Instants},
        model::{Action, Attention, HANDLER_MAY_NOT_VERIFY, Reason, Role, State, TaskState, verification_due},
        rules::{emergency::may_close, spoken::Spoken},
        store::{self, Case, TaskRow},
        transitions::transition,
    },
};

/// 核实.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// Whether the result stands.
    pub passed: bool,
    /// What was found; required when it does not stand.
    #[serde(default)]
    pub words: String,
    /// Photographs of what was found.
    #[serde(default)]
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub photo_ids: Vec<Id<File>>,
}

/// A result that the catalogue's rule does not send to verification passes and the case is closed, both in the system's name.
pub fn pass_unverified(change: &mut Change<'_>) -> Result<()> {
    let Some(Json(rule)) = &change.case.rule else { return Ok(()) };
    // A second handling is always looked at by a person.
    if change.case.round > 1 || verification_due(rule.verify, change.case.id) {
        return Ok(());
    }
    let why = Reason::said("verify-not-due", Spoken::VerifyNotDue);
    let entry = change.act(Action::Verify)?;
    entry.reasons = Json(vec![why.clone()]);
    as_system(entry);
    // An emergency waits for its final bulletin.
    if change.case.urgency == Urgency::Emergency {
        return Ok(());
    }
    let entry = change.act(Action::Close)?;
    entry.reasons = Json(vec![why]);
    as_system(entry);
    change.case.closed_at = Some(change.now);
    Ok(())
}

pub(super) fn as_system(entry: &mut store::Entry) {
    entry.actor_kind = "system".into();
    entry.actor_id = uuid::Uuid::nil();
    entry.actor_name = String::new();
}

/// Somebody else looks whether the result stands. When it does not, the lead goes on with the time that was left; what was solved on the spot
/// has no lead, and waits for the desk to send it out.
pub async fn verify(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &Verify) -> Result<Case> {
    if change.case.handler == Some(change.actor.id) {
        return Err(Error::refused(HANDLER_MAY_NOT_VERIFY));
    }
    second::may_verify(tx, &change).await?;
    let words = if body.passed { optional("words", &body.words, 1_000)? } else { required("words", &body.words, 1_000)? };
    let words = text::redact(words).text;
    let lead = if body.passed { None } else { done(tx, &change).await? };
    let action = if body.passed { Action::Verify } else { Action::Return };
    let on_the_spot = !body.passed && lead.is_none();
    let to = transition(change.case.state, action)?.to;
    let entry = change.enter(action, if on_the_spot { State::Accepted } else { to });
    entry.words = words;
    if !body.passed {
        entry.clock = Json(vec![Event::Return]);
        (change.case.resolved_at, change.case.result, change.case.public_reply) = (None, None, None);
    }
    if on_the_spot {
        change.attend(|_| true, &[Attention::CheckFailed]);
    }
    attach(tx, &mut change, &body.photo_ids, "verify").await?;
    let shown = change.wind(ground)?;
    if let Some(lead) = lead {
        resume(tx, lead, &shown).await?;
    }
    change.save(tx).await
}

/// The task by which the case was solved; none when it was solved on the spot.
async fn done(tx: &mut Tx, change: &Change<'_>) -> Result<Option<TaskRow>> {
    let tasks = store::tasks(tx, change.case.id).await?;
    Ok(tasks.into_iter().rev().find(|t| t.role == Role::Lead && t.state == TaskState::Done))
}

async fn resume(tx: &mut Tx, mut lead: TaskRow, shown: &Instants) -> Result<()> {
    lead.state = TaskState::Accepted;
    (lead.done_at, lead.done_by, lead.result) = (None, None, None);
    (lead.due_at, lead.yellow_at, lead.red_at) = (shown.due_at, shown.yellow_at, shown.red_at);
    store::save_task(tx, &lead).await
}

/// 结案.
pub async fn close(tx: &mut Tx, ground: &Ground, mut change: Change<'_>) -> Result<Case> {
    may_close(change.case.urgency, emergency::reported(tx, &change.case).await?).map_err(Error::refused)?;
    change.act(Action::Close)?;
    debug_assert_eq!(change.case.state, State::Closed, "the table says so");
    change.case.closed_at = Some(ground.now);
    change.attend(|_| false, &[]);
    change.save(tx).await
}
