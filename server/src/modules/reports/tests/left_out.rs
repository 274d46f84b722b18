//! Cases that a rate leaves out: with a reason, by somebody else's decision, printed beside.

use serde_json::{Value, json};
use testkit::Engine;

use super::{
    rates::{MARCH, length, of, rate},
    seed::{Seed, plant},
};
use crate::{
    modules::reports::model::Rate,
    testing::{
        Client, TestApp,
        town::{DISTRICT, GRID, OTHER_STREET, STREET},
    },
};

async fn total(client: &Client) -> Value {
    client.get(&format!("/api/v1/reports/rates?{MARCH}")).await.expect(200).json()["total"].clone()
}

testkit::both! {
    async fn nobody_approves_his_own_wish(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let at = app.now().plus_minutes(-60);
        let late = Some((at.plus_minutes(1), Some(at.plus_minutes(30))));
        let ids = plant(&app, &[
            Seed { answer: Some(("yes", "yes")), ..Seed::closed(at, GRID) },
            Seed { answer: Some(("no", "no")), contact: late, ..Seed::closed(at, GRID) },
        ]).await;
        let (asker, other) = (app.login_as("supervisor", DISTRICT).await, app.login_as("supervisor", DISTRICT).await);
        let wish = |rate: &str| json!({ "incident": ids[1], "rate": rate, "reason": "反映人王小明13800138000要求超出政策，已书面说明" });
        asker.post("/api/v1/reports/exclusions", &wish("closed")).await.expect(400);
        app.login_as("street-desk", OTHER_STREET).await.post("/api/v1/reports/exclusions", &wish("solved")).await.expect(404);
        let asked = asker.post("/api/v1/reports/exclusions", &wish("solved")).await.expect(201).json();
        assert!(!asked.to_string().contains("138"), "a reason is kept without personal data");
        asker.post("/api/v1/reports/exclusions", &wish("solved")).await.refused(422, "excluded-already");
        // It counts until somebody else approves.
        assert_eq!(of(&total(&asker).await, Rate::Solved), (1, 2));
        let decide = format!("/api/v1/reports/exclusions/{}/decide", asked["id"].as_str().unwrap());
        let yes = json!({ "approved": true, "words": "情况属实" });
        asker.post(&decide, &yes).await.refused(422, "approve-own");
        other.post(&decide, &json!({ "approved": true, "words": "" })).await.expect(400);
        other.post(&decide, &yes).await.expect(200);
        other.post(&decide, &yes).await.refused(422, "decided-already");
        let line = total(&other).await;
        assert_eq!((of(&line, Rate::Solved), rate(&line, Rate::Solved)["excluded"].as_i64()), ((1, 1), Some(1)));
        assert_eq!((of(&line, Rate::Satisfied), rate(&line, Rate::Satisfied)["excluded"].as_i64()), ((1, 2), Some(0)), "only the rate that was asked for");

        // The lists leave out what the rate leaves out, and what was left out has a list of its own.
        let solved = rate(&line, Rate::Solved);
        for (list, n) in [("numerator_cases", 1), ("denominator_cases", 1), ("excluded_cases", 1)] {
            assert_eq!(length(&other, solved[list].as_str().unwrap()).await, n, "{list}");
        }
        assert_eq!(length(&other, rate(&line, Rate::Satisfied)["denominator_cases"].as_str().unwrap()).await, 2);

        // A refused wish counts on, and can be asked for again.
        let again = asker.post("/api/v1/reports/exclusions", &wish("response")).await.expect(201).json();
        let decide = format!("/api/v1/reports/exclusions/{}/decide", again["id"].as_str().unwrap());
        other.post(&decide, &json!({ "approved": false, "words": "不属实" })).await.expect(200);
        assert_eq!(of(&total(&asker).await, Rate::Response), (0, 1));
        let third = asker.post("/api/v1/reports/exclusions", &wish("response")).await.expect(201).json();
        let decide = format!("/api/v1/reports/exclusions/{}/decide", third["id"].as_str().unwrap());
        other.post(&decide, &yes).await.expect(200);
        assert_eq!(of(&total(&asker).await, Rate::Response), (0, 0));

        let list = async |client: &Client, more: &str| {
            client.get(&format!("/api/v1/reports/exclusions{more}")).await.expect(200).json()["items"].as_array().unwrap().len()
        };
        assert_eq!((list(&asker, "").await, list(&asker, "?open=true").await, list(&asker, "?open=false").await), (3, 0, 3));
        assert_eq!(list(&app.login_as("street-desk", STREET).await, "").await, 3);
        assert_eq!(list(&app.login_as("street-desk", OTHER_STREET).await, "").await, 0);
        let page = asker.get("/api/v1/reports/exclusions?limit=2").await.expect(200).json();
        let rest = list(&asker, &format!("?limit=2&cursor={}", page["next"].as_str().unwrap())).await;
        assert_eq!((page["items"].as_array().unwrap().len(), rest), (2, 1));
    }
}
