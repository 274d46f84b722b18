//! The routes. Every number comes with the list of its cases.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use kernel::{Error, Id, Page, Part, Result, Scope, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    actions::{self, Asked, Decide, Exclude, PERIOD_UNKNOWN, PeriodView, Rates},
    export::{self, Names, english},
    lists::{self, Lists},
    model::{By, Difference, Line, Period, Rate, Share, differences},
    store::{self, Exclusion, ExclusionRow},
};
use crate::{
    app::{App, Shared},
    http::{Allow, Along, Answer, Command, Outcome, Taker, Written},
    modules::catalogue::Catalogue,
    permit,
    table::column::Column,
};

mod live;

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(rates))
        .routes(routes!(export_file))
        .routes(routes!(periods))
        .routes(routes!(period))
        .routes(routes!(period_file))
        .routes(routes!(freeze))
        .routes(routes!(exclude))
        .routes(routes!(exclusions))
        .routes(routes!(decide))
        .merge(live::routes())
}

permit! {
    /// See figures.
    See = "report.read";
    /// Freeze the figures of a period.
    Freeze = "report.freeze";
    /// Ask to leave a case out of a rate.
    AskOut = "report.exclude";
    /// Decide such wishes.
    DecideOut = "report.decide";
    /// Export.
    Export = "export.run";
}

/// What a caller's scope reaches.
fn reach(app: &App, scope: Scope) -> Scope {
    app.org.directory().value.reach(scope)
}

/// Which cases are counted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Span {
    /// Cases reported at or after.
    from: Time,
    /// Cases reported before.
    to: Time,
    /// The code of one unit: a street, community or grid, or a unit that leads cases.
    unit: Option<String>,
}

impl Span {
    fn asked(self, split: &Split) -> Asked {
        Asked { from: self.from, to: self.to, by: split.by.unwrap_or_default(), unit: self.unit.filter(|u| !u.is_empty()) }
    }
}

/// How figures are split.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Split {
    /// `street` (default), `community`, `department`, `matter` or `channel`.
    #[param(inline)]
    by: Option<By>,
}

/// A rate with the lists of its cases.
#[derive(Debug, Serialize, ToSchema)]
struct ShareView {
    #[serde(flatten)]
    share: Share,
    /// The list of the cases in the numerator, without those that were left out.
    numerator_cases: String,
    /// The list of the cases in the denominator, without those that were left out.
    denominator_cases: String,
    /// The list of the cases that were left out; nothing for a rate that leaves none out.
    excluded_cases: Option<String>,
}

/// The figures of one street, department or other part.
#[derive(Debug, Serialize, ToSchema)]
struct LineView {
    key: String,
    name: String,
    /// The English name of a matter that has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    name_en: Option<String>,
    /// Every figure by its word; `answered_cases` and the like are the cases behind answers.
    #[schema(value_type = Object)]
    counts: super::model::Counts,
    rates: Vec<ShareView>,
    /// The list of all its cases.
    cases: String,
}

/// Rates of a span of time.
#[derive(Debug, Serialize, ToSchema)]
struct RatesView {
    from: Time,
    to: Time,
    /// The instant at which it was counted.
    as_of: Time,
    by: By,
    /// Whether a part of the district was counted: what was handed up or moved elsewhere counts, but lists hold only what the caller may see.
    part: bool,
    /// The whole.
    total: LineView,
    /// The parts.
    rows: Vec<LineView>,
}

impl RatesView {
    fn of(rates: Rates, catalogue: &Catalogue) -> Self {
        let Rates { from, to, as_of, by, total, rows, lists } = rates;
        let part = |line: Line| LineView { name_en: english(catalogue, by, &line.key), ..part_view(line, &lists, from, to) };
        Self {
            total: line_view(total, &lists::reported(from, to, &lists.whole())),
            rows: rows.into_iter().map(part).collect(),
            from,
            to,
            as_of,
            by,
            part: lists.is_part(),
        }
    }
}

fn part_view(line: Line, lists: &Lists, from: Time, to: Time) -> LineView {
    let list = lists::reported(from, to, &lists.part(&line.key));
    line_view(line, &list)
}

