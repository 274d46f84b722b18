use serde_json::{Value, json};
use testkit::Engine;

use crate::{
    modules::org::{
        AddressKind, ensure_root,
        import::{self, GridOptions, Options},
    },
    table::Table,
    testing::TestApp,
};

const ORGS: &str = "code,name,kind,parent_code,alias,phone
990101001,临江街道,street,990101,临江,
990101002,青禾街道,street,990101,青禾,
990101001001,柳荫社区,community,990101001,,000-5550202
990101002001,育才社区,community,990101002,,
D-SHUIWU,区水务局,department,990101,,000-5550123
";

const STAFF: &str = "staff_no,name,phone,unit_code,post,slot
1001,周以宁,140-0000-0001,990101001001001,专职网格员,full_time
1002,沈禾,140-0000-0002,990101001001002,专职网格员,full_time
1003,韩溪,140-0000-0003,990101001001001,网格长,head
,,,990101002001001,专职网格员,full_time
1004,江越,140-0000-0004,990101001,街道工作台,desk
";

const TEMPLATES: &str = "template,grid_type,subtype,slot,name,min,max,eligibility
1+1+N+X,residential,,head,网格长,1,1,
1+1+N+X,residential,,full_time,专职网格员,1,1,大专以上
";

pub(super) async fn district(engine: Engine) -> TestApp {
    let app = TestApp::new(engine).await;
    let mut tx = app.db.begin();
    ensure_root(&mut tx, app.now(), "990101", "澄川区").await.unwrap();
    tx.commit().await.unwrap();
    let table = |text: &str| Table::read(text.as_bytes().to_vec()).unwrap();
    let options = Options::default();
    let square = |code: &str, x: f64, households: u32| {
        let (e, ring) = (x + 0.01, 39.0);
        format!(
            r#"{{"type":"Feature","properties":{{"code":"{code}","name":"{}格","households":{households}}},"geometry":{{"type":"Polygon","coordinates":[[[{x},{ring}],[{e},{ring}],[{e},39.01],[{x},39.01],[{x},{ring}]]]}}}}"#,
            &code[12..]
        )
    };
    let features =
        [square("990101001001001", 116.0, 400), square("990101001001002", 116.01, 512), square("990101002001001", 116.02, 286)];
    let grids = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    let mut reports = vec![import::orgs(&app.db, app.now(), app.zone, table(ORGS), &options).await.unwrap()];
    reports.push(import::grids(&app.db, app.now(), grids.into_bytes(), &GridOptions::default()).await.unwrap());
    reports.push(import::staff(&app, table(STAFF), &options).await.unwrap());
    reports.push(import::templates(&app, table(TEMPLATES), &options).await.unwrap());
    for report in reports {
        assert!(report.applied, "{:?}", report.faults);
    }
    app.refresh().await.unwrap();
    app
}

fn id_of(app: &TestApp, code: &str) -> String {
    app.org.directory().value.unit_by_code(code).unwrap().id.to_string()
}

pub(super) fn person(app: &TestApp, staff_no: &str) -> String {
    app.org.directory().value.person_by_staff_no(staff_no).unwrap().id.to_string()
}

fn texts(items: &Value, field: &str) -> Vec<String> {
    items.as_array().unwrap().iter().map(|i| i[field].as_str().unwrap().to_owned()).collect()
}

