//! T16: the contract is fuzzed by schemathesis. No answer may be a fault of ours, and most operations must be reached by the fuzzer's own calls, not
//! only refused. What an operation needs is prepared by the hooks in `fuzz/`: `world` asks, `cases` brings cases into states, `of_cases` and
//! `of_office` say for each operation what it is about.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use testkit::postgres::{Cluster, Order, Settings};

use super::{Outcome, lacks};
use crate::{
    bench::{
        client::Connection,
        fresh,
        server::{District, Serving, Size},
    },
    run::{command, root, run},
};

/// The share of operations that must have been answered with success, in percent.
const REACHED: usize = 95;
/// What the control breaks: the table under these operations is missing, so that each of them must fail.
const BROKEN: (&str, &str) = ("incident_filter", "/api/v1/filters");

/// Fuzzes a district of sixty grids with two thousand cases on each engine, and then one with a table missing, which must show.
pub fn fuzz(bin: &Path, examples: usize, seed: u64) -> Result<Outcome> {
    let tools = [("schemathesis", "no package: `pip install schemathesis`, from PyPI"), ("python3", "python3")];
    if let Some(why) = lacks(false, &tools) {
        return Ok(Outcome::Skipped(why));
    }
    let cluster = Cluster::start_with(Settings { fsync: false, order: Order::Bytes })?;
    on(bin, "postgres", Some(&cluster.url()), examples, seed)?;
    drop(cluster);
    on(bin, "sqlite", None, examples, seed)?;
    Ok(Outcome::Held)
}

fn on(bin: &Path, engine: &str, database: Option<&str>, examples: usize, seed: u64) -> Result<()> {
    let dir = fresh("soak-fuzz")?;
    let district = District::make(bin, &dir, &Size { grids: 60, cases: 2_000 }, database)?;
    for limit in ["public_photos", "public_reads", "suggest", "lookup", "lookup_code", "remarks", "track", "login", "link"] {
        crate::bench::server::run(&mut district.command(&["admin", "limits", "set", limit, "off"]))?;
    }
    let fuzzer = Fuzzer { dir, tokens: tokens(&district)?.to_string(), may: permissions()?.to_string(), seed };
    let service = district.serve(&[])?;
    let contract = Connection::open(service.address)?.get("/api/v1/openapi.json", "")?.json()?;
    let ended = fuzzer.run(&service, examples, &["--exclude-path", "/api/v1/events"]);
    let (told, faults) = fuzzer.found(&service)?;
    let all = operations(&contract);
    let reached = reached(&told["answers"]);
    let missed: Vec<&String> = all.iter().filter(|o| !reached.contains(*o)).collect();
    let (calls, well) = counted(&told["answers"]);
    println!(
        "{engine}, seed {seed}: {calls} calls of the fuzzer, {well} answered with success, {} faults; {} of {} operations were answered with success; \
         not these: {missed:?}",
        faults.len(),
        all.len() - missed.len(),
        all.len()
    );
    for (operation, why) in missed.iter().filter_map(|o| told["unprepared"][o.as_str()].as_str().map(|why| (o, why))) {
        println!("not prepared: {operation}: {why}");
    }
    ensure!(faults.is_empty(), "faults of ours: {faults:?}");
    ended?;
    ensure!(missed.len() * 100 <= all.len() * (100 - REACHED), "fewer than {REACHED} % of the operations were reached");
    drop(service);
    if database.is_none() {
        control(&fuzzer, &district)?;
    }
    fs::remove_dir_all(&fuzzer.dir)?;
    Ok(())
}

/// The control: a fault of ours that was put in must be found by the same calls.
fn control(fuzzer: &Fuzzer, district: &District) -> Result<()> {
    let (table, path) = BROKEN;
    let broken = format!("alter table {table} rename to gone");
    let mut python = command("python3");
    python.args(["-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).connection.close()"]);
    run(python.arg(district.data.join("district.db")).arg(broken))?;
    let service = district.serve(&[])?;
    let ended = fuzzer.run(&service, 1, &["--include-path", path]);
    let (_, faults) = fuzzer.found(&service)?;
    println!("control without the table {table}: {faults:?}");
    ensure!(ended.is_err() && !faults.is_empty(), "a missing table did not show, so this check proves nothing");
    Ok(())
}

/// How schemathesis is run.
struct Fuzzer {
    dir: PathBuf,
    tokens: String,
    may: String,
    seed: u64,
}

impl Fuzzer {
    fn run(&self, service: &Serving, examples: usize, paths: &[&str]) -> Result<()> {
        let (base, hooks) = (format!("http://{}", service.address), root().join("xtask/src/soak/fuzz"));
        let mut fuzzer = command("schemathesis");
        fuzzer
            // It keeps what it found where it runs.
            .current_dir(&self.dir)
            .args([
                "run",
                &format!("{base}/api/v1/openapi.json"),
                "--checks",
                "not_a_server_error",
                "--phases",
                "coverage,fuzzing",
            ])
            .args(["--max-examples", &examples.to_string(), "--workers", "2", "--continue-on-failure", "--warnings", "off"])
            .args(["--suppress-health-check", "all", "--request-timeout", "20", "--seed", &self.seed.to_string()])
            .args(paths)
            .env("SCHEMATHESIS_HOOKS", hooks.join("hooks.py"))
            .env("PYTHONPATH", &hooks)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("FUZZ_BASE", &base)
            .env("FUZZ_TOKENS", &self.tokens)
            .env("FUZZ_MAY", &self.may)
            .env("FUZZ_SEED", self.seed.to_string())
            .env("FUZZ_REPORT", self.report());
        run(&mut fuzzer)
    }

