//! 派单异议 and 裁定: what the centre decides, within a time of its own, and what then binds.

use db::{Conn, Json, Tx};
use jobs::{Context, Job};
use kernel::{Actor, Error, Id, Result, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Change, Ground,
    dispatch::{hand_over, led, named},
    handle::attach,
    optional, required,
    returns::{CENTRE, SUPERVISOR, Trail, attempted, evidence, is_centre, role, tell},
    second,
};
use crate::{
    app::App,
    modules::{
        access,
        files::File,
        incidents::{
            clocks::{self, Days},
            model::{Action, Attention, NOT_YOUR_TASK, Reason, TaskState, attention_list},
            rules::returns::{
                BINDING, Bound, CENTRE_DECIDES, Clock, Details, OBJECTION_OPEN, RULED_ALREADY, RULING, Review, ReviewKind,
                ReviewState, SENDER_MAY_NOT_RULE, Unbound, bound, leader,
            },
            rules::spoken::Spoken,
            rules::warning::WARNING,
            store::{
                self, Case, TaskRow,
                returns::{ReviewRow, Sending},
            },
            transitions::{not_in_state, transition},
        },
        org::Unit,
    },
};

/// The job that looks whether a review was ruled in time.
pub const REVIEW_DUE: &str = "incidents.review-due";

/// 派单异议.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// Why the dispatch is wrong.
    pub reason: String,
    /// What the objection stands on: a clause, a border, a paper. It or a photograph is required.
    #[serde(default)]
    pub basis: String,
    /// Photographs of what it stands on.
    #[serde(default)]
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub photo_ids: Vec<Id<File>>,
}

/// 裁定.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ruling {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// Whether the case goes elsewhere; an objection that is not upheld is dismissed and the dispatch stays.
    pub upheld: bool,
    /// Who leads from now on; required when the case goes elsewhere.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub lead: Option<Id<Unit>>,
    /// Who helps from now on.
    #[serde(default)]
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub helpers: Vec<Id<Unit>>,
    /// Why.
    pub words: String,
}

/// What the job is given.
#[derive(Debug, Serialize, Deserialize)]
pub struct Due {
    review: Id<Review>,
}

/// Opens a review with its clock and its timer.
pub(super) async fn refer(
    tx: &mut Tx,
    ground: &Ground,
    change: &Change<'_>,
    kind: ReviewKind,
    task: &TaskRow,
    sent: Sending,
) -> Result<Clock> {
    open_review(tx, ground, change, kind, task, sent, ("", "")).await
}

async fn open_review(
    tx: &mut Tx,
    ground: &Ground,
    change: &Change<'_>,
    kind: ReviewKind,
    task: &TaskRow,
    sent: Sending,
    (words, basis): (&str, &str),
) -> Result<Clock> {
    let now = ground.now;
    let days = Days { calendar: ground.catalogue.value.calendar(), zone: change.app.zone };
    let settings = &change.app.access;
    let left = settings.setting(&WARNING, now).left;
    let (yellow_at, due_at) = clocks::alone(&days, now, settings.setting(&RULING, now).within, left)?;
    let id = Id::new(now);
    let review = ReviewRow {
        id,
        incident_id: change.case.id,
        round: change.case.round,
        kind,
        state: ReviewState::Open,
        task_id: Some(task.id),
        unit_id: task.unit_id,
        unit_path: task.unit_path.clone(),
        actor: change.actor.id,
        dispatch_n: sent.n,
        sender: sent.actor_id,
        words: words.to_owned(),
        basis: basis.to_owned(),
        at: now,
        yellow_at,
        due_at,
        overdue_at: None,
        ruled_at: None,
        ruled_by: None,
        ruling: None,
    };
    store::returns::add_review(tx, &review).await?;
    jobs::enqueue(tx, now, &Job::new(REVIEW_DUE, Due { review: id }).at(due_at).once(id.to_string())).await?;
    Ok(Clock { id, yellow_at, due_at })
}

/// Ends a review and its timer.
pub(super) async fn end(tx: &mut Tx, change: &Change<'_>, review: &ReviewRow, state: ReviewState, words: &str) -> Result<()> {
    store::returns::end_review(tx, review.id, state, change.actor.id, change.now, words).await?;
    jobs::cancel(tx, REVIEW_DUE, &review.id.to_string()).await.map(|_| ())
}

