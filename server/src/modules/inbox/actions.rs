//! Use cases: pack, log of a day, meter, told reports.

use db::{Conn, Tx};
use jiff::civil::Date;
use kernel::{Actor, Cursor, Error, Id, Permission, Result, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    model::{
        self, BACK_DAYS, KEPT_DAYS, LONGEST_ENTRY, Line, LineKind, MOST_CASES, MOST_DEEDS, MOST_ENTRIES, MOST_GRIDS, MOST_UNITS,
        MUST_REPORTS, MustReport, OVERLAP, PAGE,
    },
    store::{self, DayEntry, Told},
};
use crate::{
    app::App,
    modules::{
        access::{audit::Audit, keys},
        files,
        incidents::{
            actions::Ground,
            carry::{self, Deed},
            model::Incident,
            rules::photos::RESULT_PHOTOS,
            view::CaseView,
        },
        org,
    },
    personal,
};

kernel::codes! {
    /// A day has enough own entries.
    DAY_FULL = "day-full";
    /// Only what goes to a service directly is told; everything else is reported.
    NOT_TOLD = "reported-instead";
}

personal! {
    /// What a worker adds to the log of a day.
    DAY_WORDS = "day_entry.words" { purpose: "to remember what was done", basis: "duty of office", kept_days: 1095, index: None };
}

/// A reason for returning a case.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReasonView {
    code: String,
    words: String,
    /// Whether papers or photographs are required.
    evidence: bool,
}

/// The borders of the caller's own grids.
#[derive(Debug, Serialize, ToSchema)]
pub struct Borders {
    /// Moves with every change of the organisation.
    revision: i64,
    /// A FeatureCollection with `code, name, type`.
    #[schema(value_type = Object)]
    grids: serde_json::Value,
}

/// A desk that can be rung for a grid.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeskView {
    grid: String,
    name: String,
    phone: Option<String>,
}

/// What a device keeps. What has not moved since the revisions that the caller named is left out.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pack {
    /// Pass it as `since` the next time; of the first page of a pack.
    cursor: String,
    /// Every case that belongs to the pack, on its first page: what is not among them leaves the device.
    #[schema(value_type = Option<Vec<uuid::Uuid>>)]
    held: Option<Vec<Id<Incident>>>,
    /// Whether the caller may see more cases than a device holds.
    cut: bool,
    /// Cases that changed, whole.
    cases: Vec<CaseView>,
    /// Pass it as `after` for the next page.
    next: Option<String>,
    /// The revision of the catalogue.
    catalogue: i64,
    /// The revision of the organisation, which borders, desks and units hang on.
    org: i64,
    borders: Option<Borders>,
    desks: Vec<DeskView>,
    /// The units that the caller can name, such as whom to ask for help, by code; empty where they are too many to carry, none where the organisation
    /// did not move.
    units: Option<Vec<org::Neighbour>>,
    must_reports: Vec<MustReport>,
    reasons: Vec<ReasonView>,
    /// Until when results of matters whose catalogue asks for evidence must show a photograph, but for emergencies; null while that is off.
    photo_until: Option<Time>,
}

/// What the caller has already.
#[derive(Debug, Default)]
pub struct Have {
    /// The cursor of the last pack.
    pub since: Option<Time>,
    /// The last case of the page before.
    pub after: Option<Id<Incident>>,
    /// The revision of the organisation.
    pub org: Option<i64>,
}

