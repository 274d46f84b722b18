//! What everybody may see without a link: the published cases of a grid. And the link without words, which a reporter may pass on.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use kernel::{Actor, Cursor, Error, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::follow;
use crate::{
    app::Shared,
    http::{Answer, Command, Outcome, Visitor},
    modules::{
        access::limits,
        incidents::{
            actions::{self, Ground},
            store, track,
            view::open::{self, GridCases, PublicCase, SharedView},
        },
    },
};

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(cases)).routes(routes!(grids)).routes(routes!(share, unshare)).routes(routes!(shared))
}

/// Which published cases.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct AskedCases {
    /// Only those of this grid, by its code.
    grid: Option<String>,
    /// 1 to 100, 30 when absent.
    limit: Option<usize>,
    /// Where to read on.
    cursor: Option<String>,
}

/// Cases of published matters of the last half year, newest first: the matter, the grid, how it goes. No words, no number, no point.
#[utoipa::path(get, path = "/api/v1/public/cases", tag = "public", params(AskedCases), responses((status = 200, body = Page<PublicCase>)),
    extensions(("x-public" = json!(true))))]
async fn cases(State(app): State<Shared>, visitor: Visitor, Query(asked): Query<AskedCases>) -> Answer<Json<Page<PublicCase>>> {
    limits::take(&app, "public_reads", &limits::network(visitor.address))?;
    let limit = asked.limit.unwrap_or(30);
    if !(1..=100).contains(&limit) {
        return Err(Error::invalid("limit", "out-of-range").into());
    }
    let ground = Ground::of(&app);
    let cursor = asked.cursor.as_deref().map(Cursor::decode).transpose()?;
    let grid = match asked.grid.as_deref().filter(|code| !code.is_empty()) {
        None => None,
        Some(code) => Some(ground.org.value.unit_by_code(code).ok_or_else(|| Error::invalid("grid", "unknown-unit"))?.id),
    };
    Ok(Json(open::cases(&mut *app.db.read().await?, &app, &ground, grid, cursor, limit).await?))
}

/// How many published cases each grid has, for the map.
#[derive(Debug, Serialize, ToSchema)]
struct GridsView {
    items: Vec<GridCases>,
}

/// How many cases of published matters each grid has.
#[utoipa::path(get, path = "/api/v1/public/grids", tag = "public", responses((status = 200, body = GridsView)),
    extensions(("x-public" = json!(true))))]
async fn grids(State(app): State<Shared>, visitor: Visitor) -> Answer<Json<GridsView>> {
    limits::take(&app, "public_reads", &limits::network(visitor.address))?;
    let ground = Ground::of(&app);
    Ok(Json(GridsView { items: open::grids(&mut *app.db.read().await?, &ground).await? }))
}

/// The secret of a link without words.
#[derive(Debug, Serialize, ToSchema)]
struct ShareMade {
    share: String,
}

/// Make a link to how one's report goes on that shows nothing of what was said; the same one as long as it is shared.
#[utoipa::path(post, path = "/api/v1/reports/{track}/share", tag = "reports", responses((status = 200, body = ShareMade)),
    extensions(("x-public" = json!(true))))]
async fn share(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(secret): Path<String>,
    command: Command<serde_json::Value>,
) -> Outcome {
    let actor = Actor::anonymous();
    let (mut work, followed) = follow(&app, &visitor, &actor, &secret, &command).await?;
    let now = work.now;
    let share = actions::share(&mut work.tx, &app, now, &actor, followed.shown()).await?;
    work.finish(StatusCode::OK, &ShareMade { share }).await
}

/// End the link without words; whoever holds it sees nothing from then on.
#[utoipa::path(delete, path = "/api/v1/reports/{track}/share", tag = "reports", responses((status = 200)),
    extensions(("x-public" = json!(true))))]
async fn unshare(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(secret): Path<String>,
    command: Command<serde_json::Value>,
) -> Outcome {
    let actor = Actor::anonymous();
    let (mut work, followed) = follow(&app, &visitor, &actor, &secret, &command).await?;
    let now = work.now;
    actions::unshare(&mut work.tx, now, &actor, followed.shown()).await?;
    work.finish(StatusCode::OK, &serde_json::json!({})).await
}

/// How a case goes on, without a word that anybody wrote.
#[utoipa::path(get, path = "/api/v1/shared/{share}", tag = "public", params(("share" = String, Path)), responses((status = 200, body = SharedView)),
    extensions(("x-public" = json!(true))))]
async fn shared(State(app): State<Shared>, visitor: Visitor, Path(secret): Path<String>) -> Answer<Json<SharedView>> {
    limits::take(&app, "track", &limits::network(visitor.address))?;
    let ground = Ground::of(&app);
    let mut conn = app.db.read().await?;
    let case = store::open::shared(&mut conn, &track::hash(&secret)).await?;
    Ok(Json(open::shared(&mut conn, &ground, case).await?))
}
