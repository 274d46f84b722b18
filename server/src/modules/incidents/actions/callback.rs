//! 回访: the queue, claiming a call, dialling, and what the reporter answered.

use std::collections::HashMap;

use db::{Conn, Tx};
use kernel::{Actor, Cursor, Error, Id, Permission, Result, Scope, Time, Zone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Change, Ground, follow_up::fresh, look::REPORTER_PHONE, optional, second};
use crate::{
    app::App,
    modules::{
        access::{
            audit::Audit,
            private::{self, Revealed},
        },
        incidents::{
            clocks::Days,
            model::{Action, Attention, Incident, Reached, Reason, Satisfied, Solved},
            rules::{
                callback::{CALLBACK, CALLED_BY_OTHER, CLAIM_FIRST, NOT_TO_BE_CALLED},
                second::{By, Cause, REOPENED_TWICE, may_reopen},
                spoken::Spoken,
            },
            store::{self, Attempt, Case, RatingRow, Waiting},
        },
    },
};

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

/// What a number is dialled for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dial {
    /// What for; kept in the audit record.
    pub purpose: String,
}

/// A call that is the caller's for a while.
#[derive(Debug, Serialize, ToSchema)]
pub struct Claimed {
    /// The case.
    #[schema(value_type = uuid::Uuid)]
    pub id: Id<Incident>,
    /// Until when nobody else rings.
    pub until: Time,
    /// How often it was tried in this round.
    pub attempts: usize,
}

/// A page of the queue with what was tried in the round that is asked about.
pub async fn queue(conn: &mut Conn, scope: &Scope, cursor: Option<Cursor>, limit: i64) -> Result<Vec<(Waiting, Vec<Attempt>)>> {
    let waiting = store::queue(conn, scope, cursor, limit).await?;
    let ids: Vec<Id<Incident>> = waiting.iter().map(|w| w.id).collect();
    let mut tried: HashMap<Id<Incident>, Vec<Attempt>> = HashMap::new();
    for attempt in store::attempts(conn, &ids).await? {
        tried.entry(attempt.incident_id).or_default().push(attempt);
    }
    let mut of = |w: &Waiting| {
        let all = tried.remove(&w.id).unwrap_or_default();
        all.into_iter().filter(|a| a.round == w.round).collect()
    };
    Ok(waiting
        .into_iter()
        .map(|w| {
            let tried = of(&w);
            (w, tried)
        })
        .collect())
}

/// The attempts of the present round.
async fn tried(conn: &mut Conn, case: &Case) -> Result<Vec<Time>> {
    let all = store::attempts(conn, &[case.id]).await?;
    Ok(all.into_iter().filter(|a| a.round == case.round).map(|a| a.at).collect())
}

/// The days by which the distance of attempts counts.
pub fn today(ground: &Ground, zone: Zone) -> Days<'_> {
    Days { calendar: ground.catalogue.value.calendar(), zone }
}

/// Takes a call, so that nobody else rings the same person meanwhile.
pub async fn claim(tx: &mut Tx, app: &App, who: &Actor, scope: &Scope, id: Id<Incident>) -> Result<Claimed> {
    let ground = Ground::of(app);
    let now = ground.now;
    let practice = app.access.setting(&CALLBACK, now);
    let case = store::hold(tx, scope, id).await?;
    if case.call_at.is_none() {
        return Err(Error::refused(NOT_TO_BE_CALLED));
    }
    let tried = tried(tx, &case).await?;
    practice.may_try(&today(&ground, app.zone), &tried, now)?;
    let until = now.plus_minutes(practice.lease_minutes);
    if !store::claim(tx, id, who.id, now, until).await? {
        return Err(Error::refused(CALLED_BY_OTHER));
    }
    Audit::new("callback.claim", "incident", id.uuid()).under(&case.owner_path).record(tx, now, who).await?;
    Ok(Claimed { id, until, attempts: tried.len() })
}

/// Puts a claimed call back.
pub async fn put_back(tx: &mut Tx, app: &App, who: &Actor, scope: &Scope, id: Id<Incident>) -> Result<()> {
    let now = app.clock.now();
    let case = store::hold(tx, scope, id).await?;
    own_claim(tx, who, id, now).await?;
    store::release(tx, id).await?;
    Audit::new("callback.release", "incident", id.uuid()).under(&case.owner_path).record(tx, now, who).await
}

async fn own_claim(conn: &mut Conn, who: &Actor, id: Id<Incident>, now: Time) -> Result<()> {
    match store::holder(conn, id, now).await? {
        Some(held) if held.holder == who.id => Ok(()),
        Some(_) => Err(Error::refused(CALLED_BY_OTHER)),
        None => Err(Error::refused(CLAIM_FIRST)),
    }
}

