//! The commands that change the organisation. Each begins to hold now; the past stays as it was.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use kernel::{Actor, Error, Id, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{ManageLeave, ManageOrg, managed};
use crate::{
    app::{App, Shared},
    http::{Allow, Answer, Command, Outcome, Work},
    modules::org::{
        Directory,
        actions::{self, Change, LeaveForm, UnitForm},
        model::{Leave, LeaveState, Person, Post, Unit},
        store,
    },
    snapshot::AsOf,
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(found))
        .routes(routes!(describe))
        .routes(routes!(re_parent))
        .routes(routes!(end))
        .routes(routes!(hire))
        .routes(routes!(tell))
        .routes(routes!(open_post))
        .routes(routes!(assign))
        .routes(routes!(vacate))
        .routes(routes!(close_post))
        .routes(routes!(leaves, ask_leave))
        .routes(routes!(confirm_leave))
        .routes(routes!(end_leave))
}

/// The id of what a command made or changed.
#[derive(Serialize, ToSchema)]
struct Changed {
    id: Uuid,
}

/// Begins a change on the picture that this node has.
fn change<'a>(work: &'a mut Work<'_>, actor: &'a Actor, known: &'a AsOf<Directory>) -> Change<'a> {
    Change { now: work.now, tx: &mut work.tx, actor, known }
}

/// Commits, answers with the id, and lets this node and the relay see it at once.
async fn finish(app: &App, work: Work<'_>, status: StatusCode, id: Uuid) -> Outcome {
    let response = work.finish(status, &Changed { id }).await?;
    // The change is made whatever happens here; the relay reads it again within a second.
    if let Err(error) = app.org.refresh(&app.db).await {
        tracing::warn!("the organisation could not be read again: {error}");
    }
    app.wake.notify_one();
    Ok(response)
}

/// What is said of a unit.
#[derive(Deserialize, ToSchema)]
struct UnitBody {
    kind: String,
    code: String,
    name: String,
    name_en: Option<String>,
    alias: Option<String>,
    phone: Option<String>,
    /// Codes of grids that it serves.
    #[serde(default)]
    serves: Vec<String>,
}

impl UnitBody {
    fn form(&self) -> UnitForm {
        let Self { kind, code, name, name_en, alias, phone, serves } = self;
        UnitForm {
            kind: kind.clone(),
            code: code.clone(),
            name: name.trim().to_owned(),
            name_en: name_en.clone(),
            alias: alias.clone(),
            phone: phone.clone(),
            serves: serves.clone(),
        }
    }
}

/// A unit to be founded.
#[derive(Deserialize, ToSchema)]
struct NewUnit {
    #[schema(value_type = uuid::Uuid)]
    parent: Id<Unit>,
    #[serde(flatten)]
    unit: UnitBody,
}

/// Founds a unit below another; grids come from their borders by import.
#[utoipa::path(post, path = "/api/v1/units", tag = "org", request_body = NewUnit, responses((status = 201, body = Changed)),
    extensions(("x-permission" = json!("org.manage"))))]
async fn found(caller: Allow<ManageOrg>, State(app): State<Shared>, command: Command<NewUnit>) -> Outcome {
    let known = app.org.directory();
    let mut work = command.begin(&app, &caller).await?;
    let id = actions::found(&mut change(&mut work, &caller, &known), command.body.parent, command.body.unit.form()).await?;
    finish(&app, work, StatusCode::CREATED, id.uuid()).await
}

/// Says other things of a unit from now on; all fields are replaced.
#[utoipa::path(put, path = "/api/v1/units/{id}", tag = "org", params(("id" = String, Path, format = "uuid")), request_body = UnitBody,
    responses((status = 200, body = Changed)), extensions(("x-permission" = json!("org.manage"))))]
async fn describe(
    caller: Allow<ManageOrg>,
    State(app): State<Shared>,
    Path(id): Path<Id<Unit>>,
    command: Command<UnitBody>,
) -> Outcome {
    let known = app.org.directory();
    let mut work = command.begin(&app, &caller).await?;
    actions::describe(&mut change(&mut work, &caller, &known), id, command.body.form()).await?;
    finish(&app, work, StatusCode::OK, id.uuid()).await
}

/// Where a unit goes.
#[derive(Deserialize, ToSchema)]
struct Move {
    #[schema(value_type = uuid::Uuid)]
    parent: Id<Unit>,
}

/// Puts a unit, with all that is below it, below another from now on.
#[utoipa::path(post, path = "/api/v1/units/{id}/move", tag = "org", params(("id" = String, Path, format = "uuid")), request_body = Move,
    responses((status = 200, body = Changed)), extensions(("x-permission" = json!("org.manage"))))]
