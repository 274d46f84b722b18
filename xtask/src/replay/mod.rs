//! `cargo xtask replay`: real messages through the whole road, over HTTP. The data is not part of the project; without it this says so and ends well.

mod drive;
mod source;

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::Value;

use self::{
    drive::{Road, Tokens, drive},
    source::{Message, Spread, expect},
};
use crate::{
    bench::{
        client::Connection,
        fresh, key,
        load::Measured,
        machine,
        server::{District, Serving},
    },
    run::{cargo, quiet, root},
};

/// What to send, and how the server is built.
#[derive(Args)]
#[command(after_help = "Example: cargo xtask replay --data ../shared/data --release")]
pub struct Replay {
    /// The folder of the data, relative to the project; without it `JINGWEI_DATA`, else `../shared/data`.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Build for release: figures of time mean something only then.
    #[arg(long)]
    release: bool,
    /// Connections that send at the same time.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Cases that are driven until they are closed and rated.
    #[arg(long, default_value_t = 100)]
    drive: usize,
    /// Leave the district's folder where it is.
    #[arg(long)]
    keep: bool,
}

/// The files that this needs, from the data's folder.
const FILES: [&str; 5] = [
    "polygons/villages_7599.geojson.gz",
    "complaints/taxonomy.csv",
    "complaints/train.csv",
    "complaints/train_subjects.csv",
    "complaints/messages_unlabelled.csv",
];

/// Runs it; what it prints is the result.
pub fn replay(replay: &Replay) -> Result<()> {
    let given = replay.data.clone().or_else(|| std::env::var_os("JINGWEI_DATA").map(PathBuf::from));
    let data = root().join(given.unwrap_or_else(|| PathBuf::from("../shared/data")));
    if let Some(missing) = FILES.iter().map(|f| data.join(f)).find(|f| !f.is_file()) {
        println!("skipped: {} is not there; --data or JINGWEI_DATA says where the data lies", missing.display());
        return Ok(());
    }
    let profile = if replay.release { "release" } else { "dev" };
    println!("machine: {}; server built for {profile}, SQLite, synchronous=FULL", machine());
    let bin = build(replay.release)?;
    let dir = fresh("replay")?;
    let district = District::at(&bin, &dir);
    set_up(&district, &data, &dir)?;
    let mut spread = Spread::over(source::polygons(&data.join(FILES[0]))?);
    let messages = source::messages(&data.join(FILES[4]), &mut spread)?;
    let tokens = Tokens { desk: district.token("district-dispatch")?, handler: district.token("community-desk")? };
    let service = district.serve(&["--connections", "16"])?;
    let sent = send(service.address, &messages, replay.connections)?;
    told(&sent, &messages, replay.connections);
    counted(&service, &tokens)?;
    let driven = driven(&service, &tokens, &sent, replay.drive)?;
    // The relay seals the audit record within a second.
    std::thread::sleep(Duration::from_secs(3));
    for what in ["clocks", "audit"] {
        print!("verify {what}: {}", quiet(&mut district.command(&["verify", what]))?);
    }
    println!("server's memory: {:.0} MB; server's warnings: {}", service.resident_mb()?, warnings(&district)?);
    drop(service);
    if replay.keep {
        println!("kept: {}", dir.display());
    } else {
        fs::remove_dir_all(&dir)?;
    }
    ensure!(sent.refused.is_empty(), "some messages were not taken");
    ensure!(driven == replay.drive.min(sent.taken.len()), "not every case came to its end");
    Ok(())
}

fn build(release: bool) -> Result<PathBuf> {
    let mut command = cargo();
    command.args(["build", "--quiet", "--package", "jingwei", "--bins"]);
    crate::run::run(if release { command.arg("--release") } else { &mut command })?;
    let me = std::env::current_exe()?;
    Ok(me.ancestors().nth(2).context("a target folder")?.join(if release { "release" } else { "debug" }))
}

