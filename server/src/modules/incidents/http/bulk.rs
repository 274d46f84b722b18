//! 批量: one action on many cases.

use axum::{extract::State, http::StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{ManyAtOnce, begin, reach};
use crate::{
    app::Shared,
    http::{Allow, Command, Outcome},
    modules::incidents::actions,
};

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(bulk))
}

/// Do one action to at most a hundred cases; each is done whole or refused with its own code. The action's own permission says on which
/// cases.
#[utoipa::path(post, path = "/api/v1/incidents/bulk", tag = "incidents", request_body = actions::Bulk,
    responses((status = 200, body = actions::BulkOutcome)), extensions(("x-permission" = json!("incident.bulk"))))]
async fn bulk(State(app): State<Shared>, who: Allow<ManyAtOnce>, command: Command<actions::Bulk>) -> Outcome {
    let (ground, mut work) = begin(&app, &who, &command).await?;
    let scope = reach(&app, kernel::Actor::scope(&who, command.body.action.permission()));
    let outcome = actions::bulk(&mut work.tx, &app, &ground, &who, &scope, &command.body).await?;
    work.finish(StatusCode::OK, &outcome).await
}
