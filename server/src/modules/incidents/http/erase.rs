//! Erasing a case that is over: asked by one, decided by another.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use kernel::{Id, Page, Part, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AskErasure, DecideErasures, SeeErasures, reach};
use crate::{
    app::Shared,
    http::{Allow, Answer, Command, Outcome},
    modules::incidents::{
        actions,
        model::Incident,
        store::{
            self,
            erase::{Erasure, ErasureRow},
        },
    },
};

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(ask)).routes(routes!(wishes)).routes(routes!(decide))
}

/// A wish to erase a case.
#[derive(Debug, Serialize, ToSchema)]
struct ErasureView {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Erasure>,
    #[schema(value_type = uuid::Uuid)]
    incident: Id<Incident>,
    code: String,
    /// Empty once the case is erased.
    reason: String,
    asked_by: String,
    asked_at: Time,
    /// Nothing while it waits.
    approved: Option<bool>,
    decided_by: Option<String>,
    decided_at: Option<Time>,
    words: Option<String>,
    /// Whether the caller asked for it, and so does not decide.
    mine: bool,
}

fn shown(row: ErasureRow, who: uuid::Uuid) -> ErasureView {
    ErasureView {
        id: row.id,
        incident: row.incident_id,
        code: row.code,
        reason: row.reason,
        asked_by: row.asked_name,
        asked_at: row.asked_at,
        approved: row.approved,
        decided_by: row.decided_name,
        decided_at: row.decided_at,
        words: row.words,
        mine: row.asked_by == who,
    }
}

/// Ask to erase a case that is over: its words, personal data and photographs. Somebody else decides.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/erasure", tag = "erasure", request_body = actions::Erase,
    responses((status = 201, body = ErasureView), (status = 422, description = "case-not-over, case-erased, erasure-asked")),
    extensions(("x-permission" = json!("erasure.ask"))))]
async fn ask(
    State(app): State<Shared>,
    who: Allow<AskErasure>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Erase>,
) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    let row = actions::ask_erasure(&mut work.tx, &app, &who, &reach(&app, who.scope()), id, &command.body).await?;
    work.finish(StatusCode::CREATED, &shown(row, who.id)).await
}

/// Which wishes.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Wishes {
    /// Only those that wait, or only those that were decided.
    open: Option<bool>,
    /// 1 to 200, 50 when absent.
    limit: Option<i64>,
    /// Where to read on.
    cursor: Option<String>,
}

/// Wishes to erase cases, the newest first.
#[utoipa::path(get, path = "/api/v1/erasures", tag = "erasure", params(Wishes), responses((status = 200, body = Page<ErasureView>)),
    extensions(("x-permission" = json!("erasure.read"))))]
async fn wishes(
    State(app): State<Shared>,
    who: Allow<SeeErasures>,
    Query(asked): Query<Wishes>,
) -> Answer<Json<Page<ErasureView>>> {
    let part = Part::of(asked.limit, asked.cursor.as_deref(), app.clock.now())?;
    let scope = reach(&app, who.scope());
    let rows = store::erase::wishes(&mut *app.db.read().await?, &scope, asked.open, part.cursor, part.limit).await?;
    Ok(Json(part.cut(rows, |r| (r.asked_at.millis(), r.id.uuid())).map(|row| shown(row, who.id))))
}

/// Decide a wish that somebody else has; approved, the case is erased at once and for good.
#[utoipa::path(post, path = "/api/v1/erasures/{id}/decide", tag = "erasure", request_body = actions::DecideErasure,
    responses((status = 200, body = ErasureView), (status = 422, description = "erasure-own, erasure-decided, case-not-over")),
    extensions(("x-permission" = json!("erasure.decide"))))]
async fn decide(
    State(app): State<Shared>,
    who: Allow<DecideErasures>,
    Path(id): Path<Id<Erasure>>,
    command: Command<actions::DecideErasure>,
) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    let row = actions::decide_erasure(&mut work.tx, &app, &who, &reach(&app, who.scope()), id, &command.body).await?;
    work.finish(StatusCode::OK, &shown(row, who.id)).await
}
