//! How long one sweep over many open cases takes: `cargo run --release -p jingwei --example bench_sweep -- [CASES] [ENGINE]`.
//!
//! Makes a town with so many open cases (200,000 unless told), of which a hundredth turns yellow before the others, and a desk that is
//! told of each. Prints the time of an idle sweep with its statements, of one with a hundredth due, and of three with every case due.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench prints what it measures and stops at the first surprise")]

use std::time::{Duration, Instant};

use jingwei::{
    modules::incidents::{actions::ladder::sweep, store},
    testing::{
        TestApp,
        town::{COMMUNITY, HOME, STREET},
    },
};
use kernel::{Id, Scope, Time};
use serde_json::json;
use testkit::Engine;

const HOUR: i64 = 3_600_000;
const IDLE: usize = 50;
/// Rows of a transaction while the cases are made.
const CHUNK: usize = 2_000;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let cases: usize = arguments.next().map_or(200_000, |n| n.parse().expect("a number of cases"));
    let only = arguments.next();
    println!("load before: {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
    for (name, engine) in [("sqlite", Engine::Sqlite), ("postgres", Engine::Postgres)] {
        if only.as_deref().is_none_or(|o| o == name) {
            measure(name, engine, cases).await;
        }
    }
}

async fn measure(name: &str, engine: Engine, cases: usize) {
    let app = TestApp::new(engine).await.with_town().await;
    app.login_as("community-desk", COMMUNITY).await;
    app.login_as("street-leader", STREET).await;
    let started = Instant::now();
    fill(&app, cases).await;
    println!("{name}: {cases} open cases made in {:.1} s", started.elapsed().as_secs_f64());

    let mut idle = vec![];
    let mut looks = 0;
    for _ in 0..IDLE {
        let started = Instant::now();
        let (swept, statements) = db::count::scope(Box::pin(sweep(&app))).await;
        idle.push(started.elapsed());
        looks = statements;
        assert_eq!(swept.expect("a sweep"), 0, "nothing is due");
    }
    println!("{name}: none due: {looks} statement, {}", spread(&mut idle));

    app.clock.advance(HOUR);
    timed(name, "a hundredth due (yellow)", &app).await;
    let mut all = vec![];
    for (what, hours) in [("all others due (yellow)", 1), ("all due (red)", 1), ("all due (a day after)", 24)] {
        app.clock.advance(hours * HOUR);
        all.push(timed(name, what, &app).await);
    }
    println!("{name}: all due: {}", spread(&mut all));
}

async fn timed(name: &str, what: &str, app: &TestApp) -> Duration {
    let started = Instant::now();
    let (swept, statements) = db::count::scope(Box::pin(sweep(app))).await;
    let took = started.elapsed();
    let swept = swept.expect("a sweep");
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "{name}: {what}: {swept} stages in {:.2} s, {statements} statements, {:.0} stages/s, load {}",
        took.as_secs_f64(),
        swept as f64 / took.as_secs_f64(),
        load.split(' ').next().unwrap_or_default()
    );
    took
}

/// Copies one reported case, with its history, until there are enough.
async fn fill(app: &TestApp, cases: usize) {
    let body = json!({ "text": "楼道灯坏了，单元楼道里的灯不亮", "lon": HOME.0, "lat": HOME.1 });
    let receipt = app.visitor().post("/api/v1/reports", &body).await.expect(201).json();
    let id = receipt["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let mut conn = app.db.read().await.expect("a connection");
    let case = store::find(&mut conn, &Scope::All, id).await.expect("the case");
    let steps = store::steps(&mut conn, id).await.expect("its steps");
    drop(conn);
    let now = app.now();
    let turn = |hours: i64| Some(Time::from_millis(now.millis() + hours * HOUR));
    let mut made = 0;
    while made < cases {
        let mut tx = app.db.begin();
        for n in made..cases.min(made + CHUNK) {
            let mut copy = case.clone();
            copy.id = Id::new(now);
            copy.code = format!("B{n:07}");
            copy.track_hash = copy.id.uuid().as_bytes().to_vec();
            copy.yellow_at = turn(if n % 100 == 0 { 1 } else { 2 });
            (copy.red_at, copy.next_at) = (turn(3), copy.yellow_at);
            store::insert(&mut tx, &copy).await.expect("a case");
            store::append(&mut tx, copy.id, &steps).await.expect("its steps");
        }
        tx.commit().await.expect("a commit");
        made += CHUNK;
    }
    // The case that was copied is not one of them.
    let mut tx = app.db.begin();
    let mut first = case.clone();
    first.next_at = None;
    first.version += 1;
    store::save(&mut tx, &first, case.version).await.expect("a save");
    tx.commit().await.expect("a commit");
}

fn spread(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let ms = |d: Duration| d.as_secs_f64() * 1_000.0;
    let (low, mid, high) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    format!("median {:.2} ms, {:.2} to {:.2} in {} runs", ms(mid), ms(low), ms(high), times.len())
}
