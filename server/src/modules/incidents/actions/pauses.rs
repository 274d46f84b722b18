//! 等待反映人, 挂账, 恢复计时: the clocks stand still for a reason, and go on by an answer, by hand or by themselves.

use db::{Json, Tx};
use jiff::civil::Date;
use kernel::{Actor, Error, Id, Result, Scope, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Change, Ground,
    dispatch::{notice, tell_person},
    handle::attach,
    optional, required,
};
use crate::{
    app::App,
    modules::{
        files::File,
        incidents::{
            clocks::{Event, Orders},
            model::{Action, Attention, Incident, Reason, State},
            rules::{
                merge::Carried,
                pauses::{
                    ALREADY_PAUSED, Detail, NOT_PAUSED, NOTHING_ASKED, OWN_CASE, Pause, Shelf, WAIT, ask_until, review_day,
                },
                spoken::Spoken,
            },
            store::{self, Case},
        },
        notices,
    },
};

/// 等待反映人: a question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// What the reporter is asked.
    pub question: String,
    /// How many days an answer is waited for; the district's setting without it.
    #[serde(default)]
    pub days: Option<i64>,
}

/// The reporter's answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The words.
    pub text: String,
    /// Photographs.
    #[serde(default)]
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub photo_ids: Vec<Id<File>>,
}

/// 挂账.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Shelve {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// Why it has to wait.
    pub class: Shelf,
    /// What it waits for; the reporter reads it.
    pub reason: String,
    /// When somebody looks again, a day of the district as `YYYY-MM-DD`.
    pub review_on: String,
}

/// 恢复计时.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Resume {
    /// The version of the case that the caller saw.
    pub version: Option<i64>,
    /// Why, for colleagues.
    pub words: String,
}

/// The job that ends a pause or has it looked at again.
#[derive(Debug, Serialize, Deserialize)]
pub struct Over {
    /// Whose pause.
    pub case: Id<Incident>,
    /// The instant that the pause had when the job was made: a later pause has another.
    pub until: Time,
}

/// The kind of [`Over`].
pub const OVER: &str = "incident.pause-over";

/// Asks the reporter, and stops the clocks until the answer, at most for some days.
pub async fn ask(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &Ask) -> Result<Case> {
    let question = text::redact(required("question", &body.question, 1_000)?).text;
    let days = body.days.unwrap_or_else(|| change.app.access.setting(&WAIT, ground.now).days);
    let until = ask_until(ground.now, days, upstream(&change))?;
    let zone = change.app.zone;
    let entry = stop(&mut change, Action::Ask, Pause::Reporter, until)?;
    entry.words = question;
    entry.details = Detail::Ask { until }.json()?;
    entry.reasons = Json(vec![Reason::said("ask-until", Spoken::WaitsUntil { day: zone.date(until).to_string() })]);
    let case = save(tx, ground, change).await?;
    wake(tx, ground.now, &case, until).await?;
    let asked = case.reported_by.map(|to| notice(to, "case-question", &case, false));
    notices::tell(tx, ground.now, asked.as_slice()).await?;
    Ok(case)
}

/// A reporter answers: the clocks go on by themselves, and whoever leads hears of it. `from` is another reporter of the case, who alone
/// of the reporters reads his own words.
pub async fn answer(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, from: Option<Uuid>, body: &Answer) -> Result<Case> {
    if change.case.paused.as_deref() != Some(Pause::Reporter.word()) {
        return Err(Error::refused(NOTHING_ASKED));
    }
    let words = text::redact(required("text", &body.text, 2_000)?).text;
    let state = change.case.state;
    let entry = change.enter(Action::Remark, state);
    entry.words = words;
    entry.details = match from {
        Some(from) => Carried::Remark { from }.kept()?,
        None => Detail::Answer.json()?,
    };
    entry.clock = Json(vec![Event::Resume]);
    attach(tx, &mut change, &body.photo_ids, "report").await?;
    let case = save(tx, ground, change).await?;
    jobs::cancel(tx, OVER, &case.id.to_string()).await?;
    tell_person(tx, ground.now, case.lead_person, "question-answered", &case).await?;
    Ok(case)
}

