//! Layers, levels and cells; which kind of a file's features is seen from where. No I/O.

use std::{collections::BTreeSet, sync::LazyLock};

use db::words;
use geo::{Bounds, Outline, Point};
use kernel::{Error, Result};
use serde_json::{Map, Value};

words! {
    /// What a file shows.
    pub enum Layer {
        /// 道路
        Road = "road",
        /// 水系
        Water = "water",
        /// 绿地
        Green = "green",
        /// 建筑
        Building = "building",
        /// 地名
        Place = "place",
    }
}

words! {
    /// From where something is seen.
    pub enum Level {
        /// However much ground the map shows.
        Far = "far",
        /// On a map of some streets.
        Middle = "middle",
        /// On a map of a grid or two.
        Near = "near",
        /// On a map of some houses.
        Close = "close",
    }
}

impl Level {
    /// The zoom of the world map's grid whose squares are the cells: about 16, 4, 2 and 1 km on a side in the middle of China.
    pub const fn cells(self) -> u8 {
        match self {
            Self::Far => 11,
            Self::Middle => 13,
            Self::Near => 14,
            Self::Close => 15,
        }
    }

    /// The zoom of a map from which on it is shown.
    pub const fn from(self) -> u8 {
        match self {
            Self::Far => 0,
            Self::Middle => 13,
            Self::Near => 14,
            Self::Close => 15,
        }
    }

    const fn above(self) -> Option<Self> {
        match self {
            Self::Far => None,
            Self::Middle => Some(Self::Far),
            Self::Near => Some(Self::Middle),
            Self::Close => Some(Self::Near),
        }
    }
}

/// The square of the world map's grid (Web Mercator, counted from the north-western corner) that a point lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// From west to east.
    pub x: u32,
    /// From north to south.
    pub y: u32,
}

impl Cell {
    /// The cell of a point at a level.
    pub fn of(level: Level, p: Point) -> Self {
        let side = f64::from(1_u32 << level.cells());
        let lat = p.lat.clamp(-85.0, 85.0).to_radians();
        let index = |share: f64| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held between 0 and the number of cells")]
            let at = (share * side).floor().clamp(0.0, side - 1.0) as u32;
            at
        };
        let north = lat.tan().asinh() / std::f64::consts::PI;
        Self { x: index((p.lon + 180.0) / 360.0), y: index(f64::midpoint(1.0, -north)) }
    }

    fn between(level: Level, bounds: Bounds) -> impl Iterator<Item = Self> {
        let (west_south, east_north) = (Self::of(level, bounds.min), Self::of(level, bounds.max));
        (west_south.x..=east_north.x).flat_map(move |x| (east_north.y..=west_south.y).map(move |y| Self { x, y }))
    }
}

/// The level that a shape is kept at: an area that is larger than a cell goes a level up, so that none lies in hundreds.
pub fn level_of(outline: &Outline, wanted: Level) -> Level {
    let Outline::Areas(_) = outline else { return wanted };
    let Some(bounds) = outline.bounds() else { return wanted };
    let mut level = wanted;
    while let Some(above) = level.above() {
        let (a, b) = (Cell::of(level, bounds.min), Cell::of(level, bounds.max));
        if b.x - a.x <= 1 && a.y - b.y <= 1 {
            break;
        }
        level = above;
    }
    level
}

/// A run of a line has no more positions.
const LONGEST_RUN: usize = 256;
/// A run that has fewer may lie in many cells.
const SHORT_RUN: usize = 16;

/// What goes into cells for itself: each line, and of a long one runs that lie in few cells and begin where the one before ends. A whole shape would be
/// repeated in each cell that it touches.
pub fn parts(outline: Outline, level: Level) -> Vec<Outline> {
    let Outline::Lines(lines) = outline else { return vec![outline] };
    lines.iter().flat_map(|line| runs(line, level)).map(|run| Outline::Lines(vec![run])).collect()
}

fn runs(line: &[Point], level: Level) -> Vec<Vec<Point>> {
    let (mut done, mut run) = (vec![], Vec::<Point>::new());
    let (mut first, mut last) = (Cell { x: u32::MAX, y: u32::MAX }, Cell { x: 0, y: 0 });
    for p in line {
        let at = Cell::of(level, *p);
        let wide = last.x.max(at.x) - first.x.min(at.x) > 1 || last.y.max(at.y) - first.y.min(at.y) > 1;
        if run.len() >= LONGEST_RUN || (wide && run.len() >= SHORT_RUN) {
            let end = run.last().copied();
            done.push(std::mem::take(&mut run));
            run.extend(end);
            (first, last) = end.map_or((at, at), |end| (Cell::of(level, end), Cell::of(level, end)));
        }
        run.push(*p);
        first = Cell { x: first.x.min(at.x), y: first.y.min(at.y) };
        last = Cell { x: last.x.max(at.x), y: last.y.max(at.y) };
    }
    done.push(run);
    done
}