async fn re_parent(
    caller: Allow<ManageOrg>,
    State(app): State<Shared>,
    Path(id): Path<Id<Unit>>,
    command: Command<Move>,
) -> Outcome {
    let known = app.org.directory();
    let mut work = command.begin(&app, &caller).await?;
    actions::re_parent(&mut change(&mut work, &caller, &known), id, command.body.parent).await?;
    finish(&app, work, StatusCode::OK, id.uuid()).await
}

/// The end of a unit.
#[derive(Deserialize, ToSchema)]
struct End {
    /// The unit that takes what stands below it: a merger.
    #[schema(value_type = Option<uuid::Uuid>)]
    into: Option<Id<Unit>>,
}

/// Ends a unit with its posts; in a merger what stands below goes to the other unit.
#[utoipa::path(post, path = "/api/v1/units/{id}/end", tag = "org", params(("id" = String, Path, format = "uuid")), request_body = End,
    responses((status = 200, body = Changed)), extensions(("x-permission" = json!("org.manage"))))]
async fn end(caller: Allow<ManageOrg>, State(app): State<Shared>, Path(id): Path<Id<Unit>>, command: Command<End>) -> Outcome {
    let known = app.org.directory();
    let mut work = command.begin(&app, &caller).await?;
    actions::end(&mut change(&mut work, &caller, &known), id, command.body.into).await?;
    finish(&app, work, StatusCode::OK, id.uuid()).await
}

/// Somebody new.
#[derive(Deserialize, ToSchema)]
struct NewPerson {
    staff_no: String,
    name: String,
    phone: Option<String>,
    /// Whether the telephone is published, as a grid worker's is.
    #[serde(default)]
    phone_public: bool,
}

/// Adds somebody; the telephone is kept sealed.
#[utoipa::path(post, path = "/api/v1/people", tag = "org", request_body = NewPerson, responses((status = 201, body = Changed)),
    extensions(("x-permission" = json!("org.manage"))))]
async fn hire(caller: Allow<ManageOrg>, State(app): State<Shared>, command: Command<NewPerson>) -> Outcome {
    let NewPerson { staff_no, name, phone, phone_public } = &command.body;
    for (field, text, most) in [("staff_no", Some(staff_no), 40), ("name", Some(name), 40), ("phone", phone.as_ref(), 30)] {
        if text.is_some_and(|t| t.trim().is_empty() || t.chars().count() > most) {
            return Err(Error::invalid(field, "bad-length").into());
        }
    }
    // Sealing comes before the transaction.
    let (person, wrapped) = actions::seal(&app, app.clock.now(), staff_no.trim(), name.trim(), phone.as_deref(), *phone_public)?;
    let id = person.id.uuid();
    let known = app.org.directory();
    let mut work = command.begin(&app, &caller).await?;
    actions::hire(&mut change(&mut work, &caller, &known), person, &wrapped).await?;
    finish(&app, work, StatusCode::CREATED, id).await
}

/// What is known of somebody, anew; what is left out stays.
#[derive(Deserialize, ToSchema)]
struct PersonBody {
    /// Another name.
    name: Option<String>,
    /// Another telephone; an empty one takes it away.
    phone: Option<String>,
    /// Whether the telephone is published, as a grid worker's is.
    phone_public: Option<bool>,
}

/// Changes name and telephone of somebody; the staff number stays.
#[utoipa::path(put, path = "/api/v1/people/{id}", tag = "org", params(("id" = String, Path, format = "uuid")), request_body = PersonBody,
    responses((status = 200, body = Changed)), extensions(("x-permission" = json!("org.manage"))))]
async fn tell(
    caller: Allow<ManageOrg>,
    State(app): State<Shared>,
    Path(id): Path<Id<Person>>,
    command: Command<PersonBody>,
) -> Outcome {
    let PersonBody { name, phone, phone_public } = &command.body;
    let (name, phone) = (name.as_deref().map(str::trim), phone.as_deref().map(str::trim));
    for (field, text, least, most) in [("name", name, 1, 40), ("phone", phone, 0, 30)] {
        if text.is_some_and(|text| !(least..=most).contains(&text.chars().count())) {
            return Err(Error::invalid(field, "bad-length").into());
        }
    }
    let known = app.org.directory();
    if !managed(&known.value, &caller.scope(), id, app.clock.now()) {
        return Err(Error::NotFound.into());
    }
    // Sealing comes before the transaction.
    let phone = actions::reseal(&app, id, phone).await?;
    let mut work = command.begin(&app, &caller).await?;
    actions::tell(&mut change(&mut work, &caller, &known), id, name, phone, *phone_public).await?;
    finish(&app, work, StatusCode::OK, id.uuid()).await
}

