//! 二次办理: opening a case again, and who may then handle and verify it.

use db::{Conn, Json, Tx};
use kernel::{Error, Id, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    Change, Ground,
    dispatch::notice,
    report::{adopt, round_opened},
    required,
};
use crate::modules::{
    access,
    incidents::{
        clocks::{Event, Orders},
        model::{Action, Attention, Incident, Reason},
        rules::returns::{Allowed, CONFERENCE_NEEDED, conferences},
        rules::second::{By, Cause, Hands, Reopened, SAME_HANDLER, may_reopen},
        rules::spoken::Spoken,
        store::{self, Case, TaskRow},
        transitions::transition,
    },
    notices,
    org::{Person, Unit},
};

/// 复开 by a desk, or by what a conference decided.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reopen {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// Why: `unsolved`, `unsatisfied`, `recurred`, or `ruling`, which a recorded conference of this round has to allow and which the limit of
    /// two does not bind.
    pub cause: Cause,
    /// The same in words.
    pub reason: String,
}

/// 复开 by the reporter.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReopenOwn {
    /// Why: `unsolved`, `unsatisfied` or `recurred`.
    pub cause: Cause,
    /// The same in words.
    pub reason: String,
}

/// Who handled earlier rounds.
#[derive(Debug, Default)]
pub struct Former {
    hands: Hands,
    /// The same as people of the organisation.
    pub people: Vec<Id<Person>>,
}

/// Who handled the rounds before; nobody, and no statement, in the first.
pub async fn former(conn: &mut Conn, case: &Case) -> Result<Former> {
    former_of(conn, case.id, case.round).await
}

/// The same of a case and round, such as a task's.
pub async fn former_of(conn: &mut Conn, case: Id<Incident>, round: i64) -> Result<Former> {
    if round <= 1 {
        return Ok(Former::default());
    }
    let hands = Hands::of(store::hands(conn, case, round).await?);
    let people = access::store::people_of(conn, &hands.handled).await?.into_iter().map(Id::from_uuid).collect();
    Ok(Former { hands, people })
}

/// Refuses somebody who handled an earlier round, unless the dispatcher gave the task to this very person.
pub async fn may_handle(conn: &mut Conn, change: &Change<'_>, task: &TaskRow) -> Result<()> {
    let former = former(conn, &change.case).await?;
    let named = task.person_id.is_some() && task.person_id == change.actor.person;
    former.hands.may_handle(change.actor.id, named).map_err(Error::refused)
}

/// Refuses somebody who handled or verified an earlier round.
pub async fn may_verify(conn: &mut Conn, change: &Change<'_>) -> Result<()> {
    former(conn, &change.case).await?.hands.may_verify(change.actor.id).map_err(Error::refused)
}

/// The dispatcher names a person for a new round. Somebody who handled it before is taken only when the unit has nobody else; then the answer
/// is the reason to keep.
pub fn may_name(
    ground: &Ground,
    former: &Former,
    unit: Id<Unit>,
    person: Option<Id<Person>>,
    reason: &str,
) -> Result<Option<Reason>> {
    let directory = &ground.org.value;
    let Some((person, unit)) = person.filter(|p| former.people.contains(p)).zip(directory.unit(unit)) else { return Ok(None) };
    let other = |p: &Id<Person>| *p != person && !former.people.contains(p) && directory.leave(*p, ground.now).is_none();
    if directory.posts(unit.id, ground.now).filter_map(|p| p.holder(ground.now)).any(|h| other(&h.person)) {
        return Err(Error::refused_with(SAME_HANDLER, "unit", unit.name.clone()));
    }
    let said = Spoken::SameHandler { unit: unit.name.clone(), words: text::redact(reason).text };
    Ok(Some(Reason::said("same-handler-no-other", said)))
}

