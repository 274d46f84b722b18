//! 补充说明, 评价: what the reporter says afterwards.

use db::Tx;
use kernel::{Error, Result};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Change, Ground, callback::confer_next, optional, required};
use crate::modules::incidents::{
    model::{ALREADY_RATED, Action, Attention, NOT_TO_BE_RATED_YET, Reached, Satisfied, Solved, State},
    rules::second::{By, Cause, may_reopen},
    rules::spoken::Spoken,
    store::{self, Case, RatingRow},
    transitions::not_in_state,
};

/// What a reporter adds.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Remark {
    /// The words.
    pub text: String,
}

/// A reporter's answer to the three questions, asked apart.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rating {
    /// 有没有人联系过您？
    pub contacted: bool,
    /// 问题解决了吗？
    pub solved: Solved,
    /// 对处理结果满意吗？
    pub satisfied: Satisfied,
    /// Why not; asked when the answer is 不满意.
    #[serde(default)]
    pub reason: String,
}

/// A reporter adds to a case that is not finished.
pub async fn remark(tx: &mut Tx, mut change: Change<'_>, body: &Remark) -> Result<Case> {
    let words = text::redact(required("text", &body.text, 2_000)?).text;
    let state = change.case.state;
    if state == State::Archived {
        return Err(not_in_state(state, Action::Remark));
    }
    change.enter(Action::Remark, state).words = words;
    change.save(tx).await
}

/// A reporter rates the round that was solved, once.
pub async fn rate(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &Rating) -> Result<Case> {
    let state = change.case.state;
    if !matches!(state, State::Resolved | State::Verified | State::Closed) {
        return Err(Error::refused(NOT_TO_BE_RATED_YET));
    }
    let reason = text::redact(optional("reason", &body.reason, 1_000)?).text;
    let row = RatingRow {
        at: ground.now,
        round: change.case.round,
        asked_by: "reporter".into(),
        outcome: Reached::Reached.word().into(),
        contacted: Some(body.contacted),
        solved: Some(body.solved),
        satisfied: Some(body.satisfied),
        reason: Some(reason).filter(|r| !r.is_empty()),
    };
    if let Err(error) = store::rate(tx, fresh(ground), change.case.id, &row).await {
        let twice = db::unique_violation(&error) == Some("uq_incident_rating_reporter");
        return Err(if twice { Error::refused(ALREADY_RATED) } else { error });
    }
    change.enter(Action::Rate, state).say(Spoken::Rated {
        contacted: Some(body.contacted),
        solved: Some(body.solved),
        satisfied: Some(body.satisfied),
    });
    change.case.satisfied = Some(body.satisfied);
    // The desk looks at an answer that asks for second handling; the reporter may also open the case again.
    if Cause::of_answer(row.solved, row.satisfied).is_some() {
        match may_reopen(change.case.round, By::Reporter) {
            Ok(()) => change.attend(|_| true, &[Attention::Unsatisfied]),
            Err(_) => confer_next(&mut change),
        }
    }
    store::release(tx, change.case.id).await?;
    change.save(tx).await
}

/// The id of an answer.
pub fn fresh(ground: &Ground) -> Uuid {
    kernel::Id::<RatingRow>::new(ground.now).uuid()
}
