//! `cargo xtask test`: every test there is, summed into one line.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde_json::Value;
use testkit::postgres::Cluster;

use crate::{
    district::{self, District},
    run::{Tally, Told, built, cargo, each_line, quiet, root, scratch, step},
    tools::{self, Tool},
    web,
};

/// What to run.
#[derive(Args)]
#[command(after_help = "Example: cargo xtask test journey")]
pub struct Test {
    /// Only these, with what they need: pages, rust, journey.
    #[arg(value_parser = ["pages", "rust", "journey"])]
    only: Vec<String>,
}

/// Runs what is asked for; the last line is the sum.
pub fn test(arguments: &Test) -> Result<()> {
    let tally = run(&arguments.only);
    sum_up(&tally);
    if tally.failed > 0 { Err(Told.into()) } else { Ok(()) }
}

/// Names what failed, so that nobody has to look for it in a long output, and says the sum.
pub fn sum_up(tally: &Tally) {
    if !tally.faults.is_empty() {
        println!("\nfailed:\n  {}", tally.faults.join("\n  "));
    }
    println!("\n{tally}");
}

/// What runs some tests and counts them.
type Runner = fn() -> Result<Tally>;

/// The runners in order, each with the parts of the whole that want it.
const RUNNERS: [(&str, &[&str], Runner); 6] = [
    ("tools", &["pages", "rust", "journey"], || {
        tools::need(&[Tool::Compiler, Tool::Node, Tool::Postgres, Tool::Browser, Tool::Fonts]).map(|()| Tally::default())
    }),
    ("types of the pages", &["pages"], || web::install().and_then(|()| web::typecheck()).map(|()| Tally::default())),
    ("tests of the pages", &["pages"], web::test),
    ("build of the pages", &["pages", "rust", "journey"], || web::build().map(|()| Tally::default())),
    ("tests in Rust", &["rust"], rust),
    ("journeys through a browser", &["journey"], journey),
];

/// Every runner in turn; all of them when nothing is asked for. One that cannot run counts as a failure and does not keep the others from
/// running.
pub fn run(only: &[String]) -> Tally {
    let asked = |parts: &[&str]| only.is_empty() || only.iter().any(|o| parts.contains(&o.as_str()));
    let runners = RUNNERS.into_iter().filter(|r| asked(r.1));
    runners.fold(Tally::default(), |sum, (name, _, runner)| sum.and(step(name, runner).0.unwrap_or_else(|| Tally::broken(name))))
}

/// Every test of the workspace, both engines: with a PostgreSQL of our own unless one is named.
fn rust() -> Result<Tally> {
    let cluster = if std::env::var_os("JINGWEI_TEST_POSTGRES").is_some() { None } else { Some(Cluster::start()?) };
    let mut command = cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]);
    if let Some(cluster) = &cluster {
        command.env("JINGWEI_TEST_POSTGRES", cluster.url());
    }
    let mut tally = Tally::default();
    let ended = each_line(&mut command, |line| {
        if let Some(counts) = result(line) {
            tally.passed += counts.passed;
            tally.failed += counts.failed;
        }
        tally.faults.extend(fault(line));
    })?;
    Ok(tally.ended(ended))
}

/// The name in a line such as `test clocks::a_pause_stops ... FAILED`.
fn fault(line: &str) -> Option<String> {
    Some(line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?.to_owned())
}

/// The counts of a line such as `test result: ok. 12 passed; 0 failed; 0 ignored; …`.
fn result(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let count = |word: &str| counts.split("; ").find_map(|part| part.strip_suffix(word)?.trim().parse().ok());
    Some(Tally { passed: count("passed")?, failed: count("failed")?, ..Tally::default() })
}

