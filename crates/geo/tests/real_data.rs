//! Real coverages with real dirt. The data is no part of the project: without it these tests say so and pass.

#![expect(clippy::print_stdout, reason = "a skipped test says so, and a run shows what the data holds")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;

use flate2::read::GzDecoder;
use jingwei_geo::{CellIndex, Datum, Feature, Reading, from_wgs84, read_geojson, to_geojson};

/// The unpacked file, from the directory that `JINGWEI_DATA` names or from `../shared/data` beside the project.
fn data(name: &str) -> Option<Vec<u8>> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let root = std::env::var_os("JINGWEI_DATA").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let path = root.join("polygons").join(name);
    let Ok(packed) = std::fs::read(&path) else {
        println!("skipped: {} is absent", path.display());
        return None;
    };
    let mut bytes = Vec::new();
    GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).expect("a whole gzip file");
    Some(bytes)
}

fn tally(reading: &Reading) -> BTreeMap<&'static str, usize> {
    let mut tally = BTreeMap::new();
    for finding in &reading.findings {
        *tally.entry(finding.kind.name()).or_default() += 1;
    }
    tally
}

fn index(features: &[Feature]) -> CellIndex<usize> {
    CellIndex::new(features.iter().map(|f| (f.index, 0, f.geometry.clone())))
}

/// Checks that each shape's inner point lies in the shape and is located to it, or to one that is reported to overlap it.
fn inner_points_are_found(features: &[Feature], index: &CellIndex<usize>) {
    let overlaps = index.overlaps(0.0, usize::MAX);
    let reported: BTreeSet<(usize, usize)> = overlaps.iter().map(|o| (*o.first, *o.second)).collect();
    let mut found = Vec::new();
    for feature in features {
        let point = feature.geometry.inner_point().unwrap_or_else(|| panic!("no inner point: {}", to_geojson(&feature.geometry)));
        let located = *index.locate(point.lon, point.lat).expect("a cell holds the point");
        assert!(located == feature.index || reported.contains(&(located, feature.index)), "{located} for {}", feature.index);
        index.locate_all(point.lon, point.lat, &mut found);
        assert!(found.contains(&&feature.index));
    }
    println!("{} shapes, {} overlapping pairs", features.len(), overlaps.len());
}

#[test]
fn villages_are_read_judged_and_located() {
    let Some(bytes) = data("villages_7599.geojson.gz") else { return };
    let reading = read_geojson(&bytes, Datum::Wgs84).expect("a feature collection");
    println!("villages: {:?}", tally(&reading));
    assert_eq!((reading.total, reading.features.len()), (7599, 7599));
    // GEOS calls the same number of them invalid.
    let invalid: BTreeSet<_> = reading.findings.iter().filter(|f| f.kind.is_invalid_geometry()).map(|f| f.feature).collect();
    assert_eq!(invalid.len(), 8, "{invalid:?}");
    inner_points_are_found(&reading.features, &index(&reading.features));
}

#[test]
fn compounds_with_all_their_dirt_are_read_in_a_shifted_datum() {
    let Some(bytes) = data("compounds_beijing.geojson.gz") else { return };
    for datum in [Datum::Wgs84, Datum::Bd09] {
        let reading = read_geojson(&bytes, datum).expect("a feature collection");
        println!("compounds as {datum}: {:?}", tally(&reading));
        assert_eq!(reading.total, 3694);
        let dropped: BTreeSet<_> = reading.findings.iter().filter(|f| f.kind.name() == "empty").map(|f| f.feature).collect();
        assert_eq!(reading.features.len() + dropped.len(), reading.total);
        inner_points_are_found(&reading.features, &index(&reading.features));
        let corner = reading.features[0].geometry.0[0].outer[0];
        assert!((from_wgs84(datum, corner).lat - 39.883).abs() < 0.002);
    }
}
