//! What stands open now, how the days went, and what comes again.

use axum::{
    Json,
    extract::{Query, State},
    response::Response,
};
use kernel::{Page, Result, Scope};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Export, See, Span, Split, reach};
use crate::{
    app::{App, Shared},
    http::{Allow, Along, Answer, Taker, Written},
    modules::reports::{
        export::{self, Names},
        live::{self, DayLine, RepeatLine},
    },
    table::column::Column,
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(standing))
        .routes(routes!(standing_file))
        .routes(routes!(days))
        .routes(routes!(days_file))
        .routes(routes!(repeats))
        .routes(routes!(repeats_file))
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

/// The same as CSV or XLSX; audited.
#[utoipa::path(get, path = "/api/v1/reports/standing/export", tag = "figures", params(Split, Whose, Written), responses((status = 200)),
    extensions(("x-permission" = json!("export.run"))))]
async fn standing_file(
    State(app): State<Shared>,
    taker: Taker<Export>,
    Query(split): Query<Split>,
    Query(whose): Query<Whose>,
) -> Answer<Response> {
    let (by, scope) = (split.by.unwrap_or_default(), reach(&app, taker.scope()));
    let view = live::standing(&mut *app.db.read().await?, &app, scope, by, whose.unit.as_deref()).await?;
    let (now, catalogue) = (view.as_of, app.catalogue.get());
    let names = Names { lang: taker.lang(), by, catalogue: &catalogue.value };
    let (columns, lines) = (export::STANDING.map(Column::plain).to_vec(), export::standing(view, &names));
    let along = Along { action: "report.export", name: "standing", asked: vec![("by", by.word().to_owned())], columns, lines };
    Ok(along.file(&app, &taker, now).await?)
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

impl Often {
    async fn found(&self, app: &App, scope: Scope, span: &Span) -> Result<Vec<RepeatLine>> {
        let (least, limit) = (self.least.unwrap_or(3).max(2), self.limit.unwrap_or(50).clamp(1, 200));
        let mut conn = app.db.read().await?;
        live::repeats(&mut conn, app, scope, span.unit.as_deref(), (span.from, span.to), (least, limit)).await
    }
}

/// How many cases were reported and solved on each day.
#[utoipa::path(get, path = "/api/v1/reports/days", tag = "figures", params(Span), responses((status = 200, body = Page<DayLine>)),
    extensions(("x-permission" = json!("report.read"))))]
async fn days(State(app): State<Shared>, who: Allow<See>, Query(span): Query<Span>) -> Answer<Json<Page<DayLine>>> {
    let scope = reach(&app, who.scope());
    let items = live::days(&mut *app.db.read().await?, &app, scope, span.unit.as_deref(), (span.from, span.to)).await?;
    Ok(Json(Page { items, next: None }))
}

/// The same as CSV or XLSX; audited.
#[utoipa::path(get, path = "/api/v1/reports/days/export", tag = "figures", params(Span, Written), responses((status = 200)),
    extensions(("x-permission" = json!("export.run"))))]
async fn days_file(State(app): State<Shared>, taker: Taker<Export>, Query(span): Query<Span>) -> Answer<Response> {
    let scope = reach(&app, taker.scope());
    let days = live::days(&mut *app.db.read().await?, &app, scope, span.unit.as_deref(), (span.from, span.to)).await?;
    let columns = export::DAYS.map(Column::plain).to_vec();
    let along = Along { action: "report.export", name: "days", asked: vec![], columns, lines: export::days(days) };
    Ok(along.file(&app, &taker, app.clock.now()).await?)
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
    let items = often.found(&app, reach(&app, who.scope()), &span).await?;
    Ok(Json(Page { items, next: None }))
}

/// The same as CSV or XLSX; audited.
#[utoipa::path(get, path = "/api/v1/reports/repeats/export", tag = "figures", params(Span, Often, Written), responses((status = 200)),
    extensions(("x-permission" = json!("export.run"))))]
async fn repeats_file(
    State(app): State<Shared>,
    taker: Taker<Export>,
    Query(span): Query<Span>,
    Query(often): Query<Often>,
) -> Answer<Response> {
    let found = often.found(&app, reach(&app, taker.scope()), &span).await?;
    let lines = export::repeats(found, taker.lang());
    let along = Along { action: "report.export", name: "repeats", asked: vec![], columns: export::REPEATS.to_vec(), lines };
    Ok(along.file(&app, &taker, app.clock.now()).await?)
}
