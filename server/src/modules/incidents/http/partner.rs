//! Tasks by link: a desk makes and revokes links; the partner unit takes its task on, notes and finishes it without a log-in.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use kernel::{Actor, Error, Id, Page, Scope};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{LinkTask, Versioned, open, tasks::CaseTask};
use crate::{
    app::{App, Shared},
    http::{Allow, Answer, Command, Halt, Outcome, Visitor, Work},
    modules::{
        access::limits,
        files::{self, File, Look},
        incidents::{
            actions::{self, Change, Ground},
            partner,
            store::links::LinkRow,
            view,
        },
    },
};

/// Routes without a log-in.
pub fn open_to_all() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(task))
        .routes(routes!(accept))
        .routes(routes!(done))
        .routes(routes!(note))
        .routes(routes!(report_photo))
}

/// Routes for desks.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(make_link)).routes(routes!(links)).routes(routes!(revoke_link))
}

/// A photograph of the report that the task belongs to.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct PartnerPhoto {
    secret: String,
    #[param(value_type = uuid::Uuid)]
    photo: Id<File>,
}

/// Make a link with which a unit without accounts does its task; an older one stops working.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/tasks/{task}/link", params(CaseTask), tag = "tasks", request_body = actions::MakeLink,
    responses((status = 201, body = actions::LinkMade)), extensions(("x-permission" = json!("task.link"))))]
async fn make_link(
    State(app): State<Shared>,
    who: Allow<LinkTask>,
    Path(CaseTask { id, task }): Path<CaseTask>,
    command: Command<actions::MakeLink>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, None).await?;
    let made = actions::make_link(&mut work.tx, &ground, change, task, &command.body).await?;
    work.finish(StatusCode::CREATED, &made).await
}

/// The links that were made for a task, the newest first: whether each works, and when it was last opened.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/tasks/{task}/links", params(CaseTask), tag = "tasks",
    responses((status = 200, body = Page<actions::LinkView>)), extensions(("x-permission" = json!("task.link"))))]
async fn links(
    State(app): State<Shared>,
    who: Allow<LinkTask>,
    Path(CaseTask { id, task }): Path<CaseTask>,
) -> Answer<Json<Page<actions::LinkView>>> {
    let (ground, scope) = (Ground::of(&app), super::reach(&app, who.scope()));
    let items = actions::links_of(&mut *app.db.read().await?, &ground, &who, &scope, id, task).await?;
    Ok(Json(Page { items, next: None }))
}

/// Revoke the link of a task.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/tasks/{task}/link/revoke", params(CaseTask), tag = "tasks", request_body = Versioned,
    responses((status = 200, body = view::CaseView)), extensions(("x-permission" = json!("task.link"))))]
async fn revoke_link(
    State(app): State<Shared>,
    who: Allow<LinkTask>,
    Path(CaseTask { id, task }): Path<CaseTask>,
    command: Command<Versioned>,
) -> Outcome {
    let (ground, mut work, change) = open(&app, &who, who.scope(), id, &command, command.body.version).await?;
    actions::revoke_link(&mut work.tx, &ground, &change, task).await?;
    super::answer(work, &app, &ground, &who, change.case).await
}

/// The task that the link belongs to.
#[utoipa::path(get, path = "/api/v1/partner/{secret}", tag = "partner", params(("secret" = String, Path)),
    responses((status = 200, body = partner::PartnerView)), extensions(("x-public" = json!(true))))]
async fn task(State(app): State<Shared>, visitor: Visitor, Path(secret): Path<String>) -> Answer<Json<partner::PartnerView>> {
    limits::take(&app, "track", &limits::network(visitor.address))?;
    let ground = Ground::of(&app);
    let mut conn = app.db.read().await?;
    let (link, actor) = actions::by_link(&mut conn, &ground, &secret).await?;
    actions::still_works(&mut conn, &ground, &link).await?;
    let seen = partner::seen(&mut conn, &app, &ground, &link).await?;
    drop(conn);
    if let Err(error) = actions::looked(&app, &ground, &link, &actor).await {
        tracing::warn!(%error, "that a link was opened was not kept");
    }
    Ok(Json(seen))
}

