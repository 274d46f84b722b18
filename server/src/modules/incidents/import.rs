//! Cases with their history from a table: each row is replayed through the same entries as on the desk, so that its clocks, its light
//! and its timeline are what they would have been here.
//!
//! Everything is read and checked first; then it is written in chunks of a hundred cases a transaction. A case whose number is there
//! already is left alone, so an import that was cut off is simply run again.

use std::collections::{HashMap, HashSet};

use db::{Json, Tx};
use kernel::{Actor, Error, Id, Result, Time};
use serde_json::json;
use uuid::Uuid;

use super::{
    actions::{self, Change, Ground, Intake, Report, open, plan},
    clocks::Event,
    learn::Recognised,
    model::{Action, Attention, Channel, Outcome, Reason, Role, Satisfied, Solved, Source, State, TaskState},
    rules::{ladder::Fired, spoken::Spoken},
    store::{self, RatingRow, TaskRow},
};
use crate::{
    app::App,
    modules::{
        access,
        catalogue::Matter,
        org::{Person, Unit},
    },
    table::{Fault, Row, Table},
};

/// How many cases a transaction writes.
const CHUNK: usize = 100;

/// What was read, and what is wrong with it.
pub struct Staged {
    /// The cases.
    pub rows: Vec<Old>,
    /// Rows at fault; when there is one, nothing is written.
    pub faults: Vec<Fault>,
}

/// How an import ended.
#[derive(Debug, Default)]
pub struct Imported {
    /// Cases written.
    pub imported: usize,
    /// Cases whose number was there already.
    pub known: usize,
}

/// A case of the past.
pub struct Old {
    code: Option<String>,
    /// Where it was, when the row has no point.
    grid: Option<Id<Unit>>,
    intake: Intake,
    matter: Option<Id<Matter>>,
    state: State,
    reported_at: Time,
    accepted_at: Option<Time>,
    assigned_at: Option<Time>,
    taken_at: Option<Time>,
    resolved_at: Option<Time>,
    verified_at: Option<Time>,
    closed_at: Option<Time>,
    lead: Option<Id<Unit>>,
    handler: Option<Id<Person>>,
    result: Option<Outcome>,
    reply: String,
    reason: String,
    paused: Option<String>,
    returned: bool,
    reopened: bool,
    rating: Option<RatingRow>,
    reporters: i64,
}

/// Reads and checks a table.
pub fn stage(app: &App, table: Table, datum: geo::Datum) -> anyhow::Result<Staged> {
    table.require(&["text", "reported_at"])?;
    let ground = Ground::of(app);
    if !table.has("lon") {
        table.require(&["grid_code"])?;
    }
    let (mut rows, mut faults, mut seen) = (vec![], vec![], HashSet::new());
    let mut followers: HashMap<String, i64> = HashMap::new();
    for row in table {
        let old = row.and_then(|row| {
            if let Some(code) = row.some("merged_into") {
                *followers.entry(code).or_default() += 1;
            }
            read(&ground, &row, datum, &mut seen)
        });
        match old {
            Ok(old) => rows.push(old),
            Err(fault) => faults.push(fault),
        }
    }
    for old in &mut rows {
        old.reporters += old.code.as_ref().and_then(|c| followers.get(c)).copied().unwrap_or(0);
    }
    Ok(Staged { rows, faults })
}

