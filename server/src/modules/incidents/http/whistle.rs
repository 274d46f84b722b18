//! 吹哨报到: blowing, reporting in, closing, the board and the figures.

use std::collections::HashMap;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use kernel::{Error, Id, Page, Part, Scope, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Export, answer, answer_or_refuse, open, reach};
use crate::{
    app::{App, Shared},
    http::{Allow, Along, Answer, Command, MOST, Outcome, Taker, Written},
    modules::{
        incidents::{
            actions::{Change, Ground, whistle as actions},
            model::{Incident, Light, Role, Task, TaskState},
            rules::whistle::{Grade, Method, ReportIn, WHISTLE, Whistle, WhistleState},
            store::whistle::{self as rows, Board, Summoned, WhistleRow},
            view::{self, Named},
        },
        org::Unit,
    },
    permit,
    table::{column::Column, write::Cell},
};

permit! {
    /// Summon units, close and call off whistles.
    Blow = "incident.whistle";
    /// Ask units to help with the own task.
    AskForHelp = "task.help";
    /// Report in where one was summoned.
    ReportInHere = "task.report_in";
    /// See whistles and their figures.
    ReadWhistles = "whistle.read";
}

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(blow))
        .routes(routes!(help))
        .routes(routes!(report_in))
        .routes(routes!(close))
        .routes(routes!(call_off))
        .routes(routes!(board))
        .routes(routes!(board_file))
        .routes(routes!(figures))
        .routes(routes!(one))
}

/// A task of a case.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct CaseTask {
    #[param(value_type = uuid::Uuid)]
    id: Id<Incident>,
    #[param(value_type = uuid::Uuid)]
    task: Id<Task>,
}

/// Summon units to a case.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/whistle", tag = "whistles", request_body = actions::Blow,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.whistle"))))]
async fn blow(
    State(app): State<Shared>,
    who: Allow<Blow>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Blow>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = Box::pin(actions::blow(&mut work.tx, &ground, change, &command.body)).await?;
    answer_or_refuse(work, &app, &ground, &who, case).await
}

/// Ask units to help with the own task that one leads.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/tasks/{task}/help", params(CaseTask), tag = "whistles", request_body = actions::Help,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("task.help"))))]
async fn help(
    State(app): State<Shared>,
    who: Allow<AskForHelp>,
    Path(CaseTask { id, task }): Path<CaseTask>,
    command: Command<actions::Help>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = Box::pin(actions::help(&mut work.tx, &ground, change, task, &command.body)).await?;
    answer_or_refuse(work, &app, &ground, &who, case).await
}

/// Report in: the summoned unit is there.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/tasks/{task}/report-in", params(CaseTask), tag = "whistles", request_body = actions::Arrive,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("task.report_in"))))]
async fn report_in(
    State(app): State<Shared>,
    who: Allow<ReportInHere>,
    Path(CaseTask { id, task }): Path<CaseTask>,
    command: Command<actions::Arrive>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::report_in(&mut work.tx, &ground, change, task, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Close a whistle and rate each unit, once.
#[utoipa::path(post, path = "/api/v1/whistles/{id}/ratings", tag = "whistles", request_body = actions::Close,
    responses((status = 200, body = WhistleView)), extensions(("x-permission" = json!("incident.whistle"))))]
async fn close(
    State(app): State<Shared>,
    who: Allow<Blow>,
    Path(id): Path<Id<Whistle>>,
    command: Command<actions::Close>,
) -> Outcome {
    let (ground, mut work) = (Ground::of(&app), command.begin(&app, &who).await?);
    let scope = reach(&app, who.scope());
    let whistle = rows::whistle(&mut work.tx, &scope, id).await?;
    let change = Change::load(&mut work.tx, &app, &who, &scope, whistle.incident_id, None).await?;
    actions::close(&mut work.tx, &ground, change, &whistle, &command.body).await?;
    let seen = seen(&mut work.tx, &app, &ground, &scope, id).await?;
    work.finish(StatusCode::OK, &seen).await
}

/// Call a whistle off.
#[utoipa::path(post, path = "/api/v1/whistles/{id}/call-off", tag = "whistles", request_body = actions::CallOff,
    responses((status = 200, body = WhistleView)), extensions(("x-permission" = json!("incident.whistle"))))]
