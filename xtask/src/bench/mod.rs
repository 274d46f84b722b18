//! `cargo xtask bench …`: the figures of docs/benchmarks.md. Each prints machine, data size, median and spread; nothing here is asserted.

pub mod client;
mod cpu;
mod desks;
mod kill;
pub mod load;
pub mod server;
mod web;

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use testkit::postgres::{Cluster, Order, Settings};

use self::server::{District, Size};
use crate::run::{cargo, scratch};

/// Measure.
#[derive(Args)]
pub struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Points located a second, one core.
    Locate,
    /// Texts classified a second, one core.
    Classify,
    /// Reports a second over HTTP, both engines.
    Report(Load),
    /// Pages of a hundred cases a second over HTTP, and the memory of the server.
    List(Listed),
    /// One sweep of warnings and escalation over 200,000 open cases: none, a hundredth, all due.
    Sweep,
    /// How soon the first screen of each face is usable on a slow phone and a slow network.
    Web(Looked),
    /// How long frames take while the desk's list of 100,000 cases is scrolled and read on.
    Scroll(Scrolled),
    /// Fifty desks that act on one list at once, both engines: nothing may be lost, nobody may wait for ever.
    Desks(Desks),
    /// Kill the server under load and look for what it had answered; the control build must lose something.
    Kill {
        /// How many kills.
        #[arg(long, default_value_t = 50)]
        kills: usize,
    },
}

#[derive(Args)]
struct Load {
    /// Seconds of each run.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How many runs.
    #[arg(long, default_value_t = 5)]
    runs: u64,
    /// `sqlite`, `postgres` or both.
    #[arg(long)]
    engine: Option<String>,
    /// Measure the programs of this folder instead of building them.
    #[arg(long)]
    bin: Option<PathBuf>,
}

#[derive(Args)]
struct Listed {
    /// Seconds of each run.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Grids.
    #[arg(long, default_value_t = 10_000)]
    grids: usize,
    /// Cases.
    #[arg(long, default_value_t = 500_000)]
    cases: usize,
    /// Measure a district that is there already: the folder that holds its `data` and `source`.
    #[arg(long)]
    district: Option<PathBuf>,
    /// Measure the programs of this folder instead of building them.
    #[arg(long)]
    bin: Option<PathBuf>,
}

#[derive(Args)]
struct Looked {
    /// How many looks at each screen.
    #[arg(long, default_value_t = 7)]
    runs: u64,
    /// Measure the programs of this folder, with the pages that are inside them, instead of building them.
    #[arg(long)]
    bin: Option<PathBuf>,
}

#[derive(Args)]
struct Scrolled {
    /// How many times the whole list is scrolled.
    #[arg(long, default_value_t = 3)]
    runs: u64,
    /// Grids.
    #[arg(long, default_value_t = 1_000)]
    grids: usize,
    /// Cases.
    #[arg(long, default_value_t = 100_000)]
    cases: usize,
    /// Measure an invented district that is there already: the folder that holds its `data`.
    #[arg(long)]
    district: Option<PathBuf>,
    /// Measure the programs of this folder, with the pages that are inside them, instead of building them.
    #[arg(long)]
    bin: Option<PathBuf>,
}

#[derive(Args)]
struct Desks {
    /// How many desks.
    #[arg(long = "desks", default_value_t = 50)]
    count: usize,
    /// Seconds of each run.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How many runs.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Milliseconds that a desk looks at the list before it acts.
    #[arg(long, default_value_t = 0)]
    think: u64,
    /// `sqlite`, `postgres` or both.
    #[arg(long)]
    engine: Option<String>,
    /// Measure the programs of this folder instead of building them.
    #[arg(long)]
    bin: Option<PathBuf>,
}

/// Connections of the figures.
const CONNECTIONS: usize = 16;

pub use kill::kill;

/// Runs a measurement.
pub fn bench(bench: &Bench) -> Result<()> {
    println!("machine: {}", machine());
    match &bench.what {
        What::Locate => example("jingwei-geo", "bench_locate"),
        What::Classify => example("jingwei-text", "bench_classify"),
        What::Sweep => example("jingwei", "bench_sweep"),
        What::Report(load) => report(load),
        What::List(listed) => list(listed),
        What::Web(looked) => web::web(looked.bin.clone(), looked.runs),
        What::Scroll(asked) => web::scroll(asked),
        What::Desks(asked) => {
            let bin = asked.bin.clone().map_or_else(build, Ok)?;
            let think = Duration::from_millis(asked.think);
            let plan =
                desks::Plan { desks: asked.count, seconds: asked.seconds, runs: asked.runs, think, engine: asked.engine.clone() };
            desks::desks(&bin, &plan)
        }
        What::Kill { kills } => kill(&build()?, *kills),
    }
}

