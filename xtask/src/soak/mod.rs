//! `cargo xtask soak`: the long forms of the checks, whose short forms every test run makes, and the drills that want a machine: a full disk, a
//! restore, a traced server, a fuzzer. Each drill has its control, with which it must fail.

mod disk;
mod fsync;
mod fuzz;
mod network;
mod restore;
mod trace;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};

use crate::{
    bench,
    run::{cargo, run, step},
    tools,
};

/// Run the long forms.
#[derive(Args)]
pub struct Soak {
    /// Only these; everything without it.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Of the tests only those whose name holds this, such as `reference` or `killed`, and what they print.
    #[arg(long)]
    test: Option<String>,
    /// How many times the server is killed under load.
    #[arg(long, default_value_t = 500)]
    kills: usize,
    /// How many reports are held against their fsync.
    #[arg(long, default_value_t = 10_000)]
    reports: u64,
    /// How many cases the district of the restore drill holds.
    #[arg(long, default_value_t = 200_000)]
    cases: usize,
    /// How many streams are open at once.
    #[arg(long, default_value_t = 5_000)]
    streams: usize,
    /// How many examples the fuzzer tries of each operation.
    #[arg(long, default_value_t = 50)]
    examples: usize,
    /// What the fuzzer's chance begins with.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Use the programs of this folder instead of building them.
    #[arg(long)]
    bin: Option<PathBuf>,
}

/// A part of the soak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Every test with its long counts.
    Tests,
    /// Kill the server under load (T1).
    Kill,
    /// No answer before its fsync (T2).
    Fsync,
    /// A full disk (T4).
    Disk,
    /// Back up, restore, compare (T7).
    Restore,
    /// Fuzz the contract (T16).
    Fuzz,
    /// Many open streams (T28).
    Streams,
    /// No connection to elsewhere (T31).
    Network,
}

/// What became of a part.
pub enum Outcome {
    /// It ran and held.
    Held,
    /// The machine lacks something, named here.
    Skipped(String),
}

/// Runs the parts one after the other and ends with a list of what held, what failed and what was skipped. A skipped part is no failure, but it is
/// said.
pub fn soak(soak: &Soak) -> Result<()> {
    let wanted: Vec<Part> =
        Part::value_variants().iter().copied().filter(|p| soak.only.is_empty() || soak.only.contains(p)).collect();
    println!("machine: {}", bench::machine());
    let bin = match &soak.bin {
        _ if wanted == [Part::Tests] => PathBuf::new(),
        Some(bin) => bin.clone(),
        None => bench::build()?,
    };
    let mut lines = vec![];
    let mut failed = false;
    for part in wanted {
        let (outcome, _) = step(&format!("{part:?}").to_lowercase(), || match part {
            Part::Tests => long_tests(soak.test.as_deref()),
            Part::Kill => bench::kill(&bin, soak.kills).map(|()| Outcome::Held),
            Part::Fsync => fsync::fsync(&bin, soak.reports),
            Part::Disk => disk::disk(&bin),
            Part::Restore => restore::restore(&bin, soak.cases),
            Part::Fuzz => fuzz::fuzz(&bin, soak.examples, soak.seed),
            Part::Streams => streams(&bin, soak.streams),
            Part::Network => network::network(&bin),
        });
        let said = match outcome {
            Some(Outcome::Held) => "held".to_owned(),
            Some(Outcome::Skipped(why)) => format!("skipped: {why}"),
            None => {
                failed = true;
                "FAILED".to_owned()
            }
        };
        lines.push(format!("{:<8} {said}", format!("{part:?}").to_lowercase()));
    }
    println!("\n{}", lines.join("\n"));
    ensure!(!failed, "a part of the soak failed");
    Ok(())
}

/// Every test with its long counts, in a release build: among them a hundred thousand histories of the naive model and as many step logs, a thousand
/// clock jumps with restarts and two nodes (T5), a hundred thousand jobs and webhook events with kills (T11 of the trust plan).
fn long_tests(name: Option<&str>) -> Result<Outcome> {
    let mut tests = cargo();
    tests.args(["test", "--workspace", "--release"]);
    if let Some(name) = name {
        tests.args(["--", name, "--nocapture"]);
    }
    // Property tests take their number of cases from the first, tests with a long form look at the second.
    run(tests.env("PROPTEST_CASES", "20000").env("JINGWEI_LONG", "1"))?;
    Ok(Outcome::Held)
}

/// Five thousand streams: the example holds them open, reports, restarts the server and counts what each one missed.
fn streams(bin: &std::path::Path, streams: usize) -> Result<Outcome> {
    let dir = bench::fresh("soak-streams")?;
    let district = bench::server::District::make(bin, &dir, &bench::server::Size { grids: 60, cases: 0 }, None)?;
    let mut example = cargo();
    example.args(["run", "--quiet", "--release", "--package", "jingwei", "--example", "bench_streams", "--"]);
    run(example.arg(bin.join("jingwei")).arg(&district.data).arg(streams.to_string()))?;
    std::fs::remove_dir_all(&dir)?;
    Ok(Outcome::Held)
}

/// What a drill needs beyond the build: the superuser, or a program with its Debian package. The sentence says what is missing.
fn lacks(root: bool, programs: &[(&str, &str)]) -> Option<String> {
    if root && !tools::is_root() {
        return Some("it needs the superuser".to_owned());
    }
    let missing = programs.iter().find(|(program, _)| tools::in_path(program).is_none());
    missing.map(|(program, package)| format!("{program} is not installed; Debian has it in {package}"))
}
