//! 特急: raising the urgency, ringing duty desks until they answer, bulletins, the note afterwards.

use db::{Json, Tx};
use jobs::{Context, Job};
use kernel::{Actor, Error, Id, Permission, Result, Scope, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Change, Ground, desk, optional, required};
use crate::{
    app::App,
    modules::{
        access::audit::Audit,
        catalogue::Urgency,
        incidents::{
            clocks::Event,
            model::{Action, Incident, Reason, Rule},
            rules::{
                emergency::{
                    AFTER_ACTION_WRITTEN, Bell, Bulletin, Carried, EMERGENCY, NOT_AN_EMERGENCY, NOT_MORE_URGENT,
                    NOTHING_TO_ACKNOWLEDGE, bulletin as fits, desks, hasten, roster,
                },
                ladder::ESCALATION,
                spoken::{Spoken, wall},
                warning::WARNING,
            },
            store::{
                self, Case,
                emergency::{self as rows, BellRow, Emergency},
            },
            transitions::transition,
        },
        notices::{self, Notice},
        org::Unit,
    },
};

/// The kind of the job that rings a desk.
pub const RING: &str = "emergency.ring";
/// The kind of the job that looks whether the first bulletin came.
pub const FIRST_BULLETIN: &str = "emergency.first-bulletin";

/// 提高紧急程度.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Raise {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// More urgent than it is.
    pub urgency: Urgency,
    /// Why.
    pub reason: String,
}

/// 值守应答.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Acknowledge {
    /// What is being done.
    pub words: String,
}

/// 首报, 续报, 终报.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBulletin {
    /// Which.
    pub kind: Bulletin,
    /// What is known.
    pub words: String,
}

/// 处置复盘.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AfterAction {
    /// What happened.
    pub happened: String,
    /// What was done.
    pub measures: String,
    /// What is learnt from it.
    pub lessons: String,
}

/// What the job of a ring is given.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ring {
    bell: Id<Bell>,
    n: i64,
}

/// What the job of the first bulletin is given.
#[derive(Debug, Serialize, Deserialize)]
pub struct Due {
    incident: Id<Incident>,
}

/// Raises the urgency, with its reason. An emergency counts natural minutes from now on; pauses stay.
pub async fn raise(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &Raise) -> Result<Case> {
    let reason = text::redact(required("reason", &body.reason, 500)?).text;
    if body.urgency <= change.case.urgency {
        return Err(Error::refused(NOT_MORE_URGENT));
    }
    let said = Spoken::Raised { from: change.case.urgency, to: body.urgency, words: reason };
    heighten(&mut change, ground, body.urgency, said)?;
    let shown = change.wind(ground)?;
    let case = change.save(tx).await?;
    store::retime(tx, case.id, &shown).await?;
    Ok(case)
}

/// The case becomes more urgent, in a step of its own that says why; the caller winds its clocks.
pub(super) fn heighten(change: &mut Change<'_>, ground: &Ground, to: Urgency, said: Spoken) -> Result<()> {
    let from = change.case.urgency;
    let hastened = hastened(change.app, ground, &change.case, to);
    // What happens when the light turns is what it would have been, had the case been as urgent from the beginning.
    let ladder = change.app.access.setting(&ESCALATION, ground.now).frozen(to);
    let entry = change.act(Action::RaiseUrgency)?;
    entry.say(said);
    entry.is_public = false;
    entry.details = Some(carried(&Carried::RaiseUrgency { from, to })?);
    entry.clock = Json(hastened.iter().map(|rule| Event::Hasten { rule: rule.clone() }).collect());
    change.case.urgency = to;
    if let Some(hastened) = hastened {
        change.case.rule = Some(Json(hastened));
    }
    if let Some(Json(rule)) = &mut change.case.rule {
        rule.ladder = ladder;
    }
    Ok(())
}

/// The rule of a case that becomes an emergency; nothing for a lesser urgency, which leaves the clocks alone.
pub(super) fn hastened(app: &App, ground: &Ground, case: &Case, urgency: Urgency) -> Option<Rule> {
    let Json(rule) = case.rule.as_ref().filter(|_| urgency == Urgency::Emergency)?;
    let warn_left = app.access.setting(&WARNING, ground.now).frozen(urgency);
    Some(Rule { warn_left, ..hasten(rule, urgency, app.access.setting(&EMERGENCY, ground.now).limits) })
}

