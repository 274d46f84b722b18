//! Many desks that act on one list at once: nobody's change may be lost, nobody may wait for ever.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use testkit::postgres::{Cluster, Order, Settings};

use super::{
    client::{Answer, Connection},
    fresh, key,
    load::Measured,
    report_body,
    server::{District, Size},
    spread,
};

/// How the measurement is made.
pub struct Plan {
    /// How many desks.
    pub desks: usize,
    /// Seconds of each run.
    pub seconds: u64,
    /// How many runs.
    pub runs: usize,
    /// How long a desk looks at the list before it acts; nothing is the hardest.
    pub think: Duration,
    /// One engine only.
    pub engine: Option<String>,
}

/// The list that everybody has before him: the same cases for all.
const LIST: &str = "/api/v1/incidents?state=open&sort=time_left&limit=50";
/// Open cases that wait when the desks begin.
const WAITING: u64 = 400;
/// Rows below which a list of fifty is short.
const SHORT: usize = 25;
/// What the notes of the desks begin with.
const MARK: &str = "并发备注";

/// What one desk did.
#[derive(Default)]
struct Did {
    lists: Vec<u64>,
    commands: Vec<u64>,
    /// Commands that were carried out, by case: the versions that they were decided on, and the notes.
    decided: Vec<(String, i64)>,
    notes: BTreeMap<String, usize>,
    /// Answers by status.
    answers: BTreeMap<u16, usize>,
}

/// Measures and checks on both engines.
pub fn desks(bin: &Path, plan: &Plan) -> Result<()> {
    for engine in ["sqlite", "postgres"] {
        if plan.engine.as_deref().is_none_or(|e| e == engine) {
            on(bin, plan, engine)?;
        }
    }
    Ok(())
}

fn on(bin: &Path, plan: &Plan, engine: &str) -> Result<()> {
    let dir = fresh("bench-desks")?;
    let cluster =
        (engine == "postgres").then(|| Cluster::start_with(Settings { fsync: true, order: Order::Bytes })).transpose()?;
    let url = cluster.as_ref().map(Cluster::url);
    let district = District::make(bin, &dir, &Size { grids: 60, cases: 3_000 }, url.as_deref())?;
    let tokens = (0..plan.desks).map(|_| district.token("district-dispatch")).collect::<Result<Vec<_>>>()?;
    let service = district.serve(&["--connections", "16"])?;
    let body = report_body(&district.source)?;
    let mut one = Connection::open(service.address)?;
    for n in 0..WAITING {
        one.post("/api/v1/reports", &key(n), &body(n))?;
    }
    let (mut worst, mut notes) = (vec![], BTreeMap::<String, usize>::new());
    for run in 1..=plan.runs {
        let begun = Instant::now();
        let all = act(service.address, &tokens, plan, run as u64, &body)?;
        let seconds = begun.elapsed().as_secs_f64();
        let measured = |mut micros: Vec<u64>| {
            micros.sort_unstable();
            Measured { seconds, micros, ..Measured::default() }
        };
        let lists = measured(all.iter().flat_map(|d| d.lists.iter().copied()).collect());
        let commands = measured(all.iter().flat_map(|d| d.commands.iter().copied()).collect());
        let mut answers = BTreeMap::<u16, usize>::new();
        for did in &all {
            did.answers.iter().for_each(|(status, n)| *answers.entry(*status).or_default() += n);
            did.notes.iter().for_each(|(case, n)| *notes.entry(case.clone()).or_default() += n);
        }
        println!("desks, {engine}, {} desks on one list, run {run}: lists {lists}", plan.desks);
        println!("desks, {engine}, {} desks on one list, run {run}: commands {commands}; answers {answers:?}", plan.desks);
        // Two that were decided on the same version of a case: the second has overwritten the first.
        let decided: Vec<&(String, i64)> = all.iter().flat_map(|d| &d.decided).collect();
        let apart: BTreeSet<&&(String, i64)> = decided.iter().collect();
        let lost = decided.len() - apart.len();
        println!(
            "desks, {engine}, run {run}: {} decisions on a version, {lost} of them on one that another had changed",
            decided.len()
        );
        ensure!(lost == 0, "an update was lost");
        let strange: Vec<_> = answers.keys().filter(|s| !matches!(s, 200 | 409 | 422)).collect();
        ensure!(strange.is_empty(), "answers that no desk should get: {strange:?}");
        worst.push(commands.percentile(0.99).max(lists.percentile(0.99)));
    }
    missing(&mut one, &tokens[0], &notes)?;
    println!("desks, {engine}: p99 of the slower of both, ms: {}", spread(&mut worst).replace("/s", ""));
    println!("desks, {engine}: {} notes that were acknowledged, all of them there", notes.values().sum::<usize>());
    drop(service);
    for what in ["clocks", "audit"] {
        super::server::run(&mut district.command(&["verify", what]))?;
    }
    std::fs::remove_dir_all(&dir)?;
    Ok(())
}

