//! The operations of the organisation: what everybody may see of a place, and what staff see and change.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use geo::{Datum, Point, to_wgs84};
use kernel::{Error, Id, Result, Scope, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Directory, borders,
    import::PHONE,
    model::{MAIN_LAYER, Person, Question, STREETS, Unit, UnitKind, UnitState},
    neighbours::{nameable, visible},
    portraits::Faces,
    settings::{ANNOUNCEMENT, HOTLINES, HOURS, HOUSEHOLDS, Hotline},
    store,
};
use crate::{
    app::{App, Shared},
    http::{Allow, Answer, Visitor},
    modules::{
        access::{keys, limits},
        basemap::Basemap,
        files::File,
    },
    permit,
};

mod addresses;
mod board;
mod changes;
mod duty;
mod imports;
#[cfg(test)]
mod imports_tests;
mod portraits;
#[cfg(test)]
mod portraits_tests;
#[cfg(test)]
mod tests;

permit! {
    /// Look units, rosters and responsibilities up.
    ReadOrg = "org.read";
    /// Change units and posts.
    ManageOrg = "org.manage";
    /// Arrange leave.
    ManageLeave = "leave.manage";
}

/// Every operation of this slice.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(district))
        .routes(routes!(place))
        .routes(routes!(addresses::addresses))
        .routes(routes!(grids))
        .routes(routes!(units))
        .routes(routes!(kinds))
        .routes(routes!(unit))
        .routes(routes!(vacancies))
        .routes(routes!(responsible))
        .merge(changes::routes())
        .merge(duty::routes())
        .merge(imports::routes())
        .merge(board::routes())
        .merge(portraits::routes())
}

/// What every page needs to know of the district.
#[derive(Serialize, ToSchema)]
struct District {
    code: String,
    name: String,
    /// Whether a ribbon says that the data is invented.
    demo: bool,
    /// West, south, east, north in WGS84; the whole of China while there are no grids.
    bounds: [f64; 4],
    centre: [f64; 2],
    /// The offset from UTC, such as `+08:00`.
    zone: String,
    hotlines: Vec<Hotline>,
    announcement: Option<String>,
    /// The base map, when there is one: its cells are at `/basemap/{level}/{x}/{y}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    basemap: Option<Basemap>,
}

/// The district: name, extent, telephone numbers.
#[utoipa::path(get, path = "/api/v1/district", tag = "org", extensions(("x-public" = json!(true))), responses((status = 200, body = District)))]
async fn district(State(app): State<Shared>) -> Json<District> {
    let (known, now) = (app.org.directory(), app.clock.now());
    let root = known.value.root();
    let bounds = known.value.bounds().map_or([73.0, 18.0, 135.0, 54.0], |b| [b.min.lon, b.min.lat, b.max.lon, b.max.lat]);
    Json(District {
        code: root.code.clone(),
        name: root.name.clone(),
        demo: app.config.demo,
        centre: [f64::midpoint(bounds[0], bounds[2]), f64::midpoint(bounds[1], bounds[3])],
        bounds,
        zone: offset(&app),
        hotlines: app.access.setting(&HOTLINES, now).everywhere(),
        announcement: app.access.setting(&ANNOUNCEMENT, now).0,
        basemap: app.basemap.outline(),
    })
}

/// The offset of the district's clocks from UTC.
fn offset(app: &App) -> String {
    let noon = Time::from_millis(12 * 3_600_000);
    let wall = app.zone.wall(noon);
    let minutes = (i32::from(wall.hour()) - 12) * 60 + i32::from(wall.minute());
    format!("{}{:02}:{:02}", if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60)
}

/// A point, or a grid by its code.
#[derive(Deserialize, IntoParams)]
struct Whereabouts {
    lon: Option<f64>,
    lat: Option<f64>,
    /// What the coordinates are in; `wgs84` when it is left out.
    datum: Option<String>,
    /// The code of a grid, in place of a point.
    grid: Option<String>,
}

