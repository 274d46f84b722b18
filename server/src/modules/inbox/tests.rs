//! The slice over HTTP and on both engines.

use serde_json::{Value, json};
use testkit::Engine;

use crate::testing::{
    TestApp,
    town::{COMMUNITY, DISTRICT, FAR, GRID, HOME, SIBLING},
};

const DAY: i64 = 86_400_000;

async fn reported(app: &TestApp, words: &str, (lon, lat): (f64, f64)) -> String {
    let body = json!({ "text": words, "lon": lon, "lat": lat, "phone": "140-0000-1234", "name": "叶知秋" });
    app.visitor().post("/api/v1/reports", &body).await.expect(201).json()["id"].as_str().unwrap().to_owned()
}

fn ids(pack: &Value, what: &str) -> Vec<String> {
    let id = |v: &Value| v["id"].as_str().or(v.as_str()).unwrap().to_owned();
    pack[what].as_array().map(|a| a.iter().map(id).collect()).unwrap_or_default()
}

testkit::both! {
    async fn the_pack_is_the_callers_own_whole_and_masked(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let own = reported(&app, "楼道灯坏了，单元楼道里的灯不亮，打13800138000找我", HOME).await;
        let other = reported(&app, "楼道灯坏了，楼梯间照明坏了", FAR).await;
        let worker = app.login_as("community-desk", COMMUNITY).await;
        let pack = worker.get("/api/v1/pack").await.expect(200).json();
        assert_eq!(ids(&pack, "held"), std::slice::from_ref(&own));
        let case = &pack["cases"][0];
        // The same as the case read by itself, but for what a desk alone asks.
        let mut one = worker.get(&format!("/api/v1/incidents/{own}")).await.expect(200).json();
        let mut carried = case.clone();
        for view in [&mut one, &mut carried] {
            view["classified"]["words"] = json!([]);
            view["duplicates"] = json!([]);
        }
        assert_eq!(carried, one);
        assert_eq!(case["reporter"]["phone"].as_str(), Some("140****1234"));
        assert_eq!(case["tasks"][0]["to_me"].as_bool(), Some(true));
        assert!(!pack.to_string().contains("13800138000") && !pack.to_string().contains(&other));
        // Borders of the own grids alone, with the desk to ring.
        let grids = pack["borders"]["grids"]["features"].as_array().unwrap();
        assert!(grids.iter().all(|g| g["properties"]["code"].as_str().unwrap().starts_with("990101001001")) && grids.len() == 2);
        assert_eq!(pack["desks"][0]["name"].as_str(), Some("一社区"));
        assert_eq!(pack["must_reports"].as_array().unwrap().len(), 7);
        // Whom to ask for help: the same units that can be looked up with network, by code.
        let codes = |units: &Value| units.as_array().unwrap().iter().map(|u| u["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        let looked = worker.get("/api/v1/units?limit=200").await.expect(200).json();
        assert_eq!(codes(&pack["units"]), codes(&looked["items"]));
        assert!(codes(&pack["units"]).contains(&"D-FIRE".to_owned()) && !codes(&pack["units"]).contains(&"990101002001".to_owned()));
        assert_eq!(pack["units"][0].as_object().unwrap().keys().collect::<Vec<_>>(), ["code", "id", "kind", "name"]);
        // A worker of the next community has none of it.
        let neighbour = app.login_as("community-desk", SIBLING).await;
        assert_eq!(ids(&neighbour.get("/api/v1/pack").await.expect(200).json(), "held"), [""; 0]);
    }

    async fn a_later_pack_brings_what_moved_and_names_all_that_stays(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let still = reported(&app, "楼道灯坏了，单元楼道里的灯不亮", HOME).await;
        let moves = reported(&app, "多年的老问题没人管，历史遗留的产权问题", HOME).await;
        app.clock.advance(3_600_000);
        let worker = app.login_as("community-desk", COMMUNITY).await;
        let first = worker.get("/api/v1/pack").await.expect(200).json();
        assert_eq!(ids(&first, "cases").len(), 2);
        let (cursor, org) = (first["cursor"].as_str().unwrap(), first["org"].as_i64().unwrap());
        app.clock.advance(3_600_000);
        worker.post(&format!("/api/v1/incidents/{moves}/note"), &json!({ "text": "去看过了" })).await.expect(200);
        let next = worker.get(&format!("/api/v1/pack?since={cursor}&org={org}")).await.expect(200).json();
        assert_eq!(ids(&next, "cases"), std::slice::from_ref(&moves));
        let mut held = ids(&next, "held");
        held.sort();
        let mut all = vec![still.clone(), moves.clone()];
        all.sort();
        assert_eq!(held, all);
        assert!(next["borders"].is_null() && next["units"].is_null(), "what did not move is not sent again");
        assert_eq!(next["org"].as_i64(), Some(org));
        worker.get("/api/v1/pack?since=nonsense").await.refused(400, "invalid");
    }

    async fn a_pack_costs_the_same_however_many_cases_it_has(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        reported(&app, "楼道灯坏了，单元楼道里的灯不亮", HOME).await;
        let worker = app.login_as("community-desk", COMMUNITY).await;
        let one = worker.get("/api/v1/pack").await.expect(200).statements();
        for n in 0..12 {
            reported(&app, &format!("楼道灯坏了，第{n}单元楼梯间照明坏了"), HOME).await;
        }
        let many = worker.get("/api/v1/pack").await.expect(200);
        assert_eq!((ids(&many.json(), "cases").len(), many.statements()), (13, one));
        assert!(one <= 10, "a page of a pack costs {one}");
    }

    async fn who_may_not_read_cases_carries_none(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        reported(&app, "楼道灯坏了，单元楼道里的灯不亮", HOME).await;
        let helper = app.login_as("part-time-reporter", GRID).await;
        let pack = helper.get("/api/v1/pack").await.expect(200).json();
        assert_eq!((ids(&pack, "cases").len(), ids(&pack, "held").len()), (0, 0));
        assert_eq!(pack["borders"]["grids"]["features"].as_array().unwrap().len(), 1);
        app.login_as("district-dispatch", DISTRICT).await.get("/api/v1/pack").await.refused(403, "forbidden");
    }

    async fn a_report_made_without_network_keeps_its_id(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let worker = app.login_as("grid-worker", GRID).await;
        let id = kernel::Id::<u8>::new(app.now()).uuid().to_string();
        let body = json!({ "id": id, "text": "楼道灯坏了，楼道感应灯不亮", "lon": HOME.0, "lat": HOME.1 });
        let first = worker.post_keyed("/api/v1/incidents", &body, &id).await.expect(201).json();
        assert_eq!(first["id"].as_str(), Some(id.as_str()));
        // Sent again it is the same case; under another key the id is taken.
        assert_eq!(worker.post_keyed("/api/v1/incidents", &body, &id).await.expect(201).json(), first);
        let again = worker.post_keyed("/api/v1/incidents", &body, "another-key-entirely").await.expect(400).json();
        assert_eq!((again["fields"][0]["field"].as_str(), again["fields"][0]["code"].as_str()), (Some("id"), Some("taken")));
        let old = json!({ "id": "6f2b1a7e-1f7e-4a3e-9c1d-0d6a5f3b2c11", "text": "楼道灯坏了", "lon": HOME.0, "lat": HOME.1 });
        assert_eq!(worker.post("/api/v1/incidents", &old).await.expect(400).json()["fields"][0]["code"].as_str(), Some("bad-id"));
    }

    async fn the_day_writes_itself_and_can_be_added_to(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let id = reported(&app, "楼道灯坏了，单元楼道里的灯不亮", HOME).await;
        let worker = app.login_as("community-desk", COMMUNITY).await;
        let case = worker.get(&format!("/api/v1/incidents/{id}")).await.expect(200).json();
        let task = case["tasks"][0]["id"].as_str().unwrap();
        worker.post(&format!("/api/v1/incidents/{id}/tasks/{task}/accept"), &json!({})).await.expect(200);
        app.clock.advance(60_000);
        worker.post(&format!("/api/v1/incidents/{id}/note"), &json!({ "text": "去看过了" })).await.expect(200);
        let words = "下午陪李大爷去了趟社区医院";
        let added = worker.post("/api/v1/day/entries", &json!({ "day": "2025-03-10", "words": words, "at": "2025-03-10T10:00:30+08:00" })).await;
        let entry = added.expect(201).json()["id"].as_str().unwrap().to_owned();
        let day = worker.get("/api/v1/day").await.expect(200).json();
        let lines: Vec<(&str, &str)> =
            day["lines"].as_array().unwrap().iter().map(|l| (l["what"].as_str().unwrap(), l["action"].as_str().unwrap_or("-"))).collect();
        assert_eq!(lines, [("deed", "take_on"), ("own", "-"), ("deed", "note")]);
        assert_eq!((day["lines"][1]["words"].as_str(), day["lines"][2]["words"].as_str()), (Some(words), Some("去看过了")));
        // A colleague has a log of his own, and cannot touch this one.
        let colleague = app.login_as("community-desk", COMMUNITY).await;
        assert_eq!(colleague.get("/api/v1/day").await.expect(200).json()["lines"].as_array().unwrap().len(), 0);
        colleague.delete(&format!("/api/v1/day/entries/{entry}")).await.expect(404);
        worker.delete(&format!("/api/v1/day/entries/{entry}")).await.expect(200);
        assert_eq!(worker.get("/api/v1/day?day=2025-03-10").await.expect(200).json()["lines"].as_array().unwrap().len(), 2);
        for (day, words, field) in [("2025-03-11", "明天", "day"), ("2025-01-01", "很久以前", "day"), ("2025-03-10", " ", "words"), ("今天", "x", "day")] {
            let refused = worker.post("/api/v1/day/entries", &json!({ "day": day, "words": words })).await.expect(400).json();
            assert_eq!(refused["fields"][0]["field"].as_str(), Some(field), "{day} {words}");
        }
    }

    async fn words_of_a_day_lie_sealed(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let worker = app.login_as("grid-worker", GRID).await;
        worker.post("/api/v1/day/entries", &json!({ "day": "2025-03-10", "words": "欧阳栖梧家漏水" })).await.expect(201);
        db::record! { struct Row { words_sealed: Vec<u8> } }
        let rows: Vec<Row> = app.db.read().await.unwrap().list(db::Query::new("select words_sealed from day_entry")).await.unwrap();
        assert!(!String::from_utf8_lossy(&rows[0].words_sealed).contains("欧阳"));
    }

    async fn the_meter_counts_what_was_asked_and_by_whom(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let id = reported(&app, "楼道灯坏了，单元楼道里的灯不亮", HOME).await;
        let worker = app.login_as("community-desk", COMMUNITY).await;
        let case = worker.get(&format!("/api/v1/incidents/{id}")).await.expect(200).json();
        let task = case["tasks"][0]["id"].as_str().unwrap();
        app.clock.advance(60_000);
        worker.post(&format!("/api/v1/incidents/{id}/tasks/{task}/accept"), &json!({})).await.expect(200);
        let done = json!({ "result": "solved", "public_reply": "已更换灯泡", "note": "备件一只" });
        worker.post(&format!("/api/v1/incidents/{id}/tasks/{task}/done"), &done).await.expect(200);
        let found = json!({ "text": "楼道灯坏了，楼道感应灯不亮", "lon": HOME.0, "lat": HOME.1 });
        worker.post("/api/v1/incidents", &found).await.expect(201);
        let meter = worker.get("/api/v1/burden-meter?month=2025-03").await.expect(200).json();
        // Accepting is a tap; the end asked for result, reply and, as a note, the words for colleagues; the own report for one sentence.
        assert_eq!((meter["steps"].as_i64(), meter["typed"].as_i64()), (Some(4), Some(4)));
        let rules = meter["asked_by"].as_array().unwrap().iter().find(|a| a["kind"] == "rules").unwrap();
        assert_eq!(rules["typed"].as_i64(), Some(3));
        let own = meter["asked_by"].as_array().unwrap().iter().find(|a| a["kind"] == "own").unwrap();
        assert_eq!(own["typed"].as_i64(), Some(1));
        assert!(meter["filled"].as_i64() > meter["typed"].as_i64());
        assert_eq!(meter["characters"].as_i64(), Some(5 + 4 + 13));
        // Behind each of these numbers stand steps that add up to it.
        let behind = async |query: &str| worker.get(&format!("/api/v1/burden-meter/steps?month=2025-03{query}")).await.expect(200).json();
        let all = behind("").await;
        assert_eq!((&all["steps"], &all["typed"], &all["filled"]), (&meter["steps"], &meter["typed"], &meter["filled"]));
        assert_eq!(all["items"].as_array().unwrap().len(), 4);
        assert_eq!(all["items"].as_array().unwrap().iter().map(|i| i["characters"].as_i64().unwrap()).sum::<i64>(), 5 + 4 + 13);
        for asker in meter["asked_by"].as_array().unwrap() {
            let list = behind(&format!("&asked={}", asker["kind"].as_str().unwrap())).await;
            assert_eq!((&list["typed"], list["filled"].as_i64()), (&asker["typed"], Some(0)));
        }
        for form in meter["forms"].as_array().unwrap() {
            let word = form["form"].as_str().unwrap();
            let list = behind(&format!("&form={word}")).await;
            assert_eq!(list["steps"], form["times"]);
            for (what, counts) in [("typed", &form["typed"]), ("filled", &form["filled"])] {
                for count in counts.as_array().unwrap() {
                    let list = behind(&format!("&form={word}&what={what}&field={}", count["field"].as_str().unwrap())).await;
                    assert_eq!(list[what], count["n"], "{word} {what} {count}");
                    assert_eq!(list["steps"].as_i64(), Some(list["items"].as_array().unwrap().len() as i64));
                }
            }
        }
        assert_eq!(behind("&asked=person&name=%E6%9F%90%E4%BA%BA").await["steps"].as_i64(), Some(0));
        worker.get("/api/v1/burden-meter/steps?asked=everybody").await.expect(400);
        // Another month is another month, and another person has a meter of his own.
        assert_eq!(worker.get("/api/v1/burden-meter?month=2025-02").await.expect(200).json()["steps"].as_i64(), Some(0));
        let colleague = app.login_as("community-desk", COMMUNITY).await;
        assert_eq!(colleague.get("/api/v1/burden-meter/steps?month=2025-03").await.expect(200).json()["steps"].as_i64(), Some(0));
        assert_eq!(colleague.get("/api/v1/burden-meter").await.expect(200).json()["steps"].as_i64(), Some(0));
        worker.get("/api/v1/burden-meter?month=2025-13").await.refused(400, "invalid");
    }

    async fn health_is_told_and_nothing_is_kept_of_it(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let worker = app.login_as("grid-worker", GRID).await;
        let key = "6f2b1a7e-1f7e-4a3e-9c1d-0d6a5f3b2c11";
        for _ in 0..2 {
            worker.post_keyed("/api/v1/must-reports/told", &json!({ "kind": "pregnancy" }), key).await.expect(201);
        }
        // There is no room for a person, a place or a word.
        worker.post("/api/v1/must-reports/told", &json!({ "kind": "pregnancy", "words": "三楼王女士" })).await.expect(400);
        worker.post("/api/v1/must-reports/told", &json!({ "kind": "hazard" })).await.refused(422, "reported-instead");
        worker.post("/api/v1/must-reports/told", &json!({ "kind": "weather" })).await.refused(400, "invalid");
        let day = worker.get("/api/v1/day").await.expect(200).json();
        let lines = day["lines"].as_array().unwrap();
        assert_eq!((lines.len(), lines[0]["what"].as_str(), lines[0]["action"].as_str()), (1, Some("told"), Some("pregnancy")));
        assert_eq!(worker.get("/api/v1/burden-meter").await.expect(200).json()["told"].as_i64(), Some(1));
        app.clock.advance(40 * DAY);
    }

    async fn a_device_lease_is_one_key_a_session(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let one = app.browse_as("part-time-reporter", GRID).await;
        let first = one.get("/api/v1/session/lease").await.expect(200).json();
        assert_eq!(first, one.get("/api/v1/session/lease").await.expect(200).json());
        let other = app.browse_as("part-time-reporter", GRID).await.get("/api/v1/session/lease").await.expect(200).json();
        assert!(first["key"] != other["key"] && first["session"] != other["session"]);
        // A desk's session ends with the working day, and a program has no device.
        app.browse_as("community-desk", COMMUNITY).await.get("/api/v1/session/lease").await.refused(422, "no-device-lease");
        app.login_as("part-time-reporter", GRID).await.get("/api/v1/session/lease").await.refused(422, "no-device-lease");
        app.visitor().get("/api/v1/session/lease").await.expect(401);
    }
}
