//! 吹哨, 报到, 销号, 撤哨.

use db::{Conn, Json, Tx};
use jobs::{Context, Job};
use kernel::{Actor, Error, FieldError, Id, Permission, Result, Scope, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Change, Ground,
    desk::{accounts, moment},
    dispatch::{admit, task, within},
    handle::{attach, own_task},
    optional, required,
    returns::{self, undecided},
    second,
};
use crate::{
    app::App,
    modules::{
        catalogue::{AccessClass, Urgency},
        files::File,
        incidents::{
            clocks::{Event, Instants},
            model::{Action, Attention, Incident, NOT_YOUR_TASK, Reason, Role, State, Task, TaskState},
            rules::{
                returns::BINDING,
                spoken::{Spoken, wall},
                warning::STANDARD,
                whistle::{
                    ALREADY_REPORTED_IN, Arrival, Carried, Grade, LEAD_AT_WORK, MAY_NOT_WHISTLE, MINUTES, Method, NOT_SUMMONED,
                    PARTS_OPEN, ReportIn, Summons, WHISTLE, WHISTLE_OVER, Whistle, WhistleState, may_blow, may_close, stage,
                    yellow,
                },
            },
            store::{
                self, Case, TaskRow,
                whistle::{self as rows, Judged, Summoned, WhistleRow},
            },
            transitions::not_in_state,
        },
        notices::{self, Notice},
        org::{Person, Unit},
    },
};

/// The kind of the job that looks whether a unit reported in.
pub const REPORT_BY: &str = "whistle.report-by";
/// What lets whoever leads ask for helpers.
pub const HELP: Permission = Permission("task.help");
/// More units than one whistle calls.
const MOST_UNITS: usize = 20;

/// A unit to summon.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WhistleCall)]
pub struct Call {
    /// Which.
    #[schema(value_type = uuid::Uuid)]
    pub unit: Id<Unit>,
    /// Its part.
    pub role: Role,
}

/// 吹哨.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WhistleBlow)]
pub struct Blow {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// Who is summoned, 1 to 20 units; a case without a lead needs one.
    pub units: Vec<Call>,
    /// What for.
    pub words: String,
    /// Minutes to report in, 5 to 1,440; the district's setting for the case's urgency when absent.
    #[serde(default)]
    pub minutes: Option<u32>,
    /// The unit for which it is blown; the caller's own when absent.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub from: Option<Id<Unit>>,
}

/// 请求协助.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AskHelp)]
pub struct Help {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// Who is asked, 1 to 20 units.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub units: Vec<Id<Unit>>,
    /// What for.
    pub words: String,
}

/// 报到.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Arrive {
    /// The version of the case that the caller saw.
    pub version: Option<i64>,
    /// Who came, what was found.
    pub note: String,
    /// Photographs, never required.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub photo_ids: Vec<Id<File>>,
    /// Where, WGS84, never required.
    pub lon: Option<f64>,
    /// Where, WGS84.
    pub lat: Option<f64>,
}

/// How one unit is judged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    /// The unit.
    #[schema(value_type = uuid::Uuid)]
    pub unit: Id<Unit>,
    /// How it put itself in.
    pub effort: Grade,
    /// What came of it.
    pub result: Grade,
    /// Why.
    #[serde(default)]
    pub words: String,
}

/// 销号 with a rating for each unit that was not let go; whether it reported in within its time is counted, not asked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WhistleClose)]
pub struct Close {
    /// One for each unit.
    pub ratings: Vec<Judgement>,
}

/// 撤哨.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WhistleCallOff)]
pub struct CallOff {
    /// Why.
    pub reason: String,
}

/// What the job at the limit is given.
#[derive(Debug, Serialize, Deserialize)]
pub struct Expected {
    incident: Id<Incident>,
    task: Id<Task>,
}

/// Summons units in the name of a unit that the caller may blow for. The inner error is a refusal whose record must be kept, as of a dispatch.
pub async fn blow(tx: &mut Tx, ground: &Ground, change: Change<'_>, body: &Blow) -> Result<Result<Case>> {
    let from = blower(ground, &change, body.from)?;
    call_up(tx, ground, change, from, body).await
}

