//! Hand-overs of leaves: offered by who goes, confirmed by who stands in.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use db::Conn;
use kernel::{Id, Page, Result, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{Handle, begin};
use crate::{
    app::Shared,
    http::{Allow, Answer, Command, Outcome},
    modules::{
        incidents::{
            actions::{Ground, away},
            store::{self, away::Handover},
        },
        org::Leave,
    },
};

/// The most hand-overs that a list shows.
const MOST: i64 = 50;

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(mine, offer)).routes(routes!(confirm))
}

/// An offer to hand the open tasks of a leave over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Offer {
    /// The confirmed leave.
    #[schema(value_type = uuid::Uuid)]
    leave: Id<Leave>,
}

/// Nothing is asked beyond the path.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = HandoverConfirmation)]
struct Nothing {}

/// A task that goes over.
#[derive(Debug, Serialize, ToSchema)]
struct HandedTask {
    task: Uuid,
    incident: Uuid,
    /// The number of its case.
    code: String,
}

/// The hand-over of a leave.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = incidents::away::HandoverView)]
struct HandoverView {
    id: Uuid,
    leave: Uuid,
    /// Who goes.
    person: String,
    /// Who stands in.
    deputy: Option<String>,
    from: Time,
    to: Time,
    /// When who goes offered the tasks.
    offered_at: Option<Time>,
    /// When who stands in confirmed.
    confirmed_at: Option<Time>,
    /// When the tasks went over.
    moved_at: Option<Time>,
    /// When what was still open came back.
    ended_at: Option<Time>,
    /// Whether the caller can confirm it now.
    may_confirm: bool,
    /// What goes over, or went over.
    tasks: Vec<HandedTask>,
}

async fn seen(conn: &mut Conn, ground: &Ground, caller: Option<Uuid>, rows: Vec<Handover>) -> Result<Vec<HandoverView>> {
    let moved: Vec<Uuid> = rows.iter().filter(|r| r.moved_at.is_some()).map(|r| r.id).collect();
    let waiting: Vec<Uuid> = rows.iter().filter(|r| r.moved_at.is_none()).map(|r| r.person_id).collect();
    let named = store::away::named(conn, &moved, &waiting).await?;
    let name = |person: Uuid| ground.org.value.name_of(Id::from_uuid(person)).to_owned();
    let view = |row: Handover| {
        let owner = if row.moved_at.is_some() { row.id } else { row.person_id };
        let tasks = named.iter().filter(|n| n.owner == owner);
        HandoverView {
            id: row.id,
            leave: row.leave_id,
            person: name(row.person_id),
            deputy: row.deputy_id.map(name),
            from: row.from_at,
            to: row.to_at,
            offered_at: row.offered_at,
            confirmed_at: row.confirmed_at,
            moved_at: row.moved_at,
            ended_at: row.ended_at,
            may_confirm: row.deputy_id.is_some()
                && row.deputy_id == caller
                && row.offered_at.is_some()
                && row.confirmed_at.is_none()
                && row.ended_at.is_none(),
            tasks: tasks
                .map(|n| HandedTask { task: n.task_id.uuid(), incident: n.incident_id.uuid(), code: n.code.clone() })
                .collect(),
        }
    };
    Ok(rows.into_iter().map(view).collect())
}

/// The hand-overs that the caller gives or takes.
#[utoipa::path(get, path = "/api/v1/handovers", tag = "tasks", responses((status = 200, body = Page<HandoverView>)),
    extensions(("x-permission" = json!("task.handle"))))]
async fn mine(State(app): State<Shared>, who: Allow<Handle>) -> Answer<Json<Page<HandoverView>>> {
    let mut conn = app.db.read().await?;
    let rows = match who.person {
        Some(person) => store::away::of_person(&mut conn, person, MOST).await?,
        None => vec![],
    };
    let items = seen(&mut conn, &Ground::of(&app), who.person, rows).await?;
    Ok(Json(Page { items, next: None }))
}

/// Offer the open tasks of a confirmed leave to whoever stands in; they go over when that person confirms, from the beginning of the leave.
#[utoipa::path(post, path = "/api/v1/handovers", tag = "tasks", request_body = Offer, responses((status = 201, body = HandoverView)),
    extensions(("x-permission" = json!("task.handle"))))]
async fn offer(State(app): State<Shared>, who: Allow<Handle>, command: Command<Offer>) -> Outcome {
    let (ground, mut work) = begin(&app, &who, &command).await?;
    let row = away::offer(&mut work.tx, &ground, &who, command.body.leave).await?;
    let view = seen(&mut work.tx, &ground, who.person, vec![row]).await?.pop();
    work.finish(StatusCode::CREATED, &view).await
}

/// Confirm that one takes the tasks of a leave over.
#[utoipa::path(post, path = "/api/v1/handovers/{id}/confirm", tag = "tasks", request_body = Nothing,
    responses((status = 200, body = HandoverView)), extensions(("x-permission" = json!("task.handle"))))]
async fn confirm(State(app): State<Shared>, who: Allow<Handle>, Path(id): Path<Uuid>, command: Command<Nothing>) -> Outcome {
    let (ground, mut work) = begin(&app, &who, &command).await?;
    let row = away::confirm(&mut work.tx, &ground, &who, id).await?;
    let view = seen(&mut work.tx, &ground, who.person, vec![row]).await?.pop();
    work.finish(StatusCode::OK, &view).await
}
