//! 回访: the queue of calls, its script, claiming and dialling.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use kernel::{Id, Page, Part};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{CallBack, Versioned, answer, open, reach};
use crate::{
    app::Shared,
    http::{Allow, Answer, Command, Outcome},
    modules::{
        access::private::Revealed,
        incidents::{
            actions::{self, Ground},
            model::Incident,
            rules::callback::{CALLBACK, Script},
            store::Attempt,
            view,
        },
    },
};

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(queue))
        .routes(routes!(script))
        .routes(routes!(claim))
        .routes(routes!(put_back))
        .routes(routes!(dial))
        .routes(routes!(callback))
}

/// A page of the queue.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// 1 to 200, 50 when absent.
    limit: Option<i64>,
    /// Where to read on.
    cursor: Option<String>,
}

/// Who is to be rung back, the oldest first.
#[utoipa::path(get, path = "/api/v1/callbacks", tag = "callbacks", params(Asked), responses((status = 200, body = Page<view::CallView>)),
    extensions(("x-permission" = json!("incident.callback"))))]
async fn queue(
    State(app): State<Shared>,
    who: Allow<CallBack>,
    Query(asked): Query<Asked>,
) -> Answer<Json<Page<view::CallView>>> {
    let ground = Ground::of(&app);
    let part = Part::of(asked.limit, asked.cursor.as_deref(), ground.now)?;
    let waiting = actions::queue(&mut *app.db.read().await?, &reach(&app, who.scope()), part.cursor, part.limit).await?;
    let page = part.cut(waiting, |(w, _)| (w.call_at.millis(), w.id.uuid()));
    let (practice, days) = (app.access.setting(&CALLBACK, ground.now), actions::today(&ground, app.zone));
    let from = |tried: &[Attempt]| practice.next_from(&days, &tried.iter().map(|a| a.at).collect::<Vec<_>>());
    // A year that the calendar does not know keeps nobody from seeing who waits; the call itself says so.
    Ok(Json(page.map(|(waiting, tried)| {
        let from = from(&tried).ok().flatten();
        view::call(&ground, &who, waiting, tried, from)
    })))
}

/// What is said on the phone: the three questions, asked apart.
#[utoipa::path(get, path = "/api/v1/callbacks/script", tag = "callbacks", responses((status = 200, body = Script)),
    extensions(("x-permission" = json!("incident.callback"))))]
async fn script(State(app): State<Shared>, _who: Allow<CallBack>) -> Answer<Json<Script>> {
    Ok(Json(app.access.setting(&CALLBACK, app.clock.now()).script))
}

/// Take a call for a quarter of an hour, so that nobody else rings the same person.
#[utoipa::path(post, path = "/api/v1/callbacks/{id}/claim", tag = "callbacks", request_body = Versioned,
    responses((status = 200, body = actions::Claimed)), extensions(("x-permission" = json!("incident.callback"))))]
async fn claim(
    State(app): State<Shared>,
    who: Allow<CallBack>,
    Path(id): Path<Id<Incident>>,
    command: Command<Versioned>,
) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    let claimed = actions::claim(&mut work.tx, &app, &who, &reach(&app, who.scope()), id).await?;
    work.finish(StatusCode::OK, &claimed).await
}

/// Put a claimed call back.
#[utoipa::path(post, path = "/api/v1/callbacks/{id}/release", tag = "callbacks", request_body = Versioned, responses((status = 200)),
    extensions(("x-permission" = json!("incident.callback"))))]
async fn put_back(
    State(app): State<Shared>,
    who: Allow<CallBack>,
    Path(id): Path<Id<Incident>>,
    command: Command<Versioned>,
) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    actions::put_back(&mut work.tx, &app, &who, &reach(&app, who.scope()), id).await?;
    work.finish(StatusCode::OK, &serde_json::json!({})).await
}

/// The number of a claimed call, with a purpose; audited, shown for a minute.
#[utoipa::path(post, path = "/api/v1/callbacks/{id}/dial", tag = "callbacks", request_body = actions::Dial,
    responses((status = 200, body = Revealed)), extensions(("x-permission" = json!("incident.callback"))))]
async fn dial(
    State(app): State<Shared>,
    who: Allow<CallBack>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Dial>,
) -> Outcome {
    let mut work = command.begin(&app, &who).await?;
    match actions::dial(&mut work.tx, &app, &who, &reach(&app, who.scope()), id, &command.body).await? {
        Ok(value) => work.finish(StatusCode::OK, &value).await,
        // A denied look leaves its audit row.
        Err(denied) => Err(work.refuse(denied).await),
    }
}

/// Enter a call-back attempt; an answer that asks for second handling opens the case again.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/callback", tag = "incidents", request_body = actions::Callback,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("incident.callback"))))]
async fn callback(
    State(app): State<Shared>,
    who: Allow<CallBack>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Callback>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, None).await?;
    let case = actions::callback(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}