/// Processor, cores and how busy they are.
pub fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find(|l| l.starts_with("model name")).and_then(|l| l.split(": ").nth(1)).unwrap_or("unknown");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!("{model}, {cores} cores, load before {}", load.split(' ').next().unwrap_or_default())
}

fn example(package: &str, name: &str) -> Result<()> {
    crate::run::run(cargo().args(["run", "--quiet", "--release", "--package", package, "--example", name]))
}

/// Builds the server and the generator for measuring, and says where they are.
pub fn build() -> Result<PathBuf> {
    crate::run::run(cargo().args([
        "build",
        "--quiet",
        "--release",
        "--package",
        "jingwei",
        "--package",
        "jingwei-demo",
        "--bins",
    ]))?;
    // This program lies in the target folder's `debug`; what is measured lies beside it in `release`.
    let me = std::env::current_exe()?;
    Ok(me.ancestors().nth(2).context("a target folder")?.join("release"))
}

/// An empty folder on the disk of the build.
pub fn fresh(name: &str) -> Result<PathBuf> {
    let dir = scratch(name)?;
    if dir.exists() {
        std::fs::remove_dir_all(&dir)?;
    }
    std::fs::create_dir_all(&dir)?;
    Ok(dir)
}

/// A key that no other call makes.
pub fn key(n: u64) -> String {
    format!("00000000-0000-4000-8000-{n:012x}")
}

/// A report of 300 characters at a point of the demonstration district; `n` varies place and words.
pub fn report_body(source: &std::path::Path) -> Result<impl Fn(u64) -> String + Sync + use<>> {
    let mut points = Vec::new();
    let text = std::fs::read_to_string(source.join("buildings.geojson"))?;
    let map: serde_json::Value = serde_json::from_str(&text)?;
    for feature in map["features"].as_array().context("no features")? {
        let point = &feature["geometry"]["coordinates"][0][0];
        if let (Some(lon), Some(lat)) = (point[0].as_f64(), point[1].as_f64()) {
            points.push((lon, lat));
        }
    }
    anyhow::ensure!(!points.is_empty(), "the district has no buildings");
    // What the district was told in a year, in its natural shares: few of them are emergencies, each of which rings the duty desks. A district
    // without a year has what the classifier learnt from.
    let mut sentences = texts(&source.join("incidents.csv"))?;
    if sentences.is_empty() {
        sentences = texts(&source.join("history.csv"))?;
    }
    anyhow::ensure!(!sentences.is_empty(), "the district has no texts");
    Ok(move |n: u64| {
        let (lon, lat) = points[n as usize % points.len()];
        let first = &sentences[(n as usize * 7919) % sentences.len()];
        let words: String = first.chars().cycle().take(300).collect();
        format!("{{\"text\":\"{words}\",\"lon\":{lon},\"lat\":{lat},\"phone\":\"140-0000-{:04}\"}}", n % 10_000)
    })
}

/// The column `text` of a table, without what JSON would have to escape; nothing of an empty file.
fn texts(table: &std::path::Path) -> Result<Vec<String>> {
    let mut table = csv::Reader::from_path(table)?;
    let Some(column) = table.headers()?.iter().position(|h| h == "text") else { return Ok(vec![]) };
    table.records().map(|row| Ok(row?.get(column).unwrap_or_default().replace(['"', '\\'], ""))).collect()
}

fn report(load: &Load) -> Result<()> {
    let bin = load.bin.clone().map_or_else(build, Ok)?;
    for engine in ["sqlite", "postgres"] {
        if load.engine.as_deref().is_some_and(|e| e != engine) {
            continue;
        }
        let dir = fresh("bench-report")?;
        let cluster =
            (engine == "postgres").then(|| Cluster::start_with(Settings { fsync: true, order: Order::Bytes })).transpose()?;
        let url = cluster.as_ref().map(Cluster::url);
        let district = District::make(&bin, &dir, &Size { grids: 60, cases: 3_000 }, url.as_deref())?;
        let service = district.serve(&["--connections", "16"])?;
        let body = report_body(&district.source)?;
        let mut rates = vec![];
        // Processor time of the server, of PostgreSQL and of the load itself.
        let spent = || {
            let postgres = cluster.as_ref().map_or(Duration::ZERO, |c| cpu::of_postgres(&c.dir().join("data")));
            [cpu::of(service.id()), postgres, cpu::of(std::process::id())]
        };
        for round in 0..load.runs {
            let before = spent();
            let measured = load::run(service.address, CONNECTIONS, Duration::from_secs(load.seconds), 201, |c, n| {
                let n = round * 1_000_000_000 + n;
                c.post("/api/v1/reports", &key(n), &body(n))
            })?;
            println!("report, {engine}, 300 characters, {CONNECTIONS} connections, run {}: {measured}", round + 1);
            let each =
                |n: usize| spent()[n].saturating_sub(before[n]).as_secs_f64() * 1_000.0 / measured.micros.len().max(1) as f64;
            println!(
                "processor time of a report: server {:.3} ms, PostgreSQL {:.3} ms, load {:.3} ms",
                each(0),
                each(1),
                each(2)
            );
            rates.push(measured.rate());
        }
        println!("report, {engine}: {}", spread(&mut rates));
        drop(service);
        std::fs::remove_dir_all(&dir)?;
    }
    Ok(())
}

