//! The operations of complaints about burdens.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use kernel::{Actor, Error, Id, Page, Part, Permission, Scope, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::own_path;
use crate::{
    app::{App, Shared},
    http::{Allow, Answer, Command, Outcome},
    modules::admission::{
        burden::{self, Burden, BurdenAction, BurdenKind, BurdenState, Form, Row, Sight, Step, StepForm},
        model::Item,
    },
    permit,
};

permit! {
    /// See complaints about burdens.
    ReadBurden = "burden.read";
    /// Complain about a burden, and judge what was corrected.
    ReportBurden = "burden.report";
    /// Make complaints known, or dismiss them.
    HandleBurden = "burden.handle";
    /// Answer for the unit complained about.
    AnswerBurden = "burden.answer";
}

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(page, report))
        .routes(routes!(one))
        .routes(routes!(notify))
        .routes(routes!(dismiss))
        .routes(routes!(plan))
        .routes(routes!(corrected))
        .routes(routes!(review))
}

/// A complaint as the caller may see it.
#[derive(Serialize, ToSchema)]
#[schema(as = BurdenView)]
struct View {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Burden>,
    version: i64,
    state: BurdenState,
    kind: BurdenKind,
    /// The unit that burdens.
    about: String,
    /// The unit that complains; empty where it is not named to this caller.
    from: String,
    words: String,
    #[schema(value_type = Option<uuid::Uuid>)]
    item: Option<Id<Item>>,
    reply_by: Option<Time>,
    /// Whether the unit is past its time to answer.
    late: bool,
    /// How often the grassroots were not content.
    rounds: i64,
    made_at: Time,
    history: Vec<Step>,
}

fn view(app: &App, who: &Actor, row: Row) -> View {
    let (known, now) = (app.org.directory(), app.clock.now());
    let complains = who.scope(Permission("burden.report")).holds(&row.unit_path) || who.may(Permission("burden.handle"));
    let from = known.value.units().find(|u| u.path == row.unit_path).map(|u| u.name.clone()).unwrap_or_default();
    View {
        late: row.is_late(now),
        about: known.value.unit(row.about).map(|u| u.name.clone()).unwrap_or_default(),
        from: if row.unnamed && !complains { String::new() } else { from },
        id: row.id,
        version: row.version,
        state: row.state,
        kind: row.kind,
        words: row.words,
        item: row.item_id,
        reply_by: row.reply_by,
        rounds: row.rounds,
        made_at: row.made_at,
        history: row.history.0,
    }
}

/// Whoever handles complaints sees all of the district's; others those of their units and, once they were made known, those about them.
fn sight(who: &Actor) -> Sight {
    let own = if who.may(Permission("burden.handle")) { Scope::All } else { who.scope(Permission("burden.report")) };
    Sight { own, about: who.scope(Permission("burden.answer")) }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    #[param(inline)]
    state: Option<BurdenState>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Complaints, the newest first.
#[utoipa::path(get, path = "/api/v1/burdens", tag = "admission", params(Asked), responses((status = 200, body = Page<View>)),
    extensions(("x-permission" = json!("burden.read"))))]
async fn page(State(app): State<Shared>, who: Allow<ReadBurden>, Query(ask): Query<Asked>) -> Answer<Json<Page<View>>> {
    let part = Part::of(ask.limit, ask.cursor.as_deref(), app.clock.now())?;
    let rows = burden::page(&mut *app.db.read().await?, &sight(&who), ask.state, part.cursor, part.limit).await?;
    Ok(Json(part.cut(rows, |r| (r.made_at.millis(), r.id.uuid())).map(|r| view(&app, &who, r))))
}

/// One complaint.
#[utoipa::path(get, path = "/api/v1/burdens/{id}", tag = "admission", params(("id" = String, Path, format = "uuid")),
    responses((status = 200, body = View)), extensions(("x-permission" = json!("burden.read"))))]
async fn one(State(app): State<Shared>, who: Allow<ReadBurden>, Path(id): Path<Id<Burden>>) -> Answer<Json<View>> {
    let row = burden::one(&mut *app.db.read().await?, &sight(&who), id).await?;
    Ok(Json(view(&app, &who, row)))
}

/// Complain about a burden.
#[utoipa::path(post, path = "/api/v1/burdens", tag = "admission", request_body = Form, responses((status = 201, body = View)),
    extensions(("x-permission" = json!("burden.report"))))]
