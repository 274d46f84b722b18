use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::point::{Point, distance_m};

const SQUARE: &str = "[[116,39],[116.1,39],[116.1,39.1],[116,39.1],[116,39]]";

/// Shares its western side with the square.
const EAST: &str = "[[116.1,39],[116.2,39],[116.2,39.1],[116.1,39.1],[116.1,39]]";

fn read(text: &str) -> Reading {
    read_geojson(text.as_bytes(), Datum::Wgs84).unwrap()
}

fn polygon(rings: &str) -> Reading {
    read(&format!(r#"{{"type":"Polygon","coordinates":[{rings}]}}"#))
}

/// Names and effects of the findings.
fn outcome(reading: &Reading) -> Vec<(&'static str, Effect)> {
    reading.findings.iter().map(|f| (f.kind.name(), f.effect)).collect()
}

#[test]
fn a_collection_keeps_order_ids_properties_and_says_what_it_left_out() {
    let reading = read(&format!(
        r#"{{"type":"FeatureCollection","name":"x","features":[
            {{"type":"Feature","id":7,"properties":{{"n":1}},"geometry":{{"type":"Polygon","coordinates":[{SQUARE}]}}}},
            {{"type":"Feature","properties":{{"code":"A-2"}},"geometry":{{"type":"Point","coordinates":[116,39]}}}},
            {{"type":"Feature","properties":null,"geometry":null}},
            {{"type":"Feature","properties":{{"name":"东"}},"geometry":{{"type":"Polygon","coordinates":"none"}}}},
            17,
            {{"type":"Feature","properties":{{}},"geometry":{{"type":"MultiPolygon","coordinates":[[{SQUARE}],[{EAST}]]}}}}
        ]}}"#
    ));
    assert_eq!(reading.total, 6);
    assert_eq!(reading.features.iter().map(|f| f.index).collect::<Vec<_>>(), [0, 5]);
    assert_eq!(reading.features[0].id.as_deref(), Some("7"));
    assert_eq!(reading.features[0].properties["n"], 1);
    assert_eq!(reading.features[1].geometry.0.len(), 2);
    let places: Vec<_> = reading.findings.iter().map(|f| (f.feature, f.kind.name(), f.label.as_deref())).collect();
    assert_eq!(
        places,
        [(1, "wrong_geometry", Some("A-2")), (2, "empty", None), (3, "unreadable", None), (4, "unreadable", None)]
    );
    assert!(reading.findings.iter().all(|f| f.effect == Effect::FeatureDropped));
}

