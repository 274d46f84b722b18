//! What a map shows beneath what matters: points, lines and areas that are only looked at.
//!
//! Nothing is located by them, so rings may cross themselves, and a tenth of a metre is fine enough.

use geojson::{GeometryValue, Position};
use serde_json::{Map, Value, json};

use crate::datum::{Datum, to_wgs84};
use crate::point::{Bounds, Point};
use crate::read::{
    Finding, FindingKind, MAX_FINDINGS, MAX_POSITIONS, ReadError, each_feature, id_text, label, lon_lat, misplaced, shorten,
};
use crate::shape::{MultiPolygon, Polygon, Ring};

/// More features than a layer of a large town has; a file with more is refused.
pub const MAX_DRAWINGS: usize = 1_000_000;

/// Steps of a degree that positions are rounded to: about a tenth of a metre.
const STEPS: f64 = 1e6;

/// What is drawn, in WGS84 with six digits.
#[derive(Clone, Debug, PartialEq)]
pub enum Outline {
    /// Where something is.
    Point(Point),
    /// Lines of at least two positions.
    Lines(Vec<Vec<Point>>),
    /// Areas, each an outer ring and its holes; rings are closed.
    Areas(Vec<Vec<Ring>>),
}

impl Outline {
    /// Every position.
    pub fn points(&self) -> Box<dyn Iterator<Item = Point> + '_> {
        match self {
            Self::Point(point) => Box::new(std::iter::once(*point)),
            Self::Lines(lines) => Box::new(lines.iter().flatten().copied()),
            Self::Areas(areas) => Box::new(areas.iter().flatten().flatten().copied()),
        }
    }

    /// The box around it; none when nothing is drawn.
    pub fn bounds(&self) -> Option<Bounds> {
        Bounds::of(self.points())
    }

    /// A point to write a name at: of an area one inside it, of a line one in its middle.
    pub fn middle(&self) -> Option<Point> {
        match self {
            Self::Point(point) => Some(*point),
            Self::Lines(lines) => lines.iter().max_by_key(|line| line.len()).and_then(|line| line.get(line.len() / 2)).copied(),
            Self::Areas(areas) => {
                let part = |rings: &Vec<Ring>| {
                    rings.split_first().map(|(outer, holes)| Polygon { outer: outer.clone(), holes: holes.to_vec() })
                };
                let shape = MultiPolygon(areas.iter().filter_map(part).collect());
                shape.inner_point().or_else(|| shape.centroid()).map(rounded)
            }
        }
    }

    /// As a GeoJSON geometry.
    pub fn to_geojson(&self) -> Value {
        let line = |points: &Vec<Point>| points.iter().map(|p| json!([p.lon, p.lat])).collect::<Value>();
        let area = |rings: &Vec<Ring>| rings.iter().map(line).collect::<Value>();
        match self {
            Self::Point(p) => json!({ "type": "Point", "coordinates": [p.lon, p.lat] }),
            Self::Lines(lines) => match lines.as_slice() {
                [one] => json!({ "type": "LineString", "coordinates": line(one) }),
                lines => json!({ "type": "MultiLineString", "coordinates": lines.iter().map(line).collect::<Value>() }),
            },
            Self::Areas(areas) => match areas.as_slice() {
                [one] => json!({ "type": "Polygon", "coordinates": area(one) }),
                areas => json!({ "type": "MultiPolygon", "coordinates": areas.iter().map(area).collect::<Value>() }),
            },
        }
    }
}

/// A feature that can be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// Its place in the file, from 0.
    pub index: usize,
    /// Its id, or a property that a person would know it by.
    pub label: Option<String>,
    /// As in the file; empty when the file has none.
    pub properties: Map<String, Value>,
    /// What is drawn.
    pub outline: Outline,
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sketch {
    /// The features that can be drawn, in the order of the file.
    pub drawings: Vec<Drawing>,
    /// The others and why, in the order of the file, at most [`MAX_FINDINGS`].
    pub findings: Vec<Finding>,
    /// How many findings there were beyond that.
    pub more_findings: usize,
    /// How many features the file has.
    pub total: usize,
}