/// A case has become an emergency, or is one again: its desks are rung at once, and its first bulletin has a limit. Called by whatever saves a
/// case. Of a new case nothing is read, so that all of it is put off until COMMIT with the case itself.
pub async fn begin(tx: &mut Tx, app: &App, now: Time, case: &Case, new: bool) -> Result<()> {
    let method = app.access.setting(&EMERGENCY, now);
    let first_due = now.plus_minutes(method.first_bulletin_minutes);
    let emergency = Emergency {
        incident_id: case.id,
        round: case.round,
        since: now,
        first_due,
        first_at: None,
        final_at: None,
        bulletins: 0,
        reminded_at: None,
        after_action_at: None,
    };
    let mut reminder = vec![Job::new(FIRST_BULLETIN, Due { incident: case.id }).at(first_due).once(case.id.to_string())];
    if new {
        rows::begin_new(tx, &emergency).await?;
    } else {
        rows::begin(tx, &emergency).await?;
        rows::hush(tx, case.id).await?;
        for job in reminder.drain(..) {
            jobs::reschedule(tx, now, &job).await?;
        }
    }
    ring_up(tx, app, now, case, &desks_of(app, now, case), reminder).await
}

/// An emergency that seemed solved is open again: a desk that had not answered is rung on, as often as before.
pub(super) async fn ring_on(tx: &mut Tx, app: &App, now: Time, case: &Case) -> Result<()> {
    let every = app.access.setting(&EMERGENCY, now).ring_minutes;
    for bell in rows::bells(tx, case.id).await?.into_iter().filter(|b| b.acknowledged_at.is_none()) {
        let due = bell.rung_at.map_or(now, |rung| rung.plus_minutes(every).max(now));
        jobs::reschedule(tx, now, &ring_at(bell.id, bell.rings + 1, due)).await?;
    }
    Ok(())
}

/// The place of an emergency was put right: the desks of the new place are rung, and one that has nothing to do with it any more is no longer.
pub(super) async fn elsewhere(tx: &mut Tx, app: &App, now: Time, case: &Case) -> Result<()> {
    if case.urgency != Urgency::Emergency {
        return Ok(());
    }
    let (desks, rung) = (desks_of(app, now, case), rows::bells(tx, case.id).await?);
    for bell in rung.iter().filter(|b| b.acknowledged_at.is_none() && !desks.contains(&b.unit_id)) {
        rows::hush_one(tx, bell.id).await?;
    }
    let fresh: Vec<Id<Unit>> = desks.into_iter().filter(|desk| rung.iter().all(|b| b.unit_id != *desk)).collect();
    ring_up(tx, app, now, case, &fresh, vec![]).await
}

fn desks_of(app: &App, now: Time, case: &Case) -> Vec<Id<Unit>> {
    let method = app.access.setting(&EMERGENCY, now);
    desks(&app.org.directory().value, &method, case.grid_id.unwrap_or(case.owner_id), now)
}

/// Desks that are rung from now on; `due` are jobs that travel with those of the rings.
async fn ring_up(tx: &mut Tx, app: &App, now: Time, case: &Case, desks: &[Id<Unit>], mut due: Vec<Job>) -> Result<()> {
    let org = app.org.directory();
    let path = |unit: Id<Unit>| org.value.unit(unit).map(|u| u.path.clone()).unwrap_or_default();
    let bell = |unit: Id<Unit>| BellRow {
        id: Id::new(now),
        incident_id: case.id,
        unit_id: unit,
        unit_path: path(unit),
        since: now,
        rings: 0,
        rung_at: None,
        acknowledged_at: None,
        acknowledged_name: None,
    };
    let bells: Vec<BellRow> = desks.iter().copied().map(bell).collect();
    rows::ring_up(tx, &bells).await?;
    due.extend(bells.iter().map(|bell| ring_at(bell.id, 1, now)));
    jobs::enqueue_all(tx, now, &due).await
}

fn ring_at(bell: Id<Bell>, n: i64, at: Time) -> Job {
    Job::new(RING, Ring { bell, n }).at(at).once(format!("{bell}:{n}"))
}