impl Whereabouts {
    /// The grid that is meant; none for a point outside all of them.
    fn grid<'a>(&self, known: &'a Directory, now: Time) -> Result<Option<&'a Unit>> {
        if let Some(code) = self.grid.as_deref() {
            let grid = known.unit_by_code(code).filter(|u| u.at(now).is_some() && known.grid(u.id, now).is_some());
            return grid.map(Some).ok_or_else(|| Error::invalid("grid", "unknown-unit"));
        }
        let lon = self.lon.ok_or_else(|| Error::invalid("lon", "required"))?;
        let lat = self.lat.ok_or_else(|| Error::invalid("lat", "required"))?;
        let point = At { lon, lat, datum: self.datum.clone() }.point()?;
        Ok(known.locate(point.lon, point.lat, now).grid.and_then(|id| known.unit(id)))
    }
}

struct At {
    lon: f64,
    lat: f64,
    datum: Option<String>,
}

impl At {
    fn point(&self) -> Result<Point> {
        let datum: Datum = self.datum.as_deref().unwrap_or("wgs84").parse().map_err(|_| Error::invalid("datum", "unknown"))?;
        let point = Point::new(self.lon, self.lat);
        if point.is_on_earth() { Ok(to_wgs84(datum, point)) } else { Err(Error::invalid("lon", "out-of-range")) }
    }
}

#[derive(Serialize, ToSchema)]
struct PlaceGrid {
    code: String,
    name: String,
    community: Option<String>,
    street: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Contact {
    name: String,
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hours: Option<String>,
    /// The portrait, for `/grids/{code}/portraits/{photo}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    portrait: Option<Id<File>>,
}

/// Who looks after a place.
#[derive(Serialize, ToSchema)]
struct PlaceView {
    grid: Option<PlaceGrid>,
    /// The grid's full-time worker, or whoever has a grid in their stead in which no worker is meant to be.
    worker: Option<Contact>,
    /// Whether there is meant to be a worker and nobody has the post.
    vacant: bool,
    /// Who stands in while the worker is away or the post is vacant.
    deputy: Option<Contact>,
    desk: Option<Contact>,
    /// Numbers for the people of this place, its own community's first; those for everybody are the district's.
    hotlines: Vec<Hotline>,
}

/// Who looks after a place: the grid, its worker, who stands in, and the desk to call.
#[utoipa::path(get, path = "/api/v1/place", tag = "org", params(Whereabouts), extensions(("x-public" = json!(true))), responses((status = 200, body = PlaceView)))]
async fn place(State(app): State<Shared>, visitor: Visitor, Query(at): Query<Whereabouts>) -> Answer<Json<PlaceView>> {
    limits::take(&app, "public_reads", &limits::network(visitor.address))?;
    let (known, now) = (app.org.directory(), app.clock.now());
    let known = &known.value;
    let located = at.grid(known, now)?;
    let mut answer = PlaceView { grid: None, worker: None, vacant: false, deputy: None, desk: None, hotlines: vec![] };
    let desk = located.map_or_else(|| known.root(), |grid| known.desk_of(grid.id, now));
    // A desk without a telephone is called at the one above it.
    let phone = known.ancestors(desk.id, now).into_iter().find_map(|u| u.phone.clone());
    answer.desk = Some(Contact { name: desk.name.clone(), phone, hours: None, portrait: None });
    if let Some(grid) = located {
        let name = |kinds: &[&str]| known.above(grid.id, kinds, now).map(|u| u.name.clone());
        let (community, street) = (name(&["community", "village"]), name(STREETS));
        answer.grid = Some(PlaceGrid { code: grid.code.clone(), name: grid.name.clone(), community, street });
        answer.hotlines = app.access.setting(&HOTLINES, now).nearby(&known.ancestors(grid.id, now));
        let faces = Faces::of(known, grid, now);
        answer.vacant = faces.vacant;
        let hours = app.access.setting(&HOURS, now).0;
        answer.worker = contact(&app, known, faces.worker, hours).await?;
        answer.deputy = contact(&app, known, faces.deputy, None).await?;
    }
    Ok(Json(answer))
}

/// Name, published telephone and portrait of somebody.
async fn contact(app: &App, known: &Directory, person: Option<Id<Person>>, hours: Option<String>) -> Result<Option<Contact>> {
    let Some(person) = person.and_then(|id| known.person(id)) else { return Ok(None) };
    let mut conn = app.db.read().await?;
    let shown = store::shown(&mut conn, person.id).await?;
    let portrait = shown.as_ref().and_then(|r| r.portrait);
    let phone = match shown.filter(|r| r.phone_public).and_then(|r| r.phone) {
        Some(sealed) => match keys::load(&mut conn, app, person.id.uuid()).await {
            Ok(key) => Some(key.open(&sealed, PHONE)?),
            // The key was destroyed: the number is erased.
            Err(Error::NotFound) => None,
            Err(e) => return Err(e),
        },
        None => None,
    };
    Ok(Some(Contact { name: person.name.to_owned(), phone, hours, portrait }))
}

/// Whether somebody is in the charge of a scope: by a post under it, or by the whole district.
fn managed(known: &Directory, scope: &Scope, person: Id<Person>, now: Time) -> bool {
    let posts = known.posts_of(person, now);
    let under = posts.iter().filter_map(|p| known.unit(p.unit)).any(|u| scope.holds(&u.path));
    known.person(person).is_some() && (under || scope.holds(&known.root().path))
}

/// The borders of every grid of the main layer, with code, name and type; the tag moves with the organisation.
#[utoipa::path(get, path = "/api/v1/grids.geojson", tag = "org", extensions(("x-public" = json!(true))),
    responses((status = 200, content_type = "application/geo+json", body = String), (status = 304)))]
