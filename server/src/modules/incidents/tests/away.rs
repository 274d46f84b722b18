//! Leave hands open tasks over, and gets them back.

use serde_json::{Value, json};
use testkit::Engine;
use uuid::Uuid;

use super::road::{report, send};
use crate::{
    modules::incidents::{actions::away::sweep, verify},
    testing::{
        Client, TestApp,
        town::{COMMUNITY, DISTRICT, GRID, HOME, STREET},
    },
};

const HOUR: i64 = 60 * 60 * 1_000;
/// The grid beside the first.
const NEXT_GRID: &str = "/990101/990101001/990101001001/990101001001002/";

fn unit(app: &TestApp, code: &str) -> String {
    app.org.directory().value.unit_by_code(code).unwrap().id.to_string()
}

/// Somebody new in a post of a unit.
pub async fn hire(app: &TestApp, number: &str, name: &str, code: &str, slot: &str) -> Uuid {
    let admin = app.login_as("system-admin", DISTRICT).await;
    let person =
        admin.post("/api/v1/people", &json!({ "staff_no": number, "name": name })).await.expect(201).json()["id"].clone();
    let posts = format!("/api/v1/units/{}/posts", unit(app, code));
    let post = admin.post(&posts, &json!({ "slot": slot, "title": "岗位" })).await.expect(201).json()["id"].clone();
    let assign = format!("/api/v1/posts/{}/assign", post.as_str().unwrap());
    admin.post(&assign, &json!({ "person": person })).await.expect(200);
    person.as_str().unwrap().parse().unwrap()
}

