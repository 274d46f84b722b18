//! 阶段完成: a limit on the way is met, such as 停工 before 拆除.

use db::{Json, Tx};
use kernel::{Error, Id, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    Change, Ground,
    handle::{attach, own_task},
    optional,
};
use crate::modules::{
    files::File,
    incidents::{
        clocks::Event,
        model::{Action, NOT_YOUR_TASK, Role, Task, TaskState},
        rules::pauses::{Detail, NO_SUCH_STAGE},
        rules::spoken::Spoken,
        store::{self, Case},
        transitions::not_in_state,
    },
};

/// 阶段完成.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReachStage {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// The stage's name in the rule.
    pub stage: String,
    /// What was done; the reporter reads it.
    #[serde(default)]
    pub words: String,
    /// Photographs of it.
    #[serde(default)]
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub photo_ids: Vec<Id<File>>,
}

/// The lead marks a stage as reached: its clock ends, the others run on.
pub async fn reach_stage(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, id: Id<Task>, body: &ReachStage) -> Result<Case> {
    let (task, _) = own_task(tx, &change, id, "task.handle").await?;
    if task.role != Role::Lead {
        return Err(Error::refused(NOT_YOUR_TASK));
    }
    if task.state != TaskState::Accepted {
        return Err(not_in_state(change.case.state, Action::Stage));
    }
    let words = text::redact(optional("words", &body.words, 1_000)?).text;
    let stage = body.stage.trim().to_owned();
    if !change.stages(ground)?.contains(&stage) {
        return Err(Error::refused_with(NO_SUCH_STAGE, "stage", stage));
    }
    let entry = change.act(Action::Stage)?;
    entry.say(Spoken::StageDone { stage: stage.clone(), words });
    entry.details = Detail::Stage { stage: stage.clone() }.json()?;
    entry.clock = Json(vec![Event::Reach { stage }]);
    attach(tx, &mut change, &body.photo_ids, "progress").await?;
    let shown = change.wind(ground)?;
    let case = change.save(tx).await?;
    store::retime(tx, case.id, &shown).await?;
    Ok(case)
}
