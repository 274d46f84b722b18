//! Who may see what of a reporter, who may act when, and what leaves a trace.

use serde_json::{Value, json};
use testkit::Engine;

use super::road::{report, send};
use crate::{
    modules::org,
    testing::{
        Client, TestApp,
        town::{COMMUNITY, DISTRICT, GRID, HOME},
    },
};

db::record! {
    struct Unexplained { action: String, words: String }
}

/// Every step that the program took by itself says by which rule.
pub async fn explained(app: &TestApp) {
    let statement =
        db::sql!("select action, words from incident_step where actor_kind = 'system' and cast(reasons as text) = '[]'");
    let silent: Vec<Unexplained> = app.db.read().await.unwrap().all(statement, db::bind![]).await.unwrap();
    assert!(silent.is_empty(), "{:?}", silent.iter().map(|s| (&s.action, &s.words)).collect::<Vec<_>>());
}

/// A worker, and the receipt of what he solved on the spot.
async fn on_the_spot(app: &TestApp) -> (Client, Value) {
    let worker = app.login_as("grid-worker", GRID).await;
    let body = json!({
        "text": "巡查发现楼道灯坏了，已换好", "lon": HOME.0, "lat": HOME.1, "matter": app.matter("楼道灯不亮").to_string(),
        "channel": "patrol", "solved": { "result": "solved", "public_reply": "已更换" },
    });
    let receipt = worker.post("/api/v1/incidents", &body).await.expect(201).json();
    (worker, receipt)
}