/// A page of the caller's pack.
pub async fn pack(conn: &mut Conn, app: &App, ground: &Ground, who: &Actor, have: &Have) -> Result<Pack> {
    let scope = carry::reach(app, who.scope(Permission("incident.read")));
    let reads = who.may(Permission("incident.read"));
    let mut held =
        if reads { carry::held(conn, &scope, ground.now.plus_days(-KEPT_DAYS), MOST_CASES as i64 + 1).await? } else { vec![] };
    let cut = held.len() > MOST_CASES;
    held.truncate(MOST_CASES);
    let since = have.since.map(|at| at.plus_millis(-OVERLAP));
    let changed: Vec<Id<Incident>> = held.iter().filter(|h| since.is_none_or(|at| h.changed_at >= at)).map(|h| h.id).collect();
    // A case that left the pack between two pages lets the next begin again: what comes twice is the same twice.
    let from = have.after.and_then(|id| changed.iter().position(|c| *c == id)).map_or(0, |at| at + 1);
    let page: Vec<Id<Incident>> = changed.iter().skip(from).take(PAGE).copied().collect();
    let cases = carry::whole(conn, app, ground, who, &scope, &page).await?;
    let next = page.last().filter(|_| from + page.len() < changed.len()).map(|id| id.uuid().to_string());
    let first = have.after.is_none();
    let own = who.scope(Permission("pack.read"));
    let moved = first && have.org != Some(ground.org.revision);
    let borders = if moved { org::own_borders(conn, &ground.org.value, &own, ground.now, MOST_GRIDS).await? } else { None };
    let names = moved && who.may(Permission("org.read"));
    let all = || org::neighbours(&ground.org.value, &who.scope(Permission("org.read")), ground.now, MOST_UNITS);
    let units = if names { all() } else { vec![] };
    let reasons = if first && reads { carry::return_reasons(conn).await? } else { vec![] };
    Ok(Pack {
        cursor: Cursor { as_of: ground.now, at: 0, id: Uuid::nil() }.encode(),
        held: first.then(|| held.iter().map(|h| h.id).collect()),
        cut,
        cases,
        next,
        catalogue: ground.catalogue.revision,
        org: ground.org.revision,
        borders: borders.map(|grids| Borders { revision: ground.org.revision, grids }),
        desks: if moved { desks(ground, &own) } else { vec![] },
        units: moved.then_some(units),
        must_reports: if first { app.access.setting(&MUST_REPORTS, ground.now).0 } else { vec![] },
        reasons: reasons.into_iter().map(|r| ReasonView { code: r.code, words: r.words, evidence: r.evidence }).collect(),
        photo_until: app.access.open_until(&RESULT_PHOTOS, ground.now),
    })
}

/// Who is rung for each of the caller's grids.
fn desks(ground: &Ground, own: &kernel::Scope) -> Vec<DeskView> {
    let known = &ground.org.value;
    let grids = org::grids_under(known, own, ground.now, MOST_GRIDS).into_iter().filter_map(|id| known.unit(id));
    let desk = |grid: &org::Unit| {
        let desk = known.desk_of(grid.id, ground.now);
        let phone = known.ancestors(desk.id, ground.now).into_iter().find_map(|u| u.phone.clone());
        DeskView { grid: grid.code.clone(), name: desk.name.clone(), phone }
    };
    grids.map(desk).collect()
}

/// The log of a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct DayLog {
    /// `YYYY-MM-DD` in the district.
    day: String,
    lines: Vec<Line>,
    /// Photographs that were sent with cases.
    photos: i64,
    /// Whether there was more than is told.
    cut: bool,
}

pub(super) fn day_bounds(app: &App, day: Date) -> (Time, Time) {
    let from = app.zone.instant(day.at(0, 0, 0, 0));
    (from, from.plus_days(1))
}

pub(super) fn read_day(field: &'static str, text: &str) -> Result<Date> {
    text.parse().map_err(|_| Error::invalid(field, "bad-date"))
}

/// What the caller did on a day, with what he added himself.
pub async fn day(conn: &mut Conn, app: &App, ground: &Ground, who: &Actor, day: Option<&str>) -> Result<DayLog> {
    let date = day.map_or_else(|| Ok(app.zone.date(ground.now)), |d| read_day("day", d))?;
    let (from, to) = day_bounds(app, date);
    let deeds = carry::deeds(conn, who.id, from, to, MOST_DEEDS + 1).await?;
    let told = store::told(conn, who.id, from, to).await?;
    let text = date.to_string();
    let own = store::entries(conn, who.id, &text).await?;
    let ids: Vec<Uuid> = own.iter().map(|e| e.id).collect();
    let opened = keys::load_many(conn, app, &ids).await?;
    let photos = files::sent_by(conn, who.id, "incident", from, to).await?.iter().map(|p| p.2).sum();
    let mut lines: Vec<Line> = deeds.iter().filter(|d| !model::by_itself(d)).map(|d| deed_line(ground, d)).collect();
    let cut = deeds.len() > MOST_DEEDS as usize;
    lines.extend(told.into_iter().map(|t| Line {
        action: Some(t.kind),
        id: Some(t.id),
        ..line(t.at, LineKind::Told, String::new())
    }));
    for entry in own {
        let Some((_, key)) = opened.iter().find(|(id, _)| *id == entry.id) else { continue };
        let words = key.open(&entry.words_sealed, "words")?;
        lines.push(Line { id: Some(entry.id), ..line(entry.at, LineKind::Own, words) });
    }
    lines.sort_by_key(|l| l.at);
    Ok(DayLog { day: text, lines, photos, cut })
}