/// Rings a desk for the `n`th time, unless somebody answered or the case is over; each ring reaches one more on the roster.
pub async fn ring(app: &App, context: &Context, ring: &Ring) -> Result<()> {
    let (actor, now) = (Actor::system(), app.clock.now());
    let mut tx = app.db.begin();
    if let Some(bell) = rows::bell(&mut tx, ring.bell).await? {
        let case = store::hold(&mut tx, &Scope::All, bell.incident_id).await?;
        if case.state.is_open() && rows::rung(&mut tx, bell.id, ring.n, now).await? {
            let org = app.org.directory();
            let all = roster(&org.value, bell.unit_id, now);
            let reached = usize::try_from(ring.n).unwrap_or(1).min(all.len());
            let people: Vec<Uuid> = all[..reached].iter().map(Id::uuid).collect();
            let to = desk::accounts(&mut tx, app, Permission("incident.acknowledge"), &[bell.unit_id], &people, now).await?;
            let named: Vec<String> = all[..reached].iter().map(|p| org.value.name_of(*p).to_owned()).collect();
            let desk = org.value.unit(bell.unit_id).map_or_else(String::new, |u| u.name.clone());
            // A ring that reaches somebody new stands in the history; the ones after it stand in the audit record alone.
            if ring.n == 1 || all.len() >= usize::try_from(ring.n).unwrap_or(usize::MAX) {
                let mut change = Change::of(&mut tx, app, &actor, case.clone(), None).await?;
                let state = change.case.state;
                let entry = change.enter(Action::Ring, state);
                entry.say(Spoken::Rung { n: ring.n, desk, people: named });
                entry.is_public = false;
                let every = app.access.setting(&EMERGENCY, now).ring_minutes;
                entry.reasons = Json(vec![Reason::said("ring", Spoken::RingsOn { minutes: every })]);
                entry.details = Some(carried(&Carried::Ring { unit: bell.unit_id.uuid(), n: ring.n })?);
                change.save(&mut tx).await?;
            } else {
                let row = Audit::new("ring", "incident", case.id.uuid()).under(&case.owner_path).with("n", ring.n);
                row.record(&mut tx, now, &actor).await?;
            }
            tell(&mut tx, app, now, &case, &to, "case-emergency").await?;
            let every = app.access.setting(&EMERGENCY, now).ring_minutes;
            jobs::enqueue(&mut tx, now, &ring_at(bell.id, ring.n + 1, now.plus_minutes(every))).await?;
        }
    }
    context.finish(&mut tx).await?;
    tx.commit().await
}

async fn tell(tx: &mut Tx, app: &App, now: Time, case: &Case, to: &[Uuid], kind: &'static str) -> Result<()> {
    let catalogue = app.catalogue.get();
    let matter = case.matter_id.and_then(|m| catalogue.value.matter(m));
    let (matter, matter_en) = (matter.map(|m| m.level3.clone()).unwrap_or_default(), matter.and_then(|m| m.english()));
    let params = serde_json::json!({ "code": case.code, "matter": matter, "matter_en": matter_en });
    let notice = |to: &Uuid| Notice {
        to: *to,
        kind,
        object_kind: "incident",
        object: case.id.uuid(),
        params: params.clone(),
        urgent: true,
    };
    notices::tell(tx, now, &to.iter().map(notice).collect::<Vec<_>>()).await
}

/// Somebody answers for the desks within reach; these are not rung again.
pub async fn acknowledge(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &Acknowledge) -> Result<Case> {
    let words = text::redact(optional("words", &body.words, 500)?).text;
    let reach = change.actor.scope(Permission("incident.acknowledge"));
    let mut answered = vec![];
    for bell in rows::bells(tx, change.case.id).await?.into_iter().filter(|a| reach.holds(&a.unit_path)) {
        if rows::acknowledge(tx, bell.id, ground.now, change.actor.id, &change.actor.name).await? {
            jobs::cancel(tx, RING, &format!("{}:{}", bell.id, bell.rings + 1)).await?;
            answered.push(bell.unit_id);
        }
    }
    if answered.is_empty() {
        return Err(Error::refused(NOTHING_TO_ACKNOWLEDGE));
    }
    let desks = answered.iter().filter_map(|u| ground.org.value.unit(*u)).map(|u| u.name.clone()).collect();
    let entry = change.act(Action::Acknowledge)?;
    entry.say(Spoken::Acknowledged { desks, words });
    entry.is_public = false;
    entry.details = Some(carried(&Carried::Acknowledge { units: answered.iter().map(Id::uuid).collect() })?);
    change.save(tx).await
}

