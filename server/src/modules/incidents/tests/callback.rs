//! The queue of calls: who is rung, when, by whom, and what the answers lead to.

use serde_json::{Value, json};
use testkit::Engine;

use super::{
    road::{report, send},
    second::solve,
};
use crate::testing::{
    Client, TestApp,
    town::{COMMUNITY, DISTRICT, HOME, SIBLING, STREET},
};

const HOUR: i64 = 3_600_000;

async fn solved(app: &TestApp, body: &Value) -> (String, String) {
    let receipt = send(app, body).await;
    let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
    let (handler, verifier) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("street-desk", STREET).await);
    solve(&handler, &verifier, &path).await;
    (receipt["id"].as_str().unwrap().to_owned(), receipt["track"].as_str().unwrap().to_owned())
}

async fn waiting(client: &Client) -> Vec<String> {
    let page = client.get("/api/v1/callbacks").await.expect(200).json();
    page["items"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap().to_owned()).collect()
}

fn lamp() -> Value {
    report("楼道灯坏了，单元楼道里的灯不亮", HOME)
}

fn without_phone() -> Value {
    let mut body = lamp();
    body["phone"] = Value::Null;
    body
}

testkit::both! {
    async fn three_attempts_at_different_hours_and_then_no_more(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (id, _) = solved(&app, &lamp()).await;
        solved(&app, &without_phone()).await;
        let caller = app.login_as("call-back", DISTRICT).await;
        assert_eq!(waiting(&caller).await, std::slice::from_ref(&id), "only who left a phone");
        let reply = caller.get("/api/v1/callbacks").await.expect(200);
        assert!(reply.statements() <= 3, "{} statements", reply.statements());
        assert!(!reply.text().contains("1234"), "the queue shows no number");
        // Somebody else's street does not see it.
        assert!(waiting(&app.login_as("community-desk", SIBLING).await).await.is_empty());
        caller.post(&format!("/api/v1/callbacks/{id}/dial"), &json!({ "purpose": "回访" })).await.refused(422, "claim-first");

        let attempt = format!("/api/v1/incidents/{id}/callback");
        let missed = json!({ "outcome": "no_answer" });
        let next = async || caller.get("/api/v1/callbacks").await.expect(200).json()["items"][0]["next_from"].clone();
        assert_eq!(next().await, Value::Null);
        // Monday 10:00, 16:00 after four working hours with the noon's rest, and Tuesday.
        let froms = ["2025-03-10T08:00:00.000Z", "2025-03-11T03:00:00.000Z"];
        for (n, hours) in [0, 6, 19].into_iter().enumerate() {
            app.clock.advance(hours * HOUR);
            let claimed = caller.post(&format!("/api/v1/callbacks/{id}/claim"), &json!({})).await.expect(200).json();
            assert_eq!(claimed["attempts"].as_u64(), Some(n as u64));
            let shown = caller.post(&format!("/api/v1/callbacks/{id}/dial"), &json!({ "purpose": "回访" })).await.expect(200).json();
            assert_eq!(shown["value"].as_str(), Some("140-0000-1234"));
            caller.post(&attempt, &missed).await.expect(200);
            if n < 2 {
                assert_eq!(next().await, json!(froms[n]), "the queue says from when");
                let early = caller.post(&format!("/api/v1/callbacks/{id}/claim"), &json!({})).await;
                early.refused(422, "called-lately");
                assert_eq!(early.json()["params"]["from"], json!(["2025-03-10 16:00", "2025-03-11 11:00"][n]));
                app.clock.advance(HOUR * [3, 1][n]);
                caller.post(&attempt, &missed).await.refused(422, "called-lately");
                app.clock.advance(-HOUR * [3, 1][n]);
            }
        }
        assert!(waiting(&caller).await.is_empty(), "three attempts close the entry");
        app.clock.advance(24 * HOUR);
        caller.post(&attempt, &missed).await.refused(422, "attempts-used");
        caller.post(&format!("/api/v1/callbacks/{id}/claim"), &json!({})).await.refused(422, "not-to-be-called");
        // A reporter who rings back by himself is heard all the same.
        let answer = json!({ "outcome": "reached", "contacted": true, "solved": "yes", "satisfied": "none" });
        let case = caller.post(&attempt, &answer).await.expect(200).json();
        assert_eq!((case["state"].as_str(), case["ratings"].as_array().unwrap().len()), (Some("closed"), 4));
    }

    async fn two_callers_do_not_ring_the_same_person(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (id, _) = solved(&app, &lamp()).await;
        let (one, two) = (app.login_as("call-back", DISTRICT).await, app.login_as("call-back", DISTRICT).await);
        let claim = format!("/api/v1/callbacks/{id}/claim");
        let body = json!({});
        let (a, b) = tokio::join!(one.post(&claim, &body), two.post(&claim, &body));
        let won: Vec<u16> = vec![a.status.as_u16(), b.status.as_u16()];
        assert!(won.contains(&200) && won.contains(&422), "{won:?}");
        let (holder, late) = if a.status == 200 { (&one, &two) } else { (&two, &one) };
        late.post(&claim, &json!({})).await.refused(422, "called-by-other");
        late.post(&format!("/api/v1/callbacks/{id}/dial"), &json!({ "purpose": "回访" })).await.refused(422, "called-by-other");
        late.post(&format!("/api/v1/incidents/{id}/callback"), &json!({ "outcome": "no_answer" })).await.refused(422, "called-by-other");
        let page = late.get("/api/v1/callbacks").await.expect(200).json();
        assert!(page["items"][0]["taken_until"].is_string() && page["items"][0]["mine_until"].is_null());
        // A claim ends by itself, or is put back.
        app.clock.advance(16 * 60_000);
        late.post(&claim, &json!({})).await.expect(200);
        holder.post(&format!("/api/v1/callbacks/{id}/release"), &json!({})).await.refused(422, "called-by-other");
        late.post(&format!("/api/v1/callbacks/{id}/release"), &json!({})).await.expect(200);
        holder.post(&claim, &json!({})).await.expect(200);
    }

    async fn an_answer_opens_the_case_again_by_rule(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (id, _) = solved(&app, &lamp()).await;
        let caller = app.login_as("call-back", DISTRICT).await;
        let path = format!("/api/v1/incidents/{id}");
        for round in 1..=3 {
            if round > 1 {
                let (handler, verifier) =
                    (app.login_as("community-desk", COMMUNITY).await, app.login_as("street-desk", STREET).await);
                verifier.post(&format!("{path}/dispatch"), &json!({})).await.expect(200);
                solve(&handler, &verifier, &path).await;
            }
            assert_eq!(waiting(&caller).await.len(), 1, "each round is asked about, round {round}");
            let answer = json!({ "outcome": "reached", "contacted": true, "solved": "no", "satisfied": "mostly", "reason": "没修好" });
            let case = caller.post(&format!("{path}/callback"), &answer).await.expect(200).json();
            let last = case["steps"].as_array().unwrap().last().unwrap();
            if round < 3 {
                assert_eq!((case["state"].as_str(), case["round"].as_i64()), (Some("accepted"), Some(round + 1)));
                assert_eq!((last["details"]["by"].as_str(), last["details"]["cause"].as_str()), (Some("callback"), Some("unsolved")));
            } else {
                assert_eq!((case["state"].as_str(), case["attention"][0].as_str()), (Some("closed"), Some("unsatisfied")));
                assert!(last["reasons"].to_string().contains("会商"));
            }
            assert!(waiting(&caller).await.is_empty());
        }
    }

    async fn an_own_rating_and_a_return_remove_the_entry(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (_, track) = solved(&app, &lamp()).await;
        let caller = app.login_as("call-back", DISTRICT).await;
        assert_eq!(waiting(&caller).await.len(), 1);
        let rating = json!({ "contacted": true, "solved": "yes", "satisfied": "yes" });
        app.visitor().post(&format!("/api/v1/reports/{track}/rating"), &rating).await.expect(200);
        assert!(waiting(&caller).await.is_empty());
    }

    async fn a_sample_is_a_setting_and_the_script_is_data(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let caller = app.login_as("call-back", DISTRICT).await;
        let script = caller.get("/api/v1/callbacks/script").await.expect(200).json();
        let keys: Vec<&str> = script["questions"].as_array().unwrap().iter().map(|q| q["key"].as_str().unwrap()).collect();
        assert_eq!(keys, ["contacted", "solved", "satisfied"]);
        let mut practice = serde_json::to_value(crate::modules::incidents::rules::callback::Practice::default()).unwrap();
        (practice["percent"], practice["script"]["questions"][0]["zh"]) = (json!(0), json!("有人给您回话吗？"));
        let admin = app.login_as("system-admin", DISTRICT).await;
        let body = json!({ "value": practice, "reason": "先不回访" });
        admin.put("/api/v1/settings/callback", &body).await.expect(200);
        app.refresh().await.unwrap();
        solved(&app, &lamp()).await;
        assert!(waiting(&caller).await.is_empty(), "nobody is drawn of nought per cent");
        let script = caller.get("/api/v1/callbacks/script").await.expect(200).json();
        assert_eq!(script["questions"][0]["zh"].as_str(), Some("有人给您回话吗？"));
    }

    async fn a_confidential_number_is_kept_from_who_handled_it(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let mut body = lamp();
        body["confidential"] = json!(true);
        let (id, _) = solved(&app, &body).await;
        let dial = format!("/api/v1/callbacks/{id}/dial");
        let purpose = json!({ "purpose": "回访" });
        let desk = app.login_as("community-desk", COMMUNITY).await;
        desk.post(&format!("/api/v1/callbacks/{id}/claim"), &json!({})).await.expect(200);
        desk.post(&dial, &purpose).await.expect(403);
        desk.post(&format!("/api/v1/callbacks/{id}/release"), &json!({})).await.expect(200);
        let caller = app.login_as("call-back", DISTRICT).await;
        caller.post(&format!("/api/v1/callbacks/{id}/claim"), &json!({})).await.expect(200);
        caller.post(&dial, &json!({ "purpose": "" })).await.refused(422, "purpose-required");
        assert_eq!(caller.post(&dial, &purpose).await.expect(200).json()["value"].as_str(), Some("140-0000-1234"));
        let audit = app.login_as("audit-admin", DISTRICT).await.get("/api/v1/audit?limit=50").await.expect(200).json();
        let has = |action: &str| audit["items"].as_array().unwrap().iter().any(|r| r["action"] == action);
        assert!(has("private.reveal") && has("private.reveal.denied") && has("callback.claim"));
    }
}
