use std::fmt::Write as _;

use kernel::Clock;
use testkit::{Engine, TestDb};

use super::*;
use crate::{
    app,
    modules::{
        access,
        org::{GRID, Memory, Question, ensure_root},
    },
    table::Table,
    testing::TestApp,
};

const NOW: Time = Time::from_millis(1_750_000_000_000);
const ZONE: kernel::Zone = kernel::Zone::CHINA;

async fn district(engine: Engine) -> TestDb {
    let files = app::migrations();
    let list: Vec<db::Migration<'_>> = files.iter().map(|(name, text)| db::Migration { name, text }).collect();
    let test = TestDb::new(engine, &list).await;
    let mut tx = test.db.begin();
    ensure_root(&mut tx, Time::from_millis(0), "990101", "某区").await.unwrap();
    tx.commit().await.unwrap();
    test
}

async fn directory(test: &TestDb) -> Directory {
    picture(&test.db).await.unwrap()
}

fn table(text: &str) -> Table {
    Table::read(text.as_bytes().to_vec()).unwrap()
}

async fn take_orgs(test: &TestDb, now: Time, text: &str) -> Report {
    orgs(&test.db, now, ZONE, table(text), &Options::default()).await.unwrap()
}

/// A square of 0.01 degree whose south-western corner is (116 + x/100, 39 + y/100), as a feature with these properties.
fn square(x: i32, y: i32, properties: &str) -> String {
    let (w, s) = (116.0 + f64::from(x) / 100.0, 39.0 + f64::from(y) / 100.0);
    let (e, n) = (w + 0.01, s + 0.01);
    format!(
        r#"{{"type":"Feature","properties":{{{properties}}},"geometry":{{"type":"Polygon","coordinates":[[[{w:.7},{s:.7}],[{e:.7},{s:.7}],[{e:.7},{n:.7}],[{w:.7},{n:.7}],[{w:.7},{s:.7}]]]}}}}"#
    )
}

fn collection(features: &[String]) -> Vec<u8> {
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(",")).into_bytes()
}

async fn take_grids(test: &TestDb, now: Time, features: &[String], map: &[(&str, &str)]) -> Report {
    let map = map.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let options = GridOptions { options: Options { map, ..Options::default() }, ..GridOptions::default() };
    grids(&test.db, now, collection(features), &options).await.unwrap()
}

const ORGS: &str = "code,name,name_en,kind,parent_code,alias,phone,valid_from,serves
990101001001,柳荫社区,Liuyin,community,990101001,,000-5550202,2024-01-01,
990101,澄川区,Chengchuan,district,,,,2023-01-01,
990101001,临江街道,Linjiang,street,990101,临江,,2024-01-01,
W-01,青和物业,,partner,990101,,,,990101001001001|990101001001002
";

