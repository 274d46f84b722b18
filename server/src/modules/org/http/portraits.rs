//! Portraits of staff: put and taken away by whoever looks after the people, or by everybody for himself; the public sees those of a grid's worker.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use kernel::{Actor, ActorKind, Error, Id, Result, Scope};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{ManageOrg, ReadOrg, managed};
use crate::{
    app::{App, Shared},
    http::{Allow, Answer, Command, Outcome, SomeoneLoggedIn, Visitor},
    modules::{
        access::{Nothing, limits},
        files::{self, File, Look},
        org::{
            Directory,
            model::Person,
            neighbours::visible,
            portraits::{self, Faces, KIND},
            store,
        },
    },
    snapshot,
};

/// Asked again each time: a portrait that was taken away, or whose owner left the post, is gone at once.
const ASKED_AGAIN: HeaderValue = HeaderValue::from_static("private, no-cache");

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(put, remove))
        .routes(routes!(seen))
        .routes(routes!(own, put_own, remove_own))
        .routes(routes!(shown))
}

/// The photograph that becomes a portrait.
#[derive(Deserialize, ToSchema)]
struct PortraitForm {
    /// An upload of the caller's.
    #[schema(value_type = String, format = "uuid")]
    photo_id: Id<File>,
}

/// The portrait of somebody.
#[derive(Serialize, ToSchema)]
struct PortraitView {
    #[schema(value_type = String, format = "uuid")]
    person: Id<Person>,
    /// None when there is no portrait.
    #[schema(value_type = Option<String>, format = "uuid")]
    portrait: Option<Id<File>>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct PersonPortrait {
    #[param(value_type = String, format = "uuid")]
    id: Id<Person>,
    #[param(value_type = String, format = "uuid")]
    photo: Id<File>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct GridPortrait {
    code: String,
    #[param(value_type = String, format = "uuid")]
    photo: Id<File>,
}

/// Gives somebody a portrait, in place of the one before.
#[utoipa::path(put, path = "/api/v1/people/{id}/portrait", tag = "org", params(("id" = String, Path, format = "uuid")), request_body = PortraitForm,
    responses((status = 200, body = PortraitView)), extensions(("x-permission" = json!("org.manage"))))]
async fn put(
    caller: Allow<ManageOrg>,
    State(app): State<Shared>,
    Path(id): Path<Id<Person>>,
    command: Command<PortraitForm>,
) -> Outcome {
    change(&app, &caller, Some(caller.scope()), id, &command, Some(command.body.photo_id)).await
}

/// Takes somebody's portrait away.
#[utoipa::path(delete, path = "/api/v1/people/{id}/portrait", tag = "org", params(("id" = String, Path, format = "uuid")),
    responses((status = 200, body = PortraitView)), extensions(("x-permission" = json!("org.manage"))))]
async fn remove(
    caller: Allow<ManageOrg>,
    State(app): State<Shared>,
    Path(id): Path<Id<Person>>,
    command: Command<Nothing>,
) -> Outcome {
    change(&app, &caller, Some(caller.scope()), id, &command, None).await
}

/// My portrait.
#[utoipa::path(get, path = "/api/v1/account/portrait", tag = "account", responses((status = 200, body = PortraitView)),
    extensions(("x-permission" = json!("logged-in"))))]
async fn own(SomeoneLoggedIn(me): SomeoneLoggedIn, State(app): State<Shared>) -> Answer<Json<PortraitView>> {
    let person = me.person.map(Id::from_uuid).ok_or(Error::NotFound)?;
    let found = store::portraits(&mut *app.db.read().await?, &[person]).await?;
    Ok(Json(PortraitView { person, portrait: found.first().map(|p| p.portrait) }))
}

/// Gives myself a portrait, in place of the one before.
#[utoipa::path(put, path = "/api/v1/account/portrait", tag = "account", request_body = PortraitForm, responses((status = 200, body = PortraitView)),
    extensions(("x-permission" = json!("logged-in"))))]
async fn put_own(SomeoneLoggedIn(me): SomeoneLoggedIn, State(app): State<Shared>, command: Command<PortraitForm>) -> Outcome {
    change(&app, &me, None, myself(&me)?, &command, Some(command.body.photo_id)).await
}

/// Takes my portrait away.
#[utoipa::path(delete, path = "/api/v1/account/portrait", tag = "account", responses((status = 200, body = PortraitView)),
    extensions(("x-permission" = json!("logged-in"))))]