/// 请求协助: whoever leads and is at work asks units to help, in the name of his own unit. Nobody is given the lead by it, and closing and rating
/// stay with those who may blow a whistle there.
pub async fn help(tx: &mut Tx, ground: &Ground, change: Change<'_>, id: Id<Task>, body: &Help) -> Result<Result<Case>> {
    let (task, _) = own_task(tx, &change, id, HELP.0).await?;
    if task.role != Role::Lead {
        return Err(Error::refused(NOT_YOUR_TASK));
    }
    if task.state != TaskState::Accepted {
        return Err(not_in_state(change.case.state, Action::Whistle));
    }
    let from = ground.org.value.unit(task.unit_id).ok_or(Error::NotFound)?;
    let units = body.units.iter().map(|unit| Call { unit: *unit, role: Role::Helper }).collect();
    let call = Blow { version: body.version, units, words: body.words.clone(), minutes: None, from: None };
    call_up(tx, ground, change, from, &call).await
}

/// A whistle, a task for each unit, a job at the limit for each, a notice to each desk.
async fn call_up(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, from: &Unit, body: &Blow) -> Result<Result<Case>> {
    let words = text::redact(required("words", &body.words, 1_000)?).text;
    let Settled { units, report_by, mut present, replaced, next } = settle(tx, ground, &change, from, body).await?;
    let trail = match next {
        Some(lead) => {
            if let Err(refused) = may_lead(ground, &change, lead) {
                return returns::attempted(tx, ground, &change, lead, refused).await.map(Err);
            }
            let trail = returns::Trail::of(tx, &change).await?;
            if trail.closes_circle(lead) {
                return returns::stop_circle(tx, ground, change, lead).await.map(Err);
            }
            trail
        }
        None => returns::Trail::default(),
    };
    let former = second::former(tx, &change.case).await?;
    // Whoever loses the lead may still be called as a helper: that is another task.
    present.retain(|t| Some(t.id) != replaced);
    let n = rows::next_number(tx, change.case.id).await?;
    let whistle = Id::<Whistle>::new(ground.now);
    let named = |role: Role| units.iter().filter(move |u| u.role == role).map(|u| u.name.clone());
    let said = Spoken::Whistled {
        from: from.name.clone(),
        lead: named(Role::Lead).next(),
        helpers: named(Role::Helper).collect(),
        by: wall(change.app.zone, report_by),
        words: words.clone(),
    };
    let entry = change.act(Action::Whistle)?;
    entry.say(said);
    entry.is_public = false;
    // Only a lead who is new has to take the case on.
    entry.clock = Json(next.map(|_| Event::Offer).into_iter().collect());
    entry.details = Some(carried(&Carried::Whistle { whistle: whistle.uuid(), n, units: units.clone(), report_by })?);
    let shown = change.wind(ground)?;
    let call = Called { units: &units, not: &former.people, whistle, report_by };
    let (fresh, adopted) = parts(ground, &change, &call, &present, &shown);
    if let Some(lead) = fresh.iter().find(|t| t.role == Role::Lead) {
        if !trail.is_held() {
            (change.case.lead_unit, change.case.lead_person) = (Some(lead.unit_id), lead.person_id);
        }
        // As with a dispatch: what was returned, opened again or not let pass has found somebody.
        change.attend(|a| !matches!(a, Attention::Returned | Attention::Reopened | Attention::CheckFailed), &[]);
        trail.settle(tx, &mut change, lead.unit_id).await?;
    }
    let row = WhistleRow {
        id: whistle,
        incident_id: change.case.id,
        code: change.case.code.clone(),
        title: change.case.title.clone(),
        owner_path: change.case.owner_path.clone(),
        n,
        state: WhistleState::Called,
        at: ground.now,
        from_unit: from.id,
        from_path: from.path.clone(),
        blown_by: change.actor.id,
        blown_name: change.actor.name.clone(),
        words,
        report_by,
        ended_at: None,
        reason: None,
    };
    let (app, round) = (change.app, change.case.round);
    let case = change.save(tx).await?;
    rows::blow(tx, &row, round).await?;
    if let Some(lead) = replaced {
        rows::withdraw(tx, lead).await?;
    }
    if next.is_some() {
        store::drop_extensions(tx, case.id, round).await?;
    }
    for task in &adopted {
        rows::adopt(tx, task).await?;
    }
    store::offer(tx, &fresh).await?;
    summon(tx, app, ground, &case, &[fresh, adopted].concat(), report_by).await?;
    Ok(Ok(case))
}

