//! Finding one's grid by an address: streets, communities and grids of the organisation, and the address book. For everybody, so with a limit and
//! without anything about a person.

use axum::{
    Json,
    extract::{Query, State},
};
use kernel::{Cursor, Error, Page, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::Shared,
    http::{Answer, Visitor},
    modules::{
        access::limits,
        org::{
            Directory,
            address::{Address, AddressKind, runs, words},
            model::{COMMUNITIES, GRID, STREETS, Unit},
            store,
        },
    },
};

/// What is looked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Sought {
    /// Words of the address, at most 60 characters.
    q: String,
    /// Only what lies directly below this unit: streets of the district, communities of a street, grids of a community, addresses of a grid.
    under: Option<String>,
    /// 1 to 50, 20 when absent.
    limit: Option<usize>,
    /// Where to read on.
    cursor: Option<String>,
}

/// A place that was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Found {
    /// `street`, `community`, `grid`, `compound` or `building`.
    kind: &'static str,
    name: String,
    /// Where it is, in words.
    place: String,
    /// The code of a unit, to look below it; null for an address.
    code: Option<String>,
    /// The grid that it is or lies in.
    grid: Option<FoundGrid>,
    /// A point inside an address.
    lon: Option<f64>,
    lat: Option<f64>,
}

/// A grid that a place lies in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FoundGrid {
    code: String,
    name: String,
}

/// The levels of the tree that residents know, with the kinds of units of each.
const LEVELS: [(&str, &[&str]); 3] = [("street", STREETS), ("community", COMMUNITIES), ("grid", &[GRID])];

fn level(known: &Directory, unit: &Unit, at: Time) -> Option<&'static str> {
    known.unit(unit.id)?;
    let kind = &unit.at(at)?.kind;
    LEVELS.iter().find(|(_, kinds)| kinds.contains(&kind.as_str())).map(|(name, _)| *name)
}

/// A unit as it is found; its place is the names above it.
fn found_unit(known: &Directory, unit: &Unit, kind: &'static str, at: Time) -> Found {
    let above = known.ancestors(unit.id, at).into_iter().skip(1);
    let names: Vec<&str> = above.filter(|u| level(known, u, at).is_some()).map(|u| u.name.as_str()).collect();
    let grid = (kind == "grid").then(|| FoundGrid { code: unit.code.clone(), name: unit.name.clone() });
    let place = names.into_iter().rev().collect();
    Found { kind, name: unit.name.clone(), place, code: Some(unit.code.clone()), grid, lon: None, lat: None }
}

fn found_address(known: &Directory, address: Address, at: Time) -> Found {
    // Borders may have moved since the book was read, so the point decides.
    let grid = known.locate(address.lon, address.lat, at).grid.and_then(|g| known.unit(g));
    Found {
        kind: address.kind.word(),
        name: address.name,
        place: address.place,
        code: None,
        grid: grid.map(|u| FoundGrid { code: u.code.clone(), name: u.name.clone() }),
        lon: Some(address.lon),
        lat: Some(address.lat),
    }
}

/// Find a place by words of its address, or by going down the tree.
#[utoipa::path(get, path = "/api/v1/addresses", tag = "org", params(Sought), responses((status = 200, body = Page<Found>)),
    extensions(("x-public" = json!(true))))]
pub async fn addresses(State(app): State<Shared>, visitor: Visitor, Query(sought): Query<Sought>) -> Answer<Json<Page<Found>>> {
    limits::take(&app, "addresses", &limits::network(visitor.address))?;
    let limit = sought.limit.unwrap_or(20);
    if !(1..=50).contains(&limit) {
        return Err(Error::invalid("limit", "out-of-range").into());
    }
    if sought.q.chars().count() > 60 {
        return Err(Error::invalid("q", "too-long").into());
    }
    let (known, now) = (app.org.directory(), app.clock.now());
    let known = &known.value;
    let under = match sought.under.as_deref().filter(|code| !code.is_empty()) {
        None => None,
        Some(code) => Some(
            known.unit_by_code(code).filter(|u| u.at(now).is_some()).ok_or_else(|| Error::invalid("under", "unknown-unit"))?,
        ),
    };
    let runs = runs(&sought.q);
    if runs.is_empty() && under.is_none() {
        return Ok(Json(Page { items: vec![], next: None }));
    }
    let cursor = sought.cursor.as_deref().map(Cursor::decode).transpose()?;
    let as_of = cursor.map_or(now, |c| c.as_of);
    let after = cursor.map_or(-1, |c| c.at);
    let units = units(known, &runs, under, as_of);
    let mut items: Vec<(i64, uuid::Uuid, Found)> = (0_i64..)
        .zip(units)
        .filter(|(n, _)| *n > after)
        .take(limit + 1)
        .map(|(n, (u, kind))| (n, u.id.uuid(), found_unit(known, u, kind, as_of)))
        .collect();
    if items.len() <= limit {
        let grid = under.map(|u| u.id);
        let mut conn = app.db.read().await?;
        let mut pattern = runs;
        loop {
            let most = i64::try_from(limit + 1 - items.len()).unwrap_or(1);
            let like = (!pattern.is_empty()).then(|| format!("%{}%", pattern.join("%")));
            let book = store::addresses(&mut conn, like, grid, after.max(AddressKind::Compound.first() - 1), most).await?;
            let none = book.is_empty() && items.is_empty() && cursor.is_none();
            items.extend(book.into_iter().map(|a| (a.n, a.id.uuid(), found_address(known, a, as_of))));
            // A floor or a door is in no book: what stands before it is looked for then.
            if !none || pattern.len() < 2 {
                break;
            }
            pattern.pop();
        }
    }
    let page = Page::cut(items, limit, as_of, |(n, id, _)| (*n, *id));
    Ok(Json(page.map(|(_, _, found)| found)))
}

/// Units that fit, streets before communities before grids, each by code.
fn units<'a>(known: &'a Directory, runs: &[String], under: Option<&'a Unit>, at: Time) -> Vec<(&'a Unit, &'static str)> {
    let fits = |unit: &Unit| {
        let state = unit.at(at);
        let called = |text: &str| {
            let words = words(text);
            let mut rest = words.as_str();
            runs.iter().all(|run| rest.find(run.as_str()).map(|at| rest = &rest[at + run.len()..]).is_some())
        };
        state.is_some_and(|s| called(&s.name) || s.alias.as_deref().is_some_and(called))
    };
    let below = |unit: &Unit| under.is_none_or(|top| unit.at(at).is_some_and(|s| s.parent == Some(top.id)));
    let mut found: Vec<(usize, &Unit, &'static str)> = Vec::new();
    for unit in known.units().filter(|u| below(u) && fits(u)) {
        if let Some(kind) = level(known, unit, at) {
            found.push((LEVELS.iter().position(|(name, _)| *name == kind).unwrap_or_default(), unit, kind));
        }
    }
    found.sort_by(|a, b| (a.0, &a.1.code).cmp(&(b.0, &b.1.code)));
    found.into_iter().map(|(_, unit, kind)| (unit, kind)).collect()
}
