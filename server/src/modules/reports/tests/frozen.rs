//! A period that stands: later corrections show beside it and change nothing.

use db::{Query, bind};
use kernel::Error;
use serde_json::{Value, json};
use testkit::Engine;

use super::{
    lists::{SPLITS, mixture},
    rates::{length, of, rate},
    seed::{Seed, plant},
};
use crate::{
    modules::reports::{actions, model::Rate},
    testing::{
        Client, TestApp,
        town::{DISTRICT, GRID, STREET},
    },
};

/// Holds every number of a frozen period to its list, what is left out included.
async fn listed_hold(desk: &Client, period: &Value) {
    let by = &period["by"];
    assert_eq!(
        (period["listed"].as_array().unwrap().len(), period["part"].as_bool()),
        (period["frozen"].as_array().unwrap().len(), Some(false))
    );
    for (line, plain) in period["listed"].as_array().unwrap().iter().zip(period["frozen"].as_array().unwrap()) {
        assert_eq!(
            Some(length(desk, line["cases"].as_str().unwrap()).await),
            plain["counts"]["reported"].as_i64(),
            "{by} {line}"
        );
        for share in line["rates"].as_array().unwrap() {
            for part in ["numerator", "denominator", "excluded"] {
                let number = if share["in_cases"].is_null() { &share[part] } else { &share["in_cases"][part] };
                // What is left out of a rate of which nothing can be left out has no list.
                let Some(list) = share[format!("{part}_cases")].as_str() else {
                    assert_eq!((part, number.as_i64()), ("excluded", Some(0)), "{by}: {share}");
                    continue;
                };
                assert_eq!(Some(length(desk, list).await), number.as_i64(), "{by}: {list}");
            }
        }
    }
}

/// The day on which every case of these tests was reported.
const DAY: &str = "2025-03-10";

/// Freezes the day, while this changes a case after it was counted.
async fn frozen_while(app: &TestApp, change: db::Query) -> kernel::Result<actions::PeriodView> {
    let measured = actions::measure(&mut app.db.read().await.unwrap(), app, DAY).await.unwrap();
    let mut tx = app.db.begin();
    assert_eq!(tx.execute_query(change).await.unwrap(), 1);
    let frozen = actions::freeze(&mut tx, app.now(), &kernel::Actor::system(), DAY, &measured).await;
    tx.rollback().await.unwrap();
    frozen
}