/// The journeys of `web/journey/journeys`, in a browser, against a real server with a small district.
fn journey() -> Result<Tally> {
    district::build()?;
    let data = scratch("journey")?;
    if data.exists() {
        fs::remove_dir_all(&data)?;
    }
    let district = District { data: data.clone(), grids: 60, cases: None, bin: None };
    district.make()?;
    // More people log in, report and answer from this one machine within minutes than the limits take from one network in an hour.
    for limit in ["login", "link", "public_reports", "public_photos", "remarks", "suggest"] {
        quiet(Command::new(built("jingwei")?).args(["admin", "limits", "set", limit, "off", "--data"]).arg(&data))?;
    }
    let mut server = Server::start(&data)?;
    let mut command = Command::new("node");
    command.current_dir(root().join("web")).arg("journey/journey.mjs").env("SHOTS", "test-results/journey");
    // The runner makes a one-time link for each log-in with the same program.
    command.env("DISTRICT", &data).env("JINGWEI", built("jingwei")?);
    command.env("BASE_URL", &server.address).env("POSITION", inside(&data, HOME)?);
    if let Some(browser) = tools::browser() {
        command.env("CHROMIUM", browser);
    }
    let mut tally = Tally::default();
    let ended = each_line(&mut command, |line| {
        if let Some(counts) = sum(line) {
            (tally.passed, tally.failed) = (counts.passed, counts.failed);
        }
        tally.faults.extend(line.strip_prefix("FAIL ").map(str::to_owned));
    })?;
    ensure!(tally.passed > 0, "no journey began");
    let stopped = server.stop();
    let stopped = match &stopped {
        Ok(()) => Tally { passed: 1, ..Tally::default() },
        Err(error) => Tally::broken(&format!("the server stops cleanly: {error:#}")),
    };
    Ok(tally.ended(ended).and(stopped))
}

/// The grid in which the worker of the journey works: 柳荫社区第三网格.
const HOME: &str = "990101001002003";

/// The counts of a line such as `31 passed, 0 failed`.
fn sum(line: &str) -> Option<Tally> {
    let (passed, failed) = line.split_once(" passed, ")?;
    Some(Tally { passed: passed.parse().ok()?, failed: failed.strip_suffix(" failed")?.parse().ok()?, ..Tally::default() })
}

/// A point inside a grid of the district, as `lon,lat`: the mean of the corners, which lies inside since the grids are hardly bent.
fn inside(data: &Path, code: &str) -> Result<String> {
    let text = fs::read_to_string(data.join("source/grids.geojson"))?;
    let map: Value = serde_json::from_str(&text)?;
    let grid = map["features"].as_array().into_iter().flatten().find(|f| f["properties"]["code"] == code);
    let ring = grid.and_then(|g| g["geometry"]["coordinates"][0].as_array()).with_context(|| format!("no grid {code}"))?;
    let corners: Vec<[f64; 2]> = ring.iter().skip(1).filter_map(|p| Some([p[0].as_f64()?, p[1].as_f64()?])).collect();
    let mean = |i: usize| corners.iter().map(|c| c[i]).sum::<f64>() / corners.len() as f64;
    Ok(format!("{:.6},{:.6}", mean(0), mean(1)))
}

/// A running `jingwei serve` on a free port. It is killed on drop.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// How long a server may take until it listens, or until it has stopped.
    const PATIENCE: Duration = Duration::from_mins(1);

    fn start(data: &Path) -> Result<Self> {
        let log = fs::File::create(data.join("serve.log"))?;
        let mut command = Command::new(built("jingwei")?);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().context("the server")?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let mut server = Self { child, address: String::new() };
        let Some(address) = line.trim().strip_prefix("listening on ") else {
            let _ = server.child.wait();
            bail!("the server did not start: {}", fs::read_to_string(data.join("serve.log")).unwrap_or_default());
        };
        address.clone_into(&mut server.address);
        Ok(server)
    }

    /// Asks it to stop, as a service manager does, and waits until it has.
    fn stop(&mut self) -> Result<()> {
        quiet(Command::new("kill").args(["-TERM", &self.child.id().to_string()]))?;
        let asked = Instant::now();
        while asked.elapsed() < Self::PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "the server ended with {status}");
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("the server did not stop within {} s", Self::PATIENCE.as_secs());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already when `stop` was called; then both do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_cargo_are_counted() {
        let line = "test result: FAILED. 12 passed; 2 failed; 0 ignored; 0 measured; 1 filtered out; finished in 0.01s";
        assert_eq!(result(line), Some(Tally { passed: 12, failed: 2, ..Tally::default() }));
        assert_eq!(result("running 3 tests"), None);
        assert_eq!(result("test result: a line of somebody else"), None);
    }

    #[test]
    fn a_failed_test_is_named() {
        assert_eq!(fault("test clocks::a_pause_stops ... FAILED").as_deref(), Some("clocks::a_pause_stops"));
        assert_eq!(fault("test clocks::a_pause_stops ... ok"), None);
    }

    #[test]
    fn the_journeys_last_line_is_counted() {
        assert_eq!(sum("31 passed, 2 failed"), Some(Tally { passed: 31, failed: 2, ..Tally::default() }));
        assert_eq!(sum("ok   31 passed, all well"), None);
    }
}