testkit::both! {
    async fn a_field_in_clear_needs_a_purpose_and_leaves_a_trace(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let path = format!("/api/v1/incidents/{}/reveal", receipt["id"].as_str().unwrap());
        desk.post(&path, &json!({ "field": "phone", "purpose": "" })).await.refused(422, "purpose-required");
        let shown = desk.post(&path, &json!({ "field": "phone", "purpose": "约定上门时间" })).await.expect(200).json();
        assert_eq!(shown["value"].as_str(), Some("140-0000-1234"));
        let audit = app.login_as("audit-admin", DISTRICT).await.get("/api/v1/audit?limit=50").await.expect(200).json();
        let row = audit["items"].as_array().unwrap().iter().find(|r| r["action"] == "private.reveal").unwrap();
        assert!(!row.to_string().contains("1234"), "the record holds no personal value");
    }

    async fn a_confidential_reporter_is_shown_to_nobody(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let mut body = report("楼道灯坏了，单元楼道里的灯不亮", HOME);
        body["confidential"] = json!(true);
        let receipt = send(&app, &body).await;
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let case = desk.get(&path).await.expect(200).json();
        assert_eq!(case["reporter"], json!({ "name": null, "phone": null, "confidential": true }));
        desk.post(&format!("{path}/reveal"), &json!({ "field": "name", "purpose": "想知道是谁" })).await.expect(403);
        let audit = app.login_as("audit-admin", DISTRICT).await.get("/api/v1/audit?limit=50").await.expect(200).json();
        assert!(audit["items"].as_array().unwrap().iter().any(|r| r["action"] == "private.reveal.denied"));
    }

    async fn number_and_phone_find_the_link_a_few_times(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let ask = |last4: &str| json!({ "code": receipt["code"], "phone_last4": last4 });
        let visitor = app.visitor();
        let found = visitor.post("/api/v1/reports/lookup", &ask("1234")).await.expect(200).json();
        assert_eq!(found["track"], receipt["track"]);
        for _ in 0..4 {
            visitor.post("/api/v1/reports/lookup", &ask("9999")).await.refused(422, "no-such-report");
        }
        let sixth = visitor.post("/api/v1/reports/lookup", &ask("1234")).await.expect(429);
        assert!(sixth.headers.contains_key("retry-after"));
    }

    async fn two_desks_cannot_both_win(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("天气不错", HOME)).await;
        let desk = app.login_as("district-intake", DISTRICT).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let seen = desk.get(&path).await.expect(200).json()["version"].as_i64().unwrap();
        let matter = app.matter("楼道灯不亮").to_string();
        desk.post(&format!("{path}/accept"), &json!({ "matter": matter, "version": seen })).await.expect(200);
        let late = json!({ "reason": "no_request", "words": "没有具体诉求", "version": seen });
        desk.post(&format!("{path}/refuse"), &late).await.refused(409, "stale");
        desk.post(&format!("{path}/refuse"), &json!({ "reason": "abuse", "words": "测试" })).await.refused(422, "not-in-this-state");
        let visitor = app.visitor();
        visitor.post(&format!("{path}/close"), &json!({})).await.expect(401);
        let leader = app.login_as("district-dispatch", DISTRICT).await;
        leader.post(&format!("{path}/close"), &json!({})).await.refused(422, "not-in-this-state");
    }

    /// Another process changed the organisation a moment ago: this one reads it first and decides on that, whoever asks.
    async fn a_command_beside_a_change_of_the_organisation_waits_for_it(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("天气不错", HOME)).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let desk = app.login_as("district-intake", DISTRICT).await;
        let changed = async || {
            let mut tx = app.db.begin();
            crate::snapshot::bump(&mut tx, org::REVISION).await.unwrap();
            tx.commit().await.unwrap();
        };
        let version = desk.get(&path).await.expect(200).json()["version"].as_i64().unwrap();
        changed().await;
        let accept = json!({ "matter": app.matter("楼道灯不亮").to_string(), "version": version });
        desk.post(&format!("{path}/accept"), &accept).await.expect(200);
        changed().await;
        let bulk = json!({ "action": "accept", "ids": [receipt["id"]] });
        desk.post("/api/v1/incidents/bulk", &bulk).await.expect(200);
        changed().await;
        let again = format!("/api/v1/reports/{}/reopen", receipt["track"].as_str().unwrap());
        app.visitor().post(&again, &json!({ "cause": "unsolved", "reason": "还是不亮" })).await.refused(422, "not-in-this-state");
        // One reads, and whoever comes meanwhile waits for what it read.
        changed().await;
        let (all, statements) = db::count::scope(async { tokio::join!(app.org.refresh(&app.db), app.org.refresh(&app.db)) }).await;
        let (_, alone) = {
            changed().await;
            db::count::scope(app.org.refresh(&app.db)).await
        };
        assert!(all.0.is_ok() && all.1.is_ok());
        assert!(statements < 2 * alone, "{statements} statements for two, {alone} for one");
    }

    async fn solved_on_the_spot_is_one_step(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (worker, receipt) = on_the_spot(&app).await;
        let case = worker.get(&format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap())).await.expect(200).json();
        assert_eq!((case["state"].as_str(), case["source"].as_str()), (Some("resolved"), Some("worker")));
        assert_eq!(case["tasks"], json!([]), "nothing was dispatched");
        assert!(!case["may"].as_array().unwrap().iter().any(|m| m == "verify"), "the handler is not offered to verify");
    }

    async fn what_was_solved_on_the_spot_and_does_not_stand_is_sent_out(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (_, receipt) = on_the_spot(&app).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let back = desk.post(&format!("{path}/verify"), &json!({ "passed": false, "words": "还是不亮" })).await.expect(200).json();
        assert_eq!((back["state"].as_str(), &back["attention"]), (Some("accepted"), &json!(["check-failed"])));
        assert!(back["due_at"].is_string(), "the handle clock goes on");
        let listed = desk.get("/api/v1/incidents?attention=check-failed").await.expect(200).json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        let sent = desk.post(&format!("{path}/dispatch"), &json!({})).await.expect(200).json();
        assert_eq!((sent["state"].as_str(), &sent["attention"]), (Some("assigned"), &json!([])));
        assert_eq!((sent["due_at"].clone(), sent["lead"]["unit"].as_str()), (back["due_at"].clone(), Some("一社区")));
        let verifier = app.login_as("street-desk", crate::testing::town::STREET).await;
        let closed = super::second::solve(&desk, &verifier, &path).await;
        assert_eq!(closed["state"].as_str(), Some("closed"));
        assert_eq!(crate::modules::incidents::verify::clocks(&app).await.unwrap().differences, 0);
        explained(&app).await;
    }

    async fn what_somebody_looked_at_counts_and_what_passes_unseen_does_not(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let street = app.login_as("street-desk", crate::testing::town::STREET).await;
        let path = |receipt: &Value| format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let failed = path(&on_the_spot(&app).await.1);
        desk.post(&format!("{failed}/verify"), &json!({ "passed": false, "words": "还是不亮" })).await.expect(200);
        desk.post(&format!("{failed}/dispatch"), &json!({})).await.expect(200);
        super::second::solve(&desk, &street, &failed).await;
        let passed = path(&on_the_spot(&app).await.1);
        desk.post(&format!("{passed}/verify"), &json!({ "passed": true })).await.expect(200);
        // Nobody has to look at a street lamp.
        let lamp = path(&send(&app, &report("马路路灯不亮，街上路灯坏了一排", HOME)).await);
        let roads = app.login_as("department-desk", crate::testing::town::DEPARTMENT).await;
        let task = roads.get(&lamp).await.expect(200).json()["tasks"][0]["id"].as_str().unwrap().to_owned();
        roads.post(&format!("{lamp}/tasks/{task}/accept"), &json!({})).await.expect(200);
        let done = json!({ "result": "solved", "public_reply": "已修好" });
        let done = roads.post(&format!("{lamp}/tasks/{task}/done"), &done).await.expect(200).json();
        assert_eq!(done["state"].as_str(), Some("closed"));
        let all = app.login_as("supervisor", DISTRICT).await;
        let listed = async |figure: &str| {
            let items = all.get(&format!("/api/v1/incidents?figure={figure}")).await.expect(200).json()["items"].clone();
            let mut paths: Vec<String> = items.as_array().unwrap().iter().map(&path).collect();
            paths.sort();
            paths
        };
        let mut both = vec![failed, passed.clone()];
        both.sort();
        assert_eq!((listed("checked").await, listed("passed").await), (both, vec![passed]));
        assert_eq!(listed("handled").await.len(), 3);
    }

    async fn a_result_that_does_not_stand_goes_back_with_the_time_left(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let case = desk.get(&path).await.expect(200).json();
        let task = case["tasks"][0]["id"].as_str().unwrap();
        desk.post(&format!("{path}/tasks/{task}/accept"), &json!({})).await.expect(200);
        app.clock.advance(3_600_000);
        let done = json!({ "result": "solved", "public_reply": "已更换" });
        desk.post(&format!("{path}/tasks/{task}/done"), &done).await.expect(200);
        app.clock.advance(24 * 3_600_000);
        let other = app.login_as("street-desk", crate::testing::town::STREET).await;
        other.post(&format!("{path}/verify"), &json!({ "passed": false })).await.expect(400);
        let back = other.post(&format!("{path}/verify"), &json!({ "passed": false, "words": "还是不亮" })).await.expect(200).json();
        assert_eq!((back["state"].as_str(), back["light"].as_str()), (Some("in_progress"), Some("green")));
        // Tuesday eleven o'clock with seven of eight working hours left.
        assert_eq!(back["due_at"].as_str(), Some("2025-03-12T03:00:00.000Z"));
    }
}
