//! 协作单位链接: a desk makes a link for the task of a unit without accounts; whoever holds it does that one task and nothing else.

use db::{Conn, Tx};
use kernel::{Actor, ActorKind, Error, Id, Permission, Result, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Change, Ground};
use crate::{
    app::App,
    modules::{
        access::{
            audit::Audit,
            sessions::{self, Secret},
        },
        incidents::{
            model::{Action, Incident, Task},
            rules::links::{LINKS, LinkState, NOT_BY_LINK},
            store::{
                self, TaskRow,
                links::{LinkRow, LinkSeen},
            },
            transitions::not_in_state,
        },
    },
};

/// A wish for a link.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MakeLink {
    /// How many days it works; as many as the district allows when absent.
    pub days: Option<u16>,
}

/// A link; its secret is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkMade {
    /// The secret.
    pub secret: String,
    /// The page of the task, on this server.
    pub path: String,
    /// Until when it works, at the longest.
    pub expires_at: kernel::Time,
}

/// The open task of a case that the caller's desk owns, or whose unit lies within its reach.
async fn linked(tx: &mut Tx, change: &Change<'_>, id: Id<Task>) -> Result<TaskRow> {
    let reach = change.actor.scope(Permission("task.link"));
    let task = store::tasks(tx, change.case.id).await?.into_iter().find(|t| t.id == id).ok_or(Error::NotFound)?;
    if !reach.holds(&change.case.owner_path) && !reach.holds(&task.unit_path) {
        return Err(Error::NotFound);
    }
    Ok(task)
}

/// Makes a link for a task; an older one of the task works no longer.
pub async fn make_link(tx: &mut Tx, ground: &Ground, change: Change<'_>, id: Id<Task>, body: &MakeLink) -> Result<LinkMade> {
    let task = linked(tx, &change, id).await?;
    if !task.state.is_open() {
        return Err(not_in_state(change.case.state, Action::TakeOn));
    }
    let set = change.app.access.setting(&LINKS, ground.now);
    let unit = ground.org.value.unit(task.unit_id).ok_or(Error::NotFound)?;
    if !set.fits(&unit.kind) {
        return Err(Error::refused_with(NOT_BY_LINK, "unit", unit.name.clone()));
    }
    let secret = Secret::fresh();
    let link = LinkRow {
        id: Id::<LinkRow>::new(ground.now).uuid(),
        incident_id: change.case.id,
        task_id: id,
        expires_at: set.expires(ground.now, body.days)?,
        opened_at: None,
    };
    store::links::revoke(tx, id, ground.now).await?;
    store::links::add(tx, &link, &secret.hash(), change.actor.id, ground.now).await?;
    let audit = Audit::new("task.link", "task", id.uuid()).under(&change.case.owner_path);
    let audit = audit.with("link", link.id.to_string()).with("unit", task.unit_id.to_string());
    audit.record(tx, ground.now, change.actor).await?;
    Ok(LinkMade { path: format!("/m/t/{}", secret.text()), secret: secret.text().to_owned(), expires_at: link.expires_at })
}

/// Takes the links of a task back.
pub async fn revoke_link(tx: &mut Tx, ground: &Ground, change: &Change<'_>, id: Id<Task>) -> Result<()> {
    linked(tx, change, id).await?;
    let count = store::links::revoke(tx, id, ground.now).await?;
    let audit = Audit::new("task.link.revoke", "task", id.uuid()).under(&change.case.owner_path);
    audit.with("count", count).record(tx, ground.now, change.actor).await
}

/// A link that was made for a task, and what became of it; its secret was shown once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TaskLink)]
pub struct LinkView {
    id: uuid::Uuid,
    /// When it was made.
    made_at: kernel::Time,
    /// Until when it works, at the longest.
    expires_at: kernel::Time,
    /// What became of it.
    state: LinkState,
    /// When whoever holds it last looked, to five minutes; nothing when nobody did.
    opened_at: Option<kernel::Time>,
    /// When something was last done by it.
    acted_at: Option<kernel::Time>,
    /// When it was taken back or replaced.
    revoked_at: Option<kernel::Time>,
}

/// The links of a task, the newest first, for whoever may make one.
pub async fn links_of(
    conn: &mut Conn,
    ground: &Ground,
    who: &Actor,
    scope: &Scope,
    case: Id<Incident>,
    id: Id<Task>,
) -> Result<Vec<LinkView>> {
    let (case, reach) = (store::find(conn, scope, case).await?, who.scope(Permission("task.link")));
    let task = store::tasks(conn, case.id).await?.into_iter().find(|t| t.id == id).ok_or(Error::NotFound)?;
    if !reach.holds(&case.owner_path) && !reach.holds(&task.unit_path) {
        return Err(Error::NotFound);
    }
    let seen = |l: LinkSeen| LinkView {
        state: LinkState::stands(ground.now, l.expires_at, l.revoked_at, l.ended == 1, l.open == 1),
        id: l.id,
        made_at: l.made_at,
        expires_at: l.expires_at,
        opened_at: l.opened_at,
        acted_at: l.acted_at,
        revoked_at: l.revoked_at,
    };
    Ok(store::links::of_task(conn, id).await?.into_iter().map(seen).collect())
}

/// How long a look counts as the same, so that a page that is read again and again is not written again and again.
const SAME_LOOK: i64 = 5;

/// Keeps that whoever holds the link looked, once in five minutes.
pub async fn looked(app: &App, ground: &Ground, link: &LinkRow, actor: &Actor) -> Result<()> {
    if link.opened_at.is_some_and(|at| at.plus_minutes(SAME_LOOK) > ground.now) {
        return Ok(());
    }
    let mut tx = app.db.begin();
    if !store::links::opened(&mut tx, link.id, ground.now, ground.now.plus_minutes(-SAME_LOOK)).await? {
        return Ok(());
    }
    let case = store::find(&mut tx, &Scope::All, link.incident_id).await?;
    let audit = Audit::new("task.link.open", "task", link.task_id.uuid()).under(&case.owner_path);
    audit.with("link", link.id.to_string()).record(&mut tx, ground.now, actor).await?;
    tx.commit().await
}

/// The link of a secret, and who acts by it: the unit, on its own task. Whether it works, [`still_works`] says.
pub async fn by_link(conn: &mut Conn, ground: &Ground, secret: &str) -> Result<(LinkRow, Actor)> {
    let link = store::links::find(conn, &sessions::hash(secret)).await?.ok_or(Error::NotFound)?;
    let task = store::tasks(conn, link.incident_id).await?.into_iter().find(|t| t.id == link.task_id).ok_or(Error::NotFound)?;
    let name = ground.org.value.unit(task.unit_id).map(|u| u.name.clone()).unwrap_or_default();
    let grants = [(Permission("task.handle"), Scope::under([task.unit_path]))];
    let actor = Actor::new(link.id, ActorKind::Link, name, grants);
    Ok((link, actor))
}

/// `NotFound` when a link does not work any more, as if there had never been one.
pub async fn still_works(conn: &mut Conn, ground: &Ground, link: &LinkRow) -> Result<()> {
    if store::links::works(conn, link.id, ground.now).await? { Ok(()) } else { Err(Error::NotFound) }
}