fn line_view(line: Line, list: &str) -> LineView {
    let share = |share: Share| {
        let (rate, (numerator, denominator)) = (share.rate, share.rate.parts());
        ShareView {
            share,
            numerator_cases: lists::behind(list, rate, numerator),
            denominator_cases: lists::behind(list, rate, denominator),
            excluded_cases: lists::left_out(list, rate),
        }
    };
    LineView {
        key: line.key,
        name: line.name,
        name_en: None,
        counts: line.counts,
        rates: line.rates.into_iter().map(share).collect(),
        cases: list.to_owned(),
    }
}

/// Rates with numerators, denominators and the lists behind them.
#[utoipa::path(get, path = "/api/v1/reports/rates", tag = "figures", params(Span, Split), responses((status = 200, body = RatesView)),
    extensions(("x-permission" = json!("report.read"))))]
async fn rates(
    State(app): State<Shared>,
    who: Allow<See>,
    Query(span): Query<Span>,
    Query(split): Query<Split>,
) -> Answer<Json<RatesView>> {
    let asked = span.asked(&split);
    let counted = actions::rates(&mut *app.db.read().await?, &app, reach(&app, who.scope()), &asked).await?;
    Ok(Json(RatesView::of(counted, &app.catalogue.get().value)))
}

/// The same as CSV or XLSX, with the denominators; audited.
#[utoipa::path(get, path = "/api/v1/reports/rates/export", tag = "figures", params(Span, Split, Written), responses((status = 200)),
    extensions(("x-permission" = json!("export.run"))))]
async fn export_file(
    State(app): State<Shared>,
    taker: Taker<Export>,
    Query(span): Query<Span>,
    Query(split): Query<Split>,
) -> Answer<Response> {
    let (asked, lang) = (span.asked(&split), taker.lang());
    let counted = actions::rates(&mut *app.db.read().await?, &app, reach(&app, taker.scope()), &asked).await?;
    let catalogue = app.catalogue.get();
    let lines = export::rates(&counted, &Names { lang, by: asked.by, catalogue: &catalogue.value });
    let along = Along {
        action: "report.export",
        name: "rates",
        asked: vec![("by", asked.by.word().to_owned())],
        columns: export::rate_columns(lang),
        lines,
    };
    Ok(along.file(&app, &taker, counted.as_of).await?)
}

/// Periods whose figures stand, the latest first.
#[utoipa::path(get, path = "/api/v1/reports/periods", tag = "figures", responses((status = 200, body = Page<PeriodView>)),
    extensions(("x-permission" = json!("report.read"))))]
async fn periods(State(app): State<Shared>, _who: Allow<See>) -> Answer<Json<Page<PeriodView>>> {
    let items = store::periods(&mut *app.db.read().await?).await?.into_iter().map(PeriodView::from).collect();
    Ok(Json(Page { items, next: None }))
}

/// Freeze the figures of a day, a week or a month that is over, for the whole district.
#[utoipa::path(post, path = "/api/v1/reports/periods/{period}/freeze", tag = "figures", responses((status = 201, body = PeriodView)),
    extensions(("x-permission" = json!("report.freeze"))))]
async fn freeze(
    State(app): State<Shared>,
    who: Allow<Freeze>,
    Path(period): Path<String>,
    command: Command<serde_json::Value>,
) -> Outcome {
    // The figures are the district's, so whoever answers for a part of it finds nothing to freeze.
    if reach(&app, who.scope()) != Scope::All {
        return Err(Error::NotFound.into());
    }
    let measured = actions::measure(&mut *app.db.read().await?, &app, &period).await?;
    let mut work = command.begin(&app, &who).await?;
    let now = work.now;
    let frozen = actions::freeze(&mut work.tx, now, &who, &period, &measured).await?;
    work.finish(StatusCode::CREATED, &frozen).await
}

