//! How quickly many open streams hear of a report, and whether any misses one when the server dies in between:
//! `cargo run --release -p jingwei --example bench_streams -- JINGWEI DATA STREAMS`.
//!
//! JINGWEI is the program, DATA the folder of a district whose limit of public reports is off. Opens so many streams, twenty an account, reports
//! twice a second for half a minute, kills the server with -9 and starts it again on the same port, reports for another quarter of a minute, and
//! holds every stream to every report. A stream that breaks off comes again with the last number it saw. Fails when one misses a report, or when
//! the slowest hundredth waited longer than a second before the restart.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench prints what it measures and stops at the first surprise")]

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
    sync::Mutex,
    task::JoinSet,
    time::{sleep, timeout},
};
use uuid::Uuid;

/// Streams of one account that the server allows.
const EACH: usize = 20;
/// Reports before and after the restart, and the time between two.
const BEFORE: u32 = 60;
const AFTER: u32 = 30;
const PAUSE: Duration = Duration::from_millis(500);
/// How long the last report may take to reach everybody before it counts as missed.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a stream was told to read everything anew, which no report is heard by.
static RELOADS: AtomicUsize = AtomicUsize::new(0);

/// Where a stream notes when it was last told so: whoever reads everything anew finds what was reported before.
const ANEW: Uuid = Uuid::nil();

/// When a stream heard of which case.
type Heard = HashMap<Uuid, Instant>;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let program = PathBuf::from(arguments.next().expect("the program jingwei"));
    let data = PathBuf::from(arguments.next().expect("the district's folder"));
    let streams: usize = arguments.next().map_or(5_000, |n| n.parse().expect("a number of streams"));
    println!("load before: {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
    let tokens = tokens(&program, &data, streams.div_ceil(EACH)).await;
    let (mut server, address) = serve(&program, &data, "127.0.0.1:0").await;
    let mut listeners = JoinSet::new();
    let heard: Vec<Arc<Mutex<Heard>>> = (0..streams).map(|_| Arc::default()).collect();
    settled(address, &tokens[0]).await;
    RELOADS.store(0, Ordering::Relaxed);
    let open = Arc::new(AtomicUsize::new(0));
    let opened = Instant::now();
    for (n, heard) in heard.iter().enumerate() {
        listeners.spawn(listen(address, tokens[n / EACH].clone(), Arc::clone(heard), Arc::clone(&open)));
        // A burst of connections longer than the kernel's queue would be dropped, not refused.
        if n % 100 == 99 {
            sleep(Duration::from_millis(20)).await;
        }
    }
    // A stream hears of what comes after it was answered.
    while open.load(Ordering::Relaxed) < streams {
        assert!(opened.elapsed() < PATIENCE, "{} of {streams} streams were opened", open.load(Ordering::Relaxed));
        sleep(Duration::from_millis(50)).await;
    }
    println!("{streams} streams opened in {:.1} s; {} MB resident", opened.elapsed().as_secs_f64(), resident(&server));

    let mut sent: Vec<(Uuid, Instant)> = vec![];
    for n in 0..BEFORE {
        sent.push(report(address, n).await);
        sleep(PAUSE).await;
    }
    sleep(Duration::from_secs(2)).await;
    let quick = waits(&sent, &heard).await;
    println!("before the restart: {}", spread(&quick));
    server.kill().await.expect("it dies");
    let died = Instant::now();
    let (again, _) = serve(&program, &data, &address.to_string()).await;
    println!("restarted after {:.1} s", died.elapsed().as_secs_f64());
    let calm = sent.len();
    for n in 0..AFTER {
        sent.push(report(address, BEFORE + n).await);
        sleep(PAUSE).await;
    }
    let last = Instant::now();
    let missed = loop {
        let missed = missed(&sent, &heard).await;
        if missed == 0 || last.elapsed() > PATIENCE {
            break missed;
        }
        sleep(Duration::from_millis(200)).await;
    };
    println!("after the restart: {}", spread(&waits(&sent[calm..], &heard).await));
    let reloads = RELOADS.load(Ordering::Relaxed);
    println!(
        "{} reports, {streams} streams: {missed} missed, {reloads} times told to read anew; {} MB resident",
        sent.len(),
        resident(&again)
    );
    listeners.abort_all();
    drop(again);
    assert_eq!(missed, 0, "streams missed reports");
    assert!(percentile(&quick, 0.99) <= 1.0, "the slowest hundredth waited longer than a second");
}

/// Tokens of so many accounts.
async fn tokens(program: &Path, data: &Path, accounts: usize) -> Vec<String> {
    let mut all = Vec::with_capacity(accounts);
    for _ in 0..accounts {
        let mut command = Command::new(program);
        let output =
            command.args(["admin", "token", "--role", "district-dispatch", "--data"]).arg(data).output().await.expect("a token");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        all.push(String::from_utf8(output.stdout).expect("a token").trim().to_owned());
    }
    all
}

/// Waits until the server has told what was done before it started, here the making of the accounts: whoever comes while it catches up is told to
/// read everything anew, which is no report that is heard.
async fn settled(address: SocketAddr, token: &str) {
    let heard = Arc::<Mutex<Heard>>::default();
    let first = tokio::spawn(listen(address, token.to_owned(), Arc::clone(&heard), Arc::default()));
    let started = Instant::now();
    for n in BEFORE + AFTER.. {
        let (id, _) = report(address, n).await;
        sleep(Duration::from_secs(1)).await;
        if heard.lock().await.contains_key(&id) {
            break;
        }
        assert!(started.elapsed() < PATIENCE, "the server does not come to tell what is new");
    }
    first.abort();
}