async fn report(State(app): State<Shared>, who: Allow<ReportBurden>, command: Command<Form>) -> Outcome {
    let known = app.org.directory();
    let about = known.value.unit(command.body.about).ok_or_else(|| Error::invalid("about", "unknown-unit"))?;
    let mut work = command.begin(&app, &who).await?;
    let now = work.now;
    let row = burden::report(&mut work.tx, now, &who, own_path(&app, &who.scope()), about, &command.body).await?;
    work.finish(StatusCode::CREATED, &view(&app, &who, row)).await
}

/// Takes a step of a complaint, by whoever it `fits`: the unit that complains or the one complained about.
async fn step(
    app: &Shared,
    who: &Actor,
    id: Id<Burden>,
    command: &Command<StepForm>,
    action: BurdenAction,
    fits: impl Fn(&Row) -> bool,
) -> Outcome {
    let mut work = command.begin(app, who).await?;
    let row = burden::one(&mut work.tx, &sight(who), id).await?;
    if !fits(&row) {
        return Err(Error::Forbidden.into());
    }
    let now = work.now;
    let row = burden::step(&mut work.tx, now, who, row, action, &command.body).await?;
    work.finish(StatusCode::OK, &view(app, who, row)).await
}

/// Make a complaint known to the unit, with a time to answer.
#[utoipa::path(post, path = "/api/v1/burdens/{id}/notify", tag = "admission", params(("id" = String, Path, format = "uuid")),
    request_body = StepForm, responses((status = 200, body = View)), extensions(("x-permission" = json!("burden.handle"))))]
async fn notify(
    State(app): State<Shared>,
    who: Allow<HandleBurden>,
    Path(id): Path<Id<Burden>>,
    command: Command<StepForm>,
) -> Outcome {
    step(&app, &who, id, &command, BurdenAction::Notify, |_| true).await
}

/// Find that there is no burden beyond the list.
#[utoipa::path(post, path = "/api/v1/burdens/{id}/dismiss", tag = "admission", params(("id" = String, Path, format = "uuid")),
    request_body = StepForm, responses((status = 200, body = View)), extensions(("x-permission" = json!("burden.handle"))))]
async fn dismiss(
    State(app): State<Shared>,
    who: Allow<HandleBurden>,
    Path(id): Path<Id<Burden>>,
    command: Command<StepForm>,
) -> Outcome {
    step(&app, &who, id, &command, BurdenAction::Dismiss, |_| true).await
}

/// Say what the unit will do.
#[utoipa::path(post, path = "/api/v1/burdens/{id}/plan", tag = "admission", params(("id" = String, Path, format = "uuid")),
    request_body = StepForm, responses((status = 200, body = View)), extensions(("x-permission" = json!("burden.answer"))))]
async fn plan(
    State(app): State<Shared>,
    who: Allow<AnswerBurden>,
    Path(id): Path<Id<Burden>>,
    command: Command<StepForm>,
) -> Outcome {
    let reach = who.scope();
    step(&app, &who, id, &command, BurdenAction::Plan, |row| reach.holds(&row.about_path)).await
}

/// Say that it was corrected.
#[utoipa::path(post, path = "/api/v1/burdens/{id}/corrected", tag = "admission", params(("id" = String, Path, format = "uuid")),
    request_body = StepForm, responses((status = 200, body = View)), extensions(("x-permission" = json!("burden.answer"))))]
async fn corrected(
    State(app): State<Shared>,
    who: Allow<AnswerBurden>,
    Path(id): Path<Id<Burden>>,
    command: Command<StepForm>,
) -> Outcome {
    let reach = who.scope();
    step(&app, &who, id, &command, BurdenAction::Corrected, |row| reach.holds(&row.about_path)).await
}

/// Judge, as the unit that complained, whether it was corrected.
#[utoipa::path(post, path = "/api/v1/burdens/{id}/review", tag = "admission", params(("id" = String, Path, format = "uuid")),
    request_body = StepForm, responses((status = 200, body = View)), extensions(("x-permission" = json!("burden.report"))))]
async fn review(
    State(app): State<Shared>,
    who: Allow<ReportBurden>,
    Path(id): Path<Id<Burden>>,
    command: Command<StepForm>,
) -> Outcome {
    let reach = who.scope();
    step(&app, &who, id, &command, BurdenAction::Review, |row| reach.holds(&row.unit_path)).await
}
