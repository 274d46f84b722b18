//! The one operation: what lies in a cell.

use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::Error;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    model::{Cell, Level},
    store,
};
use crate::{
    app::Shared,
    http::{Answer, Visitor},
    modules::access::limits,
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Place {
    /// `far`, `middle`, `near` or `close`.
    level: String,
    /// From west to east.
    #[param(value_type = u32)]
    x: String,
    /// From north to south.
    #[param(value_type = u32)]
    y: String,
}

#[derive(Deserialize, IntoParams)]
pub(super) struct Wanted {
    /// The version that the district names: an answer under it never changes and may be kept for a year.
    v: Option<String>,
}

/// A cell of the base map: everything that is drawn in it, in WGS84. Each feature has its `layer`, and perhaps `class`, `name`, `width`; one that lies in
/// several cells has the same id in each.
#[utoipa::path(get, path = "/api/v1/basemap/{level}/{x}/{y}", tag = "basemap", params(Place, Wanted), extensions(("x-public" = json!(true))),
    responses((status = 200, content_type = "application/geo+json", body = String), (status = 304)))]
pub(super) async fn cell(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(at): Path<Place>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Answer<Response> {
    limits::take(&app, "public_reads", &limits::network(visitor.address))?;
    let level = Level::of(&at.level).ok_or(Error::NotFound)?;
    let index = |text: &str| text.parse::<u32>().ok().filter(|n| *n < 1 << level.cells()).ok_or(Error::NotFound);
    let cell = Cell { x: index(&at.x)?, y: index(&at.y)? };
    let version = app.basemap.version();
    // The same words in other wrapping are the same map, so the tag is a weak one.
    let tag = format!("W/\"basemap-{version}\"");
    let lasting = if wanted.v.as_deref() == Some(version.to_string().as_str()) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let cached = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, lasting.to_owned())];
    let same = |given: &str| given.split(',').any(|t| t.trim() == tag);
    if headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).is_some_and(same) {
        return Ok((StatusCode::NOT_MODIFIED, cached).into_response());
    }
    let rows = store::cell(&mut *app.db.read().await?, level, cell).await?;
    let features: Vec<String> = rows.into_iter().map(|r| r.features).collect();
    let body = format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}\n", features.join(",\n"));
    Ok((cached, [(header::CONTENT_TYPE, "application/geo+json")], body).into_response())
}
