//! 接单, 备注, 办结.

use db::{Conn, Json, Tx};
use kernel::{Error, Id, Result, Time};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Change, Ground, dispatch::notice, optional, required, returns, review, second, sign};
use crate::modules::{
    files::{self, File},
    incidents::{
        clocks::Event,
        model::{Action, Attention, HELPERS_OPEN, NOT_YOUR_TASK, Outcome, Role, State, Task, TaskState},
        rules::spoken::Spoken,
        store::{self, Case, TaskRow},
        transitions::not_in_state,
    },
    notices,
};

/// 办结 of a task.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// How it ended; for the lead.
    #[serde(default)]
    pub result: Option<Outcome>,
    /// What the reporter reads; required of the lead.
    #[serde(default)]
    pub public_reply: String,
    /// For colleagues.
    #[serde(default)]
    pub note: String,
    /// Photographs of the result.
    #[serde(default)]
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub photo_ids: Vec<Id<File>>,
    /// When a planned solution will come; required with the result 列入计划.
    #[serde(default)]
    pub planned_for: Option<Time>,
}

/// 备注.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// What to note.
    pub text: String,
    /// Photographs.
    #[serde(default)]
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub photo_ids: Vec<Id<File>>,
    /// Whether the reporter reads it.
    #[serde(default)]
    pub public: bool,
    /// Whether the photographs show the place before anything was done.
    #[serde(default)]
    pub before: bool,
}

/// The task of a case, for somebody whose scope and post it fits, and the other tasks.
pub(super) async fn own_task(
    conn: &mut Conn,
    change: &Change<'_>,
    id: Id<Task>,
    permission: &'static str,
) -> Result<(TaskRow, Vec<TaskRow>)> {
    let tasks = store::tasks(conn, change.case.id).await?;
    own_of(conn, change, tasks, id, permission).await
}

/// The same among the tasks of the case.
pub(super) async fn own_of(
    conn: &mut Conn,
    change: &Change<'_>,
    tasks: Vec<TaskRow>,
    id: Id<Task>,
    permission: &'static str,
) -> Result<(TaskRow, Vec<TaskRow>)> {
    let (mut mine, others): (Vec<TaskRow>, Vec<TaskRow>) = tasks.into_iter().partition(|t| t.id == id);
    let task = mine.pop().ok_or(Error::NotFound)?;
    let reach = change.actor.scope(kernel::Permission(permission));
    // Somebody else's task within the own unit may be taken over; a task of another unit may not.
    if !reach.holds(&task.unit_path) {
        return Err(Error::refused(NOT_YOUR_TASK));
    }
    if task.role == Role::Lead {
        second::may_handle(conn, change, &task).await?;
    }
    Ok((task, others))
}

/// 接单: who takes the lead's task on starts the work.
pub async fn take_on(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, id: Id<Task>) -> Result<Case> {
    let (mut task, others) = own_task(tx, &change, id, "task.handle").await?;
    if task.state != TaskState::Offered {
        return Err(not_in_state(change.case.state, Action::TakeOn));
    }
    task.state = TaskState::Accepted;
    task.accepted_at = Some(ground.now);
    task.person_id = change.actor.person.or(task.person_id);
    let lead = task.role == Role::Lead;
    let mut asked = vec![];
    if lead {
        let unit = task.unit_id;
        let entry = change.act(Action::TakeOn)?;
        entry.clock = Json(vec![Event::TakeOn]);
        (change.case.lead_unit, change.case.lead_person) = (Some(unit), task.person_id);
        asked = returns::taken_on(tx, &mut change, &others).await?;
    } else {
        // A helper who starts does not move the case.
        let state = change.case.state;
        change.enter(Action::TakeOn, state).is_public = false;
    }
    let shown = change.wind(ground)?;
    (task.accept_by, task.due_at, task.yellow_at, task.red_at) = (None, shown.due_at, shown.yellow_at, shown.red_at);
    store::save_task(tx, &task).await?;
    let case = change.save(tx).await?;
    returns::tell(tx, ground, asked, "ruling-dropped", &case).await?;
    Ok(case)
}

/// 办结: done of a helper closes the helper's part, done of the lead resolves the case, or hands the result up where the unit signs.
pub async fn done(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, id: Id<Task>, body: &Done) -> Result<Case> {
    let (task, others) = own_task(tx, &change, id, "task.handle").await?;
    if task.state != TaskState::Accepted {
        return Err(not_in_state(change.case.state, if task.role == Role::Lead { Action::Resolve } else { Action::Assist }));
    }
    let note = text::redact(optional("note", &body.note, 2_000)?).text;
    if task.role == Role::Helper {
        return assist(tx, ground, change, task, note, &body.photo_ids).await;
    }
    let helpers_open = others.iter().any(|t| matches!(t.state, TaskState::Accepted) && t.round == task.round);
    if helpers_open {
        return Err(Error::refused(HELPERS_OPEN));
    }
    let said = Said::of(&change, body)?;
    shown(tx, &change, ground, &body.photo_ids).await?;
    if !note.is_empty() {
        let entry = change.act(Action::Note)?;
        (entry.words, entry.is_public) = (note, false);
    }
    if sign::wanted(&change, ground, &task) {
        attach(tx, &mut change, &body.photo_ids, sign::UNSIGNED).await?;
        return sign::submit(tx, ground, change, task, said).await;
    }
    attach(tx, &mut change, &body.photo_ids, "after").await?;
    let handler = change.actor.id;
    conclude(tx, ground, change, task, said, handler).await
}

