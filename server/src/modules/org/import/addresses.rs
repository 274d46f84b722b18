//! The address book from GeoJSON: compounds or buildings with name, address and, for a building, its compound. A file replaces the book of its kind.

use db::Db;
use geo::Datum;
use kernel::{Id, Result, Time};

use super::{Report, begin, grids::text, picture, record};
use crate::{
    modules::org::{
        address::{Address, AddressKind, natural, words},
        store,
    },
    table::{Fault, unpack},
};

/// How an address book is taken.
#[derive(Clone, Copy, Debug)]
pub struct AddressOptions {
    /// What the file holds.
    pub kind: AddressKind,
    /// What its coordinates are in.
    pub datum: Datum,
    /// Judge only.
    pub dry_run: bool,
}

/// Reads the file (plain or gzip) and writes it in place of the book of this kind, unless something is wrong or it is a dry run.
pub async fn addresses(db: &Db, now: Time, bytes: Vec<u8>, options: AddressOptions) -> Result<Report> {
    let bytes = match unpack(bytes) {
        Ok(bytes) => bytes,
        Err(e) => return Ok(e.into()),
    };
    let reading = match geo::read_geojson(&bytes, options.datum) {
        Ok(reading) => reading,
        Err(e) => return Ok(crate::table::Unreadable::new(format!("不是 GeoJSON 文件：{e}"), e.to_string()).into()),
    };
    let directory = picture(db).await?;
    let mut report = Report { read: reading.total, ..Report::default() };
    let mut book = Vec::with_capacity(reading.features.len());
    for feature in &reading.features {
        let get = |field: &str| text(&feature.properties, &[], field);
        let (name, place) = (get("name"), get("address"));
        let fault = |zh: &str, en: &str| Fault {
            row: feature.index + 1,
            column: "name".into(),
            value: place.clone().unwrap_or_default(),
            zh: zh.into(),
            en: en.into(),
        };
        let Some(name) = name.or_else(|| place.clone()) else {
            report.fault(fault("缺少名称和地址", "neither a name nor an address"));
            continue;
        };
        let name = get("compound").map_or(name.clone(), |compound| compound + &name);
        let Some(point) = feature.geometry.inner_point().or_else(|| feature.geometry.centroid()) else {
            report.note("no-area", fault("图形没有面积，已略过", "the shape has no area and is left out"));
            continue;
        };
        let grid = directory.locate(point.lon, point.lat, now).grid;
        let words = words(&format!("{name}{}", place.as_deref().unwrap_or_default()));
        book.push(Address {
            id: Id::new(now),
            kind: options.kind,
            n: 0,
            place: place.unwrap_or_else(|| name.clone()),
            name,
            words,
            grid_id: grid,
            lon: point.lon,
            lat: point.lat,
        });
    }
    book.sort_by_cached_key(|a| (natural(&a.name), natural(&a.place)));
    for (address, n) in book.iter_mut().zip(options.kind.first()..) {
        address.n = n;
    }
    report.added = book.len();
    if options.dry_run || !report.faults.is_empty() {
        return Ok(report);
    }
    let mut tx = begin(db, &directory).await?;
    report.changed = usize::try_from(store::clear_addresses(&mut tx, options.kind).await?).unwrap_or_default();
    for part in book.chunks(500) {
        store::insert_addresses(&mut tx, part).await?;
    }
    record(&mut tx, now, directory.root(), "addresses", &report, &kernel::Actor::system()).await?;
    tx.commit().await?;
    report.applied = true;
    Ok(report)
}
