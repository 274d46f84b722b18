//! Escalation, and supervision orders.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use kernel::{Error, Id, Page, Part};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Export, answer, open, reach, tasks::CaseTask};
use crate::{
    app::Shared,
    http::{Allow, Along, Answer, Command, MOST, Outcome, Taker, Written},
    modules::incidents::{
        actions::{self, Ground},
        model::Incident,
        orders::{self, OrderView},
        rules::{
            ladder::Card,
            supervision::{OrderState, Supervision},
        },
        store::{self, supervision::Orders},
    },
    permit,
};

permit! {
    /// Hand a case up to the desk above.
    HandUp = "incident.escalate";
    /// Hand the case of an own task up.
    HandTaskUp = "task.escalate";
    /// Issue supervision orders.
    Issue = "incident.supervise";
    /// See supervision orders.
    ReadOrders = "supervision.read";
    /// Answer supervision orders.
    AnswerOrders = "supervision.reply";
    /// Lift and close supervision orders.
    EndOrders = "supervision.end";
}

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(escalate))
        .routes(routes!(escalate_task))
        .routes(routes!(supervise))
        .routes(routes!(list))
        .routes(routes!(counts))
        .routes(routes!(export_file))
        .routes(routes!(one))
        .routes(routes!(reply))
        .routes(routes!(end))
}

/// Hand a case up to the next desk, or to a tier; the first receiver keeps the task until the desk above dispatches it.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/escalate", tag = "incidents", request_body = actions::Escalate,
    responses((status = 200, body = crate::modules::incidents::view::CaseView)), extensions(("x-permission" = json!("incident.escalate"))))]
async fn escalate(
    State(app): State<Shared>,
    who: Allow<HandUp>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Escalate>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::escalate(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Hand the case of an own task up.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/tasks/{task}/escalate", params(CaseTask), tag = "tasks",
    request_body = actions::Escalate, responses((status = 200, body = crate::modules::incidents::view::CaseView)),
    extensions(("x-permission" = json!("task.escalate"))))]
async fn escalate_task(
    State(app): State<Shared>,
    who: Allow<HandTaskUp>,
    Path(CaseTask { id, task }): Path<CaseTask>,
    command: Command<actions::Escalate>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::escalate_task(&mut work.tx, &ground, change, task, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// Issue a supervision order to a case and the unit that has to solve it.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/supervise", tag = "supervisions", request_body = actions::Supervise,
    responses((status = 200, body = crate::modules::incidents::view::CaseView)), extensions(("x-permission" = json!("incident.supervise"))))]
async fn supervise(
    State(app): State<Shared>,
    who: Allow<Issue>,
    Path(id): Path<Id<Incident>>,
    command: Command<actions::Supervise>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    let case = actions::supervise(&mut work.tx, &ground, change, &command.body).await?;
    answer(work, &app, &ground, &who, case).await
}

/// What a list of orders is filtered by.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// `open`, `replied`, `lifted`, `closed`, or `overdue`: open with the reply overdue.
    state: Option<String>,
    /// The code of the unit that they went to.
    unit: Option<String>,
    /// `urge`, `yellow` or `red`.
    kind: Option<String>,
    /// 1 to 200, 50 when absent.
    limit: Option<i64>,
    /// Where to read on.
    cursor: Option<String>,
}

impl Asked {
    fn orders(&self, ground: &Ground) -> kernel::Result<Orders> {
        let given = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
        let state = given(&self.state);
        let overdue = state.as_deref() == Some("overdue");
        let state = match state.filter(|_| !overdue) {
            None => None,
            Some(word) => Some(OrderState::of(&word).ok_or_else(|| Error::invalid("state", "unknown-word"))?),
        };
        let card = match given(&self.kind) {
            None => None,
            Some(word) => Some(Card::of(&word).ok_or_else(|| Error::invalid("kind", "unknown-word"))?),
        };
        let unit = match given(&self.unit) {
            None => None,
            Some(code) => {
                let unit = ground.org.value.unit_by_code(&code);
                Some(unit.ok_or_else(|| Error::invalid("unit", "unknown-unit"))?.id)
            }
        };
        Ok(Orders { state, overdue, unit, card })
    }
}

/// Supervision orders, the newest first.
#[utoipa::path(get, path = "/api/v1/supervisions", tag = "supervisions", params(Asked),
    responses((status = 200, body = Page<OrderView>)), extensions(("x-permission" = json!("supervision.read"))))]
async fn list(State(app): State<Shared>, who: Allow<ReadOrders>, Query(asked): Query<Asked>) -> Answer<Json<Page<OrderView>>> {
    let ground = Ground::of(&app);
    let orders = asked.orders(&ground)?;
    let part = Part::of(asked.limit, asked.cursor.as_deref(), ground.now)?;
    let scope = reach(&app, who.scope());
    let mut conn = app.db.read().await?;
    let found = store::supervision::list(&mut conn, &scope, &orders, part.cursor, part.as_of, part.limit).await?;
    let page = part.cut(found, |s| (s.issued_at.millis(), s.id.uuid()));
    Ok(Json(orders::page(&mut conn, &ground, page).await?))
}

