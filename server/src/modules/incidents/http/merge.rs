//! 并案, 撤销并案, and the orders from above that a case answers for.

use axum::{
    Json,
    extract::{Path, State},
};
use kernel::{Id, Page};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{MergeCases, Read, answer, open_both, reach};
use crate::{
    app::Shared,
    http::{Allow, Answer, Command, Outcome},
    modules::incidents::{actions, model::Incident, store, view},
};

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(merge)).routes(routes!(unmerge)).routes(routes!(orders))
}

/// Merge a case into another open one.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/merge", tag = "incidents", request_body = actions::Merge,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.merge"))))]
async fn merge(
    State(app): State<Shared>,
    who: Allow<MergeCases>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Merge>,
) -> Outcome {
    let (into, version) = (command.body.into, command.body.version);
    let (ground, mut work, change) = open_both(&app, &who, who.scope(), id, Some(into), &command, version).await?;
    let scope = reach(&app, who.scope());
    // On the heap: the future of an action that holds two cases is large.
    let case = Box::pin(actions::merge(&mut work.tx, &ground, &scope, change, &command.body)).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Give a merged case back, with its clock going on.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/unmerge", tag = "incidents", request_body = actions::Unmerge,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.merge"))))]
async fn unmerge(
    State(app): State<Shared>,
    who: Allow<MergeCases>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Unmerge>,
) -> Outcome {
    let scope = reach(&app, who.scope());
    let into = store::find(&mut *app.db.read().await?, &scope, id).await?.merged_into;
    let (ground, mut work, change) = open_both(&app, &who, who.scope(), id, into, &command, command.body.version).await?;
    let case = Box::pin(actions::unmerge(&mut work.tx, &ground, &scope, change, &command.body)).await?;
    answer(work, &app, &ground, &who, case).await
}

/// The orders from above that a case answers for, each with its own deadline, answers and ratings.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/orders", tag = "incidents",
    responses((status = 200, body = Page<actions::Order>)), extensions(("x-permission" = json!("incident.read"))))]
async fn orders(State(app): State<Shared>, who: Allow<Read>, Path(id): Path<Id<Incident>>) -> Answer<Json<Page<actions::Order>>> {
    let mut conn = app.db.read().await?;
    let case = store::find(&mut conn, &reach(&app, who.scope()), id).await?;
    Ok(Json(Page { items: actions::orders(&mut conn, &case).await?, next: None }))
}
