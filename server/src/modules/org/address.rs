//! Finding one's grid by an address: streets, communities and grids of the organisation, and the address book of compounds and buildings. Nothing
//! here is about a person: names of places and points inside them.

use axum::{
    Json,
    extract::{Query, State},
};
use db::{record, words};
use kernel::{Cursor, Error, Id, Page, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Directory,
    model::{COMMUNITIES, GRID, STREETS, Unit},
    store,
};
use crate::{
    app::Shared,
    http::{Answer, Visitor},
    modules::access::limits,
};

words! {
    /// What an entry of the address book is.
    pub enum AddressKind {
        /// 小区
        Compound = "compound",
        /// 楼栋
        Building = "building",
    }
}

impl AddressKind {
    /// The place in the book of the first entry of this kind: compounds stand before buildings.
    pub const fn first(self) -> i64 {
        match self {
            Self::Compound => 1 << 32,
            Self::Building => 2 << 32,
        }
    }
}

record! {
    /// An entry of the address book.
    #[derive(Clone, Debug)]
    pub struct Address {
        pub id: Id<Address>,
        pub kind: AddressKind,
        pub n: i64,
        pub name: String,
        pub place: String,
        pub words: String,
        pub grid_id: Option<Id<Unit>>,
        pub lon: f64,
        pub lat: f64,
    }
}

/// A text as addresses are compared: without spaces and signs, small letters, plain digits, one word for a block.
pub fn words(text: &str) -> String {
    let plain = |c: char| match c {
        '０'..='９' => char::from_u32(c as u32 - 0xff10 + 0x30).unwrap_or(c),
        _ => c.to_ascii_lowercase(),
    };
    let kept: String = text.chars().map(plain).filter(|c| c.is_alphanumeric()).collect();
    kept.replace("号楼", "栋").replace('幢', "栋")
}

/// The runs of a text that must follow one another: a number begins a new one, and so does a space.
fn runs(text: &str) -> Vec<String> {
    let mut runs: Vec<String> = Vec::new();
    for part in text.split_whitespace() {
        let mut before = None::<char>;
        for c in words(part).chars() {
            let digit = c.is_ascii_digit();
            match runs.last_mut() {
                Some(run) if before.is_some_and(|b| !digit || b.is_ascii_digit()) => run.push(c),
                _ => runs.push(c.to_string()),
            }
            before = Some(c);
        }
    }
    runs
}

/// A key by which 2栋 stands before 12栋.
pub fn natural(text: &str) -> String {
    let (mut key, mut digits) = (String::with_capacity(text.len() + 8), String::new());
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            key.push_str(&format!("{digits:0>10}"));
            digits.clear();
        }
        key.push(c);
    }
    key
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_however_they_are_written() {
        assert_eq!(words("柳荫新村 ３号楼"), words("柳荫新村3栋"));
        assert_eq!(words("柳荫新村3幢"), "柳荫新村3栋");
        assert_eq!(runs("柳荫3栋501室"), ["柳荫", "3栋", "501室"]);
        assert_eq!(runs(" 柳荫 路 "), ["柳荫", "路"]);
        assert!(runs("%_").is_empty(), "signs that the search itself understands are no words");
    }

    #[test]
    fn two_stands_before_twelve() {
        let mut names = ["柳荫12栋", "柳荫2栋", "柳荫1栋"];
        names.sort_by_key(|n| natural(n));
        assert_eq!(names, ["柳荫1栋", "柳荫2栋", "柳荫12栋"]);
    }
}