/// Who would come until when, and who would lead instead of whom.
struct Settled {
    units: Vec<Summons>,
    report_by: Time,
    present: Vec<TaskRow>,
    replaced: Option<Id<Task>>,
    next: Option<Id<Unit>>,
}

/// Settles whom a whistle calls, or why it may not; whether the case may go to who would lead is asked apart, since such an attempt is kept.
async fn settle(conn: &mut Conn, ground: &Ground, change: &Change<'_>, from: &Unit, body: &Blow) -> Result<Settled> {
    let method = change.app.access.setting(&WHISTLE, ground.now);
    let units = called(ground, change, &method, from, body)?;
    let minutes = body.minutes.unwrap_or(method.minutes.of(change.case.urgency));
    if !MINUTES.contains(&minutes) {
        return Err(Error::invalid("minutes", "out-of-range"));
    }
    let report_by = ground.now.plus_minutes(i64::from(minutes));
    let present = store::tasks(conn, change.case.id).await?;
    let replaced = lead_of(ground, change, &units, &present)?;
    let next = next_lead(&units, &present);
    Ok(Settled { units, report_by, present, replaced, next })
}

fn may_lead(ground: &Ground, change: &Change<'_>, lead: Id<Unit>) -> Result<()> {
    let name = || ground.org.value.unit(lead).map_or_else(String::new, |u| u.name.clone());
    admit(ground, change, Role::Lead, lead).map_err(|code| Error::refused_with(code, "unit", name()))
}

/// Whether a whistle would offer the case to somebody, without blowing it; refused as it would be. Nobody is called yet while a form is empty.
pub(super) async fn would_offer(conn: &mut Conn, ground: &Ground, change: &Change<'_>, body: &Blow) -> Result<bool> {
    let from = blower(ground, change, body.from)?;
    if body.units.is_empty() {
        return Ok(false);
    }
    let Some(lead) = settle(conn, ground, change, from, body).await?.next else { return Ok(false) };
    may_lead(ground, change, lead)?;
    if returns::Trail::of(conn, change).await?.closes_circle(lead) {
        return Err(returns::circle(ground, lead));
    }
    Ok(true)
}

/// The unit for which the whistle is blown: the highest of the caller's own that the case lies below, or the one that the caller names.
fn blower<'g>(ground: &'g Ground, change: &Change<'_>, wanted: Option<Id<Unit>>) -> Result<&'g Unit> {
    let directory = &ground.org.value;
    let scope = change.actor.scope(Permission("incident.whistle"));
    if let Some(wanted) = wanted {
        let unit = directory.unit(wanted).ok_or_else(|| Error::invalid("from", "unknown-unit"))?;
        return if scope.holds(&unit.path) && change.case.owner_path.starts_with(&unit.path) {
            Ok(unit)
        } else {
            Err(Error::refused_with(MAY_NOT_WHISTLE, "unit", unit.name.clone()))
        };
    }
    let Scope::Under(mut paths) = scope else { return Ok(directory.root()) };
    paths.sort_by_key(String::len);
    let own = paths.into_iter().find(|p| change.case.owner_path.starts_with(p.as_str()));
    let Some(path) = own else { return Err(Error::Forbidden) };
    let code = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    Ok(directory.unit_by_code(&code).unwrap_or_else(|| directory.root()))
}

