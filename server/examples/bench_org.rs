//! How long a large district takes to come in, to be read and to be asked: `cargo run --release -p jingwei --example bench_org -- FILE`.
//!
//! FILE is GeoJSON with grids, and pairs such as `code=id` may follow it; or a district's SQLite database that is there already.
//! Prints the machine's cores, the size of the data, and the median and spread of several runs, on SQLite in a temporary folder.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench prints what it measures and stops at the first surprise")]

use std::time::Instant;

use db::{Db, Migration};
use jingwei::{
    app,
    modules::org::{
        self, Memory, Question,
        import::{self, GridOptions, Options},
    },
};
use kernel::Time;

const RUNS: usize = 5;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().expect("the path of a GeoJSON file with grids");
    let map: Vec<(String, String)> =
        arguments.filter_map(|a| a.split_once('=').map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned()))).collect();
    println!("{} cores", std::thread::available_parallelism().map_or(0, std::num::NonZero::get));
    let folder = tempfile::tempdir().expect("a folder");
    let now = Time::from_millis(1_750_000_000_000);
    let ready = std::path::Path::new(&path).extension().is_some_and(|e| e == "db");
    let file = if ready { path.clone() } else { folder.path().join("district.db").display().to_string() };
    let db = Db::open(&format!("sqlite:{file}")).await.expect("a database");
    if !ready {
        take(&db, now, std::fs::read(&path).expect("a file"), map).await;
    }
    measure(&db, now).await;
}

/// Makes an empty district and imports the grids twice.
async fn take(db: &Db, now: Time, bytes: Vec<u8>, map: Vec<(String, String)>) {
    println!("{} bytes", bytes.len());
    let files = app::migrations();
    let list: Vec<Migration<'_>> = files.iter().map(|(name, text)| Migration { name, text }).collect();
    db.migrate(&list).await.expect("tables");
    let mut tx = db.begin();
    org::ensure_root(&mut tx, now, "990101", "bench").await.expect("a root");
    tx.commit().await.expect("a commit");

    let started = Instant::now();
    let options = GridOptions { options: Options { map, ..Options::default() }, ..GridOptions::default() };
    let report = import::grids(db, now, bytes.clone(), &options).await.expect("an import");
    println!("import of {} grids: {:?}", report.added, started.elapsed());
    assert!(report.applied, "{:?}", report.faults.first());
    let started = Instant::now();
    let report = import::grids(db, now, bytes, &options).await.expect("an import");
    println!("the same again, {} unchanged: {:?}", report.same, started.elapsed());
}

/// Loads the organisation several times, and asks it.
async fn measure(db: &Db, now: Time) {
    let mut times = Vec::new();
    let before = resident();
    let mut memory = Memory::load(db).await.expect("a directory");
    println!("resident memory grew by {} MiB while loading", resident().saturating_sub(before) / 1024 / 1024);
    for _ in 0..RUNS {
        let started = Instant::now();
        memory = Memory::load(db).await.expect("a directory");
        times.push(started.elapsed());
    }
    times.sort();
    println!("loading: median {:?}, {:?} to {:?}", times[RUNS / 2], times[0], times[RUNS - 1]);

    let known = memory.directory();
    let known = &known.value;
    println!("index {} MiB", known.index_bytes() / 1024 / 1024);
    let bounds = known.bounds().expect("grids");
    let lead = known.lead("属地网格");
    let (mut found, mut asked) = (0_usize, 0_usize);
    let started = Instant::now();
    for n in 0..1_000_000_u32 {
        let (x, y) = (f64::from(n % 1_000) / 1_000.0, f64::from(n / 1_000) / 1_000.0);
        let lon = bounds.min.lon + x * (bounds.max.lon - bounds.min.lon);
        let lat = bounds.min.lat + y * (bounds.max.lat - bounds.min.lat);
        found += usize::from(known.locate(lon, lat, now).grid.is_some());
    }
    println!("1,000,000 points located in {:?}, {found} inside", started.elapsed());
    let started = Instant::now();
    for unit in known.units().filter(|u| u.kind == org::GRID) {
        let answer = known.responsible(&Question { place: Some(unit.id), lead: &lead, at: now, not: &[] });
        asked += usize::from(!answer.reasons.is_empty());
    }
    println!("{asked} questions who is responsible in {:?}", started.elapsed());
}

/// Resident memory of this process in bytes, as Linux tells it; 0 elsewhere.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmRSS:"));
    line.and_then(|l| l.split_whitespace().nth(1)?.parse::<usize>().ok()).unwrap_or(0) * 1024
}
