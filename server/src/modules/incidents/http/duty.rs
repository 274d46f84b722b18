//! 交接班: hand-overs between shifts.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use kernel::{Error, Id, Page, Part, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::reach;
use crate::{
    app::Shared,
    http::{Allow, Answer, Command, Outcome},
    modules::incidents::{
        actions::{Ground, handover as actions},
        store::handover::{self as rows, Handover, HandoverRow, Item},
        view::Named,
    },
    permit,
};

permit! {
    /// Hand shifts over and take them over.
    HandShiftOver = "duty.hand_over";
    /// See who is on duty and what was handed over.
    ReadDuty = "duty.read";
}

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, hand_over)).routes(routes!(take_over))
}

/// A hand-over.
#[derive(Debug, Serialize, ToSchema)]
struct HandoverView {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Handover>,
    unit: Named,
    shift: String,
    from: String,
    to: String,
    /// When it was handed over: the first confirmation.
    at: Time,
    words: String,
    /// The cases that were open, emergencies first, at most 100.
    items: Vec<Item>,
    /// How many were open in all.
    open_cases: i64,
    /// How many of them were emergencies.
    emergencies: i64,
    /// When it was taken over: the second confirmation.
    confirmed_at: Option<Time>,
    answer: Option<String>,
    /// Whether the caller is to take it over.
    mine: bool,
}

fn view(ground: &Ground, who: &kernel::Actor, row: HandoverRow) -> HandoverView {
    let name = ground.org.value.unit(row.unit_id).map(|u| u.name.clone()).unwrap_or_default();
    HandoverView {
        id: row.id,
        unit: Named { id: row.unit_id.uuid(), name, name_en: None },
        shift: row.shift,
        from: row.from_name,
        to: row.to_name,
        at: row.at,
        words: row.words,
        items: row.items.0,
        open_cases: row.open_cases,
        emergencies: row.emergencies,
        mine: row.confirmed_at.is_none() && row.to_by == who.id,
        confirmed_at: row.confirmed_at,
        answer: row.answer,
    }
}

/// Hand a shift over; open emergencies and open cases are listed by the system.
#[utoipa::path(post, path = "/api/v1/duty/handovers", tag = "duty", request_body = actions::HandOver,
    responses((status = 201, body = HandoverView)), extensions(("x-permission" = json!("duty.hand_over"))))]
async fn hand_over(State(app): State<Shared>, who: Allow<HandShiftOver>, command: Command<actions::HandOver>) -> Outcome {
    let ground = Ground::of(&app);
    let mut work = command.begin(&app, &who).await?;
    let row = actions::hand_over(&mut work.tx, &app, ground.now, &who, &reach(&app, who.scope()), &command.body).await?;
    work.finish(StatusCode::CREATED, &view(&ground, &who, row)).await
}

/// Take a shift over: the second confirmation.
#[utoipa::path(post, path = "/api/v1/duty/handovers/{id}/confirm", tag = "duty", request_body = actions::TakeOver,
    responses((status = 200, body = HandoverView)), extensions(("x-permission" = json!("duty.hand_over"))))]
async fn take_over(
    State(app): State<Shared>,
    who: Allow<HandShiftOver>,
    Path(id): Path<Id<Handover>>,
    command: Command<actions::TakeOver>,
) -> Outcome {
    let ground = Ground::of(&app);
    let mut work = command.begin(&app, &who).await?;
    let row = actions::take_over(&mut work.tx, ground.now, &who, &reach(&app, who.scope()), id, &command.body).await?;
    work.finish(StatusCode::OK, &view(&ground, &who, row)).await
}

/// What hand-overs are filtered by.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// A unit's code.
    unit: Option<String>,
    /// Handed over at or after.
    from: Option<Time>,
    /// 1 to 200, 50 when absent.
    limit: Option<i64>,
    /// Where to read on.
    cursor: Option<String>,
}

/// Hand-overs, newest first.
#[utoipa::path(get, path = "/api/v1/duty/handovers", tag = "duty", params(Asked), responses((status = 200, body = Page<HandoverView>)),
    extensions(("x-permission" = json!("duty.read"))))]
async fn list(State(app): State<Shared>, who: Allow<ReadDuty>, Query(asked): Query<Asked>) -> Answer<Json<Page<HandoverView>>> {
    let ground = Ground::of(&app);
    let unit = match asked.unit.as_deref().filter(|c| !c.is_empty()) {
        None => None,
        Some(code) => Some(ground.org.value.unit_by_code(code).ok_or_else(|| Error::invalid("unit", "unknown-unit"))?.id),
    };
    let part = Part::of(asked.limit, asked.cursor.as_deref(), ground.now)?;
    let scope = reach(&app, who.scope());
    let found = rows::list(&mut *app.db.read().await?, &scope, unit, asked.from, part).await?;
    Ok(Json(part.cut(found, |h| (h.at.millis(), h.id.uuid())).map(|row| view(&ground, &who, row))))
}