#[test]
fn what_is_no_geojson_is_refused_with_the_place() {
    let error = |text: &str| read_geojson(text.as_bytes(), Datum::Wgs84).unwrap_err();
    assert!(matches!(error("{\n \"type\": oops}"), ReadError::NotJson { line: 2, column: 10, .. }));
    assert!(matches!(error(""), ReadError::NotJson { line: 1, .. }));
    assert!(matches!(error("{} {}"), ReadError::NotJson { line: 1, column: 4, .. }));
    assert!(matches!(error("[1, 2]"), ReadError::NotGeoJson { .. }));
    assert!(matches!(error("{}"), ReadError::NotGeoJson { .. }));
    assert!(matches!(error(r#"{"type":3}"#), ReadError::NotGeoJson { .. }));
    assert!(matches!(error(r#"{"type":"FeatureCollection"}"#), ReadError::NotGeoJson { .. }));
    assert!(matches!(error(r#"{"type":"FeatureCollection","features":{}}"#), ReadError::NotGeoJson { .. }));
    assert_eq!(error(r#"{"type":"Topology"}"#), ReadError::WrongType { found: "Topology".into() });
    let many = format!(r#"{{"type":"FeatureCollection","features":[{}0]}}"#, "0,".repeat(MAX_FEATURES));
    assert_eq!(error(&many), ReadError::TooManyFeatures { found: MAX_FEATURES + 1, most: MAX_FEATURES });
    assert!(read_geojson(b"\xff\xfe", Datum::Wgs84).is_err());
}

#[test]
fn findings_are_counted_beyond_their_limit_and_a_byte_order_mark_is_passed_over() {
    let many = format!("\u{feff}{{\"type\":\"FeatureCollection\",\"features\":[{}0]}}", "0,".repeat(MAX_FINDINGS + 4));
    let reading = read(&many);
    assert_eq!((reading.findings.len(), reading.more_findings), (MAX_FINDINGS, 5));
}

#[test]
fn rings_turn_the_right_way_whatever_the_file_says() {
    let backwards = "[[116,39],[116,39.1],[116.1,39.1],[116.1,39],[116,39]]";
    let reading = polygon(&format!("{backwards},[[116.04,39.04],[116.06,39.04],[116.06,39.06],[116.04,39.04]]"));
    assert!(reading.findings.is_empty(), "{:?}", reading.findings);
    let part = &reading.features[0].geometry.0[0];
    assert_eq!(part.outer[1], Point::new(116.1, 39.0));
    assert_eq!(part.holes[0][1], Point::new(116.06, 39.06));
}

/// What is wrong, the rings, the findings expected, whether the feature is kept.
type Case = (&'static str, String, &'static [(&'static str, Effect)], bool);

#[test]
fn dirt_is_named_and_what_can_be_kept_is_kept() {
    use Effect::{FeatureDropped, Kept, Repaired, RingDropped};
    let hole = |ring: &str| format!("{SQUARE},{ring}");
    let cases: &[Case] = &[
        ("clean", SQUARE.into(), &[], true),
        ("altitudes are passed over", "[[116,39,5],[116.1,39,5],[116.1,39.1,6],[116,39,5]]".into(), &[], true),
        ("unclosed", "[[116,39],[116.1,39],[116.1,39.1]]".into(), &[("unclosed", Repaired)], true),
        ("repeated", "[[116,39],[116,39],[116.1,39],[116.1,39.1],[116,39]]".into(), &[("repeated_positions", Repaired)], true),
        (
            "two corners",
            "[[116,39],[116.1,39],[116,39]]".into(),
            &[("too_few_positions", RingDropped), ("empty", FeatureDropped)],
            false,
        ),
        ("no corner", "[]".into(), &[("too_few_positions", RingDropped), ("empty", FeatureDropped)], false),
        ("no ring", String::new(), &[("empty", FeatureDropped)], false),
        (
            "flat",
            "[[116,39],[116.1,39.1],[116.2,39.2],[116,39]]".into(),
            &[("zero_area", RingDropped), ("empty", FeatureDropped)],
            false,
        ),
        ("swapped", "[[39,116],[39,116.1],[39.1,116.1],[39,116]]".into(), &[("swapped", FeatureDropped)], false),
        (
            "metres",
            "[[12958000,4852000],[12959000,4852000],[12959000,4853000],[12958000,4852000]]".into(),
            &[("out_of_range", FeatureDropped)],
            false,
        ),
        ("one far off", "[[116,39],[116.1,39],[116.1,391],[116,39]]".into(), &[("out_of_range", FeatureDropped)], false),
        ("one number", "[[116],[116.1,39],[116.1,39.1],[116]]".into(), &[("unreadable", FeatureDropped)], false),
        ("bow tie", "[[116,39],[116.1,39.1],[116.1,39],[116,39.1],[116,39]]".into(), &[("self_intersection", Kept)], true),
        ("spike", "[[116,39],[116.1,39],[116.1,39.2],[116.1,39.1],[116,39]]".into(), &[("self_intersection", Kept)], true),
        (
            "pinched",
            "[[116,39],[116.1,39],[116.05,39.05],[116.1,39.1],[116,39.1],[116.05,39.05],[116,39]]".into(),
            &[("self_touch", Kept)],
            true,
        ),
        ("good hole", hole("[[116.02,39.02],[116.02,39.04],[116.04,39.04],[116.02,39.02]]"), &[], true),
        ("hole at a corner", hole("[[116,39],[116.02,39.04],[116.04,39.04],[116,39]]"), &[], true),
        ("hole outside", hole("[[117,39],[117,39.1],[117.1,39.1],[117,39]]"), &[("hole_outside", Kept)], true),
        ("hole across", hole("[[116.05,39.05],[116.05,39.06],[116.2,39.06],[116.05,39.05]]"), &[("rings_cross", Kept)], true),
        ("hole along the rim", hole("[[116.02,39],[116.02,39.04],[116.04,39],[116.02,39]]"), &[("rings_cross", Kept)], true),
        ("flat hole", hole("[[116.02,39.02],[116.03,39.03],[116.04,39.04],[116.02,39.02]]"), &[("zero_area", RingDropped)], true),
    ];
    for (name, rings, expected, kept) in cases {
        let reading = polygon(rings);
        assert_eq!(outcome(&reading), *expected, "{name}");
        assert_eq!(reading.features.len(), usize::from(*kept), "{name}");
    }
}

#[test]
fn parts_on_the_same_ground_are_reported_and_neighbours_are_not() {
    let parts = |other: &str| read(&format!(r#"{{"type":"MultiPolygon","coordinates":[[{SQUARE}],[{other}]]}}"#));
    assert!(parts(EAST).findings.is_empty());
    let twice = parts(SQUARE);
    let FindingKind::PartsOverlap { area_m2 } = twice.findings[0].kind else { panic!("{twice:?}") };
    assert!((area_m2 * 2.0 - twice.features[0].geometry.area_m2()).abs() < 1.0);
    assert_eq!(outcome(&twice), [("parts_overlap", Effect::Kept)]);
}

#[test]
fn findings_carry_figures_and_places() {
    let gap = polygon("[[116,39],[116.1,39],[116.1,39.1],[116,39.001]]");
    let FindingKind::Unclosed { gap_m } = gap.findings[0].kind else { panic!("{gap:?}") };
    assert!((gap_m - 111.2).abs() < 0.1);
    let bow = polygon("[[116,39],[116.1,39.1],[116.1,39],[116,39.1],[116,39]]");
    let at = bow.findings[0].at.unwrap();
    assert!(distance_m(at, Point::new(116.05, 39.05)) < 0.1);
    let swapped = polygon("[[39,116],[39,116.1],[39.1,116.1],[39,116]]");
    assert_eq!(swapped.findings[0].at, Some(Point::new(116.0, 39.0)));
    assert_eq!(
        serde_json::to_value(&swapped.findings[0]).unwrap(),
        json!({"feature": 0, "label": null, "kind": "swapped", "lon": 39.0, "lat": 116.0, "effect": "feature_dropped",
               "at": {"lon": 116.0, "lat": 39.0}})
    );
    for finding in [&gap.findings[0], &bow.findings[0]] {
        assert_eq!(serde_json::to_value(finding).unwrap()["kind"], finding.kind.name());
    }
    assert!(bow.findings[0].kind.is_invalid_geometry() && !gap.findings[0].kind.is_invalid_geometry());
}

#[test]
fn coordinates_come_out_in_wgs84() {
    let text = format!(r#"{{"type":"Polygon","coordinates":[{SQUARE}]}}"#);
    let reading = read_geojson(text.as_bytes(), Datum::Gcj02).unwrap();
    let corner = reading.features[0].geometry.0[0].outer[0];
    assert!(distance_m(crate::from_wgs84(Datum::Gcj02, corner), Point::new(116.0, 39.0)) < 0.01);
    assert!(distance_m(corner, Point::new(116.0, 39.0)) > 300.0);
}

#[test]
fn a_feature_of_too_many_positions_is_left_out() {
    let reading = polygon(&format!("[{}[116,39]]", "[116,39],[116,40],".repeat(MAX_POSITIONS / 2)));
    assert_eq!(outcome(&reading), [("too_many_positions", Effect::FeatureDropped)]);
}

/// A file that is right, to be spoilt.
fn sample() -> String {
    format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","id":"a","properties":{{"name":"x"}},"geometry":{{"type":"Polygon","coordinates":[{SQUARE},[[116.02,39.02],[116.02,39.04],[116.04,39.04],[116.02,39.02]]]}}}},{{"type":"Feature","properties":{{}},"geometry":{{"type":"MultiPolygon","coordinates":[[{SQUARE}]]}}}}]}}"#
    )
}

/// Whatever comes out of a reading must be usable without a panic.
fn use_it(reading: Reading) {
    for feature in &reading.features {
        assert!(feature.geometry.area_m2() >= 0.0 || feature.geometry.area_m2().is_finite());
        _ = feature.geometry.inner_point();
        for ring in feature.geometry.rings() {
            assert!(ring.len() >= 4 && ring.first() == ring.last());
        }
    }
    let index = crate::CellIndex::new(reading.features.into_iter().map(|f| (f.index, 0, f.geometry)));
    _ = index.overlaps(0.01, 100);
    _ = index.locate(116.03, 39.03);
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(reading) = read_geojson(&bytes, Datum::Bd09) {
            use_it(reading);
        }
    }

    #[test]
    fn a_spoilt_file_never_panics(
        spoil in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![
            Just("-"), Just("1e308"), Just("1e999"), Just("]"), Just("["), Just("null"), Just(","), Just(""), Just("9"), Just("\"x\""), Just("{}"),
        ]), 1..6),
        datum in prop::sample::select(Datum::ALL.to_vec()),
    ) {
        let mut bytes = sample().into_bytes();
        for (at, with) in spoil {
            let at = at.index(bytes.len());
            bytes.splice(at..=at, with.bytes());
        }
        if let Ok(reading) = read_geojson(&bytes, datum) {
            use_it(reading);
        }
    }

    #[test]
    fn random_positions_never_panic(
        rings in prop::collection::vec(prop::collection::vec(prop::collection::vec(prop_oneof![
            0.0..3.0_f64, (0..3_i32).prop_map(f64::from), -200.0..200.0_f64,
        ], 2..4), 0..9), 0..4),
        small: bool,
    ) {
        let scaled = |v: &f64| if small { v * 1e-7 } else { *v };
        let rings: Vec<Vec<Vec<f64>>> = rings.iter().map(|r| r.iter().map(|p| p.iter().map(scaled).collect()).collect()).collect();
        let text = json!({"type": "MultiPolygon", "coordinates": [rings.clone(), rings]}).to_string();
        let reading = read(&text);
        prop_assert!(reading.features.len() + reading.findings.len() > 0);
        use_it(reading);
    }
}
