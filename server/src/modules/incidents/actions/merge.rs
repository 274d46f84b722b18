//! 并案 and what follows from it: the surviving case answers for all, each reporter rates for himself, each order from above gets its
//! own answer, and a case that was merged wrongly comes back with its clock going on.

use db::{Conn, Json, Tx};
use kernel::{Error, Id, Result, Scope, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Change, Ground, Rating, Remark,
    dispatch::notice,
    emergency::heighten,
    follow_up::{self, fresh},
    optional, required,
    returns::{self, drop_review},
};
use crate::modules::{
    access,
    incidents::{
        clocks::Event,
        model::{
            ALREADY_RATED, Action, Incident, NOT_TO_BE_RATED_YET, Outcome, Reached, Reason, Satisfied, Solved, State, TaskState,
            attention_list,
        },
        rules::merge::{Carried, allowed, binding, own_round},
        rules::spoken::Spoken,
        store::{
            self, Case, Entry, RatingRow,
            merge::{Followed, ReplyRow},
        },
        transitions::{not_in_state, transition},
    },
    notices::{self, Notice},
};

/// 并案.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// The open case that goes on for both.
    #[schema(value_type = uuid::Uuid)]
    pub into: Id<Incident>,
}

/// 撤销并案.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Unmerge {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// Why they are not the same matter.
    pub reason: String,
}

/// Merges a case into another open one that the same scope holds: its tasks and its clock end, its people follow the survivor.
pub async fn merge(tx: &mut Tx, ground: &Ground, scope: &Scope, mut this: Change<'_>, body: &Merge) -> Result<Case> {
    transition(this.case.state, Action::Merge)?;
    let into = store::hold(tx, scope, body.into).await.map_err(|e| match e {
        Error::NotFound => Error::invalid("into", "unknown"),
        other => other,
    })?;
    let holds = !store::merge::merged(tx, this.case.id).await?.is_empty();
    allowed(&this.case, &into, holds)?;
    let mut survivor = Change::of(tx, this.app, this.actor, into, None).await?;
    let told = concerned(tx, &this).await?;
    store::withdraw(tx, this.case.id).await?;
    let asked = drop_review(tx, &mut this, Some(Spoken::ReviewMerged { code: survivor.case.code.clone() })).await?;
    go(&mut this, &survivor.case)?;
    absorb(&mut survivor, ground, &this.case)?;
    this.wind(ground)?;
    let shown = survivor.wind(ground)?;
    store::retime(tx, survivor.case.id, &shown).await?;
    let case = save_both(tx, this, survivor).await?;
    let notices: Vec<Notice> = told.into_iter().map(|to| notice(to, "case-merged", &case, false)).collect();
    notices::tell(tx, ground.now, &notices).await?;
    returns::tell(tx, ground, asked, "ruling-dropped", &case).await?;
    Ok(case)
}

/// Who had the case in hand or took it in, apart from whoever merges it.
async fn concerned(tx: &mut Tx, this: &Change<'_>) -> Result<Vec<Uuid>> {
    let open = TaskState::is_open;
    let tasks = store::tasks(tx, this.case.id).await?;
    let people: Vec<Uuid> = tasks.iter().filter(|t| open(t.state)).filter_map(|t| t.person_id).collect();
    let mut told = access::store::accounts_of(tx, &people).await?;
    told.extend(this.case.reported_by);
    told.retain(|to| *to != this.actor.id);
    Ok(told)
}

fn go(this: &mut Change<'_>, into: &Case) -> Result<()> {
    let attention = this.case.attention.clone();
    let carried = Carried::Merge { into: into.id, code: into.code.clone(), survivor_round: into.round, attention };
    let entry = this.act(Action::Merge)?;
    entry.say(Spoken::Merged);
    entry.details = carried.kept()?;
    entry.clock = Json(vec![Event::End]);
    let case = &mut this.case;
    (case.merged_into, case.result, case.closed_at) = (Some(into.id), Some(Outcome::Merged), Some(this.now));
    (case.lead_unit, case.lead_person) = (None, None);
    this.attend(|_| false, &[]);
    Ok(())
}

