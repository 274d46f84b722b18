//! One case: reading it, and what desks do to it.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use kernel::Id;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    CloseCase, LookAfter, MakeNote, Read, ReportFor, SeeInClear, SendOut, TakeIn, Versioned, answer, answer_or_refuse, open,
    reach, take,
};
use crate::{
    app::Shared,
    http::{Allow, Answer, Command, Outcome},
    modules::{
        access::private::Revealed,
        files::{self, File, Look},
        incidents::{
            actions::{self, Ground},
            duplicates,
            model::Incident,
            store, view,
        },
    },
};

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(take_in))
        .routes(routes!(one))
        .routes(routes!(similar))
        .routes(routes!(photo))
        .routes(routes!(accept))
        .routes(routes!(refuse))
        .routes(routes!(correct))
        .routes(routes!(place))
        .routes(routes!(dispatch))
        .routes(routes!(note))
        .routes(routes!(verify))
        .routes(routes!(close))
        .routes(routes!(reveal))
}

/// A photograph of a case.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct CasePhoto {
    #[param(value_type = uuid::Uuid)]
    id: Id<Incident>,
    #[param(value_type = uuid::Uuid)]
    photo: Id<File>,
}

/// Take a report in for somebody, by any channel.
#[utoipa::path(post, path = "/api/v1/incidents", tag = "incidents", request_body = actions::Intake,
    responses((status = 201, body = actions::Receipt)), extensions(("x-permission" = json!("incident.report"))))]
async fn take_in(State(app): State<Shared>, who: Allow<ReportFor>, command: Command<actions::Intake>) -> Outcome {
    let intake = command.body.clone();
    Box::pin(take(&app, &who, &command, intake)).await
}

/// One case, whole.
#[utoipa::path(get, path = "/api/v1/incidents/{id}", tag = "incidents", responses((status = 200, body = view::CaseView)),
    extensions(("x-permission" = json!("incident.read"))))]
async fn one(State(app): State<Shared>, who: Allow<Read>, Path(id): Path<Id<Incident>>) -> Answer<Json<view::CaseView>> {
    let ground = Ground::of(&app);
    let mut conn = app.db.read().await?;
    let scope = reach(&app, who.scope());
    let case = store::find(&mut conn, &scope, id).await?;
    let alike = actions::similar(&mut conn, &ground, &scope, &case).await?;
    Ok(Json(view::whole(&mut conn, &app, &ground, &who, case).await?.with_duplicates(alike)))
}

/// What else is open about where a case lies.
#[derive(Debug, Serialize, ToSchema)]
struct Alike {
    /// Those that may be about the same: near in place, time and words.
    items: Vec<duplicates::Candidate>,
    /// Others within 200 metres of the last 30 days, whatever they are about, the nearest first.
    near: Vec<duplicates::Candidate>,
}

/// Open cases that are near in place, time and words, and others that are only near.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/similar", tag = "incidents",
    responses((status = 200, body = Alike)), extensions(("x-permission" = json!("incident.read"))))]
async fn similar(State(app): State<Shared>, who: Allow<Read>, Path(id): Path<Id<Incident>>) -> Answer<Json<Alike>> {
    let (ground, scope) = (Ground::of(&app), reach(&app, who.scope()));
    let mut conn = app.db.read().await?;
    let case = store::find(&mut conn, &scope, id).await?;
    let items = actions::similar(&mut conn, &ground, &scope, &case).await?;
    let near = actions::around(&mut conn, &ground, &scope, &case, &items).await?;
    Ok(Json(Alike { items, near }))
}

/// A photograph of a case.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/photos/{photo}", params(CasePhoto), tag = "incidents", responses((status = 200, content_type = "image/jpeg")),
    extensions(("x-permission" = json!("incident.read"))))]
async fn photo(
    State(app): State<Shared>,
    who: Allow<Read>,
    Path(CasePhoto { id, photo }): Path<CasePhoto>,
    look: Look,
) -> Answer<Response> {
    let mut conn = app.db.read().await?;
    let case = store::find(&mut conn, &reach(&app, who.scope()), id).await?;
    Ok(files::serve(&app, conn, photo, "incident", case.id.uuid(), &look).await?)
}

/// Accept a report: the case is opened and its clocks start.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/accept", tag = "incidents", request_body = actions::Accept,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.intake"))))]
async fn accept(
    State(app): State<Shared>,
    who: Allow<TakeIn>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Accept>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::accept(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Do not take a report in.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/refuse", tag = "incidents", request_body = actions::Refuse,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.intake"))))]
async fn refuse(
    State(app): State<Shared>,
    who: Allow<TakeIn>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Refuse>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::refuse(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Correct the matter; the classifier learns.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/correct", tag = "incidents", request_body = actions::Correct,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.intake"))))]
async fn correct(
    State(app): State<Shared>,
    who: Allow<TakeIn>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Correct>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::correct(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Correct the place.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/place", tag = "incidents", request_body = actions::Place,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.intake"))))]
async fn place(
    State(app): State<Shared>,
    who: Allow<TakeIn>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Place>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::place(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Dispatch, by the rules or by hand.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/dispatch", tag = "incidents", request_body = actions::Dispatch,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.dispatch"))))]
async fn dispatch(
    State(app): State<Shared>,
    who: Allow<SendOut>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Dispatch>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::dispatch(&mut work.tx, &ground, change, &command.body).await?;
    answer_or_refuse(work, &app, &ground, &who, case).await
}

/// Note something, for colleagues or for the reporter.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/note", tag = "incidents", request_body = actions::Note,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.note"))))]
async fn note(
    State(app): State<Shared>,
    who: Allow<MakeNote>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Note>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, None).await?;
    let case = actions::note(&mut work.tx, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Verify a result; never by the one who handled it.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/verify", tag = "incidents", request_body = actions::Verify,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.verify"))))]
async fn verify(
    State(app): State<Shared>,
    who: Allow<LookAfter>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Verify>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::verify(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Close a verified case.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/close", tag = "incidents", request_body = Versioned,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.close"))))]
async fn close(
    State(app): State<Shared>,
    who: Allow<CloseCase>,
    Path(id): Path<Id<Incident>>,
    command: Command<Versioned>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::close(&mut work.tx, &ground, change).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Read one personal field in clear, with a purpose; audited, shown for a minute.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/reveal", tag = "incidents", request_body = actions::Reveal,
    responses((status = 200, body = Revealed)), extensions(("x-permission" = json!("incident.reveal"))))]
async fn reveal(
    State(app): State<Shared>,
    who: Allow<SeeInClear>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Reveal>,
) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    let scope = reach(&app, who.scope());
    let shown = actions::reveal(&mut work.tx, &app, &who, &scope, id, &command.body).await?;
    match shown {
        Ok(value) => work.finish(StatusCode::OK, &value).await,
        // A denied look leaves its audit row.
        Err(denied) => Err(work.refuse(denied).await),
    }
}