fn read(ground: &Ground, row: &Row, datum: geo::Datum, seen: &mut HashSet<String>) -> Result<Old, Fault> {
    let directory = &ground.org.value;
    let code = row.some("code");
    if code.as_ref().is_some_and(|c| !seen.insert(c.clone())) {
        return Err(row.fault("code", "编号重复", "this number stands twice"));
    }
    let unit = |column: &str| match row.some(column) {
        None => Ok(None),
        Some(code) => directory
            .unit_by_code(&code)
            .map(|u| Some(u.id))
            .ok_or_else(|| row.fault(column, "没有这个单位或网格", "no such unit or grid")),
    };
    let matter = match row.some("matter") {
        None => None,
        Some(name) => {
            let found = ground.catalogue.value.by_name(&name).map(|m| m.id);
            Some(found.ok_or_else(|| row.fault("matter", "事项目录中没有这个事项", "no such matter in the catalogue"))?)
        }
    };
    let handler = match row.some("handler_staff_no") {
        None => None,
        Some(no) => Some(
            directory
                .person_by_staff_no(&no)
                .ok_or_else(|| row.fault("handler_staff_no", "没有这个工号", "no such staff number"))?
                .id,
        ),
    };
    let reported_at = time(row, "reported_at")?.ok_or_else(|| row.fault("reported_at", "必填", "required"))?;
    let report = Report {
        text: row.some("text").ok_or_else(|| row.fault("text", "必填", "required"))?,
        lon: number(row, "lon")?,
        lat: number(row, "lat")?,
        datum: Some(datum.name().to_owned()),
        address: row.get("address").to_owned(),
        phone: row.some("reporter_phone"),
        matter,
        ..Report::default()
    };
    let intake = Intake {
        report,
        channel: Some(word(row, "channel", Channel::of)?.unwrap_or(Channel::Api)),
        source: Some(word(row, "source", Source::of)?.unwrap_or(Source::Resident)),
        upstream_no: row.some("upstream_no"),
        upstream_due: time(row, "upstream_due")?,
        ..Intake::default()
    };
    let state = word(row, "state", State::of)?.unwrap_or(State::Received);
    let old = Old {
        code,
        grid: unit("grid_code")?,
        intake,
        matter,
        state,
        reported_at,
        accepted_at: time(row, "accepted_at")?,
        assigned_at: time(row, "assigned_at")?,
        taken_at: time(row, "first_contact_at")?,
        resolved_at: time(row, "resolved_at")?,
        verified_at: time(row, "verified_at")?,
        closed_at: time(row, "closed_at")?,
        lead: unit("lead_unit")?,
        handler,
        result: word(row, "result", Outcome::of)?,
        reply: row.get("public_reply").to_owned(),
        reason: row.get("refuse_reason").to_owned(),
        paused: row.some("pause_reason"),
        returned: row.get("returned_times").parse::<i64>().unwrap_or(0) > 0,
        reopened: row.get("reopened_times").parse::<i64>().unwrap_or(0) > 0,
        rating: rating(row)?,
        reporters: 1,
    };
    ordered(&old, row)?;
    Ok(old)
}

/// A case cannot be solved before it was opened.
fn ordered(old: &Old, row: &Row) -> Result<(), Fault> {
    let times = [
        ("accepted_at", old.accepted_at),
        ("assigned_at", old.assigned_at),
        ("resolved_at", old.resolved_at),
        ("verified_at", old.verified_at),
        ("closed_at", old.closed_at),
    ];
    let mut last = old.reported_at;
    for (column, at) in times {
        if let Some(at) = at {
            if at < last {
                return Err(row.fault(column, "早于前一步的时间", "earlier than the step before it"));
            }
            last = at;
        }
    }
    let opened = !matches!(old.state, State::Received | State::Rejected | State::Merged | State::Void);
    if opened && old.matter.is_none() {
        return Err(row.fault("matter", "已立案的案件必须有事项", "a case that was opened must have a matter"));
    }
    Ok(())
}

fn time(row: &Row, column: &str) -> Result<Option<Time>, Fault> {
    let Some(text) = row.some(column) else { return Ok(None) };
    // Spreadsheets write instants without an offset; they mean the district's wall clock.
    let wall = text.replace('/', "-").parse::<jiff::civil::DateTime>().ok().map(|wall| kernel::Zone::CHINA.instant(wall));
    let at = text.parse::<Time>().ok().or(wall);
    at.map(Some).ok_or_else(|| {
        row.fault(column, "不是时间，例如 2026-03-14T08:30:00+08:00", "not a time such as 2026-03-14T08:30:00+08:00")
    })
}

fn number(row: &Row, column: &str) -> Result<Option<f64>, Fault> {
    let Some(text) = row.some(column) else { return Ok(None) };
    let value = text.parse::<f64>().ok().filter(|v| v.is_finite());
    value.map(Some).ok_or_else(|| row.fault(column, "不是数字", "not a number"))
}

