//! Operations on one's own notices.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use kernel::{Cursor, Error, Id, Page, Time};
use lettre::Address;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    actions,
    mail::ADDRESS,
    model::{self, Item},
    store,
};
use crate::{
    app::Shared,
    http::{Answer, Command, Outcome, SomeoneLoggedIn},
    modules::access::audit::Audit,
};

/// Which notices.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// `true` leaves out what was read.
    #[serde(default)]
    unread: bool,
    /// 1–200, default 50.
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// How many.
#[derive(Serialize, ToSchema)]
pub struct UnreadCount {
    /// Notices that the caller has not read.
    unread: i64,
}

/// A command without a body.
#[derive(Deserialize)]
pub struct Nothing {}

/// Which notices are read.
#[derive(Deserialize, ToSchema)]
pub struct ReadUpTo {
    /// Those made until this instant, so that one that came meanwhile stays unread; all of them when it is absent.
    until: Option<Time>,
}

/// How many notices a command touched.
#[derive(Serialize, ToSchema)]
pub struct ReadCount {
    read: u64,
}

/// How the caller wants to be told.
#[derive(Serialize, ToSchema)]
pub struct Wishes {
    /// The mail address, masked; null for no mail.
    mail: Option<String>,
}

/// How the caller wants to be told from now on.
#[derive(Deserialize, ToSchema)]
pub struct Wish {
    /// A mail address, or null for no mail.
    mail: Option<String>,
}

/// The caller's notices, newest first.
#[utoipa::path(get, path = "/api/v1/notices", tag = "notices", params(Filter), responses((status = 200, body = Page<Item>)),
    extensions(("x-permission" = json!("logged-in"))))]
pub async fn list(
    SomeoneLoggedIn(actor): SomeoneLoggedIn,
    State(app): State<Shared>,
    Query(filter): Query<Filter>,
) -> Answer<Json<Page<Item>>> {
    let cursor = filter.cursor.as_deref().map(Cursor::decode).transpose()?;
    let as_of = cursor.map_or_else(|| app.clock.now(), |c| c.as_of);
    let limit = filter.limit.unwrap_or(50).clamp(1, 200);
    let items = store::list(&mut *app.db.read().await?, actor.id, filter.unread, as_of, cursor, limit).await?;
    Ok(Json(model::page(items, limit, as_of)))
}

/// How many notices the caller has not read.
#[utoipa::path(get, path = "/api/v1/notices/count", tag = "notices", responses((status = 200, body = UnreadCount)),
    extensions(("x-permission" = json!("logged-in"))))]
pub async fn count(SomeoneLoggedIn(actor): SomeoneLoggedIn, State(app): State<Shared>) -> Answer<Json<UnreadCount>> {
    Ok(Json(UnreadCount { unread: store::unread(&mut *app.db.read().await?, actor.id).await? }))
}

/// Marks one notice as read.
#[utoipa::path(post, path = "/api/v1/notices/{id}/read", tag = "notices", params(("id" = Uuid, Path)),
    responses((status = 200, body = ReadCount)), extensions(("x-permission" = json!("logged-in"))))]
pub async fn read(
    SomeoneLoggedIn(actor): SomeoneLoggedIn,
    State(app): State<Shared>,
    Path(id): Path<Id<Item>>,
    command: Command<Nothing>,
) -> Outcome {
    let mut work = command.begin(&app, &actor).await?;
    let now = work.now;
    actions::read(&mut work.tx, actor.id, id, now).await?;
    work.finish(StatusCode::OK, &ReadCount { read: 1 }).await
}

/// Marks the caller's notices as read.
#[utoipa::path(post, path = "/api/v1/notices/read-all", tag = "notices", request_body = ReadUpTo,
    responses((status = 200, body = ReadCount)), extensions(("x-permission" = json!("logged-in"))))]
pub async fn read_all(SomeoneLoggedIn(actor): SomeoneLoggedIn, State(app): State<Shared>, command: Command<ReadUpTo>) -> Outcome {
    let mut work = command.begin(&app, &actor).await?;
    let now = work.now;
    let read = store::read_all(&mut work.tx, actor.id, command.body.until.unwrap_or(now), now).await?;
    work.finish(StatusCode::OK, &ReadCount { read }).await
}

/// How the caller wants to be told.
#[utoipa::path(get, path = "/api/v1/notices/wishes", tag = "notices", responses((status = 200, body = Wishes)),
    extensions(("x-permission" = json!("logged-in"))))]
pub async fn wishes(SomeoneLoggedIn(actor): SomeoneLoggedIn, State(app): State<Shared>) -> Answer<Json<Wishes>> {
    let sealed = store::mail_of(&mut *app.db.read().await?, actor.id).await?;
    let mail = sealed.map(|s| app.keys.open(&s, ADDRESS)).transpose()?;
    Ok(Json(Wishes { mail: mail.map(|m| model::masked_mail(&String::from_utf8_lossy(&m))) }))
}

/// Says how the caller wants to be told from now on.
#[utoipa::path(put, path = "/api/v1/notices/wishes", tag = "notices", request_body = Wish, responses((status = 200, body = Wishes)),
    extensions(("x-permission" = json!("logged-in"))))]
pub async fn wish(SomeoneLoggedIn(actor): SomeoneLoggedIn, State(app): State<Shared>, command: Command<Wish>) -> Outcome {
    let mail = command.body.mail.as_deref();
    if mail.is_some_and(|m| m.len() > 254 || m.parse::<Address>().is_err()) {
        return Err(Error::invalid("mail", "bad-address").into());
    }
    let sealed = mail.map(|m| app.keys.seal(m.as_bytes(), ADDRESS)).transpose()?;
    let mut work = command.begin(&app, &actor).await?;
    let now = work.now;
    store::set_mail(&mut work.tx, actor.id, sealed, now).await?;
    Audit::new("notice.wish", "account", actor.id).with("fields", "mail").record(&mut work.tx, now, &actor).await?;
    work.finish(StatusCode::OK, &Wishes { mail: mail.map(model::masked_mail) }).await
}
