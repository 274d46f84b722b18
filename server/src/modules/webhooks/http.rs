//! The routes, for administrators.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use kernel::{Id, Page, Part};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    actions::{self, DeliveryView, EndpointChange, NewEndpoint, Shown},
    model::{Delivery, DeliveryState, Endpoint, EndpointView},
    store,
};
use crate::{
    app::Shared,
    http::{Allow, Answer, Command, Outcome},
    permit,
};

permit! {
    /// See receivers and what they were sent.
    SeeReceivers = "webhook.read";
    /// Enter and change receivers.
    ManageReceivers = "webhook.manage";
}

/// A delivery of a receiver.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OneDelivery {
    #[param(value_type = uuid::Uuid)]
    id: Id<Endpoint>,
    #[param(value_type = uuid::Uuid)]
    delivery: Id<Delivery>,
}

/// What a list of deliveries is filtered by.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// `waiting`, `sent` or `dead`.
    #[param(inline)]
    state: Option<DeliveryState>,
    /// 1 to 200, 50 when absent.
    limit: Option<i64>,
    /// Where to read on.
    cursor: Option<String>,
}

/// The receivers of events.
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "webhooks", responses((status = 200, body = Page<EndpointView>)),
    extensions(("x-permission" = json!("webhook.read"))))]
pub async fn list(State(app): State<Shared>, _who: Allow<SeeReceivers>) -> Answer<Json<Page<EndpointView>>> {
    let all = store::all(&mut *app.db.read().await?).await?;
    Ok(Json(Page { items: all.into_iter().map(actions::counted).collect(), next: None }))
}

/// Enter a receiver; its secret is shown this once.
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "webhooks", request_body = NewEndpoint, responses((status = 201, body = Shown)),
    extensions(("x-permission" = json!("webhook.manage"))))]
pub async fn create(State(app): State<Shared>, who: Allow<ManageReceivers>, command: Command<NewEndpoint>) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    let shown = actions::create(&mut work.tx, &app, &who, &command.body).await?;
    work.finish(StatusCode::CREATED, &shown).await
}

/// Change a receiver, or switch it on or off.
#[utoipa::path(put, path = "/api/v1/webhooks/{id}", tag = "webhooks", request_body = EndpointChange, responses((status = 200)),
    extensions(("x-permission" = json!("webhook.manage"))))]
pub async fn change(
    State(app): State<Shared>,
    who: Allow<ManageReceivers>,
    Path(id): Path<Id<Endpoint>>,
    command: Command<EndpointChange>,
) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    actions::change(&mut work.tx, &app, &who, id, &command.body).await?;
    work.finish(StatusCode::OK, &serde_json::json!({})).await
}

/// Take a receiver out; what waits for it is given up.
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", tag = "webhooks", responses((status = 200)),
    extensions(("x-permission" = json!("webhook.manage"))))]
pub async fn end(
    State(app): State<Shared>,
    who: Allow<ManageReceivers>,
    Path(id): Path<Id<Endpoint>>,
    command: Command<serde_json::Value>,
) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    actions::end(&mut work.tx, &app, &who, id).await?;
    work.finish(StatusCode::OK, &serde_json::json!({})).await
}

/// Give a receiver a new secret, shown this once; the one before it signs too for a day.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/rotate", tag = "webhooks", responses((status = 200, body = Shown)),
    extensions(("x-permission" = json!("webhook.manage"))))]
pub async fn rotate(
    State(app): State<Shared>,
    who: Allow<ManageReceivers>,
    Path(id): Path<Id<Endpoint>>,
    command: Command<serde_json::Value>,
) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    let shown = actions::rotate(&mut work.tx, &app, &who, id).await?;
    work.finish(StatusCode::OK, &shown).await
}

/// Try a receiver with an event that says nothing.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/ping", tag = "webhooks", responses((status = 202, body = DeliveryView)),
    extensions(("x-permission" = json!("webhook.manage"))))]
pub async fn ping(
    State(app): State<Shared>,
    who: Allow<ManageReceivers>,
    Path(id): Path<Id<Endpoint>>,
    command: Command<serde_json::Value>,
) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    let delivery = actions::ping(&mut work.tx, &app, &who, id).await?;
    work.finish(StatusCode::ACCEPTED, &delivery).await
}

/// What a receiver was sent, the newest first; dead letters by `state=dead`.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}/deliveries", tag = "webhooks", params(Asked),
    responses((status = 200, body = Page<DeliveryView>)), extensions(("x-permission" = json!("webhook.read"))))]
pub async fn deliveries(
    State(app): State<Shared>,
    _who: Allow<SeeReceivers>,
    Path(id): Path<Id<Endpoint>>,
    Query(asked): Query<Asked>,
) -> Answer<Json<Page<DeliveryView>>> {
    let part = Part::of(asked.limit, asked.cursor.as_deref(), app.clock.now())?;
    let rows = store::deliveries(&mut *app.db.read().await?, id, asked.state, part.cursor, part.limit).await?;
    Ok(Json(part.cut(rows, |d| (d.made_at.millis(), d.id.uuid())).map(actions::seen)))
}

/// Send a dead letter again, under its old id.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/deliveries/{delivery}/resend", params(OneDelivery), tag = "webhooks",
    responses((status = 200, body = DeliveryView)), extensions(("x-permission" = json!("webhook.manage"))))]
pub async fn resend(
    State(app): State<Shared>,
    who: Allow<ManageReceivers>,
    Path(OneDelivery { id, delivery }): Path<OneDelivery>,
    command: Command<serde_json::Value>,
) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    let seen = actions::resend(&mut work.tx, &app, &who, id, delivery).await?;
    work.finish(StatusCode::OK, &seen).await
}
