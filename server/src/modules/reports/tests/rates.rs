//! Every rate, its denominator and the list behind it.

use kernel::Time;
use serde_json::{Value, json};
use testkit::Engine;

use super::seed::{self as road, Seed, plant};
use crate::{
    modules::reports::model::Rate,
    testing::{
        Client, TestApp,
        town::{COMMUNITY, DEPARTMENT, DISTRICT, GRID, HOME, OTHER_STREET, STREET},
    },
};

pub const MARCH: &str = "from=2025-02-28T16:00:00Z&to=2025-03-31T16:00:00Z";
const FAR_GRID: &str = "/990101/990101002/990101002001/990101002001001/";

pub fn rate(line: &Value, rate: Rate) -> &Value {
    line["rates"].as_array().unwrap().iter().find(|r| r["rate"] == rate.word()).unwrap()
}

pub fn of(line: &Value, what: Rate) -> (i64, i64) {
    let share = rate(line, what);
    (share["numerator"].as_i64().unwrap(), share["denominator"].as_i64().unwrap())
}

pub async fn length(client: &Client, list: &str) -> i64 {
    let mut n = 0;
    let mut path = format!("{list}&limit=200");
    loop {
        let page = client.get(&path).await.expect(200).json();
        n += page["items"].as_array().unwrap().len() as i64;
        match page["next"].as_str() {
            Some(next) => path = format!("{list}&limit=200&cursor={next}"),
            None => return n,
        }
    }
}

/// A street's month with one case of every kind.
fn month(app: &TestApp) -> Vec<Seed> {
    let at = app.now();
    let (early, late) = (at.plus_minutes(-600), at.plus_minutes(600));
    let one = || Seed::closed(early, GRID);
    vec![
        Seed {
            answer: Some(("yes", "yes")),
            contact: Some((early.plus_minutes(60), Some(early.plus_minutes(30)))),
            checked: 1,
            ..one()
        },
        Seed { answer: Some(("no", "no")), round: 2, state: "resolved", ..one() },
        Seed {
            answer: Some(("partly", "mostly")),
            contact: Some((early.plus_minutes(60), Some(early.plus_minutes(90)))),
            ..one()
        },
        Seed { answer: Some(("yes", "none")), overran: true, ..one() },
        Seed { source: "worker", channel: "patrol", dispatches: 0, ..one() },
        Seed { misrouted: 1, dispatches: 2, reworked: 1, checked: 2, ..one() },
        // Running: one late, one in time, one that nobody spoke to.
        Seed { state: "in_progress", resolved: false, due_at: Some(early.plus_minutes(1)), ..one() },
        Seed { state: "in_progress", resolved: false, due_at: Some(late), contact: Some((late, None)), ..one() },
        Seed { state: "assigned", resolved: false, contact: Some((early.plus_minutes(1), None)), ..one() },
        Seed { state: "received", opened: false, resolved: false, dispatches: 0, ..one() },
        Seed { state: "merged", opened: false, resolved: false, dispatches: 0, ..one() },
        Seed { state: "void", resolved: false, ..one() },
        Seed::rejected(early, GRID),
    ]
}

