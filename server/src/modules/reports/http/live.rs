//! What stands open now, how the days went, and what comes again.

use axum::{
    Json,
    extract::{Query, State},
};
use kernel::Page;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{See, Span, Split, reach};
use crate::{
    app::Shared,
    http::{Allow, Answer},
    modules::reports::live::{self, DayLine, RepeatLine},
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(standing)).routes(routes!(days)).routes(routes!(repeats))
}

/// Whose open cases.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Whose {
    /// The code of one unit: a street, community or grid, or a unit that leads cases.
    unit: Option<String>,
}

/// Open cases by light and by age as they stand now, each number with its list.
#[utoipa::path(get, path = "/api/v1/reports/standing", tag = "figures", params(Split, Whose), responses((status = 200, body = live::View)),
    extensions(("x-permission" = json!("report.read"))))]
async fn standing(
    State(app): State<Shared>,
    who: Allow<See>,
    Query(split): Query<Split>,
    Query(whose): Query<Whose>,
) -> Answer<Json<live::View>> {
    let by = split.by.unwrap_or_default();
    let scope = reach(&app, who.scope());
    Ok(Json(live::standing(&mut *app.db.read().await?, &app, scope, by, whose.unit.as_deref()).await?))
}

/// Which repeats.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Often {
    /// How many cases make one, 2 or more; 3 when it is left out.
    least: Option<i64>,
    /// 1 to 200, 50 when absent.
    limit: Option<i64>,
}

/// How many cases were reported and solved on each day.
#[utoipa::path(get, path = "/api/v1/reports/days", tag = "figures", params(Span), responses((status = 200, body = Page<DayLine>)),
    extensions(("x-permission" = json!("report.read"))))]
async fn days(State(app): State<Shared>, who: Allow<See>, Query(span): Query<Span>) -> Answer<Json<Page<DayLine>>> {
    let scope = reach(&app, who.scope());
    let items = live::days(&mut *app.db.read().await?, &app, scope, span.unit.as_deref(), (span.from, span.to)).await?;
    Ok(Json(Page { items, next: None }))
}

/// Matters that were reported again and again in one grid, the most frequent first.
#[utoipa::path(get, path = "/api/v1/reports/repeats", tag = "figures", params(Span, Often), responses((status = 200, body = Page<RepeatLine>)),
    extensions(("x-permission" = json!("report.read"))))]
async fn repeats(
    State(app): State<Shared>,
    who: Allow<See>,
    Query(span): Query<Span>,
    Query(often): Query<Often>,
) -> Answer<Json<Page<RepeatLine>>> {
    let (least, limit) = (often.least.unwrap_or(3).max(2), often.limit.unwrap_or(50).clamp(1, 200));
    let scope = reach(&app, who.scope());
    let asked = ((span.from, span.to), (least, limit));
    let items = live::repeats(&mut *app.db.read().await?, &app, scope, span.unit.as_deref(), asked.0, asked.1).await?;
    Ok(Json(Page { items, next: None }))
}
