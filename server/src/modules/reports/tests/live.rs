//! What stands open now, days, and what comes again: each number with the list behind it.

use serde_json::Value;
use testkit::Engine;

use super::{
    rates::length,
    seed::{Seed, plant},
};
use crate::testing::{
    TestApp,
    town::{DISTRICT, GRID, STREET},
};

const FAR_GRID: &str = "/990101/990101002/990101002001/990101002001001/";

fn number(line: &Value, of: &str, word: &str) -> (i64, String) {
    let it = line[of].as_array().unwrap().iter().find(|n| n["word"] == word).unwrap();
    (it["n"].as_i64().unwrap(), it["cases"].as_str().unwrap().to_owned())
}

testkit::both! {
    async fn lights_and_ages_of_what_is_open(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let now = app.now();
        let open = |days: i64, path| Seed { state: "in_progress", resolved: false, ..Seed::closed(now.plus_days(-days).plus_minutes(-1), path) };
        plant(&app, &[open(0, GRID), open(2, GRID), open(40, GRID), open(5, FAR_GRID), Seed::closed(now.plus_days(-1), GRID)]).await;
        let desk = app.login_as("supervisor", DISTRICT).await;
        let seen = desk.get("/api/v1/reports/standing").await.expect(200);
        assert!(seen.statements() <= 2, "{} statements with the log-in", seen.statements());
        let seen = seen.json();
        assert_eq!(number(&seen["total"], "lights", "open").0, 4);
        for (word, n) in [("day", 1), ("three_days", 1), ("week", 1), ("month", 0), ("older", 1)] {
            let (counted, list) = number(&seen["total"], "ages", word);
            assert_eq!((counted, length(&desk, &list).await), (n, n), "{word}");
        }
        let row = seen["rows"].as_array().unwrap().iter().find(|r| r["key"] == "990101001").unwrap();
        let (counted, list) = number(row, "lights", "open");
        assert_eq!((counted, length(&desk, &list).await), (3, 3));
        // Every split adds up to the whole.
        for by in ["community", "department", "matter", "channel"] {
            let split = desk.get(&format!("/api/v1/reports/standing?by={by}")).await.expect(200).json();
            let sum: i64 = split["rows"].as_array().unwrap().iter().map(|r| number(r, "lights", "open").0).sum();
            assert_eq!(sum, 4, "{by}");
        }
        // As a table: the whole, then the street with the one that is late longest, in numbers that add up.
        let csv = desk.get("/api/v1/reports/standing/export").await.expect(200).text();
        let rows: Vec<Vec<&str>> = csv.trim_start_matches('\u{feff}').lines().map(|l| l.split(',').collect()).collect();
        assert_eq!((rows[0][2], rows[0][12], rows[1][1], rows[1][2]), ("未办结", "30 天以上", "某区", "4"));
        assert_eq!(rows[1][8..13], ["1", "1", "1", "0", "1"]);
        assert_eq!(rows[2..4].iter().map(|r| r[2].parse::<i64>().unwrap()).sum::<i64>(), 4);
        let xlsx = desk.get("/api/v1/reports/standing/export?format=xlsx&by=matter").await.expect(200);
        assert!(xlsx.body.starts_with(b"PK"));
        desk.get("/api/v1/reports/standing/export?format=pdf").await.refused(400, "invalid");
        let audit = app.login_as("audit-admin", DISTRICT).await.get("/api/v1/audit?limit=50").await.expect(200).json();
        assert_eq!(audit["items"].as_array().unwrap().iter().filter(|r| r["action"] == "report.export").count(), 2);
        // A street sees its own.
        let street = app.login_as("street-desk", STREET).await;
        assert_eq!(number(&street.get("/api/v1/reports/standing").await.expect(200).json()["total"], "lights", "open").0, 3);
    }

    async fn days_are_the_districts_own_and_none_is_left_out(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let midnight: kernel::Time = "2025-03-03T16:00:00Z".parse().unwrap();
        plant(&app, &[Seed::closed(midnight, GRID), Seed::closed(midnight.plus_minutes(-1), GRID), Seed::closed(midnight.plus_minutes(5), FAR_GRID)]).await;
        let desk = app.login_as("supervisor", DISTRICT).await;
        let span = "from=2025-03-01T16:00:00Z&to=2025-03-05T16:00:00Z";
        let days = desk.get(&format!("/api/v1/reports/days?{span}")).await.expect(200).json();
        let found: Vec<(&str, i64)> = days["items"].as_array().unwrap().iter().map(|d| (d["date"].as_str().unwrap(), d["reported"].as_i64().unwrap())).collect();
        assert_eq!(found, [("2025-03-02", 0), ("2025-03-03", 1), ("2025-03-04", 2), ("2025-03-05", 0)]);
        assert_eq!(length(&desk, days["items"][2]["cases"].as_str().unwrap()).await, 2);
        let csv = desk.get(&format!("/api/v1/reports/days/export?{span}")).await.expect(200).text();
        assert!(csv.contains("日期,上报,办结\n2025-03-02,0,0\n2025-03-03,1,"), "{csv}");
        desk.get("/api/v1/reports/days?from=2020-01-01T00:00:00Z&to=2025-01-01T00:00:00Z").await.refused(400, "invalid");
        desk.get("/api/v1/reports/days?from=2025-01-02T00:00:00Z&to=2025-01-01T00:00:00Z").await.refused(400, "invalid");
    }

    async fn what_comes_again_in_one_grid(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let at: kernel::Time = "2025-03-03T01:00:00Z".parse().unwrap();
        let matter = app.catalogue.get().value.all()[0].id;
        let one = |n: i64, path| Seed { matter: Some(matter), ..Seed::closed(at.plus_minutes(n), path) };
        plant(&app, &[one(0, GRID), one(1, GRID), one(2, GRID), one(3, FAR_GRID)]).await;
        let desk = app.login_as("supervisor", DISTRICT).await;
        let span = "from=2025-03-01T16:00:00Z&to=2025-03-05T16:00:00Z";
        let found = desk.get(&format!("/api/v1/reports/repeats?{span}")).await.expect(200).json();
        assert_eq!(found["items"].as_array().unwrap().len(), 1);
        let it = &found["items"][0];
        assert_eq!((it["n"].as_i64(), it["open"].as_i64()), (Some(3), Some(0)));
        assert_eq!(length(&desk, it["cases"].as_str().unwrap()).await, 3);
        let csv = desk.get(&format!("/api/v1/reports/repeats/export?{span}")).await.expect(200).text();
        assert_eq!(csv.lines().filter(|l| l.contains(",3,0,2025-03-03T01:02:00")).count(), 1, "{csv}");
        assert_eq!(it["matter_en"], app.catalogue.get().value.matter(matter).unwrap().english().unwrap());
        let english = desk.get(&format!("/api/v1/reports/repeats/export?{span}&lang=en")).await.expect(200).text();
        assert!(english.starts_with("\u{feff}Grid code,Grid,Matter,Times,Open,Latest\n"), "{english}");
        assert!(english.contains(&format!(",{},3,0,2025-03-03 09:02\n", it["matter_en"].as_str().unwrap())), "{english}");
        let rates = desk.get(&format!("/api/v1/reports/rates?{span}&by=matter")).await.expect(200).json();
        assert_eq!(rates["rows"][0]["name_en"], it["matter_en"]);
        let english = desk.get(&format!("/api/v1/reports/rates/export?{span}&by=matter&lang=en")).await.expect(200).text();
        assert!(english.contains(&format!(",{},4,", it["matter_en"].as_str().unwrap())), "{english}");
        let more = desk.get(&format!("/api/v1/reports/repeats?{span}&least=4")).await.expect(200).json();
        assert_eq!(more["items"].as_array().unwrap().len(), 0);
    }
}
