//! Public notices over HTTP, on both engines.

use serde_json::{Value, json};
use testkit::Engine;

use crate::{
    table::Table,
    testing::{
        Client, TestApp,
        town::{COMMUNITY, DISTRICT, GRID, SIBLING, STREET},
    },
};

const DAY: i64 = 24 * 60 * 60 * 1_000;
const MANAGED: &str = "/api/v1/publications/managed";
const HERE: &str = "/api/v1/publications?grid=990101001001001";

fn notice(title: &str, unit: &str) -> Value {
    json!({ "kind": "notice", "title": title, "text": "周六上午检修，请提前储水。", "unit": unit })
}

async fn titles(app: &TestApp, path: &str) -> Vec<String> {
    titles_for(&app.visitor(), path).await
}

async fn titles_for(who: &Client, path: &str) -> Vec<String> {
    let page = who.get(path).await.expect(200).json();
    page["items"].as_array().unwrap().iter().map(|i| i["title"].as_str().unwrap().to_owned()).collect()
}

testkit::both! {
    async fn a_place_is_told_what_it_and_all_above_it_say(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let desk = app.login_as("community-desk", COMMUNITY).await;
        desk.post("/api/v1/publications", &notice("网格停水", "990101001001001")).await.expect(201);
        app.clock.advance(1);
        desk.post("/api/v1/publications", &notice("社区停水", "990101001001")).await.expect(201);
        app.clock.advance(1);
        app.login_as("street-desk", STREET).await.post("/api/v1/publications", &notice("街道停水", "990101001")).await.expect(201);
        app.clock.advance(1);
        app.login_as("district-dispatch", DISTRICT).await.post("/api/v1/publications", &notice("全区停水", "990101")).await.expect(201);
        assert_eq!(titles(&app, HERE).await, ["全区停水", "街道停水", "社区停水", "网格停水"]);
        assert_eq!(titles(&app, "/api/v1/publications").await, ["全区停水"]);
        assert_eq!(titles(&app, "/api/v1/publications?grid=990101002001001").await, ["全区停水"]);
        let first = app.visitor().get(&format!("{HERE}&limit=3")).await.expect(200).json();
        let next = format!("{HERE}&limit=3&cursor={}", first["next"].as_str().unwrap());
        assert_eq!(titles(&app, &next).await, ["网格停水"]);
        assert_eq!((first["items"][1]["author"].as_str(), first["items"][1]["unit"].as_str()), (Some("东街道"), Some("东街道")));
        app.visitor().get("/api/v1/publications?grid=nowhere").await.expect(400);
    }

    async fn nobody_publishes_outside_the_scope(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let desk = app.login_as("community-desk", COMMUNITY).await;
        for unit in ["990101001002", "990101001", "990101", "nowhere"] {
            let problem = desk.post("/api/v1/publications", &notice("越界", unit)).await.expect(400).json();
            assert_eq!(problem["fields"][0]["field"].as_str(), Some("unit"), "{unit}");
        }
        app.login_as("grid-worker", GRID).await.post("/api/v1/publications", &notice("越权", "990101001001001")).await.expect(403);
        let made = desk.post("/api/v1/publications", &notice("本社区", "990101001001")).await.expect(201).json();
        let path = format!("/api/v1/publications/{}", made["id"].as_str().unwrap());
        let sibling = app.login_as("community-desk", SIBLING).await;
        let change = json!({ "version": 1, "kind": "notice", "title": "改别人的", "text": "不行" });
        sibling.put(&path, &change).await.expect(404);
        sibling.post(&format!("{path}/withdraw"), &json!({ "version": 1, "reason": "不行" })).await.expect(404);
        assert!(sibling.get("/api/v1/publications/managed").await.expect(200).json()["items"].as_array().unwrap().is_empty());
    }

    async fn a_notice_runs_for_its_time_and_is_withdrawn_with_a_reason(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let mut body = notice("施工", "990101001001");
        body["from"] = json!(kernel::Time::from_millis(app.now().millis() + DAY));
        body["until"] = json!(kernel::Time::from_millis(app.now().millis() + 2 * DAY));
        let made = desk.post("/api/v1/publications", &body).await.expect(201).json();
        let path = format!("/api/v1/publications/{}", made["id"].as_str().unwrap());
        assert!(titles(&app, HERE).await.is_empty(), "it is yet to come");
        app.clock.advance(DAY);
        assert_eq!(titles(&app, HERE).await, ["施工"]);
        let change = json!({ "version": 1, "kind": "announcement", "title": "施工改期", "text": "改到周日。", "until": body["until"] });
        desk.put(&path, &change).await.expect(200);
        desk.put(&path, &change).await.expect(409);
        assert_eq!(titles(&app, HERE).await, ["施工改期"]);
        app.clock.advance(DAY);
        assert!(titles(&app, HERE).await.is_empty(), "its time is over");
        desk.post(&format!("{path}/withdraw"), &json!({ "version": 2, "reason": " " })).await.expect(400);
        let gone = desk.post(&format!("{path}/withdraw"), &json!({ "version": 2, "reason": "施工取消" })).await.expect(200).json();
        assert_eq!((gone["reason"].as_str(), gone["version"].as_i64()), (Some("施工取消"), Some(3)));
        desk.put(&path, &json!({ "version": 3, "kind": "notice", "title": "又来", "text": "不行" })).await.refused(422, "publication-withdrawn");
        let managed = desk.get("/api/v1/publications/managed").await.expect(200).json();
        assert_eq!(managed["items"][0]["reason"].as_str(), Some("施工取消"));
        let audit = app.login_as("audit-admin", DISTRICT).await.get("/api/v1/audit").await.expect(200).text();
        for action in ["publication.publish", "publication.change", "publication.withdraw"] {
            assert!(audit.contains(action), "{action}");
        }
    }

    async fn staff_read_what_one_grid_is_told(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let street = app.login_as("street-desk", STREET).await;
        for (title, unit) in [("全街", "990101001"), ("本网格", "990101001001001"), ("邻社区", "990101001002")] {
            street.post("/api/v1/publications", &notice(title, unit)).await.expect(201);
            app.clock.advance(1);
        }
        assert_eq!(titles_for(&street, MANAGED).await, ["邻社区", "本网格", "全街"]);
        let here = format!("{MANAGED}?grid=990101001001001");
        assert_eq!(titles_for(&street, &here).await, ["本网格", "全街"]);
        let community = app.login_as("community-desk", COMMUNITY).await;
        assert_eq!(titles_for(&community, &here).await, ["本网格"], "the street's notice is not in a community's scope");
        let first = street.get(&format!("{here}&limit=1")).await.expect(200).json();
        assert_eq!(titles_for(&street, &format!("{here}&cursor={}", first["next"].as_str().unwrap())).await, ["全街"]);
        street.get(&format!("{MANAGED}?grid=nowhere")).await.expect(400);
    }

    async fn a_table_is_read_once(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let text = "kind,title,unit_code,published_at,body\n公告,停电,990101001,2025-03-01T08:00:00+08:00,周日停电\n";
        for added in ["新增 1", "新增 0"] {
            let mut out = Vec::new();
            assert!(super::publications(&app, Table::read(text.into()).unwrap(), &mut out).await.unwrap());
            assert!(String::from_utf8(out).unwrap().contains(added), "{added}");
        }
        assert_eq!(titles(&app, HERE).await, ["停电"]);
        let mut out = Vec::new();
        let wrong = text.replace("公告", "闲聊");
        assert!(!super::publications(&app, Table::read(wrong.into()).unwrap(), &mut out).await.unwrap());
    }
}