/// The units that may be called, or why one may not.
fn called(ground: &Ground, change: &Change<'_>, method: &Method, from: &Unit, body: &Blow) -> Result<Vec<Summons>> {
    let directory = &ground.org.value;
    if body.units.is_empty() || body.units.len() > MOST_UNITS {
        return Err(Error::Invalid(vec![FieldError::new("units", "bad-number").with("limit", MOST_UNITS)]));
    }
    if body.units.iter().filter(|u| u.role == Role::Lead).count() > 1 {
        return Err(Error::invalid("units", "one-lead"));
    }
    let kind = |unit: &Unit| unit.at(ground.now).map(|s| s.kind.clone()).unwrap_or_default();
    let class = change.case.class.unwrap_or(AccessClass::Unlisted);
    let mut units: Vec<Summons> = vec![];
    for (n, call) in body.units.iter().enumerate() {
        let known = directory.unit(call.unit).filter(|u| u.at(ground.now).is_some());
        let unit = known.ok_or_else(|| Error::invalid(format!("units[{n}].unit"), "unknown-unit"))?;
        if units.iter().any(|u| u.unit == unit.id.uuid()) {
            return Err(Error::invalid(format!("units[{n}].unit"), "named-twice"));
        }
        if !may_blow(&method.may, &kind(from), class, &kind(unit)) {
            return Err(Error::refused_with(MAY_NOT_WHISTLE, "unit", unit.name.clone()));
        }
        units.push(Summons { unit: unit.id.uuid(), name: unit.name.clone(), role: call.role });
    }
    Ok(units)
}

/// Settles who leads: the offered lead that another one replaces, if any. A lead at work is not replaced by a whistle.
fn lead_of(ground: &Ground, change: &Change<'_>, units: &[Summons], present: &[TaskRow]) -> Result<Option<Id<Task>>> {
    let wanted = units.iter().find(|u| u.role == Role::Lead);
    let lead = open_lead(present);
    if next_lead(units, present).is_some() {
        undecided(change)?;
        if lead.is_some_and(|l| l.binding) {
            return Err(Error::refused(BINDING));
        }
    }
    match (wanted, lead) {
        (None, None) => Err(Error::invalid("units", "lead-required")),
        (Some(wanted), Some(lead)) if lead.unit_id.uuid() != wanted.unit => {
            if lead.state == TaskState::Offered && change.case.state == State::Assigned {
                return Ok(Some(lead.id));
            }
            let name = ground.org.value.unit(lead.unit_id).map_or_else(String::new, |u| u.name.clone());
            Err(Error::refused_with(LEAD_AT_WORK, "unit", name))
        }
        _ => Ok(None),
    }
}

fn open_lead(present: &[TaskRow]) -> Option<&TaskRow> {
    present.iter().find(|t| t.role == Role::Lead && is_open(t))
}

/// Who is called to lead and does not lead yet.
fn next_lead(units: &[Summons], present: &[TaskRow]) -> Option<Id<Unit>> {
    let wanted = units.iter().find(|u| u.role == Role::Lead).map(|u| Id::from_uuid(u.unit));
    wanted.filter(|w| open_lead(present).is_none_or(|lead| lead.unit_id != *w))
}

const fn is_open(task: &TaskRow) -> bool {
    matches!(task.state, TaskState::Offered | TaskState::Accepted)
}

/// Who is called by which whistle until when, and who may not come, since he handled an earlier round.
struct Called<'w> {
    units: &'w [Summons],
    not: &'w [Id<Person>],
    whistle: Id<Whistle>,
    report_by: Time,
}

/// A new task for each unit, but for those that have one of this case already: they are summoned with it.
fn parts(
    ground: &Ground,
    change: &Change<'_>,
    call: &Called<'_>,
    present: &[TaskRow],
    shown: &Instants,
) -> (Vec<TaskRow>, Vec<TaskRow>) {
    let Called { units, not, whistle, report_by } = *call;
    let (mut fresh, mut adopted) = (vec![], vec![]);
    for unit in units {
        let id = Id::from_uuid(unit.unit);
        let there = present.iter().find(|t| t.unit_id == id && is_open(t) && (unit.role == Role::Helper || t.role == Role::Lead));
        let who = within(&ground.org.value, id, None, not, ground.now);
        let mut part = there.cloned().unwrap_or_else(|| task(ground, change, unit.role, &who, shown));
        (part.whistle_id, part.report_by) = (Some(whistle.uuid()), Some(report_by));
        // Until the unit is there, its light is the earlier of the case's clocks and its own time to come.
        part.red_at = Some(part.red_at.map_or(report_by, |red| red.min(report_by)));
        let soon = yellow(ground.now, report_by, change.case.rule.as_ref().map_or(STANDARD, |rule| rule.0.warns()));
        part.warn_at = Some(soon);
        part.yellow_at = Some(part.yellow_at.map_or(soon, |y| y.min(soon)));
        if there.is_some() { adopted.push(part) } else { fresh.push(part) }
    }
    (fresh, adopted)
}

