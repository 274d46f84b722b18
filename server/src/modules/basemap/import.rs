//! A layer from GeoJSON: roads, waters, greens, buildings or places around the district. A file replaces its layer.
//!
//! A position that is no place on Earth puts the whole file in doubt, and nothing is written. What only does not belong into the layer, such as a point
//! among roads, is left out and named by its row; what lies far from the district's borders is left out and counted.

use std::collections::BTreeMap;

use geo::{Bounds, Datum, Drawing, Finding, FindingKind, Outline};
use kernel::{Actor, Id, Result};
use serde_json::{Map, Value, json};

use super::{
    REVISION,
    model::{Cell, Layer, Level, cells, level_of, meet, parts, told},
    row_id, store,
};
use crate::{
    app::App,
    modules::access::audit::Audit,
    snapshot,
    table::{self, Fault, Unreadable, unpack},
};

/// What is shown around the district, in metres: a map of a grid at its border shows some of the neighbour.
const AROUND_M: f64 = 3_000.0;
/// Faults and notes beyond this number are only counted.
const SAID: usize = 200;
/// A cell's text is some kilobytes; so many go in one statement.
const AT_ONCE: usize = 40;
/// So many features are cut between two words on it.
const SAID_EVERY: usize = 1_000;
const LONGEST_ATTRIBUTION: usize = 120;

/// How a layer is taken.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which one.
    pub layer: Layer,
    /// What the file's coordinates are in.
    pub datum: Datum,
    /// Whom the map's corner names.
    pub attribution: String,
    /// Pairs of our field (`name`, `class`, `width`) and the file's property.
    pub map: Vec<(String, String)>,
    /// Judge only.
    pub dry_run: bool,
}

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Features in the file.
    pub read: usize,
    /// What is shown.
    pub taken: usize,
    /// What lies far from the district, or is of a kind that is not shown.
    pub passed_over: usize,
    /// What does not belong into the layer.
    pub left_out: usize,
    /// The first of those, by row.
    pub notes: Vec<Fault>,
    /// How many features were there before.
    pub replaced: usize,
    /// Cells that they lie in.
    pub cells: usize,
    /// What is wrong; with any of it nothing is written.
    pub faults: Vec<Fault>,
    /// How many more faults there are.
    pub more_faults: usize,
    /// Whether it was written.
    pub applied: bool,
}

impl Report {
    fn fault(&mut self, fault: Fault) {
        if self.faults.len() < SAID { self.faults.push(fault) } else { self.more_faults += 1 }
    }

    fn leave_out(&mut self, fault: Fault) {
        self.left_out += 1;
        if self.notes.len() < SAID {
            self.notes.push(fault);
        }
    }

    /// The report in words, one line each, for a terminal.
    pub fn lines(&self) -> Vec<String> {
        let Self { read, taken, passed_over, left_out, replaced, cells, .. } = self;
        let mut lines = vec![format!(
            "读取 {read}，采用 {taken}（{cells} 个分块），区外或不显示 {passed_over}，不合图层 {left_out}，替换原有 {replaced} / read {read}, taken {taken} ({cells} cells), far off or not shown {passed_over}, not of the layer {left_out}, replacing {replaced}"
        )];
        lines.extend(self.notes.iter().take(20).map(ToString::to_string));
        lines.extend(table::verdict(&self.faults, self.more_faults, self.applied));
        lines
    }
}

impl From<Unreadable> for Report {
    fn from(e: Unreadable) -> Self {
        Self { faults: vec![e.into()], ..Self::default() }
    }
}

/// What goes into cells, and how far it reaches.
#[derive(Default)]
struct Cut {
    cells: BTreeMap<(Level, Cell), String>,
    bounds: Option<Bounds>,
}

impl Cut {
    fn add(&mut self, level: Level, area: Bounds, outline: &Outline, feature: &Value) {
        let text = feature.to_string();
        for cell in cells(outline, level, area) {
            let features = self.cells.entry((level, cell)).or_default();
            if !features.is_empty() {
                features.push_str(",\n");
            }
            features.push_str(&text);
        }
    }
}

