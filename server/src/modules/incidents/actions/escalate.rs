//! 升级: a case goes to the desk above.
//!
//! 首接负责: the desk above owns the case at once, but who received it first keeps the task, its clock and the right to finish it until the
//! desk above accepts the hand-over by dispatching the case — to itself, to a department, or back with a reason (rules of the field, 3b).
//! No clock starts again. While the desk above owns it, desks below can no longer dispatch it.

use db::{Json, Tx};
use kernel::{Error, Id, Permission, Result, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Change, Ground,
    handle::own_task,
    required,
    returns::{self, drop_review},
    told,
};
use crate::modules::{
    catalogue::Urgency,
    incidents::{
        model::{AT_THE_TOP, Action, Attention, NOT_YOUR_CASE, Reason, Task, TaskState, attention_list},
        rules::spoken::Spoken,
        store::Case,
        transitions::not_in_state,
    },
    notices::{self, Notice},
    org::{Directory, Unit},
};

/// 升级 by hand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Escalate {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// Why it cannot be solved here.
    pub reason: String,
    /// The kind of the unit that it should go to, such as `street`; without it, the next desk above.
    #[serde(default)]
    pub to: Option<String>,
}

/// What is kept with the step.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
struct Details<'a> {
    kind: &'static str,
    from: Id<Unit>,
    to: Id<Unit>,
    /// The task that it was escalated from.
    task: Option<Id<Task>>,
    /// The stage of the ladder that escalated it.
    stage: Option<&'a str>,
}

/// The desk hands its case up.
pub async fn escalate(tx: &mut Tx, ground: &Ground, change: Change<'_>, body: &Escalate) -> Result<Case> {
    let owner = change.case.owner_id;
    held_by(ground, &change, Permission("incident.escalate"))?;
    let to = desk_above(&ground.org.value, owner, body.to.as_deref(), ground.now)?;
    let reason = text::redact(required("reason", &body.reason, 500)?).text;
    let details = Details { kind: "escalate", from: owner, to: to.id, task: None, stage: None };
    hand_up(tx, ground, change, to, Reason::new("by-hand", reason), &details).await
}

/// Somebody hands the case of an own task up.
pub async fn escalate_task(tx: &mut Tx, ground: &Ground, change: Change<'_>, task: Id<Task>, body: &Escalate) -> Result<Case> {
    let (task, _) = own_task(tx, &change, task, "task.escalate").await?;
    if !matches!(task.state, TaskState::Offered | TaskState::Accepted) {
        return Err(not_in_state(change.case.state, Action::Escalate));
    }
    let to = desk_above(&ground.org.value, task.unit_id, body.to.as_deref(), ground.now)?;
    let to = not_below(ground, &change, to)?;
    let reason = text::redact(required("reason", &body.reason, 500)?).text;
    let details = Details { kind: "escalate", from: task.unit_id, to: to.id, task: Some(task.id), stage: None };
    hand_up(tx, ground, change, to, Reason::new("by-hand", reason), &details).await
}

/// The ladder hands a case up that nobody took on; nothing happens when it was handed up already or nobody stands above.
pub async fn by_rule(tx: &mut Tx, ground: &Ground, change: Change<'_>, stage: &str) -> Result<()> {
    let from = change.case.lead_unit.unwrap_or(change.case.owner_id);
    let above = desk_above(&ground.org.value, from, None, ground.now).and_then(|to| not_below(ground, &change, to));
    let Ok(to) = above else { return Ok(()) };
    let details = Details { kind: "escalate", from, to: to.id, task: None, stage: Some(stage) };
    hand_up(tx, ground, change, to, Reason::said("rule", Spoken::NotTakenOn), &details).await.map(|_| ())
}

/// Whether a case waits for the desk above to accept it.
pub fn is_handed_up(case: &Case) -> bool {
    attention_list(&case.attention).contains(&Attention::Escalated)
}

/// A case that a desk above owns is not for those below to send out or hand up.
pub fn held_by(ground: &Ground, change: &Change<'_>, permission: Permission) -> Result<()> {
    let directory = &ground.org.value;
    let case = &change.case;
    let Some(owner) = directory.unit(case.owner_id) else { return Ok(()) };
    let at_place = directory.desk_of_path(&case.owner_path, ground.now).id == owner.id;
    if at_place || change.actor.scope(permission).holds(&owner.path) { Ok(()) } else { Err(Error::refused(NOT_YOUR_CASE)) }
}

/// The next desk above a unit, or the nearest of a kind; one of that kind without a desk gives it to the next above.
fn desk_above<'d>(directory: &'d Directory, from: Id<Unit>, kind: Option<&str>, at: Time) -> Result<&'d Unit> {
    let above: Vec<&Unit> = directory.ancestors(from, at).into_iter().filter(|u| u.id != from).collect();
    let start = match kind.map(str::trim).filter(|k| !k.is_empty()) {
        None => 0,
        Some(kind) => above
            .iter()
            .position(|u| u.at(at).is_some_and(|s| s.kind == kind))
            .ok_or_else(|| Error::invalid("to", "no-such-tier"))?,
    };
    above[start.min(above.len())..].iter().find(|u| directory.has_desk(u, at)).copied().ok_or(Error::refused(AT_THE_TOP))
}

/// Never down: a case that was handed up already goes to the desk above its owner.
fn not_below<'d>(ground: &'d Ground, change: &Change<'_>, to: &'d Unit) -> Result<&'d Unit> {
    let directory = &ground.org.value;
    let Some(owner) = directory.unit(change.case.owner_id) else { return Ok(to) };
    let above_already = owner.path.len() < to.path.len() || (owner.id == to.id && is_handed_up(&change.case));
    if above_already { desk_above(directory, owner.id, None, ground.now) } else { Ok(to) }
}

async fn hand_up(
    tx: &mut Tx,
    ground: &Ground,
    mut change: Change<'_>,
    to: &Unit,
    reason: Reason,
    details: &Details<'_>,
) -> Result<Case> {
    let entry = change.act(Action::Escalate)?;
    entry.say(Spoken::HandedUp { unit: to.name.clone() });
    entry.reasons = Json(vec![reason]);
    entry.details = serde_json::to_value(details).ok();
    change.case.owner_id = to.id;
    // The desk above decides now who leads: nothing is left to rule on below it.
    let asked = drop_review(tx, &mut change, Some(Spoken::ReviewHandedUp { unit: to.name.clone() })).await?;
    change.attend(|a| a != Attention::Escalated, &[Attention::Escalated]);
    change.wind(ground)?;
    let accounts = told::accounts(tx, ground.now, &[told::desk(ground, to.id)]).await?.concat();
    let case = change.save(tx).await?;
    let params = serde_json::json!({ "code": case.code, "unit": to.name });
    let (object, urgent) = (case.id.uuid(), case.urgency == Urgency::Emergency);
    let notice = |to| Notice { to, kind: "case-escalated", object_kind: "incident", object, params: params.clone(), urgent };
    notices::tell(tx, ground.now, &accounts.into_iter().map(notice).collect::<Vec<_>>()).await?;
    returns::tell(tx, ground, asked, "ruling-dropped", &case).await?;
    Ok(case)
}