/// The cells that a shape lies in, of those that touch the area.
pub fn cells(outline: &Outline, level: Level, area: Bounds) -> BTreeSet<Cell> {
    let cut = |b: Bounds| meet(b, area).map(|b| Cell::between(level, b)).into_iter().flatten();
    match outline {
        Outline::Lines(lines) => {
            let steps = lines.iter().flat_map(|line| line.windows(2)).filter_map(|pair| Bounds::of(pair.iter().copied()));
            steps.flat_map(cut).collect()
        }
        Outline::Point(_) | Outline::Areas(_) => outline.bounds().into_iter().flat_map(cut).collect(),
    }
}

/// What two boxes have in common.
pub fn meet(a: Bounds, b: Bounds) -> Option<Bounds> {
    let min = Point::new(a.min.lon.max(b.min.lon), a.min.lat.max(b.min.lat));
    let max = Point::new(a.max.lon.min(b.max.lon), a.max.lat.min(b.max.lat));
    (min.lon <= max.lon && min.lat <= max.lat).then_some(Bounds { min, max })
}

/// What a word of a file means.
struct Kind {
    layer: Layer,
    word: String,
    class: String,
    level: Option<Level>,
}

static KINDS: LazyLock<Result<Vec<Kind>, String>> = LazyLock::new(|| {
    let broken = || "content/basemap.csv is broken".to_owned();
    let mut rows = csv::Reader::from_reader(include_str!("../../../content/basemap.csv").as_bytes());
    let kind = |row: &csv::StringRecord| {
        let level = row.get(3)?;
        let level = if level == "none" { None } else { Some(Level::of(level)?) };
        Some(Kind { layer: Layer::of(row.get(0)?)?, word: row.get(1)?.to_owned(), class: row.get(2)?.to_owned(), level })
    };
    rows.records().map(|row| row.ok().and_then(|row| kind(&row)).ok_or_else(broken)).collect()
});

/// The properties that name a kind, in the files of OpenStreetMap and of ours.
const KIND_NAMES: &[&str] =
    &["class", "kind", "fclass", "highway", "railway", "waterway", "water", "natural", "leisure", "landuse", "building", "place"];

/// What is known of a feature beside its shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// How it is drawn; a word of `content/basemap.csv`.
    pub class: String,
    /// From where it is seen; none when it is not shown at all.
    pub level: Option<Level>,
    /// What is written beside it.
    pub name: Option<String>,
    /// Metres, of a road or a water that is a line.
    pub width: Option<f64>,
}

