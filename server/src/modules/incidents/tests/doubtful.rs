//! Bad input and doubtful reports: each has its sentence, and its place where a desk sees what needs a human.

use serde_json::{Value, json};
use testkit::Engine;

use super::road::{report, send};
use crate::{
    modules::org::import,
    testing::{
        TestApp,
        town::{COMMUNITY, DISPUTED, DISTRICT, FAR, HOME, NOWHERE},
    },
};

async fn attention(app: &TestApp, receipt: &Value) -> (String, Vec<String>, String) {
    let desk = app.login_as("district-intake", DISTRICT).await;
    let case = desk.get(&format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap())).await.expect(200).json();
    let list = case["attention"].as_array().unwrap().iter().map(|a| a.as_str().unwrap().to_owned()).collect();
    (case["state"].as_str().unwrap().to_owned(), list, case["owner"]["name"].as_str().unwrap().to_owned())
}

testkit::both! {
    async fn what_is_doubtful_waits_for_a_human_and_has_an_owner(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let lamp = "楼道灯坏了，单元楼道里的灯不亮";
        let cases = [
            (report(lamp, NOWHERE), "received", "no-grid", "某区"),
            (report("天气不错", HOME), "received", "low-confidence", "一社区"),
            (report("多年的老问题没人管，历史遗留的产权问题", HOME), "received", "unlisted", "一社区"),
            (report(lamp, DISPUTED), "assigned", "two-grids", "三社区"),
        ];
        for (body, state, why, owner) in cases {
            let receipt = send(&app, &body).await;
            let (is, list, owned) = attention(&app, &receipt).await;
            assert_eq!((is.as_str(), owned.as_str()), (state, owner), "{body}");
            assert!(list.iter().any(|a| a == why), "{list:?} lacks {why}");
        }
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        let waiting = desk.get("/api/v1/incidents?attention=any").await.expect(200).json();
        assert_eq!(waiting["items"].as_array().unwrap().len(), 4);
    }

    async fn nobody_in_charge_is_no_reason_to_have_no_owner(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let admin = app.login_as("system-admin", "/").await;
        let matters = "level1,level2,level3,access_class,lead_unit,urgency,accept_limit,handle_limit,limit_unit,verify,publishable\n\
            市容,街面,小广告,基本,属地网格,一般,1,8,工作时,desk,yes\n市容,绿化,树枝挡窗,上级,区园林中心,一般,1,8,工作时,desk,yes\n";
        admin.post("/api/v1/catalogue/import", &json!({ "name": "matters.csv", "content": matters })).await.expect(200);
        let staff = "staff_no,name,unit_code,post,slot\n1001,周以宁,990101001001001,专职网格员,full_time\n";
        let leave = "staff_no,from,to,deputy_staff_no,reason\n1001,2025-03-01,2025-03-31,,病假\n";
        for (file, what) in [(staff, true), (leave, false)] {
            let table = crate::table::Table::read(file.into()).unwrap();
            let options = import::Options::default();
            let taken = if what { import::staff(&app, table, &options).await } else { import::leave(&app, table, &options).await };
            assert!(taken.as_ref().is_ok_and(|t| t.applied), "{taken:?}");
        }
        app.refresh().await.unwrap();
        let of = |matter: &str, words: &str| {
            let mut body = report(words, HOME);
            body["matter"] = json!(app.matter(matter).to_string());
            body
        };
        // The grid's worker is away and nobody stands in; the catalogue names a unit that the district does not have.
        for (body, why, owner) in [(of("小广告", "墙上贴了小广告"), "no-person", "一社区"), (of("树枝挡窗", "树枝挡住了窗户"), "no-unit", "")] {
            let receipt = send(&app, &body).await;
            let (state, list, owned) = attention(&app, &receipt).await;
            assert!(list.iter().any(|a| a == why), "{list:?} of a case {state} lacks {why}");
            assert!(owned == owner || (owner.is_empty() && !owned.is_empty()), "{owned}");
            let waiting = app.login_as("district-dispatch", DISTRICT).await.get(&format!("/api/v1/incidents?attention={why}")).await;
            assert_eq!(waiting.expect(200).json()["items"].as_array().unwrap().len(), 1, "{why}");
        }
    }

    async fn a_year_without_calendar_loses_no_report(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        app.clock.set("2031-03-10T10:00:00+08:00".parse().unwrap());
        let receipt = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let (state, list, _) = attention(&app, &receipt).await;
        assert_eq!((state.as_str(), list), ("received", vec!["no-calendar".to_owned()]));
        let desk = app.login_as("district-intake", DISTRICT).await;
        let id = receipt["id"].as_str().unwrap();
        desk.post(&format!("/api/v1/incidents/{id}/accept"), &json!({})).await.refused(422, "no-calendar");
    }

    async fn a_clock_going_back_loses_no_order(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        app.clock.advance(-3_600_000);
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let case = desk.get(&path).await.expect(200).json();
        let task = case["tasks"][0]["id"].as_str().unwrap();
        let after = desk.post(&format!("{path}/tasks/{task}/accept"), &json!({})).await.expect(200).json();
        // The log keeps its order by number, and the deadline is that of the opening.
        assert_eq!(after["due_at"], case["due_at"]);
        assert_eq!(crate::modules::incidents::verify::clocks(&app).await.unwrap().differences, 0);
    }

    async fn wrong_fields_are_named(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let long = "长".repeat(5_001);
        let cases = [
            (json!({ "text": "", "lon": 112.905, "lat": 33.105 }), "text", "required"),
            (json!({ "text": long, "lon": 112.905, "lat": 33.105 }), "text", "too-long"),
            (json!({ "text": "x", "lon": 1120.0, "lat": 33.105 }), "lon", "out-of-range"),
            (json!({ "text": "x", "lon": 112.905 }), "lat", "required"),
            (json!({ "text": "x", "lon": 112.905, "lat": 33.105, "datum": "mars" }), "datum", "unknown-datum"),
            (json!({ "text": "x", "lon": 112.905, "lat": 33.105, "phone": "call me" }), "phone", "bad-phone"),
            (json!({ "text": "x", "lon": 112.905, "lat": 33.105, "matter": uuid::Uuid::nil() }), "matter", "unknown-matter"),
            (json!({ "text": "x", "lon": "west" }), "body", "bad-json"),
        ];
        for (body, field, code) in cases {
            let problem = app.visitor().post("/api/v1/reports", &body).await.expect(400).json();
            let fields = problem["fields"].as_array().unwrap();
            assert!(fields.iter().any(|f| f["field"] == field && f["code"] == code), "{problem}");
        }
        app.visitor().post("/api/v1/reports", &json!({ "text": "在哪里呢" })).await.refused(422, "no-place");
        let flood = json!({ "text": "水".repeat(2_000_000), "lon": 112.905, "lat": 33.105 });
        app.visitor().post("/api/v1/reports", &flood).await.refused(413, "body-too-large");
    }

    async fn extra_fields_are_held_to_the_matters_form(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let ask = |fields: Value, matter: Option<&str>| {
            let mut body = report("楼道灯坏了，单元楼道里的灯不亮", HOME);
            body["fields"] = fields;
            body["matter"] = matter.map_or(Value::Null, |name| json!(app.matter(name).to_string()));
            body
        };
        let lamp = Some("楼道灯不亮");
        for (body, field) in [
            (ask(json!({ "floor": "high" }), lamp), "fields.floor"),
            (ask(json!({}), lamp), "fields.floor"),
            (ask(json!({ "floor": 3, "colour": "red" }), lamp), "fields.colour"),
            (ask(json!({ "floor": 3 }), None), "fields"),
            (ask(json!({ "floor": 3 }), Some("路灯不亮")), "fields"),
        ] {
            let problem = app.visitor().post("/api/v1/reports", &body).await.expect(400).json();
            assert!(problem["fields"].as_array().unwrap().iter().any(|f| f["field"] == field), "{problem}");
        }
        let receipt = send(&app, &ask(json!({ "floor": 3 }), lamp)).await;
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let case = desk.get(&format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap())).await.expect(200).json();
        assert_eq!(case["fields"]["values"]["floor"], json!(3));
        assert_eq!(case["fields"]["form"]["version"], json!(1));
    }

    async fn a_departments_matter_cannot_be_sent_down(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("马路路灯不亮，街上路灯坏了一排", HOME)).await;
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        let path = format!("/api/v1/incidents/{}/dispatch", receipt["id"].as_str().unwrap());
        let unit = |code: &str| app.org.directory().value.unit_by_code(code).unwrap().id.to_string();
        let down = json!({ "unit": unit("990101001001"), "reason": "就近处理" });
        desk.post(&path, &down).await.refused(422, "not-for-grassroots");
        desk.post(&path, &json!({ "unit": unit("D-FIRE") })).await.expect(400);
        let across = json!({ "unit": unit("D-FIRE"), "reason": "消防队有升降车" });
        let case = desk.post(&path, &across).await.expect(200).json();
        assert_eq!(case["lead"]["unit"].as_str(), Some("区消防队"));
        assert!(case["reasons"].as_array().unwrap().iter().any(|r| r["code"] == "by-hand"));
    }

    async fn neighbours_are_offered_and_may_join(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let words = "消防通道被车堵了，消防车道停满车，三号楼门口";
        let first = send(&app, &report(words, HOME)).await;
        app.clock.advance(600_000);
        let near = app.visitor().post("/api/v1/reports/suggest", &report(words, HOME)).await.expect(200).json();
        assert_eq!(near["near"][0]["code"], first["code"]);
        assert_eq!(near["matters"][0]["name"].as_str(), Some("占用消防通道"));
        let mut joining = report(words, HOME);
        joining["join"] = first["code"].clone();
        let second = send(&app, &joining).await;
        assert_eq!((&second["code"], &second["duplicates"][0]["joined"]), (&first["code"], &json!(true)));
        assert_ne!(second["track"], first["track"], "each reporter has a link of his own");
        let page = app.visitor().get(&format!("/api/v1/reports/{}", second["track"].as_str().unwrap())).await.expect(200).json();
        assert_eq!(page["reporters"].as_i64(), Some(2));
        joining["join"] = json!("C19990101-0001");
        app.visitor().post("/api/v1/reports", &joining).await.expect(400);
        // Far away the same words are another matter.
        let far = send(&app, &report(words, FAR)).await;
        assert_eq!(far["duplicates"], json!([]));
    }

    /// Asked again and again from wherever, the offers lead to a cell of some hundred metres and to no door.
    async fn where_a_neighbour_reported_is_told_by_the_cell(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let words = "消防通道被车堵了，消防车道停满车，三号楼门口";
        let (one, other) = ((112.9052, 33.1052), (112.9058, 33.1057));
        let codes = [send(&app, &report(words, one)).await["code"].clone(), send(&app, &report(words, other)).await["code"].clone()];
        app.clock.advance(600_000);
        for from in [one, other, (112.9049, 33.1051), (112.9057, 33.1065), (112.9061, 33.1049)] {
            let answer = app.visitor().post("/api/v1/reports/suggest", &report(words, from)).await.expect(200).json();
            let near = answer["near"].as_array().unwrap();
            let told = |code: &Value| near.iter().find(|n| n["code"] == *code).map(|n| n["metres"].as_i64().unwrap()).unwrap();
            assert_eq!(told(&codes[0]), told(&codes[1]), "{from:?}");
            assert_eq!(told(&codes[0]) % 50, 0);
        }
        // Whoever works on it sees the places as they are.
        let desk = app.login_as("district-intake", DISTRICT).await;
        let list = desk.get(&format!("/api/v1/incidents?q={}", codes[0].as_str().unwrap())).await.expect(200).json();
        let case = desk.get(&format!("/api/v1/incidents/{}", list["items"][0]["id"].as_str().unwrap())).await.expect(200).json();
        let metres = case["duplicates"].as_array().unwrap().iter().find(|d| d["code"] == codes[1]).unwrap()["metres"].as_i64();
        assert!(metres.is_some_and(|m| m % 50 != 0), "{metres:?}");
    }

    async fn a_place_is_a_grid_and_nothing_else(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", NOWHERE)).await;
        let desk = app.login_as("district-intake", DISTRICT).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        for code in ["D-ROADS", "990101001001", "990101"] {
            let refused = desk.post(&format!("{path}/place"), &json!({ "grid": code })).await.expect(400).json();
            assert_eq!(refused["fields"][0]["code"].as_str(), Some("unknown-grid"), "{code}");
        }
        let placed = desk.post(&format!("{path}/place"), &json!({ "grid": "990101001001001" })).await.expect(200).json();
        assert_eq!((placed["grid"]["code"].as_str(), &placed["attention"]), (Some("990101001001001"), &json!([])));
    }

    async fn what_hangs_on_the_matter_goes_with_it_and_the_rest_stays(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let desk = app.login_as("district-intake", DISTRICT).await;
        let lamp = json!({ "matter": app.matter("楼道灯不亮").to_string() });
        let old = send(&app, &report("多年的老问题没人管，历史遗留的产权问题", HOME)).await;
        let accepted = desk.post(&format!("/api/v1/incidents/{}/accept", old["id"].as_str().unwrap()), &lamp).await.expect(200).json();
        assert_eq!(accepted["attention"], json!([]), "the other matter is on the list");
        // A case that was returned still waits for another unit when its matter is put right.
        let back = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let path = format!("/api/v1/incidents/{}", back["id"].as_str().unwrap());
        let community = app.login_as("community-desk", COMMUNITY).await;
        let case = community.get(&path).await.expect(200).json();
        let task = format!("{path}/tasks/{}", case["tasks"][0]["id"].as_str().unwrap());
        let wrong = json!({ "reason": "not-our-duty", "basis": "职责清单" });
        community.post(&format!("{task}/send-back"), &wrong).await.expect(200);
        let other = json!({ "matter": app.matter("路灯不亮").to_string() });
        assert_eq!(desk.post(&format!("{path}/correct"), &other).await.expect(200).json()["attention"], json!(["returned"]));
    }

    /// Numbers run on, so that anybody can guess one: what was not offered is not joined.
    async fn only_what_is_offered_may_be_joined(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let words = "消防通道被车堵了，消防车道停满车，三号楼门口";
        let mut secret = report(words, HOME);
        secret["confidential"] = json!(true);
        let open = send(&app, &report(words, HOME)).await;
        let lamp = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let secret = send(&app, &secret).await;
        let old = "多年的老问题没人管，历史遗留的产权问题";
        let unpublished = send(&app, &report(old, HOME)).await;
        app.clock.advance(600_000);
        let offered = async |words: &str| {
            let near = app.visitor().post("/api/v1/reports/suggest", &report(words, HOME)).await.expect(200).json();
            near["near"].as_array().unwrap().iter().map(|n| n["code"].clone()).collect::<Vec<_>>()
        };
        assert_eq!((offered(words).await, offered(old).await), (vec![open["code"].clone()], vec![]));
        let join = async |words: &str, receipt: &Value| {
            let mut joining = report(words, HOME);
            joining["join"] = receipt["code"].clone();
            app.visitor().post("/api/v1/reports", &joining).await
        };
        for (words, receipt) in [(words, &lamp), (words, &secret), (old, &unpublished)] {
            let refused = join(words, receipt).await.expect(400).json();
            assert_eq!((refused["fields"][0]["field"].as_str(), refused["fields"][0]["code"].as_str()), (Some("join"), Some("no-open-case")));
        }
        assert_eq!(join(words, &open).await.expect(201).json()["code"], open["code"]);
        // Whoever was offered a case by his words and then chose another matter joins it all the same.
        let mut chosen = report(words, HOME);
        (chosen["join"], chosen["matter"]) = (open["code"].clone(), json!(app.matter("路灯不亮").to_string()));
        assert_eq!(send(&app, &chosen).await["code"], open["code"]);
        // A reporter's receipt names no other either; a desk that takes a report in is told of all.
        let told = |receipt: &Value| receipt["duplicates"].as_array().unwrap().iter().map(|d| d["code"].clone()).collect::<Vec<_>>();
        assert_eq!(told(&send(&app, &report(old, HOME)).await), Vec::<Value>::new());
        let desk = app.login_as("district-intake", DISTRICT).await;
        let receipt = desk.post("/api/v1/incidents", &report(old, HOME)).await.expect(201).json();
        assert!(told(&receipt).contains(&unpublished["code"]), "{receipt}");
        // However much is reported in the grid meanwhile, what a neighbour means is found.
        for n in 0..26 {
            desk.post("/api/v1/incidents", &report(&format!("{n}号楼外的井盖松动，走上去会响"), HOME)).await.expect(201);
        }
        assert_eq!(offered(words).await, vec![open["code"].clone()]);
        assert_eq!(join(words, &open).await.expect(201).json()["code"], open["code"]);
    }
}