/// The frozen figures of a period, and what is counted now beside them.
#[derive(Debug, Serialize, ToSchema)]
struct FrozenView {
    #[serde(flatten)]
    period: PeriodView,
    by: By,
    /// As they were frozen; the first line is the district. Empty for whoever sees a part of the district only, unless split by places.
    frozen: Vec<Line>,
    /// The same with their lists as they stood then; empty for a period that kept numbers only.
    listed: Vec<LineView>,
    /// Whether a part of the district is shown: lists then hold only what the caller may see of it.
    part: bool,
    /// As they are counted now, with the lists of the present.
    now: Vec<LineView>,
    /// Every rate that differs.
    differences: Vec<Difference>,
}

/// The figures of a period: as they were frozen, as they are counted now, and every difference.
#[utoipa::path(get, path = "/api/v1/reports/periods/{period}", tag = "figures", params(Split), responses((status = 200, body = FrozenView)),
    extensions(("x-permission" = json!("report.read"))))]
async fn period(
    State(app): State<Shared>,
    who: Allow<See>,
    Path(period): Path<String>,
    Query(split): Query<Split>,
) -> Answer<Json<FrozenView>> {
    let stood = Stood::read(&app, reach(&app, who.scope()), &period, split.by.unwrap_or_default()).await?;
    let Stood { kept, by, frozen, whole, rows, lists } = stood;
    let now: Vec<Line> = whole.iter().chain(&rows).cloned().collect();
    let differences = differences(&frozen, &now);
    // The first line is the whole for whoever sees all of the district.
    let whole_first = whole.is_some();
    let with_list = |(n, line): (usize, &Line)| {
        let which = if whole_first && n == 0 { lists.whole() } else { lists.part(&line.key) };
        let name_en = english(&app.catalogue.get().value, by, &line.key);
        LineView { name_en, ..line_view(line.clone(), &lists::frozen(&kept.period, &which)) }
    };
    let listed = if kept.listed { frozen.iter().enumerate().map(with_list).collect() } else { vec![] };
    let part = lists.is_part();
    let whole = whole.map(|line| line_view(line, &lists::reported(kept.from, kept.to, &lists.whole())));
    let now = whole.into_iter().chain(rows.into_iter().map(|line| {
        let name_en = english(&app.catalogue.get().value, by, &line.key);
        LineView { name_en, ..part_view(line, &lists, kept.from, kept.to) }
    }));
    let now = now.collect();
    Ok(Json(FrozenView { period: kept, by, differences, frozen, listed, part, now }))
}

/// The same as CSV or XLSX, every rate as it stood and as it is counted now; audited.
#[utoipa::path(get, path = "/api/v1/reports/periods/{period}/export", tag = "figures", params(Split, Written), responses((status = 200)),
    extensions(("x-permission" = json!("export.run"))))]
async fn period_file(
    State(app): State<Shared>,
    taker: Taker<Export>,
    Path(period): Path<String>,
    Query(split): Query<Split>,
) -> Answer<Response> {
    let stood = Stood::read(&app, reach(&app, taker.scope()), &period, split.by.unwrap_or_default()).await?;
    let now: Vec<Line> = stood.whole.into_iter().chain(stood.rows).collect();
    let catalogue = app.catalogue.get();
    let names = Names { lang: taker.lang(), by: stood.by, catalogue: &catalogue.value };
    let (columns, lines) = (export::FROZEN.map(Column::plain).to_vec(), export::frozen(&stood.frozen, &now, &names));
    let along = Along {
        action: "report.export",
        name: "period",
        asked: vec![("by", stood.by.word().to_owned()), ("period", period)],
        columns,
        lines,
    };
    Ok(along.file(&app, &taker, app.clock.now()).await?)
}

/// A period that stands, as a caller may see it.
struct Stood {
    kept: PeriodView,
    by: By,
    frozen: Vec<Line>,
    /// What is counted now: the district, for whoever sees all of it, and the parts.
    whole: Option<Line>,
    rows: Vec<Line>,
    lists: Lists,
}

impl Stood {
    async fn read(app: &App, scope: Scope, period: &str, by: By) -> Result<Self> {
        let span = Period::read(period, app.zone).ok_or(Error::refused(PERIOD_UNKNOWN))?;
        let mut conn = app.db.read().await?;
        let kept = store::frozen(&mut conn, period).await?.ok_or(Error::NotFound)?;
        let frozen = in_sight(app, &scope, by, store::lines(&mut conn, period, by).await?);
        let asked = Asked { from: span.from, to: span.to, by, unit: None };
        let counted = actions::rates(&mut conn, app, scope.clone(), &asked).await?;
        let whole = (scope == Scope::All).then_some(counted.total);
        let rows = in_sight(app, &scope, by, counted.rows);
        Ok(Self { kept: kept.into(), by, frozen, whole, rows, lists: counted.lists })
    }
}

