//! Second handling: a case that was not solved to its reporter's mind is handled again by somebody else, at most twice.

use serde_json::{Value, json};
use testkit::Engine;

use super::road::{report, send};
use crate::{
    modules::incidents::verify,
    testing::{
        Client, TestApp,
        town::{COMMUNITY, DISTRICT, HOME, STREET},
    },
};

/// Takes the open lead task on, solves it, has it verified and closed.
pub async fn solve(handler: &Client, verifier: &Client, path: &str) -> Value {
    let case = handler.get(path).await.expect(200).json();
    let open = |t: &&Value| t["role"] == "lead" && t["state"] == "offered";
    let task = case["tasks"].as_array().unwrap().iter().find(open).unwrap()["id"].as_str().unwrap().to_owned();
    handler.post(&format!("{path}/tasks/{task}/accept"), &json!({})).await.expect(200);
    let done = json!({ "result": "solved", "public_reply": "已更换灯泡" });
    handler.post(&format!("{path}/tasks/{task}/done"), &done).await.expect(200);
    verifier.post(&format!("{path}/verify"), &json!({ "passed": true })).await.expect(200);
    verifier.post(&format!("{path}/close"), &json!({})).await.expect(200).json()
}

testkit::both! {
    async fn another_person_handles_and_verifies_the_next_round(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let (first, second) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("community-desk", COMMUNITY).await);
        let (street, third) = (app.login_as("street-desk", STREET).await, app.login_as("street-desk", STREET).await);
        // A case that is not solved cannot be opened again.
        let again = json!({ "cause": "unsolved", "reason": "居民来电，晚上还是不亮" });
        first.post(&format!("{path}/reopen"), &again).await.refused(422, "not-in-this-state");
        solve(&first, &street, &path).await;

        app.clock.advance(24 * 3_600_000);
        let before = street.get(&path).await.expect(200).json();
        assert!(before["may"].as_array().unwrap().contains(&json!("reopen")));
        street.post(&format!("{path}/reopen"), &json!({ "cause": "ruling", "reason": "x" })).await.refused(422, "conference-needed");
        let opened = street.post(&format!("{path}/reopen"), &again).await.expect(200).json();
        assert_eq!((opened["state"].as_str(), opened["round"].as_i64()), (Some("accepted"), Some(2)));
        assert_eq!((&opened["result"], &opened["public_reply"]), (&Value::Null, &Value::Null));
        assert_eq!(opened["attention"], json!(["reopened"]));
        // The clock is new: eight working hours from Tuesday ten o'clock.
        assert_eq!(opened["due_at"].as_str(), Some("2025-03-12T03:00:00.000Z"));
        // The history is kept, with why and how the round before ended.
        let steps = opened["steps"].as_array().unwrap();
        let last = steps.last().unwrap();
        assert_eq!(last["details"], json!({ "kind": "reopen", "cause": "unsolved", "by": "desk", "before": "solved" }));
        assert!(steps.iter().any(|s| s["action"] == "close"));

        street.post(&format!("{path}/dispatch"), &json!({})).await.expect(200);
        let case = first.get(&path).await.expect(200).json();
        assert_eq!(case["attention"], json!([]));
        let task = case["tasks"].as_array().unwrap().iter().find(|t| t["state"] == "offered").unwrap()["id"].as_str().unwrap().to_owned();
        first.post(&format!("{path}/tasks/{task}/accept"), &json!({})).await.refused(422, "same-handler");
        second.post(&format!("{path}/tasks/{task}/accept"), &json!({})).await.expect(200);
        // Not even the last word of it.
        let done = json!({ "result": "solved", "public_reply": "已换线路" });
        first.post(&format!("{path}/tasks/{task}/done"), &done).await.refused(422, "same-handler");
        second.post(&format!("{path}/tasks/{task}/done"), &done).await.expect(200);
        // Neither who handled nor who verified the round before verifies this one, nor who handled this one.
        for (client, code) in [(&first, "former-hands"), (&street, "former-hands"), (&second, "handler-may-not-verify")] {
            client.post(&format!("{path}/verify"), &json!({ "passed": true })).await.refused(422, code);
        }
        third.post(&format!("{path}/verify"), &json!({ "passed": true })).await.expect(200);
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn at_most_twice_then_a_conference(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let (id, track) = (receipt["id"].as_str().unwrap(), receipt["track"].as_str().unwrap());
        let path = format!("/api/v1/incidents/{id}");
        let own = format!("/api/v1/reports/{track}/reopen");
        let why = json!({ "cause": "unsatisfied", "reason": "灯换了一盏，我叫王小明，电话13800138000，另一盏还是坏的" });
        for round in 1..=3 {
            app.clock.advance(60_000);
            let (handler, verifier) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("street-desk", STREET).await);
            if round > 1 {
                verifier.post(&format!("{path}/dispatch"), &json!({})).await.expect(200);
            }
            solve(&handler, &verifier, &path).await;
            let page = app.visitor().get(&format!("/api/v1/reports/{track}")).await.expect(200).json();
            assert_eq!((page["may_reopen"].as_bool(), page["round"].as_i64()), (Some(round < 3), Some(round)));
            // Each round is rated for itself.
            let rating = json!({ "contacted": true, "solved": "partly", "satisfied": "no" });
            app.visitor().post(&format!("/api/v1/reports/{track}/rating"), &rating).await.expect(200);
            if round < 3 {
                let page = app.visitor().post(&own, &why).await.expect(200);
                assert!(!page.text().contains("138"), "what is personal is not kept in the clear");
                assert_eq!(page.json()["state"].as_str(), Some("accepted"));
            }
        }
        app.visitor().post(&own, &why).await.refused(422, "reopened-twice");
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        desk.post(&format!("{path}/reopen"), &json!({ "cause": "unsolved", "reason": "还没好" })).await.refused(422, "reopened-twice");
        let case = desk.get(&path).await.expect(200).json();
        assert_eq!(case["attention"], json!(["unsatisfied"]));
        assert!(!case["may"].as_array().unwrap().contains(&json!("reopen")));
        let rounds: Vec<i64> = case["ratings"].as_array().unwrap().iter().map(|r| r["round"].as_i64().unwrap()).collect();
        assert_eq!(rounds, [1, 2, 3]);
        let rate = case["steps"].as_array().unwrap().iter().rev().find(|s| s["action"] == "rate").unwrap();
        assert!(rate["reasons"].to_string().contains("会商"));

        // Not without a conference of this round that says so; then once, and the next round asks again.
        let ruled = json!({ "cause": "ruling", "reason": "按会商意见再办一次" });
        desk.post(&format!("{path}/reopen"), &ruled).await.refused(422, "conference-needed");
        let unit = |code: &str| app.org.directory().value.unit_by_code(code).unwrap().id.to_string();
        let mut held = json!({
            "chair": "区中心", "units": [unit("990101001001"), unit("990101001002")], "minutes": "各方陈述", "decision": "再办一次",
        });
        desk.post(&format!("{path}/confer"), &held).await.expect(200);
        desk.post(&format!("{path}/reopen"), &ruled).await.refused(422, "conference-needed");
        held["allows"] = json!(["reopen"]);
        let told = desk.post(&format!("{path}/confer"), &held).await.expect(200).json();
        assert!(told["may"].as_array().unwrap().contains(&json!("reopen")), "{}", told["may"]);
        app.visitor().post(&own, &why).await.refused(422, "reopened-twice");
        desk.post(&format!("{path}/reopen"), &json!({ "cause": "unsolved", "reason": "还没好" })).await.refused(422, "reopened-twice");
        let opened = desk.post(&format!("{path}/reopen"), &ruled).await.expect(200).json();
        assert_eq!((opened["state"].as_str(), opened["round"].as_i64()), (Some("accepted"), Some(4)));
        let last = opened["steps"].as_array().unwrap().last().unwrap();
        assert_eq!((last["details"]["by"].as_str(), last["details"]["cause"].as_str()), (Some("conference"), Some("ruling")));
        desk.post(&format!("{path}/reopen"), &ruled).await.refused(422, "not-in-this-state");
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn a_conference_opens_a_closed_case_and_binds_its_lead_in_one(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let (handler, verifier) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("street-desk", STREET).await);
        solve(&handler, &verifier, &path).await;
        let unit = |code: &str| app.org.directory().value.unit_by_code(code).unwrap().id.to_string();
        let held = |lead: &str, allows: Value| json!({
            "chair": "区中心", "units": [unit("990101001001"), unit("990101001002")], "minutes": "各方陈述", "decision": "由二社区再办一次",
            "lead": unit(lead), "allows": allows,
        });
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        let before = centre.get(&path).await.expect(200).json();
        let fault = centre.post(&format!("{path}/confer"), &held("990101001002", json!(["extend"]))).await.expect(400).json();
        assert_eq!((fault["fields"][0]["field"].as_str(), fault["fields"][0]["code"].as_str()), (Some("allows"), Some("reopen-required")));
        assert_eq!(centre.get(&path).await.expect(200).json()["version"], before["version"], "nothing half saved");
        let opened = centre.post(&format!("{path}/confer"), &held("990101001002", json!(["reopen"]))).await.expect(200).json();
        assert_eq!((opened["state"].as_str(), opened["round"].as_i64()), (Some("assigned"), Some(2)));
        assert_eq!((opened["lead"]["unit"].as_str(), opened["attention"].clone()), (Some("二社区"), json!([])));
        let actions: Vec<&str> = opened["steps"].as_array().unwrap().iter().rev().take(3).map(|s| s["action"].as_str().unwrap()).collect();
        assert_eq!(actions, ["rule", "reopen", "confer"]);
        let bound = opened["tasks"].as_array().unwrap().iter().find(|t| t["state"] == "offered").unwrap();
        assert_eq!(bound["binding"], json!(true));
        // The clock is new, and what the round before left is over.
        assert_eq!(opened["due_at"].as_str(), Some("2025-03-11T03:00:00.000Z"));
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn a_whistle_summons_somebody_else_of_the_unit(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let unit = app.org.directory().value.unit_by_code("990101001001001").unwrap().id.to_string();
        let a = super::away::hire(&app, "S1", "孙明", "990101001001001", "full_time").await;
        let b = super::away::hire(&app, "S2", "周亮", "990101001001001", "full_time").await;
        let street = app.login_as("street-desk", STREET).await;
        let receipt = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let lead = |case: &Value| case["tasks"].as_array().unwrap().iter().find(|t| t["role"] == "lead" && t["state"] == "offered").unwrap().clone();
        let to_grid = json!({ "unit": unit, "reason": "由网格办理" });
        let chosen = lead(&street.post(&format!("{path}/dispatch"), &to_grid).await.expect(200).json())["person"].clone();
        let (same, other) = if chosen == "周亮" { (b, (a, "孙明")) } else { (a, (b, "周亮")) };
        assert_ne!(chosen, json!(other.1));
        let handler = app.login_with(&[("community-desk", COMMUNITY)], Some(same)).await;
        solve(&handler, &street, &path).await;
        street.post(&format!("{path}/reopen"), &json!({ "cause": "recurred", "reason": "又坏了" })).await.expect(200);
        let call = json!({ "units": [{ "unit": unit, "role": "lead" }], "words": "请到场" });
        let called = street.post(&format!("{path}/whistle"), &call).await.expect(200).json();
        let task = lead(&called);
        assert_eq!((&called["attention"], &task["person"]), (&json!([]), &json!(other.1)), "{task}");
        let task = task["id"].as_str().unwrap().to_owned();
        handler.post(&format!("{path}/tasks/{task}/report-in"), &json!({})).await.refused(422, "same-handler");
        let colleague = app.login_with(&[("community-desk", COMMUNITY)], Some(other.0)).await;
        colleague.post(&format!("{path}/tasks/{task}/report-in"), &json!({})).await.expect(200);
    }

    async fn the_same_person_only_when_there_is_nobody_else(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let district = app.login_as("system-admin", DISTRICT).await;
        let unit = app.org.directory().value.unit_by_code("990101001001").unwrap().id.to_string();
        let mut people = vec![];
        for (n, name) in ["孙明", "周亮"].iter().enumerate() {
            let body = json!({ "name": name, "staff_no": format!("S{n}") });
            let person = district.post("/api/v1/people", &body).await.expect(201).json();
            people.push(person["id"].as_str().unwrap().to_owned());
        }
        let hold = async |person: &str| {
            let post = district.post(&format!("/api/v1/units/{unit}/posts"), &json!({ "title": "社区专干", "slot": "full_time" })).await.expect(201).json();
            let post = post["id"].as_str().unwrap().to_owned();
            district.post(&format!("/api/v1/posts/{post}/assign"), &json!({ "person": person })).await.expect(200);
            post
        };
        hold(&people[0]).await;
        let other = hold(&people[1]).await;
        app.refresh().await.unwrap();
        let handler = app.login_with(&[("community-desk", COMMUNITY)], Some(people[0].parse().unwrap())).await;
        let street = app.login_as("street-desk", STREET).await;
        let receipt = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        solve(&handler, &street, &path).await;
        street.post(&format!("{path}/reopen"), &json!({ "cause": "recurred", "reason": "又坏了" })).await.expect(200);

        let same = json!({ "unit": unit, "person": people[0], "reason": "熟悉情况" });
        street.post(&format!("{path}/dispatch"), &same).await.refused(422, "same-handler");
        district.post(&format!("/api/v1/posts/{other}/vacate"), &json!({})).await.expect(200);
        app.refresh().await.unwrap();
        let sent = street.post(&format!("{path}/dispatch"), &same).await.expect(200).json();
        assert!(sent["reasons"].to_string().contains("same-handler-no-other"), "{}", sent["reasons"]);
        let task = sent["tasks"].as_array().unwrap().iter().find(|t| t["state"] == "offered").unwrap()["id"].as_str().unwrap().to_owned();
        handler.post(&format!("{path}/tasks/{task}/accept"), &json!({})).await.expect(200);
    }
}
