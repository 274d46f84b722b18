//! The routes.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use kernel::{Cursor, Id};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{
    actions::{self, Added, DayLog, Have, NewEntry, Pack, Tell},
    meter::{self, Behind, Meter, MeterSteps},
};
use crate::{
    app::Shared,
    http::{Allow, Answer, Command, Outcome},
    modules::incidents::{actions::Ground, model::Incident},
    permit,
};

permit! {
    /// Carry what belongs to one's grids along.
    ReadPack = "pack.read";
    /// Keep the log of one's own days, and see what one's own month took.
    OwnDay = "day.own";
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// The cursor of the last pack.
    since: Option<String>,
    /// `next` of the page before.
    #[param(value_type = Option<uuid::Uuid>)]
    after: Option<Id<Incident>>,
    /// `org` of the last pack.
    org: Option<i64>,
}

/// What a device keeps for work without network: the cases of the caller's grids whole, borders, units, reasons, must-reports.
#[utoipa::path(get, path = "/api/v1/pack", tag = "inbox", params(Asked), responses((status = 200, body = Pack)),
    extensions(("x-permission" = json!("pack.read"))))]
pub async fn pack(State(app): State<Shared>, who: Allow<ReadPack>, Query(asked): Query<Asked>) -> Answer<Json<Pack>> {
    let since = asked.since.as_deref().map(Cursor::decode).transpose()?.map(|c| c.as_of);
    let have = Have { since, after: asked.after, org: asked.org };
    let ground = Ground::of(&app);
    Ok(Json(actions::pack(&mut *app.db.read().await?, &app, &ground, &who, &have).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AskedDay {
    /// `YYYY-MM-DD`; today without it.
    day: Option<String>,
}

/// The log of one of the caller's days: what was done, and what he added.
#[utoipa::path(get, path = "/api/v1/day", tag = "inbox", params(AskedDay), responses((status = 200, body = DayLog)),
    extensions(("x-permission" = json!("day.own"))))]
pub async fn day(State(app): State<Shared>, who: Allow<OwnDay>, Query(asked): Query<AskedDay>) -> Answer<Json<DayLog>> {
    let ground = Ground::of(&app);
    Ok(Json(actions::day(&mut *app.db.read().await?, &app, &ground, &who, asked.day.as_deref()).await?))
}

/// Add something to a day.
#[utoipa::path(post, path = "/api/v1/day/entries", tag = "inbox", request_body = NewEntry, responses((status = 201, body = Added)),
    extensions(("x-permission" = json!("day.own"))))]
pub async fn add_entry(State(app): State<Shared>, who: Allow<OwnDay>, command: Command<NewEntry>) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    let now = work.now;
    let added = actions::add_entry(&mut work.tx, &app, now, &who, &command.body).await?;
    work.finish(StatusCode::CREATED, &added).await
}

/// Take an own entry back.
#[utoipa::path(delete, path = "/api/v1/day/entries/{id}", tag = "inbox", params(("id" = String, Path, format = "uuid")),
    responses((status = 200, body = crate::modules::access::Done)), extensions(("x-permission" = json!("day.own"))))]
pub async fn take_back(
    State(app): State<Shared>,
    who: Allow<OwnDay>,
    Path(id): Path<Uuid>,
    command: Command<crate::modules::access::Nothing>,
) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    let now = work.now;
    actions::take_back(&mut work.tx, now, &who, id).await?;
    work.finish(StatusCode::OK, &crate::modules::access::DONE).await
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AskedMonth {
    /// `YYYY-MM`; the present month without it.
    month: Option<String>,
}

/// What a month took of the caller: what was asked for, by whom, and what came by itself.
#[utoipa::path(get, path = "/api/v1/burden-meter", tag = "inbox", params(AskedMonth), responses((status = 200, body = Meter)),
    extensions(("x-permission" = json!("day.own"))))]
pub async fn meter(State(app): State<Shared>, who: Allow<OwnDay>, Query(asked): Query<AskedMonth>) -> Answer<Json<Meter>> {
    let ground = Ground::of(&app);
    Ok(Json(meter::meter(&mut *app.db.read().await?, &app, &ground, &who, asked.month.as_deref()).await?))
}

/// The steps behind a number of the caller's meter, a hundred a page.
#[utoipa::path(get, path = "/api/v1/burden-meter/steps", tag = "inbox", params(Behind), responses((status = 200, body = MeterSteps)),
    extensions(("x-permission" = json!("day.own"))))]
pub async fn meter_steps(
    State(app): State<Shared>,
    who: Allow<OwnDay>,
    Query(behind): Query<Behind>,
) -> Answer<Json<MeterSteps>> {
    let ground = Ground::of(&app);
    Ok(Json(meter::steps(&mut *app.db.read().await?, &app, &ground, &who, &behind).await?))
}

/// Say that a service was told of something that has to be reported; nothing else is kept.
#[utoipa::path(post, path = "/api/v1/must-reports/told", tag = "inbox", request_body = Tell, responses((status = 201, body = Added)),
    extensions(("x-permission" = json!("day.own"))))]
pub async fn told(State(app): State<Shared>, who: Allow<OwnDay>, command: Command<Tell>) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    let now = work.now;
    let added = actions::tell(&mut work.tx, &app, now, &who, &command.body).await?;
    work.finish(StatusCode::CREATED, &added).await
}