async fn call_off(
    State(app): State<Shared>,
    who: Allow<Blow>,
    Path(id): Path<Id<Whistle>>,
    command: Command<actions::CallOff>,
) -> Outcome {
    let (ground, mut work) = (Ground::of(&app), command.begin(&app, &who).await?);
    let scope = reach(&app, who.scope());
    let whistle = rows::whistle(&mut work.tx, &scope, id).await?;
    let change = Change::load(&mut work.tx, &app, &who, &scope, whistle.incident_id, None).await?;
    actions::call_off(&mut work.tx, &ground, change, &whistle, &command.body).await?;
    let seen = seen(&mut work.tx, &app, &ground, &scope, id).await?;
    work.finish(StatusCode::OK, &seen).await
}

/// A whistle on the board, with each unit's report-in light.
#[derive(Debug, Serialize, ToSchema)]
struct WhistleView {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Whistle>,
    #[schema(value_type = uuid::Uuid)]
    incident: Id<Incident>,
    /// The case's number.
    code: String,
    title: String,
    /// The first, second … whistle of its case.
    n: i64,
    state: WhistleState,
    /// What the district calls this step.
    step: String,
    at: Time,
    from: Named,
    /// Who blew.
    by: String,
    words: String,
    report_by: Time,
    ended_at: Option<Time>,
    /// Why it was called off.
    reason: Option<String>,
    units: Vec<SummonedView>,
}

/// A summoned unit.
#[derive(Debug, Serialize, ToSchema)]
struct SummonedView {
    #[schema(value_type = uuid::Uuid)]
    task: Id<Task>,
    unit: Named,
    role: Role,
    state: TaskState,
    /// How it answered.
    answer: ReportIn,
    /// Red from the limit on until it comes.
    light: Light,
    report_by: Time,
    arrived_at: Option<Time>,
    done_at: Option<Time>,
    /// Whether the caller may report in for it.
    mine: bool,
    rating: Option<RatedView>,
}

/// How a unit was judged.
#[derive(Debug, Serialize, ToSchema)]
struct RatedView {
    in_time: bool,
    effort: Grade,
    result: Grade,
    words: String,
}

fn one_view(ground: &Ground, method: &Method, scope: &Scope, row: WhistleRow, units: Vec<Summoned>) -> WhistleView {
    WhistleView {
        step: method.step(row.state),
        from: name(ground, row.from_unit),
        units: units.into_iter().map(|u| unit_view(ground, scope, u)).collect(),
        id: row.id,
        incident: row.incident_id,
        code: row.code,
        title: row.title,
        n: row.n,
        state: row.state,
        at: row.at,
        by: row.blown_name,
        words: row.words,
        report_by: row.report_by,
        ended_at: row.ended_at,
        reason: row.reason,
    }
}

fn unit_view(ground: &Ground, scope: &Scope, unit: Summoned) -> SummonedView {
    let coming = unit.coming();
    let rating = unit.in_time.zip(unit.effort).zip(unit.result);
    let open = matches!(unit.state, TaskState::Offered | TaskState::Accepted);
    SummonedView {
        task: unit.id,
        unit: name(ground, unit.unit_id),
        role: unit.role,
        state: unit.state,
        answer: coming.answer(ground.now),
        light: coming.light(ground.now),
        report_by: unit.report_by,
        arrived_at: unit.arrived_at,
        done_at: unit.done_at,
        mine: open && unit.arrived_at.is_none() && scope.holds(&unit.unit_path),
        rating: rating.map(|((in_time, effort), result)| RatedView {
            in_time,
            effort,
            result,
            words: unit.rating.unwrap_or_default(),
        }),
    }
}

fn name(ground: &Ground, id: Id<Unit>) -> Named {
    Named::unit(ground, id)
}

async fn seen(conn: &mut db::Conn, app: &App, ground: &Ground, scope: &Scope, id: Id<Whistle>) -> kernel::Result<WhistleView> {
    let row = rows::whistle(conn, scope, id).await?;
    let units = rows::summoned(conn, &[id]).await?;
    Ok(one_view(ground, &app.access.setting(&WHISTLE, ground.now), scope, row, units))
}

/// One whistle.
#[utoipa::path(get, path = "/api/v1/whistles/{id}", tag = "whistles", responses((status = 200, body = WhistleView)),
    extensions(("x-permission" = json!("whistle.read"))))]
async fn one(State(app): State<Shared>, who: Allow<ReadWhistles>, Path(id): Path<Id<Whistle>>) -> Answer<Json<WhistleView>> {
    let scope = reach(&app, who.scope());
    Ok(Json(seen(&mut *app.db.read().await?, &app, &Ground::of(&app), &scope, id).await?))
}