/// A post to be opened.
#[derive(Deserialize, ToSchema)]
struct NewPost {
    /// The slot of the staffing template.
    slot: String,
    title: String,
}

/// Gives a unit a post, vacant at first.
#[utoipa::path(post, path = "/api/v1/units/{id}/posts", tag = "org", params(("id" = String, Path, format = "uuid")), request_body = NewPost,
    responses((status = 201, body = Changed)), extensions(("x-permission" = json!("org.manage"))))]
async fn open_post(
    caller: Allow<ManageOrg>,
    State(app): State<Shared>,
    Path(id): Path<Id<Unit>>,
    command: Command<NewPost>,
) -> Outcome {
    let NewPost { slot, title } = &command.body;
    for (field, text) in [("slot", slot), ("title", title)] {
        if text.trim().is_empty() || text.chars().count() > 40 {
            return Err(Error::invalid(field, "bad-length").into());
        }
    }
    let known = app.org.directory();
    let mut work = command.begin(&app, &caller).await?;
    let post = actions::open_post(&mut change(&mut work, &caller, &known), id, slot.trim(), title.trim()).await?;
    finish(&app, work, StatusCode::CREATED, post.uuid()).await
}

/// Who takes a post.
#[derive(Deserialize, ToSchema)]
struct Assignment {
    #[schema(value_type = uuid::Uuid)]
    person: Id<Person>,
    employment: Option<String>,
}

/// Puts somebody into a post from now on; whoever held it leaves it.
#[utoipa::path(post, path = "/api/v1/posts/{id}/assign", tag = "org", params(("id" = String, Path, format = "uuid")), request_body = Assignment,
    responses((status = 200, body = Changed)), extensions(("x-permission" = json!("org.manage"))))]
async fn assign(
    caller: Allow<ManageOrg>,
    State(app): State<Shared>,
    Path(id): Path<Id<Post>>,
    command: Command<Assignment>,
) -> Outcome {
    let known = app.org.directory();
    let mut work = command.begin(&app, &caller).await?;
    let Assignment { person, employment } = &command.body;
    actions::assign(&mut change(&mut work, &caller, &known), id, *person, employment.clone()).await?;
    finish(&app, work, StatusCode::OK, id.uuid()).await
}

/// Nothing is asked beyond the path.
#[derive(Deserialize, ToSchema)]
#[schema(as = org::Nothing)]
struct Nothing {}

/// Leaves a post vacant from now on.
#[utoipa::path(post, path = "/api/v1/posts/{id}/vacate", tag = "org", params(("id" = String, Path, format = "uuid")), request_body = Nothing,
    responses((status = 200, body = Changed)), extensions(("x-permission" = json!("org.manage"))))]
async fn vacate(
    caller: Allow<ManageOrg>,
    State(app): State<Shared>,
    Path(id): Path<Id<Post>>,
    command: Command<Nothing>,
) -> Outcome {
    let known = app.org.directory();
    let mut work = command.begin(&app, &caller).await?;
    actions::vacate(&mut change(&mut work, &caller, &known), id).await?;
    finish(&app, work, StatusCode::OK, id.uuid()).await
}

/// Ends a post from now on.
#[utoipa::path(post, path = "/api/v1/posts/{id}/end", tag = "org", params(("id" = String, Path, format = "uuid")), request_body = Nothing,
    responses((status = 200, body = Changed)), extensions(("x-permission" = json!("org.manage"))))]
async fn close_post(
    caller: Allow<ManageOrg>,
    State(app): State<Shared>,
    Path(id): Path<Id<Post>>,
    command: Command<Nothing>,
) -> Outcome {
    let known = app.org.directory();
    let mut work = command.begin(&app, &caller).await?;
    actions::close_post(&mut change(&mut work, &caller, &known), id).await?;
    finish(&app, work, StatusCode::OK, id.uuid()).await
}

/// A leave.
#[derive(Serialize, ToSchema)]
struct LeaveLine {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Leave>,
    #[schema(value_type = uuid::Uuid)]
    person: Id<Person>,
    name: String,
    #[schema(value_type = Option<uuid::Uuid>)]
    deputy: Option<Id<Person>>,
    deputy_name: Option<String>,
    from: Time,
    to: Time,
    state: LeaveState,
    reason: Option<String>,
    handover: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Leaves {
    items: Vec<LeaveLine>,
}

#[derive(Deserialize, IntoParams)]
struct Since {
    /// Those not over at this instant; 30 days ago when it is left out.
    since: Option<Time>,
}

/// Leave of the people who work in scope, newest first.
#[utoipa::path(get, path = "/api/v1/leave", tag = "org", params(Since), responses((status = 200, body = Leaves)),
    extensions(("x-permission" = json!("leave.manage"))))]