/// Reads points, lines and areas of a file whose coordinates are in `datum`.
///
/// # Errors
/// A file that is no collection of features, or has more than [`MAX_DRAWINGS`].
pub fn read_sketch(input: &[u8], datum: Datum) -> Result<Sketch, ReadError> {
    let mut sketch = Sketch::default();
    each_feature(input, MAX_DRAWINGS, &mut |parsed| sketch.take(parsed, datum))?;
    Ok(sketch)
}

impl Sketch {
    fn take(&mut self, parsed: Result<geojson::Feature, geojson::Error>, datum: Datum) {
        let index = self.total;
        self.total += 1;
        let feature = match parsed {
            Ok(feature) => feature,
            Err(e) => return self.report(index, None, FindingKind::Unreadable { reason: shorten(&e.to_string()) }),
        };
        let properties = feature.properties.unwrap_or_default();
        let label = feature.id.map(id_text).or_else(|| label(&properties));
        match feature.geometry.map_or(Err(FindingKind::Empty), |g| outline(&g.value, datum)) {
            Ok(outline) => self.drawings.push(Drawing { index, label, properties, outline }),
            Err(kind) => self.report(index, label, kind),
        }
    }

    fn report(&mut self, index: usize, label: Option<String>, kind: FindingKind) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding::dropped(index, label, kind));
        } else {
            self.more_findings += 1;
        }
    }
}

fn outline(value: &GeometryValue, datum: Datum) -> Result<Outline, FindingKind> {
    let line = |positions: &[Position]| line(positions, datum);
    let lines = |all: &[Vec<Position>]| -> Result<Outline, FindingKind> {
        sound(|| all.iter().flatten())?;
        let kept: Vec<_> = all.iter().map(|one| line(one)).filter(|l| l.len() > 1).collect();
        if kept.is_empty() { Err(FindingKind::Empty) } else { Ok(Outline::Lines(kept)) }
    };
    let areas = |all: &[Vec<Vec<Position>>]| -> Result<Outline, FindingKind> {
        sound(|| all.iter().flatten().flatten())?;
        let kept: Vec<_> = all.iter().filter_map(|rings| area(rings, datum)).collect();
        if kept.is_empty() { Err(FindingKind::Empty) } else { Ok(Outline::Areas(kept)) }
    };
    match value {
        GeometryValue::Point { coordinates } => {
            sound(|| std::iter::once(coordinates))?;
            line(std::slice::from_ref(coordinates)).first().map(|p| Outline::Point(*p)).ok_or(FindingKind::Empty)
        }
        GeometryValue::LineString { coordinates } => lines(std::slice::from_ref(coordinates)),
        GeometryValue::MultiLineString { coordinates } => lines(coordinates),
        GeometryValue::Polygon { coordinates } => areas(std::slice::from_ref(coordinates)),
        GeometryValue::MultiPolygon { coordinates } => areas(coordinates),
        other => Err(FindingKind::WrongGeometry { found: other.type_name().to_owned() }),
    }
}

/// Refuses more positions than are read, and positions that are no place on Earth: what was meant cannot be known.
fn sound<'a, I: Iterator<Item = &'a Position>>(positions: impl Fn() -> I) -> Result<(), FindingKind> {
    let count = positions().count();
    if count > MAX_POSITIONS {
        return Err(FindingKind::TooManyPositions { count });
    }
    misplaced(positions).map_or(Ok(()), |(kind, _)| Err(kind))
}

/// The positions in WGS84, rounded, none twice in a row.
fn line(positions: &[Position], datum: Datum) -> Vec<Point> {
    let mut line: Vec<Point> = positions.iter().filter_map(lon_lat).map(|p| rounded(to_wgs84(datum, p))).collect();
    line.dedup();
    line
}

/// The rings, closed; none when the outer one bounds nothing, and without holes that bound nothing.
fn area(rings: &[Vec<Position>], datum: Datum) -> Option<Vec<Ring>> {
    let ring = |positions: &Vec<Position>| {
        let mut ring = line(positions, datum);
        if ring.first() != ring.last() {
            ring.extend(ring.first().copied());
        }
        (ring.len() > 3).then_some(ring)
    };
    let (outer, holes) = rings.split_first()?;
    let mut kept = vec![ring(outer)?];
    kept.extend(holes.iter().filter_map(ring));
    Some(kept)
}

