//! A district's published year, and how long a large one takes.

use std::time::Instant;

use testkit::Engine;

use super::{
    rates::of,
    seed::{Seed, plant},
};
use crate::{
    modules::reports::model::Rate,
    testing::{
        TestApp,
        town::{DISTRICT, GRID},
    },
};

const YEAR: &str = "from=2024-12-31T16:00:00Z&to=2025-12-31T16:00:00Z";
const FAR_GRID: &str = "/990101/990101002/990101002001/990101002001001/";

/// So many reports of which so many are valid, all of them closed, spread over two streets and ten weeks.
async fn district_of(app: &TestApp, reported: usize, valid: usize) {
    let seeds: Vec<Seed> = (0..reported)
        .map(|n| {
            let at = app.now().plus_minutes(-(n as i64 % 100_000));
            let path = if n % 3 == 0 { FAR_GRID } else { GRID };
            if n < valid { Seed::closed(at, path) } else { Seed::rejected(at, path) }
        })
        .collect();
    plant(app, &seeds).await;
}

/// 上报 30,528, 有效 29,269 (95.88 %), 办结率 100 % (domain row 67).
async fn reproduced(engine: Engine, reported: usize, valid: usize) {
    let app = TestApp::new(engine).await.with_town().await;
    district_of(&app, reported, valid).await;
    let desk = app.login_as("supervisor", DISTRICT).await;
    let total = desk.get(&format!("/api/v1/reports/rates?{YEAR}")).await.expect(200).json()["total"].clone();
    assert_eq!(of(&total, Rate::Valid), (valid as i64, reported as i64));
    assert_eq!((of(&total, Rate::Ended), of(&total, Rate::Closed)), ((valid as i64, valid as i64), (valid as i64, valid as i64)));
    let percent = |rate| super::rates::rate(&total, rate)["percent"].as_f64();
    assert_eq!((percent(Rate::Valid), percent(Rate::Ended)), (Some(95.88), Some(100.0)));
}

#[test]
fn a_published_year_is_reproduced() {
    testkit::run(reproduced(Engine::Sqlite, 30_528, 29_269));
}

testkit::both! {
    /// The same share at a tenth of the size.
    async fn a_tenth_of_it(engine: Engine) {
        reproduced(engine, 2_910, 2_790).await;
    }

    /// How long a year takes: `JINGWEI_FIGURES=500000 cargo test --release -p jingwei --lib reports::tests::size -- --nocapture`.
    async fn a_large_year(engine: Engine) {
        let Some(cases) = std::env::var("JINGWEI_FIGURES").ok().and_then(|n| n.parse::<usize>().ok()) else {
            eprintln!("skipped: JINGWEI_FIGURES says how many cases to measure");
            return;
        };
        let app = TestApp::new(engine).await.with_town().await;
        let seeds: Vec<Seed> = (0..cases)
            .map(|n| {
                let at = app.now().plus_minutes(-(n as i64 * 518_400 / cases as i64));
                let answer = (n % 3 == 0).then_some(if n % 9 == 0 { ("no", "no") } else { ("yes", "yes") });
                Seed { answer, contact: Some((at.plus_minutes(60), Some(at.plus_minutes(n as i64 % 90)))), ..Seed::closed(at, if n % 2 == 0 { GRID } else { FAR_GRID }) }
            })
            .collect();
        for chunk in seeds.chunks(50_000) {
            plant(&app, chunk).await;
        }
        if engine == Engine::Postgres {
            let mut tx = app.db.begin();
            tx.execute_query(db::Query::new("analyze")).await.unwrap();
            tx.commit().await.unwrap();
        }
        let desk = app.login_as("supervisor", DISTRICT).await;
        for (what, span) in [("year", "from=2024-01-01T00:00:00Z&to=2026-01-01T00:00:00Z"), ("month", "from=2025-02-01T00:00:00Z&to=2025-03-01T00:00:00Z")] {
            for by in ["street", "matter"] {
                let mut millis: Vec<u128> = vec![];
                let mut statements = 0;
                for _ in 0..5 {
                    let start = Instant::now();
                    let reply = desk.get(&format!("/api/v1/reports/rates?{span}&by={by}")).await.expect(200);
                    millis.push(start.elapsed().as_millis());
                    statements = reply.statements();
                }
                millis.sort_unstable();
                eprintln!("{engine:?}: {cases} cases, {what} by {by}: median {} ms of {millis:?}, {statements} statements", millis[2]);
            }
        }
        // A month, with the cases behind it.
        let start = Instant::now();
        let reply = desk.post("/api/v1/reports/periods/2025-02/freeze", &serde_json::json!({})).await.expect(201);
        eprintln!("{engine:?}: {cases} cases, freezing a month: {} ms, {} statements", start.elapsed().as_millis(), reply.statements());
    }
}
