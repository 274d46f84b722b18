//! Grids from GeoJSON. Fields, under their own names or those that `map` gives: code, name, alias, community, street, type, subtype, area_kind, layer,
//! households, east, south, west, north, compounds.
//!
//! - A code of 15 digits is kept, and the community of its first twelve is made when it is missing (with its street and district).
//! - Any other code becomes the alias, and a new code is given: the next one of the community that `community` names (a code, or any text, which
//!   then is a community's name), else of `GridOptions::community`, else of a community named [`SPARE`]. New codes run from west to east and, on one
//!   meridian, from north to south. 999 is the last one: a community with a code of its own then is a fault, one that was made for its name is followed by "name 2".
//! - A code that comes twice is kept once; the other grids get new codes and are findings. Read again, each is found again by its border, or else by its order.

use std::collections::{BTreeMap, HashMap};

use db::{Db, Tx};
use geo::{CellIndex, Datum, MultiPolygon, Point, Reading};
use kernel::{Actor, Id, Result, Time};
use serde_json::{Map, Value};

use super::{
    Options, Report, Staged, begin,
    numbers::{LAST, Maker, digits},
    picture, record, words, write_units,
};
use crate::{
    modules::org::{
        Directory,
        draft::{Change, Draft, UNSAID},
        model::{GRID, GridState, GridType, MAIN_LAYER, Unit, UnitState},
        store::{self, NewGrid},
    },
    snapshot,
    table::{Fault, unpack},
};

/// The community of grids that name none.
const SPARE: &str = "未分社区";
/// Overlaps of less are slivers of rounding.
const SLIVER_M2: f64 = 1.0;
const MOST_OVERLAPS: usize = 1_000;

/// How grids are taken.
#[derive(Clone, Debug, Default)]
pub struct GridOptions {
    /// What the file's coordinates are in.
    pub datum: Datum,
    /// The 12-digit code of the community of grids that name none.
    pub community: Option<String>,
    /// Dry run and mapping.
    pub options: Options,
}

/// A feature that is understood.
struct Item {
    row: usize,
    label: String,
    code: Option<String>,
    alias: Option<String>,
    name: Option<String>,
    community: Option<String>,
    street: Option<String>,
    grid: GridState,
    border: MultiPolygon,
    /// The border as it is stored.
    text: String,
    middle: Point,
}

impl Item {
    fn fault(&self, column: &str, zh: &str, en: &str) -> Fault {
        Fault { row: self.row, column: column.into(), value: self.label.clone(), zh: zh.into(), en: en.into() }
    }
}

/// A grid on its way into the tree.
struct Placed {
    id: Id<Unit>,
    item: Item,
}

/// Reads the file (plain or gzip) and writes it, unless something is wrong or it is a dry run.
pub async fn grids(db: &Db, now: Time, bytes: Vec<u8>, options: &GridOptions) -> Result<Report> {
    stage_grids(db, now, bytes, options).await?.commit().await
}

/// The same, with the transaction left open.
pub async fn stage_grids(db: &Db, now: Time, bytes: Vec<u8>, options: &GridOptions) -> Result<Staged> {
    let bytes = match unpack(bytes) {
        Ok(bytes) => bytes,
        Err(e) => return Ok(e.into()),
    };
    let reading = match geo::read_geojson(&bytes, options.datum) {
        Ok(reading) => reading,
        Err(e) => return Ok(crate::table::Unreadable::new(format!("不是 GeoJSON 文件：{e}"), e.to_string()).into()),
    };
    drop(bytes);
    let directory = picture(db).await?;
    let held = store::all_borders(&mut *db.read().await?).await?;
    let mut report = Report { read: reading.total, ..Report::default() };
    let items = understand(reading, &options.options.map, &mut report);
    let mut draft = Draft::new(&directory);
    let Some(root) = draft.root() else {
        return Ok(
            crate::table::Unreadable::new("还没有区级单位，请先运行 init", "there is no district yet; run init first").into()
        );
    };
    let mut made = Vec::new();
    let placed = place(items, &mut draft, root, &directory, &held, options, now, &mut made, &mut report);
    made.sort();
    report.made = made;
    let since = directory.root().states()[0].from.max(Time::from_millis(0));
    let begins = Begins::new(&directory, now, since);
    let change = match draft.finish(now, |state| begins.of(state)) {
        Ok(change) => change,
        Err(wrong) => {
            for one in wrong {
                let (zh, en) = words(&one);
                report.fault(Fault { row: 0, column: "code".into(), value: one.value, zh, en });
            }
            return Ok(report.into());
        }
    };
    let new = borders(&directory, &placed, &held, &change, options.datum, now, &mut report);
    overlaps(&placed, &held, &directory, &mut report)?;
    if options.options.dry_run || !report.faults.is_empty() {
        return Ok(report.into());
    }
    let mut tx = begin(db, &directory).await?;
    write(&mut tx, &directory, now, &change, &new, &report, &options.options.actor()).await?;
    report.applied = true;
    Ok(Staged { report, tx: Some(tx) })
}

