//! 同看: who else has a case open.

use axum::{
    Json,
    extract::{Path, State},
};
use kernel::Id;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Read, reach};
use crate::{
    app::Shared,
    http::{Allow, Answer, Command},
    modules::incidents::{
        model::Incident,
        store,
        watch::{self, KEPT_SECONDS},
    },
};

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(look))
}

/// Whether the caller looks or stops looking.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LookAt {
    /// The page that showed the case is gone.
    #[serde(default)]
    leaving: bool,
}

/// Who else looks.
#[derive(Debug, Serialize, ToSchema)]
struct Company {
    /// Names of the other callers who have the case open now.
    others: Vec<String>,
    /// After how many seconds the caller's own look is forgotten.
    seconds: i64,
}

/// Say that I have this case open, and learn who else does. A look is forgotten by itself.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/look", tag = "incidents", request_body = LookAt,
    responses((status = 200, body = Company)), extensions(("x-permission" = json!("incident.read"))))]
async fn look(
    State(app): State<Shared>,
    who: Allow<Read>,
    Path(id): Path<Id<Incident>>,
    command: Command<LookAt>,
) -> Answer<Json<Company>> {
    let mut conn = app.db.read().await?;
    store::find(&mut conn, &reach(&app, who.scope()), id).await?;
    let others = watch::company(&mut conn, &app, id, &who, command.body.leaving).await?;
    Ok(Json(Company { others, seconds: KEPT_SECONDS }))
}