/// Makes the district from the polygons, the taxonomy and the labelled complaints, and says what each import said.
fn set_up(district: &District, data: &Path, dir: &Path) -> Result<()> {
    let [polygons, taxonomy, train, subjects, _] = FILES.map(|f| data.join(f));
    quiet(&mut district.command(&["init", "--code", "990102", "--name", "重放区"]))?;
    let begun = Instant::now();
    let mut import = district.command(&["import", "grids", "--map", "code=id", "community=town", "street=county"]);
    let report = quiet(import.arg(polygons))?;
    println!("polygons, imported in {:.1} s:", begun.elapsed().as_secs_f64());
    // The findings one by one are for whoever keeps the polygons.
    for line in report.lines().filter(|l| !l.contains("行 ") && !l.contains(" overlap:")) {
        println!("  {}", line.chars().take(150).collect::<String>());
    }
    print!("taxonomy as it is: {}", quiet(district.command(&["import", "catalogue"]).arg(&taxonomy))?);
    let (labels, derived) = (source::labels(&train)?, dir.join("catalogue.csv"));
    let rows = source::catalogue(&taxonomy, &labels, &derived)?;
    println!(
        "catalogue made of it, since a bare taxonomy leaves every case to the district: {rows} matters, class 基本, lead 属地社区,"
    );
    println!("  limits of 2 and 16 working hours, a fifth verified; {} of them are the labels of the training set", labels.len());
    print!("  {}", quiet(district.command(&["import", "catalogue"]).arg(&derived))?);
    let (model, begun) = (dir.join("classifier.model"), Instant::now());
    let mut learn = district.program(&["train", "--text", "text,subject", "--label", "label", "--input"]);
    let learnt = quiet(learn.arg(&train).arg("--input").arg(&subjects).arg("--model").arg(&model))?;
    println!("classifier, {:.1} s: {}", begun.elapsed().as_secs_f64(), learnt.rsplit_once(", ").map_or("", |(said, _)| said));
    print!("  {}", quiet(district.command(&["import", "model"]).arg(&model))?);
    for limit in ["public_reports", "public_reads", "remarks", "track"] {
        quiet(&mut district.command(&["admin", "limits", "set", limit, "off"]))?;
    }
    Ok(())
}

/// A message that became a case.
struct Taken {
    id: String,
    track: String,
    /// The score of the open case that is most like it, of those that were proposed.
    alike: Option<f64>,
}

/// What sending measured.
#[derive(Default)]
struct Sent {
    measured: Measured,
    taken: Vec<Taken>,
    /// The statements of each report.
    statements: Vec<u32>,
    /// What was answered to the others.
    refused: Vec<String>,
}

/// Sends every message once, from several connections.
fn send(address: SocketAddr, messages: &[Message], connections: usize) -> Result<Sent> {
    let (next, begun) = (AtomicUsize::new(0), Instant::now());
    let one = || -> Result<Sent> {
        let (mut connection, mut part) = (Connection::open(address)?, Sent::default());
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let Some(message) = messages.get(n) else { return Ok(part) };
            let at = Instant::now();
            let answer = connection.post("/api/v1/reports", &key(n as u64), &message.body)?;
            if answer.status != 201 {
                part.refused.push(format!("message {n}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)));
                continue;
            }
            part.measured.micros.push(at.elapsed().as_micros() as u64);
            part.statements.push(answer.statements);
            let receipt = answer.json()?;
            let text = |field: &str| receipt[field].as_str().map(str::to_owned).with_context(|| format!("no {field}"));
            let alike = receipt["duplicates"][0]["score"].as_f64();
            part.taken.push(Taken { id: text("id")?, track: text("track")?, alike });
        }
    };
    let parts = std::thread::scope(|scope| -> Result<Vec<Sent>> {
        let threads: Vec<_> = (0..connections.max(1)).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|t| t.join().unwrap_or_else(|_| bail!("a sending thread panicked"))).collect()
    })?;
    let mut all = Sent::default();
    for part in parts {
        all.measured.micros.extend(part.measured.micros);
        all.taken.extend(part.taken);
        all.statements.extend(part.statements);
        all.refused.extend(part.refused);
    }
    all.measured.seconds = begun.elapsed().as_secs_f64();
    all.measured.micros.sort_unstable();
    all.measured.statements = all.statements.iter().copied().max().unwrap_or(0);
    all.measured.wrong = all.refused.len() as u64;
    Ok(all)
}

