//! 延期: who needs more time asks for it, the rung whose turn it is decides, and nobody decides about his own.

use db::{Conn, Json, Tx};
use kernel::{Actor, Error, Id, Page, Part, Result, Scope, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Change, Ground, days,
    dispatch::{notice, tell_accounts},
    handle::{own_of, own_task},
    optional, required,
};
use crate::{
    app::App,
    modules::{
        access,
        catalogue::{Limit, NO_CALENDAR},
        incidents::{
            clocks::{Days, Event},
            model::{Action, Incident, NOT_YOUR_TASK, Reason, Role, Task, TaskState},
            rules::pauses::{
                Detail, EXTENSION, EXTENSION_DECIDED, EXTENSION_OPEN, NOT_YOUR_RUNG, NOTHING_TO_EXTEND, OWN_EXTENSION, Rung,
                Standing,
            },
            rules::returns::{Allowed, CONFERENCE_NEEDED, conferences},
            rules::spoken::Spoken,
            store::{self, Case, Extension, TaskRow},
            transitions::{not_in_state, transition},
            view::Named,
        },
        notices,
    },
    table::{column::Column, write::Cell},
};

/// 申请延期.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Extend {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// How much more time.
    pub by: Limit,
    /// Why.
    pub reason: String,
}

/// 延期审批.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// Whether more time is granted.
    pub grant: bool,
    /// Another length than was asked for.
    #[serde(default)]
    pub by: Option<Limit>,
    /// Why; required with a refusal, and of a conference its conclusion.
    #[serde(default)]
    pub words: String,
}

/// A request for more time, as desks see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExtensionView {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Extension>,
    #[schema(value_type = uuid::Uuid)]
    incident: Id<Incident>,
    code: String,
    title: String,
    #[schema(value_type = uuid::Uuid)]
    task: Id<Task>,
    round: i64,
    /// The how-manieth of the round.
    n: i64,
    rung: Rung,
    state: Standing,
    unit: Named,
    by: Limit,
    reason: String,
    asked_at: Time,
    asked_by: String,
    due_before: Option<Time>,
    due_after: Option<Time>,
    decided_at: Option<Time>,
    decided_by: Option<String>,
    words: Option<String>,
    /// The step of the conference that it was granted by.
    conference: Option<i64>,
    /// Whether the caller may decide.
    mine: bool,
}

/// Asks for more time on the lead's task.
pub async fn extend(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, id: Id<Task>, body: &Extend) -> Result<Case> {
    let (task, others) = own_task(tx, &change, id, "task.extend").await?;
    may_extend(&change, &task)?;
    let reason = text::redact(required("reason", &body.reason, 1_000)?).text;
    let round = change.case.round;
    store::drop_extensions(tx, change.case.id, round).await?;
    let Settled { by, n, due_before } = settle(tx, ground, &change, &others, body.by).await?;
    let asked = Extension {
        id: Id::new(ground.now),
        incident_id: change.case.id,
        task_id: task.id,
        round,
        n,
        rung: Rung::turn(n),
        state: Standing::Open,
        unit_id: task.unit_id,
        unit_path: task.unit_path,
        reason: reason.clone(),
        length: Json(by),
        asked_at: ground.now,
        asked_by: change.actor.id,
        asked_name: change.actor.name.clone(),
        due_before,
        due_after: None,
        decided_at: None,
        decided_by: None,
        decided_name: None,
        words: None,
        conference_n: None,
        code: change.case.code.clone(),
        title: change.case.title.clone(),
    };
    let entry = change.act(Action::Extend)?;
    (entry.words, entry.is_public) = (reason, false);
    entry.details = detail(&asked).json()?;
    entry.reasons = Json(vec![Reason::said("extension-asked", Spoken::ExtensionAsked { n, by, rung: asked.rung })]);
    change.wind(ground)?;
    let roles = access_roles(change.app, asked.rung);
    let case = change.save(tx).await?;
    match store::ask_extension(tx, &asked).await {
        Err(e) if db::unique_violation(&e) == Some("uq_incident_extension_open") => return Err(Error::refused(EXTENSION_OPEN)),
        other => other?,
    }
    let mut told = Vec::new();
    for role in &roles {
        told.extend(access::store::accounts_with(tx, role, &asked.unit_path, ground.now).await?);
    }
    told.retain(|to| *to != asked.asked_by);
    tell_accounts(tx, ground.now, told, "extension-asked", &case).await?;
    Ok(case)
}

/// Which extension of a round the next one is.
fn turn(earlier: &[Extension], round: i64) -> i64 {
    1 + earlier.iter().filter(|e| e.state == Standing::Granted && e.round == round).count() as i64
}

