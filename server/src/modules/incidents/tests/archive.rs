//! 归档 and the dossier of one case.

use axum::http::Method;
use serde_json::{Value, json};
use testkit::Engine;

use super::{road::report, sign::taken_on};
use crate::{
    modules::incidents::{actions::put_away, verify},
    testing::{
        Client, TestApp,
        town::{COMMUNITY, DISTRICT, HOME, OTHER_STREET},
    },
};

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// A picture as a phone sends one.
pub async fn photo(client: &Client) -> Value {
    let mut bytes = std::io::Cursor::new(vec![]);
    image::RgbImage::new(16, 16).write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    let body = bytes.into_inner().into();
    client.send(Method::POST, "/api/v1/photos", Some(body), &[("content-type", "image/jpeg")]).await.expect(201).json()["id"]
        .clone()
}

/// A closed case: its path and the reporter's link.
async fn closed(app: &TestApp) -> (Client, String, String) {
    let desk = app.login_as("community-desk", COMMUNITY).await;
    let (path, task, receipt) = taken_on(app, &desk).await;
    let done = json!({ "result": "solved", "public_reply": "换好了<b>灯泡</b>", "photo_ids": [photo(&desk).await] });
    desk.post(&format!("{task}/done"), &done).await.expect(200);
    let colleague = app.login_as("community-desk", COMMUNITY).await;
    colleague.post(&format!("{path}/verify"), &json!({ "passed": true })).await.expect(200);
    colleague.post(&format!("{path}/close"), &json!({})).await.expect(200);
    (colleague, path, format!("/api/v1/reports/{}", receipt["track"].as_str().unwrap()))
}

testkit::both! {
    async fn a_closed_case_is_archived_once_and_can_only_be_read(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (desk, path, track) = closed(&app).await;
        app.clock.advance(30 * DAY - 1);
        assert_eq!(put_away(&app).await.unwrap(), 0, "a moment too early");
        app.clock.advance(1);
        assert_eq!(put_away(&app).await.unwrap(), 1);
        assert_eq!(put_away(&app).await.unwrap(), 0, "once");
        let case = desk.get(&path).await.expect(200).json();
        assert_eq!(case["state"].as_str(), Some("archived"));
        let steps = case["steps"].as_array().unwrap();
        assert_eq!(steps.iter().filter(|s| s["action"] == "archive").count(), 1);
        assert_eq!(steps.last().unwrap()["actor"].as_str(), Some(""), "the system did it");

        for (command, body) in [
            ("note", json!({ "text": "再看看" })),
            ("callback", json!({ "outcome": "no_answer" })),
            ("close", json!({})),
            ("archive", json!({})),
            ("accept", json!({})),
        ] {
            desk.post(&format!("{path}/{command}"), &body).await.refused(422, "not-in-this-state");
        }
        let visitor = app.visitor();
        visitor.post(&format!("{track}/remarks"), &json!({ "text": "又坏了" })).await.refused(422, "not-in-this-state");
        let rating = json!({ "contacted": true, "solved": "yes", "satisfied": "yes" });
        visitor.post(&format!("{track}/rating"), &rating).await.expect(422);
        visitor.get(&track).await.expect(200);
        assert_eq!(desk.get(&path).await.json()["version"], case["version"], "nothing was written");
        assert_eq!(verify::clocks(&app).await.unwrap().differences, 0);
        super::guards::explained(&app).await;
    }

    async fn a_district_sets_the_days_and_a_desk_needs_not_wait(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (desk, by_hand, _) = closed(&app).await;
        let (_, by_time, _) = closed(&app).await;
        let done = desk.post(&format!("{by_hand}/archive"), &json!({})).await.expect(200).json();
        assert_eq!(done["state"].as_str(), Some("archived"));
        app.login_as("community-desk", OTHER_STREET).await.post(&format!("{by_time}/archive"), &json!({})).await.expect(404);
        let admin = app.login_as("system-admin", DISTRICT).await;
        let set = |days: i64| json!({ "value": { "days": days }, "reason": "档案管理要求" });
        admin.put("/api/v1/settings/incidents.archive", &set(0)).await.expect(400);
        admin.put("/api/v1/settings/incidents.archive", &set(7)).await.expect(200);
        app.refresh().await.unwrap();
        app.clock.advance(7 * DAY);
        assert_eq!(put_away(&app).await.unwrap(), 1);
    }

    async fn a_dossier_holds_the_case_and_gives_nobody_away(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (desk, path, _) = closed(&app).await;
        let case = desk.get(&path).await.expect(200).json();
        let reply = desk.get(&format!("{path}/dossier")).await.expect(200);
        let (page, header) = (reply.text(), |name: &str| reply.headers[name].to_str().unwrap().to_owned());
        for part in [case["code"].as_str().unwrap(), "叶*秋 140****1234", "楼道灯不亮", "主办", "接单", "核实通过", "0001　调阅时间：2025-03-10 10:00"] {
            assert!(page.contains(part), "{part} is missing: {page}");
        }
        // An English reader has it in English, but for names and what people wrote.
        let english = desk.get(&format!("{path}/dossier?lang=en")).await.expect(200).text();
        let said = ["<html lang=\"en\">", "<h1>Dossier C", "Recognised as “Stairwell lamp out”", "<th>Matter</th><td>Stairwell lamp out</td>",
            "In charge: ", "<td>Grassroots’ own duty, ", "<td>Verified</td>", "Time to accept started, due 2025-03-10 ", ". At: 2025-03-10 10:00. For official use only", "换好了&lt;b&gt;灯泡"];
        for part in said {
            assert!(english.contains(part), "{part} is missing: {english}");
        }
        for never in ["办理过程", "状态", "识别为", "主办", "到期", "接单", "调阅", "楼道灯不亮", "：", "；"] {
            assert!(!english.contains(never), "{never}: {english}");
        }
        desk.get(&format!("{path}/dossier?lang=fr")).await.expect(400);
        // The picture is named by its hash, and what somebody wrote is no markup.
        let hash = page.split("SHA-256 ").nth(1).unwrap();
        assert!(hash[..64].bytes().all(|b| b.is_ascii_hexdigit()), "{hash}");
        assert!(page.contains(&format!("src=\"{path}/photos/")) && page.contains("换好了&lt;b&gt;灯泡"));
        for never in ["140-0000-1234", "叶知秋", "<script", "<b>", "http:", "https:"] {
            assert!(!page.contains(never), "{never}");
        }
        assert!(header("content-security-policy").starts_with("default-src 'none';"));
        assert_eq!(header("content-type"), "text/html; charset=utf-8");

        let audit = app.login_as("audit-admin", DISTRICT).await.get("/api/v1/audit?limit=50").await.expect(200).json();
        let rows: Vec<&Value> = audit["items"].as_array().unwrap().iter().filter(|r| r["action"] == "incident.dossier").collect();
        assert_eq!(rows.len(), 2);
        let other = app.login_as("community-desk", OTHER_STREET).await;
        other.get(&format!("{path}/dossier")).await.expect(404);
        assert_eq!(report("灯", HOME)["name"].as_str(), Some("叶知秋"), "the name that is looked for");
    }
}