fn line(at: Time, what: LineKind, words: String) -> Line {
    Line { at, what, id: None, action: None, incident: None, code: None, title: None, grid: None, words, spoken: None }
}

fn deed_line(ground: &Ground, deed: &Deed) -> Line {
    Line {
        action: Some(deed.action.word().to_owned()),
        incident: Some(deed.incident_id.uuid()),
        code: Some(deed.code.clone()),
        title: Some(deed.title.clone()),
        grid: deed.grid_id.and_then(|g| ground.org.value.unit(g)).map(|u| u.name.clone()),
        spoken: deed.spoken.clone().map(|s| s.0),
        ..line(deed.at, LineKind::Deed, deed.words.clone())
    }
}

/// Something to add to a day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEntry {
    /// The id as the device made it, a UUIDv7.
    pub id: Option<Uuid>,
    /// `YYYY-MM-DD`, at most a month back.
    pub day: String,
    /// At most 1,000 characters; nobody else reads them.
    pub words: String,
    /// When it was written down, as the device says; never later than now.
    pub at: Option<Time>,
}

/// An entry that was added.
#[derive(Debug, Serialize, ToSchema)]
pub struct Added {
    id: Uuid,
}

/// Adds something to a day of the caller's.
pub async fn add_entry(tx: &mut Tx, app: &App, now: Time, who: &Actor, new: &NewEntry) -> Result<Added> {
    let date = read_day("day", &new.day)?;
    let today = app.zone.date(now);
    if date > today || date < app.zone.date(now.plus_days(-BACK_DAYS)) {
        return Err(Error::invalid("day", "out-of-range"));
    }
    let words = new.words.trim();
    if words.is_empty() {
        return Err(Error::invalid("words", "required"));
    }
    if words.chars().count() > LONGEST_ENTRY {
        return Err(Error::invalid("words", "too-long"));
    }
    if new.id.is_some_and(|id| id.get_version_num() != 7) {
        return Err(Error::invalid("id", "bad-id"));
    }
    let day = date.to_string();
    if store::count(tx, who.id, &day).await? >= MOST_ENTRIES {
        return Err(Error::refused_with(DAY_FULL, "most", MOST_ENTRIES));
    }
    let id = new.id.unwrap_or_else(|| Id::<DayEntry>::new(now).uuid());
    let (from, to) = day_bounds(app, date);
    let at = new.at.unwrap_or(now).min(now).clamp(from, to.plus_millis(-1));
    let key = app.keys.data_key();
    let taken = |e: Error| if db::unique_violation(&e).is_some() { Error::invalid("id", "taken") } else { e };
    keys::store(tx, id, &app.keys.wrap(&key, id)?).await.map_err(taken)?;
    store::add(tx, who.id, &day, &DayEntry { id, at, words_sealed: key.seal(words, "words")? }).await?;
    Audit::new("day.add", "day_entry", id).record(tx, now, who).await?;
    Ok(Added { id })
}

/// Takes an own entry back; its words can never be read again.
pub async fn take_back(tx: &mut Tx, now: Time, who: &Actor, id: Uuid) -> Result<()> {
    if !store::take_back(tx, who.id, id).await? {
        return Err(Error::NotFound);
    }
    keys::destroy(tx, id).await?;
    Audit::new("day.take_back", "day_entry", id).record(tx, now, who).await
}

/// That a service was told of something that has to be reported: which kind, and nothing else.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tell {
    /// The id as the device made it, a UUIDv7.
    pub id: Option<Uuid>,
    /// The key of the must-report.
    pub kind: String,
}

/// Keeps that a service was told, by whom and when.
pub async fn tell(tx: &mut Tx, app: &App, now: Time, who: &Actor, told: &Tell) -> Result<Added> {
    let list = app.access.setting(&MUST_REPORTS, now).0;
    let item = list.iter().find(|m| m.key == told.kind).ok_or_else(|| Error::invalid("kind", "not-a-must-report"))?;
    if item.told.is_none() {
        return Err(Error::refused(NOT_TOLD));
    }
    if told.id.is_some_and(|id| id.get_version_num() != 7) {
        return Err(Error::invalid("id", "bad-id"));
    }
    let id = told.id.unwrap_or_else(|| Id::<Told>::new(now).uuid());
    let taken = |e: Error| if db::unique_violation(&e).is_some() { Error::invalid("id", "taken") } else { e };
    store::tell(tx, who.id, &Told { id, kind: item.key.clone(), at: now }).await.map_err(taken)?;
    Audit::new("must-report.told", "told_report", id).with("kind", item.key.as_str()).record(tx, now, who).await?;
    Ok(Added { id })
}
