//! Returns, objections, rulings, conferences, annulments, and the figures of dispatch.

use std::collections::BTreeMap;

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

use super::{
    Annul, Confer, DispatchManage, DispatchRead, Export, GiveBack, ObjectTo, Read, Rule, answer, answer_or_refuse, begin, open,
    reach,
};
use crate::{
    app::Shared,
    http::{Allow, Along, Answer, Command, MOST, Outcome, Taker, Written},
    modules::{
        catalogue::AccessClass,
        incidents::{
            actions::{self, Change, Ground},
            model::{Incident, Light, Task},
            rules::returns::{Accuracy, Attempt, Counts, Review, ReviewKind, ReviewState, accuracy},
            rules::sent::Sent,
            rules::spoken::Spoken,
            store::{self, sent::Tally},
            view::{Named, unit_name},
        },
    },
    table::{column::Column, write::Cell},
};

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(send_back))
        .routes(routes!(object))
        .routes(routes!(rule))
        .routes(routes!(confer))
        .routes(routes!(annul))
        .routes(routes!(objections))
        .routes(routes!(objections_file))
        .routes(routes!(attempts))
        .routes(routes!(reasons))
        .routes(routes!(set_reason))
        .routes(routes!(figures))
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

/// Return a task with a coded reason: once for each unit and case, on the day of the dispatch.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/tasks/{task}/send-back", params(CaseTask), tag = "dispatch", request_body = actions::SendBack,
    responses((status = 200, body = crate::modules::incidents::view::CaseView), (status = 422, description = "returned-already, return-too-late, binding-task, objection-open")),
    extensions(("x-permission" = json!("task.return"))))]
async fn send_back(
    State(app): State<Shared>,
    who: Allow<GiveBack>,
    Path(CaseTask { id, task }): Path<CaseTask>,
    command: Command<actions::SendBack>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::send_back(&mut work.tx, &ground, change, task, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Object to a dispatch; its review has a clock of its own.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/object", tag = "dispatch", request_body = actions::Object,
    responses((status = 200, body = crate::modules::incidents::view::CaseView), (status = 422, description = "binding-task, objection-open, centre-decides")),
    extensions(("x-permission" = json!("incident.object"))))]
async fn object(
    State(app): State<Shared>,
    who: Allow<ObjectTo>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Object>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::object(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Rule on an objection or on a case that came back twice; the ruling binds.
#[utoipa::path(post, path = "/api/v1/objections/{id}/rule", tag = "dispatch", request_body = actions::Ruling,
    responses((status = 200, body = crate::modules::incidents::view::CaseView), (status = 422, description = "ruled-already, sender-may-not-rule, not-for-grassroots")),
    extensions(("x-permission" = json!("incident.rule"))))]
async fn rule(
    State(app): State<Shared>,
    who: Allow<Rule>,
    Path(id): Path<Id<Review>>,
    command: Command<actions::Ruling>,
) -> Outcome {
    let (ground, mut work) = begin(&app, &who, &command).await?;
    let scope = reach(&app, who.scope());
    let review = store::returns::review(&mut work.tx, &scope, id).await?;
    let change = Change::load(&mut work.tx, &app, &who, &scope, review.incident_id, command.body.version).await?;
    let case = actions::rule(&mut work.tx, &ground, change, &review, &command.body).await?;
    answer_or_refuse(work, &app, &ground, &who, case).await
}

/// Call a conference of units, or record what it decided; a decision that names a lead binds.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/confer", tag = "dispatch", request_body = actions::Confer,
    responses((status = 200, body = crate::modules::incidents::view::CaseView), (status = 422, description = "centre-decides, objection-open, not-for-grassroots")),
    extensions(("x-permission" = json!("incident.confer"))))]
async fn confer(
    State(app): State<Shared>,
    who: Allow<Confer>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Confer>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::confer(&mut work.tx, &ground, change, &command.body).await?;
    answer_or_refuse(work, &app, &ground, &who, case).await
}

/// Annul a case that should not be.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/annul", tag = "dispatch", request_body = actions::Annul,
    responses((status = 200, body = crate::modules::incidents::view::CaseView), (status = 422, description = "own-report")),
    extensions(("x-permission" = json!("incident.annul"))))]