/// Lines were frozen for the whole district; somebody of a part sees those of its own places and units.
fn in_sight(app: &App, scope: &Scope, by: By, lines: Vec<Line>) -> Vec<Line> {
    let org = app.org.directory();
    let held = |line: &Line| org.value.unit_by_code(&line.key).is_some_and(|u| scope.holds(&u.path));
    match (scope, by) {
        (Scope::All, _) => lines,
        (_, By::Street | By::Community | By::Department) => lines.into_iter().filter(held).collect(),
        (_, By::Matter | By::Channel) => vec![],
    }
}

/// A wish to leave a case out of a rate.
#[derive(Debug, Serialize, ToSchema)]
struct ExclusionView {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Exclusion>,
    incident: uuid::Uuid,
    code: String,
    rate: Rate,
    reason: String,
    asked_at: Time,
    /// The decision; nothing while it waits.
    approved: Option<bool>,
    decided_at: Option<Time>,
    words: Option<String>,
    /// Whether the caller asked for it, and so may not decide.
    mine: bool,
}

fn exclusion_view(row: ExclusionRow, who: uuid::Uuid) -> ExclusionView {
    ExclusionView {
        id: row.id,
        incident: row.incident_id.uuid(),
        code: row.code,
        rate: row.rate,
        reason: row.reason,
        asked_at: row.asked_at,
        approved: row.approved,
        decided_at: row.decided_at,
        words: row.words,
        mine: row.asked_by == who,
    }
}

/// Ask to leave a case out of 响应率, 解决率 or 满意率; somebody else decides.
#[utoipa::path(post, path = "/api/v1/reports/exclusions", tag = "figures", request_body = Exclude,
    responses((status = 201, body = ExclusionView)), extensions(("x-permission" = json!("report.exclude"))))]
async fn exclude(State(app): State<Shared>, who: Allow<AskOut>, command: Command<Exclude>) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    let now = work.now;
    let row = actions::exclude(&mut work.tx, now, &who, &reach(&app, who.scope()), &command.body).await?;
    work.finish(StatusCode::CREATED, &exclusion_view(row, who.id)).await
}

/// Which wishes are listed.
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

/// Wishes to leave cases out, the newest first.
#[utoipa::path(get, path = "/api/v1/reports/exclusions", tag = "figures", params(Wishes), responses((status = 200, body = Page<ExclusionView>)),
    extensions(("x-permission" = json!("report.read"))))]
async fn exclusions(
    State(app): State<Shared>,
    who: Allow<See>,
    Query(asked): Query<Wishes>,
) -> Answer<Json<Page<ExclusionView>>> {
    let part = Part::of(asked.limit, asked.cursor.as_deref(), app.clock.now())?;
    let scope = reach(&app, who.scope());
    let rows = store::exclusions(&mut *app.db.read().await?, &scope, asked.open, part.cursor, part.limit).await?;
    Ok(Json(part.cut(rows, |r| (r.asked_at.millis(), r.id.uuid())).map(|row| exclusion_view(row, who.id))))
}

/// Decide a wish to leave a case out; not one's own.
#[utoipa::path(post, path = "/api/v1/reports/exclusions/{id}/decide", tag = "figures", request_body = Decide,
    responses((status = 200, body = ExclusionView)), extensions(("x-permission" = json!("report.decide"))))]
async fn decide(
    State(app): State<Shared>,
    who: Allow<DecideOut>,
    Path(id): Path<Id<Exclusion>>,
    command: Command<Decide>,
) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    let now = work.now;
    let row = actions::decide(&mut work.tx, now, &who, &reach(&app, who.scope()), id, &command.body).await?;
    work.finish(StatusCode::OK, &exclusion_view(row, who.id)).await
}
