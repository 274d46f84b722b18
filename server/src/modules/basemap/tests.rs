use std::cell::RefCell;

use axum::http::{HeaderName, header};
use geo::{Bounds, Datum, Point, from_wgs84};
use serde_json::{Value, json};
use testkit::Engine;

use super::{Layer, Level, Options, Report, import, model::Cell, remove};
use crate::testing::TestApp;

const HOME: Point = Point::new(116.005, 39.005);

/// The borders of a small district.
const DISTRICT: Bounds = Bounds { min: Point::new(116.0, 39.0), max: Point::new(116.03, 39.01) };

fn line(name: &str, class: &str, at: [[f64; 2]; 2]) -> Value {
    json!({ "type": "Feature", "properties": { "name": name, "class": class, "owner": "欧阳某某" }, "geometry": { "type": "LineString", "coordinates": at } })
}

fn file(features: &[Value]) -> Vec<u8> {
    json!({ "type": "FeatureCollection", "features": features }).to_string().into_bytes()
}

fn roads() -> Vec<u8> {
    file(&[
        line("临江大道", "arterial", [[115.99, 39.005], [116.04, 39.005]]),
        line("柳荫巷", "lane", [[116.006, 39.0], [116.006, 39.01]]),
        line("远方路", "lane", [[117.0, 39.0], [117.1, 39.0]]),
        line("规划路", "proposed", [[116.0, 39.0], [116.01, 39.0]]),
    ])
}

fn options(layer: Layer) -> Options {
    Options { layer, datum: Datum::Wgs84, attribution: String::new(), map: vec![], dry_run: false }
}

async fn take(app: &TestApp, bytes: Vec<u8>, options: &Options) -> Report {
    import(app, Some(DISTRICT), bytes, options, |_, _| {}).await.unwrap()
}

fn path(level: Level, p: Point) -> String {
    let cell = Cell::of(level, p);
    format!("/api/v1/basemap/{level}/{}/{}", cell.x, cell.y)
}

/// What everybody reads of the cell around a point: layer, name, class.
async fn seen(app: &TestApp, level: Level, p: Point) -> Vec<(String, String, String)> {
    let cell = app.visitor().get(&path(level, p)).await.expect(200).json();
    let text = |f: &Value, name: &str| f["properties"][name].as_str().unwrap_or_default().to_owned();
    let all = cell["features"].as_array().unwrap();
    all.iter().map(|f| (text(f, "layer"), text(f, "name"), text(f, "class"))).collect()
}

fn one(layer: &str, name: &str, class: &str) -> (String, String, String) {
    (layer.to_owned(), name.to_owned(), class.to_owned())
}

async fn version(app: &TestApp) -> Value {
    app.visitor().get("/api/v1/district").await.expect(200).json()["basemap"].clone()
}