/// When new grids begin: with the district when the community had none yet, so that older cases find them; else now.
struct Begins {
    now: Time,
    since: Time,
    occupied: std::collections::HashSet<Id<Unit>>,
}

impl Begins {
    fn new(directory: &Directory, now: Time, since: Time) -> Self {
        let grids = directory.units().filter(|u| u.kind == GRID);
        Self { now, since, occupied: grids.filter_map(|u| u.parent).collect() }
    }

    fn of(&self, state: &UnitState) -> Time {
        if state.parent.is_some_and(|p| self.occupied.contains(&p)) { self.now } else { self.since }
    }
}

fn understand(reading: Reading, map: &[(String, String)], report: &mut Report) -> Vec<Item> {
    for finding in &reading.findings {
        let value = finding.label.clone().unwrap_or_default();
        let (zh, en) = (format!("图形问题（{}）", finding.kind.name()), format!("{}: {:?}", finding.kind.name(), finding.effect));
        report.note(finding.kind.name(), Fault { row: finding.feature + 1, column: "geometry".into(), value, zh, en });
    }
    let mut items = Vec::with_capacity(reading.features.len());
    for feature in reading.features {
        match item(feature, map) {
            Ok(item) => items.push(item),
            Err(fault) => report.fault(fault),
        }
    }
    items
}

