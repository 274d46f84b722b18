//! What callers look up or see in clear, beside lists: similar cases, the way back by number and phone, revealed fields, exports.

use db::{Conn, Tx};
use kernel::{Actor, Error, Id, Result, Scope};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Ground, report::digits};
use crate::{
    app::App,
    modules::{
        access::{
            self,
            audit::Audit,
            private::{self, Revealed},
        },
        catalogue::Matter,
        incidents::{
            duplicates::{self, Candidate, Places},
            export::Format,
            model::{Incident, NO_SUCH_REPORT},
            store::{self, Case},
            track,
        },
    },
    personal,
};

/// Open cases that look like this one, of those that the scope may see.
pub async fn similar(conn: &mut Conn, ground: &Ground, scope: &Scope, case: &Case) -> Result<Vec<Candidate>> {
    let (Some(grid), Some((lon, lat))) = (case.grid_id, case.lon.zip(case.lat)) else { return Ok(vec![]) };
    let since = case.reported_at.plus_days(-duplicates::DAYS);
    let mut near = store::near(conn, scope, grid, since, duplicates::LOOKED_FOR).await?;
    near.retain(|n| n.id != case.id);
    Ok(duplicates::candidates(ground, &near, Places::Exact, geo::Point::new(lon, lat), &case.fingerprint, case.matter_id))
}

/// Other open cases a few steps from this one, whatever they are about, on either side of a grid's border.
pub async fn around(conn: &mut Conn, ground: &Ground, scope: &Scope, case: &Case, alike: &[Candidate]) -> Result<Vec<Candidate>> {
    let Some((lon, lat)) = case.lon.zip(case.lat) else { return Ok(vec![]) };
    let here = geo::Point::new(lon, lat);
    let grids = duplicates::grids_around(ground, here, case.grid_id);
    let bounds = geo::Bounds::around(here, duplicates::STEPS);
    let since = ground.now.plus_days(-duplicates::RECENT_DAYS);
    let mut near = store::around(conn, scope, &grids, bounds, since, duplicates::LOOKED_FOR).await?;
    near.retain(|n| n.id != case.id && alike.iter().all(|one| one.id != n.id));
    Ok(duplicates::nearest(ground, &near, here))
}

/// Open cases near a point that look like these words and that anybody may join, before a report is sent.
pub async fn near(
    app: &App,
    ground: &Ground,
    point: Option<(f64, f64)>,
    datum: Option<&str>,
    words: &str,
    matter: Option<Id<Matter>>,
) -> Result<Vec<Candidate>> {
    let Some((lon, lat)) = point.filter(|(lon, lat)| lon.is_finite() && lat.is_finite()) else { return Ok(vec![]) };
    let datum = datum.unwrap_or("wgs84").parse().map_err(|_| Error::invalid("datum", "unknown-datum"))?;
    let point = geo::to_wgs84(datum, geo::Point::new(lon, lat));
    let Some(grid) = ground.org.value.locate(point.lon, point.lat, ground.now).grid else { return Ok(vec![]) };
    let since = ground.now.plus_days(-duplicates::DAYS);
    let mut near = store::near(&mut *app.db.read().await?, &Scope::All, grid, since, duplicates::LOOKED_FOR).await?;
    duplicates::leave_public(ground, &mut near);
    let fingerprint = duplicates::fingerprint(&text::redact(words).text);
    Ok(duplicates::candidates(ground, &near, Places::Cells, point, &fingerprint, matter))
}

/// The reporter's link by number and last digits of the phone. Every failure looks the same.
pub async fn look_up(app: &App, code: &str, last4: &str) -> Result<String> {
    let nothing = || Error::refused(NO_SUCH_REPORT);
    let mut conn = app.db.read().await?;
    let case = store::by_code(&mut conn, code).await?.ok_or_else(nothing)?;
    let sealed = case.phone_sealed.as_ref().ok_or_else(nothing)?;
    let key = access::keys::load(&mut conn, app, case.id.uuid()).await?;
    let phone = digits(&key.open(sealed, "phone")?);
    if last4.len() == 4 && phone.ends_with(last4) { Ok(track::of(&app.keys, case.id.uuid())) } else { Err(nothing()) }
}

db::words! {
    /// A personal field of a case.
    pub enum Field {
        /// The reporter's phone.
        Phone = "phone",
        /// The reporter's name.
        Name = "name",
        /// The original words.
        Text = "text",
        /// The full address.
        Address = "address",
    }
}

/// A wish to read one field in clear.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reveal {
    /// Which field.
    pub field: Field,
    /// What for; kept in the audit record.
    pub purpose: String,
}

personal! {
    /// The reporter's phone.
    REPORTER_PHONE = "incident.phone" { purpose: "to answer the reporter and to ask for details", basis: "the reporter's wish to be answered", kept_days: 1095, index: Exact };
    /// The reporter's name.
    REPORTER_NAME = "incident.name" { purpose: "to address the reporter", basis: "the reporter's wish to be answered", kept_days: 1095, index: None };
    /// The report's original words.
    REPORT_BODY = "incident.text" { purpose: "to handle the matter", basis: "duty of office", kept_days: 1095, index: None };
    /// The full address in words.
    REPORT_ADDRESS = "incident.address" { purpose: "to find the place", basis: "duty of office", kept_days: 1095, index: None };
}

/// Shows a field in clear and writes who looked, at what, what for. A confidential reporter's name and phone are shown to nobody; the
/// inner error is that denial, whose audit row must be kept.
pub async fn reveal(
    tx: &mut Tx,
    app: &App,
    who: &Actor,
    scope: &Scope,
    id: Id<Incident>,
    body: &Reveal,
) -> Result<Result<Revealed>> {
    let case = store::find(tx, scope, id).await?;
    let (field, sealed, context) = match body.field {
        Field::Phone => (&REPORTER_PHONE, case.phone_sealed.as_deref(), "phone"),
        Field::Name => (&REPORTER_NAME, case.name_sealed.as_deref(), "name"),
        Field::Address => (&REPORT_ADDRESS, case.address_sealed.as_deref(), "address"),
        Field::Text => (&REPORT_BODY, Some(case.body_sealed.as_slice()), "body"),
    };
    let allowed = !(case.confidential && matches!(body.field, Field::Phone | Field::Name));
    let (object, path, purpose) = (case.id.uuid(), case.owner_path.as_str(), body.purpose.as_str());
    let look = private::Look { field, object_kind: "incident", object, path, purpose, sealed, context };
    private::reveal(tx, app, app.clock.now(), who, &look, allowed).await
}

/// Writes that a list is about to be exported, before a byte of it leaves: the format and the names of the parameters.
pub async fn exporting(app: &App, who: &Actor, format: Format, parameters: Vec<&'static str>) -> Result<()> {
    let mut tx = app.db.begin();
    let row =
        Audit::new("incident.export", "list", uuid::Uuid::nil()).with("format", format.word()).with("parameters", parameters);
    row.record(&mut tx, app.clock.now(), who).await?;
    tx.commit().await
}

/// Writes how many cases a list held that was exported.
pub async fn exported(app: &App, who: &Actor, format: Format, count: usize) -> Result<()> {
    let mut tx = app.db.begin();
    let row = Audit::new("incident.exported", "list", uuid::Uuid::nil()).with("format", format.word()).with("count", count);
    row.record(&mut tx, app.clock.now(), who).await?;
    tx.commit().await
}
