//! Signing results and handing them back.

use axum::extract::{Path, State};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{SignResult, Versioned, answer, open, tasks::CaseTask};
use crate::{
    app::Shared,
    http::{Allow, Command, Outcome},
    modules::incidents::{actions, view},
};

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(sign)).routes(routes!(hand_back))
}

/// Sign a result that waits: the case is resolved. Never by the one who handled it.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/tasks/{task}/sign", params(CaseTask), tag = "tasks", request_body = Versioned,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("task.sign"))))]
async fn sign(
    State(app): State<Shared>,
    who: Allow<SignResult>,
    Path(CaseTask { id, task }): Path<CaseTask>,
    command: Command<Versioned>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::sign(&mut work.tx, &ground, change, task).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Hand a result that waits for a signature back to its handler, with words.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/tasks/{task}/hand-back", params(CaseTask), tag = "tasks", request_body = actions::HandBack,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("task.sign"))))]
async fn hand_back(
    State(app): State<Shared>,
    who: Allow<SignResult>,
    Path(CaseTask { id, task }): Path<CaseTask>,
    command: Command<actions::HandBack>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::hand_back(&mut work.tx, &ground, change, task, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}
