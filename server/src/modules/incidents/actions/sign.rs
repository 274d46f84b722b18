//! 签发: the handler hands a result up, the chief signs it or hands it back. Until it is signed the clock goes on and the reporter reads nothing.

use db::{Json, Tx};
use kernel::{Error, Id, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    Change, Ground,
    handle::{Said, conclude, own_task},
    required,
    returns::tell,
};
use crate::modules::{
    access, files,
    incidents::{
        model::{Action, HANDLER_MAY_NOT_SIGN, Reason, Task, TaskState},
        rules::sign::{Details, SIGN_OFF, Unsigned},
        rules::spoken::Spoken,
        store::{self, Case, TaskRow},
        transitions::not_in_state,
    },
};

/// What signs.
const SIGN: &str = "task.sign";
/// What photographs of an unsigned result are kept as: the reporter does not see them yet.
pub(super) const UNSIGNED: &str = "unsigned";

/// 退回修改.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandBack {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// What is to be changed.
    pub words: String,
}

/// Whether the results of the task's unit are signed.
pub(super) fn wanted(change: &Change<'_>, ground: &Ground, task: &TaskRow) -> bool {
    let unit = ground.org.value.unit(task.unit_id);
    unit.is_some_and(|u| change.app.access.setting(&SIGN_OFF, ground.now).asks(&u.kind, &u.code))
}

/// 送签: the result waits with the task, and those who sign for the unit are told.
pub(super) async fn submit(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, mut task: TaskRow, said: Said) -> Result<Case> {
    let (by, by_name) = (change.actor.id, change.actor.name.clone());
    let details = Details::Submit { task: task.id.uuid(), result: said.result, reply: said.reply.clone() };
    let entry = change.act(Action::Submit)?;
    entry.is_public = false;
    (entry.words, entry.spoken) = (said.reply.clone(), said.spoken.clone().map(Json));
    entry.details = Some(serde_json::to_value(details).map_err(Error::internal)?);
    let draft = Unsigned { by, by_name, at: ground.now, result: said.result, reply: said.reply, spoken: said.spoken };
    task.state = TaskState::Signing;
    task.unsigned = Some(serde_json::to_value(draft).map_err(Error::internal)?);
    store::save_task(tx, &task).await?;
    let chiefs = chiefs(tx, &change, ground, &task).await?;
    let case = change.save(tx).await?;
    tell(tx, ground, chiefs.into_iter().filter(|to| *to != by).collect(), "result-unsigned", &case).await?;
    Ok(case)
}

/// The accounts that sign at the unit or above it.
async fn chiefs(tx: &mut Tx, change: &Change<'_>, ground: &Ground, task: &TaskRow) -> Result<Vec<uuid::Uuid>> {
    let roles = change.app.access.roles.get();
    let mut chiefs = vec![];
    for role in roles.value.values().filter(|r| r.permissions.iter().any(|p| p.0 == SIGN)) {
        chiefs.extend(access::store::accounts_with(tx, &role.key, &task.unit_path, ground.now).await?);
    }
    Ok(chiefs)
}

/// The task that waits for a signature of the caller, with what waits.
async fn waiting(tx: &mut Tx, change: &Change<'_>, id: Id<Task>, action: Action) -> Result<(TaskRow, Unsigned)> {
    let (mut task, _) = own_task(tx, change, id, SIGN).await?;
    let draft = task.unsigned.take().filter(|_| task.state == TaskState::Signing);
    let draft = draft.ok_or_else(|| not_in_state(change.case.state, action))?;
    let draft: Unsigned = serde_json::from_value(draft).map_err(Error::internal)?;
    if draft.by == change.actor.id {
        return Err(Error::refused(HANDLER_MAY_NOT_SIGN));
    }
    Ok((task, draft))
}

/// 签发: the result stands and the case is resolved, in the handler's name and by the chief's hand.
pub async fn sign(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, id: Id<Task>) -> Result<Case> {
    let (mut task, draft) = waiting(tx, &change, id, Action::Sign).await?;
    let (chief, name) = (change.actor.id, change.actor.name.clone());
    let entry = change.act(Action::Sign)?;
    entry.is_public = false;
    entry.reasons = Json(vec![Reason::said("signed", Spoken::Signed { by: draft.by_name.clone(), chief: name })]);
    let details = Details::Sign { task: task.id.uuid(), handled_by: draft.by };
    entry.details = Some(serde_json::to_value(details).map_err(Error::internal)?);
    task.signed_by = Some(chief);
    files::retitle(tx, "incident", change.case.id.uuid(), UNSIGNED, "after").await?;
    conclude(tx, ground, change, task, Said { result: draft.result, reply: draft.reply, spoken: draft.spoken }, draft.by).await
}

/// 退回修改: the handler goes on.
pub async fn hand_back(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, id: Id<Task>, body: &HandBack) -> Result<Case> {
    let (mut task, draft) = waiting(tx, &change, id, Action::HandBack).await?;
    let words = text::redact(required("words", &body.words, 1_000)?).text;
    let entry = change.act(Action::HandBack)?;
    (entry.words, entry.is_public) = (words, false);
    let details = Details::HandBack { task: task.id.uuid(), handled_by: draft.by };
    entry.details = Some(serde_json::to_value(details).map_err(Error::internal)?);
    task.state = TaskState::Accepted;
    store::save_task(tx, &task).await?;
    let case = change.save(tx).await?;
    tell(tx, ground, vec![draft.by], "result-handed-back", &case).await?;
    Ok(case)
}