testkit::both! {
    async fn a_layer_is_cut_into_cells_and_read_by_everybody(engine: Engine) {
        let app = TestApp::new(engine).await;
        assert_eq!(version(&app).await, Value::Null);
        let steps = RefCell::new(vec![]);
        let with = Options { attribution: "© 某测绘院".to_owned(), ..options(Layer::Road) };
        let report = import(&app, Some(DISTRICT), roads(), &with, |done, all| steps.borrow_mut().push((done, all))).await.unwrap();
        assert!(report.applied, "{report:?}");
        // One road lies far off, one is not built.
        assert_eq!((report.read, report.taken, report.passed_over, report.replaced), (4, 2, 2, 0));
        assert_eq!(steps.into_inner().last(), Some(&(report.read, report.read)));
        assert_eq!(seen(&app, Level::Far, HOME).await, [one("road", "临江大道", "main")]);
        assert_eq!(seen(&app, Level::Near, Point::new(116.006, 39.005)).await, [one("road", "柳荫巷", "lane")]);
        assert!(seen(&app, Level::Near, Point::new(117.05, 39.0)).await.is_empty());

        let known = version(&app).await;
        assert_eq!(known["layers"], json!([{ "layer": "road", "version": 1, "attribution": "© 某测绘院" }]));
        assert_eq!(known["levels"][2], json!({ "level": "near", "cells": 14, "from": 14 }));
        // The district's own road reaches beyond its borders, and is told no farther than three kilometres.
        let bounds: Vec<f64> = serde_json::from_value(known["bounds"].clone()).unwrap();
        assert!(bounds[0] > 115.9 && bounds[0] < 116.0 && bounds[2] > 116.03 && bounds[2] < 116.1, "{bounds:?}");

        let places = [json!({ "type": "Feature", "properties": { "name": "柳荫新村" }, "geometry": { "type": "Polygon",
            "coordinates": [[[116.004, 39.004], [116.006, 39.004], [116.006, 39.006], [116.004, 39.004]]] } })];
        assert!(take(&app, file(&places), &options(Layer::Place)).await.applied);
        let near = seen(&app, Level::Near, HOME).await;
        assert!(near.contains(&one("place", "柳荫新村", "spot")) && near.contains(&one("road", "柳荫巷", "lane")), "{near:?}");
        let text = app.visitor().get(&path(Level::Near, HOME)).await.expect(200).text();
        assert!(!text.contains("欧阳"), "nothing but name, kind and width is taken over: {text}");
        for wrong in ["near/1/99999999", "near/x/1", "nearer/1/1"] {
            app.visitor().get(&format!("/api/v1/basemap/{wrong}")).await.refused(404, "not-found");
        }
    }

    async fn a_file_replaces_its_layer_and_leaves_the_others(engine: Engine) {
        let app = TestApp::new(engine).await;
        assert!(take(&app, roads(), &options(Layer::Road)).await.applied);
        let water = json!({ "type": "Feature", "properties": { "name": "澄江", "kind": "river" }, "geometry": { "type": "LineString", "coordinates": [[116.0, 39.002], [116.03, 39.002]] } });
        assert!(take(&app, file(&[water]), &options(Layer::Water)).await.applied);
        let before = version(&app).await;
        let other = file(&[line("新路", "arterial", [[116.0, 39.005], [116.03, 39.005]])]);
        let report = take(&app, other.clone(), &Options { dry_run: true, ..options(Layer::Road) }).await;
        assert_eq!((report.applied, report.taken, report.replaced), (false, 1, 2));
        assert_eq!(version(&app).await, before);
        assert!(take(&app, other, &options(Layer::Road)).await.applied);
        let after = version(&app).await;
        assert_ne!(after["version"], before["version"]);
        assert_eq!(after["layers"].as_array().unwrap().len(), 2);
        assert_eq!(seen(&app, Level::Far, HOME).await, [one("road", "新路", "main"), one("water", "澄江", "")]);
        assert!(seen(&app, Level::Near, Point::new(116.006, 39.005)).await.is_empty(), "the lane went with its layer");

        assert!(remove(&app, Layer::Road).await.unwrap() && !remove(&app, Layer::Road).await.unwrap());
        assert_eq!(seen(&app, Level::Far, HOME).await, [one("water", "澄江", "")]);
        // Each of it is in the record, and a second process hears of it.
        let mut audit: Vec<String> = app.db.read().await.unwrap()
            .query_values(db::Query::new("select action || ' ' || details as value from audit where object_kind = 'basemap'")).await.unwrap();
        audit.sort();
        assert_eq!(audit, [
            r#"basemap.import {"features":1,"layer":"road","replaced":2}"#,
            r#"basemap.import {"features":1,"layer":"water","replaced":0}"#,
            r#"basemap.import {"features":2,"layer":"road","replaced":0}"#,
            r#"basemap.remove {"features":1,"layer":"road"}"#,
        ]);
        let beside = app.beside(&app.database.options).await;
        assert!(take(&app, roads(), &options(Layer::Road)).await.applied);
        assert_eq!(app.visitor().at(&beside).get("/api/v1/district").await.expect(200).json()["basemap"]["layers"].as_array().unwrap().len(), 1);
        beside.refresh().await.unwrap();
        assert_eq!(app.visitor().at(&beside).get("/api/v1/district").await.expect(200).json()["basemap"], version(&app).await);
    }

    async fn a_wrong_row_is_named_and_nothing_is_written(engine: Engine) {
        let app = TestApp::new(engine).await;
        assert!(take(&app, roads(), &options(Layer::Road)).await.applied);
        let before = version(&app).await;
        let bad = file(&[
            line("好路", "lane", [[116.0, 39.0], [116.01, 39.0]]),
            line("写反的路", "lane", [[39.0, 116.0], [39.0, 116.01]]),
            line("投影的路", "lane", [[116.0, 39.0], [480_000.0, 4_300_000.0]]),
        ]);
        let report = take(&app, bad, &options(Layer::Road)).await;
        assert!(!report.applied);
        let rows: Vec<_> = report.faults.iter().map(|f| (f.row, f.value.as_str())).collect();
        assert_eq!(rows, [(2, "写反的路"), (3, "投影的路")]);
        assert!(report.lines().last().unwrap().starts_with("有错误"));
        assert_eq!(version(&app).await, before);

        // What does not belong into the layer is left out and named; the rest holds.
        let mixed = [
            json!({ "type": "Feature", "properties": { "name": "路口" }, "geometry": { "type": "Point", "coordinates": [116.0, 39.0] } }),
            line("好路", "lane", [[116.0, 39.0], [116.01, 39.0]]),
            json!({ "type": "Feature", "properties": {}, "geometry": null }),
        ];
        let report = take(&app, file(&mixed), &options(Layer::Road)).await;
        assert_eq!((report.applied, report.taken, report.left_out, report.notes[0].row, report.notes[1].row), (true, 1, 2, 1, 3));

        for (bytes, what) in [
            (b"{".to_vec(), "no JSON"),
            (file(&[]), "nothing in it"),
            (file(&[line("远方路", "lane", [[117.0, 39.0], [117.1, 39.0]])]), "all of it far off"),
        ] {
            let report = take(&app, bytes, &options(Layer::Road)).await;
            assert!(!report.applied && report.faults.len() == 1, "{what}: {report:?}");
        }
        let long = Options { attribution: "某".repeat(121), ..options(Layer::Road) };
        assert!(!take(&app, roads(), &long).await.applied);
        let unknown = Options { map: vec![("owner".to_owned(), "owner".to_owned())], ..options(Layer::Road) };
        assert!(!take(&app, roads(), &unknown).await.applied);
        let nowhere = import(&app, None, roads(), &options(Layer::Road), |_, _| {}).await.unwrap();
        assert!(!nowhere.applied, "without borders nobody knows what lies near");
    }

    async fn a_version_does_not_come_again_in_another_district(engine: Engine) {
        let (one, other) = (TestApp::new(engine).await, TestApp::new(engine).await);
        for app in [&one, &other] {
            assert!(take(app, roads(), &options(Layer::Road)).await.applied);
        }
        assert_ne!(version(&one).await["version"], version(&other).await["version"]);
    }

    async fn a_cell_is_read_within_the_limit_of_public_reads(engine: Engine) {
        let app = TestApp::new(engine).await;
        for _ in 0..600 {
            app.visitor().get("/api/v1/basemap/far/1/1").await.expect(200);
        }
        app.visitor().get("/api/v1/basemap/far/1/1").await.refused(429, "too-many");
    }

    async fn a_shifted_file_lands_where_it_belongs(engine: Engine) {
        let app = TestApp::new(engine).await;
        let there = |p: Point| { let p = from_wgs84(Datum::Gcj02, p); [p.lon, p.lat] };
        let road = line("柳荫路", "lane", [there(HOME), there(Point::new(116.006, 39.006))]);
        assert!(take(&app, file(&[road]), &Options { datum: Datum::Gcj02, ..options(Layer::Road) }).await.applied);
        let cell = app.visitor().get(&path(Level::Near, HOME)).await.expect(200).json();
        assert_eq!(cell["features"][0]["geometry"]["coordinates"], json!([[116.005, 39.005], [116.006, 39.006]]));
    }

    async fn a_cell_is_kept_for_as_long_as_its_version_holds(engine: Engine) {
        let app = TestApp::new(engine).await;
        assert!(take(&app, roads(), &options(Layer::Road)).await.applied);
        let v = version(&app).await["version"].as_i64().unwrap();
        let path = path(Level::Far, HOME);
        let first = app.visitor().get(&format!("{path}?v={v}")).await.expect(200);
        assert_eq!(first.headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(first.headers[header::CONTENT_TYPE], "application/geo+json");
        assert_eq!(first.statements(), 1);
        let tag = first.headers[header::ETAG].to_str().unwrap().to_owned();
        let again = app.visitor().with(header::IF_NONE_MATCH, &tag).get(&path).await;
        assert_eq!((again.status.as_u16(), again.body.len(), again.headers[header::ETAG].to_str().unwrap()), (304, 0, tag.as_str()));
        // Under a version that is past, or none, it is asked for again.
        for asked in [path.clone(), format!("{path}?v={}", v + 1), format!("{path}?v=x")] {
            assert_eq!(app.visitor().get(&asked).await.expect(200).headers[header::CACHE_CONTROL], "no-cache", "{asked}");
        }
        assert!(take(&app, roads(), &options(Layer::Road)).await.applied);
        let moved = app.visitor().with(header::IF_NONE_MATCH, &tag).get(&path).await.expect(200);
        assert_ne!(moved.headers[header::ETAG].to_str().unwrap(), tag);

        let packed = async |accepts: &str| {
            let reply = app.visitor().with(HeaderName::from_static("accept-encoding"), accepts).get(&path).await.expect(200);
            reply.headers.get(header::CONTENT_ENCODING).map(|it| it.to_str().unwrap().to_owned())
        };
        assert_eq!(packed("gzip, deflate, br").await.as_deref(), Some("br"));
        assert_eq!(packed("gzip").await.as_deref(), Some("gzip"));
        assert_eq!(packed("identity").await, None);
    }
}
