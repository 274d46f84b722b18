//! What reporters do, without a log-in: report, find and follow their report, add to it, rate it.

use axum::{
    Json,
    extract::{Path, State},
    response::Response,
};
use kernel::Id;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{answer_holder, follow, take};
use crate::{
    app::Shared,
    http::{Answer, Command, Outcome, Visitor},
    modules::{
        access::limits,
        catalogue::Matter,
        files::{self, File, Look},
        incidents::{
            actions::{self, Change, Ground},
            duplicates, learn,
            model::SURE,
            store, track, view,
        },
    },
};

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(report))
        .routes(routes!(suggest))
        .routes(routes!(look_up))
        .routes(routes!(tracked))
        .routes(routes!(remark))
        .routes(routes!(rate))
        .routes(routes!(tracked_photo))
}

/// A photograph of a tracked report.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct TrackPhoto {
    track: String,
    #[param(value_type = uuid::Uuid)]
    photo: Id<File>,
}

/// Report a matter; no log-in is needed.
#[utoipa::path(post, path = "/api/v1/reports", tag = "reports", request_body = actions::Report, responses((status = 201, body = actions::Receipt)),
    params(("Idempotency-Key" = String, Header, description = "A UUID; the same key and body give the same case")), extensions(("x-public" = json!(true))))]
async fn report(State(app): State<Shared>, visitor: Visitor, command: Command<actions::Report>) -> Outcome {
    limits::take(&app, "public_reports", &limits::network(visitor.address))?;
    let intake = actions::Intake { report: command.body.clone(), ..actions::Intake::default() };
    let actor = visitor.actor();
    Box::pin(take(&app, &actor, &command, intake)).await
}

/// A text, perhaps with a place, before it is sent.
#[derive(Debug, Deserialize, ToSchema)]
struct Suggest {
    text: String,
    lon: Option<f64>,
    lat: Option<f64>,
    datum: Option<String>,
}

/// What the words suggest, and what neighbours reported.
#[derive(Debug, Serialize, ToSchema)]
struct Suggested {
    matters: Vec<SuggestedMatter>,
    near: Vec<duplicates::Candidate>,
}

/// A matter that the words suggest.
#[derive(Debug, Serialize, ToSchema)]
struct SuggestedMatter {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Matter>,
    name: String,
    public_name: String,
    /// Its English name, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    name_en: Option<String>,
    confidence: f64,
}

/// Suggest matters from the words, and open cases near by.
#[utoipa::path(post, path = "/api/v1/reports/suggest", tag = "reports", request_body = Suggest, responses((status = 200, body = Suggested)),
    extensions(("x-public" = json!(true))))]
async fn suggest(State(app): State<Shared>, visitor: Visitor, command: Command<Suggest>) -> Answer<Json<Suggested>> {
    limits::take(&app, "suggest", &limits::network(visitor.address))?;
    let body = &command.body;
    let ground = Ground::of(&app);
    let words = actions::optional("text", &body.text, actions::LONGEST)?;
    let recognised = app.incidents.recognise(app.access.setting(&SURE, ground.now), &ground.catalogue.value, words, None)?;
    let named = |c: learn::Choice| {
        let matter = ground.catalogue.value.matter(c.matter)?;
        let (name, public_name) = (matter.level3.clone(), matter.spoken().to_owned());
        Some(SuggestedMatter { id: c.matter, name, public_name, name_en: matter.english(), confidence: c.confidence })
    };
    let near = actions::near(&app, &ground, body.lon.zip(body.lat), body.datum.as_deref(), words, recognised.matter).await?;
    Ok(Json(Suggested { matters: recognised.top.into_iter().filter_map(named).collect(), near }))
}

/// A case number with the last four digits of the phone that was given.
#[derive(Debug, Deserialize, ToSchema)]
struct LookUp {
    code: String,
    phone_last4: String,
}

/// The secret of the reporter's link.
#[derive(Debug, Serialize, ToSchema)]
struct Track {
    track: String,
}

/// Find a report by its number and the last four digits of the phone; five tries an hour.
#[utoipa::path(post, path = "/api/v1/reports/lookup", tag = "reports", request_body = LookUp, responses((status = 200, body = Track)),
    extensions(("x-public" = json!(true))))]
async fn look_up(State(app): State<Shared>, visitor: Visitor, command: Command<LookUp>) -> Answer<Json<Track>> {
    limits::take(&app, "lookup", &limits::network(visitor.address))?;
    let body = &command.body;
    // The number has tries of its own, so that many addresses do not guess together.
    limits::take(&app, "lookup_code", body.code.trim())?;
    let track = actions::look_up(&app, body.code.trim(), body.phone_last4.trim()).await?;
    Ok(Json(Track { track }))
}

/// The case as its reporter may see it.
#[utoipa::path(get, path = "/api/v1/reports/{track}", tag = "reports", responses((status = 200, body = view::TrackView)),
    extensions(("x-public" = json!(true))))]
async fn tracked(State(app): State<Shared>, visitor: Visitor, Path(secret): Path<String>) -> Answer<Json<view::TrackView>> {
    limits::take(&app, "public_reads", &limits::network(visitor.address))?;
    let mut conn = app.db.read().await?;
    let followed = store::merge::followed(&mut conn, &track::hash(&secret)).await?;
    Ok(Json(view::followed(&mut conn, &app, &Ground::of(&app), followed).await?))
}

/// Add to one's own report while it is open.
#[utoipa::path(post, path = "/api/v1/reports/{track}/remarks", tag = "reports", request_body = actions::Remark,
    responses((status = 200, body = view::TrackView)), extensions(("x-public" = json!(true))))]
async fn remark(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(secret): Path<String>,
    command: Command<actions::Remark>,
) -> Outcome {
    let (actor, ground) = (visitor.actor(), Ground::of(&app));
    let (mut work, followed) = follow(&app, &visitor, &actor, &secret, &command).await?;
    let change = Change::of(&mut work.tx, &app, &actor, followed.shown().clone(), None).await?;
    actions::merge::remark(&mut work.tx, &followed, change, &command.body).await?;
    answer_holder(work, &app, &ground, &secret).await
}

/// Rate how one's report was handled, once a round.
#[utoipa::path(post, path = "/api/v1/reports/{track}/rating", tag = "reports", request_body = actions::Rating,
    responses((status = 200, body = view::TrackView)), extensions(("x-public" = json!(true))))]
async fn rate(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(secret): Path<String>,
    command: Command<actions::Rating>,
) -> Outcome {
    let (actor, ground) = (visitor.actor(), Ground::of(&app));
    let (mut work, followed) = follow(&app, &visitor, &actor, &secret, &command).await?;
    let change = Change::of(&mut work.tx, &app, &actor, followed.case.clone(), None).await?;
    actions::merge::rate(&mut work.tx, &ground, &followed, change, &command.body).await?;
    answer_holder(work, &app, &ground, &secret).await
}

/// A photograph of one's own report.
#[utoipa::path(get, path = "/api/v1/reports/{track}/photos/{photo}", params(TrackPhoto), tag = "reports", responses((status = 200, content_type = "image/jpeg")),
    extensions(("x-public" = json!(true))))]
async fn tracked_photo(
    State(app): State<Shared>,
    Path(TrackPhoto { track: secret, photo: id }): Path<TrackPhoto>,
    look: Look,
) -> Answer<Response> {
    let mut conn = app.db.read().await?;
    let followed = store::merge::followed(&mut conn, &track::hash(&secret)).await?;
    let owner = view::photo_owner(&mut conn, &followed, id).await?;
    Ok(files::serve(&app, conn, id, "incident", owner, &look).await?)
}