/// A field under our name or the mapped one, as text.
pub(super) fn text(properties: &Map<String, Value>, map: &[(String, String)], field: &str) -> Option<String> {
    let column = map.iter().find(|(ours, _)| ours == field).map_or(field, |(_, theirs)| theirs.as_str());
    let text = match properties.get(column)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn item(feature: geo::Feature, map: &[(String, String)]) -> Result<Item, Fault> {
    let get = |field: &str| text(&feature.properties, map, field);
    let code = get("code").or_else(|| feature.id.clone());
    let label = code.clone().or_else(|| get("name")).unwrap_or_else(|| format!("#{}", feature.index + 1));
    let fault = |column: &str, value: &str, zh: &str, en: &str| Fault {
        row: feature.index + 1,
        column: column.into(),
        value: value.to_owned(),
        zh: zh.into(),
        en: en.into(),
    };
    let kind = match get("type").as_deref() {
        None | Some("residential" | "居民" | "居民网格") => GridType::Residential,
        Some("dedicated" | "专属" | "专属网格") => GridType::Dedicated,
        Some(other) => {
            return Err(fault(
                "type",
                other,
                "网格类型应为 residential（居民）或 dedicated（专属）",
                "type is residential or dedicated",
            ));
        }
    };
    let households = match get("households") {
        None => None,
        Some(text) => match text.parse() {
            Ok(n) => Some(n),
            Err(_) => return Err(fault("households", &text, "户数应为整数", "households is a whole number")),
        },
    };
    let column = map.iter().find(|(ours, _)| ours == "compounds").map_or("compounds", |(_, theirs)| theirs.as_str());
    let compounds = match feature.properties.get(column) {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(text)) => {
            text.split(['|', '、']).map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    };
    let grid = GridState {
        kind,
        subtype: get("subtype"),
        area_kind: get("area_kind"),
        layer: get("layer").unwrap_or_else(|| MAIN_LAYER.to_owned()),
        households,
        area_m2: feature.geometry.area_m2(),
        sides: ["east", "south", "west", "north"].map(get),
        compounds,
        from: UNSAID,
        to: None,
    };
    let middle = feature.geometry.centroid().unwrap_or_default();
    Ok(Item {
        row: feature.index + 1,
        label,
        code,
        alias: get("alias"),
        name: get("name"),
        community: get("community"),
        street: get("street"),
        grid,
        text: store::border(&feature.geometry),
        border: feature.geometry,
        middle,
    })
}

/// Gives every item its unit: the one that it is already, or a new one with its own or a new code.
#[expect(clippy::too_many_arguments, reason = "one step of one function, split for reading")]
fn place(
    mut items: Vec<Item>,
    draft: &mut Draft<'_>,
    root: Id<Unit>,
    directory: &Directory,
    held: &[store::HeldBorder],
    options: &GridOptions,
    now: Time,
    made: &mut Vec<(String, String)>,
    report: &mut Report,
) -> Vec<Placed> {
    let district = draft.state(root).map_or(String::new(), |s| s.code.clone());
    let claimed = items.iter().filter_map(|i| i.code.clone()).filter(|c| digits(c, 15));
    let ever = directory.units().flat_map(|u| u.states().iter().map(|s| s.code.clone()));
    let codes: Vec<String> = claimed.chain(ever).collect();
    let mut maker = Maker::new(draft, now, codes.into_iter());
    let mut placed = Vec::with_capacity(items.len());
    // From west to east, then from north to south: the order of new codes inside each community.
    items.sort_by(|a, b| {
        a.middle.lon.total_cmp(&b.middle.lon).then(b.middle.lat.total_cmp(&a.middle.lat)).then(a.row.cmp(&b.row))
    });
    let repeats = repeats(&items);
    let matched = match_aliases(&items, &repeats, &aliases(maker.draft), held);
    for (item, (repeat, matched)) in items.into_iter().zip(repeats.into_iter().zip(matched)) {
        let own = item.code.clone().filter(|c| digits(c, 15) && repeat == 0);
        if repeat > 0 {
            report.note(
                "repeated_code",
                item.fault(
                    "code",
                    "编号在文件中重复，已保留并另编新码",
                    "the code came before; the grid is kept under a new one",
                ),
            );
        }
        let wants_number = options.community.is_some() || item.community.is_some() || own.is_some() || digits(&district, 6);
        if !wants_number {
            report.fault(item.fault(
                "code",
                "区级编码不是 6 位数字，无法编 15 位网格码",
                "the district's code has not 6 digits, so no grid code can be given",
            ));
            continue;
        }
        let Some(community) = community_of(&item, own.as_deref(), &mut maker, &district, root, options) else {
            report.fault(item.fault(
                "community",
                "无法确定所属社区，或 400–599 号街道已用完",
                "no community can be told or made",
            ));
            continue;
        };
        let found = match &own {
            Some(code) => maker.draft.find(code),
            None => matched,
        };
        let id = match found {
            Some(id) => id,
            None => match fresh(&item, own, community, &mut maker, &district, root, now) {
                Ok(id) => id,
                Err(full) => {
                    report.fault(*full);
                    continue;
                }
            },
        };
        update(&mut maker, id, &item);
        placed.push(Placed { id, item });
    }
    made.append(&mut maker.made);
    placed
}

/// Grids by their local number, in order of their codes.
fn aliases(draft: &Draft<'_>) -> HashMap<String, Vec<(String, Id<Unit>)>> {
    let mut known: HashMap<String, Vec<(String, Id<Unit>)>> = HashMap::new();
    for (id, state) in draft.of_kinds(&[GRID]) {
        if let Some(alias) = &state.alias {
            known.entry(alias.clone()).or_default().push((state.code.clone(), id));
        }
    }
    for list in known.values_mut() {
        list.sort();
    }
    known
}

/// How often each item's id came before it in the file.
fn repeats(items: &[Item]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|&i| items[i].row);
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut repeats = vec![0; items.len()];
    for i in order {
        if let Some(code) = &items[i].code {
            let n = seen.entry(code).or_default();
            repeats[i] = *n;
            *n += 1;
        }
    }
    repeats
}