testkit::both! {
    async fn units_come_in_any_order_and_again_without_effect(engine: Engine) {
        let test = district(engine).await;
        let report = take_orgs(&test, NOW, ORGS).await;
        assert_eq!((report.read, report.added, report.changed, report.applied), (4, 3, 1, true), "{report:?}");
        let known = directory(&test).await;
        let community = known.unit_by_code("990101001001").unwrap();
        assert_eq!(community.path, "/990101/990101001/990101001001/");
        assert_eq!(community.from, "2024-01-01T00:00:00+08:00".parse().unwrap());
        assert_eq!(known.root().name, "澄川区");
        assert_eq!(known.root().at(Time::from_millis(5)).unwrap().name, "某区");
        let again = take_orgs(&test, NOW.plus_days(1), ORGS).await;
        assert_eq!((again.added, again.changed, again.same, again.applied), (0, 0, 4, true));
        assert_eq!(directory(&test).await.revision, known.revision);
    }

    async fn a_changed_row_begins_a_new_state_and_the_old_one_stays(engine: Engine) {
        let test = district(engine).await;
        take_orgs(&test, NOW, ORGS).await;
        let later = NOW.plus_days(30);
        // The street gets another code, so everything below it moves.
        let report = take_orgs(&test, later, &ORGS.replace("柳荫社区", "柳荫新社区")).await;
        assert_eq!((report.changed, report.same), (1, 3));
        let known = directory(&test).await;
        let unit = known.unit_by_code("990101001001").unwrap();
        assert_eq!((unit.name.as_str(), unit.states().len()), ("柳荫新社区", 2));
        assert_eq!(unit.at(later.plus_millis(-1)).unwrap().name, "柳荫社区");
        assert_eq!(known.unit_by_name("柳荫社区", NOW).unwrap().id, unit.id);
        assert!(known.unit_by_name("柳荫社区", later).is_none());
    }

    async fn faults_name_their_cell_and_nothing_is_written(engine: Engine) {
        let test = district(engine).await;
        let before = directory(&test).await.revision;
        let text = "code,name,kind,parent_code,valid_from
A-1,甲,street,990101,
A-1,乙,street,990101,
A-2,,street,990101,
A-3,丙,spaceship,990101,
A-4,丁,street,NOPE,
A-5,戊,street,990101,2026-13-01
A/6,己,street,990101,
A-7,庚,street,A-8,
A-8,辛,street,A-7,
";
        let report = take_orgs(&test, NOW, text).await;
        let said: Vec<String> = report.faults.iter().map(|f| format!("{} {} {}", f.row, f.column, f.en)).collect();
        for expected in [
            "3 code the code stands in the file twice",
            "4 name must not be empty",
            "7 valid_from a date is written 2026-03-01",
            "5 code the kind of unit is not known",
            "6 parent_code the unit above is not there",
            "8 code a code is made of",
            "9 code the unit stands below itself",
        ] {
            assert!(said.iter().any(|s| s.starts_with(expected)), "{expected}: {said:#?}");
        }
        assert!(!report.applied);
        assert_eq!(directory(&test).await.revision, before);
    }

    async fn a_dry_run_judges_and_writes_nothing(engine: Engine) {
        let test = district(engine).await;
        let options = Options { dry_run: true, ..Options::default() };
        let report = orgs(&test.db, NOW, ZONE, table(ORGS), &options).await.unwrap();
        assert_eq!((report.added, report.applied, report.faults.len()), (3, false, 0));
        assert!(directory(&test).await.unit_by_code("W-01").is_none());
    }

    async fn a_district_is_made_from_grids_alone(engine: Engine) {
        let test = district(engine).await;
        let features = [
            square(0, 0, r#""code":"990101001001001","name":"一格","households":420"#),
            square(1, 0, r#""code":"990101001001002","type":"dedicated","subtype":"park""#),
            square(0, 1, r#""code":"990101102201001""#),
        ];
        let report = take_grids(&test, NOW, &features, &[]).await;
        assert_eq!((report.read, report.added, report.applied), (3, 3, true), "{:?}", report.faults);
        let made: Vec<&str> = report.made.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(made, ["街道001", "社区001", "镇102", "村201"]);
        let known = directory(&test).await;
        let grid = known.unit_by_code("990101001001001").unwrap();
        assert_eq!(grid.path, "/990101/990101001/990101001001/990101001001001/");
        assert_eq!(known.locate(116.005, 39.005, NOW).grid, Some(grid.id));
        // Cases from before the import find their grid as well.
        assert_eq!(known.locate(116.005, 39.005, Time::from_millis(1)).grid, Some(grid.id));
        assert_eq!(known.locate(116.5, 39.005, NOW).grid, None);
        assert_eq!(known.grid(grid.id, NOW).unwrap().households, Some(420));
        let again = take_grids(&test, NOW, &features, &[]).await;
        assert_eq!((again.added, again.changed, again.same), (0, 0, 3));
        assert_eq!(directory(&test).await.revision, known.revision);
    }

    async fn codes_are_given_from_west_to_east_and_ids_become_aliases(engine: Engine) {
        let test = district(engine).await;
        let map = [("code", "id"), ("community", "town")];
        let features = [
            square(3, 0, r#""id":"v3","town":"东镇""#),
            square(0, 5, r#""id":"v1","town":"东镇""#),
            square(0, 0, r#""id":"v2","town":"东镇""#),
            square(5, 0, r#""id":"v3","town":"西镇""#),
        ];
        let report = take_grids(&test, NOW, &features, &map).await;
        assert_eq!((report.added, report.findings.get("repeated_code")), (4, Some(&1)), "{:?}", report.faults);
        let known = directory(&test).await;
        let mut grids: Vec<(&str, &str)> = known.units().filter(|u| u.kind == GRID).map(|u| (u.code.as_str(), u.alias.as_deref().unwrap())).collect();
        grids.sort_unstable();
        assert_eq!(grids, [("990101599001001", "v1"), ("990101599001002", "v2"), ("990101599001003", "v3"), ("990101599002001", "v3")]);
        let again = take_grids(&test, NOW, &features, &map).await;
        assert_eq!((again.same, again.added, again.made.len()), (4, 0, 0), "{again:?}");
    }

    async fn a_moved_border_keeps_the_old_one_for_old_cases(engine: Engine) {
        let test = district(engine).await;
        take_grids(&test, NOW, &[square(0, 0, r#""code":"990101001001001""#)], &[]).await;
        let later = NOW.plus_days(10);
        let report = take_grids(&test, later, &[square(1, 0, r#""code":"990101001001001""#), square(0, 0, r#""code":"990101001001002""#)], &[]).await;
        assert_eq!((report.changed, report.added, report.overlaps.len()), (1, 1, 0));
        let known = directory(&test).await;
        let code = |lon, at| known.locate(lon, 39.005, at).grid.map(|id| known.unit(id).unwrap().code.clone());
        assert_eq!(code(116.005, NOW), Some("990101001001001".into()));
        assert_eq!(code(116.015, NOW), None);
        assert_eq!(code(116.005, later), Some("990101001001002".into()));
        assert_eq!(code(116.015, later), Some("990101001001001".into()));
    }

    async fn a_dedicated_grid_wins_and_a_faulty_overlap_is_told(engine: Engine) {
        let test = district(engine).await;
        let features = [
            square(0, 0, r#""code":"990101001001002""#),
            square(0, 0, r#""code":"990101001001001""#),
            square(4, 0, r#""code":"990101001001003""#),
            square(4, 0, r#""code":"990101001001004","type":"dedicated""#),
        ];
        let report = take_grids(&test, NOW, &features, &[]).await;
        assert_eq!(report.overlaps.iter().map(|o| (o.0.as_str(), o.1.as_str())).collect::<Vec<_>>(), [("990101001001001", "990101001001002")]);
        let known = directory(&test).await;
        let id = |code: &str| known.unit_by_code(code).unwrap().id;
        let located = known.locate(116.005, 39.005, NOW);
        assert_eq!((located.grid, located.others), (Some(id("990101001001001")), vec![id("990101001001002")]));
        let located = known.locate(116.045, 39.005, NOW);
        assert_eq!((located.grid, located.others), (Some(id("990101001001004")), vec![]));
    }

    async fn the_last_number_is_a_fault_in_a_real_community_and_a_new_community_in_a_made_one(engine: Engine) {
        let test = district(engine).await;
        take_grids(&test, NOW, &[square(0, 0, r#""code":"990101001001999""#)], &[]).await;
        let report = take_grids(&test, NOW, &[square(1, 0, r#""id":"x","community":"990101001001""#)], &[("code", "id")]).await;
        assert!(!report.applied && report.faults[0].en.contains("last number, 999"), "{report:?}");
        let many: Vec<String> = (0..1_005).map(|n| square(n % 40, 2 + n / 40, &format!(r#""id":"g{n}""#))).collect();
        let report = take_grids(&test, NOW, &many, &[("code", "id")]).await;
        assert_eq!((report.added, report.applied), (1_005, true), "{:?}", report.faults);
        assert_eq!(report.made.iter().map(|m| m.1.as_str()).collect::<Vec<_>>(), ["未分街道1", "未分社区", "未分社区 2"]);
    }

    async fn a_picture_that_is_stale_does_not_decide(engine: Engine) {
        let test = district(engine).await;
        let old = directory(&test).await;
        take_orgs(&test, NOW, ORGS).await;
        assert!(matches!(begin(&test.db, &old).await, Err(Error::Stale)));
    }
}

/// Where the real villages are, as bytes.
fn villages() -> Option<Vec<u8>> {
    std::fs::read(testkit::data_dir()?.join("polygons/villages_7599.geojson.gz")).ok()
}

testkit::both! {
    async fn villages_without_codes_are_imported_and_located(engine: Engine) {
        let Some(bytes) = villages() else { return };
        let test = district(engine).await;
        let map = [("code", "id"), ("community", "town"), ("street", "county")];
        let map = map.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let options = GridOptions { options: Options { map, ..Options::default() }, ..GridOptions::default() };
        let started = Clock::System.now();
        let report = grids(&test.db, NOW, bytes.clone(), &options).await.unwrap();
        println!("{engine:?}: imported in {} ms: {:?}, {} made, {} overlaps", Clock::System.now() - started, report.findings, report.made.len(), report.overlaps.len());
        assert_eq!((report.read, report.added, report.applied), (7_599, 7_599, true), "{:?}", report.faults);

        let started = Clock::System.now();
        let memory = Memory::load(&test.db).await.unwrap();
        println!("loaded in {} ms", Clock::System.now() - started);
        let known = &memory.directory().value;
        let reading = geo::read_geojson(&crate::table::unpack(bytes.clone()).unwrap(), geo::Datum::Wgs84).unwrap();
        let mut elsewhere = 0;
        for feature in &reading.features {
            let point = feature.geometry.inner_point().unwrap();
            let located = known.locate(point.lon, point.lat, NOW);
            let unit = known.unit(located.grid.expect("a village holds the point")).unwrap();
            let all = || located.others.iter().filter_map(|id| known.unit(*id)).chain([unit]);
            let id = feature.properties["id"].as_str();
            assert!(all().any(|u| u.alias.as_deref() == id), "{id:?}");
            elsewhere += usize::from(unit.alias.as_deref() != id);
        }
        assert!(elsewhere < 20, "{elsewhere} points lie in an overlap");

        let again = grids(&test.db, NOW, bytes, &options).await.unwrap();
        assert_eq!((again.same, again.added, again.changed, again.made.len()), (7_599, 0, 0, 0));
    }
}

/// What a file may contain that a hand made: no input panics, and a fault writes nothing.
#[test]
fn strange_properties_are_faults_or_are_taken() {
    let mut features = String::new();
    for (n, properties) in [
        r#""code":12"#,
        r#""code":null"#,
        r#""code":"","name":["x"]"#,
        r#""type":"triangle""#,
        r#""households":"many""#,
        r#""households":-1"#,
        r#""compounds":{"a":1}"#,
        r#""community":"全角，社区""#,
    ]
    .iter()
    .enumerate()
    {
        let _ = write!(features, "{}{}", if n > 0 { "," } else { "" }, square(n as i32, 0, properties));
    }
    let bytes = format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#).into_bytes();
    testkit::run(async {
        let test = district(Engine::Sqlite).await;
        let report = grids(&test.db, NOW, bytes, &GridOptions::default()).await.unwrap();
        let columns: Vec<&str> = report.faults.iter().map(|f| f.column.as_str()).collect();
        assert_eq!(columns, ["type", "households", "households"]);
        assert!(!report.applied);
    });
}

const STAFF: &str = "staff_no,name,phone,unit_code,post,slot,employment,role,scope_code,username,from,to,note
1001,周以宁,140-0000-0001,990101001001001,专职网格员,full_time,full_time,grid-worker,990101001001001,zhouyining,2024-01-01,,
1002,沈禾,140-0000-0002,990101001001001,代班网格员,deputy,full_time,,,,2024-01-01,,代班
,,,990101001001002,专职网格员,full_time,full_time,,,,2024-01-01,,空缺
1003,韩溪,140-0000-0003,990101001001001,网格长,head,cadre,grid-head,990101001001001,hanxi,2024-01-01,,
1003,韩溪,140-0000-0003,990101001001002,网格长,head,cadre,grid-head,990101001001002,hanxi,2024-01-01,,
1004,唐溪,140-0000-0004,990101,受理调度员,desk,full_time,district-intake,990101,tangxi,2024-01-01,,
1004,唐溪,140-0000-0004,990101,受理调度员,desk,full_time,no-such-role,990101,tangxi,2024-01-01,,
";

/// A district with two grids of one community.
async fn grown(engine: Engine) -> TestApp {
    let app = TestApp::new(engine).await;
    let mut tx = app.db.begin();
    ensure_root(&mut tx, Time::from_millis(0), "990101", "某区").await.unwrap();
    tx.commit().await.unwrap();
    let features = [square(0, 0, r#""code":"990101001001001""#), square(1, 0, r#""code":"990101001001002""#)];
    grids(&app.db, app.now(), collection(&features), &GridOptions::default()).await.unwrap();
    app
}

fn fine(report: &Report) -> (usize, usize, usize) {
    assert!(report.applied && report.faults.is_empty(), "{:?}", report.faults);
    (report.added, report.changed, report.same)
}

testkit::both! {
    async fn people_take_posts_and_get_accounts(engine: Engine) {
        let app = grown(engine).await;
        let report = staff(&app, table(STAFF), &Options::default()).await.unwrap();
        assert_eq!(fine(&report), (6, 0, 0));
        assert_eq!(report.findings.get("unknown_role"), Some(&1));
        let note = report.notes.iter().find(|n| n.column == "role").unwrap();
        assert_eq!((note.row, note.value.as_str()), (8, "no-such-role"), "said with its row and its column");
        assert!(report.lines().iter().any(|l| l.contains("row 8, role \"no-such-role\"")), "{:?}", report.lines());
        app.org.refresh(&app.db).await.unwrap();
        let known = app.org.directory();
        let known = &known.value;
        let grid = known.unit_by_code("990101001001001").unwrap().id;
        let worker = known.person_by_staff_no("1001").unwrap();
        let lead = known.lead("属地网格");
        let answer = known.responsible(&Question { place: Some(grid), lead: &lead, at: app.now(), not: &[] });
        assert_eq!(answer.person, Some(worker.id));
        let vacant = known.unit_by_code("990101001001002").unwrap().id;
        let answer = known.responsible(&Question { place: Some(vacant), lead: &lead, at: app.now(), not: &[] });
        assert_eq!((answer.person, answer.attention.as_slice()), (Some(known.person_by_staff_no("1003").unwrap().id), ["no-person"].as_slice()));
        let account = access::store::account_of_person(&mut app.db.read().await.unwrap(), worker.id.uuid()).await.unwrap().unwrap();
        let grants = access::store::grants(&mut app.db.read().await.unwrap(), account).await.unwrap();
        assert_eq!((grants[0].role.as_str(), grants[0].path.as_str()), ("grid-worker", "/990101/990101001/990101001001/990101001001001/"));
        // The telephone is nowhere in clear and opens with the person's key.
        let row = store::shown(&mut app.db.read().await.unwrap(), worker.id).await.unwrap().unwrap();
        assert!(row.phone_public && !String::from_utf8_lossy(row.phone.as_ref().unwrap()).contains("0001"));

        let revision = known.revision;
        let again = staff(&app, table(STAFF), &Options::default()).await.unwrap();
        assert_eq!(fine(&again), (0, 0, 6));
        assert_eq!(picture(&app.db).await.unwrap().revision, revision);
    }

    async fn a_new_name_takes_over_the_post_and_the_past_remembers(engine: Engine) {
        let app = grown(engine).await;
        staff(&app, table(STAFF), &Options::default()).await.unwrap();
        let before = app.now();
        app.clock.advance(86_400_000);
        let text = STAFF.replace("1001,周以宁,140-0000-0001", "1009,丁禾,140-0000-0009").replace("zhouyining", "dinghe").replace(",,,990101001001002,", "1010,罗川,,990101001001002,");
        let report = staff(&app, table(&text), &Options::default()).await.unwrap();
        assert_eq!(fine(&report), (0, 2, 4));
        let known = picture(&app.db).await.unwrap();
        let grid = known.unit_by_code("990101001001001").unwrap().id;
        let post = known.posts(grid, app.now()).find(|p| p.slot == "full_time").unwrap();
        let name = |at| post.holder(at).map(|h| known.name_of(h.person));
        assert_eq!((name(before), name(app.now())), (Some("周以宁"), Some("丁禾")));
        assert_eq!(known.posts_of(known.person_by_staff_no("1010").unwrap().id, app.now()).len(), 1);
        assert!(known.posts_of(known.person_by_staff_no("1001").unwrap().id, app.now()).is_empty());
    }

    async fn wrong_rows_about_people_write_nothing(engine: Engine) {
        let app = grown(engine).await;
        let text = "staff_no,name,unit_code,post,slot,from,to
1,甲,990101001001001,专职网格员,full_time,,
1,乙,990101001001002,专职网格员,full_time,,
2,丙,990101009,专职网格员,full_time,,
,丁,990101001001001,专职网格员,full_time,,
3,,990101001001001,专职网格员,full_time,,
4,戊,990101001001001,专职网格员,full_time,2026-02-30,
5,己,990101001001001,专职网格员,full_time,2026-02-02,2026-01-01
";
        let report = staff(&app, table(text), &Options::default()).await.unwrap();
        let said: Vec<(usize, &str)> = report.faults.iter().map(|f| (f.row, f.column.as_str())).collect();
        assert_eq!(said, [(4, "unit_code"), (5, "staff_no"), (6, "name"), (7, "from"), (8, "to"), (3, "name")]);
        assert!(!report.applied && picture(&app.db).await.unwrap().person_by_staff_no("1").is_none());
    }

    async fn templates_leave_and_duty_are_taken_and_again_without_effect(engine: Engine) {
        let app = grown(engine).await;
        staff(&app, table(STAFF), &Options::default()).await.unwrap();
        let text = "template,grid_type,subtype,slot,name,min,max,eligibility\n1+1+N+X,residential,,head,网格长,1,1,党员\n1+1+N+X,residential,,full_time,专职网格员,1,1,\n";
        for expected in [(2, 0, 0), (0, 0, 2)] {
            assert_eq!(fine(&templates(&app, table(text), &Options::default()).await.unwrap()), expected);
        }
        let changed = text.replace("full_time,专职网格员,1,1", "full_time,专职网格员,1,2");
        assert_eq!(fine(&templates(&app, table(&changed), &Options::default()).await.unwrap()), (0, 1, 1));
        assert_eq!(picture(&app.db).await.unwrap().slots.len(), 2);

        // The app's clock stands on 2025-03-10.
        let text = "staff_no,from,to,deputy_staff_no,reason\n1001,2025-03-09,2025-03-11,1002,年休假\n";
        for expected in [(1, 0, 0), (0, 0, 1)] {
            assert_eq!(fine(&leave(&app, table(text), &Options::default()).await.unwrap()), expected);
        }
        let known = picture(&app.db).await.unwrap();
        let (worker, grid) = (known.person_by_staff_no("1001").unwrap().id, known.unit_by_code("990101001001001").unwrap().id);
        let lead = known.lead("属地网格");
        let person = |at: &str| known.responsible(&Question { place: Some(grid), lead: &lead, at: at.parse().unwrap(), not: &[] }).person;
        assert_eq!(person("2025-03-08T23:59:59+08:00"), Some(worker));
        assert_eq!(person("2025-03-11T23:59:59+08:00"), Some(known.person_by_staff_no("1002").unwrap().id));
        assert_eq!(person("2025-03-12T00:00:00+08:00"), Some(worker));

        let text = "unit_code,date_from,date_to,time_from,time_to,staff_no,phone\n990101,2025-03-10,2025-03-11,20:30,08:30,1004,000-5550100\n";
        for expected in [(2, 0, 0), (0, 0, 2)] {
            assert_eq!(fine(&duty(&app, table(text), &Options::default()).await.unwrap()), expected);
        }
        let known = picture(&app.db).await.unwrap();
        let on = |at: &str| known.on_duty(known.root().id, at.parse().unwrap()).is_some();
        assert!(on("2025-03-10T20:30:00+08:00") && on("2025-03-12T08:29:59+08:00"));
        assert!(!on("2025-03-11T08:30:00+08:00") && !on("2025-03-12T08:30:00+08:00"));
    }
}