/// A job at the limit for each unit, and a notice to each desk.
async fn summon(tx: &mut Tx, app: &App, ground: &Ground, case: &Case, tasks: &[TaskRow], report_by: Time) -> Result<()> {
    for task in tasks {
        let expected = Expected { incident: case.id, task: task.id };
        jobs::reschedule(tx, ground.now, &Job::new(REPORT_BY, &expected).at(report_by).once(task.id.to_string())).await?;
    }
    let units: Vec<Id<Unit>> = tasks.iter().map(|t| t.unit_id).collect();
    let people: Vec<Uuid> = tasks.iter().filter_map(|t| t.person_id).collect();
    let to = accounts(tx, app, Permission("task.report_in"), &units, &people, ground.now).await?;
    let params = serde_json::json!({ "code": case.code, "report_by": moment(app, report_by) });
    tell(tx, ground.now, case, &to, "whistle-blown", &params).await
}

async fn tell(tx: &mut Tx, now: Time, case: &Case, to: &[Uuid], kind: &'static str, params: &serde_json::Value) -> Result<()> {
    let urgent = case.urgency == Urgency::Emergency;
    let notice =
        |to: &Uuid| Notice { to: *to, kind, object_kind: "incident", object: case.id.uuid(), params: params.clone(), urgent };
    notices::tell(tx, now, &to.iter().map(notice).collect::<Vec<_>>()).await
}

/// A summoned unit is there: its task is taken on, and the whistle moves on.
pub async fn report_in(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, id: Id<Task>, body: &Arrive) -> Result<Case> {
    let note = text::redact(optional("note", &body.note, 1_000)?).text;
    let (mut task, others) = own_task(tx, &change, id, "task.report_in").await?;
    let (Some(whistle), Some(report_by)) = (task.whistle_id, task.report_by) else { return Err(Error::refused(NOT_SUMMONED)) };
    if !is_open(&task) {
        return Err(not_in_state(change.case.state, Action::ReportIn));
    }
    if task.arrived_at.is_some() {
        return Err(Error::refused(ALREADY_REPORTED_IN));
    }
    let lead = task.role == Role::Lead;
    let taken_on = task.state == TaskState::Accepted;
    let mut units = others.iter().filter(|t| t.whistle_id == Some(whistle)).map(|t| (t.state, t.arrived_at)).collect::<Vec<_>>();
    task.state = TaskState::Accepted;
    task.accepted_at = task.accepted_at.or(Some(ground.now));
    task.arrived_at = Some(ground.now);
    task.person_id = change.actor.person.or(task.person_id);
    units.push((task.state, task.arrived_at));
    let late = ground.now > report_by;
    let name = ground.org.value.unit(task.unit_id).map_or_else(String::new, |u| u.name.clone());
    let place = place(body)?;
    let state = change.case.state;
    let entry = if lead { change.act(Action::ReportIn)? } else { change.enter(Action::ReportIn, state) };
    entry.say(Spoken::ReportedIn { unit: name, late, words: note });
    entry.is_public = false;
    entry.details = Some(carried(&Carried::ReportIn { whistle, task: task.id.uuid(), late, place })?);
    let mut asked = vec![];
    if lead && !taken_on {
        entry.clock = Json(vec![Event::TakeOn]);
        (change.case.lead_unit, change.case.lead_person) = (Some(task.unit_id), task.person_id);
        asked = returns::taken_on(tx, &mut change, &others).await?;
    }
    attach(tx, &mut change, &body.photo_ids, "arrival").await?;
    let shown = change.wind(ground)?;
    (task.accept_by, task.due_at, task.yellow_at, task.red_at) = (None, shown.due_at, shown.yellow_at, shown.red_at);
    store::save_task(tx, &task).await?;
    if !rows::advance(tx, Id::from_uuid(whistle), stage(units)).await? {
        return Err(Error::refused(WHISTLE_OVER));
    }
    jobs::cancel(tx, REPORT_BY, &id.to_string()).await?;
    let case = change.save(tx).await?;
    returns::tell(tx, ground, asked, "ruling-dropped", &case).await?;
    Ok(case)
}

