//! 补充说明, 评价, 回访: what the reporter says afterwards.

use db::Tx;
use kernel::{Error, Result};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Change, Ground, optional, required};
use crate::modules::incidents::{
    model::{ALREADY_RATED, Action, NOT_TO_BE_RATED_YET, Reached, Satisfied, Solved, State},
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

/// A call-back attempt. Without contact there are no answers, and it counts apart.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Callback {
    /// How the call went.
    pub outcome: Reached,
    /// 有没有人联系过您？
    #[serde(default)]
    pub contacted: Option<bool>,
    /// 问题解决了吗？
    #[serde(default)]
    pub solved: Option<Solved>,
    /// 对处理结果满意吗？
    #[serde(default)]
    pub satisfied: Option<Satisfied>,
    /// Why not.
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
    change.enter(Action::Rate, state).words = words(Some(body.contacted), Some(body.solved), Some(body.satisfied));
    change.case.satisfied = Some(body.satisfied);
    change.save(tx).await
}

/// A call-back attempt is kept whether somebody answered or not.
pub async fn callback(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &Callback) -> Result<Case> {
    let reached = body.outcome == Reached::Reached;
    if reached && (body.contacted.is_none() || body.solved.is_none() || body.satisfied.is_none()) {
        let missing =
            [("contacted", body.contacted.is_none()), ("solved", body.solved.is_none()), ("satisfied", body.satisfied.is_none())];
        let fields = missing.into_iter().filter(|(_, m)| *m).map(|(f, _)| kernel::FieldError::new(f, "required")).collect();
        return Err(Error::Invalid(fields));
    }
    let reason = text::redact(optional("reason", &body.reason, 1_000)?).text;
    let row = RatingRow {
        at: ground.now,
        round: change.case.round,
        asked_by: "callback".into(),
        outcome: body.outcome.word().into(),
        contacted: body.contacted.filter(|_| reached),
        solved: body.solved.filter(|_| reached),
        satisfied: body.satisfied.filter(|_| reached),
        reason: Some(reason).filter(|r| !r.is_empty()),
    };
    store::rate(tx, fresh(ground), change.case.id, &row).await?;
    let entry = change.act(Action::Callback)?;
    entry.is_public = false;
    entry.words = if reached { words(row.contacted, row.solved, row.satisfied) } else { reached_words(body.outcome).into() };
    if reached {
        change.case.satisfied = body.satisfied;
    }
    change.save(tx).await
}

pub(super) fn fresh(ground: &Ground) -> Uuid {
    kernel::Id::<RatingRow>::new(ground.now).uuid()
}

pub(super) fn words(contacted: Option<bool>, solved: Option<Solved>, satisfied: Option<Satisfied>) -> String {
    let contacted = contacted.map(|c| if c { "已联系" } else { "未联系" });
    let solved = solved.map(|s| match s {
        Solved::Yes => "解决",
        Solved::Partly => "部分解决",
        Solved::No => "没解决",
    });
    let satisfied = satisfied.map(|s| match s {
        Satisfied::Yes => "满意",
        Satisfied::Mostly => "基本满意",
        Satisfied::No => "不满意",
        Satisfied::None => "不作评价",
    });
    [contacted, solved, satisfied].into_iter().flatten().collect::<Vec<_>>().join("，")
}

const fn reached_words(outcome: Reached) -> &'static str {
    match outcome {
        Reached::Reached => "接通",
        Reached::NoAnswer => "未接通",
        Reached::DeadNumber => "停机空号",
        Reached::Refused => "拒答",
        Reached::NotTheReporter => "非本人",
    }
}