/// Refuses more time than the rung whose turn it is may give, counted as it would be granted.
fn short_enough(app: &App, ground: &Ground, case: &Case, n: i64, due: Option<Time>, by: Limit) -> Result<()> {
    let lengths = app.access.setting(&EXTENSION, ground.now);
    let handle = case.rule.as_ref().and_then(|rule| rule.0.handle);
    let from = due.map_or(ground.now, |due| due.max(ground.now));
    let fits = |days: &Days<'_>| lengths.fits(days, Rung::turn(n), handle, by, from);
    match fits(&days(&ground.catalogue.value, case, app.zone)) {
        // As the clocks themselves do it in a year that the calendar of the opening does not know.
        Err(Error::Refused(NO_CALENDAR, _)) => fits(&Days { calendar: ground.catalogue.value.calendar(), zone: app.zone }),
        other => other,
    }
}

/// Only who leads an open task asks for more time.
fn may_extend(change: &Change<'_>, task: &TaskRow) -> Result<()> {
    if task.role != Role::Lead {
        return Err(Error::refused(NOT_YOUR_TASK));
    }
    if !matches!(task.state, TaskState::Offered | TaskState::Accepted) {
        return Err(not_in_state(change.case.state, Action::Extend));
    }
    Ok(())
}

/// How much more time is asked for, the how-manieth time of the round, on top of which deadline.
struct Settled {
    by: Limit,
    n: i64,
    due_before: Option<Time>,
}

/// Settles whether so much more time may be asked for on a task beside these others, or why not.
async fn settle(conn: &mut Conn, ground: &Ground, change: &Change<'_>, others: &[TaskRow], by: Limit) -> Result<Settled> {
    let by = possible(by)?;
    let (now, more) = (change.would(ground, &[])?, change.would(ground, &[Event::Extend { by }])?);
    if !now.paused && now.due_at == more.due_at {
        return Err(Error::refused(NOTHING_TO_EXTEND));
    }
    let round = change.case.round;
    let earlier = store::extensions_of(conn, change.case.id).await?;
    // What waits for nobody any more is dropped with the next request.
    let lost = |id| others.iter().any(|t| t.id == id && matches!(t.state, TaskState::Returned | TaskState::Withdrawn));
    if earlier.iter().any(|e| e.state == Standing::Open && e.round == round && !lost(e.task_id)) {
        return Err(Error::refused(EXTENSION_OPEN));
    }
    let n = turn(&earlier, round);
    short_enough(change.app, ground, &change.case, n, now.due_at, by)?;
    Ok(Settled { by, n, due_before: now.due_at })
}

/// Refuses what a request for more time on this task, the lead's open one when none is named, would refuse, but for its words; nothing is written.
pub(super) async fn would_extend(
    conn: &mut Conn,
    ground: &Ground,
    change: &Change<'_>,
    task: Option<Id<Task>>,
    by: Limit,
) -> Result<()> {
    let tasks = store::tasks(conn, change.case.id).await?;
    let leads = || tasks.iter().find(|t| may_extend(change, t).is_ok()).map(|t| t.id);
    let id = task.or_else(leads).ok_or_else(|| not_in_state(change.case.state, Action::Extend))?;
    let (task, others) = own_of(conn, change, tasks, id, "task.extend").await?;
    may_extend(change, &task)?;
    settle(conn, ground, change, &others, by).await?;
    transition(change.case.state, Action::Extend).map(drop)
}

/// Grants or refuses a request of the own units.
pub async fn decide(
    tx: &mut Tx,
    app: &App,
    ground: &Ground,
    who: &Actor,
    scope: &Scope,
    id: Id<Extension>,
    body: &Decide,
) -> Result<ExtensionView> {
    let mut asked = store::extension(tx, scope, id).await?;
    let case = store::hold(tx, &Scope::All, asked.incident_id).await?;
    if asked.state != Standing::Open || asked.round != case.round {
        return Err(Error::refused(EXTENSION_DECIDED));
    }
    if asked.asked_by == who.id || (who.person.is_some() && who.person == case.lead_person) {
        return Err(Error::refused(OWN_EXTENSION));
    }
    if !may_decide(who, &asked) {
        return Err(Error::refused_with(NOT_YOUR_RUNG, "rung", asked.rung.word()));
    }
    let spoken = !body.grant || asked.rung == Rung::Conference;
    let words = if spoken { required("words", &body.words, 1_000)? } else { optional("words", &body.words, 1_000)? };
    let words = text::redact(words).text;
    if body.grant && asked.rung == Rung::Conference {
        asked.conference_n = Some(conference(tx, &asked).await?);
    }
    asked.length = Json(possible(body.by.unwrap_or(asked.length.0))?);
    asked.state = if body.grant { Standing::Granted } else { Standing::Refused };
    let mut change = Change::of(tx, app, who, case, None).await?;
    if body.grant {
        let due = change.would(ground, &[])?.due_at;
        short_enough(app, ground, &change.case, asked.n, due, asked.length.0)?;
    }
    let entry = change.act(Action::Extend)?;
    (entry.words, entry.is_public) = (words.clone(), body.grant);
    entry.details = detail(&asked).json()?;
    let by = asked.length.0;
    let said = Spoken::ExtensionDecided { n: asked.n, by, rung: asked.rung, granted: body.grant };
    entry.reasons = Json(vec![Reason::said(if body.grant { "extension-granted" } else { "extension-refused" }, said)]);
    if body.grant {
        entry.clock = Json(vec![Event::Extend { by }]);
    }
    let shown = change.wind(ground)?;
    let case = change.save(tx).await?;
    store::retime(tx, case.id, &shown).await?;
    asked.due_after = shown.due_at.filter(|_| body.grant);
    (asked.decided_at, asked.decided_by, asked.decided_name) = (Some(ground.now), Some(who.id), Some(who.name.clone()));
    asked.words = Some(words).filter(|w| !w.is_empty());
    store::decide_extension(tx, &asked).await?;
    let kind = if body.grant { "extension-granted" } else { "extension-refused" };
    notices::tell(tx, ground.now, &[notice(asked.asked_by, kind, &case, false)]).await?;
    Ok(shown_to(ground, who, asked))
}