testkit::both! {
    /// Its total stays the same, but a case that moved to another line would not be in that line's list.
    async fn what_moved_to_another_line_while_it_was_counted_is_not_frozen(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        mixture(&app).await;
        let ids = plant(&app, &[Seed { answer: Some(("yes", "yes")), matter: Some(app.matter("路灯不亮")), ..Seed::closed(app.now(), GRID) }]).await;
        let desk = app.login_as("supervisor", DISTRICT).await;
        app.clock.advance(24 * 3_600_000);
        let roads = app.org.directory().value.unit_by_code("D-ROADS").unwrap().id;
        let set = |column: &'static str, cell| Query::new("update incident set").push(column, vec![cell]).push("where id = $$", bind![ids[0]]);
        let cell = |mut cells: Vec<db::Cell>| cells.remove(0);
        for (column, value) in [
            ("matter_id = $$", bind![app.matter("楼道灯不亮")]),
            ("lead_unit = $$", bind![roads]),
            ("channel = $$", bind!["phone"]),
            ("filed_path = $$", bind!["/990101/990101002/990101002001/990101002001001/"]),
            ("left_out = $$", bind!["solved"]),
            ("reworked = $$", bind![1_i64]),
        ] {
            assert!(matches!(frozen_while(&app, set(column, cell(value))).await, Err(Error::Stale)), "{column}");
        }
        // A title is in no line. Nothing is kept of what was refused.
        frozen_while(&app, set("title = $$", cell(bind!["t"]))).await.unwrap();
        desk.get(&format!("/api/v1/reports/periods/{DAY}")).await.expect(404);
        let none = db::sql!("select cast(count(*) as bigint) as value from incident_frozen");
        assert_eq!(app.db.read().await.unwrap().value::<i64>(none, bind![]).await.unwrap(), Some(0));

        // As it stands it is frozen, and every number of every split is as long as its list.
        let wish = json!({ "incident": ids[0], "rate": "solved", "reason": "要求超出政策，已书面说明" });
        let asked = desk.post("/api/v1/reports/exclusions", &wish).await.expect(201).json();
        let decide = format!("/api/v1/reports/exclusions/{}/decide", asked["id"].as_str().unwrap());
        let yes = json!({ "approved": true, "words": "情况属实" });
        app.login_as("supervisor", DISTRICT).await.post(&decide, &yes).await.expect(200);
        let reply = desk.post(&format!("/api/v1/reports/periods/{DAY}/freeze"), &json!({})).await;
        assert!(reply.statements() <= 40, "freezing costs {}", reply.statements());
        reply.expect(201);
        for by in SPLITS {
            let period = desk.get(&format!("/api/v1/reports/periods/{DAY}?by={by}")).await.expect(200).json();
            assert!(period["listed"].as_array().unwrap().len() > 2, "{by}");
            listed_hold(&desk, &period).await;
        }
    }

    async fn a_frozen_period_never_changes(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let at = app.now();
        let ids = plant(&app, &[
            Seed { answer: Some(("yes", "yes")), ..Seed::closed(at, GRID) },
            Seed { state: "in_progress", resolved: false, ..Seed::closed(at, GRID) },
        ]).await;
        let desk = app.login_as("supervisor", DISTRICT).await;
        let freeze = |period: &str| format!("/api/v1/reports/periods/{period}/freeze");
        desk.post(&freeze("2025-03"), &json!({})).await.refused(422, "period-not-over");
        desk.post(&freeze("March"), &json!({})).await.refused(422, "period-unknown");
        desk.get("/api/v1/reports/periods/2025-03-10").await.expect(404);
        app.clock.advance(24 * 3_600_000);
        // A street does not freeze the district's figures.
        app.login_as("supervisor", STREET).await.post(&freeze("2025-03-10"), &json!({})).await.expect(404);
        let key = "9f0c6a52-7d1f-4b2e-8a55-0d6f2f1f9b10";
        let first = desk.post_keyed(&freeze("2025-03-10"), &json!({}), key).await.expect(201);
        assert_eq!(desk.post_keyed(&freeze("2025-03-10"), &json!({}), key).await.expect(201).body, first.body);
        desk.post(&freeze("2025-03-10"), &json!({})).await.refused(422, "frozen-already");

        let read = async |by: &str| desk.get(&format!("/api/v1/reports/periods/2025-03-10?by={by}")).await.expect(200).json();
        let before = read("street").await;
        assert_eq!((before["differences"].clone(), &before["frozen"][0]["counts"]), (json!([]), &before["now"][0]["counts"]));
        assert_eq!(of(&before["frozen"][0], Rate::Closed), (1, 2));

        // The case is closed a day later, and a third report of that day is entered late.
        let mut tx = app.db.begin();
        let close = db::sql!("update incident set state = 'closed', resolved_at = $2, closed_at = $2 where id = $1");
        tx.execute(close, bind![ids[1], app.now()]).await.unwrap();
        tx.commit().await.unwrap();
        plant(&app, &[Seed::rejected(at, "/990101/990101002/990101002001/990101002001001/")]).await;
        for by in ["street", "community", "department", "matter", "channel"] {
            let after = read(by).await;
            assert_eq!(of(&after["frozen"][0], Rate::Closed), (1, 2), "{by}");
            assert_eq!(of(&after["now"][0], Rate::Closed), (2, 2), "{by}");
            let closed: Vec<&Value> = after["differences"].as_array().unwrap().iter().filter(|d| d["now"]["rate"] == "closed").collect();
            assert!(closed.iter().any(|d| d["frozen"]["numerator"] == 1 && d["now"]["numerator"] == 2), "{by}: {closed:?}");
        }
        let street = read("street").await;
        // What is counted now leads to its list; what was frozen are numbers only.
        for line in street["now"].as_array().unwrap() {
            let share = rate(line, Rate::Closed);
            let n = length(&desk, share["numerator_cases"].as_str().unwrap()).await;
            assert_eq!(Some(n), share["numerator"].as_i64(), "{}", line["key"]);
        }
        assert!(rate(&street["frozen"][0], Rate::Closed)["numerator_cases"].is_null());
        // What was frozen leads to the cases that counted then, though two of them count otherwise now.
        for by in SPLITS {
            listed_hold(&desk, &read(by).await).await;
        }
        let new = street["differences"].as_array().unwrap().iter().find(|d| d["key"] == "990101002").unwrap();
        assert!(new["frozen"].is_null(), "a line that was not there");
        assert_eq!(street["frozen"], before["frozen"]);

        let csv = desk.get("/api/v1/reports/periods/2025-03-10/export").await.expect(200).text();
        let closed: Vec<&str> = csv.lines().filter(|l| l.contains(",结案率,")).collect();
        assert!(closed[0].starts_with("990101,某区,结案率,50,1,2,0,100,2,2,0"), "{closed:?}");
        assert!(closed.iter().any(|l| l.starts_with("990101002,") && l.contains(",结案率,,,,,")), "a line that was not there: {closed:?}");
        let english = desk.get("/api/v1/reports/periods/2025-03-10/export?lang=en").await.expect(200).text();
        assert!(english.starts_with("\u{feff}Code,Name,Rate,Frozen (%),Frozen numerator,") && english.contains("某区,Closed,50,1,2,0,100,2,2,0"), "{english}");
        desk.get("/api/v1/reports/periods/2025-02/export").await.expect(404);

        // Somebody of a part sees the lines of that part.
        let part = app.login_as("street-desk", STREET).await.get("/api/v1/reports/periods/2025-03-10").await.expect(200).json();
        let keys: Vec<&str> = part["frozen"].as_array().unwrap().iter().map(|l| l["key"].as_str().unwrap()).collect();
        assert_eq!(keys, ["990101001"]);
        // A period that was frozen before lists were kept says so.
        let mut tx = app.db.begin();
        tx.execute(db::sql!("update report_period set listed = false"), bind![]).await.unwrap();
        tx.commit().await.unwrap();
        let plain = read("street").await;
        assert_eq!((plain["listed"].as_array().unwrap().len(), &plain["frozen"]), (0, &before["frozen"]));
        let list = desk.get("/api/v1/reports/periods").await.expect(200).json();
        assert_eq!(list["items"][0]["period"].as_str(), Some("2025-03-10"));
        let audit = app.login_as("audit-admin", DISTRICT).await.get("/api/v1/audit?limit=50").await.expect(200).json();
        assert!(audit["items"].as_array().unwrap().iter().any(|r| r["action"] == "report.freeze"));
    }
}
