//! Many cases at once: in bulk, as a saved list, as a file.

use serde_json::{Value, json};
use testkit::Engine;

use super::road::{report, send};
use crate::testing::{
    TestApp,
    town::{COMMUNITY, DISTRICT, FAR, GRID, HOME, SIBLING, STREET},
};

const LAMP: &str = "楼道灯坏了，单元楼道里的灯不亮";
const VAGUE: &str = "天气不错";

async fn id(app: &TestApp, words: &str) -> String {
    app.clock.advance(1_000);
    send(app, &report(words, HOME)).await["id"].as_str().unwrap().to_owned()
}

testkit::both! {
    async fn each_of_many_is_done_or_refused_by_itself(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (waiting, sent, far) = (id(&app, VAGUE).await, id(&app, LAMP).await, send(&app, &report(VAGUE, FAR)).await);
        let moved = id(&app, VAGUE).await;
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let matter = app.matter("楼道灯不亮").to_string();
        let body = json!({
            "action": "accept", "ids": [waiting, sent, far["id"], moved], "versions": [1, 3, 1, 7], "parameters": { "matter": matter },
        });
        let key = "4b5a3b64-7c64-4b4b-9b0e-0f3f4f1d9a55";
        let reply = desk.post_keyed("/api/v1/incidents/bulk", &body, key).await.expect(200);
        let outcome = reply.json();
        let codes: Vec<Option<&str>> = outcome["items"].as_array().unwrap().iter().map(|i| i["code"].as_str()).collect();
        assert_eq!(codes, [None, Some("not-in-this-state"), Some("not-found"), Some("stale")], "{outcome}");
        assert_eq!((outcome["done"].as_i64(), outcome["items"][0]["state"].as_str()), (Some(1), Some("accepted")));
        assert_eq!(outcome["items"][1]["params"]["action"].as_str(), Some("accept"));

        // The same request is answered, not done again; the record has a row for each case that moved.
        let again = desk.post_keyed("/api/v1/incidents/bulk", &body, key).await.expect(200);
        assert_eq!(again.json(), outcome);
        let audit = app.login_as("audit-admin", DISTRICT).await.get(&format!("/api/v1/audit?object={waiting}")).await.expect(200).json();
        assert_eq!(audit["items"].as_array().unwrap().iter().filter(|r| r["action"] == "accept").count(), 1);
    }

    async fn nothing_of_a_refused_one_stays(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (waiting, sent) = (id(&app, VAGUE).await, id(&app, LAMP).await);
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        let department = app.org.directory().value.unit_by_code("D-FIRE").unwrap().id.to_string();
        // A correction of the matter is entered before the table refuses; it must go with the rest.
        let matter = app.matter("路灯不亮").to_string();
        let body = json!({ "action": "accept", "ids": [sent], "parameters": { "matter": matter } });
        assert_eq!(desk.post("/api/v1/incidents/bulk", &body).await.expect(200).json()["done"].as_i64(), Some(0));
        assert_eq!(crate::modules::incidents::learn::learn(&app).await.unwrap(), 0, "no correction was kept");
        let body = json!({ "action": "dispatch", "ids": [waiting, sent], "parameters": { "unit": department, "reason": "统一处理" } });
        let outcome = desk.post("/api/v1/incidents/bulk", &body).await.expect(200).json();
        assert_eq!(outcome["items"][0]["done"].as_bool(), Some(false));
        assert_eq!(outcome["items"][1]["state"].as_str(), Some("assigned"), "{outcome}");
        let case = desk.get(&format!("/api/v1/incidents/{sent}")).await.expect(200).json();
        assert_eq!(case["lead"]["unit"].as_str(), Some("区消防队"));
    }

    async fn many_are_merged_into_one(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let mut ids = vec![];
        for _ in 0..4 {
            ids.push(id(&app, LAMP).await);
        }
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        let body = json!({ "action": "merge", "ids": ids, "parameters": { "into": ids[0] } });
        let outcome = desk.post("/api/v1/incidents/bulk", &body).await.expect(200).json();
        assert_eq!((outcome["done"].as_i64(), outcome["items"][0]["code"].as_str()), (Some(3), Some("invalid")));
        let survivor = desk.get(&format!("/api/v1/incidents/{}", ids[0])).await.expect(200).json();
        assert_eq!(survivor["reporters"].as_i64(), Some(4));
    }

    async fn many_get_an_order_each_with_a_number_of_its_own(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (waiting, first, second) = (id(&app, VAGUE).await, id(&app, LAMP).await, id(&app, LAMP).await);
        let order = json!({ "card": "yellow", "reply_by": "2025-03-12T10:00:00+08:00", "words": "请立即查明原因并回复，联系人电话13800138000" });
        let body = json!({ "action": "supervise", "ids": [waiting, first, second], "parameters": order });
        let outcome = app.login_as("supervisor", DISTRICT).await.post("/api/v1/incidents/bulk", &body).await.expect(200).json();
        let codes: Vec<Option<&str>> = outcome["items"].as_array().unwrap().iter().map(|i| i["code"].as_str()).collect();
        assert_eq!((outcome["done"].as_i64(), codes), (Some(2), vec![Some("not-in-this-state"), None, None]), "{outcome}");
        let supervisor = app.login_as("supervisor", DISTRICT).await;
        let orders = supervisor.get("/api/v1/supervisions?state=open").await.expect(200).json();
        let mut numbers: Vec<&str> = orders["items"].as_array().unwrap().iter().map(|o| o["code"].as_str().unwrap()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, ["DB20250310-001", "DB20250310-002"], "what was refused took no number");
        assert!(!orders.to_string().contains("13800138000"));
        assert_eq!(supervisor.get(&format!("/api/v1/incidents/{first}")).await.expect(200).json()["card"], json!("yellow"));
        // Who may do much at once but not this, and a wrong instant, are refused on each.
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let refused = desk.post("/api/v1/incidents/bulk", &body).await.expect(200).json();
        assert_eq!((refused["done"].as_i64(), refused["items"][1]["code"].as_str()), (Some(0), Some("not-found")));
        let mut late = body.clone();
        late["parameters"]["reply_by"] = json!("2025-03-09T10:00:00+08:00");
        let refused = supervisor.post("/api/v1/incidents/bulk", &late).await.expect(200).json();
        assert_eq!(refused["items"][1]["fields"][0]["field"], json!("reply_by"));
    }

    async fn hands_that_change_the_same_cases_never_wait_for_each_other_crosswise(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        for _ in 0..12 {
            // So many reports an hour from one network are enough.
            app.clock.advance(3_600_000);
            let (a, b) = (id(&app, LAMP).await, id(&app, LAMP).await);
            let both = [[&a, &b], [&b, &a]];
            let many = |ids: &[&String; 2]| json!({ "action": "dispatch", "ids": ids, "parameters": {} });
            let wishes = [
                (format!("/api/v1/incidents/{a}/merge"), json!({ "into": b })),
                (format!("/api/v1/incidents/{b}/merge"), json!({ "into": a })),
                ("/api/v1/incidents/bulk".to_owned(), many(&both[0])),
                ("/api/v1/incidents/bulk".to_owned(), many(&both[1])),
                (format!("/api/v1/incidents/{a}/ask"), json!({ "question": "具体位置在哪里？" })),
                (format!("/api/v1/incidents/{b}/dispatch"), json!({})),
            ];
            let answers = futures_util::future::join_all(wishes.iter().map(|(path, body)| desk.post(path, body))).await;
            let statuses: Vec<u16> = answers.iter().map(|a| a.status.as_u16()).collect();
            assert!(statuses.iter().all(|s| matches!(s, 200 | 409 | 422 | 400)), "{statuses:?}");
            assert!(statuses.contains(&200), "{statuses:?}");
        }
        assert_eq!(crate::modules::incidents::verify::clocks(&app).await.unwrap().differences, 0);
    }

    async fn a_request_that_makes_no_sense_is_refused_whole(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let one = id(&app, VAGUE).await;
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        let many: Vec<&String> = std::iter::repeat_n(&one, 101).collect();
        for bad in [
            json!({ "action": "accept", "ids": [] }),
            json!({ "action": "accept", "ids": [one, one] }),
            json!({ "action": "accept", "ids": many }),
            json!({ "action": "accept", "ids": [one], "versions": [1, 2] }),
            json!({ "action": "accept", "ids": [one], "parameters": { "colour": "red" } }),
            json!({ "action": "merge", "ids": [one] }),
            json!({ "action": "juggle", "ids": [one] }),
        ] {
            desk.post("/api/v1/incidents/bulk", &bad).await.expect(400);
        }
        app.login_as("grid-worker", GRID).await.post("/api/v1/incidents/bulk", &json!({ "action": "accept", "ids": [one] })).await.expect(403);
    }

    async fn lists_are_saved_by_name_and_shared_with_a_unit(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let street = app.login_as("street-desk", STREET).await;
        let unit = app.org.directory().value.unit_by_code("990101001001").unwrap().id.to_string();
        let new = |name: &str, query: Value, unit: Value| json!({ "name": name, "query": query, "unit": unit });
        let red = new("我的红灯", json!({ "state": "open", "light": "red" }), Value::Null);
        let mine = street.post("/api/v1/filters", &red).await.expect(201).json();
        street.post("/api/v1/filters", &red).await.refused(422, "filter-name-used");
        street.post("/api/v1/filters", &new("一社区待办", json!({ "state": "open", "sort": "time_left" }), json!(unit))).await.expect(201);
        let names = async |role: &str, path: &str| {
            let list = app.login_as(role, path).await.get("/api/v1/filters").await.expect(200).json();
            list["items"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names("community-desk", COMMUNITY).await, ["一社区待办"]);
        assert_eq!(names("grid-worker", GRID).await, ["一社区待办"]);
        for (role, path) in [("community-desk", SIBLING), ("street-desk", STREET), ("district-dispatch", DISTRICT)] {
            assert_eq!(names(role, path).await, Vec::<String>::new(), "{role} {path}");
        }
        for bad in [
            new("", json!({}), Value::Null),
            new("a", json!([]), Value::Null),
            new("a", json!({ "colour": "red" }), Value::Null),
            new("a", json!({ "limit": 5 }), Value::Null),
            new("a", json!({ "state": "sleeping" }), Value::Null),
            new("a", json!({ "light": "pink" }), Value::Null),
            new("a", json!({ "sort": "colour" }), Value::Null),
            new("a", json!({ "grid": "990101009999999" }), Value::Null),
            new("a", json!({ "q": "13800138000" }), Value::Null),
            // What the list itself would not read is not kept: dispatches without a span of time, and a span of nothing.
            new("a", json!({ "sent": "dispatches" }), Value::Null),
            new("a", json!({ "sent": "dispatches", "sent_from": "2025-03-01T00:00:00Z" }), Value::Null),
            new("a", json!({ "sent_from": "2025-03-01T00:00:00Z", "sent_until": "2025-04-01T00:00:00Z" }), Value::Null),
            new("a", json!({}), json!("01957f00-0000-7000-8000-00000000dead")),
            new("a", json!({}), json!(app.org.directory().value.unit_by_code("990101002").unwrap().id.to_string())),
        ] {
            street.post("/api/v1/filters", &bad).await.expect(400);
        }
        let sent = json!({ "sent": "dispatches", "sent_from": "2025-03-01T00:00:00Z", "sent_until": "2025-04-01T00:00:00Z" });
        let sent = street.post("/api/v1/filters", &new("三月派单", sent, Value::Null)).await.expect(201).json();
        street.delete(&format!("/api/v1/filters/{}", sent["id"].as_str().unwrap())).await.expect(200);
        let path = format!("/api/v1/filters/{}", mine["id"].as_str().unwrap());
        app.login_as("street-desk", STREET).await.delete(&path).await.expect(404);
        street.delete(&path).await.expect(200);
        let left = street.get("/api/v1/filters").await.expect(200).json();
        assert_eq!((left["items"].as_array().unwrap().len(), left["items"][0]["mine"].as_bool()), (1, Some(true)));
    }

    async fn a_file_holds_what_the_list_shows(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        for n in 0..3 {
            app.clock.advance(1_000);
            send(&app, &report(&format!("=1+{n} {LAMP}"), HOME)).await;
        }
        app.clock.advance(1_000);
        send(&app, &report(VAGUE, HOME)).await;
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        let codes = async |query: &str| {
            let text = desk.get(&format!("/api/v1/incidents/export?{query}")).await.expect(200).text();
            let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
            reader.records().map(|r| r.unwrap().get(0).unwrap().to_owned()).collect::<Vec<_>>()
        };
        for query in ["", "state=received", "state=assigned&light=green", "sort=time_left", "sort=oldest", "attention=any", "q=C20250310-0001"] {
            let page = desk.get(&format!("/api/v1/incidents?{query}")).await.expect(200).json();
            let listed: Vec<&str> = page["items"].as_array().unwrap().iter().map(|i| i["code"].as_str().unwrap()).collect();
            let mut written = codes(query).await;
            let last = written.pop().unwrap();
            assert_eq!(written, listed, "{query}");
            assert!(last.starts_with("导出：district-dispatch") && last.contains("0001") && last.contains("2025-03-10"), "{last}");
        }
        desk.get("/api/v1/incidents/export?state=sleeping").await.expect(400);
        let text = desk.get("/api/v1/incidents/export").await.expect(200).text();
        assert!(text.contains("'=1+0") && !text.contains(",=1+0"), "{text}");
        let map = desk.get("/api/v1/incidents/export?format=geojson&state=received").await.expect(200).json();
        assert_eq!(map["features"].as_array().unwrap().len(), 1);
        let book = desk.get("/api/v1/incidents/export?format=xlsx&state=assigned").await.expect(200).body;
        let rows: Vec<_> = crate::table::Table::read(book).unwrap().map(Result::unwrap).collect();
        assert_eq!((rows.len(), rows[0].get("state")), (4, "assigned"));
        assert!(rows[3].get("code").starts_with("导出："));
        let audit = app.login_as("audit-admin", DISTRICT).await.get("/api/v1/audit?limit=100").await.expect(200).json();
        let rows: Vec<&Value> = audit["items"].as_array().unwrap().iter().filter(|r| r["action"] == "incident.exported").collect();
        assert_eq!(rows.len(), 10);
        let says = |action: &str, words: &str| {
            let rows = audit["items"].as_array().unwrap().iter().filter(|r| r["action"] == action);
            rows.filter(|r| r["details"].as_str().unwrap().contains(words)).count()
        };
        assert_eq!(says("incident.exported", r#""count":3,"format":"xlsx""#), 1);
        assert_eq!(says("incident.export", r#""parameters":["state","light"]"#), 1, "the names of parameters, not their values");
    }
}