async fn annul(
    State(app): State<Shared>,
    who: Allow<Annul>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Annul>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::annul(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// A review on the board.
#[derive(Debug, Serialize, ToSchema)]
struct ReviewView {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Review>,
    #[schema(value_type = uuid::Uuid)]
    incident: Id<Incident>,
    code: String,
    title: String,
    kind: ReviewKind,
    state: ReviewState,
    /// Who objected, or whom the circle would have reached.
    unit: Named,
    /// Who answers for the case now.
    lead: Option<Named>,
    words: String,
    basis: String,
    at: Time,
    yellow_at: Time,
    due_at: Time,
    light: Light,
    /// When the supervisor was told that the ruling is overdue.
    overdue_at: Option<Time>,
    ruled_at: Option<Time>,
    ruling: Option<String>,
    /// The ruling by kind and gaps, where the program ended the review.
    ruling_spoken: Option<Spoken>,
}

/// Which reviews.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Board {
    /// Where they stand.
    #[param(inline)]
    state: Option<ReviewState>,
    /// Why the centre decides.
    #[param(inline)]
    kind: Option<ReviewKind>,
    /// 1 to 200, 50 when absent.
    limit: Option<i64>,
    /// Where to read on.
    cursor: Option<String>,
}

/// Objections and what else waits for a ruling, those first that are due first.
#[utoipa::path(get, path = "/api/v1/objections", tag = "dispatch", params(Board), responses((status = 200, body = Page<ReviewView>)),
    extensions(("x-permission" = json!("incident.read"))))]
async fn objections(State(app): State<Shared>, who: Allow<Read>, Query(asked): Query<Board>) -> Answer<Json<Page<ReviewView>>> {
    let ground = Ground::of(&app);
    let part = Part::of(asked.limit, asked.cursor.as_deref(), ground.now)?;
    let (scope, mut conn) = (reach(&app, who.scope()), app.db.read().await?);
    let lines = store::returns::reviews(&mut conn, &scope, asked.state, asked.kind, part.cursor, part.limit).await?;
    let page = part.cut(lines, |l| (l.due_at.millis(), l.id.uuid()));
    Ok(Json(page.map(|line| review_view(&ground, line))))
}

/// Export what waits for a ruling and what was ruled, filtered as the list, as CSV or XLSX; audited. `limit` and `cursor` are passed over.
#[utoipa::path(get, path = "/api/v1/objections/export", tag = "dispatch", params(Board, Written), responses((status = 200)),
    extensions(("x-permission" = json!("export.run"))))]
async fn objections_file(State(app): State<Shared>, taker: Taker<Export>, Query(asked): Query<Board>) -> Answer<Response> {
    let ground = Ground::of(&app);
    let (scope, mut conn) = (reach(&app, taker.scope()), app.db.read().await?);
    let found = store::returns::reviews(&mut conn, &scope, asked.state, asked.kind, None, MOST as i64).await?;
    drop(conn);
    let lines = found.into_iter().map(|line| review_cells(&review_view(&ground, line))).collect();
    let along = Along { action: "objection.export", name: "objections", asked: vec![], columns: REVIEW_COLUMNS.to_vec(), lines };
    Ok(along.file(&app, &taker, ground.now).await?)
}

const REVIEW_COLUMNS: [Column; 15] = [
    Column::plain("code"),
    Column::plain("title"),
    Column::terms("kind", "review_kind"),
    Column::terms("state", "review_state"),
    Column::terms("light", "light"),
    Column::plain("unit"),
    Column::plain("lead"),
    Column::plain("words"),
    Column::plain("basis"),
    Column::at("at"),
    Column::at("yellow_at"),
    Column::at("due_at"),
    Column::at("overdue_at"),
    Column::at("ruled_at"),
    Column::plain("ruling"),
];

fn review_cells(r: &ReviewView) -> Vec<Cell> {
    vec![
        r.code.as_str().into(),
        r.title.as_str().into(),
        r.kind.word().into(),
        r.state.word().into(),
        r.light.word().into(),
        r.unit.name.as_str().into(),
        r.lead.as_ref().map(|u| u.name.as_str()).into(),
        r.words.as_str().into(),
        r.basis.as_str().into(),
        r.at.to_string().into(),
        r.yellow_at.to_string().into(),
        r.due_at.to_string().into(),
        r.overdue_at.map(|t| t.to_string()).into(),
        r.ruled_at.map(|t| t.to_string()).into(),
        r.ruling.as_deref().into(),
    ]
}