/// Which grid each item without a code of its own is already, by its id as alias. Of several with one id those with the same border belong
/// together, the rest in order.
fn match_aliases(
    items: &[Item],
    repeats: &[usize],
    known: &HashMap<String, Vec<(String, Id<Unit>)>>,
    held: &[store::HeldBorder],
) -> Vec<Option<Id<Unit>>> {
    let borders: HashMap<Id<Unit>, &str> = held.iter().map(|h| (h.unit_id, h.border.as_str())).collect();
    let mut groups: HashMap<&str, Vec<usize>> = HashMap::new();
    for (i, item) in items.iter().enumerate() {
        if let Some(code) = item.code.as_deref().filter(|c| !digits(c, 15) || repeats[i] > 0) {
            groups.entry(code).or_default().push(i);
        }
    }
    let mut matched = vec![None; items.len()];
    for (code, mut group) in groups {
        let Some(mut free) = known.get(code).map(|list| list.iter().map(|(_, id)| *id).collect::<Vec<_>>()) else { continue };
        group.retain(|&i| {
            let at = free.iter().position(|id| borders.get(id) == Some(&items[i].text.as_str()));
            matched[i] = at.map(|at| free.remove(at));
            matched[i].is_none()
        });
        for (i, id) in group.into_iter().zip(free) {
            matched[i] = Some(id);
        }
    }
    matched
}

fn community_of(
    item: &Item,
    own: Option<&str>,
    maker: &mut Maker<'_, '_>,
    district: &str,
    root: Id<Unit>,
    options: &GridOptions,
) -> Option<Id<Unit>> {
    if let Some(named) = &item.community {
        if let Some(id) = maker.draft.find(named) {
            return Some(id);
        }
        if digits(named, 12) {
            return Some(maker.community(named, root));
        }
    }
    if let Some(code) = own {
        return Some(maker.community(&code[..12], root));
    }
    match (&item.community, &options.community) {
        (Some(label), _) => maker.labelled(label, item.street.as_deref(), district, root),
        (None, Some(code)) if digits(code, 12) => Some(maker.community(code, root)),
        (None, Some(code)) => maker.draft.find(code),
        (None, None) => maker.labelled(SPARE, item.street.as_deref(), district, root),
    }
}

/// A new grid below the community, or below the next one of its name when it is full.
fn fresh(
    item: &Item,
    own: Option<String>,
    community: Id<Unit>,
    maker: &mut Maker<'_, '_>,
    district: &str,
    root: Id<Unit>,
    now: Time,
) -> Result<Id<Unit>, Box<Fault>> {
    let full = || {
        let zh = format!("该社区网格序号已到 {LAST}，无法再编");
        Box::new(Fault {
            row: item.row,
            column: "code".into(),
            value: item.label.clone(),
            zh,
            en: format!("the community has used its last number, {LAST}"),
        })
    };
    let state = |id| maker.draft.state(id).cloned();
    let (mut parent, mut above) = (community, state(community).ok_or_else(full)?);
    let numbered = own.is_some();
    let code = if let Some(code) = own {
        code
    } else {
        let by_label =
            item.community.as_deref().map_or(above.name.starts_with(SPARE), |label| !digits(label, 12) && above.code != label);
        let mut n = 1;
        let label = above.name.clone();
        while by_label && !maker.room(parent, 1) {
            n += 1;
            parent = maker.labelled(&format!("{label} {n}"), item.street.as_deref(), district, root).ok_or_else(full)?;
            above = maker.draft.state(parent).cloned().ok_or_else(full)?;
        }
        if !digits(&above.code, 12) {
            return Err(full());
        }
        maker.next(&above.code).ok_or_else(full)?
    };
    let id = Id::new(now);
    let name =
        item.name.clone().unwrap_or_else(|| format!("{}第{}网格", above.name, code[code.len() - 3..].trim_start_matches('0')));
    // The file's own id is the alias, since by it the grid is found again.
    let alias = item.code.clone().filter(|_| !numbered).or_else(|| item.alias.clone());
    maker.draft.put(
        id,
        UnitState {
            parent: Some(parent),
            kind: GRID.to_owned(),
            code,
            path: String::new(),
            name,
            name_en: None,
            alias,
            phone: None,
            serves: Vec::new(),
            from: UNSAID,
            to: None,
        },
    );
    Ok(id)
}

