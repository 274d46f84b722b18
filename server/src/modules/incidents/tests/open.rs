//! What everybody may see: cases of published matters without a word, a number or a point; and the link that a reporter passes on.

use serde_json::{Value, json};
use testkit::Engine;

use super::road::{report, send};
use crate::testing::{
    TestApp,
    town::{COMMUNITY, DISTRICT, FAR, HOME},
};

/// Marks that stand in what was reported, and must stand in nothing that everybody reads.
const CANARY: &str = "梧桐金丝雀";

async fn list(app: &TestApp, query: &str) -> (String, Vec<Value>) {
    let reply = app.visitor().get(&format!("/api/v1/public/cases{query}")).await.expect(200);
    (reply.text(), reply.json()["items"].as_array().unwrap().clone())
}

testkit::both! {
    async fn only_published_matters_are_for_everybody(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let lamp = send(&app, &report(&format!("楼道灯坏了，单元楼道里的灯不亮，{CANARY}"), HOME)).await;
        // A dispute (not published), a confidential report, one that no desk took on, a call of a device, and one for somebody else.
        let mut dispute = report(&format!("多年的老问题没人管，历史遗留的产权问题，{CANARY}"), HOME);
        dispute["matter"] = json!(app.matter("历史遗留问题"));
        send(&app, &dispute).await;
        let mut secret = report("楼道灯坏了，楼梯间照明坏了晚上看不见", HOME);
        secret["confidential"] = json!(true);
        send(&app, &secret).await;
        send(&app, &report("有件事想说说", HOME)).await;
        let desk = app.login_as("community-desk", COMMUNITY).await;
        for (channel, reported_for) in [("device", false), ("visit", false), ("window", true)] {
            let body = json!({ "text": "楼道感应灯不亮，请来看看", "lon": HOME.0, "lat": HOME.1, "channel": channel, "reported_for": reported_for });
            desk.post("/api/v1/incidents", &body).await.expect(201);
        }
        app.clock.advance(1_000);
        send(&app, &report("马路路灯不亮，街上路灯坏了一排", FAR)).await;

        let (text, items) = list(&app, "").await;
        assert_eq!(items.len(), 2, "{text}");
        assert_eq!(items[1]["matter"].as_str(), Some("楼道灯坏了"));
        assert_eq!((items[1]["grid"]["code"].as_str(), items[1]["state"].as_str()), (Some("990101001001001"), Some("assigned")));
        assert_eq!(items[1]["day"].as_str(), Some("2025-03-10"));
        let code = lamp["code"].as_str().unwrap();
        for never in [CANARY, "灯不亮，", "lon", "lat", "112.9", "phone", "address", "photo", "person", "\"id\"", code, "历史遗留"] {
            assert!(!text.contains(never), "{never}: {text}");
        }
        let (_, here) = list(&app, "?grid=990101001001001").await;
        assert_eq!(here.len(), 1);
        let first = app.visitor().get("/api/v1/public/cases?limit=1").await.expect(200).json();
        let (_, second) = list(&app, &format!("?limit=1&cursor={}", first["next"].as_str().unwrap())).await;
        assert_eq!(second[0]["matter"].as_str(), Some("楼道灯坏了"));
        let grids = app.visitor().get("/api/v1/public/grids").await.expect(200).json();
        let counted: Vec<(&str, i64)> =
            grids["items"].as_array().unwrap().iter().map(|g| (g["grid"]["code"].as_str().unwrap(), g["open"].as_i64().unwrap())).collect();
        assert!(counted.len() == 2 && counted.contains(&("990101001001001", 1)), "{grids}");
        app.visitor().get("/api/v1/public/cases?grid=nowhere").await.expect(400);
        app.visitor().get("/api/v1/public/cases?limit=101").await.expect(400);
    }

    async fn a_shared_link_shows_no_words_and_ends(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report(&format!("楼道灯坏了，单元楼道里的灯不亮，{CANARY}"), HOME)).await;
        let (visitor, own) = (app.visitor(), format!("/api/v1/reports/{}", receipt["track"].as_str().unwrap()));
        visitor.post(&format!("{own}/remarks"), &json!({ "text": format!("补充{CANARY}") })).await.expect(200);
        let share = |r: &Value| format!("/api/v1/shared/{}", r["share"].as_str().unwrap());
        let made = visitor.post(&format!("{own}/share"), &json!({})).await.expect(200).json();
        app.clock.advance(60_000);
        assert_eq!(visitor.post(&format!("{own}/share"), &json!({})).await.expect(200).json(), made, "it is the same while it is shared");
        let seen = visitor.get(&share(&made)).await.expect(200);
        for never in [CANARY, "1234", "叶", "address", "text", "photos", receipt["code"].as_str().unwrap(), "remark"] {
            assert!(!seen.text().contains(never), "{never}: {}", seen.text());
        }
        assert_eq!((seen.json()["matter"].as_str(), seen.json()["state"].as_str()), (Some("楼道灯坏了"), Some("assigned")));
        // Nobody acts by it, and it opens nothing else.
        let secret = made["share"].as_str().unwrap();
        visitor.get(&format!("/api/v1/reports/{secret}")).await.expect(404);
        visitor.post(&format!("/api/v1/reports/{secret}/remarks"), &json!({ "text": "越权" })).await.expect(404);
        visitor.delete(&format!("{own}/share")).await.expect(200);
        visitor.get(&share(&made)).await.expect(404);
        let again = visitor.post(&format!("{own}/share"), &json!({})).await.expect(200).json();
        assert_ne!(again, made);
        let audit = app.login_as("audit-admin", DISTRICT).await.get("/api/v1/audit").await.expect(200).text();
        assert!(audit.contains("incident.share") && audit.contains("incident.unshare"));
    }

    async fn outside_working_hours_it_says_when_the_clock_starts(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let own = format!("/api/v1/reports/{}", receipt["track"].as_str().unwrap());
        assert!(app.visitor().get(&own).await.expect(200).json()["starts"].is_null(), "Monday at ten");
        // Monday evening: the clocks stand until Tuesday morning.
        app.clock.advance(10 * 60 * 60 * 1_000);
        let starts = app.visitor().get(&own).await.expect(200).json()["starts"].as_str().unwrap_or_default().to_owned();
        assert!(starts.starts_with("2025-03-11T0"), "{starts}");
    }
}