/// The database is as full as it may be, or held by another program: the reporter is told so, reading goes on, and nothing was half saved.
#[test]
fn a_full_or_locked_database_is_told_and_gets_over_it() {
    testkit::run(async {
        let app = TestApp::new(Engine::Sqlite).await.with_town().await;
        let first = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let track = format!("/api/v1/reports/{}", first["track"].as_str().unwrap());
        let pages = std::fs::metadata(app.database.url.trim_start_matches("sqlite:")).unwrap().len() / 4096;
        let impatient = db::Options { patience: std::time::Duration::from_millis(100), ..db::Options::default() };

        let full = app.visitor_beside(&db::Options { most_pages: Some(pages as u32 + 8), ..impatient.clone() }).await;
        let big = |n: usize| report(&format!("{n}号楼{}", "楼道灯不亮".repeat(900)), HOME);
        let mut taken = 1;
        let refused = loop {
            let reply = full.post("/api/v1/reports", &big(taken)).await;
            if reply.status != 201 {
                break reply;
            }
            taken += 1;
            assert!(taken < 1_000, "it never was full");
        };
        refused.refused(507, "storage-full");
        full.get(&track).await.expect(200);
        let count = async || {
            let statement = db::sql!(
                "select (select count(*) from incident) + (select count(distinct incident_id) from incident_step) as value"
            );
            app.db.read().await.unwrap().value::<i64>(statement, vec![]).await.unwrap()
        };
        assert_eq!(count().await, Some(2 * taken as i64), "each acknowledged report is there with its step, and no other");

        let locked = app.visitor_beside(&impatient).await;
        let holder = app.database.again().await;
        let mut tx = holder.begin();
        tx.execute(db::sql!("delete from lease"), vec![]).await.unwrap();
        let reply = locked.post("/api/v1/reports", &big(0)).await;
        reply.refused(503, "storage-busy");
        assert!(reply.headers.contains_key("retry-after"));
        locked.get(&track).await.expect(200);
        tx.rollback().await.unwrap();
        locked.post("/api/v1/reports", &big(0)).await.expect(201);
        assert_eq!(count().await, Some(2 * taken as i64 + 2));
    });
}
