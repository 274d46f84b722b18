//! The routes: everybody reads what runs, staff publish.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use kernel::{Cursor, Error, Id, Page, Time};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    actions::{self, ManagedPublication, NewPublication, PublicationChange, PublicationView, Withdrawal},
    model::Publication,
    store,
};
use crate::{
    app::Shared,
    http::{Allow, Answer, Command, Outcome, Visitor},
    modules::{access::limits, org::Directory},
    permit,
};

permit! {
    /// See public notices that are past, to come or withdrawn.
    SeePublications = "publication.read";
    /// Publish, change and withdraw public notices.
    Publish = "publication.write";
}

/// Which notices.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// The code of a grid: what is told there, by its community, its street and the district too. When absent, residents read the district's own
    /// notices and staff all of their scope.
    grid: Option<String>,
    /// 1 to 100, 20 when absent.
    limit: Option<usize>,
    /// Where to read on.
    cursor: Option<String>,
}

impl Asked {
    fn page(&self) -> kernel::Result<(usize, Option<Cursor>)> {
        let limit = self.limit.unwrap_or(20);
        if !(1..=100).contains(&limit) {
            return Err(Error::invalid("limit", "out-of-range"));
        }
        Ok((limit, self.cursor.as_deref().map(Cursor::decode).transpose()?))
    }

    /// The paths of the grid that was asked for and of the units above it; none when none was.
    fn ground(&self, known: &Directory, now: Time) -> kernel::Result<Option<Vec<String>>> {
        let Some(code) = self.grid.as_deref().filter(|code| !code.is_empty()) else { return Ok(None) };
        let unit = known.unit_by_code(code).ok_or_else(|| Error::invalid("grid", "unknown-unit"))?;
        Ok(Some(known.ancestors(unit.id, now).into_iter().map(|u| u.path.clone()).collect()))
    }
}

/// What is told to the residents of a grid now, the newest first.
#[utoipa::path(get, path = "/api/v1/publications", tag = "publications", params(Asked), responses((status = 200, body = Page<PublicationView>)),
    extensions(("x-public" = json!(true))))]
pub async fn read(
    State(app): State<Shared>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Answer<Json<Page<PublicationView>>> {
    limits::take(&app, "public_reads", &limits::network(visitor.address))?;
    let ((limit, cursor), now) = (asked.page()?, app.clock.now());
    let known = app.org.directory();
    let known = &known.value;
    let paths = asked.ground(known, now)?.unwrap_or_else(|| vec![known.root().path.clone()]);
    let as_of = cursor.map_or(now, |c| c.as_of);
    let rows = store::running(&mut *app.db.read().await?, &paths, as_of, cursor, limit).await?;
    let page = Page::cut(rows, limit, as_of, |p| (p.from_at.millis(), p.id.uuid()));
    Ok(Json(page.map(|row| actions::seen(known, row))))
}

/// Every public notice of one's scope, or those of it that are for a grid: running, past, to come and withdrawn.
#[utoipa::path(get, path = "/api/v1/publications/managed", tag = "publications", params(Asked),
    responses((status = 200, body = Page<ManagedPublication>)), extensions(("x-permission" = json!("publication.read"))))]
pub async fn managed(
    State(app): State<Shared>,
    who: Allow<SeePublications>,
    Query(asked): Query<Asked>,
) -> Answer<Json<Page<ManagedPublication>>> {
    let (limit, cursor) = asked.page()?;
    let (known, now) = (app.org.directory(), app.clock.now());
    let ground = asked.ground(&known.value, now)?;
    let rows = store::all(&mut *app.db.read().await?, &who.scope(), ground.as_deref(), cursor, limit).await?;
    let as_of = cursor.map_or(now, |c| c.as_of);
    let page = Page::cut(rows, limit, as_of, |p| (p.from_at.millis(), p.id.uuid()));
    Ok(Json(page.map(|row| actions::managed(&known.value, row))))
}

/// Publish a notice for the residents of a grid, a community, a street or the district.
#[utoipa::path(post, path = "/api/v1/publications", tag = "publications", request_body = NewPublication,
    responses((status = 201, body = ManagedPublication)), extensions(("x-permission" = json!("publication.write"))))]
pub async fn publish(State(app): State<Shared>, who: Allow<Publish>, command: Command<NewPublication>) -> Outcome {
    let known = app.org.directory();
    let mut work = command.begin(&app, &who).await?;
    let now = work.now;
    let row = actions::publish(&mut work.tx, &known.value, now, &who, &who.scope(), &command.body).await?;
    work.finish(StatusCode::CREATED, &actions::managed(&known.value, row)).await
}

/// Change what a notice says and when it runs.
#[utoipa::path(put, path = "/api/v1/publications/{id}", tag = "publications", params(("id" = Uuid, Path)), request_body = PublicationChange,
    responses((status = 200, body = ManagedPublication)), extensions(("x-permission" = json!("publication.write"))))]
pub async fn change(
    State(app): State<Shared>,
    who: Allow<Publish>,
    Path(id): Path<Id<Publication>>,
    command: Command<PublicationChange>,
) -> Outcome {
    let known = app.org.directory();
    let mut work = command.begin(&app, &who).await?;
    let now = work.now;
    let row = actions::change(&mut work.tx, now, &who, &who.scope(), id, &command.body).await?;
    work.finish(StatusCode::OK, &actions::managed(&known.value, row)).await
}

/// Withdraw a notice; residents see it no longer, the record does.
#[utoipa::path(post, path = "/api/v1/publications/{id}/withdraw", tag = "publications", params(("id" = Uuid, Path)), request_body = Withdrawal,
    responses((status = 200, body = ManagedPublication)), extensions(("x-permission" = json!("publication.write"))))]
pub async fn withdraw(
    State(app): State<Shared>,
    who: Allow<Publish>,
    Path(id): Path<Id<Publication>>,
    command: Command<Withdrawal>,
) -> Outcome {
    let known = app.org.directory();
    let mut work = command.begin(&app, &who).await?;
    let now = work.now;
    let row = actions::withdraw(&mut work.tx, now, &who, &who.scope(), id, &command.body).await?;
    work.finish(StatusCode::OK, &actions::managed(&known.value, row)).await
}
