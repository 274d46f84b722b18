//! 签发: a result that the unit's chief signs.

use serde_json::{Value, json};
use testkit::Engine;

use super::road::{report, send};
use crate::{
    modules::incidents::verify,
    testing::{
        Client, TestApp,
        town::{COMMUNITY, DISTRICT, HOME, OTHER_STREET, STREET},
    },
};

/// The results of the first community are signed from now on.
async fn ask_for_signatures(app: &TestApp) {
    let setting = json!({ "value": { "units": ["990101001001"] }, "reason": "答复须经负责人签发" });
    app.login_as("system-admin", DISTRICT).await.put("/api/v1/settings/incidents.sign_off", &setting).await.expect(200);
    app.refresh().await.unwrap();
}

/// A case of the first community that this desk has taken on: its path and its task's.
pub async fn taken_on(app: &TestApp, desk: &Client) -> (String, String, Value) {
    let receipt = send(app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
    let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
    let case = desk.get(&path).await.expect(200).json();
    let task = format!("{path}/tasks/{}", case["tasks"][0]["id"].as_str().unwrap());
    desk.post(&format!("{task}/accept"), &json!({})).await.expect(200);
    (path, task, receipt)
}

fn solved() -> Value {
    json!({ "result": "solved", "public_reply": "已更换灯泡。", "note": "备件一只" })
}

testkit::both! {
    async fn a_result_that_waits_shows_what_the_clocks_show(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        ask_for_signatures(&app).await;
        let handler = app.login_as("community-desk", COMMUNITY).await;
        let (path, task, _) = taken_on(&app, &handler).await;
        handler.post(&format!("{task}/done"), &solved()).await.expect(200);
        handler.post(&format!("{path}/ask"), &json!({ "question": "几楼？" })).await.expect(200);
        app.clock.advance(3_600_000);
        let case = handler.post(&format!("{path}/resume"), &json!({})).await.expect(200).json();
        assert_eq!(case["due_at"].as_str(), Some("2025-03-11T04:00:00.000Z"));
        assert_eq!((&case["tasks"][0]["state"], &case["tasks"][0]["due_at"]), (&json!("signing"), &case["due_at"]));
    }

    async fn a_result_waits_for_the_chief_while_the_clock_goes_on(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        ask_for_signatures(&app).await;
        let handler = app.login_as("community-desk", COMMUNITY).await;
        let (path, task, receipt) = taken_on(&app, &handler).await;
        handler.post(&format!("{task}/done"), &json!({ "public_reply": "好了" })).await.expect(400);
        let waits = handler.post(&format!("{task}/done"), &solved()).await.expect(200).json();
        let states = (waits["state"].as_str(), waits["tasks"][0]["state"].as_str(), waits["light"].as_str());
        assert_eq!(states, (Some("in_progress"), Some("signing"), Some("green")));
        assert_eq!(waits["tasks"][0]["unsigned"]["reply"].as_str(), Some("已更换灯泡。"));
        let page = app.visitor().get(&format!("/api/v1/reports/{}", receipt["track"].as_str().unwrap())).await.expect(200).text();
        assert!(!page.contains("已更换灯泡"), "what is not signed is not public");

        // The handler's role does not sign, and another street's chief does not see it.
        handler.post(&format!("{task}/sign"), &json!({})).await.expect(403);
        let other = app.login_as("street-desk", OTHER_STREET).await;
        other.post(&format!("{task}/sign"), &json!({})).await.expect(404);
        assert_eq!(other.get("/api/v1/inbox").await.expect(200).json()["items"], json!([]));

        let chief = app.login_as("street-desk", STREET).await;
        let inbox = chief.get("/api/v1/inbox").await.expect(200).json();
        assert!(inbox["items"].as_array().unwrap().iter().any(|i| i["task"]["state"] == "signing"), "{inbox}");
        let seen = chief.get(&path).await.expect(200).json();
        assert!(["sign", "hand_back"].iter().all(|a| seen["may"].as_array().unwrap().contains(&json!(a))), "{}", seen["may"]);

        chief.post(&format!("{task}/hand-back"), &json!({ "words": " " })).await.expect(400);
        let back = chief.post(&format!("{task}/hand-back"), &json!({ "words": "请写明更换时间" })).await.expect(200).json();
        assert_eq!((back["tasks"][0]["state"].as_str(), &back["tasks"][0]["unsigned"]), (Some("accepted"), &Value::Null));
        let told = handler.get("/api/v1/notices").await.expect(200).json();
        assert!(told["items"].as_array().unwrap().iter().any(|n| n["kind"] == "result-handed-back"), "{told}");

        handler.post(&format!("{task}/done"), &solved()).await.expect(200);
        let signed = chief.post(&format!("{task}/sign"), &json!({})).await.expect(200).json();
        assert_eq!((signed["state"].as_str(), signed["public_reply"].as_str()), (Some("resolved"), Some("已更换灯泡。")));
        chief.post(&format!("{task}/sign"), &json!({})).await.refused(422, "not-in-this-state");
        // The handler stays the handler, whoever signed.
        handler.post(&format!("{path}/verify"), &json!({ "passed": true })).await.refused(422, "handler-may-not-verify");
        let actions: Vec<&str> = signed["steps"].as_array().unwrap().iter().filter_map(|s| s["action"].as_str()).collect();
        let tail = ["note", "submit", "hand_back", "note", "submit", "sign", "resolve"];
        assert!(actions.ends_with(&tail), "{actions:?}");
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
    }

    async fn nobody_signs_what_he_handled(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        ask_for_signatures(&app).await;
        let chief = app.login_as("street-desk", STREET).await;
        let (_, task, receipt) = taken_on(&app, &chief).await;
        let planned = json!({ "result": "planned", "public_reply": "备件到货后更换。", "planned_for": "2025-03-20T04:00:00Z" });
        let waits = chief.post(&format!("{task}/done"), &planned).await.expect(200).json();
        let said = json!({ "kind": "planned", "words": "备件到货后更换。", "by": "2025-03-20" });
        assert_eq!(waits["tasks"][0]["unsigned"]["spoken"], said);
        assert!(!waits["may"].as_array().unwrap().contains(&json!("sign")));
        chief.post(&format!("{task}/sign"), &json!({})).await.refused(422, "handler-may-not-sign");
        let another = app.login_as("street-desk", STREET).await;
        let signed = another.post(&format!("{task}/sign"), &json!({})).await.expect(200).json();
        // What the program adds to the reply can be said in another language wherever the reply stands.
        assert_eq!(signed["public_reply"].as_str(), Some("备件到货后更换。（计划于 2025-03-20 前完成）"));
        assert_eq!([&signed["reply_spoken"], &signed["tasks"][0]["spoken"]], [&said, &said]);
        let page = app.visitor().get(&format!("/api/v1/reports/{}", receipt["track"].as_str().unwrap())).await.expect(200).json();
        assert_eq!(page["reply_spoken"], said);
    }
}
