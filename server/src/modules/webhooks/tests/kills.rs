//! Processes that are killed while they feed and send: no event is missing, and those of a case come in order (T11 of the trust plan).

use std::{
    collections::{BTreeMap, HashSet},
    time::{Duration, Instant},
};

use db::{bind, sql};
use kernel::{Actor, Clock, Id};
use serde_json::json;
use testkit::Engine;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::receiver::{Heard, Receiver, app, enter};
use crate::{
    app::{App, Shared},
    modules::{access::audit::Audit, webhooks},
    relay::Relay,
    testing::{
        TestApp,
        town::{COMMUNITY, DISTRICT},
    },
};

/// Steps of each case.
const VERSIONS: usize = 20;

/// So many steps of cases in the record, as changes of cases write them, in the order of their versions.
async fn happen(app: &TestApp, events: usize) {
    let cases: Vec<Uuid> = (0..events.div_ceil(VERSIONS)).map(|_| Id::<App>::new(app.now()).uuid()).collect();
    for version in 1..=VERSIONS {
        app.clock.advance(1);
        for chunk in cases.chunks(200) {
            let row = |case: &Uuid| {
                Audit::new("note", "incident", *case)
                    .under(COMMUNITY)
                    .with("code", case.to_string())
                    .with("version", version as i64)
                    .with("actions", vec!["note"])
                    .with("state", "assigned")
            };
            let mut tx = app.db.begin();
            Audit::record_all(chunk.iter().map(row).collect(), &mut tx, app.now(), &Actor::system()).await.unwrap();
            tx.commit().await.unwrap();
        }
    }
}