async fn remove_own(SomeoneLoggedIn(me): SomeoneLoggedIn, State(app): State<Shared>, command: Command<Nothing>) -> Outcome {
    change(&app, &me, None, myself(&me)?, &command, None).await
}

/// One's own face is a person's affair, never a program's.
fn myself(me: &Actor) -> Result<Id<Person>> {
    if me.kind != ActorKind::Person {
        return Err(Error::Forbidden);
    }
    me.person.map(Id::from_uuid).ok_or(Error::NotFound)
}

/// Puts or takes away, for somebody in the scope; without a scope for the caller himself.
async fn change<T>(
    app: &App,
    actor: &Actor,
    scope: Option<Scope>,
    person: Id<Person>,
    command: &Command<T>,
    portrait: Option<Id<File>>,
) -> Outcome {
    let known = app.org.directory();
    if !scope.map_or_else(|| known.value.person(person).is_some(), |scope| managed(&known.value, &scope, person, app.clock.now()))
    {
        return Err(Error::NotFound.into());
    }
    let mut work = command.begin(app, actor).await?;
    let by = (work.now, actor);
    snapshot::check(&mut work.tx, &[(store::REVISION, known.revision)]).await?;
    let gone = match portrait {
        Some(photo) => portraits::put(&mut work.tx, by, &known.value, person, photo).await?,
        None => portraits::remove(&mut work.tx, by, &known.value, person).await?,
    };
    let response = work.finish(StatusCode::OK, &PortraitView { person, portrait }).await?;
    portraits::clear(app, &gone).await;
    Ok(response)
}

/// The portrait of somebody whom the caller may look up, or of the caller; small.
#[utoipa::path(get, path = "/api/v1/people/{id}/portrait/{photo}", params(PersonPortrait), tag = "org",
    responses((status = 200, content_type = "image/jpeg")), extensions(("x-permission" = json!("org.read"))))]
async fn seen(
    caller: Allow<ReadOrg>,
    State(app): State<Shared>,
    Path(PersonPortrait { id, photo }): Path<PersonPortrait>,
    look: Look,
) -> Answer<Response> {
    let known = app.org.directory();
    if caller.person != Some(id.uuid()) && !may_see(&app, &known.value, id, &caller.scope()) {
        return Err(Error::NotFound.into());
    }
    picture(&app, &[id], photo, look).await
}

fn may_see(app: &App, known: &Directory, person: Id<Person>, scope: &Scope) -> bool {
    let now = app.clock.now();
    let seen = |unit| known.unit(unit).is_some_and(|u| visible(known, u, u.last_known(now), scope, now));
    scope.holds(&known.root().path) || known.posts_of(person, now).iter().any(|p| seen(p.unit))
}

/// The portrait of a grid's worker, or of who stands in, for as long as that is so; small. Everybody else's is not found, whatever is known of it.
#[utoipa::path(get, path = "/api/v1/grids/{code}/portraits/{photo}", params(GridPortrait), tag = "org",
    responses((status = 200, content_type = "image/jpeg")), extensions(("x-public" = json!(true))))]
async fn shown(
    visitor: Visitor,
    State(app): State<Shared>,
    Path(GridPortrait { code, photo }): Path<GridPortrait>,
    look: Look,
) -> Answer<Response> {
    limits::take(&app, "public_reads", &limits::network(visitor.address))?;
    let (org, now) = (app.org.directory(), app.clock.now());
    let known = &org.value;
    let grid = known.unit_by_code(&code).filter(|u| u.at(now).is_some() && known.grid(u.id, now).is_some());
    let faces = Faces::of(known, grid.ok_or(Error::NotFound)?, now);
    picture(&app, &faces.people(), photo, look).await
}

/// This portrait of one of these people.
async fn picture(app: &App, people: &[Id<Person>], photo: Id<File>, look: Look) -> Answer<Response> {
    let mut conn = app.db.read().await?;
    let found = store::portraits(&mut conn, people).await?;
    let owner = found.iter().find(|p| p.portrait == photo).ok_or(Error::NotFound)?.id;
    let mut response = files::serve(app, conn, photo, KIND, owner.uuid(), &look.small()).await?;
    response.headers_mut().insert(header::CACHE_CONTROL, ASKED_AGAIN);
    Ok(response)
}