/// What the file says about a grid that is there; what it does not say stays.
fn update(maker: &mut Maker<'_, '_>, id: Id<Unit>, item: &Item) {
    let Some(state) = maker.draft.state(id) else { return };
    let mut state = state.clone();
    if let Some(name) = &item.name {
        state.name.clone_from(name);
    }
    if item.alias.is_some() && item.code.as_ref() == Some(&state.code) {
        state.alias.clone_from(&item.alias);
    }
    maker.draft.put(id, state);
}

/// A border that begins, with the text that is stored.
struct NewBorder {
    unit: Id<Unit>,
    state: GridState,
    border: String,
    datum: Datum,
    replaces: bool,
}

fn borders(
    directory: &Directory,
    placed: &[Placed],
    held: &[store::HeldBorder],
    change: &Change,
    datum: Datum,
    now: Time,
    report: &mut Report,
) -> Vec<NewBorder> {
    let begins: HashMap<Id<Unit>, Time> = change.added.iter().map(|(id, s)| (*id, s.from)).collect();
    let renamed: std::collections::HashSet<Id<Unit>> = change.changed.iter().map(|(id, _)| *id).collect();
    let before: HashMap<Id<Unit>, &str> = held.iter().map(|h| (h.unit_id, h.border.as_str())).collect();
    let mut new = Vec::new();
    for Placed { id, item } in placed {
        let border = &item.text;
        let known = directory.grids.get(id).and_then(|g| g.last()).filter(|g| g.to.is_none());
        let same = known.is_some_and(|g| GridState { from: g.from, ..item.grid.clone() } == *g)
            && before.get(id) == Some(&border.as_str());
        if same {
            *if renamed.contains(id) { &mut report.changed } else { &mut report.same } += 1;
            continue;
        }
        *if known.is_some() { &mut report.changed } else { &mut report.added } += 1;
        let from = if known.is_some() { now } else { begins.get(id).copied().unwrap_or(now) };
        let state = GridState { from, ..item.grid.clone() };
        new.push(NewBorder { unit: *id, state, border: border.clone(), datum, replaces: known.is_some() });
    }
    new
}

/// Which grids of one layer and type claim the same ground, old and new ones together.
fn overlaps(placed: &[Placed], held: &[store::HeldBorder], directory: &Directory, report: &mut Report) -> Result<()> {
    let in_file: std::collections::HashSet<Id<Unit>> = placed.iter().map(|p| p.id).collect();
    let mut layers: BTreeMap<&str, Vec<(String, u8, MultiPolygon)>> = BTreeMap::new();
    let rank = |kind: GridType| u8::from(kind == GridType::Residential);
    for Placed { item, .. } in placed {
        layers.entry(&item.grid.layer).or_default().push((item.label.clone(), rank(item.grid.kind), item.border.clone()));
    }
    for old in held.iter().filter(|h| !in_file.contains(&h.unit_id)) {
        let Some(unit) = directory.unit(old.unit_id) else { continue };
        let kind = directory.grids.get(&old.unit_id).and_then(|g| g.last()).map_or(GridType::Residential, |g| g.kind);
        layers.entry(&old.layer).or_default().push((unit.code.clone(), rank(kind), store::shape(&old.border)?));
    }
    for cells in layers.into_values() {
        let index = CellIndex::new(cells);
        for o in index.overlaps(SLIVER_M2, MOST_OVERLAPS) {
            *report.findings.entry("overlap".to_owned()).or_default() += 1;
            report.overlaps.push((o.first.clone(), o.second.clone(), o.area_m2));
        }
    }
    Ok(())
}

async fn write(
    tx: &mut Tx,
    directory: &Directory,
    now: Time,
    change: &Change,
    new: &[NewBorder],
    report: &Report,
    by: &Actor,
) -> Result<()> {
    if change.is_empty() && new.is_empty() {
        return Ok(());
    }
    write_units(tx, now, directory, change).await?;
    for border in new.iter().filter(|b| b.replaces) {
        store::end_grid(tx, border.unit, now).await?;
    }
    let rows = new.iter().map(|b| NewGrid { unit: b.unit, state: &b.state, border: &b.border, datum: b.datum });
    store::insert_grids(tx, rows, now).await?;
    record(tx, now, directory.root(), "grids", report, by).await?;
    snapshot::bump(tx, store::REVISION).await
}