fn word<T>(row: &Row, column: &str, of: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Fault> {
    let Some(text) = row.some(column) else { return Ok(None) };
    of(&text).map(Some).ok_or_else(|| row.fault(column, "不认识的取值", "unknown value"))
}

fn rating(row: &Row) -> Result<Option<RatingRow>, Fault> {
    let Some(contacted) = row.some("contacted") else { return Ok(None) };
    let satisfied = match row.get("satisfied") {
        "" => None,
        "satisfied" | "yes" => Some(Satisfied::Yes),
        "mostly" => Some(Satisfied::Mostly),
        "unsatisfied" | "no" => Some(Satisfied::No),
        "no_comment" | "none" => Some(Satisfied::None),
        _ => return Err(row.fault("satisfied", "不认识的取值", "unknown value")),
    };
    let reached = contacted == "yes";
    Ok(Some(RatingRow {
        at: Time::from_millis(0),
        round: 1,
        asked_by: "callback".into(),
        outcome: if reached { "reached" } else { "no_answer" }.into(),
        contacted: reached.then_some(true),
        solved: word(row, "solved", Solved::of)?,
        satisfied,
        reason: None,
    }))
}

/// Writes cases in chunks; `progress` is told how many are done.
pub async fn write(app: &App, rows: Vec<Old>, progress: impl Fn(usize)) -> Result<Imported> {
    let actor = Actor::system();
    let mut accounts = HashMap::new();
    let mut done = Imported::default();
    let mut seen = 0;
    for chunk in rows.chunks(CHUNK) {
        let codes: Vec<String> = chunk.iter().filter_map(|o| o.code.clone()).collect();
        let known: HashSet<String> = store::known(&mut *app.db.read().await?, &codes).await?.into_iter().collect();
        let fresh: Vec<&Old> = chunk.iter().filter(|o| o.code.as_ref().is_none_or(|c| !known.contains(c))).collect();
        done.known += chunk.len() - fresh.len();
        let mut ready = vec![];
        for old in &fresh {
            let account = account(app, &mut accounts, old.handler).await?;
            let code = match &old.code {
                Some(code) => code.clone(),
                None => app.incidents.number(app, old.reported_at).await?,
            };
            ready.push(replay(app, &actor, old, code, account)?);
        }
        let mut tx = app.db.begin();
        for one in ready {
            put(&mut tx, app.clock.now(), one).await?;
            done.imported += 1;
        }
        tx.commit().await?;
        seen += chunk.len();
        progress(seen);
    }
    Ok(done)
}

async fn account(app: &App, known: &mut HashMap<Id<Person>, Option<Uuid>>, person: Option<Id<Person>>) -> Result<Option<Uuid>> {
    let Some(person) = person else { return Ok(None) };
    if let Some(account) = known.get(&person) {
        return Ok(*account);
    }
    let account = access::store::account_of_person(&mut *app.db.read().await?, person.uuid()).await?;
    known.insert(person, account);
    Ok(account)
}

struct Ready<'a> {
    change: Change<'a>,
    wrapped: Vec<u8>,
    tasks: Vec<TaskRow>,
    rating: Option<RatingRow>,
    /// Stages of the ladder that came while the case was kept elsewhere.
    passed: Vec<(Fired, Time)>,
}

async fn put(tx: &mut Tx, now: Time, one: Ready<'_>) -> Result<()> {
    let id = one.change.case.id;
    access::keys::store(tx, id.uuid(), &one.wrapped).await?;
    one.change.insert(tx).await?;
    store::offer(tx, &one.tasks).await?;
    store::ladder::fire(tx, now, &one.passed).await?;
    for task in one.tasks.iter().filter(|t| t.state != TaskState::Offered) {
        store::save_task(tx, task).await?;
    }
    if let Some(rating) = &one.rating {
        store::rate(tx, Id::<RatingRow>::new(rating.at).uuid(), id, rating).await?;
    }
    Ok(())
}