/// Export the orders of a list, filtered as the list, as CSV or XLSX; audited. `limit` and `cursor` are passed over.
#[utoipa::path(get, path = "/api/v1/supervisions/export", tag = "supervisions", params(Asked, Written), responses((status = 200)),
    extensions(("x-permission" = json!("export.run"))))]
async fn export_file(State(app): State<Shared>, taker: Taker<Export>, Query(asked): Query<Asked>) -> Answer<Response> {
    let ground = Ground::of(&app);
    let orders = asked.orders(&ground)?;
    let mut conn = app.db.read().await?;
    let found = store::supervision::list(&mut conn, &reach(&app, taker.scope()), &orders, None, ground.now, MOST as i64).await?;
    let page = orders::page(&mut conn, &ground, Page { items: found, next: None }).await?;
    drop(conn);
    let lines = page.items.iter().map(orders::cells).collect();
    let along =
        Along { action: "supervision.export", name: "supervisions", asked: vec![], columns: orders::COLUMNS.to_vec(), lines };
    Ok(along.file(&app, &taker, ground.now).await?)
}

/// How many orders stand where.
#[derive(Debug, Serialize, ToSchema)]
struct OrderCounts {
    /// By state.
    states: BTreeMap<String, i64>,
    /// By card.
    cards: BTreeMap<String, i64>,
}

/// Count the supervision orders of a list by state and by card.
#[utoipa::path(get, path = "/api/v1/supervisions/counts", tag = "supervisions", params(Asked),
    responses((status = 200, body = OrderCounts)), extensions(("x-permission" = json!("supervision.read"))))]
async fn counts(State(app): State<Shared>, who: Allow<ReadOrders>, Query(asked): Query<Asked>) -> Answer<Json<OrderCounts>> {
    let ground = Ground::of(&app);
    let orders = asked.orders(&ground)?;
    let scope = reach(&app, who.scope());
    let found = store::supervision::counts(&mut *app.db.read().await?, &scope, &orders, ground.now).await?;
    let [states, cards] = found.map(|tallies| tallies.into_iter().map(|t| (t.word, t.n)).collect());
    Ok(Json(OrderCounts { states, cards }))
}

/// One order with all that its page shows in print.
#[utoipa::path(get, path = "/api/v1/supervisions/{id}", tag = "supervisions", responses((status = 200, body = OrderView)),
    extensions(("x-permission" = json!("supervision.read"))))]
async fn one(State(app): State<Shared>, who: Allow<ReadOrders>, Path(id): Path<Id<Supervision>>) -> Answer<Json<OrderView>> {
    let ground = Ground::of(&app);
    let mut conn = app.db.read().await?;
    let found = store::supervision::find(&mut conn, &reach(&app, who.scope()), id).await?;
    Ok(Json(orders::whole(&mut conn, &ground, found).await?))
}

/// Answer an order, for the unit that it went to.
#[utoipa::path(post, path = "/api/v1/supervisions/{id}/reply", tag = "supervisions", request_body = actions::OrderReply,
    responses((status = 200, body = OrderView)), extensions(("x-permission" = json!("supervision.reply"))))]
async fn reply(
    State(app): State<Shared>,
    who: Allow<AnswerOrders>,
    Path(id): Path<Id<Supervision>>,
    command: Command<actions::OrderReply>,
) -> Outcome {
    let ground = Ground::of(&app);
    let mut work = command.begin(&app, &who).await?;
    let found = actions::reply_order(&mut work.tx, &app, &ground, &who, id, &command.body).await?;
    let seen = orders::whole(&mut work.tx, &ground, found).await?;
    work.finish(StatusCode::OK, &seen).await
}

/// Lift an order, or close it as carried out.
#[utoipa::path(post, path = "/api/v1/supervisions/{id}/end", tag = "supervisions", request_body = actions::OrderEnd,
    responses((status = 200, body = OrderView)), extensions(("x-permission" = json!("supervision.end"))))]
async fn end(
    State(app): State<Shared>,
    who: Allow<EndOrders>,
    Path(id): Path<Id<Supervision>>,
    command: Command<actions::OrderEnd>,
) -> Outcome {
    let ground = Ground::of(&app);
    let mut work = command.begin(&app, &who).await?;
    let found = actions::end_order(&mut work.tx, &app, &ground, &who, id, &command.body).await?;
    let seen = orders::whole(&mut work.tx, &ground, found).await?;
    work.finish(StatusCode::OK, &seen).await
}
