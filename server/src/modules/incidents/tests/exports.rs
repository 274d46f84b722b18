//! Lists that are taken along: what stands in the file, for whom, and what the record says of it.

use serde_json::{Value, json};
use testkit::Engine;

use super::{
    road::{report, send},
    whistle::{hole, unit},
};
use crate::testing::{
    Client, TestApp,
    town::{COMMUNITY, DISTRICT, HOME, OTHER_STREET, STREET},
};

const LAMP: &str = "楼道灯坏了，单元楼道里的灯不亮";
/// What somebody writes who does not think of it.
const TELLING: &str = "=请联系13987654321";
/// What is left of it in a table: redacted, and no formula.
const MARK: &str = "13987654321";

/// The lines of a list as a table, without its header; the last one says who took it.
async fn lines(client: &Client, list: &str) -> Vec<csv::StringRecord> {
    let text = client.get(&format!("/api/v1/{list}")).await.expect(200).text();
    assert!(!text.contains(MARK) && !text.contains(",=") && !text.starts_with('='), "{text}");
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    reader.records().map(Result::unwrap).collect()
}

/// An objection, a wish for more time and a whistle, in the first street.
async fn happenings(app: &TestApp) {
    let desk = app.login_as("community-desk", COMMUNITY).await;
    let case = async || {
        let receipt = send(app, &report(LAMP, HOME)).await;
        format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap())
    };
    let objected = case().await;
    desk.post(&format!("{objected}/object"), &json!({ "reason": TELLING, "basis": "职责清单" })).await.expect(200);
    let slow = case().await;
    let task = desk.get(&slow).await.expect(200).json()["tasks"][0]["id"].as_str().unwrap().to_owned();
    desk.post(&format!("{slow}/tasks/{task}/accept"), &json!({})).await.expect(200);
    let wish = json!({ "by": { "n": 1, "unit": "working_day" }, "reason": TELLING });
    desk.post(&format!("{slow}/tasks/{task}/extend"), &wish).await.expect(200);
    let street = app.login_as("street-desk", STREET).await;
    let units = json!([{ "unit": unit(app, "D-ROADS"), "role": "lead" }, { "unit": unit(app, "D-FIRE"), "role": "helper" }]);
    let whistle = json!({ "units": units, "words": TELLING });
    street.post(&format!("{}/whistle", hole(app).await), &whistle).await.expect(200);
}

testkit::both! {
    async fn boards_are_taken_along_as_they_are_seen(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        happenings(&app).await;
        let (street, other) = (app.login_as("street-desk", STREET).await, app.login_as("street-desk", OTHER_STREET).await);
        let leader = app.login_as("street-leader", STREET).await;
        // The list, its action in the record, and how many lines a street has of it: a whistle has one for each unit.
        for (list, action, expected) in
            [("objections", "objection.export", 1), ("extensions", "extension.export", 1), ("whistles", "whistle.export", 2)]
        {
            let path = format!("{list}/export");
            let file = lines(&street, &path).await;
            assert_eq!(file.len(), expected + 1, "{list}: {file:?}");
            let listed = street.get(&format!("/api/v1/{list}")).await.expect(200).json();
            assert!(file[..expected].iter().all(|l| l[0] == *listed["items"][0]["code"].as_str().unwrap()), "{list}: {file:?}");
            assert!(file[expected][0].starts_with("导出：street-desk"), "{list}: {file:?}");
            // The same in its reader's language: columns, states and times, and who took it.
            let english = street.get(&format!("/api/v1/{path}?lang=en")).await.expect(200).text();
            let (head, rest) = english.split_once('\n').unwrap();
            assert!(head.starts_with("\u{feff}Case,Title,"), "{head}");
            assert!(!head.chars().any(|c| c > '\u{2e80}' && c != '\u{feff}'), "{list}: {head}");
            let part = match list {
                "objections" => ",Objection,Waiting for a ruling,Green,",
                "extensions" => ",Waits for a decision,",
                _ => ",Called,",
            };
            assert!(rest.contains(part) && rest.contains("Exported by: street-desk"), "{list}: {english}");
            let chinese = street.get(&format!("/api/v1/{path}?lang=zh")).await.expect(200).text();
            let part = if list == "extensions" { "1工作日" } else { "2025-03-10 1" };
            assert!(chinese.starts_with("\u{feff}案件编号,标题,") && chinese.contains(part), "{list}: {chinese}");
            street.get(&format!("/api/v1/{path}?lang=fr")).await.expect(400);
            let narrowed = if list == "whistles" { "state=closed" } else if list == "objections" { "state=upheld" } else { "state=granted" };
            assert_eq!(lines(&street, &format!("{path}?{narrowed}")).await.len(), 1, "{list}");
            assert_eq!(lines(&other, &path).await.len(), 1, "{list}: another street has nothing of it");
            let book = street.get(&format!("/api/v1/{path}?format=xlsx")).await.expect(200).body;
            assert_eq!(crate::table::Table::read(book).unwrap().count(), expected + 1, "{list}");
            street.get(&format!("/api/v1/{path}?format=pdf")).await.expect(400);
            street.get(&format!("/api/v1/{path}?state=sleeping")).await.expect(400);
            leader.get(&format!("/api/v1/{path}")).await.expect(403);
            let audit = app.login_as("audit-admin", DISTRICT).await.get(&format!("/api/v1/audit?action={action}")).await.expect(200).json();
            let rows: Vec<&str> = audit["items"].as_array().unwrap().iter().filter_map(|r| r["details"].as_str()).collect();
            let counts: Vec<Value> = rows.iter().map(|r| serde_json::from_str::<Value>(r).unwrap()["count"].clone()).collect();
            let whole = counts.iter().filter(|c| **c == json!(expected)).count();
            assert_eq!((counts.len(), whole), (6, 4), "{list}: every file is on record with its lines, refused ones are not: {rows:?}");
        }
    }
}