/// Every acknowledged note stands in its case.
fn missing(one: &mut Connection, token: &str, notes: &BTreeMap<String, usize>) -> Result<()> {
    for (case, n) in notes {
        let seen = one.get(&format!("/api/v1/incidents/{case}"), token)?.json()?;
        let steps = seen["steps"].as_array().context("no steps")?;
        let there = steps.iter().filter(|s| s["words"].as_str().is_some_and(|w| w.starts_with(MARK))).count();
        ensure!(there == *n, "{case}: {n} notes were acknowledged, {there} are there");
    }
    Ok(())
}

fn act(
    address: SocketAddr,
    tokens: &[String],
    plan: &Plan,
    run: u64,
    body: &(impl Fn(u64) -> String + Sync),
) -> Result<Vec<Did>> {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let desks: Vec<_> = tokens
            .iter()
            .zip(1..)
            .map(|(token, n)| {
                let stop = &stop;
                scope.spawn(move || desk(address, token, n + run * 1_000, plan.think, stop, body))
            })
            .collect();
        std::thread::sleep(Duration::from_secs(plan.seconds));
        stop.store(true, Ordering::Relaxed);
        desks.into_iter().map(|d| d.join().unwrap_or_else(|_| anyhow::bail!("a desk broke off"))).collect()
    })
}

/// Reads the list and acts on a case of it, again and again. A list that has become short gets a new report, which is not counted.
fn desk(
    address: SocketAddr,
    token: &str,
    seed: u64,
    think: Duration,
    stop: &AtomicBool,
    body: &impl Fn(u64) -> String,
) -> Result<Did> {
    let mut connection = Connection::open(address)?;
    let (mut did, mut chance) = (Did::default(), seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut draw = |n: usize| {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        (chance % n.max(1) as u64) as usize
    };
    while !stop.load(Ordering::Relaxed) {
        let at = Instant::now();
        let page = connection.get(LIST, token)?;
        did.lists.push(at.elapsed().as_micros() as u64);
        *did.answers.entry(page.status).or_default() += 1;
        std::thread::sleep(think);
        let page = page.json()?;
        let rows = page["items"].as_array().context("a list without items")?;
        if rows.len() < SHORT {
            let n = seed * 1_000_000 + did.lists.len() as u64;
            connection.post("/api/v1/reports", &key(n), &body(n))?;
            continue;
        }
        let row = &rows[draw(rows.len())];
        let (id, version) = (row["id"].as_str().unwrap_or_default(), row["version"].as_i64().unwrap_or_default());
        match draw(20) {
            0..6 => {
                let body = json!({ "text": format!("{MARK} {seed}") });
                if did.command(&mut connection, token, &format!("{id}/note"), &body)?.status == 200 {
                    *did.notes.entry(id.to_owned()).or_default() += 1;
                }
            }
            // Two cases change together, in the order of whoever merges; and back again.
            18 => {
                let body = json!({ "into": rows[draw(rows.len())]["id"], "version": version });
                if did.decide(&mut connection, token, id, version, "merge", &body)? {
                    did.command(&mut connection, token, &format!("{id}/unmerge"), &json!({ "reason": "不是同一件事" }))?;
                }
            }
            // Several at once.
            19 => {
                let some: Vec<&Value> = (0..5).map(|_| &rows[draw(rows.len())]).collect();
                let each = |field: &str| some.iter().map(|r| r[field].clone()).collect::<Vec<_>>();
                let body = json!({ "action": "dispatch", "ids": each("id"), "versions": each("version"), "parameters": {} });
                let answer = did.command(&mut connection, token, "bulk", &body)?;
                if answer.status == 200 {
                    let answer = answer.json()?;
                    let items = answer["items"].as_array().context("no items")?;
                    for (item, row) in items.iter().zip(&some).filter(|(item, _)| item["done"] == true) {
                        let version = row["version"].as_i64().unwrap_or_default();
                        did.decided.push((item["id"].as_str().unwrap_or_default().to_owned(), version));
                    }
                }
            }
            n => {
                let (act, body) = match row["state"].as_str() {
                    Some("received") if n % 2 == 0 => ("accept", json!({ "version": version })),
                    _ if !row["paused"].is_null() => ("resume", json!({ "version": version })),
                    Some("accepted" | "assigned") if n % 3 > 0 => ("dispatch", json!({ "version": version })),
                    _ => ("ask", json!({ "version": version, "question": "具体位置在哪里？" })),
                };
                did.decide(&mut connection, token, id, version, act, &body)?;
            }
        }
    }
    Ok(did)
}

impl Did {
    fn command(&mut self, connection: &mut Connection, token: &str, path: &str, body: &Value) -> Result<Answer> {
        let at = Instant::now();
        let answer = connection.post_as(&format!("/api/v1/incidents/{path}"), token, &body.to_string())?;
        self.commands.push(at.elapsed().as_micros() as u64);
        // A case that is merged with itself, or a list that names one twice, is the draw's fault.
        let status = if answer.status == 400 { 422 } else { answer.status };
        *self.answers.entry(status).or_default() += 1;
        Ok(answer)
    }

    fn decide(
        &mut self,
        connection: &mut Connection,
        token: &str,
        id: &str,
        version: i64,
        act: &str,
        body: &Value,
    ) -> Result<bool> {
        let done = self.command(connection, token, &format!("{id}/{act}"), body)?.status == 200;
        if done {
            self.decided.push((id.to_owned(), version));
        }
        Ok(done)
    }
}
