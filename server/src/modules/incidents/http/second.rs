//! 二次办理: opening a case again, at the desk and by the reporter.

use axum::extract::{Path, State};
use kernel::{Actor, Id};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{OpenAgain, answer, answer_holder, follow_on, open};
use crate::{
    app::Shared,
    http::{Allow, Command, Outcome, Visitor},
    modules::incidents::{
        actions::{self, Change},
        model::Incident,
        view,
    },
};

/// The route of desks.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(reopen))
}

/// The route of reporters.
pub fn open_to_all() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(reopen_own))
}

/// Open a solved case again for somebody else to handle; at most twice, then a conference decides.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/reopen", tag = "incidents", request_body = actions::Reopen,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.reopen"))))]
async fn reopen(
    State(app): State<Shared>,
    who: Allow<OpenAgain>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Reopen>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::reopen(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Ask for second handling of one's own report.
#[utoipa::path(post, path = "/api/v1/reports/{track}/reopen", tag = "reports", request_body = actions::ReopenOwn,
    responses((status = 200, body = view::TrackView)), extensions(("x-public" = json!(true))))]
async fn reopen_own(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(secret): Path<String>,
    command: Command<actions::ReopenOwn>,
) -> Outcome {
    let actor = Actor::anonymous();
    let (ground, mut work, followed) = follow_on(&app, &visitor, &actor, &secret, &command).await?;
    // Whoever reported a matter that was merged, or joined it, asks for the case that was worked on.
    let change = Change::of(&mut work.tx, &app, &actor, followed.shown().clone(), None).await?;
    actions::reopen_own(&mut work.tx, &ground, change, &command.body).await?;
    answer_holder(work, &app, &ground, &secret).await
}