testkit::both! {
    async fn every_rate_with_its_denominator_and_its_cases(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        plant(&app, &month(&app)).await;
        let desk = app.login_as("supervisor", DISTRICT).await;
        let reply = desk.get(&format!("/api/v1/reports/rates?{MARCH}")).await.expect(200);
        assert!(reply.statements() <= 5, "{} statements with the log-in", reply.statements());
        let rates = reply.json();
        let line = &rates["rows"][0];
        assert_eq!((line["key"].as_str(), line["name"].as_str()), (Some("990101001"), Some("东街道")));
        let expected = [
            (Rate::Valid, (10, 13)),
            (Rate::Filed, (9, 13)),
            (Rate::Accuracy, (7, 8)),
            (Rate::Timely, (5, 7)),
            (Rate::Ended, (7, 10)),
            (Rate::Closed, (5, 9)),
            (Rate::Passed, (1, 2)),
            (Rate::Rework, (2, 6)),
            (Rate::Overdue, (2, 9)),
            (Rate::Response, (1, 3)),
            (Rate::Solved, (2, 4)),
            (Rate::Satisfied, (2, 3)),
            (Rate::Found, (1, 10)),
        ];
        assert_eq!(expected.len(), Rate::ALL.len());
        for (what, (n, d)) in expected {
            assert_eq!(of(line, what), (n, d), "{what}");
            assert_eq!(of(&rates["total"], what), (n, d), "{what} of the whole");
            let share = rate(line, what);
            assert_eq!(share["percent"].as_f64(), crate::modules::reports::model::percent(n, d), "{what}");
            // The list behind a number has as many rows.
            for (part, count) in [("numerator_cases", n), ("denominator_cases", d)] {
                assert_eq!(length(&desk, share[part].as_str().unwrap()).await, count, "{what} {part}");
            }
        }
        assert_eq!((line["counts"]["pending"].as_i64(), line["counts"]["no_comment"].as_i64()), (Some(1), Some(1)));
        assert_eq!(line["counts"]["partly_solved"].as_i64(), Some(1));
    }

    async fn split_and_scoped(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let directory = app.org.directory();
        let unit = |code: &str| directory.value.unit_by_code(code).unwrap().id;
        let (at, roads) = (app.now().plus_minutes(-60), unit("D-ROADS"));
        let lamp = Some(app.matter("路灯不亮"));
        plant(&app, &[
            Seed { lead: Some(roads), matter: lamp, ..Seed::closed(at, GRID) },
            Seed { lead: Some(roads), matter: lamp, channel: "phone", ..Seed::closed(at, FAR_GRID) },
            Seed { lead: Some(unit("990101001001")), ..Seed::closed(at, GRID) },
            Seed::rejected(at, "/990101/"),
        ]).await;
        let keys = |v: &Value| -> Vec<String> { v["rows"].as_array().unwrap().iter().map(|r| r["key"].as_str().unwrap().to_owned()).collect() };
        let desk = app.login_as("supervisor", DISTRICT).await;
        let ask = async |client: &Client, more: &str| client.get(&format!("/api/v1/reports/rates?{MARCH}{more}")).await.expect(200).json();
        assert_eq!(keys(&ask(&desk, "").await), ["", "990101001", "990101002"]);
        assert_eq!(keys(&ask(&desk, "&by=community").await), ["", "990101001001", "990101002001"]);
        assert_eq!(keys(&ask(&desk, "&by=department").await), ["", "990101001001", "D-ROADS"]);
        assert_eq!(keys(&ask(&desk, "&by=channel").await), ["phone", "web"]);
        let matters = ask(&desk, "&by=matter").await;
        assert_eq!(matters["rows"].as_array().unwrap().iter().map(|r| r["counts"]["reported"].as_i64().unwrap()).sum::<i64>(), 4);
        for (by, n) in [("street", 3), ("department", 3), ("channel", 2), ("matter", 2)] {
            let split = ask(&desk, &format!("&by={by}")).await;
            assert_eq!(split["rows"].as_array().unwrap().len(), n, "{by}");
            assert_eq!(split["total"]["counts"]["reported"].as_i64(), Some(4), "{by}");
            for row in split["rows"].as_array().unwrap() {
                assert_eq!(length(&desk, row["cases"].as_str().unwrap()).await, row["counts"]["reported"].as_i64().unwrap(), "{by}");
            }
        }
        // One part of the district, and what somebody of a part may see.
        assert_eq!(ask(&desk, "&unit=990101001").await["total"]["counts"]["reported"].as_i64(), Some(2));
        assert_eq!(ask(&desk, "&unit=D-ROADS").await["total"]["counts"]["reported"].as_i64(), Some(2));
        for (role, path, n) in [("street-desk", STREET, 2), ("street-desk", OTHER_STREET, 1), ("department-desk", DEPARTMENT, 2), ("community-desk", COMMUNITY, 2)] {
            let seen = ask(&app.login_as(role, path).await, "").await;
            assert_eq!(seen["total"]["counts"]["reported"].as_i64(), Some(n), "{role} {path}");
        }
        desk.get(&format!("/api/v1/reports/rates?{MARCH}&unit=nowhere")).await.expect(400);
        desk.get("/api/v1/reports/rates?from=2025-03-02T00:00:00Z&to=2025-03-01T00:00:00Z").await.expect(400);
    }

    /// 小事 2 小时, 费时事 2 天, 复杂事 7 天内有回音 (domain row 66): the clock of the first contact is a setting.
    async fn reply_targets_are_data(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let targets = json!({ "counts": ["note", "resolve"], "bands": [
            { "name": "小事", "matters": ["楼道灯不亮"], "limit": { "n": 2, "unit": "hour" } },
            { "name": "费时事", "matters": ["公共安全/消防"], "limit": { "n": 2, "unit": "day" } },
            { "name": "复杂事", "limit": { "n": 7, "unit": "day" } },
        ] });
        let admin = app.login_as("system-admin", DISTRICT).await;
        admin.put("/api/v1/settings/contact", &json!({ "value": targets, "reason": "试点" })).await.expect(200);
        app.refresh().await.unwrap();
        let (small, slow) = (
            road::send(&app, &road::report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await,
            road::send(&app, &road::report("消防通道被车堵了，消防车道停满车", HOME)).await,
        );
        let hard = road::send(&app, &road::report("马路路灯不亮，街上路灯坏了一排", HOME)).await;
        let desk = app.login_as("district-intake", DISTRICT).await;
        let note = async |receipt: &Value| {
            let path = format!("/api/v1/incidents/{}/note", receipt["id"].as_str().unwrap());
            desk.post(&path, &json!({ "text": "已电话联系您", "public": true })).await.expect(200);
        };
        let response = async || of(&desk.get(&format!("/api/v1/reports/rates?{MARCH}")).await.expect(200).json()["total"], Rate::Response);
        app.clock.advance(3_600_000);
        note(&small).await;
        assert_eq!(response().await, (1, 1), "in time, and nothing else is due yet");
        app.clock.advance(2 * 24 * 3_600_000);
        assert_eq!(response().await, (1, 2), "two days have passed without a word");
        note(&slow).await;
        assert_eq!(response().await, (1, 2), "a late word is late");
        app.clock.advance(4 * 24 * 3_600_000);
        note(&hard).await;
        assert_eq!(response().await, (2, 3), "an answer within seven days");
    }

    async fn a_table_with_denominators(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        plant(&app, &month(&app)).await;
        let desk = app.login_as("supervisor", DISTRICT).await;
        let csv = desk.get(&format!("/api/v1/reports/rates/export?{MARCH}")).await.expect(200).text();
        let mut lines = csv.trim_start_matches('\u{feff}').lines();
        assert!(lines.next().unwrap().contains("满意率（%）,满意率分子,满意率分母,满意率剔除"));
        assert!(lines.next().unwrap().starts_with("990101,某区,13,76.92,10,13,0,"));
        let xlsx = desk.get(&format!("/api/v1/reports/rates/export?{MARCH}&format=xlsx&by=channel")).await.expect(200);
        let table = crate::table::Table::read(xlsx.body).unwrap();
        assert_eq!(table.count(), 4, "the whole, two channels, and who took it");
        // An English reader has the same in English, and every file says who took it.
        let last = csv.lines().last().unwrap();
        assert!(last.starts_with("导出：supervisor "), "{last}");
        let file = desk.get(&format!("/api/v1/reports/rates/export?{MARCH}&lang=en&by=channel")).await.expect(200).text();
        assert!(file.starts_with("\u{feff}Code,Name,Reported,Valid (%),Valid numerator,Valid denominator,Valid left out,"), "{file}");
        assert!(file.contains("web,Residents’ page,") && file.lines().last().unwrap().starts_with("Exported by: supervisor "), "{file}");
        desk.get(&format!("/api/v1/reports/rates/export?{MARCH}&lang=fr")).await.refused(400, "invalid");
        let audit = app.login_as("audit-admin", DISTRICT).await.get("/api/v1/audit?limit=50").await.expect(200).json();
        assert!(audit["items"].as_array().unwrap().iter().any(|r| r["action"] == "report.export"));
    }
}

async fn counted(app: &TestApp, from: Time) -> Value {
    let desk = app.login_as("supervisor", DISTRICT).await;
    desk.get(&format!("/api/v1/reports/rates?from={from}&to={}", app.now().plus_minutes(1))).await.expect(200).json()["total"]
        .clone()
}

testkit::both! {
    /// The columns of a case are what its steps add up to: a road with a wrong turn, a failed verification and a second handling.
    async fn steps_add_up_to_figures(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let from = app.now();
        let receipt = road::send(&app, &road::report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
        let street = app.login_as("street-desk", STREET).await;
        let unit = app.org.directory().value.unit_by_code("S001-LAW").unwrap().id.to_string();
        app.clock.advance(60_000);
        // Sent elsewhere before anybody took it on.
        street.post(&format!("{path}/dispatch"), &json!({ "unit": unit, "reason": "由街道执法队办理" })).await.expect(200);
        let handler = app.login_as("street-desk", STREET).await;
        let case = handler.get(&path).await.expect(200).json();
        let task = case["tasks"].as_array().unwrap().iter().find(|t| t["state"] == "offered").unwrap()["id"].as_str().unwrap().to_owned();
        handler.post(&format!("{path}/tasks/{task}/accept"), &json!({})).await.expect(200);
        // Three working days later its eight working hours are over.
        app.clock.advance(3 * 24 * 3_600_000);
        let done = json!({ "result": "solved", "public_reply": "已更换" });
        handler.post(&format!("{path}/tasks/{task}/done"), &done).await.expect(200);
        street.post(&format!("{path}/verify"), &json!({ "passed": false, "words": "还是不亮" })).await.expect(200);
        handler.post(&format!("{path}/tasks/{task}/done"), &done).await.expect(200);
        street.post(&format!("{path}/verify"), &json!({ "passed": true })).await.expect(200);
        street.post(&format!("{path}/close"), &json!({})).await.expect(200);
        let line = counted(&app, from).await;
        for (what, expected) in [
            (Rate::Accuracy, (0, 1)),
            (Rate::Timely, (0, 1)),
            (Rate::Overdue, (1, 1)),
            (Rate::Rework, (1, 1)),
            (Rate::Closed, (1, 1)),
            (Rate::Response, (1, 1)),
        ] {
            assert_eq!(of(&line, what), expected, "{what}");
        }
        // A second handling does not wash away that the first was late.
        street.post(&format!("{path}/reopen"), &json!({ "cause": "unsolved", "reason": "又不亮了" })).await.expect(200);
        let line = counted(&app, from).await;
        assert_eq!((of(&line, Rate::Overdue), of(&line, Rate::Closed), of(&line, Rate::Rework)), ((1, 1), (0, 1), (1, 1)));
    }
}