async fn leaves(caller: Allow<ManageLeave>, State(app): State<Shared>, Query(query): Query<Since>) -> Answer<Json<Leaves>> {
    let known = app.org.directory();
    let (known, scope, now) = (&known.value, caller.scope(), app.clock.now());
    let rows = store::leaves_since(&mut *app.db.read().await?, query.since.unwrap_or_else(|| now.plus_days(-30))).await?;
    let inside = |person| known.posts_of(person, now).iter().filter_map(|p| known.unit(p.unit)).any(|u| scope.holds(&u.path));
    let line = |l: store::LeaveFull| LeaveLine {
        id: l.id,
        person: l.person_id,
        name: known.name_of(l.person_id).to_owned(),
        deputy: l.deputy_id,
        deputy_name: l.deputy_id.map(|d| known.name_of(d).to_owned()),
        from: l.from_at,
        to: l.ended_at.map_or(l.to_at, |e| e.min(l.to_at)),
        state: l.state,
        reason: l.reason,
        handover: l.handover,
    };
    Ok(Json(Leaves { items: rows.into_iter().filter(|l| inside(l.person_id)).map(line).collect() }))
}

/// A wish for leave.
#[derive(Deserialize, ToSchema)]
struct NewLeave {
    #[schema(value_type = uuid::Uuid)]
    person: Id<Person>,
    from: Time,
    to: Time,
    #[schema(value_type = Option<uuid::Uuid>)]
    deputy: Option<Id<Person>>,
    reason: Option<String>,
}

/// Enters a wish for leave; it counts when it is confirmed.
#[utoipa::path(post, path = "/api/v1/leave", tag = "org", request_body = NewLeave, responses((status = 201, body = Changed)),
    extensions(("x-permission" = json!("leave.manage"))))]
async fn ask_leave(caller: Allow<ManageLeave>, State(app): State<Shared>, command: Command<NewLeave>) -> Outcome {
    let NewLeave { person, from, to, deputy, reason } = &command.body;
    short(reason.as_deref(), "reason")?;
    let form = LeaveForm { person: *person, from: *from, to: *to, deputy: *deputy, reason: reason.clone() };
    let known = app.org.directory();
    let mut work = command.begin(&app, &caller).await?;
    let id = actions::ask_leave(&mut change(&mut work, &caller, &known), form).await?;
    finish(&app, work, StatusCode::CREATED, id.uuid()).await
}

/// The hand-over of a leave.
#[derive(Deserialize, ToSchema)]
struct Confirmation {
    /// Another deputy than was asked for.
    #[schema(value_type = Option<uuid::Uuid>)]
    deputy: Option<Id<Person>>,
    /// What was handed over, in words.
    handover: Option<String>,
}

/// Confirms a leave with its hand-over; from then on the deputy answers.
#[utoipa::path(post, path = "/api/v1/leave/{id}/confirm", tag = "org", params(("id" = String, Path, format = "uuid")), request_body = Confirmation,
    responses((status = 200, body = Changed)), extensions(("x-permission" = json!("leave.manage"))))]
async fn confirm_leave(
    caller: Allow<ManageLeave>,
    State(app): State<Shared>,
    Path(id): Path<Id<Leave>>,
    command: Command<Confirmation>,
) -> Outcome {
    let Confirmation { deputy, handover } = &command.body;
    short(handover.as_deref(), "handover")?;
    let known = app.org.directory();
    let mut work = command.begin(&app, &caller).await?;
    actions::confirm_leave(&mut change(&mut work, &caller, &known), id, *deputy, handover.clone()).await?;
    finish(&app, work, StatusCode::OK, id.uuid()).await
}

/// Ends a leave now, or withdraws it before it began.
#[utoipa::path(post, path = "/api/v1/leave/{id}/end", tag = "org", params(("id" = String, Path, format = "uuid")), request_body = Nothing,
    responses((status = 200, body = Changed)), extensions(("x-permission" = json!("leave.manage"))))]
async fn end_leave(
    caller: Allow<ManageLeave>,
    State(app): State<Shared>,
    Path(id): Path<Id<Leave>>,
    command: Command<Nothing>,
) -> Outcome {
    let known = app.org.directory();
    let mut work = command.begin(&app, &caller).await?;
    actions::end_leave(&mut change(&mut work, &caller, &known), id).await?;
    finish(&app, work, StatusCode::OK, id.uuid()).await
}

fn short(text: Option<&str>, field: &'static str) -> kernel::Result<()> {
    if text.is_some_and(|t| t.chars().count() > 500) { Err(Error::invalid(field, "bad-length")) } else { Ok(()) }
}