/// Starts the server and waits until it listens.
async fn serve(program: &Path, data: &Path, listen: &str) -> (Child, SocketAddr) {
    let mut command = Command::new(program);
    command
        .args(["serve", "--listen", listen, "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let mut child = command.spawn().expect("the server");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).await.expect("a line");
    let address = line.trim().rsplit("//").next().and_then(|a| a.parse().ok()).expect("an address");
    (child, address)
}

/// Keeps a stream open for ever, and notes when it first heard of each case.
async fn listen(address: SocketAddr, token: String, heard: Arc<Mutex<Heard>>, open: Arc<AtomicUsize>) {
    let mut last = String::new();
    loop {
        // Whoever was cut off comes again, not all at once.
        if follow(address, &token, &mut last, &heard, &open).await.is_none() {
            sleep(Duration::from_millis(200 + u64::from(rand::random::<u16>() % 1_800))).await;
        }
    }
}

async fn follow(address: SocketAddr, token: &str, last: &mut String, heard: &Mutex<Heard>, open: &AtomicUsize) -> Option<()> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let resume = if last.is_empty() { String::new() } else { format!("Last-Event-ID: {last}\r\n") };
    let head = format!("GET /api/v1/events HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n{resume}\r\n");
    stream.write_all(head.as_bytes()).await.ok()?;
    let mut lines = BufReader::new(stream).lines();
    loop {
        // A heartbeat comes every twenty seconds.
        let line = timeout(Duration::from_mins(1), lines.next_line()).await.ok()?.ok()??;
        if line.starts_with("HTTP/1.1 200") {
            open.fetch_add(1, Ordering::Relaxed);
        } else if let Some(id) = line.strip_prefix("id:") {
            id.trim().clone_into(last);
        } else if line.strip_prefix("event:").is_some_and(|name| name.trim() == "reload") {
            RELOADS.fetch_add(1, Ordering::Relaxed);
            heard.lock().await.insert(ANEW, Instant::now());
        } else if let Some(data) = line.strip_prefix("data:") {
            let now = Instant::now();
            let Ok(data) = serde_json::from_str::<serde_json::Value>(data) else { continue };
            let mut heard = heard.lock().await;
            for object in data["objects"].as_array().into_iter().flatten() {
                if let Some(id) = object["id"].as_str().and_then(|id| id.parse().ok()) {
                    heard.entry(id).or_insert(now);
                }
            }
        }
    }
}

/// Reports, again with the same key until it is acknowledged; which case it became, and when the report was sent.
async fn report(address: SocketAddr, n: u32) -> (Uuid, Instant) {
    let body = format!(r#"{{"text":"{n}号楼的楼道灯坏了","lon":112.9,"lat":33.1}}"#);
    let head = format!(
        "POST /api/v1/reports HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nIdempotency-Key: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        Uuid::from_u128(u128::from(n) | 0x4000_8000_0000_0000_0000),
        body.len()
    );
    for _ in 0..100 {
        let sent = Instant::now();
        let answer = async {
            let mut stream = TcpStream::connect(address).await.ok()?;
            stream.write_all(head.as_bytes()).await.ok()?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.ok()?;
            let (head, body) = answer.split_once("\r\n\r\n")?;
            assert!(head.starts_with("HTTP/1.1 201"), "{answer}");
            let (from, to) = (body.find('{')?, body.rfind('}')?);
            serde_json::from_str::<serde_json::Value>(&body[from..=to]).ok()?["id"].as_str()?.parse().ok()
        };
        if let Some(id) = answer.await {
            return (id, sent);
        }
        sleep(Duration::from_millis(200)).await;
    }
    panic!("the report was never acknowledged");
}

/// How long each stream waited for each report that it heard of, in seconds, in order.
async fn waits(sent: &[(Uuid, Instant)], heard: &[Arc<Mutex<Heard>>]) -> Vec<f64> {
    let mut all = Vec::with_capacity(sent.len() * heard.len());
    for heard in heard {
        let heard = heard.lock().await;
        all.extend(sent.iter().filter_map(|(id, at)| Some(heard.get(id)?.saturating_duration_since(*at).as_secs_f64())));
    }
    all.sort_by(f64::total_cmp);
    all
}

async fn missed(sent: &[(Uuid, Instant)], heard: &[Arc<Mutex<Heard>>]) -> usize {
    let mut missed = 0;
    for heard in heard {
        let heard = heard.lock().await;
        let found_anew = |at: &Instant| heard.get(&ANEW).is_some_and(|told| told > at);
        missed += sent.iter().filter(|(id, at)| !heard.contains_key(id) && !found_anew(at)).count();
    }
    missed
}

fn percentile(sorted: &[f64], share: f64) -> f64 {
    sorted.get(((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::INFINITY)
}

fn spread(sorted: &[f64]) -> String {
    let at = |share| percentile(sorted, share) * 1_000.0;
    format!("{} times heard, p50 {:.0} ms, p99 {:.0} ms, longest {:.0} ms", sorted.len(), at(0.5), at(0.99), at(1.0))
}

fn resident(server: &Child) -> u64 {
    let status = server.id().and_then(|id| std::fs::read_to_string(format!("/proc/{id}/status")).ok()).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) / 1024
}