/// That the result has a photograph where one must be shown; one that was handed back keeps those that came with it.
async fn shown(tx: &mut Tx, change: &Change<'_>, ground: &Ground, photos: &[Id<File>]) -> Result<()> {
    let case = &change.case;
    if !photos.is_empty() || ground.photo_until(change.app, case.matter_id, case.urgency).is_none() {
        return Ok(());
    }
    let kept = files::of(tx, "incident", case.id.uuid()).await?;
    if kept.iter().any(|p| p.purpose.as_deref() == Some(sign::UNSIGNED)) {
        return Ok(());
    }
    Err(Error::invalid("photo_ids", PHOTO_REQUIRED))
}

/// The code beside a field of photographs that must not be empty.
pub(super) const PHOTO_REQUIRED: &str = "photo-required";

/// 协办完成: the helper's part is over, the case goes on.
async fn assist(
    tx: &mut Tx,
    ground: &Ground,
    mut change: Change<'_>,
    mut task: TaskRow,
    note: String,
    photos: &[Id<File>],
) -> Result<Case> {
    change.act(Action::Assist)?.words.clone_from(&note);
    task.words = Some(note);
    end(&mut task, ground.now, change.actor.id);
    attach(tx, &mut change, photos, "after").await?;
    store::save_task(tx, &task).await?;
    change.wind(ground)?;
    change.save(tx).await
}

fn end(task: &mut TaskRow, now: Time, by: uuid::Uuid) {
    task.state = TaskState::Done;
    task.done_at = Some(now);
    task.done_by = Some(by);
    (task.yellow_at, task.red_at) = (None, None);
}

/// What the lead says of the end.
pub(super) struct Said {
    /// How it ended.
    pub result: Outcome,
    /// What the reporter reads, redacted.
    pub reply: String,
    /// The same where the program says when it will be done.
    pub spoken: Option<Spoken>,
}

impl Said {
    fn of(change: &Change<'_>, body: &Done) -> Result<Self> {
        let result = body.result.ok_or_else(|| Error::invalid("result", "required"))?;
        let reply = text::redact(required("public_reply", &body.public_reply, 1_000)?).text;
        let spoken = match (result, body.planned_for) {
            (Outcome::Planned, None) => return Err(Error::invalid("planned_for", "required")),
            (Outcome::Planned, Some(day)) => {
                Some(Spoken::Planned { words: reply.clone(), by: change.app.zone.date(day).to_string() })
            }
            _ => None,
        };
        Ok(Self { result, reply: spoken.as_ref().map_or(reply, Spoken::zh), spoken })
    }
}

/// The lead's result stands: the task ends, the case is resolved, and whoever took the report in is told.
pub(super) async fn conclude(
    tx: &mut Tx,
    ground: &Ground,
    mut change: Change<'_>,
    mut task: TaskRow,
    Said { result, reply, spoken }: Said,
    handler: uuid::Uuid,
) -> Result<Case> {
    end(&mut task, ground.now, handler);
    let entry = change.act(Action::Resolve)?;
    (entry.words, entry.spoken) = (reply.clone(), spoken.map(Json));
    entry.clock = Json(vec![Event::Resolve]);
    (task.result, task.words) = (Some(result), Some(reply.clone()));
    (change.case.result, change.case.public_reply) = (Some(result), Some(reply));
    (change.case.handler, change.case.resolved_at) = (Some(handler), Some(change.now));
    store::save_task(tx, &task).await?;
    // Helpers who never started have nothing left to do.
    store::withdraw(tx, change.case.id).await?;
    change.attend(|a| a != Attention::Escalated, &[]);
    // A circle that was stopped while somebody was at work has nothing left to rule on.
    let asked = returns::drop_review(tx, &mut change, Some(Spoken::ReviewResolved)).await?;
    review::pass_unverified(&mut change)?;
    change.wind(ground)?;
    let told = change.case.reported_by.filter(|to| *to != change.actor.id);
    let case = change.save(tx).await?;
    if let Some(to) = told {
        notices::tell(tx, ground.now, &[notice(to, "case-resolved", &case, false)]).await?;
    }
    returns::tell(tx, ground, asked, "ruling-dropped", &case).await?;
    Ok(case)
}

/// Claims uploaded photographs for the case.
pub async fn attach(tx: &mut Tx, change: &mut Change<'_>, photos: &[Id<File>], purpose: &str) -> Result<()> {
    if photos.is_empty() {
        return Ok(());
    }
    files::attach(tx, change.actor, photos, "incident", change.case.id.uuid(), purpose).await?;
    change.case.photos += photos.len() as i64;
    Ok(())
}

/// 备注: for colleagues, or for the reporter when it is public.
pub async fn note(tx: &mut Tx, mut change: Change<'_>, body: &Note) -> Result<Case> {
    let words = text::redact(required("text", &body.text, 2_000)?).text;
    let state: State = change.case.state;
    let entry = change.act(Action::Note)?;
    (entry.words, entry.is_public) = (words, body.public);
    debug_assert_eq!(change.case.state, state, "a note never moves a case");
    attach(tx, &mut change, &body.photo_ids, if body.before { "before" } else { "progress" }).await?;
    change.save(tx).await
}
