//! GeoJSON in: polygons with their properties, and a list of what is wrong with them.

mod clean;
mod finding;
mod rings;

pub(crate) use clean::{lon_lat, misplaced};
pub use finding::{Effect, Finding, FindingKind};

use geojson::{Geometry, GeometryValue, feature::Id};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::datum::Datum;
use crate::shape::MultiPolygon;
use clean::Cleaner;

/// More features than any district has cells; a file with more is refused.
pub const MAX_FEATURES: usize = 200_000;
/// More positions than the border of a province has at full detail; a feature with more is left out.
pub const MAX_POSITIONS: usize = 100_000;
/// Findings beyond this number are only counted.
pub const MAX_FINDINGS: usize = 10_000;

/// A feature that could be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// Its place in the file, from 0.
    pub index: usize,
    /// The feature's `id` member as text.
    pub id: Option<String>,
    /// As in the file; empty when the file has none.
    pub properties: Map<String, Value>,
    /// In WGS84, on the 1e-7 degree lattice, rings closed, outer rings counter-clockwise and holes clockwise.
    pub geometry: MultiPolygon,
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The features that could be kept, in the order of the file.
    pub features: Vec<Feature>,
    /// What is wrong, in the order of the file, at most [`MAX_FINDINGS`].
    pub findings: Vec<Finding>,
    /// How many findings there were beyond that.
    pub more_findings: usize,
    /// How many features the file has, kept or not.
    pub total: usize,
}

/// The file as a whole cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The text is no JSON; line and column count from 1.
    #[error("not JSON at line {line}, column {column}: {reason}")]
    NotJson {
        /// Line of the fault.
        line: usize,
        /// Column of the fault, in bytes.
        column: usize,
        /// The parser's words.
        reason: String,
    },
    /// It is JSON but no GeoJSON object.
    #[error("not GeoJSON: {reason}")]
    NotGeoJson {
        /// What was found or is missing.
        reason: String,
    },
    /// It is GeoJSON, but neither features nor polygons.
    #[error("expected a FeatureCollection, Feature, Polygon or MultiPolygon, found {found}")]
    WrongType {
        /// The `type` found.
        found: String,
    },
    /// More features than are read.
    #[error("{found} features, at most {most} are read")]
    TooManyFeatures {
        /// How many there are.
        found: usize,
        /// How many are read at most.
        most: usize,
    },
}

/// Reads a FeatureCollection, a Feature or a bare Polygon or MultiPolygon whose coordinates are in `datum`.
///
/// What is wrong inside a feature is reported as a [`Finding`] and costs at most that feature. Memory stays proportional to the input.
pub fn read_geojson(input: &[u8], datum: Datum) -> Result<Reading, ReadError> {
    let mut reading = Reading::default();
    each_feature(input, MAX_FEATURES, &mut |parsed| reading.take(parsed, datum))?;
    Ok(reading)
}

/// Gives every feature of a file to `take`, in order, as far as it can be parsed.
pub(crate) fn each_feature(
    input: &[u8],
    most: usize,
    take: &mut dyn FnMut(Result<geojson::Feature, geojson::Error>),
) -> Result<(), ReadError> {
    // Spreadsheets and editors on Windows like to put a byte order mark in front.
    let input = input.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(input);
    let document: &RawValue = serde_json::from_slice(input).map_err(|e| not_json(&e))?;
    let head: Head<'_> = serde_json::from_str(document.get()).map_err(|e| not_geojson(&e))?;
    match head.kind.as_deref() {
        Some("FeatureCollection") => {
            let list = head.features.ok_or_else(|| ReadError::NotGeoJson { reason: "no \"features\"".to_owned() })?;
            let texts: Vec<&RawValue> = serde_json::from_str(list.get()).map_err(|e| not_geojson(&e))?;
            if texts.len() > most {
                return Err(ReadError::TooManyFeatures { found: texts.len(), most });
            }
            for text in texts {
                take(text.get().parse());
            }
        }
        Some("Feature") => take(document.get().parse()),
        Some("Polygon" | "MultiPolygon") => take(document.get().parse::<Geometry>().map(geojson::Feature::from)),
        Some(other) => return Err(ReadError::WrongType { found: shorten(other) }),
        None => return Err(ReadError::NotGeoJson { reason: "no \"type\"".to_owned() }),
    }
    Ok(())
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(borrow)]
    features: Option<&'a RawValue>,
}

fn not_json(e: &serde_json::Error) -> ReadError {
    ReadError::NotJson { line: e.line(), column: e.column(), reason: shorten(&e.to_string()) }
}

fn not_geojson(e: &serde_json::Error) -> ReadError {
    ReadError::NotGeoJson { reason: shorten(&e.to_string()) }
}

/// Error texts may quote the input, which may be long.
pub(crate) fn shorten(text: &str) -> String {
    text.chars().take(200).collect()
}

impl Reading {
    fn take(&mut self, parsed: Result<geojson::Feature, geojson::Error>, datum: Datum) {
        let index = self.total;
        self.total += 1;
        let feature = match parsed {
            Ok(feature) => feature,
            Err(e) => {
                return self.report(Finding::dropped(index, None, FindingKind::Unreadable { reason: shorten(&e.to_string()) }));
            }
        };
        let id = feature.id.map(id_text);
        let properties = feature.properties.unwrap_or_default();
        let label = id.clone().or_else(|| label(&properties));
        let polygons = match feature.geometry.map(|g| g.value) {
            Some(GeometryValue::Polygon { coordinates }) => vec![coordinates],
            Some(GeometryValue::MultiPolygon { coordinates }) => coordinates,
            Some(other) => {
                let found = other.type_name().to_owned();
                return self.report(Finding::dropped(index, label, FindingKind::WrongGeometry { found }));
            }
            None => Vec::new(),
        };
        let mut cleaner = Cleaner::new(index, label, datum);
        let geometry = cleaner.clean(&polygons);
        for finding in cleaner.findings {
            self.report(finding);
        }
        if let Some(geometry) = geometry {
            self.features.push(Feature { index, id, properties, geometry });
        }
    }

    fn report(&mut self, finding: Finding) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        } else {
            self.more_findings += 1;
        }
    }
}

pub(crate) fn id_text(id: Id) -> String {
    match id {
        Id::String(text) => text,
        Id::Number(number) => number.to_string(),
    }
}

/// What a person would call the feature, from the properties that usually say so.
pub(crate) fn label(properties: &Map<String, Value>) -> Option<String> {
    ["id", "code", "name", "编码", "编号", "名称"].iter().find_map(|name| match properties.get(*name)? {
        Value::String(text) if !text.is_empty() => Some(shorten(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