/// Replays a row: the same entries, at the instants of then.
fn replay<'a>(app: &'a App, actor: &'a Actor, old: &Old, code: String, account: Option<Uuid>) -> Result<Ready<'a>> {
    let mut ground = Ground { now: old.reported_at, ..Ground::of(app) };
    let recognised =
        Recognised { matter: old.matter, confidence: 1.0, sure: old.matter.is_some(), by: "person", ..Recognised::default() };
    let draft = actions::compose(app, &ground, actor, &old.intake, recognised, code)?;
    let wrapped = draft.wrapped;
    let mut change = Change::new(app, actor, old.reported_at, draft.case);
    if let Some(grid) = old.grid.filter(|_| change.case.grid_id.is_none()).and_then(|g| ground.org.value.unit(g)) {
        actions::settle(&mut change, &ground, grid);
    }
    change.case.reporters = old.reporters;
    change.case.confidence = None;
    change.case.classified = json!({ "top": [], "words": [], "by": "person" });
    change.enter(Action::Report, State::Received);
    let mut tasks = vec![];
    let matter = old.matter.and_then(|m| ground.catalogue.value.matter(m)).cloned();
    match (&matter, old.state) {
        (_, State::Rejected | State::Void) => refused(&mut change, old),
        (_, State::Merged) => merged(&mut change, old),
        (Some(matter), state) if state != State::Received => {
            ground.now = old.accepted_at.unwrap_or(old.reported_at);
            change.now = ground.now;
            actions::adopt(&mut change, &ground, matter);
            open(&mut change, &ground, matter)?;
            if state != State::Accepted {
                tasks = worked_on(&mut change, &mut ground, old, matter, account)?;
            }
        }
        _ => change.attend(|_| true, if matter.is_none() { &[Attention::LowConfidence] } else { &[] }),
    }
    ground.now = change.now;
    let shown = change.wind(&ground)?;
    for task in tasks.iter_mut().filter(|t| matches!(t.state, TaskState::Offered | TaskState::Accepted)) {
        (task.accept_by, task.due_at, task.yellow_at, task.red_at) =
            (shown.accept_by, shown.due_at, shown.yellow_at, shown.red_at);
    }
    if let Some(code) = old.paused.as_ref().filter(|_| shown.paused) {
        change.case.paused = Some(code.clone());
    }
    let rating = old.rating.clone().map(|r| RatingRow { at: old.closed_at.unwrap_or(change.now), ..r });
    change.count();
    if let Some(rating) = &rating {
        change.case.satisfied = rating.satisfied;
        change.case.call_at = None;
    }
    let passed = change.pass_over(app.clock.now());
    Ok(Ready { change, wrapped, tasks, rating, passed })
}

fn refused(change: &mut Change<'_>, old: &Old) {
    change.now = old.closed_at.or(old.accepted_at).unwrap_or(old.reported_at);
    let at = change.now;
    let entry = change.enter(Action::Refuse, old.state);
    entry.words.clone_from(&old.reply);
    entry.reasons = Json(vec![Reason::new(&old.reason, old.reply.as_str())]);
    entry.clock = Json(vec![Event::End]);
    change.case.public_reply = Some(old.reply.clone()).filter(|r| !r.is_empty());
    change.case.closed_at = Some(at);
    change.attend(|_| false, &[]);
}

fn merged(change: &mut Change<'_>, old: &Old) {
    change.now = old.closed_at.or(old.accepted_at).unwrap_or(old.reported_at);
    let at = change.now;
    change.enter(Action::Merge, State::Merged).clock = Json(vec![Event::End]);
    change.case.result = Some(Outcome::Merged);
    change.case.closed_at = Some(at);
    change.attend(|_| false, &[]);
}