/// Takes the people of the other case in, its order's deadline and its urgency.
fn absorb(survivor: &mut Change<'_>, ground: &Ground, other: &Case) -> Result<()> {
    let (state, now) = (survivor.case.state, survivor.now);
    let due = other.upstream_due.filter(|_| other.upstream_no.is_some());
    let entry = survivor.enter(Action::Absorb, state);
    entry.say(Spoken::Absorbed { people: other.reporters });
    entry.details = Carried::Absorb { case: other.id, code: other.code.clone(), reporters: other.reporters }.kept()?;
    entry.clock = Json(due.map(|due| Event::Bind { order: other.id.uuid(), due: binding(due, now) }).into_iter().collect());
    survivor.case.reporters += other.reporters;
    if other.urgency > survivor.case.urgency {
        let said = Spoken::RaisedWith { from: survivor.case.urgency, to: other.urgency, code: other.code.clone() };
        heighten(survivor, ground, other.urgency, said)?;
    }
    Ok(())
}

/// Saves both; the caller holds them since before they were read.
async fn save_both(tx: &mut Tx, this: Change<'_>, survivor: Change<'_>) -> Result<Case> {
    survivor.save(tx).await?;
    this.save(tx).await
}

/// Gives a merged case back. Its clock was never started anew, so its deadline is the one it had; its followers go with it.
pub async fn unmerge(tx: &mut Tx, ground: &Ground, scope: &Scope, mut this: Change<'_>, body: &Unmerge) -> Result<Case> {
    transition(this.case.state, Action::Unmerge)?;
    let reason = text::redact(required("reason", &body.reason, 500)?).text;
    let into = this.case.merged_into.ok_or_else(|| not_in_state(this.case.state, Action::Unmerge))?;
    let survivor = store::hold(tx, scope, into).await?;
    if survivor.state == State::Archived {
        return Err(not_in_state(survivor.state, Action::Release));
    }
    let mut survivor = Change::of(tx, this.app, this.actor, survivor, None).await?;
    let before = store::merge::last_merge(tx, this.case.id).await?;
    let received = before.as_ref().is_some_and(|b| b.state_before == State::Received);
    // One that nobody had accepted waits to be accepted again; every other was opened, and its clock goes on.
    let entry = this.enter(Action::Unmerge, if received { State::Received } else { State::Accepted });
    entry.say(Spoken::Unmerged);
    entry.reasons = Json(vec![Reason::new("unmerge", reason)]);
    entry.clock = Json(if received { vec![] } else { vec![Event::Return] });
    (this.case.merged_into, this.case.result, this.case.closed_at) = (None, None, None);
    if let Some(Carried::Merge { attention, .. }) = Carried::of(before.and_then(|b| b.details).as_ref()) {
        this.attend(|_| false, &attention_list(&attention));
    }
    this.wind(ground)?;
    release(&mut survivor, &this.case)?;
    let shown = survivor.wind(ground)?;
    store::retime(tx, survivor.case.id, &shown).await?;
    save_both(tx, this, survivor).await
}

fn release(survivor: &mut Change<'_>, other: &Case) -> Result<()> {
    let state = survivor.case.state;
    let bound = other.upstream_no.is_some() && other.upstream_due.is_some();
    let entry = survivor.enter(Action::Release, state);
    entry.say(Spoken::Released { people: other.reporters });
    entry.details = Carried::Release { case: other.id, code: other.code.clone() }.kept()?;
    entry.clock = Json(if bound { vec![Event::Unbind { order: other.id.uuid() }] } else { vec![] });
    survivor.case.reporters = (survivor.case.reporters - other.reporters).max(1);
    Ok(())
}