/// Reads kind, name and width; nothing else of a feature is taken over. `map` says which of the file's properties they are.
pub fn told(layer: Layer, properties: &Map<String, Value>, map: &[(String, String)]) -> Result<Told> {
    let kinds = KINDS.as_ref().map_err(Error::internal)?;
    let mapped = |field: &str| map.iter().find(|(ours, _)| ours == field).map(|(_, theirs)| theirs.as_str());
    let text = |name: &str| match properties.get(name)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let known = |word: &str| kinds.iter().find(|k| k.layer == layer && k.word == word);
    let words: Vec<String> = match mapped("class") {
        Some(name) => text(name).into_iter().collect(),
        None => KIND_NAMES.iter().filter_map(|name| text(name)).collect(),
    };
    let kind = words.iter().find_map(|word| known(word)).or_else(|| known("*"));
    let kind = kind.ok_or_else(|| Error::internal("content/basemap.csv lacks a layer"))?;
    let written = |name: String| name.chars().filter(|c| !c.is_control()).take(60).collect::<String>();
    // `12`, `12 m`, `12.5`: what follows the figure is passed over.
    let metres = |text: String| text.split(|c: char| !c.is_ascii_digit() && c != '.').next().and_then(|n| n.parse::<f64>().ok());
    Ok(Told {
        class: kind.class.clone(),
        level: kind.level,
        name: text(mapped("name").unwrap_or("name")).map(written).filter(|name| !name.is_empty()),
        width: text(mapped("width").unwrap_or("width")).and_then(metres).filter(|width| (0.5..=200.0).contains(width)),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(layer: Layer, properties: &Value) -> Told {
        told(layer, properties.as_object().unwrap(), &[]).unwrap()
    }

    #[test]
    fn a_cell_is_the_square_of_the_world_map() {
        let p = Point::new(12.9208, 51.3357);
        let z = |level: Level| 2_f64.powi(i32::from(level.cells()));
        for level in Level::ALL {
            let cell = Cell::of(*level, p);
            let west = f64::from(cell.x) / z(*level) * 360.0 - 180.0;
            let north = (std::f64::consts::PI * (1.0 - 2.0 * f64::from(cell.y) / z(*level))).sinh().atan().to_degrees();
            let south = (std::f64::consts::PI * (1.0 - 2.0 * f64::from(cell.y + 1) / z(*level))).sinh().atan().to_degrees();
            assert!(west <= p.lon && p.lon < west + 360.0 / z(*level), "{level}: {west}");
            assert!(south < p.lat && p.lat <= north, "{level}: {south} {north}");
        }
        assert_eq!(Cell::of(Level::Far, Point::new(0.0, 0.0)), Cell { x: 1024, y: 1024 });
        assert_eq!(Cell::of(Level::Far, Point::new(180.0, -90.0)).x, 2047);
    }

    #[test]
    fn a_line_lies_in_the_cells_it_runs_through_and_not_in_its_whole_box() {
        let step = 360.0 / 16384.0;
        let corner = |x: f64, y: f64| Point::new(112.5 + step * x, 33.0 + step * y * 0.8);
        let line = Outline::Lines(vec![(0..=40).map(|i| corner(f64::from(i) / 4.0, f64::from(i) / 4.0)).collect()]);
        let area = Bounds { min: corner(-1.0, -1.0), max: corner(5.0, 5.0) };
        let whole = cells(&line, Level::Near, Bounds { min: corner(-99.0, -99.0), max: corner(99.0, 99.0) });
        assert!((10..=45).contains(&whole.len()), "{}", whole.len());
        let cut = cells(&line, Level::Near, area);
        assert!(cut.len() < whole.len() && cut.is_subset(&whole), "what lies outside the area has no cell");
        assert_eq!(level_of(&line, Level::Near), Level::Near);
    }

    #[test]
    fn a_long_line_is_not_repeated_in_every_cell() {
        for (count, step) in [(20_000_u32, 0.000_05), (2_000, 0.005)] {
            let line: Vec<Point> =
                (0..count).map(|i| Point::new(105.0 + step * f64::from(i), 33.0 + step * 0.3 * f64::from(i))).collect();
            let parts = parts(Outline::Lines(vec![line.clone(), line[..2].to_vec()]), Level::Near);
            let far = Bounds { min: Point::new(100.0, 20.0), max: Point::new(120.0, 40.0) };
            let held: usize = parts.iter().map(|part| part.points().count() * cells(part, Level::Near, far).len()).sum();
            assert!(held < line.len() * 20, "{held} positions for {}", line.len());
            let mut whole: Vec<Point> = vec![];
            for part in &parts[..parts.len() - 1] {
                let run: Vec<Point> = part.points().collect();
                assert!(run.len() <= LONGEST_RUN && run.len() > 1);
                assert!(whole.last().is_none_or(|end| *end == run[0]), "a run begins where the one before ends");
                whole.extend(run.iter().skip(usize::from(!whole.is_empty())));
            }
            assert_eq!(whole, line);
        }
    }

    #[test]
    fn a_large_area_is_kept_at_a_level_above() {
        let square = |side: f64| {
            let (w, s) = (112.9, 33.1);
            let ring = [(w, s), (w + side, s), (w + side, s + side), (w, s)].map(|(x, y)| Point::new(x, y)).to_vec();
            Outline::Areas(vec![vec![ring]])
        };
        assert_eq!(level_of(&square(0.001), Level::Close), Level::Close);
        assert_eq!(level_of(&square(0.018), Level::Close), Level::Near);
        assert_eq!(level_of(&square(2.0), Level::Close), Level::Far);
        let area = Bounds { min: Point::new(100.0, 20.0), max: Point::new(120.0, 40.0) };
        assert!(cells(&square(0.018), Level::Near, area).len() <= 4);
    }

    #[test]
    fn kinds_of_openstreetmap_and_of_ours_are_known() {
        let road = |properties: Value| {
            let told = of(Layer::Road, &properties);
            (told.class, told.level)
        };
        assert_eq!(road(json!({ "highway": "primary" })), ("main".to_owned(), Some(Level::Far)));
        assert_eq!(road(json!({ "class": "lane", "width": 8 })), ("lane".to_owned(), Some(Level::Near)));
        assert_eq!(road(json!({ "railway": "rail" })), ("rail".to_owned(), Some(Level::Middle)));
        assert_eq!(road(json!({ "highway": "proposed" })).1, None);
        assert_eq!(road(json!({ "highway": "a word of tomorrow" })), ("street".to_owned(), Some(Level::Middle)));
        for layer in Layer::ALL {
            assert!(of(*layer, &json!({})).level.is_some(), "{layer} has no kind for what has none");
        }
    }

    #[test]
    fn nothing_but_name_and_width_is_taken() {
        let told = of(Layer::Road, &json!({ "name": " 临江\u{7}大道 ", "width": "36 m", "owner": "某人" }));
        assert_eq!((told.name.as_deref(), told.width), (Some("临江大道"), Some(36.0)));
        let told = of(Layer::Road, &json!({ "name": "", "width": 9_000 }));
        assert_eq!((told.name, told.width), (None, None));
        let map = [("name".to_owned(), "路名".to_owned())];
        let properties = json!({ "路名": "柳荫路", "name": "x" });
        assert_eq!(super::told(Layer::Road, properties.as_object().unwrap(), &map).unwrap().name.as_deref(), Some("柳荫路"));
    }
}
