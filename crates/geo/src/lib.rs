#![doc = include_str!("../README.md")]

mod datum;
mod index;
mod lattice;
mod point;
mod read;
mod shape;
mod sketch;
#[cfg(test)]
mod tessellation;
mod write;

pub use datum::{Datum, UnknownDatum, from_wgs84, to_wgs84};
pub use index::{CellIndex, Overlap};
pub use point::{Bounds, Point, distance_m};
pub use read::{
    Effect, Feature, Finding, FindingKind, MAX_FEATURES, MAX_FINDINGS, MAX_POSITIONS, ReadError, Reading, read_geojson,
};
pub use shape::{MultiPolygon, Polygon, Ring};
pub use sketch::{Drawing, MAX_DRAWINGS, Outline, Sketch, read_sketch};
pub use write::{from_geojson, to_geojson};