/// Shelves a case; who shelves it is who approves of it, so nobody shelves the case that he leads.
pub async fn shelve(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &Shelve) -> Result<Case> {
    let why = text::redact(required("reason", &body.reason, 1_000)?).text;
    if change.actor.person.is_some() && change.actor.person == change.case.lead_person {
        return Err(Error::refused(OWN_CASE));
    }
    let review_on: Date = body.review_on.trim().parse().map_err(|_| Error::invalid("review_on", "not-a-date"))?;
    let zone = change.app.zone;
    let until = zone.instant(review_on.to_datetime(jiff::civil::Time::midnight()));
    review_day(zone.date(ground.now), review_on, until, upstream(&change))?;
    let approver = change.actor.name.clone();
    let entry = stop(&mut change, Action::Shelve, body.class.pause(), until)?;
    entry.words = why;
    entry.details = Detail::Shelve { class: body.class, review_on: review_on.to_string() }.json()?;
    entry.reasons = Json(vec![
        Reason::said(body.class.word(), Spoken::Shelved { shelf: body.class }),
        Reason::said("shelved-by", Spoken::ShelvedBy { name: approver, day: review_on.to_string() }),
    ]);
    let case = save(tx, ground, change).await?;
    wake(tx, ground.now, &case, until).await?;
    tell_person(tx, ground.now, case.lead_person, "case-shelved", &case).await?;
    Ok(case)
}

/// Ends a pause by hand.
pub async fn resume(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &Resume) -> Result<Case> {
    let words = text::redact(optional("words", &body.words, 1_000)?).text;
    let pause = change.case.paused.clone().ok_or(Error::refused(NOT_PAUSED))?;
    let entry = change.act(Action::Resume)?;
    entry.words = words;
    go_on(entry, pause, Reason::said("resumed-by-hand", Spoken::WentOn))?;
    change.attend(|a| a != Attention::ReviewDue, &[]);
    let case = save(tx, ground, change).await?;
    jobs::cancel(tx, OVER, &case.id.to_string()).await?;
    Ok(case)
}

/// What the job does when a pause is over: a wait for the reporter ends, a shelved case asks to be looked at. Does nothing when the pause
/// is another one by now, so that it acts once.
pub async fn over(tx: &mut Tx, app: &App, ground: &Ground, job: &Over) -> Result<()> {
    let case = match store::hold(tx, &Scope::All, job.case).await {
        Err(Error::NotFound) => return Ok(()),
        found => found?,
    };
    let due = case.paused_until == Some(job.until) && job.until <= ground.now;
    let Some(pause) = case.paused.as_deref().and_then(Pause::of).filter(|_| due) else { return Ok(()) };
    let system = Actor::system();
    let mut change = Change::of(tx, app, &system, case, None).await?;
    if pause == Pause::Reporter {
        let entry = change.act(Action::Resume)?;
        go_on(entry, pause.word().to_owned(), Reason::said("wait-over", Spoken::WaitOver))?;
        let case = save(tx, ground, change).await?;
        return tell_person(tx, ground.now, case.lead_person, "wait-over", &case).await;
    }
    let state = change.case.state;
    let entry = change.enter(Action::Note, state);
    entry.is_public = false;
    entry.reasons = Json(vec![Reason::said("review-due", Spoken::ReviewDue)]);
    change.attend(|a| a != Attention::ReviewDue, &[Attention::ReviewDue]);
    // The review was asked for once; the pause itself goes on.
    change.case.paused_until = None;
    let case = change.save(tx).await?;
    tell_person(tx, ground.now, case.lead_person, "review-due", &case).await
}

/// The earliest deadline of the orders from above that bind this round, less the margin, as the clocks count them. One that nobody has opened
/// will be bound by its own order.
fn upstream(change: &Change<'_>) -> Option<Time> {
    let own = change.case.upstream_due.filter(|_| change.case.state == State::Received).map(super::report::with_margin);
    Orders::of(change.log().map(|(_, event)| event)).earliest().into_iter().chain(own).min()
}

fn stop<'c>(change: &'c mut Change<'_>, action: Action, pause: Pause, until: Time) -> Result<&'c mut store::Entry> {
    if change.case.paused.is_some() {
        return Err(Error::refused(ALREADY_PAUSED));
    }
    (change.case.paused, change.case.paused_until) = (Some(pause.word().to_owned()), Some(until));
    let entry = change.act(action)?;
    entry.clock = Json(vec![Event::Pause]);
    Ok(entry)
}

fn go_on(entry: &mut store::Entry, pause: String, why: Reason) -> Result<()> {
    entry.details = Detail::Resume { pause }.json()?;
    entry.reasons = Json(vec![why]);
    entry.clock = Json(vec![Event::Resume]);
    Ok(())
}

/// Saves the case and what its open tasks show.
async fn save(tx: &mut Tx, ground: &Ground, mut change: Change<'_>) -> Result<Case> {
    let shown = change.wind(ground)?;
    let case = change.save(tx).await?;
    store::retime(tx, case.id, &shown).await?;
    Ok(case)
}

async fn wake(tx: &mut Tx, now: Time, case: &Case, until: Time) -> Result<()> {
    let job = jobs::Job::new(OVER, Over { case: case.id, until }).at(until).once(case.id.to_string());
    jobs::reschedule(tx, now, &job).await.map(drop)
}