async fn grids(State(app): State<Shared>, headers: HeaderMap) -> Answer<Response> {
    let known = app.org.directory();
    let tag = format!("\"org-{}\"", known.revision);
    let cached = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, "no-cache".to_owned())];
    let same = |given: &str| given.split(',').any(|t| t.trim().trim_start_matches("W/") == tag);
    if headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).is_some_and(same) {
        return Ok((StatusCode::NOT_MODIFIED, cached).into_response());
    }
    let body = app.org.map.at(&app.db, &known.value, app.clock.now()).await?;
    Ok((cached, [(header::CONTENT_TYPE, "application/geo+json")], body).into_response())
}

/// The map of the borders, made when it is first asked for at a revision.
#[derive(Debug, Default)]
pub(super) struct Map(tokio::sync::Mutex<Option<(i64, Bytes)>>);

impl Map {
    async fn at(&self, db: &db::Db, known: &Directory, now: Time) -> Result<Bytes> {
        let mut map = self.0.lock().await;
        if let Some((_, text)) = map.as_ref().filter(|(revision, _)| *revision == known.revision) {
            return Ok(text.clone());
        }
        let text: Bytes = feature_collection(db, known, now).await?.into();
        *map = Some((known.revision, text.clone()));
        Ok(text)
    }
}

/// The borders in force as one FeatureCollection.
async fn feature_collection(db: &db::Db, known: &Directory, now: Time) -> Result<String> {
    let rows = store::borders(&mut *db.read().await?, MAIN_LAYER, now).await?;
    Ok(borders::collection(known, &rows))
}

/// A unit in a list.
#[derive(Serialize, ToSchema)]
pub(super) struct UnitLine {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Unit>,
    code: String,
    name: String,
    name_en: Option<String>,
    alias: Option<String>,
    kind: String,
    path: String,
    #[schema(value_type = Option<uuid::Uuid>)]
    parent: Option<Id<Unit>>,
    phone: Option<String>,
    /// Whether it has a desk that can own a case.
    staffed: bool,
}

impl UnitLine {
    fn of(known: &Directory, unit: &Unit, state: &UnitState, at: Time) -> Self {
        Self {
            id: unit.id,
            code: state.code.clone(),
            name: state.name.clone(),
            name_en: state.name_en.clone(),
            alias: state.alias.clone(),
            kind: state.kind.clone(),
            path: state.path.clone(),
            parent: state.parent,
            phone: state.phone.clone(),
            staffed: known.has_desk(unit, at),
        }
    }
}

#[derive(Deserialize, IntoParams)]
struct UnitFilter {
    /// Only of this kind; several are separated by commas.
    kind: Option<String>,
    /// Only those whose name, alias or code contains this.
    q: Option<String>,
    /// Only those directly below this unit.
    #[param(value_type = Option<uuid::Uuid>)]
    parent: Option<Id<Unit>>,
    /// As it was at this instant.
    as_of: Option<Time>,
    /// At most so many, 1 to 200; 50 when it is left out.
    limit: Option<usize>,
    /// The code after which to go on: `next` of the page before.
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct UnitPage {
    items: Vec<UnitLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Units in scope, those of the district itself, and one's own street with what stands directly below it, such as communities and offices:
/// whoever works with a neighbour has to be able to name it. Its people are shown by scope alone. By code.
#[utoipa::path(get, path = "/api/v1/units", tag = "org", params(UnitFilter), responses((status = 200, body = UnitPage)),
    extensions(("x-permission" = json!("org.read"))))]