/// What a result means for those who were merged into the case: whoever took a merged case in is told that it is solved, and each order
/// from above gets its answer when the result stands. Called with the entries of each change; without such cases it costs nothing.
pub async fn answered(tx: &mut Tx, now: Time, case: &Case, entries: &[Entry]) -> Result<()> {
    let entered = |s: State| entries.iter().any(|e| e.state_after == s && e.state_before != s);
    let (solved, stands) = (entered(State::Resolved), entered(State::Verified));
    if !(solved || stands) || (case.reporters < 2 && case.upstream_no.is_none()) {
        return Ok(());
    }
    let merged = if case.reporters < 2 { vec![] } else { store::merge::merged(tx, case.id).await? };
    if solved {
        let told = merged.iter().filter_map(|m| {
            let params = serde_json::json!({ "code": m.code, "state": case.state });
            m.reported_by.map(|to| Notice {
                to,
                kind: "case-resolved",
                object_kind: "incident",
                object: m.id.uuid(),
                params,
                urgent: false,
            })
        });
        notices::tell(tx, now, &told.collect::<Vec<_>>()).await?;
    }
    if stands {
        let own = case.upstream_no.as_ref().map(|number| (case.id, number, case.upstream_due));
        let orders = own.into_iter().chain(merged.iter().filter_map(|m| Some((m.id, m.upstream_no.as_ref()?, m.upstream_due))));
        let replies: Vec<(Uuid, ReplyRow)> = orders.map(|(id, number, due)| reply(now, case, id, number, due)).collect();
        store::merge::reply(tx, &replies).await?;
    }
    Ok(())
}

fn reply(now: Time, case: &Case, order: Id<Incident>, number: &str, due: Option<Time>) -> (Uuid, ReplyRow) {
    let row = ReplyRow {
        incident_id: order,
        solved_by: case.id,
        round: case.round,
        number: number.to_owned(),
        due_at: due,
        replied_at: now,
        result: case.result,
        reply: case.public_reply.clone(),
        on_time: due.is_none_or(|due| case.resolved_at.unwrap_or(now) <= due),
    };
    (Id::<ReplyRow>::new(now).uuid(), row)
}

/// What the holder of a link adds: it stands with the case that is worked on, and only he reads it beside the staff.
pub async fn remark(tx: &mut Tx, followed: &Followed, change: Change<'_>, body: &Remark) -> Result<Case> {
    let from = followed.follower.or(followed.survivor.as_ref().map(|_| followed.case.id.uuid()));
    let Some(from) = from else { return follow_up::remark(tx, change, body).await };
    let mut change = change;
    let words = text::redact(required("text", &body.text, 2_000)?).text;
    let state = change.case.state;
    let entry = change.enter(Action::Remark, state);
    entry.words = words;
    entry.details = Carried::Remark { from }.kept()?;
    change.save(tx).await
}

/// The round in which the holder of a link rates.
pub async fn rated_round(conn: &mut Conn, followed: &Followed) -> Result<i64> {
    let Some(survivor) = &followed.survivor else { return Ok(followed.case.round) };
    let step = store::merge::last_merge(conn, followed.case.id).await?;
    let then = match Carried::of(step.and_then(|s| s.details).as_ref()) {
        Some(Carried::Merge { survivor_round, .. }) => survivor_round,
        _ => survivor.round,
    };
    Ok(own_round(followed.case.round, survivor.round, then))
}