/// A desk opens a case again.
pub async fn reopen(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &Reopen) -> Result<Case> {
    let reason = required("reason", &body.reason, 500)?;
    let by = if body.cause == Cause::Ruling { By::Conference } else { By::Desk };
    if by == By::Conference {
        transition(change.case.state, Action::Reopen)?;
        let steps = store::steps(tx, change.case.id).await?;
        if conferences(&steps, change.case.round, Allowed::Reopen).is_empty() {
            return Err(Error::refused_with(CONFERENCE_NEEDED, "allows", Allowed::Reopen.word()));
        }
    }
    open_again(&mut change, ground, by, body.cause, reason)?;
    keep(tx, ground, change).await
}

/// The reporter opens the own case again.
pub async fn reopen_own(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &ReopenOwn) -> Result<Case> {
    if body.cause == Cause::Ruling {
        return Err(Error::invalid("cause", "only-by-conference"));
    }
    let reason = required("reason", &body.reason, 1_000)?;
    open_again(&mut change, ground, By::Reporter, body.cause, reason)?;
    keep(tx, ground, change).await
}

/// The new round: `accepted`, clocks anew by the rule of today, nobody's task yet. What was is kept in the history. [`keep`] saves it.
///
/// # Errors
/// `Refused` with `reopened-twice`, or when the case is not solved.
pub fn open_again(change: &mut Change<'_>, ground: &Ground, by: By, cause: Cause, reason: &str) -> Result<()> {
    may_reopen(change.case.round, by).map_err(Error::refused)?;
    let details = Reopened { kind: Action::Reopen.word().into(), cause, by, before: change.case.result };
    let opened = next_round(change, ground)?;
    let round = change.case.round;
    let entry = change.act(Action::Reopen)?;
    entry.say(Spoken::Reopened { round, cause });
    entry.reasons = Json(vec![if reason.is_empty() {
        Reason::said(cause.word(), Spoken::Because { cause })
    } else {
        Reason::new(cause.word(), text::redact(reason).text)
    }]);
    entry.clock = Json(opened);
    entry.details = Some(serde_json::to_value(details).map_err(Error::internal)?);
    let case = &mut change.case;
    (case.resolved_at, case.closed_at, case.result, case.public_reply) = (None, None, None, None);
    (case.satisfied, case.lead_person, case.handler) = (None, None, None);
    change.attend(|a| matches!(a, Attention::TwoGrids | Attention::NoGrid), &[Attention::Reopened]);
    change.wind(ground).map(|_| ())
}

/// The next round of a case and what opens its clocks: the rule of today, or the one that the case has where its matter has left the catalogue.
pub(super) fn next_round(change: &mut Change<'_>, ground: &Ground) -> Result<Vec<Event>> {
    change.case.round += 1;
    if let Some(matter) = change.case.matter_id.and_then(|m| ground.catalogue.value.current(m)) {
        adopt(change, ground, matter);
    }
    let opening = round_opened(change, ground)?;
    let merged = Orders::of(change.log().map(|(_, event)| event));
    Ok(std::iter::once(opening).chain(merged.ahead(ground.now)).collect())
}

/// Saves a case that was opened again, takes what was still offered back, and tells the desk's people.
pub async fn keep(tx: &mut Tx, ground: &Ground, change: Change<'_>) -> Result<Case> {
    store::withdraw(tx, change.case.id).await?;
    store::release(tx, change.case.id).await?;
    let actor = change.actor.id;
    let case = change.save(tx).await?;
    tell_of(tx, ground, actor, &case).await?;
    Ok(case)
}

/// Tells whoever is on duty at the desk and who took the report in that the case was opened again.
pub(super) async fn tell_of(tx: &mut Tx, ground: &Ground, actor: uuid::Uuid, case: &Case) -> Result<()> {
    let duty = ground.org.value.on_duty(case.owner_id, ground.now).and_then(|d| d.person).map(|p| p.uuid());
    let mut told = access::store::accounts_of(tx, duty.as_slice()).await?;
    told.extend(case.reported_by.filter(|to| !told.contains(to)));
    let told: Vec<notices::Notice> =
        told.into_iter().filter(|to| *to != actor).map(|to| notice(to, "case-reopened", case, false)).collect();
    notices::tell(tx, ground.now, &told).await
}