/// From the dispatch on, as far as the row says.
fn worked_on(
    change: &mut Change<'_>,
    ground: &mut Ground,
    old: &Old,
    matter: &Matter,
    account: Option<Uuid>,
) -> Result<Vec<TaskRow>> {
    change.now = old.assigned_at.unwrap_or(change.now);
    ground.now = change.now;
    let mut plan = plan(ground, change.case.grid_id, matter);
    if let Some(unit) = old.lead {
        plan.lead.unit = unit;
        plan.lead.person = old.handler;
    }
    sent_out(change, ground, &plan, matter)?;
    if old.returned {
        change.now = change.now.plus_minutes(30);
        let entry = change.enter(Action::SendBack, State::Accepted);
        entry.say(Spoken::SentAgain);
        entry.is_public = false;
        sent_out(change, ground, &plan, matter)?;
    }
    ground.now = change.now;
    let mut tasks = actions::tasks(ground, change, &plan, &super::clocks::Instants::default());
    actions::set_lead(change, &plan);
    if old.state == State::Assigned {
        if old.paused.is_some() {
            change.enter(Action::Ask, State::Assigned).clock = Json(vec![Event::Pause]);
        }
        return Ok(tasks);
    }
    change.now = old.taken_at.unwrap_or(change.now).max(change.now);
    let name = old.handler.map(|h| ground.org.value.name_of(h).to_owned()).unwrap_or_default();
    let by = |entry: &mut store::Entry| {
        entry.actor_kind = "person".into();
        entry.actor_id = account.unwrap_or_default();
        entry.actor_name.clone_from(&name);
    };
    let entry = change.act(Action::TakeOn)?;
    entry.clock = Json(vec![Event::TakeOn]);
    by(entry);
    let taken = change.now;
    for task in tasks.iter_mut().filter(|t| t.role == Role::Lead) {
        (task.state, task.accepted_at) = (TaskState::Accepted, Some(taken));
    }
    if old.paused.is_some() {
        change.enter(Action::Ask, State::InProgress).clock = Json(vec![Event::Pause]);
    }
    if let Some(at) = old.resolved_at {
        solved(change, old, at, account, &mut tasks, &by)?;
    }
    Ok(tasks)
}

fn sent_out(change: &mut Change<'_>, ground: &Ground, plan: &actions::Plan, matter: &Matter) -> Result<()> {
    let entry = change.act(Action::Dispatch)?;
    entry.say(actions::led(ground, plan));
    entry.clock = Json(vec![Event::Offer]);
    entry.reasons = {
        let (name, matter_en) = (matter.level3.clone(), matter.english());
        Json(vec![Reason::said("class", Spoken::Classed { matter: name, matter_en, class: matter.class, item: None })])
    };
    Ok(())
}

fn solved(
    change: &mut Change<'_>,
    old: &Old,
    at: Time,
    account: Option<Uuid>,
    tasks: &mut [TaskRow],
    by: &impl Fn(&mut store::Entry),
) -> Result<()> {
    if old.reopened {
        // The row tells only the last round; the first one is put half-way.
        let half = Time::from_millis(change.now.millis().midpoint(at.millis()));
        change.now = half;
        let entry = change.act(Action::Resolve)?;
        entry.clock = Json(vec![Event::Resolve]);
        by(entry);
        let rule = change.case.rule.clone().map(|r| r.0).ok_or_else(|| Error::internal("a case was reopened without a rule"))?;
        change.case.round += 1;
        change.enter(Action::Reopen, State::Accepted).clock = Json(vec![Event::Open { rule, upstream: None }]);
        change.act(Action::Dispatch)?.clock = Json(vec![Event::Offer]);
        change.act(Action::TakeOn)?.clock = Json(vec![Event::TakeOn]);
    }
    change.now = at.max(change.now);
    let entry = change.act(Action::Resolve)?;
    entry.words.clone_from(&old.reply);
    entry.clock = Json(vec![Event::Resolve]);
    by(entry);
    let case = &mut change.case;
    (case.result, case.resolved_at, case.handler) = (old.result, Some(at), account);
    case.public_reply = Some(old.reply.clone()).filter(|r| !r.is_empty());
    for task in tasks {
        (task.state, task.done_at, task.result) = (TaskState::Done, Some(at), old.result.filter(|_| task.role == Role::Lead));
    }
    if let Some(at) = old.verified_at {
        change.now = at;
        change.act(Action::Verify)?;
    }
    if let Some(at) = old.closed_at {
        change.now = at;
        if change.case.state == State::Resolved {
            change.act(Action::Verify)?;
        }
        change.act(Action::Close)?;
        change.case.closed_at = Some(at);
    }
    Ok(())
}