/// Reads the file (plain or gzip) and puts it in the place of its layer, unless something is wrong or it is a dry run. `district` is the box around the
/// borders; `progress` hears of features that are cut, of how many; never while the database is written.
pub async fn import(
    app: &App,
    district: Option<Bounds>,
    bytes: Vec<u8>,
    options: &Options,
    progress: impl Fn(usize, usize),
) -> Result<Report> {
    let Some(area) = district.map(around) else {
        return Ok(Unreadable::new("还没有网格边界，请先导入网格", "there are no borders yet; import the grids first").into());
    };
    if let Some((field, _)) = options.map.iter().find(|(field, _)| !["name", "class", "width"].contains(&field.as_str())) {
        let zh = format!("没有字段“{field}”（有：name, class, width）");
        return Ok(Unreadable::new(zh, format!("no field \"{field}\" (there are: name, class, width)")).into());
    }
    if options.attribution.chars().count() > LONGEST_ATTRIBUTION || options.attribution.chars().any(char::is_control) {
        return Ok(
            Unreadable::new("来源说明应为 120 字以内的一行", "the attribution is one line of at most 120 characters").into()
        );
    }
    let bytes = match unpack(bytes) {
        Ok(bytes) => bytes,
        Err(e) => return Ok(e.into()),
    };
    let sketch = match geo::read_sketch(&bytes, options.datum) {
        Ok(sketch) => sketch,
        Err(e) => return Ok(Unreadable::new(format!("不是 GeoJSON 文件：{e}"), e.to_string()).into()),
    };
    drop(bytes);
    let mut report = Report { read: sketch.total, ..Report::default() };
    for finding in &sketch.findings {
        judge(finding, &mut report);
    }
    report.more_faults += sketch.more_findings;
    let cut = cut(sketch.drawings, area, options, &mut report, progress)?;
    report.notes.sort_by_key(|note| note.row);
    report.cells = cut.cells.len();
    let Some(bounds) = cut.bounds else {
        let (zh, en) = (
            "文件中没有落在本区一带、可以显示的内容；请核对坐标系",
            "nothing of the file lies near the district; is it the right datum?",
        );
        report.fault(Fault { row: 0, column: "geometry".into(), value: String::new(), zh: zh.into(), en: en.into() });
        return Ok(report);
    };
    report.replaced =
        store::layer(&mut *app.db.read().await?, options.layer).await?.map_or(0, |l| usize::try_from(l.features).unwrap_or(0));
    if options.dry_run || !report.faults.is_empty() {
        return Ok(report);
    }
    write(app, options, &cut.cells, bounds, &report).await?;
    report.applied = true;
    Ok(report)
}

/// Takes a layer away; whether there was one is the answer.
pub async fn remove(app: &App, layer: Layer) -> Result<bool> {
    let mut tx = app.db.begin();
    let Some(row) = store::layer(&mut tx, layer).await? else {
        tx.rollback().await?;
        return Ok(false);
    };
    store::remove(&mut tx, layer).await?;
    snapshot::bump(&mut tx, REVISION).await?;
    let entry = Audit::new("basemap.remove", "basemap", row.id.uuid()).with("layer", layer.word()).with("features", row.features);
    entry.record(&mut tx, app.clock.now(), &Actor::system()).await?;
    tx.commit().await?;
    app.basemap.refresh(&app.db).await?;
    Ok(true)
}

async fn write(
    app: &App,
    options: &Options,
    cells: &BTreeMap<(Level, Cell), String>,
    bounds: Bounds,
    report: &Report,
) -> Result<()> {
    let (layer, now) = (options.layer, app.clock.now());
    let mut tx = app.db.begin();
    let known = store::layer(&mut tx, layer).await?;
    let id: Id<Layer> = known.map_or_else(|| row_id(&app.clock), |l| l.id);
    store::remove(&mut tx, layer).await?;
    snapshot::bump(&mut tx, REVISION).await?;
    let row = store::LayerRow {
        layer,
        id,
        version: snapshot::revision(&mut tx, REVISION).await?,
        attribution: options.attribution.trim().to_owned(),
        features: i64::try_from(report.taken).unwrap_or(i64::MAX),
        west: bounds.min.lon,
        south: bounds.min.lat,
        east: bounds.max.lon,
        north: bounds.max.lat,
        imported_at: now,
    };
    store::insert(&mut tx, &row).await?;
    let all: Vec<_> = cells.iter().collect();
    for part in all.chunks(AT_ONCE) {
        store::insert_cells(&mut tx, layer, part).await?;
    }
    let entry = Audit::new("basemap.import", "basemap", id.uuid()).with("layer", layer.word()).with("features", report.taken);
    entry.with("replaced", report.replaced).record(&mut tx, now, &Actor::system()).await?;
    tx.commit().await?;
    app.basemap.refresh(&app.db).await
}