testkit::both! {
    async fn a_grid_is_found_by_an_address(engine: Engine) {
        let app = district(engine).await;
        let house = |x: f64, properties: Value| {
            let (e, s, n) = (x + 0.0005, 39.004, 39.0045);
            json!({ "type": "Feature", "properties": properties, "geometry": { "type": "Polygon", "coordinates": [[[x, s], [e, s], [e, n], [x, n], [x, s]]] } })
        };
        let block = |n: u32, x: f64| house(x, json!({ "compound": "柳荫新村", "name": format!("{n}栋"), "address": format!("柳荫路8号{n}栋") }));
        let book = |features: Vec<Value>| json!({ "type": "FeatureCollection", "features": features }).to_string().into_bytes();
        let options = |kind| import::AddressOptions { kind, datum: geo::Datum::default(), dry_run: false };
        let compounds = book(vec![house(116.001, json!({ "name": "柳荫新村", "address": "柳荫路8号" }))]);
        let taken = import::addresses(&app.db, app.now(), compounds, options(AddressKind::Compound)).await.unwrap();
        assert!(taken.applied && taken.added == 1, "{taken:?}");
        let blocks = || book(vec![block(12, 116.003), block(2, 116.012), block(1, 116.005)]);
        for replaced in [0, 3] {
            let taken = import::addresses(&app.db, app.now(), blocks(), options(AddressKind::Building)).await.unwrap();
            assert_eq!((taken.added, taken.changed), (3, replaced));
        }
        let unnamed = book(vec![house(116.0, json!({}))]);
        assert!(!import::addresses(&app.db, app.now(), unnamed, options(AddressKind::Building)).await.unwrap().applied);

        let find = |query: &str| {
            let (visitor, path) = (app.visitor(), format!("/api/v1/addresses?{query}"));
            async move { visitor.get(&path).await.expect(200).json() }
        };
        let names = |page: &Value| -> Vec<String> {
            page["items"].as_array().unwrap().iter().map(|i| i["name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names(&find("q=%E6%9F%B3%E8%8D%AB").await), ["柳荫社区", "柳荫新村", "柳荫新村1栋", "柳荫新村2栋", "柳荫新村12栋"]);
        // 柳荫 2号楼 501: a door is in no book, so the block is found; 2 stands before 12.
        let found = find("q=%E6%9F%B3%E8%8D%AB%202%E5%8F%B7%E6%A5%BC501").await;
        assert_eq!(names(&found), ["柳荫新村2栋", "柳荫新村12栋"]);
        assert_eq!(found["items"][0]["grid"]["code"].as_str(), Some("990101001001002"));
        assert!((found["items"][0]["lon"].as_f64().unwrap() - 116.012_25).abs() < 0.001);
        // Down the tree, and page by page.
        assert_eq!(names(&find("under=990101").await), ["临江街道", "青禾街道"]);
        assert_eq!(names(&find("under=990101001").await), ["柳荫社区"]);
        assert_eq!(names(&find("under=990101001001001").await), ["柳荫新村", "柳荫新村1栋", "柳荫新村12栋"]);
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = find(&format!("q=%E6%9F%B3%E8%8D%AB&limit=2{cursor}")).await;
            all.extend(names(&page));
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(all, ["柳荫社区", "柳荫新村", "柳荫新村1栋", "柳荫新村2栋", "柳荫新村12栋"]);
        assert!(names(&find("q=%25_").await).is_empty());
        for wrong in ["limit=0", "limit=51", "under=nowhere", "q=x&cursor=bad"] {
            app.visitor().get(&format!("/api/v1/addresses?{wrong}")).await.expect(400);
        }
        let place = app.visitor().get("/api/v1/place?grid=990101001001001").await.expect(200).json();
        assert_eq!(place["grid"]["name"].as_str(), Some("001格"));
        for wrong in ["grid=nowhere", "grid=990101001", "lon=116", ""] {
            app.visitor().get(&format!("/api/v1/place?{wrong}")).await.expect(400);
        }
    }

    async fn everybody_sees_the_district_and_who_looks_after_a_place(engine: Engine) {
        let app = district(engine).await;
        let visitor = app.visitor();
        let district = visitor.get("/api/v1/district").await.expect(200).json();
        assert_eq!((district["code"].as_str(), district["zone"].as_str()), (Some("990101"), Some("+08:00")));
        assert_eq!(district["bounds"], json!([116.0, 39.0, 116.03, 39.01]));
        assert_eq!(district["hotlines"][0]["phone"], "110");

        let place = visitor.get("/api/v1/place?lon=116.005&lat=39.005").await.expect(200).json();
        assert_eq!(place["grid"], json!({"code": "990101001001001", "name": "001格", "community": "柳荫社区", "street": "临江街道"}));
        assert_eq!(place["worker"], json!({"name": "周以宁", "phone": "140-0000-0001"}));
        assert_eq!((&place["deputy"], &place["desk"]), (&Value::Null, &json!({"name": "柳荫社区", "phone": "000-5550202"})));
        // The vacant grid's answer is its community's desk.
        let place = visitor.get("/api/v1/place?lon=116.025&lat=39.005").await.expect(200).json();
        assert_eq!((&place["worker"], place["desk"]["name"].as_str()), (&Value::Null, Some("育才社区")));
        assert_eq!((&place["vacant"], &place["deputy"]), (&json!(true), &Value::Null));
        let outside = visitor.get("/api/v1/place?lon=120&lat=30").await.expect(200).json();
        assert_eq!((&outside["grid"], outside["desk"]["name"].as_str()), (&Value::Null, Some("澄川区")));
        visitor.get("/api/v1/place?lon=500&lat=30").await.refused(400, "invalid");
        visitor.get("/api/v1/place?lon=116&lat=39&datum=mars").await.refused(400, "invalid");
    }

    async fn the_map_is_sent_once_for_each_revision(engine: Engine) {
        let app = district(engine).await;
        let first = app.visitor().get("/api/v1/grids.geojson").await.expect(200);
        let map = first.json();
        let mut codes = texts(&map["features"].as_array().unwrap().iter().map(|f| f["properties"].clone()).collect(), "code");
        codes.sort();
        assert_eq!(codes, ["990101001001001", "990101001001002", "990101002001001"]);
        assert_eq!(map["features"][0]["geometry"]["type"], "MultiPolygon");
        let tag = first.headers["etag"].to_str().unwrap().to_owned();
        let again = app.visitor().with("if-none-match".parse().unwrap(), &tag).get("/api/v1/grids.geojson").await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
        assert_eq!(app.visitor().get("/api/v1/grids.geojson").await.expect(200).statements(), 0);
    }

    async fn a_community_sees_its_own_units_and_those_of_the_district(engine: Engine) {
        let app = district(engine).await;
        let path = "/990101/990101001/990101001001/";
        let desk = app.login_as("community-desk", path).await;
        let seen = texts(&desk.get("/api/v1/units").await.expect(200).json()["items"], "code");
        assert_eq!(seen, ["990101", "990101001", "990101001001", "990101001001001", "990101001001002", "D-SHUIWU"]);
        desk.get(&format!("/api/v1/units/{}", id_of(&app, "990101002001"))).await.refused(404, "not-found");
        let view = desk.get(&format!("/api/v1/units/{}", id_of(&app, "990101001001002"))).await.expect(200).json();
        assert_eq!((view["grid"]["households"].as_i64(), view["grid"]["size"].as_str()), (Some(512), Some("too-large")));
        assert_eq!(texts(&view["vacancies"], "slot"), ["head"]);
        assert_eq!(view["posts"][0]["person"]["name"], "沈禾");
        assert!(!view.to_string().contains("140-0000"), "no telephone stands in a roster");
        let one = texts(&desk.get("/api/v1/units?kind=department&q=%E6%B0%B4%E5%8A%A1").await.expect(200).json()["items"], "code");
        assert_eq!(one, ["D-SHUIWU"]);
        let page = desk.get("/api/v1/units?limit=2").await.expect(200).json();
        let next = page["next"].as_str().unwrap();
        let rest = texts(&desk.get(&format!("/api/v1/units?limit=2&cursor={next}")).await.expect(200).json()["items"], "code");
        assert_eq!(rest, ["990101001001", "990101001001001"]);
        app.visitor().get("/api/v1/units").await.refused(401, "unauthenticated");
    }

    async fn vacancies_and_sizes_are_told_in_scope(engine: Engine) {
        let app = district(engine).await;
        let street = app.login_as("street-desk", "/990101/990101002/").await;
        let told = street.get("/api/v1/rosters/vacancies").await.expect(200).json();
        assert_eq!(texts(&told["vacancies"], "slot"), ["head", "full_time"]);
        assert_eq!((told["sizes"][0]["households"].as_i64(), told["sizes"][0]["size"].as_str()), (Some(286), Some("too-small")));
        assert_eq!((told["least"].as_i64(), told["most"].as_i64()), (Some(300), Some(500)));
    }

    async fn the_desk_asks_who_is_responsible_and_is_told_why(engine: Engine) {
        let app = district(engine).await;
        let desk = app.login_as("district-dispatch", "/").await;
        let answer = desk.get("/api/v1/responsible?lon=116.005&lat=39.005&lead=%E5%B1%9E%E5%9C%B0%E7%BD%91%E6%A0%BC").await.expect(200).json();
        assert_eq!((answer["unit"]["code"].as_str(), answer["person"]["name"].as_str()), (Some("990101001001001"), Some("周以宁")));
        assert_eq!(answer["reasons"][1]["words"], "周以宁是001格的专职网格员");
        let answer = desk.get("/api/v1/responsible?lead=%E5%8C%BA%E6%B0%B4%E5%8A%A1%E5%B1%80").await.expect(200).json();
        assert_eq!(answer["unit"]["code"], "D-SHUIWU");
    }

    async fn streets_are_merged_and_the_past_stays(engine: Engine) {
        let app = district(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        let (from, into) = (id_of(&app, "990101002"), id_of(&app, "990101001"));
        let before = app.now();
        app.clock.advance(60_000);
        admin.post(&format!("/api/v1/units/{from}/end"), &json!({})).await.refused(422, "unit-has-children");
        admin.post(&format!("/api/v1/units/{from}/end"), &json!({ "into": into })).await.expect(200).json();
        let known = app.org.directory();
        let known = &known.value;
        let grid = known.unit_by_code("990101002001001").unwrap();
        assert_eq!(grid.path, "/990101/990101001/990101002001/990101002001001/");
        assert_eq!(grid.at(before).unwrap().path, "/990101/990101002/990101002001/990101002001001/");
        assert_eq!(grid.states().len(), 2);
        assert_eq!(known.locate(116.025, 39.005, app.now()).grid, Some(grid.id));
        assert!(known.unit_by_code("990101002").unwrap().at(app.now()).is_none());
        let view = admin.get(&format!("/api/v1/units/{}?as_of={before}", grid.id)).await.expect(200).json();
        assert_eq!(view["above"][1]["name"], "青禾街道");
        // The code is never given again.
        let form = json!({"parent": id_of(&app, "990101"), "kind": "street", "code": "990101002", "name": "新街道"});
        admin.post("/api/v1/units", &form).await.refused(422, "unit-code-used");
    }

    async fn units_and_posts_are_changed_with_history_and_an_audit_row_each(engine: Engine) {
        let app = district(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        let form = json!({"parent": id_of(&app, "990101"), "kind": "department", "code": "D-QIXIANG", "name": "区气象局"});
        let unit = admin.post("/api/v1/units", &form).await.expect(201).json()["id"].as_str().unwrap().to_owned();
        app.clock.advance(60_000);
        let changed = json!({"kind": "department", "code": "D-QIXIANG", "name": "区气象与防灾局", "alias": "区气象局"});
        admin.put(&format!("/api/v1/units/{unit}"), &changed).await.expect(200).json();
        let post = admin.post(&format!("/api/v1/units/{unit}/posts"), &json!({"slot": "desk", "title": "联络员"})).await.expect(201).json();
        let post = post["id"].as_str().unwrap().to_owned();
        let hired = admin.post("/api/v1/people", &json!({"staff_no": "2001", "name": "罗川", "phone": "140-0000-2001"})).await.expect(201).json();
        admin.post("/api/v1/people", &json!({"staff_no": "2001", "name": "另一人"})).await.refused(422, "staff-no-used");
        admin.post(&format!("/api/v1/posts/{post}/assign"), &json!({"person": hired["id"]})).await.expect(200).json();
        let view = admin.get(&format!("/api/v1/units/{unit}")).await.expect(200).json();
        assert_eq!((view["posts"][0]["person"]["name"].as_str(), view["history"].as_array().unwrap().len()), (Some("罗川"), 2));
        admin.post(&format!("/api/v1/posts/{post}/vacate"), &json!({})).await.expect(200).json();
        admin.post(&format!("/api/v1/posts/{post}/vacate"), &json!({})).await.refused(422, "post-vacant");
        admin.post(&format!("/api/v1/posts/{post}/end"), &json!({})).await.expect(200).json();
        let view = admin.get(&format!("/api/v1/units/{unit}")).await.expect(200).json();
        assert_eq!(view["posts"], json!([]));
        let rows: Vec<String> = app.db.read().await.unwrap()
            .values(db::sql!("select action as value from audit where action like 'org.%' and action <> 'org.import' order by id"), db::bind![]).await.unwrap();
        assert_eq!(rows.len(), 7, "{rows:?}");
        let desk = app.login_as("community-desk", "/990101/990101001/990101001001/").await;
        desk.post("/api/v1/units", &form).await.refused(403, "forbidden");
    }

    async fn a_grid_head_can_name_the_units_of_the_street(engine: Engine) {
        let app = district(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        let office = |parent: &str, code: &str, name: &str| json!({ "parent": id_of(&app, parent), "kind": "office", "code": code, "name": name });
        admin.post("/api/v1/units", &office("990101001", "S001-LAW", "综合执法队")).await.expect(201);
        admin.post("/api/v1/units", &office("990101002", "S002-LAW", "青禾执法队")).await.expect(201);
        let community = json!({ "parent": id_of(&app, "990101001"), "kind": "community", "code": "990101001002", "name": "邻社区" });
        admin.post("/api/v1/units", &community).await.expect(201);
        app.refresh().await.unwrap();
        admin.post("/api/v1/units", &office("990101001002", "C002-ROOM", "邻社区警务室")).await.expect(201);
        app.refresh().await.unwrap();
        let head = app.login_as("grid-head", "/990101/990101001/990101001001/990101001001001/").await;
        let seen = texts(&head.get("/api/v1/units").await.expect(200).json()["items"], "code");
        // The street and what stands directly below it; not the next grid, not what belongs to the other community, nothing of the other street.
        assert_eq!(seen, ["990101", "990101001", "990101001001", "990101001001001", "990101001002", "D-SHUIWU", "S001-LAW"]);
        // Named, not opened: its people are for those in whose scope it is.
        head.get(&format!("/api/v1/units/{}", id_of(&app, "S001-LAW"))).await.refused(404, "not-found");
        let people = head.get("/api/v1/people").await.expect(200).json();
        assert_eq!(texts(&people["items"], "name"), ["周以宁", "韩溪"]);
    }

    async fn a_vacant_post_says_so_and_who_stands_in(engine: Engine) {
        let app = district(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        let place = async |app: &TestApp| app.visitor().get("/api/v1/place?grid=990101001001001").await.expect(200).json();
        assert_eq!(place(&app).await["vacant"], json!(false));
        let post = {
            let org = app.org.directory();
            let grid = org.value.unit_by_code("990101001001001").unwrap().id;
            org.value.posts(grid, app.now()).find(|p| p.slot == "full_time").unwrap().id
        };
        admin.post(&format!("/api/v1/posts/{post}/vacate"), &json!({})).await.expect(200);
        app.refresh().await.unwrap();
        let seen = place(&app).await;
        assert_eq!((&seen["vacant"], &seen["worker"], &seen["deputy"]["name"]), (&json!(true), &Value::Null, &json!("韩溪")));
        assert_eq!(seen["desk"]["name"], "柳荫社区");
    }

    async fn a_unit_cannot_go_below_itself_and_grids_need_borders(engine: Engine) {
        let app = district(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        let (street, community) = (id_of(&app, "990101001"), id_of(&app, "990101001001"));
        admin.post(&format!("/api/v1/units/{street}/move"), &json!({"parent": community})).await.refused(422, "unit-loop");
        let grid = json!({"parent": community, "kind": "grid", "code": "990101001001009", "name": "九格"});
        admin.post("/api/v1/units", &grid).await.refused(422, "grid-needs-border");
        let unknown = json!({"parent": community, "kind": "spaceship", "code": "X", "name": "九格"});
        admin.post("/api/v1/units", &unknown).await.refused(422, "unknown-unit-kind");
    }

    async fn leave_counts_from_its_confirmation_to_its_end(engine: Engine) {
        let app = district(engine).await;
        let desk = app.login_as("community-desk", "/990101/990101001/990101001001/").await;
        let now = app.now();
        let wish = json!({"person": person(&app, "1001"), "from": now, "to": now.plus_days(3), "deputy": person(&app, "1002"), "reason": "年休假"});
        let leave = desk.post("/api/v1/leave", &wish).await.expect(201).json()["id"].as_str().unwrap().to_owned();
        let worker = || async { app.visitor().get("/api/v1/place?lon=116.005&lat=39.005").await.expect(200).json()["deputy"]["name"].clone() };
        assert_eq!(worker().await, Value::Null);
        desk.post(&format!("/api/v1/leave/{leave}/confirm"), &json!({"handover": "3 件在办已交接"})).await.expect(200).json();
        assert_eq!(worker().await, "沈禾");
        desk.post(&format!("/api/v1/leave/{leave}/confirm"), &json!({})).await.refused(422, "leave-state");
        app.clock.advance(3_600_000);
        desk.post(&format!("/api/v1/leave/{leave}/end"), &json!({})).await.expect(200).json();
        assert_eq!(worker().await, Value::Null);
        let list = desk.get("/api/v1/leave").await.expect(200).json();
        assert_eq!((list["items"][0]["state"].as_str(), list["items"][0]["name"].as_str()), (Some("ended"), Some("周以宁")));
        let other = app.login_as("community-desk", "/990101/990101002/990101002001/").await;
        other.post("/api/v1/leave", &wish).await.refused(404, "not-found");
        assert_eq!(other.get("/api/v1/leave").await.expect(200).json()["items"], json!([]));
        let same = json!({"person": person(&app, "1001"), "from": now, "to": now.plus_days(1), "deputy": person(&app, "1001")});
        desk.post("/api/v1/leave", &same).await.refused(400, "invalid");
    }

    async fn a_community_has_numbers_of_its_own(engine: Engine) {
        let app = district(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        let lines = json!([
            {"name": "火警", "phone": "119"},
            {"name": "临江供水", "phone": "000-5550110", "unit": "990101001"},
            {"name": "柳荫服务站", "phone": "000-5550202", "unit": "990101001001"},
            {"name": "育才服务站", "phone": "000-5550203", "unit": "990101002001"},
        ]);
        let set = async |lines: &Value| admin.put("/api/v1/settings/district.hotlines", &json!({"value": lines, "reason": "按街道分开"})).await;
        set(&lines).await.expect(200);
        let names = |of: &Value| texts(&of["hotlines"], "name");
        let district = app.visitor().get("/api/v1/district").await.expect(200).json();
        assert_eq!(names(&district), ["火警"]);
        let place = app.visitor().get("/api/v1/place?grid=990101001001001").await.expect(200).json();
        assert_eq!(names(&place), ["柳荫服务站", "临江供水"]);
        let board = admin.get("/api/v1/grids/990101001001001/board?origin=https://grid.example").await.expect(200).json();
        assert_eq!(names(&board), ["柳荫服务站", "临江供水", "火警"]);
        let nowhere = app.visitor().get("/api/v1/place?lon=120&lat=30").await.expect(200).json();
        assert_eq!(names(&nowhere), Vec::<String>::new());
        set(&json!([{"name": "热线", "phone": "119", "unit": " "}])).await.refused(400, "invalid");
    }

    async fn name_and_telephone_of_somebody_change(engine: Engine) {
        let app = district(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        let path = format!("/api/v1/people/{}", person(&app, "1001"));
        let shown = async || {
            let board = admin.get("/api/v1/grids/990101001001001/board?origin=https://grid.example").await.expect(200).json();
            let worker = board["people"].as_array().unwrap().iter().find(|p| p["slot"] == "full_time").unwrap().clone();
            (worker["name"].clone(), worker["phone"].clone())
        };
        let listed = async || admin.get("/api/v1/people?q=1001").await.expect(200).json()["items"][0].clone();
        assert_eq!((listed().await["has_phone"].as_bool(), listed().await["phone_public"].as_bool()), (Some(true), Some(true)));
        // A new number for the name that stays, then a new name with the number left alone.
        admin.put(&path, &json!({"name": "周以宁", "phone": " 140-0000-0099 ", "phone_public": true})).await.expect(200);
        assert_eq!(shown().await, (json!("周以宁"), json!("140-0000-0099")));
        admin.put(&path, &json!({"name": "周宁"})).await.expect(200);
        assert_eq!(shown().await, (json!("周宁"), json!("140-0000-0099")));
        admin.put(&path, &json!({"phone_public": false})).await.expect(200);
        assert_eq!(shown().await, (json!("周宁"), Value::Null));
        admin.put(&path, &json!({"name": "周宁", "phone": "", "phone_public": true})).await.expect(200);
        assert_eq!((shown().await.1, listed().await["has_phone"].as_bool()), (Value::Null, Some(false)));
        // What changes nothing leaves no row; the rows name what changed and never the number.
        admin.put(&path, &json!({"name": "周宁", "phone_public": true})).await.expect(200);
        let rows = app.login_as("audit-admin", "/").await.get("/api/v1/audit?limit=50").await.expect(200).json();
        let rows: Vec<&Value> = rows["items"].as_array().unwrap().iter().filter(|r| r["action"] == "org.person.change").collect();
        assert_eq!(rows.len(), 4);
        assert!(!rows.iter().any(|r| r.to_string().contains("0099")), "{rows:?}");
        // Bad input, and whom one does not look after.
        admin.put(&path, &json!({"name": " ", "phone_public": true})).await.refused(400, "invalid");
        admin.put(&path, &json!({"name": "周宁", "phone": "1".repeat(31), "phone_public": true})).await.refused(400, "invalid");
        app.login_as("community-desk", "/990101/990101001/990101001001/").await.put(&path, &json!({"name": "甲", "phone_public": true})).await.refused(403, "forbidden");
        let nobody = "/api/v1/people/01957f00-0000-7000-8000-00000000dead";
        admin.put(nobody, &json!({"name": "甲", "phone_public": true})).await.refused(404, "not-found");
    }

    async fn a_board_tells_who_is_responsible_and_leads_to_the_live_page(engine: Engine) {
        let app = district(engine).await;
        let desk = app.login_as("community-desk", "/990101/990101001/990101001001/").await;
        let board = desk.get("/api/v1/grids/990101001001001/board?origin=https://grid.example").await.expect(200).json();
        assert_eq!((board["community"].as_str(), board["desk_phone"].as_str()), (Some("柳荫社区"), Some("000-5550202")));
        let worker = board["people"].as_array().unwrap().iter().find(|p| p["slot"] == "full_time").unwrap();
        assert_eq!((worker["name"].as_str(), worker["phone"].as_str()), (Some("周以宁"), Some("140-0000-0001")));
        assert_eq!(board["link"], "https://grid.example/m/?grid=990101001001001");
        assert!(board["code_svg"].as_str().unwrap().contains("<svg"));
        desk.get("/api/v1/grids/990101001001001/board?origin=javascript:alert").await.refused(400, "invalid");
        // Another community's grid is not there; nor is a unit that is no grid.
        desk.get("/api/v1/grids/990101002001001/board?origin=https://grid.example").await.refused(404, "not-found");
        desk.get("/api/v1/grids/990101001001/board?origin=https://grid.example").await.refused(404, "not-found");
        let slots = desk.get("/api/v1/rosters/templates").await.expect(200).json();
        assert_eq!(texts(&slots["items"], "slot"), ["head", "full_time"]);
    }
}