/// 首报, 续报, 终报, numbered.
pub async fn bulletin(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &NewBulletin) -> Result<Case> {
    let words = text::redact(required("words", &body.words, 2_000)?).text;
    let mut emergency = of(tx, &change).await?;
    if emergency.round < change.case.round {
        // Opened again: the new round is reported anew.
        (emergency.round, emergency.first_at, emergency.final_at) = (change.case.round, None, None);
    }
    fits(body.kind, emergency.first_at.is_some(), emergency.final_at.is_some()).map_err(Error::refused)?;
    let late = body.kind == Bulletin::First && ground.now > emergency.first_due;
    let n = emergency.bulletins + 1;
    let entry = change.act(Action::Bulletin)?;
    entry.say(Spoken::Bulletin { bulletin: body.kind, n, words });
    entry.is_public = false;
    entry.details = Some(carried(&Carried::Bulletin { bulletin: body.kind, n, late })?);
    rows::bulletin(tx, &emergency, body.kind, ground.now).await?;
    if body.kind == Bulletin::First {
        jobs::cancel(tx, FIRST_BULLETIN, &change.case.id.to_string()).await?;
    }
    change.save(tx).await
}

async fn of(tx: &mut Tx, change: &Change<'_>) -> Result<Emergency> {
    let found = rows::of(tx, change.case.id).await?.filter(|_| change.case.urgency == Urgency::Emergency);
    found.ok_or(Error::refused(NOT_AN_EMERGENCY))
}

/// The job at the limit of the first bulletin: once, the desks that are rung are told that it is missing.
pub async fn remind(app: &App, context: &Context, due: &Due) -> Result<()> {
    let (actor, now) = (Actor::system(), app.clock.now());
    let mut tx = app.db.begin();
    if context.not_yet(&mut tx, now).await? {
        return tx.commit().await;
    }
    let case = store::hold(&mut tx, &Scope::All, due.incident).await?;
    // What went into another case, or ended otherwise, is not reported for itself.
    if transition(case.state, Action::Bulletin).is_ok() && rows::remind(&mut tx, due.incident, now).await? {
        let first_due = rows::of(&mut tx, case.id).await?.map_or(now, |e| e.first_due);
        let units: Vec<Id<Unit>> = rows::bells(&mut tx, case.id).await?.into_iter().map(|a| a.unit_id).collect();
        let mut change = Change::of(&mut tx, app, &actor, case, None).await?;
        let state = change.case.state;
        let entry = change.enter(Action::BulletinDue, state);
        entry.say(Spoken::BulletinDue { by: wall(app.zone, first_due) });
        entry.is_public = false;
        entry.reasons = Json(vec![Reason::said("first-bulletin-overdue", Spoken::BulletinLimitOver)]);
        entry.details = Some(carried(&Carried::BulletinDue { due: first_due })?);
        let case = change.save(&mut tx).await?;
        let to = desk::accounts(&mut tx, app, Permission("incident.bulletin"), &units, &[], now).await?;
        tell(&mut tx, app, now, &case, &to, "bulletin-due").await?;
    }
    context.finish(&mut tx).await?;
    tx.commit().await
}

/// 处置复盘, once; an emergency is not archived without it.
pub async fn after_action(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &AfterAction) -> Result<Case> {
    let part = |field: &'static str, words: &str| Ok::<_, Error>(text::redact(required(field, words, 2_000)?).text);
    let happened = part("happened", &body.happened)?;
    let measures = part("measures", &body.measures)?;
    let lessons = part("lessons", &body.lessons)?;
    of(tx, &change).await?;
    if !rows::looked_back(tx, change.case.id, ground.now).await? {
        return Err(Error::refused(AFTER_ACTION_WRITTEN));
    }
    let entry = change.act(Action::AfterAction)?;
    entry.say(Spoken::AfterAction { words: happened.clone() });
    entry.is_public = false;
    entry.details = Some(carried(&Carried::AfterAction { happened, measures, lessons })?);
    change.save(tx).await
}

/// Whether the final bulletin of this round is there; without an emergency there is nothing to ask.
pub async fn reported(tx: &mut Tx, case: &Case) -> Result<bool> {
    if case.urgency != Urgency::Emergency {
        return Ok(true);
    }
    Ok(rows::of(tx, case.id).await?.is_some_and(|e| e.round == case.round && e.final_at.is_some()))
}

/// Whether the after-action note is there; without an emergency there is nothing to ask.
pub async fn looked_back(tx: &mut Tx, case: &Case) -> Result<bool> {
    if case.urgency != Urgency::Emergency {
        return Ok(true);
    }
    Ok(rows::of(tx, case.id).await?.is_some_and(|e| e.after_action_at.is_some()))
}

/// The reason that stands with a dispatch when the grassroots were sent for first measures.
pub fn first_measures_reason(reason: &str) -> Reason {
    Reason::said("first-measures", Spoken::FirstMeasures { words: text::redact(reason).text })
}

fn carried(details: &Carried) -> Result<serde_json::Value> {
    serde_json::to_value(details).map_err(Error::internal)
}