    fn report(&self) -> PathBuf {
        self.dir.join("answers.json")
    }

    /// What the hooks wrote down, and every fault of ours, whoever met it.
    fn found(&self, service: &Serving) -> Result<(Value, Vec<String>)> {
        let told: Value = serde_json::from_str(&fs::read_to_string(self.report()).context("the fuzzer left no answers")?)?;
        Ok((told, faults(&Connection::open(service.address)?.get("/metrics", "")?.body)))
    }
}

/// The roles that hold each permission.
fn permissions() -> Result<Value> {
    let text = fs::read_to_string(root().join("server/src/modules/access/permissions.csv"))?;
    let rows = text.lines().skip(1).filter_map(|l| l.split_once(','));
    Ok(rows.map(|(permission, roles)| (permission.to_owned(), roles.split(' ').collect::<Vec<_>>())).collect())
}

/// Two tokens for each role, of accounts that hold it in the whole district.
fn tokens(district: &District) -> Result<Value> {
    let known = permissions()?;
    let roles: BTreeSet<&str> = known
        .as_object()
        .into_iter()
        .flatten()
        .flat_map(|(_, r)| r.as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .collect();
    let of = |role: &str| Ok((role.to_owned(), serde_json::json!([district.token(role)?, district.token(role)?])));
    roles.into_iter().map(of).collect::<Result<serde_json::Map<_, _>>>().map(Value::Object)
}

/// Every operation of the contract but the stream, which never ends.
fn operations(contract: &Value) -> BTreeSet<String> {
    let paths = contract["paths"].as_object().into_iter().flatten();
    let methods = paths.flat_map(|(path, item)| item.as_object().into_iter().flatten().map(move |(method, _)| (path, method)));
    methods.map(|(path, method)| format!("{} {path}", method.to_uppercase())).filter(|o| o != "GET /api/v1/events").collect()
}

/// How often each operation gave each status, as the hooks wrote it down.
fn each(answers: &Value) -> impl Iterator<Item = (&str, &str, u64)> {
    let operations = answers.as_object().into_iter().flatten();
    operations.flat_map(|(name, by)| {
        by.as_object().into_iter().flatten().map(move |(status, n)| (name.as_str(), status.as_str(), n.as_u64().unwrap_or(0)))
    })
}

/// Operations that the fuzzer was answered with success.
fn reached(answers: &Value) -> BTreeSet<String> {
    each(answers).filter(|(_, status, _)| status.starts_with('2')).map(|(name, ..)| name.to_owned()).collect()
}

/// Calls in all, and those that were answered with success.
fn counted(answers: &Value) -> (u64, u64) {
    each(answers).fold((0, 0), |(all, well), (_, status, n)| (all + n, well + if status.starts_with('2') { n } else { 0 }))
}

/// Operations that failed by a fault of ours, as the server counted them: those of the preparations as well.
fn faults(figures: &[u8]) -> Vec<String> {
    let mut faults = vec![];
    for line in String::from_utf8_lossy(figures).lines().filter(|l| l.starts_with("jingwei_request_seconds_count{")) {
        let label = |name: &str| {
            let rest = line.split_once(&format!("{name}=\""))?.1;
            rest.split_once('"').map(|(value, _)| value.to_owned())
        };
        let (Some(method), Some(route), Some(status)) = (label("method"), label("route"), label("status")) else { continue };
        // 503 and 507 say that there is too much to do or no room: no fault.
        if status.starts_with('5') && status != "503" && status != "507" {
            faults.push(format!("{method} {route}: {status}"));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_from_the_servers_own_figures() {
        let text = "jingwei_request_seconds_count{method=\"GET\",route=\"/api/v1/a/{id}\",status=\"200\"} 3\n\
                    jingwei_request_seconds_count{method=\"POST\",route=\"/api/v1/a\",status=\"422\"} 3\n\
                    jingwei_request_seconds_count{method=\"POST\",route=\"/api/v1/b\",status=\"500\"} 1\n\
                    jingwei_request_seconds_count{method=\"GET\",route=\"/api/v1/c\",status=\"503\"} 1\n";
        assert_eq!(faults(text.as_bytes()), ["POST /api/v1/b: 500"]);
    }

    #[test]
    fn only_what_the_fuzzer_was_answered_counts_as_reached() {
        let answers = serde_json::json!({"GET /api/v1/a/{id}": {"200": 2, "404": 5}, "POST /api/v1/a": {"422": 3}});
        assert_eq!(reached(&answers).into_iter().collect::<Vec<_>>(), ["GET /api/v1/a/{id}"]);
        assert_eq!(counted(&answers), (10, 2));
        let contract = serde_json::json!({"paths": {"/api/v1/a": {"post": {}}, "/api/v1/events": {"get": {}}}});
        assert_eq!(operations(&contract).into_iter().collect::<Vec<_>>(), ["POST /api/v1/a"]);
    }

    #[test]
    fn every_permission_is_somebodys() {
        let known = permissions().unwrap();
        assert!(known.as_object().unwrap().len() > 50 && known["audit.read"] == serde_json::json!(["audit-admin"]));
    }
}