/// What the board is filtered by.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// States, separated by commas; `open` stands for all that are not over.
    state: Option<String>,
    /// The code of a summoned unit.
    unit: Option<String>,
    /// Blown at or after.
    from: Option<Time>,
    /// 1 to 200, 50 when absent.
    limit: Option<i64>,
    /// Where to read on.
    cursor: Option<String>,
}

impl Asked {
    fn board(&self, ground: &Ground) -> kernel::Result<Board> {
        let mut states = vec![];
        for word in self.state.as_deref().unwrap_or_default().split(',').map(str::trim).filter(|w| !w.is_empty()) {
            match word {
                "open" => states.extend(WhistleState::ALL.iter().copied().filter(|s| s.is_open())),
                word => states.push(WhistleState::of(word).ok_or_else(|| Error::invalid("state", "unknown-word"))?),
            }
        }
        let unit = self.unit.as_deref().filter(|c| !c.is_empty());
        let known = |code: &str| ground.org.value.unit_by_code(code).map(|u| u.id);
        let unit = unit.map(|code| known(code).ok_or_else(|| Error::invalid("unit", "unknown-unit"))).transpose()?;
        Ok(Board { states, unit, from: self.from })
    }
}

/// The whistle board: for those who blew and for those who were summoned.
#[utoipa::path(get, path = "/api/v1/whistles", tag = "whistles", params(Asked), responses((status = 200, body = Page<WhistleView>)),
    extensions(("x-permission" = json!("whistle.read"))))]
async fn board(
    State(app): State<Shared>,
    who: Allow<ReadWhistles>,
    Query(asked): Query<Asked>,
) -> Answer<Json<Page<WhistleView>>> {
    let ground = Ground::of(&app);
    let (scope, method) = (reach(&app, who.scope()), app.access.setting(&WHISTLE, ground.now));
    let part = Part::of(asked.limit, asked.cursor.as_deref(), ground.now)?;
    let mut conn = app.db.read().await?;
    let found = rows::whistles(&mut conn, &scope, &asked.board(&ground)?, part.cursor, part.as_of, part.limit).await?;
    let ids: Vec<Id<Whistle>> = found.iter().map(|w| w.id).collect();
    let mut units = rows::summoned(&mut conn, &ids).await?;
    let page = part.cut(found, |w| (w.at.millis(), w.id.uuid()));
    Ok(Json(page.map(|row| {
        let (own, others) = std::mem::take(&mut units).into_iter().partition(|u| u.whistle_id == row.id);
        units = others;
        one_view(&ground, &method, &scope, row, own)
    })))
}

/// Export the board, a line for each summoned unit, filtered as the board, as CSV or XLSX; audited. `limit` and `cursor` are passed over.
#[utoipa::path(get, path = "/api/v1/whistles/export", tag = "whistles", params(Asked, Written), responses((status = 200)),
    extensions(("x-permission" = json!("export.run"))))]
async fn board_file(State(app): State<Shared>, taker: Taker<Export>, Query(asked): Query<Asked>) -> Answer<Response> {
    let ground = Ground::of(&app);
    let (scope, method) = (reach(&app, taker.scope()), app.access.setting(&WHISTLE, ground.now));
    let mut conn = app.db.read().await?;
    let found = rows::whistles(&mut conn, &scope, &asked.board(&ground)?, None, ground.now, MOST as i64).await?;
    let ids: Vec<Id<Whistle>> = found.iter().map(|w| w.id).collect();
    let mut units: HashMap<Id<Whistle>, Vec<Summoned>> = HashMap::new();
    for unit in rows::summoned(&mut conn, &ids).await? {
        units.entry(unit.whistle_id).or_default().push(unit);
    }
    drop(conn);
    let lines = found.into_iter().flat_map(|row| {
        let own = units.remove(&row.id).unwrap_or_default();
        cells(&one_view(&ground, &method, &scope, row, own))
    });
    let along =
        Along { action: "whistle.export", name: "whistles", asked: vec![], columns: COLUMNS.to_vec(), lines: lines.collect() };
    Ok(along.file(&app, &taker, ground.now).await?)
}