/// The recorded conference of this round that allows one more extension and has not been used for another.
async fn conference(tx: &mut Tx, asked: &Extension) -> Result<i64> {
    let steps = store::steps(tx, asked.incident_id).await?;
    let used: Vec<i64> = store::extensions_of(tx, asked.incident_id).await?.iter().filter_map(|e| e.conference_n).collect();
    let free = conferences(&steps, asked.round, Allowed::Extend).into_iter().find(|n| !used.contains(n));
    free.ok_or_else(|| Error::refused_with(CONFERENCE_NEEDED, "allows", Allowed::Extend.word()))
}

/// A page of requests of the caller's units, the newest first.
pub async fn extensions(
    conn: &mut Conn,
    ground: &Ground,
    who: &Actor,
    scope: &Scope,
    state: Option<Standing>,
    part: Part,
) -> Result<Page<ExtensionView>> {
    let rows = store::extensions(conn, scope, state, part.cursor, part.limit).await?;
    Ok(part.cut(rows, |e| (e.asked_at.millis(), e.id.uuid())).map(|e| shown_to(ground, who, e)))
}

fn possible(by: Limit) -> Result<Limit> {
    let wrong = || Error::Invalid(vec![kernel::FieldError::new("by", "not-a-limit").with("max", Limit::LARGEST)]);
    Limit::new(by.n, by.unit).ok_or_else(wrong)
}

fn may_decide(who: &Actor, asked: &Extension) -> bool {
    asked.rung.permissions().iter().any(|p| who.scope(*p).holds(&asked.unit_path))
}

/// The roles whose turn a rung is.
fn access_roles(app: &App, rung: Rung) -> Vec<String> {
    let own = rung.permissions().first().copied();
    let roles = app.access.roles.get();
    roles.value.values().filter(|r| own.is_some_and(|p| r.permissions.contains(&p))).map(|r| r.key.clone()).collect()
}

fn detail(e: &Extension) -> Detail {
    let (extension, by, conference) = (e.id.uuid(), e.length.0, e.conference_n);
    Detail::Extend { extension, n: e.n, rung: e.rung, by, standing: e.state, conference }
}

/// The columns of requests as a table.
pub const EXTENSION_COLUMNS: [Column; 15] = [
    Column::plain("code"),
    Column::plain("title"),
    Column::terms("state", "standing"),
    Column::plain("unit"),
    Column::plain("round"),
    Column::plain("n"),
    Column::terms("rung", "rung"),
    Column::span("by"),
    Column::plain("reason"),
    Column::at("asked_at"),
    Column::plain("asked_by"),
    Column::at("due_before"),
    Column::at("due_after"),
    Column::at("decided_at"),
    Column::plain("words"),
];

/// A request as a line of a table.
pub fn extension_cells(ground: &Ground, e: Extension) -> Vec<Cell> {
    let at = |time: Option<kernel::Time>| time.map(|t| t.to_string());
    vec![
        e.code.into(),
        e.title.into(),
        e.state.word().into(),
        Named::unit(ground, e.unit_id).name.into(),
        e.round.into(),
        e.n.into(),
        e.rung.word().into(),
        format!("{} {}", e.length.0.n, e.length.0.unit.word()).into(),
        e.reason.into(),
        e.asked_at.to_string().into(),
        e.asked_name.into(),
        at(e.due_before).into(),
        at(e.due_after).into(),
        at(e.decided_at).into(),
        e.words.into(),
    ]
}

fn shown_to(ground: &Ground, who: &Actor, e: Extension) -> ExtensionView {
    let own = e.asked_by == who.id;
    ExtensionView {
        mine: e.state == Standing::Open && !own && may_decide(who, &e),
        unit: Named::unit(ground, e.unit_id),
        id: e.id,
        incident: e.incident_id,
        code: e.code,
        title: e.title,
        task: e.task_id,
        round: e.round,
        n: e.n,
        rung: e.rung,
        state: e.state,
        by: e.length.0,
        reason: e.reason,
        asked_at: e.asked_at,
        asked_by: e.asked_name,
        due_before: e.due_before,
        due_after: e.due_after,
        decided_at: e.decided_at,
        decided_by: e.decided_name,
        words: e.words,
        conference: e.conference_n,
    }
}