/// A neighbour, or the reporter of a merged case, rates for himself, once a round, when the case that is worked on is solved.
/// `change` is the case that was reported.
pub async fn rate(tx: &mut Tx, ground: &Ground, followed: &Followed, change: Change<'_>, body: &Rating) -> Result<Case> {
    if followed.follower.is_none() && followed.survivor.is_none() {
        return follow_up::rate(tx, ground, change, body).await;
    }
    let mut change = change;
    if !matches!(followed.shown().state, State::Resolved | State::Verified | State::Closed) {
        return Err(Error::refused(NOT_TO_BE_RATED_YET));
    }
    let reason = text::redact(optional("reason", &body.reason, 1_000)?).text;
    let row = RatingRow {
        at: ground.now,
        round: rated_round(tx, followed).await?,
        asked_by: "reporter".into(),
        outcome: Reached::Reached.word().into(),
        contacted: Some(body.contacted),
        solved: Some(body.solved),
        satisfied: Some(body.satisfied),
        reason: Some(reason).filter(|r| !r.is_empty()),
    };
    let entered = match followed.follower {
        Some(follower) => store::merge::rate_as(tx, fresh(ground), change.case.id, follower, &row).await,
        None => store::rate(tx, fresh(ground), change.case.id, &row).await,
    };
    if let Err(error) = entered {
        let twice = matches!(db::unique_violation(&error), Some("uq_incident_rating_reporter" | "uq_incident_rating_follower"));
        return Err(if twice { Error::refused(ALREADY_RATED) } else { error });
    }
    let state = change.case.state;
    let entry = change.enter(Action::Rate, state);
    entry.say(Spoken::Rated { contacted: Some(body.contacted), solved: Some(body.solved), satisfied: Some(body.satisfied) });
    match followed.follower {
        Some(from) => entry.details = Carried::Rate { from }.kept()?,
        None => change.case.satisfied = Some(body.satisfied),
    }
    change.save(tx).await
}

/// An order from above that a case answers for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Order {
    /// The case that it came with.
    #[schema(value_type = uuid::Uuid)]
    id: Id<Incident>,
    /// That case's number.
    code: String,
    /// The order's own number.
    number: String,
    /// The deadline that it brought.
    due: Option<Time>,
    /// The instant by which that binds the surviving case.
    binding: Option<Time>,
    /// Whether it came with a case that was merged into this one.
    merged: bool,
    /// What it was answered, the oldest first.
    replies: Vec<OrderReply>,
    /// What its own reporters said.
    ratings: Vec<OrderRating>,
}

/// An answer to an order.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = incidents::merge::OrderReply)]
pub struct OrderReply {
    at: Time,
    round: i64,
    result: Option<Outcome>,
    words: Option<String>,
    /// Whether the case was solved before the order's deadline.
    on_time: bool,
}

/// What a reporter of an order's case said.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderRating {
    at: Time,
    round: i64,
    asked_by: String,
    contacted: Option<bool>,
    solved: Option<Solved>,
    satisfied: Option<Satisfied>,
}

/// The orders from above that a case answers for: its own, and those that were merged into it.
pub async fn orders(conn: &mut Conn, case: &Case) -> Result<Vec<Order>> {
    let own = case.upstream_no.clone().map(|number| (case.id, case.code.clone(), number, case.upstream_due, false));
    let merged = store::merge::merged(conn, case.id).await?;
    let merged = merged.into_iter().filter_map(|m| Some((m.id, m.code, m.upstream_no?, m.upstream_due, true)));
    let orders: Vec<_> = own.into_iter().chain(merged).collect();
    let ids: Vec<Id<Incident>> = orders.iter().map(|o| o.0).collect();
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let replies = store::merge::replies(conn, &ids).await?;
    let ratings = store::merge::order_ratings(conn, &ids).await?;
    Ok(orders
        .into_iter()
        .map(|(id, code, number, due, merged)| Order {
            replies: replies.iter().filter(|r| r.incident_id == id).map(answer).collect(),
            ratings: ratings.iter().filter(|r| r.incident_id == id).map(rating).collect(),
            binding: due.map(|due| due.plus_minutes(-60)),
            id,
            code,
            number,
            due,
            merged,
        })
        .collect())
}

fn answer(r: &ReplyRow) -> OrderReply {
    OrderReply { at: r.replied_at, round: r.round, result: r.result, words: r.reply.clone(), on_time: r.on_time }
}

fn rating(r: &store::merge::OrderRating) -> OrderRating {
    OrderRating {
        at: r.at,
        round: r.round,
        asked_by: r.asked_by.clone(),
        contacted: r.contacted,
        solved: r.solved,
        satisfied: r.satisfied,
    }
}
