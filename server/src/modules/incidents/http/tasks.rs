//! The inbox, and the handling of tasks.

use axum::{
    Json,
    extract::{Path, State},
};
use kernel::{Actor, Id, Page};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Handle, SignResult, Versioned, answer, open};
use crate::{
    app::Shared,
    http::{Allow, Answer, Command, Outcome, Permit},
    modules::incidents::{
        actions::{self, Ground},
        model::{Incident, Task},
        store, view,
    },
};

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(inbox)).routes(routes!(take_on)).routes(routes!(done))
}

/// A task of a case.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct CaseTask {
    #[param(value_type = uuid::Uuid)]
    pub(super) id: Id<Incident>,
    #[param(value_type = uuid::Uuid)]
    pub(super) task: Id<Task>,
}

/// My open tasks and those of my posts, the least time left first.
#[utoipa::path(get, path = "/api/v1/inbox", tag = "tasks", responses((status = 200, body = Page<view::InboxRow>)),
    extensions(("x-permission" = json!("task.handle"))))]
async fn inbox(State(app): State<Shared>, who: Allow<Handle>) -> Answer<Json<Page<view::InboxRow>>> {
    let ground = Ground::of(&app);
    let scope = who.scope();
    let mut conn = app.db.read().await?;
    let mut tasks = store::inbox(&mut conn, &scope, who.person, 200).await?;
    // What waits for the caller's signature stands with it.
    let unsigned = store::sign::waiting(&mut conn, &Actor::scope(&who, SignResult::PERMISSION), 200).await?;
    tasks.extend(unsigned.into_iter().filter(|t| view::signs(&who, t)));
    tasks.sort_by_key(|t| (t.red_at.is_none(), t.red_at));
    let ids: Vec<Id<Incident>> = tasks.iter().map(|t| t.incident_id).collect();
    let lines = store::lines(&mut conn, &scope, &ids).await?;
    let items = view::inbox(&ground, &who, tasks, lines, &scope);
    Ok(Json(Page { items, next: None }))
}

/// Take a task on.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/tasks/{task}/accept", params(CaseTask), tag = "tasks", request_body = Versioned,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("task.handle"))))]
async fn take_on(
    State(app): State<Shared>,
    who: Allow<Handle>,
    Path(CaseTask { id, task }): Path<CaseTask>,
    command: Command<Versioned>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::take_on(&mut work.tx, &ground, change, task).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Finish a task; done of the lead resolves the case.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/tasks/{task}/done", params(CaseTask), tag = "tasks", request_body = actions::Done,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("task.handle"))))]
async fn done(
    State(app): State<Shared>,
    who: Allow<Handle>,
    Path(CaseTask { id, task }): Path<CaseTask>,
    command: Command<actions::Done>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::done(&mut work.tx, &ground, change, task, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}
