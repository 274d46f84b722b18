//! Lists that people saved by name.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use kernel::{Error, FieldError, Id, Page, Scope};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Read, begin, list::Asked, reach};
use crate::{
    app::Shared,
    http::{Allow, Answer, Command, Outcome},
    modules::incidents::{
        actions::{self, Ground, filters},
        store::{self, filters::SavedFilter},
    },
};

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, save)).routes(routes!(forget))
}

/// My saved lists, and those that were shared with my units.
#[utoipa::path(get, path = "/api/v1/filters", tag = "incidents", responses((status = 200, body = Page<actions::FilterView>)),
    extensions(("x-permission" = json!("incident.read"))))]
async fn list(State(app): State<Shared>, who: Allow<Read>) -> Answer<Json<Page<actions::FilterView>>> {
    let ground = Ground::of(&app);
    let paths = filters::within(&ground.org.value.root().path, &who.scope());
    let rows = store::filters::filters(&mut *app.db.read().await?, who.id, &paths).await?;
    Ok(Json(Page { items: rows.into_iter().map(|row| filters::seen(&ground, &who, row)).collect(), next: None }))
}

/// Save a list by name, for oneself or for a unit.
#[utoipa::path(post, path = "/api/v1/filters", tag = "incidents", request_body = actions::NewFilter,
    responses((status = 201, body = actions::FilterView)), extensions(("x-permission" = json!("incident.read"))))]
async fn save(State(app): State<Shared>, who: Allow<Read>, command: Command<actions::NewFilter>) -> Outcome {
    let (ground, mut work) = begin(&app, &who, &command).await?;
    let scope = reach(&app, who.scope());
    valid(&ground, &who, &scope, &command.body.query)?;
    let row = filters::save_filter(&mut work.tx, &ground, &who, &scope, &command.body).await?;
    work.finish(StatusCode::CREATED, &filters::seen(&ground, &who, row)).await
}

/// Holds a query to what the list itself takes.
fn valid(ground: &Ground, who: &kernel::Actor, scope: &Scope, query: &serde_json::Value) -> kernel::Result<()> {
    let Some(map) = query.as_object() else { return Err(Error::invalid("query", "not-an-object")) };
    if let Some(other) = map.keys().find(|k| !Asked::KEPT.contains(&k.as_str())) {
        return Err(Error::invalid(format!("query.{other}"), "unknown-field"));
    }
    let asked: Asked = serde_json::from_value(query.clone())
        .map_err(|e| Error::Invalid(vec![FieldError::new("query", "bad-json").with("why", e.to_string())]))?;
    asked.order()?;
    asked.within(ground, who, scope).map(drop)
}

/// Forget a list of one's own.
#[utoipa::path(delete, path = "/api/v1/filters/{id}", tag = "incidents", responses((status = 200)),
    extensions(("x-permission" = json!("incident.read"))))]
async fn forget(
    State(app): State<Shared>,
    who: Allow<Read>,
    Path(id): Path<Id<SavedFilter>>,
    command: Command<serde_json::Value>,
) -> Outcome {
    let ground = Ground::of(&app);
    let mut work = command.begin(&app, &who).await?;
    filters::forget_filter(&mut work.tx, &ground, &who, id).await?;
    work.finish(StatusCode::OK, &serde_json::json!({})).await
}