fn review_view(ground: &Ground, line: store::returns::ReviewLine) -> ReviewView {
    let running = line.state == ReviewState::Open;
    ReviewView {
        light: if running { Light::at(ground.now, Some(line.yellow_at), Some(line.due_at), false) } else { Light::None },
        unit: unit_name(ground, line.unit_id),
        lead: line.lead_unit.map(|u| unit_name(ground, u)),
        id: line.id,
        incident: line.incident_id,
        code: line.code,
        title: line.title,
        kind: line.kind,
        state: line.state,
        words: line.words,
        basis: line.basis,
        at: line.at,
        yellow_at: line.yellow_at,
        due_at: line.due_at,
        overdue_at: line.overdue_at,
        ruled_at: line.ruled_at,
        ruling_spoken: line.ruling.as_deref().and_then(Spoken::read),
        ruling: line.ruling,
    }
}

/// A dispatch that the gate refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = incidents::returns::AttemptView)]
struct AttemptView {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Attempt>,
    #[schema(value_type = uuid::Uuid)]
    incident: Id<Incident>,
    code: String,
    at: Time,
    actor: String,
    unit: Named,
    class: AccessClass,
    /// What the gate answered.
    refused: String,
}

/// Which refused dispatches.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Tried {
    /// At or after.
    from: Option<Time>,
    /// Before.
    to: Option<Time>,
    /// 1 to 200, 50 when absent.
    limit: Option<i64>,
    /// Where to read on.
    cursor: Option<String>,
}

/// Attempts to send a matter down that the gate refused, the newest first.
#[utoipa::path(get, path = "/api/v1/dispatch/attempts", tag = "dispatch", params(Tried), responses((status = 200, body = Page<AttemptView>)),
    extensions(("x-permission" = json!("dispatch.read"))))]
async fn attempts(
    State(app): State<Shared>,
    who: Allow<DispatchRead>,
    Query(asked): Query<Tried>,
) -> Answer<Json<Page<AttemptView>>> {
    let ground = Ground::of(&app);
    let part = Part::of(asked.limit, asked.cursor.as_deref(), ground.now)?;
    let (scope, between) = (reach(&app, who.scope()), (asked.from, asked.to));
    let lines = store::returns::attempts(&mut *app.db.read().await?, &scope, between, part.cursor, part.limit).await?;
    let page = part.cut(lines, |l| (l.at.millis(), l.id.uuid()));
    Ok(Json(page.map(|l| AttemptView {
        id: l.id,
        incident: l.incident_id,
        code: l.case_code,
        at: l.at,
        actor: l.actor_name,
        unit: unit_name(&ground, l.unit_id),
        class: l.class,
        refused: l.code,
    })))
}

/// A reason for which a unit may return a case.
#[derive(Debug, Serialize, ToSchema)]
struct ReasonView {
    code: String,
    words: String,
    /// Whether papers or photographs are required.
    evidence: bool,
    counts: Counts,
    /// Whether it may still be chosen.
    active: bool,
}

impl From<store::returns::ReturnReason> for ReasonView {
    fn from(r: store::returns::ReturnReason) -> Self {
        Self { code: r.code, words: r.words, evidence: r.evidence, counts: r.counts, active: r.active }
    }
}

/// The reasons of the district for returning a case.
#[utoipa::path(get, path = "/api/v1/dispatch/reasons", tag = "dispatch", responses((status = 200, body = Page<ReasonView>)),
    extensions(("x-permission" = json!("incident.read"))))]
async fn reasons(State(app): State<Shared>, _: Allow<Read>) -> Answer<Json<Page<ReasonView>>> {
    let rows = store::returns::reasons(&mut *app.db.read().await?).await?;
    Ok(Json(Page { items: rows.into_iter().map(ReasonView::from).collect(), next: None }))
}

/// Enter a reason or change one.
#[utoipa::path(put, path = "/api/v1/dispatch/reasons/{code}", params(("code" = String, Path)), tag = "dispatch", request_body = actions::ReasonForm,
    responses((status = 200, body = ReasonView)), extensions(("x-permission" = json!("dispatch.manage"))))]
async fn set_reason(
    State(app): State<Shared>,
    who: Allow<DispatchManage>,
    Path(code): Path<String>,
    command: Command<actions::ReasonForm>,
) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    let now = work.now;
    let reason = actions::set_reason(&mut work.tx, now, &who, &code, &command.body).await?;
    work.finish(StatusCode::OK, &ReasonView::from(reason)).await
}

/// Which figures.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Period {
    /// Dispatched at or after; thirty days ago when absent.
    from: Option<Time>,
    /// Dispatched before; now when absent.
    to: Option<Time>,
    /// `dispatcher` (default) or `unit`.
    by: Option<String>,
}