/// The unit that a case was dispatched to says that it is not its own. The case stays with it until the ruling.
pub async fn object(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &Object) -> Result<Case> {
    let words = text::redact(required("reason", &body.reason, 1_000)?).text;
    let basis = text::redact(optional("basis", &body.basis, 1_000)?).text;
    evidence(&basis, &body.photo_ids)?;
    let tasks = store::tasks(tx, change.case.id).await?;
    let task = leader(&tasks).filter(|t| t.state == TaskState::Offered);
    let task = task.ok_or_else(|| not_in_state(change.case.state, Action::Object))?;
    if !change.actor.scope(kernel::Permission("incident.object")).holds(&task.unit_path) {
        return Err(Error::refused(NOT_YOUR_TASK));
    }
    if task.binding {
        return Err(Error::refused(BINDING));
    }
    let attention = attention_list(&change.case.attention);
    if attention.contains(&Attention::Objected) {
        return Err(Error::refused(OBJECTION_OPEN));
    }
    if attention.contains(&Attention::Centre) {
        return Err(Error::refused(CENTRE_DECIDES));
    }
    let none = Sending { n: 0, actor_id: uuid::Uuid::nil() };
    let sent = store::returns::sending(tx, change.case.id, task.offered_at).await?.unwrap_or(none);
    let review = open_review(tx, ground, &change, ReviewKind::Objection, task, sent, (&words, &basis)).await?;
    let unit = ground.org.value.unit(task.unit_id).map_or_else(String::new, |u| u.name.clone());
    let entry = change.act(Action::Object)?;
    entry.say(Spoken::Objected { unit, words });
    entry.is_public = false;
    entry.details = Details::Object { unit: task.unit_id, basis, photos: body.photo_ids.len(), review }.stored();
    change.attend(|_| true, &[Attention::Objected]);
    attach(tx, &mut change, &body.photo_ids, "evidence").await?;
    let case = change.save(tx).await?;
    let told = role(tx, ground, CENTRE, &case).await?;
    tell(tx, ground, told, "ruling-wanted", &case).await?;
    Ok(case)
}

/// The centre rules. Upheld, or for a case that came back twice, it names lead and helpers, who are bound; dismissed, the dispatch stays
/// and binds. The inner error is a refusal of the gate whose record must be kept.
pub async fn rule(
    tx: &mut Tx,
    ground: &Ground,
    mut change: Change<'_>,
    review: &ReviewRow,
    body: &Ruling,
) -> Result<Result<Case>> {
    may_rule(ground, &change, review)?;
    let words = text::redact(required("words", &body.words, 1_000)?).text;
    let Some((lead, helpers)) = named_by(review, body)? else {
        return dismiss(tx, ground, change, review, &words).await.map(Ok);
    };
    let objection = review.kind == ReviewKind::Objection;
    let state = if objection { ReviewState::Upheld } else { ReviewState::Fixed };
    let told = review.actor;
    let why = Reason::said("ruling", Spoken::Decided { name: change.actor.name.clone(), words: words.clone() });
    let fixed = Fixed { lead, helpers, why, review: Some(review), state, words: &words };
    let case = match fix(tx, ground, &mut change, fixed).await? {
        Ok((plan, trail)) => hand_over(tx, ground, change, &plan, &trail, true).await?,
        Err(refused) => return Ok(Err(refused)),
    };
    tell(tx, ground, vec![told], "ruling-made", &case).await?;
    Ok(Ok(case))
}

/// Whether this caller may rule on this review.
fn may_rule(ground: &Ground, change: &Change<'_>, review: &ReviewRow) -> Result<()> {
    if review.state != ReviewState::Open {
        return Err(Error::refused(RULED_ALREADY));
    }
    if !is_centre(ground, change.actor) {
        return Err(Error::refused(CENTRE_DECIDES));
    }
    if review.kind == ReviewKind::Objection && review.sender == change.actor.id {
        return Err(Error::refused(SENDER_MAY_NOT_RULE));
    }
    Ok(())
}

/// Lead and helpers that a ruling names; nobody when it dismisses an objection.
fn named_by(review: &ReviewRow, body: &Ruling) -> Result<Option<Bound>> {
    let objection = review.kind == ReviewKind::Objection;
    if objection && !body.upheld {
        return Ok(None);
    }
    let named = bound(&[], body.lead, &body.helpers, true).map_err(unbound)?.ok_or_else(|| Error::invalid("lead", "required"))?;
    if objection && named.0 == review.unit_id { Err(Error::invalid("lead", "same-unit")) } else { Ok(Some(named)) }
}

/// Whether a ruling on the case's open review would send it elsewhere; refused as it would be, but for its words. Nothing is written.
pub(super) async fn would_rule(conn: &mut Conn, ground: &Ground, change: &Change<'_>, body: &Ruling) -> Result<bool> {
    let review = store::returns::last_review(conn, change.case.id).await?.ok_or(Error::NotFound)?;
    may_rule(ground, change, &review)?;
    let Some((lead, helpers)) = named_by(&review, body)? else {
        return transition(change.case.state, Action::Dismiss).map(|_| false);
    };
    let former = second::former(conn, &change.case).await?;
    named(ground, change, ("lead", lead), None, &helpers, &former.people, false)?.map_err(|(_, refused)| refused)?;
    transition(change.case.state, Action::Rule).map(|_| true)
}