async fn units(caller: Allow<ReadOrg>, State(app): State<Shared>, Query(filter): Query<UnitFilter>) -> Answer<Json<UnitPage>> {
    let known = app.org.directory();
    let (known, scope) = (&known.value, caller.scope());
    let at = filter.as_of.unwrap_or_else(|| app.clock.now());
    let limit = filter.limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(Error::invalid("limit", "out-of-range").into());
    }
    let kinds: Vec<&str> = filter.kind.as_deref().map(|k| k.split(',').map(str::trim).collect()).unwrap_or_default();
    let q = filter.q.as_deref().unwrap_or_default().trim();
    let mut items: Vec<UnitLine> = Vec::new();
    let mut next = None;
    let mut found: Vec<(&Unit, &UnitState)> = nameable(known, &scope, at)
        .filter(|(_, s)| kinds.is_empty() || kinds.contains(&s.kind.as_str()))
        .filter(|(_, s)| filter.parent.is_none() || s.parent == filter.parent)
        .filter(|(_, s)| {
            q.is_empty() || [Some(&s.name), s.alias.as_ref(), Some(&s.code)].into_iter().flatten().any(|t| t.contains(q))
        })
        .filter(|(_, s)| filter.cursor.as_ref().is_none_or(|c| s.code > *c))
        .collect();
    found.sort_by(|a, b| a.1.code.cmp(&b.1.code));
    for (unit, state) in found {
        if items.len() == limit {
            next = items.last().map(|u| u.code.clone());
            break;
        }
        items.push(UnitLine::of(known, unit, state, at));
    }
    Ok(Json(UnitPage { items, next }))
}

#[derive(Serialize, ToSchema)]
struct Kinds {
    items: Vec<UnitKind>,
}

/// The kinds of units in use.
#[utoipa::path(get, path = "/api/v1/unit-kinds", tag = "org", responses((status = 200, body = Kinds)),
    extensions(("x-permission" = json!("org.read"))))]
async fn kinds(_caller: Allow<ReadOrg>, State(app): State<Shared>) -> Json<Kinds> {
    let known = app.org.directory();
    let mut items: Vec<UnitKind> = known.value.kinds().cloned().collect();
    items.sort_by_key(|k| k.sort);
    Json(Kinds { items })
}

#[derive(Serialize, ToSchema)]
struct PostLine {
    #[schema(value_type = uuid::Uuid)]
    id: Id<super::Post>,
    slot: String,
    title: String,
    person: Option<PersonLine>,
}

#[derive(Serialize, ToSchema)]
struct PersonLine {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Person>,
    staff_no: String,
    name: String,
    employment: Option<String>,
    /// Until when the person is on leave.
    on_leave_until: Option<Time>,
    /// Who stands in.
    deputy: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct VacancyLine {
    unit: UnitLine,
    template: String,
    slot: String,
    name: String,
    least: u32,
    have: u32,
    eligibility: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct StateLine {
    from: Time,
    to: Option<Time>,
    name: String,
    code: String,
    path: String,
}

#[derive(Serialize, ToSchema)]
struct GridFacts {
    r#type: String,
    subtype: Option<String>,
    area_kind: Option<String>,
    layer: String,
    households: Option<u32>,
    /// `too-small` or `too-large` when the households are outside what a grid should have.
    size: Option<&'static str>,
    area_m2: f64,
    east: Option<String>,
    south: Option<String>,
    west: Option<String>,
    north: Option<String>,
    compounds: Vec<String>,
}

/// A unit with its people.
#[derive(Serialize, ToSchema)]
struct UnitView {
    #[serde(flatten)]
    unit: UnitLine,
    serves: Vec<String>,
    /// Codes and names of the units above, nearest first.
    above: Vec<UnitLine>,
    grid: Option<GridFacts>,
    posts: Vec<PostLine>,
    vacancies: Vec<VacancyLine>,
    /// How it stood over time, oldest first.
    history: Vec<StateLine>,
}

#[derive(Deserialize, IntoParams)]
struct AsOfTime {
    /// As it was at this instant.
    as_of: Option<Time>,
}

/// A unit: what it is and was, who is in it, and who is missing.
#[utoipa::path(get, path = "/api/v1/units/{id}", tag = "org", params(("id" = String, Path, format = "uuid"), AsOfTime),
    responses((status = 200, body = UnitView)), extensions(("x-permission" = json!("org.read"))))]