/// Says what sending measured.
fn told(sent: &Sent, messages: &[Message], connections: usize) {
    row("messages taken", sent.taken.len(), messages.len());
    for refused in sent.refused.iter().take(5) {
        println!("  {refused}");
    }
    let scores = || sent.taken.iter().filter_map(|t| t.alike);
    row("duplicates proposed with them", scores().count(), sent.taken.len());
    println!("  of these {} very probably (score from 0.5 on), the others possibly", scores().filter(|s| *s >= 0.5).count());
    println!("reports from {connections} connections: {}", sent.measured);
    println!("statements of a report: {}", median(sent.statements.clone()));
}

/// Says where the cases stand before anybody touches them.
fn counted(service: &Serving, tokens: &Tokens) -> Result<()> {
    let answer = Connection::open(service.address)?.get("/api/v1/incidents/counts", &tokens.desk)?;
    let counts = expect(&answer, 200, "the counts")?;
    let all = numbers(&counts["states"]);
    let (total, why) = (all.values().sum::<usize>(), numbers(&counts["attention"]));
    let with = |word: &str| why.get(word).copied().unwrap_or(0);
    row("located in a grid", total - with("no-grid"), total);
    row("classified above the threshold", total - with("low-confidence"), total);
    row("dispatched by the rules", all.get("assigned").copied().unwrap_or(0), total);
    println!("states: {all:?}; why a human is needed: {why:?}");
    Ok(())
}

fn numbers(counts: &Value) -> BTreeMap<String, usize> {
    let pairs = counts.as_object().into_iter().flatten();
    pairs.filter_map(|(word, n)| Some((word.clone(), usize::try_from(n.as_u64()?).ok()?))).collect()
}

/// Drives cases from everywhere among the sent ones, and says how many came to their end.
fn driven(service: &Serving, tokens: &Tokens, sent: &Sent, wanted: usize) -> Result<usize> {
    let mut connection = Connection::open(service.address)?;
    let wanted = wanted.min(sent.taken.len());
    let (mut roads, begun) = (Vec::<Road>::new(), Instant::now());
    for n in 0..wanted {
        let case = &sent.taken[n * sent.taken.len() / wanted];
        match drive(&mut connection, tokens, &case.id, &case.track, 1_000_000_000 + n as u64) {
            Ok(road) => roads.push(road),
            Err(error) => println!("  {error:#}"),
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    row("driven to closed and rated", roads.len(), wanted);
    let count = |what: fn(&Road) -> bool| roads.iter().filter(|r| what(r)).count();
    println!(
        "  accepted by the desk {}, dispatched by the desk {}, verified by another account {}; {seconds:.1} s one after another",
        count(|r| r.accepted),
        count(|r| r.dispatched),
        count(|r| r.verified)
    );
    println!("statements of a command of staff: {}", median(roads.iter().flat_map(|r| r.statements.clone()).collect()));
    Ok(roads.len())
}

/// A share with its denominator.
fn row(what: &str, part: usize, whole: usize) {
    println!("{what}: {part} of {whole} ({:.1} %)", 100.0 * part as f64 / whole.max(1) as f64);
}

fn median(mut numbers: Vec<u32>) -> String {
    numbers.sort_unstable();
    let at = |n: usize| numbers.get(n).copied().unwrap_or(0);
    format!("median {}, {} to {}", at(numbers.len() / 2), at(0), at(numbers.len().saturating_sub(1)))
}

/// How often the server said that something is not as it should be.
fn warnings(district: &District) -> Result<usize> {
    let log = fs::read_to_string(district.log())?;
    Ok(log.lines().filter(|l| l.contains("WARN") || l.contains("ERROR")).count())
}