/// A worker with a task that was taken on, and the path of its case.
async fn at_work(app: &TestApp, person: Uuid) -> (Client, String) {
    let receipt = send(app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
    let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
    let desk = app.login_as("community-desk", COMMUNITY).await;
    let body = json!({ "unit": unit(app, "990101001001001"), "person": person, "reason": "就近" });
    let case = desk.post(&format!("{path}/dispatch"), &body).await.expect(200).json();
    let offered = case["tasks"].as_array().unwrap().iter().find(|t| t["role"] == "lead" && t["state"] == "offered").unwrap();
    let worker = app.login_with(&[("grid-worker", GRID)], Some(person)).await;
    let accept = format!("{path}/tasks/{}/accept", offered["id"].as_str().unwrap());
    worker.post(&accept, &json!({})).await.expect(200);
    (worker, path)
}

/// A confirmed leave, from an hour to three hours from now.
async fn leave(app: &TestApp, person: Uuid, deputy: Option<Uuid>) -> String {
    let desk = app.login_as("street-desk", STREET).await;
    let (from, to) = (app.now().plus_millis(HOUR), app.now().plus_millis(3 * HOUR));
    let wish = json!({ "person": person, "deputy": deputy, "from": from, "to": to });
    let id = desk.post("/api/v1/leave", &wish).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    desk.post(&format!("/api/v1/leave/{id}/confirm"), &json!({})).await.expect(200);
    id
}

async fn lead(app: &TestApp, path: &str) -> (String, String) {
    let case = app.login_as("district-dispatch", DISTRICT).await.get(path).await.expect(200).json();
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    (text(&case["lead"]["unit"]), text(&case["lead"]["person"]))
}

async fn holds(client: &Client) -> usize {
    client.get("/api/v1/inbox").await.expect(200).json()["items"].as_array().unwrap().len()
}

testkit::both! {
    async fn with_both_confirmations_the_deputy_has_it_and_then_it_comes_back(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let worker = hire(&app, "3001", "甲一", "990101001001001", "full_time").await;
        let deputy = hire(&app, "3002", "乙二", "990101001001002", "full_time").await;
        let (own, path) = at_work(&app, worker).await;
        let standing_in = app.login_with(&[("grid-worker", NEXT_GRID)], Some(deputy)).await;
        let leave = leave(&app, worker, Some(deputy)).await;
        standing_in.post("/api/v1/handovers", &json!({ "leave": leave })).await.expect(404);
        let offered = own.post("/api/v1/handovers", &json!({ "leave": leave })).await.expect(201).json();
        assert_eq!((offered["tasks"].as_array().unwrap().len(), offered["deputy"].as_str()), (1, Some("乙二")));
        let confirm = format!("/api/v1/handovers/{}/confirm", offered["id"].as_str().unwrap());
        own.post(&confirm, &json!({})).await.expect(404);
        let asked = standing_in.get("/api/v1/handovers").await.expect(200).json();
        assert_eq!(asked["items"][0]["may_confirm"].as_bool(), Some(true));
        standing_in.post(&confirm, &json!({})).await.expect(200);
        standing_in.post(&confirm, &json!({})).await.refused(422, "handover-state");

        assert_eq!(sweep(&app).await.unwrap(), 0, "the leave has not begun");
        app.clock.advance(HOUR);
        assert_eq!(sweep(&app).await.unwrap(), 1);
        assert_eq!(sweep(&app).await.unwrap(), 0, "once");
        assert_eq!(lead(&app, &path).await, ("2号格".to_owned(), "乙二".to_owned()));
        assert_eq!((holds(&standing_in).await, holds(&own).await), (1, 0));
        let case = standing_in.get(&path).await.expect(200).json();
        let step = case["steps"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((step["action"].as_str(), step["details"]["to"].as_str()), (Some("hand_over"), Some("乙二")));

        app.clock.advance(2 * HOUR);
        assert_eq!(sweep(&app).await.unwrap(), 1);
        assert_eq!(sweep(&app).await.unwrap(), 0, "once");
        assert_eq!(lead(&app, &path).await, ("1号格".to_owned(), "甲一".to_owned()));
        assert_eq!((holds(&standing_in).await, holds(&own).await), (0, 1));
        let over = own.get("/api/v1/handovers").await.expect(200).json();
        assert!(over["items"][0]["ended_at"].is_string());
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn without_a_deputy_the_head_has_it(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let worker = hire(&app, "3001", "甲一", "990101001001001", "full_time").await;
        hire(&app, "3003", "丙三", "990101001001001", "head").await;
        let (own, path) = at_work(&app, worker).await;
        let leave = leave(&app, worker, None).await;
        own.post("/api/v1/handovers", &json!({ "leave": leave })).await.refused(422, "no-deputy");
        app.clock.advance(HOUR);
        assert_eq!(sweep(&app).await.unwrap(), 1);
        assert_eq!(lead(&app, &path).await, ("1号格".to_owned(), "丙三".to_owned()));
        // Back earlier than planned.
        let desk = app.login_as("street-desk", STREET).await;
        desk.post(&format!("/api/v1/leave/{leave}/end"), &json!({})).await.expect(200);
        app.clock.advance(1);
        assert_eq!(sweep(&app).await.unwrap(), 1);
        assert_eq!(lead(&app, &path).await.1, "甲一");
    }

    async fn who_handled_the_round_before_stands_in_for_nobody(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let before = hire(&app, "3001", "甲一", "990101001001001", "full_time").await;
        let now = hire(&app, "3002", "乙二", "990101001001002", "full_time").await;
        let (own, path) = at_work(&app, before).await;
        let (desk, street) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("street-desk", STREET).await);
        let lead_task = async || {
            let case = desk.get(&path).await.expect(200).json();
            let open = |t: &&Value| t["role"] == "lead" && matches!(t["state"].as_str(), Some("offered" | "accepted"));
            format!("{path}/tasks/{}", case["tasks"].as_array().unwrap().iter().find(open).unwrap()["id"].as_str().unwrap())
        };
        let done = json!({ "result": "solved", "public_reply": "已更换" });
        own.post(&format!("{}/done", lead_task().await), &done).await.expect(200);
        street.post(&format!("{path}/verify"), &json!({ "passed": true })).await.expect(200);
        street.post(&format!("{path}/reopen"), &json!({ "cause": "recurred", "reason": "又坏了" })).await.expect(200);
        let other = json!({ "unit": unit(&app, "990101001001002"), "person": now, "reason": "换人办理" });
        desk.post(&format!("{path}/dispatch"), &other).await.expect(200);
        let second = app.login_with(&[("grid-worker", NEXT_GRID)], Some(now)).await;
        second.post(&format!("{}/accept", lead_task().await), &json!({})).await.expect(200);

        let leave = leave(&app, now, Some(before)).await;
        let offered = second.post("/api/v1/handovers", &json!({ "leave": leave })).await.expect(201).json();
        own.post(&format!("/api/v1/handovers/{}/confirm", offered["id"].as_str().unwrap()), &json!({})).await.expect(200);
        app.clock.advance(HOUR);
        assert_eq!(sweep(&app).await.unwrap(), 1);
        assert_eq!(lead(&app, &path).await, ("一社区".to_owned(), String::new()), "the desk has it, not who handled it before");
        super::guards::explained(&app).await;
    }

    async fn without_anybody_the_desk_has_it_until_the_deputy_confirms(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let worker = hire(&app, "3001", "甲一", "990101001001001", "full_time").await;
        let deputy = hire(&app, "3002", "乙二", "990101001001002", "full_time").await;
        let (own, path) = at_work(&app, worker).await;
        let leave = leave(&app, worker, Some(deputy)).await;
        app.clock.advance(HOUR);
        assert_eq!(sweep(&app).await.unwrap(), 1);
        assert_eq!(lead(&app, &path).await, ("一社区".to_owned(), String::new()), "nobody is bound who did not confirm");
        app.clock.advance(HOUR);
        let offered = own.post("/api/v1/handovers", &json!({ "leave": leave })).await.expect(201).json();
        let standing_in = app.login_with(&[("grid-worker", NEXT_GRID)], Some(deputy)).await;
        let confirm = format!("/api/v1/handovers/{}/confirm", offered["id"].as_str().unwrap());
        standing_in.post(&confirm, &json!({})).await.expect(200);
        assert_eq!(sweep(&app).await.unwrap(), 1);
        assert_eq!(lead(&app, &path).await, ("2号格".to_owned(), "乙二".to_owned()));
        app.clock.advance(HOUR);
        assert_eq!(sweep(&app).await.unwrap(), 1);
        assert_eq!(lead(&app, &path).await, ("1号格".to_owned(), "甲一".to_owned()));
    }
}