async fn unit(
    caller: Allow<ReadOrg>,
    State(app): State<Shared>,
    Path(id): Path<Id<Unit>>,
    Query(when): Query<AsOfTime>,
) -> Answer<Json<UnitView>> {
    let known = app.org.directory();
    let at = when.as_of.unwrap_or_else(|| app.clock.now());
    view(&app, &known.value, id, at, &caller.scope()).map(Json).ok_or_else(|| Error::NotFound.into())
}

fn view(app: &App, known: &Directory, id: Id<Unit>, at: Time, scope: &Scope) -> Option<UnitView> {
    let unit = known.unit(id)?;
    let state = unit.at(at).filter(|s| visible(known, unit, s, scope, at))?;
    let sizes = sizes(app);
    let grid = known.grid(id, at).map(|g| {
        let [east, south, west, north] = g.sides.clone();
        GridFacts {
            r#type: g.kind.to_string(),
            subtype: g.subtype.clone(),
            area_kind: g.area_kind.clone(),
            layer: g.layer.clone(),
            households: g.households,
            size: known.size(unit, at, &sizes).map(super::roster::Size::word),
            area_m2: g.area_m2.round(),
            east,
            south,
            west,
            north,
            compounds: g.compounds.clone(),
        }
    });
    let posts = known.posts(id, at).map(|p| PostLine {
        id: p.id,
        slot: p.slot.to_owned(),
        title: p.title.to_owned(),
        person: p.holder(at).and_then(|h| person_line(known, h.person, h.employment.map(str::to_owned), at)),
    });
    let line = |u: &Unit| u.at(at).map(|s| UnitLine::of(known, u, s, at));
    let history = unit.states().iter().map(|s| StateLine {
        from: s.from,
        to: s.to,
        name: s.name.clone(),
        code: s.code.clone(),
        path: s.path.clone(),
    });
    Some(UnitView {
        serves: state.serves.clone(),
        above: known.ancestors(id, at).into_iter().skip(1).filter_map(line).collect(),
        grid,
        posts: posts.collect(),
        vacancies: known.vacancies(unit, at).iter().filter_map(|v| vacancy_line(known, v, at)).collect(),
        history: history.collect(),
        unit: UnitLine::of(known, unit, state, at),
    })
}

fn person_line(known: &Directory, id: Id<Person>, employment: Option<String>, at: Time) -> Option<PersonLine> {
    let person = known.person(id)?;
    let leave = known.leave(id, at);
    Some(PersonLine {
        id,
        staff_no: person.staff_no.to_owned(),
        name: person.name.to_owned(),
        employment,
        on_leave_until: leave.map(|l| l.to),
        deputy: leave.and_then(|l| l.deputy).map(|d| known.name_of(d).to_owned()),
    })
}

fn vacancy_line(known: &Directory, v: &super::roster::Vacancy<'_>, at: Time) -> Option<VacancyLine> {
    Some(VacancyLine {
        unit: UnitLine::of(known, v.unit, v.unit.at(at)?, at),
        template: v.slot.template.clone(),
        slot: v.slot.slot.clone(),
        name: v.slot.name.clone(),
        least: v.slot.least,
        have: v.have,
        eligibility: v.slot.eligibility.clone(),
    })
}

/// How many households a grid should have.
fn sizes(app: &App) -> std::ops::RangeInclusive<u32> {
    let set = app.access.setting(&HOUSEHOLDS, app.clock.now());
    set.least..=set.most
}

#[derive(Serialize, ToSchema)]
struct SizeLine {
    unit: UnitLine,
    households: u32,
    size: &'static str,
}

/// What is missing in the rosters of the scope.
#[derive(Serialize, ToSchema)]
struct Gaps {
    vacancies: Vec<VacancyLine>,
    sizes: Vec<SizeLine>,
    /// How many households a grid should have.
    least: u32,
    most: u32,
}