/// A process that seals, feeds and sends, until it is killed.
fn process(app: &Shared) -> JoinHandle<()> {
    let app = app.clone();
    tokio::spawn(async move {
        let mut relay = Relay::new(&app).await.unwrap();
        loop {
            // A process that meets another one's work tries again; only the end counts here.
            let _ = relay.step(&app).await;
            let _ = webhooks::feed(&app).await;
            let _ = webhooks::deliver(&app).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
}

/// What has not been sealed, fed or sent yet.
async fn left(app: &TestApp) -> i64 {
    let waiting = sql!(
        "select (select count(*) from audit where number is null) + (select count(*) from webhook_delivery where state <> 'sent')
         + (select count(*) from webhook_endpoint where fed < (select max(number) from audit)) as value"
    );
    app.db.read().await.unwrap().value(waiting, bind![]).await.unwrap().unwrap()
}

/// Whoever notes a delivery as sent when he takes it up, not when it was taken.
async fn note_first(app: &TestApp) {
    let mut tx = app.db.begin();
    tx.execute(sql!("update webhook_delivery set state = 'sent' where state = 'waiting' and attempts > 0"), bind![])
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// How many events are missing, and in how many cases they came out of order; each counts when it was heard first.
fn judge(heard: &[Heard], events: usize) -> (usize, usize) {
    let mut seen = HashSet::new();
    let mut cases: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for h in heard.iter().filter(|h| seen.insert(h.id().to_owned())) {
        let event = h.event();
        let case = cases.entry(event["data"]["code"].as_str().unwrap().to_owned()).or_default();
        case.push(event["data"]["version"].as_i64().unwrap());
    }
    let came: usize = cases.values().map(Vec::len).sum();
    (events.div_ceil(VERSIONS) * VERSIONS - came, cases.values().filter(|c| !c.is_sorted()).count())
}

/// Two processes on one database, of which one is killed every few milliseconds and another takes its place.
async fn killed(engine: Engine, events: usize, careless: bool) -> (usize, usize) {
    let app = app(engine).await;
    let admin = app.login_as("system-admin", DISTRICT).await;
    let mut receiver = Receiver::start(0).await;
    enter(&admin, &receiver.url(), json!([])).await;
    happen(&app, events).await;
    let others = [other(&app).await, other(&app).await];
    let mut running = [process(&others[0]), process(&others[1])];
    if careless {
        // The receiver is away while the first are taken up.
        let (port, _) = receiver.stop().await;
        while attempts(&app).await == 0 {
            app.clock.advance(1_000);
            for other in &others {
                other.clock.set(app.now());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        note_first(&app).await;
        receiver = Receiver::start(port).await;
    }
    let (begun, mut kills, mut chance) = (Instant::now(), 0_usize, 0x9e37_79b9_7f4a_7c15_u64);
    while left(&app).await > 0 {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        tokio::time::sleep(Duration::from_millis(20 + (chance >> 40) % 100)).await;
        let n = (chance >> 33) as usize % 2;
        running[n].abort();
        kills += 1;
        if kills % 7 == 0 {
            receiver.answer(&[None, None, Some("HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n")]);
        }
        // What the dead had taken up comes back within sixty seconds.
        app.clock.advance(60_000);
        for other in &others {
            other.clock.set(app.now());
        }
        running[n] = process(&others[n]);
        let patience = Duration::from_mins(if events > 1_000 { 60 } else { 1 });
        assert!(begun.elapsed() < patience, "it does not end: {} are left", left(&app).await);
    }
    running.iter().for_each(JoinHandle::abort);
    eprintln!("{engine:?}: {events} events, {kills} kills, {:.1} s", begun.elapsed().as_secs_f64());
    judge(&receiver.heard(), events)
}

async fn attempts(app: &TestApp) -> i64 {
    let tried = sql!("select count(*) as value from webhook_delivery where attempts > 0");
    app.db.read().await.unwrap().value(tried, bind![]).await.unwrap().unwrap()
}

async fn other(app: &TestApp) -> Shared {
    App::open(app.database.db.clone(), Clock::frozen(app.now()), app.config.clone()).await.unwrap()
}

testkit::both! {
    /// A hundred events, a hundred thousand with `JINGWEI_LONG`.
    async fn killed_processes_lose_no_event(engine: Engine) {
        let long = std::env::var_os("JINGWEI_LONG").is_some();
        assert_eq!(killed(engine, if long { 100_000 } else { 200 }, false).await, (0, 0));
    }

    /// The check can fail: a process that notes before it sends loses events.
    async fn a_process_that_notes_first_is_found(engine: Engine) {
        let (missing, _) = killed(engine, 200, true).await;
        assert!(missing > 0);
    }

    /// How fast deliveries go out: `JINGWEI_FIGURES=10000 cargo test --release -p jingwei --lib webhooks::tests::kills -- --nocapture`.
    async fn deliveries_a_second(engine: Engine) {
        let Some(events) = std::env::var("JINGWEI_FIGURES").ok().and_then(|n| n.parse::<usize>().ok()) else {
            eprintln!("skipped: JINGWEI_FIGURES says how many events to measure");
            return;
        };
        let app = app(engine).await;
        let admin = app.login_as("system-admin", DISTRICT).await;
        let receiver = Receiver::start(0).await;
        enter(&admin, &receiver.url(), json!([])).await;
        let mut rates = vec![];
        for _ in 0..5 {
            happen(&app, events).await;
            let mut relay = Relay::new(&app).await.unwrap();
            while relay.step(&app).await.unwrap().sealed > 0 {}
            relay.leave(&app).await.unwrap();
            let fed = webhooks::feed(&app).await.unwrap();
            let begun = Instant::now();
            let sent = webhooks::deliver(&app).await.unwrap();
            rates.push(f64::from(sent.sent) / begun.elapsed().as_secs_f64());
            assert_eq!((sent.sent, sent.later, sent.dead), (events as u32, 0, 0), "{fed} were made just now");
        }
        rates.sort_by(f64::total_cmp);
        eprintln!("{engine:?}: {events} deliveries, median {:.0}/s of {rates:.0?}", rates[2]);
    }
}
