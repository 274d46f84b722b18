//! What staff do with public notices: publish, change, withdraw.

use db::Tx;
use kernel::{Actor, Error, Id, Result, Scope, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    model::{Kind, Publication, WITHDRAWN, checked},
    store::{self, Row},
};
use crate::modules::{
    access::audit::Audit,
    org::{Directory, Unit},
};

/// A notice to be published.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPublication {
    /// What it is for.
    pub kind: Kind,
    /// At most 60 characters.
    pub title: String,
    /// At most 3,000 characters; an empty line begins a paragraph.
    pub text: String,
    /// The code of the grid, community or street whose residents it is for, or of the district.
    pub unit: String,
    /// From when it runs; now when absent.
    #[serde(default)]
    pub from: Option<Time>,
    /// Until when it runs; until it is withdrawn when absent.
    #[serde(default)]
    pub until: Option<Time>,
}

/// What a notice says from now on.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicationChange {
    /// The version that the caller saw.
    pub version: i64,
    /// What it is for.
    pub kind: Kind,
    /// At most 60 characters.
    pub title: String,
    /// At most 3,000 characters.
    pub text: String,
    /// From when it runs; as before when absent.
    #[serde(default)]
    pub from: Option<Time>,
    /// Until when it runs; until it is withdrawn when absent.
    #[serde(default)]
    pub until: Option<Time>,
}

/// Why a notice is taken back.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// The version that the caller saw.
    pub version: i64,
    /// At most 200 characters.
    pub reason: String,
}

/// A notice as everybody reads it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PublicationView {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Publication>,
    kind: Kind,
    title: String,
    text: String,
    /// Whose residents it is for.
    unit: String,
    /// Who says it.
    author: String,
    from: Time,
    until: Option<Time>,
}

/// A notice as staff see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ManagedPublication {
    #[serde(flatten)]
    seen: PublicationView,
    version: i64,
    /// The code of the unit.
    unit_code: String,
    made_at: Time,
    withdrawn_at: Option<Time>,
    /// Why it was withdrawn.
    reason: Option<String>,
}

fn unit_of<'a>(known: &'a Directory, row: &Row) -> Option<&'a Unit> {
    known.unit(row.unit_id)
}

/// As everybody reads it.
pub fn seen(known: &Directory, row: Row) -> PublicationView {
    PublicationView {
        unit: unit_of(known, &row).map(|u| u.name.clone()).unwrap_or_default(),
        id: row.id,
        kind: row.kind,
        title: row.title,
        text: row.body,
        author: row.author_unit,
        from: row.from_at,
        until: row.until_at,
    }
}

/// As staff see it.
pub fn managed(known: &Directory, row: Row) -> ManagedPublication {
    ManagedPublication {
        version: row.version,
        unit_code: unit_of(known, &row).map(|u| u.code.clone()).unwrap_or_default(),
        made_at: row.made_at,
        withdrawn_at: row.withdrawn_at,
        reason: row.reason.clone(),
        seen: seen(known, row),
    }
}

/// Publishes a notice for the ground of a unit in the caller's scope.
pub async fn publish(
    tx: &mut Tx,
    known: &Directory,
    now: Time,
    who: &Actor,
    scope: &Scope,
    body: &NewPublication,
) -> Result<Row> {
    let unit = known.unit_by_code(&body.unit).and_then(|u| Some((u, u.at(now)?))).filter(|(_, state)| scope.holds(&state.path));
    let (unit, state) = unit.ok_or_else(|| Error::invalid("unit", "unknown-unit"))?;
    let from = body.from.unwrap_or(now);
    let (title, text) = checked(&body.title, &body.text, from, body.until)?;
    let row = Row {
        id: Id::new(now),
        version: 1,
        kind: body.kind,
        title,
        body: text,
        unit_id: unit.id,
        unit_path: state.path.clone(),
        from_at: from,
        until_at: body.until,
        author: who.id,
        author_unit: known.desk_of(unit.id, now).name.clone(),
        made_at: now,
        withdrawn_at: None,
        reason: None,
    };
    store::insert(tx, &row).await?;
    Audit::new("publication.publish", "publication", row.id.uuid()).under(&row.unit_path).record(tx, now, who).await?;
    Ok(row)
}

/// Changes what a notice says and when it runs.
pub async fn change(
    tx: &mut Tx,
    now: Time,
    who: &Actor,
    scope: &Scope,
    id: Id<Publication>,
    body: &PublicationChange,
) -> Result<Row> {
    let mut row = held(tx, scope, id, body.version).await?;
    row.from_at = body.from.unwrap_or(row.from_at);
    (row.title, row.body) = checked(&body.title, &body.text, row.from_at, body.until)?;
    (row.kind, row.until_at) = (body.kind, body.until);
    save(tx, now, who, row, "publication.change").await
}

/// Takes a notice back; it stays in the list of staff with the reason.
pub async fn withdraw(tx: &mut Tx, now: Time, who: &Actor, scope: &Scope, id: Id<Publication>, body: &Withdrawal) -> Result<Row> {
    let mut row = held(tx, scope, id, body.version).await?;
    let reason = body.reason.trim();
    match reason.chars().count() {
        0 => return Err(Error::invalid("reason", "required")),
        201.. => return Err(Error::Invalid(vec![kernel::FieldError::new("reason", "too-long").with("limit", 200)])),
        _ => {}
    }
    (row.withdrawn_at, row.reason) = (Some(now), Some(reason.to_owned()));
    save(tx, now, who, row, "publication.withdraw").await
}

/// The notice that the caller saw, unless it was changed or withdrawn since.
async fn held(tx: &mut Tx, scope: &Scope, id: Id<Publication>, version: i64) -> Result<Row> {
    let row = store::find(tx, scope, id).await?;
    if row.withdrawn_at.is_some() {
        return Err(Error::refused(WITHDRAWN));
    }
    if row.version == version { Ok(row) } else { Err(Error::Stale) }
}

async fn save(tx: &mut Tx, now: Time, who: &Actor, mut row: Row, action: &'static str) -> Result<Row> {
    store::save(tx, &row, who.id).await?;
    row.version += 1;
    Audit::new(action, "publication", row.id.uuid()).under(&row.unit_path).record(tx, now, who).await?;
    Ok(row)
}