/// Slots of templates with too few people, and grids of the wrong size, in scope.
#[utoipa::path(get, path = "/api/v1/rosters/vacancies", tag = "org", params(AsOfTime), responses((status = 200, body = Gaps)),
    extensions(("x-permission" = json!("org.read"))))]
async fn vacancies(caller: Allow<ReadOrg>, State(app): State<Shared>, Query(when): Query<AsOfTime>) -> Json<Gaps> {
    let known = app.org.directory();
    let (known, scope, sizes) = (&known.value, caller.scope(), sizes(&app));
    let at = when.as_of.unwrap_or_else(|| app.clock.now());
    let inside = || known.units().filter(|u| u.at(at).is_some_and(|s| scope.holds(&s.path)));
    let size = |unit: &Unit| {
        let (size, grid) = (known.size(unit, at, &sizes)?, known.grid(unit.id, at)?);
        let unit = UnitLine::of(known, unit, unit.at(at)?, at);
        Some(SizeLine { unit, households: grid.households?, size: size.word() })
    };
    Json(Gaps {
        vacancies: inside().flat_map(|u| known.vacancies(u, at)).filter_map(|v| vacancy_line(known, &v, at)).collect(),
        sizes: inside().filter_map(size).collect(),
        least: *sizes.start(),
        most: *sizes.end(),
    })
}

#[derive(Deserialize, IntoParams)]
struct Asking {
    /// Who leads, as the catalogue writes it: a unit's name or a word such as 属地网格.
    lead: String,
    lon: Option<f64>,
    lat: Option<f64>,
    /// What the coordinates are in; `wgs84` when it is left out.
    datum: Option<String>,
    /// The code of the grid or unit, instead of a point.
    unit: Option<String>,
    /// When; now when it is left out.
    as_of: Option<Time>,
}

#[derive(Serialize, ToSchema)]
struct ReasonLine {
    code: &'static str,
    words: String,
    words_en: String,
}

/// Who is responsible, and why.
#[derive(Serialize, ToSchema)]
struct ResponsibleView {
    grid: Option<UnitLine>,
    /// Other grids that claim the point.
    others: Vec<UnitLine>,
    unit: UnitLine,
    person: Option<PersonLine>,
    reasons: Vec<ReasonLine>,
    attention: Vec<&'static str>,
}

/// Who is responsible at a place, for a matter, at a time, and why. It decides nothing; dispatching asks the same question.
#[utoipa::path(get, path = "/api/v1/responsible", tag = "org", params(Asking), responses((status = 200, body = ResponsibleView)),
    extensions(("x-permission" = json!("org.read"))))]
async fn responsible(
    _caller: Allow<ReadOrg>,
    State(app): State<Shared>,
    Query(ask): Query<Asking>,
) -> Answer<Json<ResponsibleView>> {
    let known = app.org.directory();
    let known = &known.value;
    let at = ask.as_of.unwrap_or_else(|| app.clock.now());
    let located = match (ask.lon, ask.lat) {
        (Some(lon), Some(lat)) => {
            let point = At { lon, lat, datum: ask.datum }.point()?;
            known.locate(point.lon, point.lat, at)
        }
        _ => super::Located::default(),
    };
    let named = match &ask.unit {
        Some(code) => Some(known.unit_by_code(code).ok_or_else(|| Error::invalid("unit", "unknown"))?.id),
        None => None,
    };
    let lead = known.lead(&ask.lead);
    let answer = known.responsible(&Question { place: named.or(located.grid), lead: &lead, at, not: &[] });
    let line = |id: Id<Unit>| known.unit(id).map(|u| UnitLine::of(known, u, u.last_known(at), at));
    let reason = |r: &super::Reason| ReasonLine { code: r.code, words: r.zh(), words_en: r.en() };
    Ok(Json(ResponsibleView {
        grid: located.grid.and_then(line),
        others: located.others.into_iter().filter_map(line).collect(),
        unit: line(answer.unit).ok_or(Error::NotFound)?,
        person: answer.person.and_then(|p| person_line(known, p, None, at)),
        reasons: answer.reasons.iter().map(reason).collect(),
        attention: answer.attention,
    }))
}
