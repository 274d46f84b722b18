//! A partner unit does its task by a link.

use serde_json::{Value, json};
use testkit::Engine;

use super::road::{report, send};
use crate::testing::{
    Client, TestApp,
    town::{COMMUNITY, DISTRICT, HOME, OTHER_STREET},
};

const DAY: i64 = 24 * 60 * 60 * 1_000;
const KEY: &str = "6f2b1a7e-1f7e-4a3e-9c1d-0d6a5f3b2c17";

/// A case whose lead has taken on and whose helper is a partner unit: the desk, the reporter's link, the lead's and the helper's task.
async fn helped(app: &TestApp) -> (Client, Value, String, String) {
    let receipt = send(app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
    let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
    let desk = app.login_as("community-desk", COMMUNITY).await;
    let case = desk.get(&path).await.expect(200).json();
    let task = |unit: &str| {
        let all = case["tasks"].as_array().unwrap();
        let one = all.iter().find(|t| t["unit"]["name"] == unit).unwrap_or_else(|| panic!("{unit}: {all:?}"));
        format!("{path}/tasks/{}", one["id"].as_str().unwrap())
    };
    let (lead, helper) = (task("一社区"), task("一号物业"));
    desk.post(&format!("{lead}/accept"), &json!({})).await.expect(200);
    (desk, receipt, lead, helper)
}

async fn link(desk: &Client, task: &str, body: &Value) -> String {
    let made = desk.post(&format!("{task}/link"), body).await.expect(201).json();
    let secret = made["secret"].as_str().unwrap();
    assert_eq!(made["path"].as_str(), Some(format!("/m/t/{secret}").as_str()));
    format!("/api/v1/partner/{secret}")
}

testkit::both! {
    async fn whoever_holds_the_link_does_that_task_and_sees_no_reporter(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (desk, receipt, lead, helper) = helped(&app).await;
        desk.post(&format!("{lead}/link"), &json!({})).await.refused(422, "not-by-link");
        app.login_as("community-desk", OTHER_STREET).await.post(&format!("{helper}/link"), &json!({})).await.expect(404);
        desk.post(&format!("{helper}/link"), &json!({ "days": 15 })).await.expect(400);

        let page = link(&desk, &helper, &json!({})).await;
        let holder = app.visitor();
        let seen = holder.get(&page).await.expect(200);
        let (text, seen) = (seen.text(), seen.json());
        assert_eq!((seen["unit"].as_str(), &seen["may"]), (Some("一号物业"), &json!(["accept"])));
        assert_eq!(seen["grid"]["code"].as_str(), Some("990101001001001"));
        for never in ["1234", "叶", "address", "reporter", "lon"] {
            assert!(!text.contains(never), "{never}: {text}");
        }
        holder.post(&format!("{page}/done"), &json!({ "note": "好了" })).await.refused(422, "not-in-this-state");
        let taken = holder.post(&format!("{page}/accept"), &json!({})).await.expect(200).json();
        assert_eq!((taken["state"].as_str(), &taken["may"]), (Some("accepted"), &json!(["done", "note"])));
        holder.post(&format!("{page}/note"), &json!({ "text": "已到现场", "public": true })).await.expect(200);
        let done = holder.post_keyed(&format!("{page}/done"), &json!({ "note": "线路已修" }), KEY).await.expect(200).json();
        assert_eq!((done["state"].as_str(), &done["may"]), (Some("done"), &json!([])));

        let links = desk.get(&format!("{helper}/links")).await.expect(200).json();
        assert_eq!((links["items"][0]["state"].as_str(), links["items"][0]["acted_at"].is_string()), (Some("used"), true));
        // The link ends with its task; only the answer that was given is given again.
        holder.get(&page).await.expect(404);
        holder.post(&format!("{page}/note"), &json!({ "text": "还有" })).await.expect(404);
        let again = holder.post_keyed(&format!("{page}/done"), &json!({ "note": "线路已修" }), KEY).await.expect(200).json();
        assert_eq!(again, done);

        let case = desk.get(lead.split("/tasks/").next().unwrap()).await.expect(200).json();
        let by_link = case["steps"].as_array().unwrap().iter().filter(|s| s["actor"] == "一号物业").count();
        assert_eq!(by_link, 3, "{}", case["steps"]);
        let track = app.visitor().get(&format!("/api/v1/reports/{}", receipt["track"].as_str().unwrap())).await.expect(200).text();
        assert!(!track.contains("已到现场"), "what the partner notes is the desk's to tell");
        let audit = app.login_as("audit-admin", DISTRICT).await.get("/api/v1/audit?limit=100").await.expect(200).text();
        assert!(audit.contains("\"link\"") && audit.contains("task.link"), "{audit}");
    }

    async fn a_link_ends_when_it_is_revoked_replaced_or_over(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (desk, _, _, helper) = helped(&app).await;
        let visitor = app.visitor();
        let first = link(&desk, &helper, &json!({})).await;
        app.clock.advance(1);
        let second = link(&desk, &helper, &json!({ "days": 1 })).await;
        visitor.get(&first).await.expect(404);
        visitor.get(&second).await.expect(200);
        app.clock.advance(DAY - 1);
        visitor.get(&second).await.expect(200);
        app.clock.advance(1);
        visitor.get(&second).await.expect(404);
        let third = link(&desk, &helper, &json!({})).await;
        // The desk sees what became of each, and when it was last opened; never a secret.
        let links = async || desk.get(&format!("{helper}/links")).await.expect(200).json()["items"].clone();
        let states = async || links().await.as_array().unwrap().iter().map(|l| l["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        let seen = links().await;
        assert_eq!(states().await, ["valid", "expired", "revoked"]);
        assert_eq!((&seen[0]["opened_at"], &seen[2]["opened_at"], seen[1]["opened_at"].is_string()), (&Value::Null, &Value::Null, true));
        app.login_as("community-desk", OTHER_STREET).await.get(&format!("{helper}/links")).await.expect(404);
        visitor.get(&third).await.expect(200);
        assert_eq!(links().await[0]["opened_at"], json!(app.now()));
        assert!(!links().await.to_string().contains(third.rsplit('/').next().unwrap()));
        let opened = app.now();
        app.clock.advance(60_000);
        visitor.get(&third).await.expect(200);
        assert_eq!(links().await[0]["opened_at"], json!(opened), "a second look within five minutes is the same");
        desk.post(&format!("{helper}/link/revoke"), &json!({})).await.expect(200);
        assert_eq!(states().await, ["revoked", "expired", "revoked"]);
        visitor.get(&third).await.expect(404);
        visitor.post(&format!("{third}/accept"), &json!({})).await.expect(404);
        visitor.get("/api/v1/partner/guessed").await.expect(404);
    }
}