/// The number of a claimed call, shown as every personal field is: with a purpose, recorded, for a minute. The number of a confidential
/// reporter is kept from whoever handles matters where the case was handled; the inner error is that denial, whose audit row must be kept.
pub async fn dial(tx: &mut Tx, app: &App, who: &Actor, scope: &Scope, id: Id<Incident>, body: &Dial) -> Result<Result<Revealed>> {
    let now = app.clock.now();
    let case = store::hold(tx, scope, id).await?;
    own_claim(tx, who, id, now).await?;
    let reach = who.scope(Permission("task.handle"));
    let involved = case.confidential
        && (reach.holds(&case.owner_path) || store::tasks(tx, id).await?.iter().any(|t| reach.holds(&t.unit_path)));
    let look = private::Look {
        field: &REPORTER_PHONE,
        object_kind: "incident",
        object: id.uuid(),
        path: &case.owner_path,
        purpose: &body.purpose,
        sealed: case.phone_sealed.as_deref(),
        context: "phone",
    };
    private::reveal(tx, app, now, who, &look, !involved).await
}

/// A call-back attempt is kept whether somebody answered or not. An answer that is 不满意 or 未解决 opens the case again by rule; when it was opened
/// twice already, it waits for a conference.
pub async fn callback(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &Callback) -> Result<Case> {
    let reached = body.outcome == Reached::Reached;
    answered(body)?;
    if store::holder(tx, change.case.id, ground.now).await?.is_some_and(|h| h.holder != change.actor.id) {
        return Err(Error::refused(CALLED_BY_OTHER));
    }
    let practice = change.app.access.setting(&CALLBACK, ground.now);
    let tried = tried(tx, &change.case).await?;
    if !reached {
        // An answer is never turned away, even when the reporter rings back by himself.
        practice.may_try(&today(ground, change.app.zone), &tried, ground.now)?;
    }
    let row = row(ground, &change, body)?;
    store::rate(tx, fresh(ground), change.case.id, &row).await?;
    let entry = change.act(Action::Callback)?;
    entry.is_public = false;
    entry.say(if reached {
        Spoken::Rated { contacted: row.contacted, solved: row.solved, satisfied: row.satisfied }
    } else {
        Spoken::Called { outcome: body.outcome }
    });
    if practice.is_last(body.outcome, tried.len()) {
        change.case.call_at = None;
    }
    if reached {
        change.case.satisfied = body.satisfied;
    }
    match Cause::of_answer(row.solved, row.satisfied) {
        Some(cause) if may_reopen(change.case.round, By::Callback).is_ok() => {
            let reason = row.reason.as_deref().unwrap_or_default();
            second::open_again(&mut change, ground, By::Callback, cause, reason)?;
            second::keep(tx, ground, change).await
        }
        Some(_) => {
            confer_next(&mut change);
            finish(tx, change).await
        }
        None => finish(tx, change).await,
    }
}

async fn finish(tx: &mut Tx, change: Change<'_>) -> Result<Case> {
    store::release(tx, change.case.id).await?;
    change.save(tx).await
}

/// The case was opened again as often as it may: the desk reads that a conference comes next.
pub fn confer_next(change: &mut Change<'_>) {
    let why = Reason::said(REOPENED_TWICE.0, Spoken::ConferNext);
    if let Some(entry) = change.last() {
        entry.reasons.0.push(why);
    }
    change.attend(|_| true, &[Attention::Unsatisfied]);
}

fn answered(body: &Callback) -> Result<()> {
    if body.outcome != Reached::Reached {
        return Ok(());
    }
    let asked =
        [("contacted", body.contacted.is_none()), ("solved", body.solved.is_none()), ("satisfied", body.satisfied.is_none())];
    let missing: Vec<_> = asked.into_iter().filter(|(_, m)| *m).map(|(f, _)| kernel::FieldError::new(f, "required")).collect();
    if missing.is_empty() { Ok(()) } else { Err(Error::Invalid(missing)) }
}

fn row(ground: &Ground, change: &Change<'_>, body: &Callback) -> Result<RatingRow> {
    let reached = body.outcome == Reached::Reached;
    let reason = text::redact(optional("reason", &body.reason, 1_000)?).text;
    Ok(RatingRow {
        at: ground.now,
        round: change.case.round,
        asked_by: "callback".into(),
        outcome: body.outcome.word().into(),
        contacted: body.contacted.filter(|_| reached),
        solved: body.solved.filter(|_| reached),
        satisfied: body.satisfied.filter(|_| reached),
        reason: Some(reason).filter(|r| !r.is_empty()),
    })
}