/// Take the task on.
#[utoipa::path(post, path = "/api/v1/partner/{secret}/accept", tag = "partner", params(("secret" = String, Path)), request_body = Versioned,
    responses((status = 200, body = partner::PartnerView)), extensions(("x-public" = json!(true))))]
async fn accept(State(app): State<Shared>, visitor: Visitor, Path(secret): Path<String>, command: Command<Versioned>) -> Outcome {
    let (link, actor) = holder(&app, &visitor, &secret).await?;
    let (ground, mut work, change) = begin(&app, &link, &actor, &command).await?;
    actions::take_on(&mut work.tx, &ground, change, link.task_id).await?;
    finish(work, &app, &ground, &link).await
}

/// Finish the task; the link works no longer then.
#[utoipa::path(post, path = "/api/v1/partner/{secret}/done", tag = "partner", params(("secret" = String, Path)), request_body = actions::Done,
    responses((status = 200, body = partner::PartnerView)), extensions(("x-public" = json!(true))))]
async fn done(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(secret): Path<String>,
    command: Command<actions::Done>,
) -> Outcome {
    let (link, actor) = holder(&app, &visitor, &secret).await?;
    let (ground, mut work, change) = begin(&app, &link, &actor, &command).await?;
    actions::done(&mut work.tx, &ground, change, link.task_id, &command.body).await?;
    finish(work, &app, &ground, &link).await
}

/// Note how it goes, for the desk.
#[utoipa::path(post, path = "/api/v1/partner/{secret}/note", tag = "partner", params(("secret" = String, Path)), request_body = actions::Note,
    responses((status = 200, body = partner::PartnerView)), extensions(("x-public" = json!(true))))]
async fn note(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(secret): Path<String>,
    mut command: Command<actions::Note>,
) -> Outcome {
    // What the reporter reads is the desk's to say.
    command.body.public = false;
    let (link, actor) = holder(&app, &visitor, &secret).await?;
    let (ground, mut work, change) = begin(&app, &link, &actor, &command).await?;
    actions::note(&mut work.tx, change, &command.body).await?;
    finish(work, &app, &ground, &link).await
}

/// A photograph of the report.
#[utoipa::path(get, path = "/api/v1/partner/{secret}/photos/{photo}", params(PartnerPhoto), tag = "partner",
    responses((status = 200, content_type = "image/jpeg")), extensions(("x-public" = json!(true))))]
async fn report_photo(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(PartnerPhoto { secret, photo }): Path<PartnerPhoto>,
    look: Look,
) -> Answer<Response> {
    limits::take(&app, "track", &limits::network(visitor.address))?;
    let ground = Ground::of(&app);
    let mut conn = app.db.read().await?;
    let (link, _) = actions::by_link(&mut conn, &ground, &secret).await?;
    actions::still_works(&mut conn, &ground, &link).await?;
    if !partner::shows(&mut conn, &link, photo).await? {
        return Err(Error::NotFound.into());
    }
    Ok(files::serve(&app, conn, photo, "incident", link.incident_id.uuid(), &look).await?)
}

/// Who acts by the link, before the transaction.
async fn holder(app: &App, visitor: &Visitor, secret: &str) -> Result<(LinkRow, Actor), Halt> {
    limits::take(app, "remarks", &limits::network(visitor.address))?;
    let ground = Ground::of(app);
    let (link, actor) = actions::by_link(&mut *app.db.read().await?, &ground, secret).await?;
    let uploads = visitor.actor().uploads;
    Ok((link, actor.with_uploads(uploads)))
}

/// Opens a command by link. An answer that was given before is given again, although its command ended the task and the link with it.
async fn begin<'a, T>(
    app: &'a App,
    link: &LinkRow,
    actor: &'a Actor,
    command: &Command<T>,
) -> Result<(Ground, Work<'a>, Change<'a>), Halt> {
    let (ground, mut work) = super::begin(app, actor, command).await?;
    actions::still_works(&mut work.tx, &ground, link).await?;
    let change = Change::load(&mut work.tx, app, actor, &Scope::All, link.incident_id, None).await?;
    Ok((ground, work, change))
}

async fn finish(mut work: Work<'_>, app: &App, ground: &Ground, link: &LinkRow) -> Outcome {
    let seen = partner::seen(&mut work.tx, app, ground, link).await?;
    work.finish(StatusCode::OK, &seen).await
}