/// One dispatcher's, or one unit's figures.
#[derive(Debug, Serialize, ToSchema)]
struct FigureRow {
    /// The account or unit; null for the rules.
    id: Option<uuid::Uuid>,
    /// Its name; empty for the rules.
    name: String,
    #[serde(flatten)]
    figures: Accuracy,
    /// The list behind each number, by its word; `accurate` is what the share is made of.
    behind: BTreeMap<String, Behind>,
}

/// The cases behind a number of dispatches or returns.
#[derive(Debug, Serialize, ToSchema)]
struct Behind {
    /// How many; one that was dispatched more than once counts once.
    n: i64,
    /// The list of them.
    cases: String,
}

/// Returns of one unit for one reason, counted by the day of the return.
#[derive(Debug, Serialize, ToSchema)]
struct ReturnsRow {
    unit: Named,
    reason: String,
    words: String,
    returns: i64,
    /// Of them: the next dispatch went elsewhere.
    accepted: i64,
    /// The lists of `back` and `back_accepted`.
    behind: BTreeMap<String, Behind>,
}

/// The figures of dispatch in a period.
#[derive(Debug, Serialize, ToSchema)]
struct Figures {
    from: Time,
    to: Time,
    /// Whether a part of the district was counted: lists then hold only what the caller may see of it.
    part: bool,
    rows: Vec<FigureRow>,
    returns: Vec<ReturnsRow>,
}

/// Dispatches, what came back of them, and how accurate they were, each share with its denominator.
#[utoipa::path(get, path = "/api/v1/dispatch/figures", tag = "dispatch", params(Period), responses((status = 200, body = Figures)),
    extensions(("x-permission" = json!("dispatch.read"))))]
async fn figures(State(app): State<Shared>, who: Allow<DispatchRead>, Query(asked): Query<Period>) -> Answer<Json<Figures>> {
    let ground = Ground::of(&app);
    let to = asked.to.unwrap_or(ground.now.plus_millis(1));
    let from = asked.from.unwrap_or(to.plus_days(-30));
    let (scope, mut conn) = (reach(&app, who.scope()), app.db.read().await?);
    let (tallies, of_units) = match asked.by.as_deref() {
        None | Some("" | "dispatcher") => (store::sent::by_dispatcher(&mut conn, &scope, from, to).await?, false),
        Some("unit") => (store::sent::by_unit(&mut conn, &scope, from, to).await?, true),
        Some(_) => return Err(Error::invalid("by", "unknown-word").into()),
    };
    let known = store::returns::reasons(&mut conn).await?;
    let returns = store::sent::by_reason(&mut conn, &scope, from, to).await?;
    let between = format!("sent_from={from}&sent_until={to}");
    Ok(Json(Figures {
        from,
        to,
        part: scope != Scope::All,
        rows: tallies.into_iter().map(|t| figure(&ground, t, of_units, &between)).collect(),
        returns: returns
            .into_iter()
            .map(|r| {
                let these = format!("sent_to={}&sent_for={}&{between}", r.unit_id, r.reason);
                ReturnsRow {
                    unit: unit_name(&ground, r.unit_id),
                    words: known.iter().find(|k| k.code == r.reason).map(|k| k.words.clone()).unwrap_or_default(),
                    reason: r.reason,
                    returns: r.returns,
                    accepted: r.accepted,
                    behind: BTreeMap::from([
                        behind(Sent::Back, r.cases, &these),
                        behind(Sent::BackAccepted, r.accepted_cases, &these),
                    ]),
                }
            })
            .collect(),
    }))
}

/// The list of what a number counts.
fn behind(what: Sent, n: i64, these: &str) -> (String, Behind) {
    (what.word().to_owned(), Behind { n, cases: format!("/api/v1/incidents?sent={what}&{these}") })
}

fn figure(ground: &Ground, t: Tally, of_unit: bool, between: &str) -> FigureRow {
    let these = format!("{}={}&{between}", if of_unit { "sent_to" } else { "sent_by" }, t.id);
    let n = |what| t.number(what).n;
    FigureRow {
        id: Some(t.id).filter(|id| !id.is_nil()),
        figures: Accuracy {
            dispatches: n(Sent::Dispatches),
            returned: n(Sent::Returned),
            wrong: n(Sent::Wrong),
            objections: n(Sent::Objections),
            upheld: n(Sent::Upheld),
            sent_down: n(Sent::SentDown),
            faulty: n(Sent::Faulty),
            accuracy: accuracy(n(Sent::Dispatches), n(Sent::Faulty)),
        },
        behind: Sent::DISPATCHES.into_iter().map(|what| behind(what, t.number(what).cases, &these)).collect(),
        name: if of_unit { unit_name(ground, Id::from_uuid(t.id)).name } else { t.name },
    }
}