fn list(listed: &Listed) -> Result<()> {
    let bin = listed.bin.clone().map_or_else(build, Ok)?;
    let made = listed.district.is_none();
    let dir = match &listed.district {
        Some(dir) => dir.clone(),
        None => fresh("bench-list")?,
    };
    let size = Size { grids: listed.grids, cases: listed.cases };
    let district = if made { District::make(&bin, &dir, &size, None)? } else { District::at(&bin, &dir) };
    let token = district.token("district-dispatch")?;
    let service = district.serve(&["--connections", "8"])?;
    println!("memory after start: {:.0} MB", service.resident_mb()?);
    let mut one = client::Connection::open(service.address)?;
    let row = one.get("/api/v1/incidents?limit=1", &token)?.json()?;
    let grid = row["items"][0]["grid"]["code"].as_str().unwrap_or_default().to_owned();
    let (number, deep) = page(&mut one, &token, DEEP)?;
    drop(one);
    let asked = [
        ("page 1".to_owned(), "/api/v1/incidents?limit=100".to_owned()),
        (format!("page {number}"), format!("/api/v1/incidents?limit=100&cursor={deep}")),
        ("state".to_owned(), "/api/v1/incidents?limit=100&state=closed".to_owned()),
        ("open, red".to_owned(), "/api/v1/incidents?limit=100&state=open&light=red".to_owned()),
        ("grid".to_owned(), format!("/api/v1/incidents?limit=100&grid={grid}")),
    ];
    let mut rates = vec![vec![]; asked.len()];
    // Round by round, so that what else the machine does falls on every figure alike.
    for _ in 0..RUNS {
        for ((name, path), rates) in asked.iter().zip(&mut rates) {
            let measured =
                load::run(service.address, CONNECTIONS, Duration::from_secs(listed.seconds), 200, |c, _| c.get(path, &token))?;
            println!("list of {} cases, {name}: {measured}", listed.cases);
            rates.push(measured.rate());
        }
    }
    for ((name, _), rates) in asked.iter().zip(&mut rates) {
        println!("list, {name}: {}", spread(rates));
    }
    println!("list, page {number} to page 1: {:.2} of its rate, by the medians", median(&rates[1]) / median(&rates[0]));
    std::thread::sleep(Duration::from_secs(5));
    println!("memory after the load: {:.0} MB", service.resident_mb()?);
    drop(service);
    if made {
        std::fs::remove_dir_all(&dir)?;
    }
    Ok(())
}

/// The page that is compared with the first, and how often each figure is measured.
const DEEP: usize = 1_000;
const RUNS: usize = 5;

/// The cursor of the page with this number, or of the last when there are fewer; and which page that is.
fn page(connection: &mut client::Connection, token: &str, wanted: usize) -> Result<(usize, String)> {
    let mut cursor = String::new();
    for number in 1..wanted {
        let path = format!("/api/v1/incidents?limit=100&cursor={cursor}");
        let path = if cursor.is_empty() { "/api/v1/incidents?limit=100" } else { &path };
        match connection.get(path, token)?.json()?["next"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return Ok((number, cursor)),
        }
    }
    Ok((wanted, cursor))
}

/// The median and the range of a few runs.
pub fn spread(rates: &mut [f64]) -> String {
    rates.sort_by(f64::total_cmp);
    let (low, high) = (rates.first().copied().unwrap_or(0.0), rates.last().copied().unwrap_or(0.0));
    format!("median {:.0}/s, {low:.0} to {high:.0} in {} runs", median(rates), rates.len())
}

/// The middle one of figures in order.
fn median(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}