const COLUMNS: [Column; 19] = [
    Column::plain("code"),
    Column::plain("title"),
    Column::plain("n"),
    Column::shipped("step"),
    Column::plain("from"),
    Column::plain("by"),
    Column::at("at"),
    Column::plain("words"),
    Column::at("report_by"),
    Column::plain("unit"),
    Column::terms("role", "role"),
    Column::terms("state", "task"),
    Column::terms("answer", "report_in"),
    Column::terms("light", "light"),
    Column::at("arrived_at"),
    Column::at("done_at"),
    Column::terms("effort", "grade"),
    Column::terms("result", "grade"),
    Column::plain("rating"),
];

/// A line for each unit.
fn cells(w: &WhistleView) -> Vec<Vec<Cell>> {
    let at = |time: Option<Time>| time.map(|t| t.to_string());
    let line = |u: &SummonedView| {
        vec![
            w.code.as_str().into(),
            w.title.as_str().into(),
            w.n.into(),
            w.step.as_str().into(),
            w.from.name.as_str().into(),
            w.by.as_str().into(),
            w.at.to_string().into(),
            w.words.as_str().into(),
            w.report_by.to_string().into(),
            u.unit.name.as_str().into(),
            u.role.word().into(),
            u.state.word().into(),
            u.answer.word().into(),
            u.light.word().into(),
            at(u.arrived_at).into(),
            at(u.done_at).into(),
            u.rating.as_ref().map(|r| r.effort.word()).into(),
            u.rating.as_ref().map(|r| r.result.word()).into(),
            u.rating.as_ref().map(|r| r.words.as_str()).into(),
        ]
    };
    w.units.iter().map(line).collect()
}

/// The period of the figures.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Period {
    /// Blown at or after.
    from: Option<Time>,
    /// Blown before.
    to: Option<Time>,
}

/// What one unit did with the whistles of a period. Every share states what it is of.
#[derive(Debug, Serialize, ToSchema)]
struct WhistleUnitFigures {
    unit: Named,
    /// How often it was summoned.
    summoned: i64,
    /// … and let go before its time: counts in no share.
    released: i64,
    /// … and is still expected.
    waiting: i64,
    /// … and its time is over, or it came: the denominator of the next three.
    due: i64,
    in_time: i64,
    late: i64,
    never: i64,
    /// How often it came: the denominator of the mean.
    arrived: i64,
    /// Mean minutes from the whistle to the arrival, of those times that it came.
    mean_minutes: Option<f64>,
    /// How often it was judged: the denominator of the grades.
    rated: i64,
    effort: Grades,
    result: Grades,
}

/// How often each grade was given.
#[derive(Debug, Serialize, ToSchema)]
struct Grades {
    good: i64,
    fair: i64,
    poor: i64,
}

/// The figures of a period.
#[derive(Debug, Serialize, ToSchema)]
struct WhistleFigures {
    from: Option<Time>,
    to: Option<Time>,
    units: Vec<WhistleUnitFigures>,
}

/// How summoned units answered, by unit: what streets say of departments.
#[utoipa::path(get, path = "/api/v1/whistles/figures", tag = "whistles", params(Period), responses((status = 200, body = WhistleFigures)),
    extensions(("x-permission" = json!("whistle.read"))))]
async fn figures(
    State(app): State<Shared>,
    who: Allow<ReadWhistles>,
    Query(period): Query<Period>,
) -> Answer<Json<WhistleFigures>> {
    let ground = Ground::of(&app);
    let scope = reach(&app, who.scope());
    let found = rows::figures(&mut *app.db.read().await?, &scope, ground.now, period.from, period.to).await?;
    let units = found.into_iter().map(|f| unit_figures(&ground, &f)).collect();
    Ok(Json(WhistleFigures { from: period.from, to: period.to, units }))
}

fn unit_figures(ground: &Ground, f: &rows::UnitFigures) -> WhistleUnitFigures {
    let arrived = f.in_time + f.late;
    // Tenths of a minute are as much as a mean of arrivals says.
    let mean = |millis: i64| (millis as f64 / arrived as f64 / 6_000.0).round() / 10.0;
    WhistleUnitFigures {
        unit: name(ground, f.unit_id),
        summoned: f.summoned,
        released: f.released,
        waiting: f.waiting,
        due: arrived + f.never,
        in_time: f.in_time,
        late: f.late,
        never: f.never,
        arrived,
        mean_minutes: (arrived > 0).then(|| mean(f.arrival_millis)),
        rated: f.rated,
        effort: Grades { good: f.effort_good, fair: f.effort_fair, poor: f.effort_poor },
        result: Grades { good: f.result_good, fair: f.result_fair, poor: f.result_poor },
    }
}