/// Where, rounded to what a desk needs to know.
fn place(body: &Arrive) -> Result<Option<Arrival>> {
    let Some((lon, lat)) = body.lon.zip(body.lat) else { return Ok(None) };
    let on_earth = lon.is_finite() && lat.is_finite() && lon.abs() <= 180.0 && lat.abs() <= 90.0;
    if !on_earth {
        return Err(Error::invalid("lon", "out-of-range"));
    }
    let round = |x: f64| (x * 10_000.0).round() / 10_000.0;
    Ok(Some(Arrival { lon: round(lon), lat: round(lat) }))
}

/// The job at the limit: a unit that is not there is marked, once; its desk and the whistler are told.
pub async fn missing(app: &App, context: &Context, expected: &Expected) -> Result<()> {
    let (actor, now) = (Actor::system(), app.clock.now());
    let mut tx = app.db.begin();
    if context.not_yet(&mut tx, now).await? {
        return tx.commit().await;
    }
    let case = store::hold(&mut tx, &Scope::All, expected.incident).await?;
    if rows::miss(&mut tx, expected.task, now).await? {
        let mut change = Change::of(&mut tx, app, &actor, case, None).await?;
        let tasks = store::tasks(&mut tx, expected.incident).await?;
        let task = tasks.into_iter().find(|t| t.id == expected.task).ok_or(Error::NotFound)?;
        let whistle = rows::whistle(&mut tx, &Scope::All, Id::from_uuid(task.whistle_id.unwrap_or_default())).await?;
        let org = app.org.directory();
        let name = org.value.unit(task.unit_id).map_or("", |u| u.name.as_str()).to_owned();
        let state = change.case.state;
        let entry = change.enter(Action::NotReportedIn, state);
        entry.say(Spoken::NotReportedIn { unit: name.clone(), by: wall(app.zone, whistle.report_by) });
        entry.is_public = false;
        entry.reasons = Json(vec![Reason::said("report-by-over", Spoken::ReportInLimitOver)]);
        entry.details = Some(carried(&Carried::NotReportedIn { whistle: whistle.id.uuid(), task: task.id.uuid() })?);
        let case = change.save(&mut tx).await?;
        let people: Vec<Uuid> = task.person_id.into_iter().collect();
        let mut to = accounts(&mut tx, app, Permission("task.report_in"), &[task.unit_id], &people, now).await?;
        if !to.contains(&whistle.blown_by) {
            to.push(whistle.blown_by);
        }
        let params = serde_json::json!({ "code": case.code, "unit": name });
        tell(&mut tx, now, &case, &to, "whistle-missed", &params).await?;
    }
    context.finish(&mut tx).await?;
    tx.commit().await
}

/// 销号: every unit that came has finished; the whistler judges each, once. Units that never came are let go.
pub async fn close(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, whistle: &WhistleRow, body: &Close) -> Result<Case> {
    own_whistle(change.actor, whistle)?;
    let units = rows::summoned(tx, &[whistle.id]).await?;
    if !may_close(units.iter().map(|u| (u.role, u.state, u.arrived_at))) {
        return Err(Error::refused(PARTS_OPEN));
    }
    let judged = judged(ground, &units, body)?;
    let by = change.actor.id;
    if !rows::end(tx, whistle.id, WhistleState::Closed, ground.now, by, None).await? {
        return Err(Error::refused(WHISTLE_OVER));
    }
    rows::judge(tx, whistle.id, &judged, ground.now, by).await?;
    let_go(tx, &units, |_| true).await?;
    let state = change.case.state;
    let entry = change.enter(Action::CloseWhistle, state);
    entry.say(Spoken::WhistleClosed { n: whistle.n, units: judged.len() as i64 });
    entry.is_public = false;
    entry.details = Some(carried(&Carried::CloseWhistle { whistle: whistle.id.uuid() })?);
    change.save(tx).await
}

