//! What a device carries along: cases whole, many for a fixed number of statements, and what somebody did.

use std::collections::{BTreeMap, HashMap};

use db::Conn;
use kernel::{Actor, Id, Result, Scope, Time};
use uuid::Uuid;

pub use super::store::carry::{Asking, Deed, Held};
use super::{
    actions::Ground,
    model::Incident,
    store::{self, carry},
    view::{self, CaseView, Parts},
};
use crate::{
    app::App,
    modules::{access, files},
};

/// The scope of a caller: a district's over its own root needs no condition.
pub fn reach(app: &App, scope: Scope) -> Scope {
    super::http::reach(app, scope)
}

/// Which cases the caller carries along, the newest first.
pub async fn held(conn: &mut Conn, scope: &Scope, since: Time, most: i64) -> Result<Vec<Held>> {
    carry::held(conn, scope, since, most).await
}

/// These cases as the caller sees them, in the order asked: six statements however many.
pub async fn whole(
    conn: &mut Conn,
    app: &App,
    ground: &Ground,
    actor: &Actor,
    scope: &Scope,
    ids: &[Id<Incident>],
) -> Result<Vec<CaseView>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let cases = carry::cases(conn, scope, ids).await?;
    let mut parts: HashMap<Id<Incident>, Parts> = cases.iter().map(|c| (c.id, Parts::default())).collect();
    for (id, entry) in carry::steps(conn, ids).await? {
        parts.entry(id).and_modify(|p| p.steps.push(entry));
    }
    for task in carry::tasks(conn, ids).await? {
        parts.entry(task.incident_id).and_modify(|p| p.tasks.push(task));
    }
    for (id, rating) in carry::ratings(conn, ids).await? {
        parts.entry(id).and_modify(|p| p.ratings.push(rating));
    }
    let owners: Vec<Uuid> = ids.iter().map(Id::uuid).collect();
    for (owner, photo) in files::of_many(conn, "incident", &owners).await? {
        parts.entry(Id::from_uuid(owner)).and_modify(|p| p.photos.push(photo));
    }
    let sealed: Vec<Uuid> = cases.iter().filter(|c| view::has_reporter(c)).map(|c| c.id.uuid()).collect();
    for (owner, key) in access::keys::load_many(conn, app, &sealed).await? {
        parts.entry(Id::from_uuid(owner)).and_modify(|p| p.key = Some(key));
    }
    let mut seen = BTreeMap::new();
    for case in cases {
        let id = case.id;
        let part = parts.remove(&id).unwrap_or_default();
        seen.insert(id, view::together(app, ground, actor, case, part)?);
    }
    Ok(ids.iter().filter_map(|id| seen.remove(id)).collect())
}

/// What an account did between two instants.
pub async fn deeds(conn: &mut Conn, account: Uuid, from: Time, to: Time, most: i64) -> Result<Vec<Deed>> {
    carry::deeds(conn, account, from, to, most).await
}

/// The steps that gave work to somebody in these cases.
pub async fn askings(conn: &mut Conn, ids: &[Id<Incident>]) -> Result<Vec<Asking>> {
    if ids.is_empty() { Ok(vec![]) } else { carry::askings(conn, ids).await }
}

/// The district's reasons for returning a case that may be chosen.
pub async fn return_reasons(conn: &mut Conn) -> Result<Vec<store::returns::ReturnReason>> {
    Ok(store::returns::reasons(conn).await?.into_iter().filter(|r| r.active).collect())
}
