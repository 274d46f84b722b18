//! Pauses and extensions: asking the reporter, shelving, resuming, asking for more time and deciding about it, stages, “what if”.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use kernel::{Id, Page, Part};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Export, Handle, Read, answer, answer_holder, begin, follow_on, open, reach, tasks::CaseTask};
use crate::{
    app::Shared,
    http::{Allow, Along, Answer, Command, MOST, Outcome, Taker, Visitor, Written},
    modules::incidents::{
        actions::{self, Change, ExtensionView, Ground},
        model::Incident,
        rules::pauses::Standing,
        store::{self, Extension},
        view,
    },
    permit,
};

permit! {
    /// Ask the reporter and wait for the answer.
    AskReporter = "incident.ask";
    /// Shelve cases.
    ShelveCase = "incident.shelve";
    /// Let the clocks go on.
    ResumeCase = "incident.resume";
    /// Ask for more time.
    AskForTime = "task.extend";
    /// See and decide requests for more time.
    DecideTime = "extension.decide";
}

/// The routes of staff.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(ask))
        .routes(routes!(shelve))
        .routes(routes!(resume))
        .routes(routes!(extend))
        .routes(routes!(stage))
        .routes(routes!(what_if))
        .routes(routes!(extensions))
        .routes(routes!(extensions_file))
        .routes(routes!(decide))
}

/// The routes of reporters.
pub fn open_to_all() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(answers))
}

/// Ask the reporter; the clocks stand still until the answer, at most for some days.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/ask", tag = "incidents", request_body = actions::Ask,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.ask"))))]
async fn ask(
    State(app): State<Shared>,
    who: Allow<AskReporter>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Ask>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::ask(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Answer a question about one's own report; the clocks go on.
#[utoipa::path(post, path = "/api/v1/reports/{track}/answers", tag = "reports", request_body = actions::Answer,
    responses((status = 200, body = view::TrackView)), extensions(("x-public" = json!(true))))]
async fn answers(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(secret): Path<String>,
    command: Command<actions::Answer>,
) -> Outcome {
    let actor = visitor.actor();
    let (ground, mut work, followed) = follow_on(&app, &visitor, &actor, &secret, &command).await?;
    let change = Change::of(&mut work.tx, &app, &actor, followed.shown().clone(), None).await?;
    let from = followed.follower.or(followed.survivor.as_ref().map(|_| followed.case.id.uuid()));
    actions::answer(&mut work.tx, &ground, change, from, &command.body).await?;
    answer_holder(work, &app, &ground, &secret).await
}

/// Shelve a case that has to wait for a season or for works, until a day of review.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/shelve", tag = "incidents", request_body = actions::Shelve,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.shelve"))))]
async fn shelve(
    State(app): State<Shared>,
    who: Allow<ShelveCase>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Shelve>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::shelve(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// End a pause by hand.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/resume", tag = "incidents", request_body = actions::Resume,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.resume"))))]
async fn resume(
    State(app): State<Shared>,
    who: Allow<ResumeCase>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Resume>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::resume(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Ask for more time on the lead's task.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/tasks/{task}/extend", params(CaseTask), tag = "tasks", request_body = actions::Extend,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("task.extend"))))]
async fn extend(
    State(app): State<Shared>,
    who: Allow<AskForTime>,
    Path(CaseTask { id, task }): Path<CaseTask>,
    command: Command<actions::Extend>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::extend(&mut work.tx, &ground, change, task, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Mark a stage on the way as reached.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/tasks/{task}/stage", params(CaseTask), tag = "tasks", request_body = actions::ReachStage,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("task.handle"))))]
async fn stage(
    State(app): State<Shared>,
    who: Allow<Handle>,
    Path(CaseTask { id, task }): Path<CaseTask>,
    command: Command<actions::ReachStage>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::reach_stage(&mut work.tx, &ground, change, task, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// What an action would do to the deadlines and the light; nothing is written.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/what-if", tag = "incidents", request_body = actions::WhatIf,
    responses((status = 200, body = actions::Outlook)), extensions(("x-permission" = json!("incident.read"))))]
async fn what_if(
    State(app): State<Shared>,
    who: Allow<Read>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::WhatIf>,
) -> Answer<Json<actions::Outlook>> {
    let ground = Ground::of(&app);
    let mut conn = app.db.read().await?;
    let case = store::find(&mut conn, &reach(&app, who.scope()), id).await?;
    Ok(Json(actions::what_if(&mut conn, &app, &ground, &who, case, &command.body).await?))
}

/// What the list of requests is filtered by.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// Where the request stands; all when absent.
    #[param(inline)]
    state: Option<Standing>,
    /// 1 to 200, 50 when absent.
    limit: Option<i64>,
    /// Where to read on.
    cursor: Option<String>,
}

/// Requests for more time of the caller's units, the newest first.
#[utoipa::path(get, path = "/api/v1/extensions", tag = "tasks", params(Asked), responses((status = 200, body = Page<ExtensionView>)),
    extensions(("x-permission" = json!("extension.decide"))))]
async fn extensions(
    State(app): State<Shared>,
    who: Allow<DecideTime>,
    Query(asked): Query<Asked>,
) -> Answer<Json<Page<ExtensionView>>> {
    let ground = Ground::of(&app);
    let part = Part::of(asked.limit, asked.cursor.as_deref(), ground.now)?;
    let scope = reach(&app, who.scope());
    let mut conn = app.db.read().await?;
    Ok(Json(actions::extensions(&mut conn, &ground, &who, &scope, asked.state, part).await?))
}

/// Export requests for more time, filtered as the list, as CSV or XLSX; audited. `limit` and `cursor` are passed over.
#[utoipa::path(get, path = "/api/v1/extensions/export", tag = "tasks", params(Asked, Written), responses((status = 200)),
    extensions(("x-permission" = json!("export.run"))))]
async fn extensions_file(State(app): State<Shared>, taker: Taker<Export>, Query(asked): Query<Asked>) -> Answer<Response> {
    let ground = Ground::of(&app);
    let (scope, mut conn) = (reach(&app, taker.scope()), app.db.read().await?);
    let found = store::extensions(&mut conn, &scope, asked.state, None, MOST as i64).await?;
    drop(conn);
    let lines = found.into_iter().map(|e| actions::extension_cells(&ground, e)).collect();
    let along = Along {
        action: "extension.export",
        name: "extensions",
        asked: vec![],
        columns: actions::EXTENSION_COLUMNS.to_vec(),
        lines,
    };
    Ok(along.file(&app, &taker, ground.now).await?)
}

/// Grant or refuse more time; the rung of the ladder says whose decision it is.
#[utoipa::path(post, path = "/api/v1/extensions/{id}/decide", tag = "tasks", request_body = actions::Decide,
    responses((status = 200, body = ExtensionView)), extensions(("x-permission" = json!("extension.decide"))))]
async fn decide(
    State(app): State<Shared>,
    who: Allow<DecideTime>,
    Path(id): Path<Id<Extension>>,
    command: Command<actions::Decide>,
) -> Outcome {
    let (ground, mut work) = begin(&app, &who, &command).await?;
    let scope = reach(&app, who.scope());
    let decided = actions::decide(&mut work.tx, &app, &ground, &who, &scope, id, &command.body).await?;
    work.finish(StatusCode::OK, &decided).await
}