/// A decision that fixes lead and helpers.
pub(super) struct Fixed<'r> {
    pub lead: Id<Unit>,
    pub helpers: Vec<Id<Unit>>,
    pub why: Reason,
    pub review: Option<&'r ReviewRow>,
    pub state: ReviewState,
    pub words: &'r str,
}

/// Enters a decision that fixes lead and helpers and ends the review that asked for it; `hand_over` does the rest.
pub(super) async fn fix(
    tx: &mut Tx,
    ground: &Ground,
    change: &mut Change<'_>,
    fixed: Fixed<'_>,
) -> Result<Result<(super::Plan, Trail)>> {
    let Fixed { lead, helpers, why, review, state, words } = fixed;
    // A unit that is bound in a new round gives the case to somebody else of its own.
    let former = second::former(tx, &change.case).await?;
    let (leads, helps) = match named(ground, change, ("lead", lead), None, &helpers, &former.people, false)? {
        Ok(both) => both,
        Err((unit, refused)) => return attempted(tx, ground, change, unit, refused).await.map(Err),
    };
    let plan = super::Plan { lead: leads, helpers: helps, reasons: vec![why], attention: vec![] };
    let trail = Trail::of(tx, change).await?;
    let entry = change.act(Action::Rule)?;
    entry.say(match led(ground, &plan) {
        Spoken::Led { lead, helpers } => Spoken::Ruled { lead, helpers },
        other => other,
    });
    let upheld = state == ReviewState::Upheld;
    entry.details = Details::Rule { review: review.map(|r| r.id), lead, helpers, upheld }.stored();
    if let Some(review) = review {
        end(tx, change, review, state, words).await?;
    }
    Ok(Ok((plan, trail)))
}

/// A decision that does not bind, as a fault of its field.
pub(super) fn unbound((field, code): Unbound) -> Error {
    Error::Invalid(vec![kernel::FieldError::new(field, code)])
}

async fn dismiss(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, review: &ReviewRow, words: &str) -> Result<Case> {
    let name = change.actor.name.clone();
    let entry = change.act(Action::Dismiss)?;
    entry.say(Spoken::Dismissed { words: words.to_owned() });
    entry.is_public = false;
    entry.reasons = Json(vec![Reason::said("ruling", Spoken::Decided { name, words: words.to_owned() })]);
    entry.details = Details::Dismiss { review: review.id }.stored();
    change.attend(|a| a != Attention::Objected, &[]);
    end(tx, &change, review, ReviewState::Dismissed, words).await?;
    // The ruling binds the unit that it leaves the case with.
    store::returns::bind_tasks(tx, change.case.id).await?;
    let case = change.save(tx).await?;
    tell(tx, ground, vec![review.actor], "ruling-made", &case).await?;
    Ok(case)
}

/// The timer of a review: what was not ruled in time shows, and goes to the supervisor. What has nothing left to decide ends.
pub async fn review_due(app: &App, context: &Context, due: &Due) -> Result<()> {
    let (system, ground) = (Actor::system(), Ground::of(app));
    let mut tx = app.db.begin();
    if context.not_yet(&mut tx, ground.now).await? {
        return tx.commit().await;
    }
    context.finish(&mut tx).await?;
    let review = store::returns::review(&mut tx, &Scope::All, due.review).await?;
    if review.state == ReviewState::Open && review.overdue_at.is_none() && ground.now >= review.due_at {
        let mut change = Change::load(&mut tx, app, &system, &Scope::All, review.incident_id, None).await?;
        let waits = |a: &Attention| matches!(a, Attention::Objected | Attention::Centre);
        if change.case.state.is_open() && attention_list(&change.case.attention).iter().any(waits) {
            store::returns::mark_overdue(&mut tx, review.id, ground.now).await?;
            let state = change.case.state;
            let entry = change.enter(Action::Note, state);
            entry.say(Spoken::RulingOverdue);
            entry.is_public = false;
            entry.reasons = Json(vec![Reason::said("ruling-overdue", Spoken::RulingLimitOver)]);
            let case = change.save(&mut tx).await?;
            let mut told = access::store::accounts_with(&mut tx, SUPERVISOR, &case.owner_path, ground.now).await?;
            told.extend(role(&mut tx, &ground, CENTRE, &case).await?);
            tell(&mut tx, &ground, told, "ruling-overdue", &case).await?;
        } else {
            end(&mut tx, &change, &review, ReviewState::Withdrawn, "").await?;
        }
    }
    tx.commit().await
}