fn rounded(p: Point) -> Point {
    Point::new((p.lon * STEPS).round() / STEPS, (p.lat * STEPS).round() / STEPS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(features: &Value) -> Vec<u8> {
        json!({ "type": "FeatureCollection", "features": features }).to_string().into_bytes()
    }

    fn of(geometry: &Value) -> Value {
        json!({ "type": "Feature", "properties": { "name": "one" }, "geometry": geometry })
    }

    #[test]
    fn points_lines_and_areas_are_kept_to_a_tenth_of_a_metre() {
        let features = json!([
            of(
                &json!({ "type": "LineString", "coordinates": [[112.878_773_21, 33.090_825_21], [112.878_773_22, 33.090_825_23], [112.9, 33.1, 7.0]] })
            ),
            of(
                &json!({ "type": "Polygon", "coordinates": [[[112.0, 33.0], [112.1, 33.0], [112.1, 33.1]], [[112.0, 33.0], [112.0, 33.0]]] })
            ),
            of(&json!({ "type": "Point", "coordinates": [112.0, 33.0] })),
        ]);
        let read = read_sketch(&file(&features), Datum::Wgs84).unwrap();
        assert!(read.findings.is_empty(), "{:?}", read.findings);
        let drawn: Vec<Value> = read.drawings.iter().map(|d| d.outline.to_geojson()).collect();
        assert_eq!(drawn[0], json!({ "type": "LineString", "coordinates": [[112.878_773, 33.090_825], [112.9, 33.1]] }));
        // The open ring is closed, and the hole that holds nothing is gone.
        let ring = [[112.0, 33.0], [112.1, 33.0], [112.1, 33.1], [112.0, 33.0]];
        assert_eq!(drawn[1], json!({ "type": "Polygon", "coordinates": [ring] }));
        assert_eq!(drawn[2], json!({ "type": "Point", "coordinates": [112.0, 33.0] }));
        assert_eq!(read.drawings[0].label.as_deref(), Some("one"));
        let inside = read.drawings[1].outline.middle().unwrap();
        assert!(inside.lon > 112.0 && inside.lon < 112.1 && inside.lat > 33.0 && inside.lat < 33.1, "{inside:?}");
    }

    #[test]
    fn what_cannot_be_drawn_is_named_by_its_place_in_the_file() {
        let features = json!([
            of(&json!({ "type": "LineString", "coordinates": [[112.0, 33.0], [512.0, 33.0]] })),
            of(&json!({ "type": "LineString", "coordinates": [[33.0, 112.0], [33.1, 112.0]] })),
            of(&json!({ "type": "MultiPoint", "coordinates": [[112.0, 33.0]] })),
            of(&json!({ "type": "LineString", "coordinates": [[112.0, 33.0], [112.0, 33.0]] })),
            of(&Value::Null),
            json!({ "type": "Feature", "geometry": { "type": "LineString", "coordinates": "nowhere" } }),
            of(&json!({ "type": "Point", "coordinates": [112.0, 33.0] })),
        ]);
        let read = read_sketch(&file(&features), Datum::Wgs84).unwrap();
        let found: Vec<_> = read.findings.iter().map(|f| (f.feature, f.kind.name())).collect();
        let names = ["out_of_range", "swapped", "wrong_geometry", "empty", "empty", "unreadable"];
        assert_eq!(found, names.into_iter().enumerate().collect::<Vec<_>>());
        assert_eq!((read.total, read.drawings.len(), read.drawings[0].index), (7, 1, 6));
    }

    #[test]
    fn another_datum_is_moved() {
        let features = json!([of(&json!({ "type": "LineString", "coordinates": [[116.404, 39.915], [116.41, 39.92]] }))]);
        let read = read_sketch(&file(&features), Datum::Gcj02).unwrap();
        let first = read.drawings[0].outline.points().next().unwrap();
        let meant = to_wgs84(Datum::Gcj02, Point::new(116.404, 39.915));
        assert!((first.lon - meant.lon).abs() < 1e-6 && (first.lat - meant.lat).abs() < 1e-6);
        assert!((first.lon - 116.404).abs() > 1e-3);
    }

    #[test]
    fn what_is_no_collection_is_refused() {
        for wrong in ["{", "{}", r#"{"type":"Topology"}"#] {
            assert!(read_sketch(wrong.as_bytes(), Datum::Wgs84).is_err(), "{wrong}");
        }
    }
}