/// Every unit that was not let go before its time is judged, and no other.
fn judged(ground: &Ground, units: &[Summoned], body: &Close) -> Result<Vec<Judged>> {
    let counts: Vec<&Summoned> = units.iter().filter(|u| u.coming().answer(ground.now) != ReportIn::Released).collect();
    let mut list = vec![];
    for (n, given) in body.ratings.iter().enumerate() {
        let Some(unit) = counts.iter().find(|u| u.unit_id == given.unit) else {
            return Err(Error::invalid(format!("ratings[{n}].unit"), "not-summoned"));
        };
        if list.iter().any(|j: &Judged| j.unit == given.unit) {
            return Err(Error::invalid(format!("ratings[{n}].unit"), "named-twice"));
        }
        let words = text::redact(optional("words", &given.words, 500)?).text;
        let in_time = unit.coming().answer(ground.now) == ReportIn::InTime;
        list.push(Judged { task: unit.id, unit: given.unit, in_time, effort: given.effort, result: given.result, words });
    }
    if list.len() < counts.len() {
        return Err(Error::Invalid(vec![FieldError::new("ratings", "one-for-each-unit").with("limit", counts.len())]));
    }
    Ok(list)
}

/// 撤哨: the helpers are let go; a lead goes on as the lead of the case, so that the case is never without one.
pub async fn call_off(
    tx: &mut Tx,
    ground: &Ground,
    mut change: Change<'_>,
    whistle: &WhistleRow,
    body: &CallOff,
) -> Result<Case> {
    own_whistle(change.actor, whistle)?;
    let reason = text::redact(required("reason", &body.reason, 500)?).text;
    let units = rows::summoned(tx, &[whistle.id]).await?;
    let by = change.actor.id;
    if !rows::end(tx, whistle.id, WhistleState::CalledOff, ground.now, by, Some(&reason)).await? {
        return Err(Error::refused(WHISTLE_OVER));
    }
    let_go(tx, &units, |u| u.role == Role::Helper).await?;
    let state = change.case.state;
    let entry = change.enter(Action::CallOff, state);
    entry.say(Spoken::WhistleCalledOff { n: whistle.n, words: reason });
    entry.is_public = false;
    entry.details = Some(carried(&Carried::CallOff { whistle: whistle.id.uuid() })?);
    let app = change.app;
    let case = change.save(tx).await?;
    let open: Vec<&Summoned> = units.iter().filter(|u| matches!(u.state, TaskState::Offered | TaskState::Accepted)).collect();
    let told: Vec<Id<Unit>> = open.iter().map(|u| u.unit_id).collect();
    let to = accounts(tx, app, Permission("task.report_in"), &told, &[], ground.now).await?;
    tell(tx, ground.now, &case, &to, "whistle-called-off", &serde_json::json!({ "code": case.code })).await?;
    Ok(case)
}

/// Withdraws the open tasks of these units, and forgets to look for them at their limit.
async fn let_go(tx: &mut Tx, units: &[Summoned], which: impl Fn(&Summoned) -> bool) -> Result<()> {
    for unit in units.iter().filter(|u| matches!(u.state, TaskState::Offered | TaskState::Accepted)) {
        jobs::cancel(tx, REPORT_BY, &unit.id.to_string()).await?;
        if which(unit) {
            rows::withdraw(tx, unit.id).await?;
        }
    }
    Ok(())
}

/// Whoever works where the whistle was blown may end it: at night it is a colleague.
fn own_whistle(actor: &Actor, whistle: &WhistleRow) -> Result<()> {
    if actor.scope(Permission("incident.whistle")).holds(&whistle.from_path) { Ok(()) } else { Err(Error::Forbidden) }
}

fn carried(details: &Carried) -> Result<serde_json::Value> {
    serde_json::to_value(details).map_err(Error::internal)
}