/// The box with some ground around it.
fn around(district: Bounds) -> Bounds {
    Bounds { min: Bounds::around(district.min, AROUND_M).min, max: Bounds::around(district.max, AROUND_M).max }
}

fn cut(
    drawings: Vec<Drawing>,
    area: Bounds,
    options: &Options,
    report: &mut Report,
    progress: impl Fn(usize, usize),
) -> Result<Cut> {
    let (mut cut, all) = (Cut::default(), drawings.len());
    for (n, drawing) in drawings.into_iter().enumerate() {
        if (n + 1).is_multiple_of(SAID_EVERY) || n + 1 == all {
            progress(n + 1, all);
        }
        let told = told(options.layer, &drawing.properties, &options.map)?;
        let Some(outline) = fit(options.layer, &drawing.outline) else {
            let found = drawing.outline.to_geojson()["type"].as_str().unwrap_or_default().to_owned();
            report.leave_out(fault(drawing.index, drawing.label.as_deref(), &FindingKind::WrongGeometry { found }));
            continue;
        };
        let near = |part: &Outline| part.bounds().and_then(|b| meet(b, area));
        let parts = told.level.map(|wanted| level_of(&outline, wanted)).map(|level| (level, parts(outline, level)));
        let Some((level, parts)) = parts.filter(|(_, parts)| parts.iter().any(|part| near(part).is_some())) else {
            report.passed_over += 1;
            continue;
        };
        let mut properties = Map::from_iter([("layer".to_owned(), Value::from(options.layer.word()))]);
        if !told.class.is_empty() {
            properties.insert("class".to_owned(), told.class.into());
        }
        properties.extend(told.name.map(|name| ("name".to_owned(), name.into())));
        properties.extend(told.width.map(|width| ("width".to_owned(), width.into())));
        let id = format!("{}/{}", options.layer, drawing.index);
        for (n, part) in parts.iter().enumerate() {
            let Some(within) = near(part) else { continue };
            let id = if parts.len() == 1 { id.clone() } else { format!("{id}/{n}") };
            cut.add(
                level,
                area,
                part,
                &json!({ "type": "Feature", "id": id, "properties": properties, "geometry": part.to_geojson() }),
            );
            cut.bounds = Bounds::of(cut.bounds.into_iter().chain([within]).flat_map(|b| [b.min, b.max]));
        }
        report.taken += 1;
    }
    Ok(cut)
}

/// The shape as the layer shows it; none when it does not belong there.
fn fit(layer: Layer, outline: &Outline) -> Option<Outline> {
    match (layer, outline) {
        (Layer::Road, Outline::Lines(_))
        | (Layer::Water, Outline::Lines(_) | Outline::Areas(_))
        | (Layer::Green | Layer::Building, Outline::Areas(_)) => Some(outline.clone()),
        (Layer::Place, Outline::Point(_) | Outline::Areas(_)) => outline.middle().map(Outline::Point),
        _ => None,
    }
}

fn judge(finding: &Finding, report: &mut Report) {
    let fault = fault(finding.feature, finding.label.as_deref(), &finding.kind);
    match finding.kind {
        FindingKind::WrongGeometry { .. } | FindingKind::Empty => report.leave_out(fault),
        _ => report.fault(fault),
    }
}

fn fault(index: usize, label: Option<&str>, kind: &FindingKind) -> Fault {
    let (zh, en) = match kind {
        FindingKind::WrongGeometry { found } => (
            format!("图形类型 {found} 不属于这个图层，已略过"),
            format!("{found} does not belong into the layer and is left out"),
        ),
        FindingKind::Empty => ("没有图形，已略过".to_owned(), "nothing is drawn, left out".to_owned()),
        FindingKind::Swapped { lon, lat } => {
            (format!("经纬度写反了：{lon}, {lat}"), format!("latitude stands before longitude: {lon}, {lat}"))
        }
        FindingKind::OutOfRange { lon, lat } => (
            format!("坐标不是经纬度：{lon}, {lat}；请先转换为经纬度"),
            format!("{lon}, {lat} are no degrees; turn the file into degrees first"),
        ),
        FindingKind::TooManyPositions { count } => (format!("点数太多：{count}"), format!("too many positions: {count}")),
        FindingKind::Unreadable { reason } => (format!("读不懂：{reason}"), format!("cannot be read: {reason}")),
        other => (other.name().to_owned(), other.name().to_owned()),
    };
    Fault { row: index + 1, column: "geometry".into(), value: label.unwrap_or_default().to_owned(), zh, en }
}
