//! Workers, on both engines: effects that happen once, whatever fails and however the clock jumps.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use db::{Db, Migration, bind, record, sql};
use jobs::{Context, Every, Job, Settings, Worker, dead, enqueue, load, reschedule};
use kernel::{Clock, Error, Time};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use testkit::{Engine, TestDb};
use tokio::sync::Notify;

const NOW: Time = Time::from_millis(1_700_000_000_000);
const EFFECTS: Migration<'static> =
    Migration { name: "0003_effect", text: "create table effect (n bigint not null, at bigint not null);" };

record! {
    #[derive(Debug, PartialEq)]
    struct Effect { n: i64, times: i64, first: Time }
}

async fn fresh(engine: Engine) -> TestDb {
    TestDb::new(engine, &[jobs::MIGRATION, EFFECTS]).await
}

async fn put(db: &Db, now: Time, job: &Job) {
    let mut tx = db.begin();
    enqueue(&mut tx, now, job).await.unwrap();
    tx.commit().await.unwrap();
}

/// Writes the effect and finishes the job in one transaction.
async fn effect(context: &Context, n: i64) -> kernel::Result<()> {
    let mut tx = context.db.begin();
    tx.execute(sql!("insert into effect (n, at) values ($1, $2)"), bind![n, context.clock.now()]).await?;
    context.finish(&mut tx).await?;
    tx.commit().await
}

async fn effects(db: &Db) -> Vec<Effect> {
    let statement = sql!("select n, count(*) as times, min(at) as first from effect group by n order by n");
    db.read().await.unwrap().all(statement, bind![]).await.unwrap()
}

async fn eventually<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = check().await {
            return value;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn quick() -> Settings {
    Settings { at_once: 5, longest_nap: Duration::from_millis(20), ..Settings::default() }
}

/// What was found after workers were killed again and again: effects that are missing, and effects that happened twice.
#[derive(Debug, PartialEq)]
struct Counted {
    missing: i64,
    doubled: i64,
}

/// So many jobs, two workers of which one is killed every few milliseconds and started again; the clock then passes the lease of the dead.
/// The careless handler ends its job before the effect, as no handler should.
async fn killed(engine: Engine, count: i64, careless: bool) -> Counted {
    let test = fresh(engine).await;
    let clock = Clock::frozen(NOW);
    let mut chance = StdRng::seed_from_u64(20_251_011);
    for from in (0..count).step_by(1_000) {
        let mut tx = test.db.begin();
        for n in from..count.min(from + 1_000) {
            enqueue(&mut tx, NOW, &Job::new("work", n).attempts(u32::MAX)).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    let settings = Settings { at_once: 16, ..quick() };
    let start = |db: &Db| {
        let worker = Worker::new(db.clone(), clock.clone()).with(settings).on("work", move |context, n: i64| async move {
            if !careless {
                return effect(&context, n).await;
            }
            let mut tx = context.db.begin();
            context.finish(&mut tx).await?;
            tx.commit().await?;
            tokio::time::sleep(Duration::from_millis(5)).await;
            let mut tx = context.db.begin();
            tx.execute(sql!("insert into effect (n, at) values ($1, $2)"), bind![n, context.clock.now()]).await?;
            tx.commit().await
        });
        tokio::spawn(async move { worker.run(std::future::pending::<()>()).await })
    };
    let databases = [test.db.clone(), test.again().await];
    let mut running = [start(&databases[0]), start(&databases[1])];
    let begun = Instant::now();
    let mut kills = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(chance.random_range(5..60))).await;
        let n = chance.random_range(0..2);
        running[n].abort();
        running[n] = start(&databases[n]);
        // Sixty seconds after the death at the latest somebody else has the job.
        clock.advance(60_000);
        kills += 1;
        let left = load(&mut test.db.read().await.unwrap(), clock.now()).await.unwrap();
        if left.due + left.later + left.running + left.dead == 0 {
            break;
        }
        assert!(begun.elapsed() < Duration::from_hours(1), "it does not end: {left:?}");
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    running.iter().for_each(tokio::task::JoinHandle::abort);
    let statement = sql!("select count(distinct n) as n, count(*) as times, cast(0 as bigint) as first from effect");
    let found = test.db.read().await.unwrap().one::<Effect>(statement, bind![]).await.unwrap().unwrap();
    eprintln!("{engine:?}: {count} jobs, {kills} kills, {:.1} s, careless: {careless}", begun.elapsed().as_secs_f64());
    Counted { missing: count - found.n, doubled: found.times - found.n }
}

testkit::both! {
    /// None of a few hundred jobs is missing, of a hundred thousand with `JINGWEI_LONG` (T11 of the trust plan).
    async fn killed_workers_lose_nothing(engine: Engine) {
        let long = std::env::var_os("JINGWEI_LONG").is_some();
        assert_eq!(killed(engine, if long { 100_000 } else { 400 }, false).await, Counted { missing: 0, doubled: 0 });
    }

    /// The check can fail: a handler that ends its job before the effect loses some.
    async fn a_careless_handler_is_found(engine: Engine) {
        let found = killed(engine, 400, true).await;
        assert!(found.missing > 0 && found.doubled == 0, "{found:?}");
    }
}

testkit::both! {
    /// Handlers that fail, panic, or fail after their commit, in two processes, while the clock runs so fast that leases end under them.
    async fn an_effect_happens_once_whatever_fails(engine: Engine) {
        let test = fresh(engine).await;
        let clock = Clock::frozen(NOW);
        for n in 0..60 {
            put(&test.db, NOW, &Job::new("work", n)).await;
        }
        let stop = Arc::new(Notify::new());
        let mut workers = Vec::new();
        for db in [test.db.clone(), test.again().await] {
            let worker = Worker::new(db, clock.clone()).with(quick()).on("work", |context, n: i64| async move {
                let first = context.job.attempts == 1;
                match n % 5 {
                    0 if first => Err(Error::internal("before the effect")),
                    1 if first => panic!("made to panic"),
                    2 => effect(&context, n).await.and(Err(Error::internal("after the effect"))),
                    3 if first => {
                        // Longer than the lease, as this clock counts.
                        tokio::time::sleep(Duration::from_millis(400)).await;
                        effect(&context, n).await
                    }
                    _ => effect(&context, n).await,
                }
            });
            let stop = stop.clone();
            workers.push(tokio::spawn(async move { worker.run(stop.notified()).await }));
        }
        eventually("every effect", async || {
            clock.advance(3_000);
            (effects(&test.db).await.len() == 60).then_some(())
        })
        .await;
        // Whoever still holds an old claim gets the time to do harm.
        tokio::time::sleep(Duration::from_millis(600)).await;
        stop.notify_waiters();
        for worker in workers {
            worker.await.unwrap();
        }
        let wrong: Vec<_> = effects(&test.db).await.into_iter().filter(|e| e.times != 1).collect();
        assert_eq!(wrong, []);
    }

    /// 200 timers and a periodic job, 200 jumps of the clock up to three hours forwards and back, two processes at each stop.
    async fn each_timer_fires_once_however_the_clock_jumps(engine: Engine) {
        let test = fresh(engine).await;
        let clock = Clock::frozen(NOW);
        let mut chance = StdRng::seed_from_u64(20_250_126);
        let at: Vec<Time> = (0..200).map(|_| NOW.plus_millis(chance.random_range(0..86_400_000))).collect();
        for (n, at) in at.iter().enumerate() {
            put(&test.db, NOW, &Job::new("timer", n).at(*at).once(format!("timer {n}"))).await;
        }
        let worker = |db| {
            Worker::new(db, clock.clone())
                .with(quick())
                .every("tick", Every::new(Duration::from_hours(1)))
                .on("timer", |context, n: i64| async move { effect(&context, n).await })
                .on("tick", |context, payload: serde_json::Value| async move {
                    let tick: Time = payload["tick"].as_str().unwrap().parse().unwrap();
                    effect(&context, tick.millis()).await
                })
        };
        let (one, two) = (worker(test.db.clone()), worker(test.again().await));
        let mut stops = vec![NOW];
        for _ in 0..200 {
            let jump = chance.random_range(-10_800_000..=10_800_000);
            let bounded = (clock.now().plus_millis(jump) - NOW).clamp(-86_400_000, 2 * 86_400_000);
            clock.set(NOW.plus_millis(bounded));
            stops.push(clock.now());
            let (a, b) = tokio::join!(one.run_due(), two.run_due());
            a.unwrap();
            b.unwrap();
        }
        clock.set(NOW.plus_days(3));
        one.run_due().await.unwrap();
        let (timers, ticks): (Vec<_>, Vec<_>) = effects(&test.db).await.into_iter().partition(|e| e.n < 200);
        assert_eq!(timers.len(), 200);
        assert!(timers.iter().all(|e| e.times == 1 && e.first >= at[e.n as usize]), "{timers:?}");
        let hour = Every::new(Duration::from_hours(1));
        let mut expected: Vec<i64> = stops[1..].iter().chain([&NOW.plus_days(3)]).map(|at| hour.tick(*at).millis()).collect();
        expected.sort_unstable();
        expected.dedup();
        assert_eq!(ticks.iter().map(|e| e.n).collect::<Vec<_>>(), expected);
        assert!(ticks.iter().all(|e| e.times == 1), "{ticks:?}");
    }

    /// A sweep comes each minute of a clock that was set back by three hours; what is to come once a tick does not.
    async fn a_clock_that_is_set_back_stops_no_sweep(engine: Engine) {
        let test = fresh(engine).await;
        let clock = Clock::frozen(NOW);
        let minute = Every::new(Duration::from_mins(1));
        let worker = Worker::new(test.db.clone(), clock.clone())
            .every("sweep", minute.sweeping())
            .every("once", minute)
            .on("sweep", |context, _: serde_json::Value| async move { effect(&context, 1).await })
            .on("once", |context, _: serde_json::Value| async move { effect(&context, 2).await });
        let ran = async |minutes: i64| {
            let before = effects(&test.db).await;
            for _ in 0..minutes {
                clock.advance(60_000);
                worker.run_due().await.unwrap();
            }
            let after = effects(&test.db).await;
            [1, 2].map(|n| {
                let times = |all: &[Effect]| all.iter().find(|e| e.n == n).map_or(0, |e| e.times);
                times(&after) - times(&before)
            })
        };
        assert_eq!(ran(240).await, [240, 240]);
        clock.advance(-3 * 3_600_000);
        assert_eq!(ran(180).await, [180, 0]);
        assert_eq!(ran(5).await, [5, 5], "from here on both are new");
        // One that was put into the queue and not claimed before the clock was set back does not wait for the old instant either.
        clock.advance(60_000);
        let idle = Worker::new(test.db.clone(), clock.clone()).every("sweep", minute.sweeping());
        idle.run_due().await.unwrap();
        clock.advance(-3_600_000);
        assert_eq!(ran(5).await, [5, 0]);
        // A clock that is a little behind another one's repeats nothing.
        clock.advance(-90_000);
        assert_eq!(ran(1).await, [0, 0]);
    }

    async fn a_job_that_was_claimed_before_the_clock_was_set_back_comes_at_its_instant(engine: Engine) {
        let test = fresh(engine).await;
        let clock = Clock::frozen(NOW);
        put(&test.db, NOW, &Job::new("timer", ()).at(NOW).attempts(1)).await;
        let worker = Worker::new(test.db.clone(), clock.clone()).on("timer", |context, ()| async move {
            // The first time the clock is set back while the handler begins.
            if effects(&context.db).await.is_empty() {
                context.clock.set(NOW.plus_millis(-3_600_000));
                let mut tx = context.db.begin();
                tx.execute(sql!("insert into effect (n, at) values ($1, $2)"), bind![0_i64, context.clock.now()]).await?;
                tx.commit().await?;
            }
            let (now, mut tx) = (context.clock.now(), context.db.begin());
            if context.not_yet(&mut tx, now).await? {
                return tx.commit().await;
            }
            tx.rollback().await?;
            effect(&context, 1).await
        });
        assert_eq!(worker.run_due().await.unwrap(), 1);
        assert_eq!(worker.run_due().await.unwrap(), 0, "not before its instant");
        assert_eq!(effects(&test.db).await.len(), 1);
        clock.set(NOW);
        assert_eq!(worker.run_due().await.unwrap(), 1);
        assert_eq!(effects(&test.db).await.last(), Some(&Effect { n: 1, times: 1, first: NOW }));
    }

    async fn two_workers_fire_each_tick_once(engine: Engine) {
        let test = fresh(engine).await;
        let clock = Clock::frozen(NOW);
        let minute = Every::new(Duration::from_mins(1));
        let worker = |db| {
            Worker::new(db, clock.clone()).every("tick", minute).on("tick", |context, _: serde_json::Value| async move {
                let tick = Every::new(Duration::from_mins(1)).tick(context.clock.now());
                effect(&context, tick.millis()).await
            })
        };
        let (one, two) = (worker(test.db.clone()), worker(test.again().await));
        for _ in 0..90 {
            let (a, b) = tokio::join!(one.run_due(), two.run_due());
            a.unwrap();
            b.unwrap();
            clock.advance(20_000);
        }
        let ticks = effects(&test.db).await;
        let first = minute.tick(NOW).millis();
        let last = minute.tick(clock.now().plus_millis(-20_000)).millis();
        assert_eq!(ticks.iter().map(|e| e.n).collect::<Vec<_>>(), (first..=last).step_by(60_000).collect::<Vec<_>>());
        assert!(ticks.iter().all(|e| e.times == 1), "{ticks:?}");
    }

    async fn a_panic_and_a_strange_payload_are_failures(engine: Engine) {
        let test = fresh(engine).await;
        put(&test.db, NOW, &Job::new("number", "not a number").attempts(1)).await;
        put(&test.db, NOW, &Job::new("number", 7).attempts(1)).await;
        let worker = Worker::new(test.db.clone(), Clock::frozen(NOW)).on("number", |_, n: i64| async move { panic!("no {n}") });
        assert_eq!(worker.run_due().await.unwrap(), 2);
        let mut errors: Vec<String> =
            dead(&mut test.db.read().await.unwrap(), 9).await.unwrap().into_iter().filter_map(|d| d.last_error).collect();
        errors.sort();
        assert!(errors[0].contains("payload: invalid type") && errors[1].contains("the handler stopped"), "{errors:?}");
    }

    async fn a_handler_that_does_not_finish_is_finished(engine: Engine) {
        let test = fresh(engine).await;
        put(&test.db, NOW, &Job::new("plain", ()).once("k")).await;
        let worker = Worker::new(test.db.clone(), Clock::frozen(NOW)).on("plain", |_, ()| async { Ok(()) });
        assert_eq!(worker.run_due().await.unwrap(), 1);
        put(&test.db, NOW, &Job::new("plain", ()).once("k")).await;
        assert_eq!(worker.run_due().await.unwrap(), 1);
        assert_eq!(worker.run_due().await.unwrap(), 0);
    }

    async fn enqueuing_wakes_a_sleeping_worker(engine: Engine) {
        let test = fresh(engine).await;
        let sleepy = Settings { longest_nap: Duration::from_hours(1), ..Settings::default() };
        let ran = Arc::new(Notify::new());
        let worker = Worker::new(test.db.clone(), Clock::System).with(sleepy).on("soon", {
            let ran = ran.clone();
            move |_, ()| {
                ran.notify_one();
                async { Ok(()) }
            }
        });
        let stop = Arc::new(Notify::new());
        let running = tokio::spawn({
            let stop = stop.clone();
            async move { worker.run(stop.notified()).await }
        });
        // Long enough for its naps to have grown beyond what this test waits.
        tokio::time::sleep(Duration::from_secs(3)).await;
        put(&test.db, Clock::System.now(), &Job::new("soon", ())).await;
        tokio::time::timeout(Duration::from_secs(2), ran.notified()).await.unwrap();
        stop.notify_one();
        running.await.unwrap();
    }

    /// The lease is a fifth of the work, and a second worker looks all the time.
    async fn a_long_handler_keeps_its_lease(engine: Engine) {
        let test = fresh(engine).await;
        put(&test.db, Clock::System.now(), &Job::new("long", ())).await;
        let starts = Arc::new(AtomicUsize::new(0));
        let settings = Settings { lease: Duration::from_millis(600), ..quick() };
        let worker = |db| {
            let starts = starts.clone();
            Worker::new(db, Clock::System).with(settings).on("long", move |context, ()| {
                starts.fetch_add(1, Ordering::SeqCst);
                async move {
                    tokio::time::sleep(Duration::from_secs(3)).await;
                    effect(&context, 1).await
                }
            })
        };
        let (one, two) = (worker(test.db.clone()), worker(test.again().await));
        let done = async { eventually("the effect", async || (!effects(&test.db).await.is_empty()).then_some(())).await };
        let stop = Arc::new(Notify::new());
        tokio::join!(one.run(stop.notified()), two.run(stop.notified()), async {
            done.await;
            stop.notify_waiters();
        });
        assert_eq!(starts.load(Ordering::SeqCst), 1);
    }

    async fn a_lost_lease_drops_the_handler(engine: Engine) {
        struct Dropped(Arc<AtomicBool>);
        impl Drop for Dropped {
            fn drop(&mut self) {
                self.0.store(true, Ordering::SeqCst);
            }
        }
        let test = fresh(engine).await;
        let (started, dropped) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        let now = Clock::System.now();
        put(&test.db, now, &Job::new("slow", ()).once("k")).await;
        let settings = Settings { lease: Duration::from_millis(300), ..quick() };
        let worker = Worker::new(test.db.clone(), Clock::System).with(settings).on("slow", {
            let (started, dropped) = (started.clone(), dropped.clone());
            move |_, ()| {
                let guard = Dropped(dropped.clone());
                started.notify_one();
                async move {
                    let _guard = guard;
                    std::future::pending::<kernel::Result<()>>().await
                }
            }
        });
        let stop = Arc::new(Notify::new());
        tokio::join!(worker.run(stop.notified()), async {
            started.notified().await;
            let mut tx = test.db.begin();
            reschedule(&mut tx, now, &Job::new("slow", ()).at(now.plus_days(1)).once("k")).await.unwrap();
            tx.commit().await.unwrap();
            eventually("the handler's end", async || dropped.load(Ordering::SeqCst).then_some(())).await;
            stop.notify_one();
        });
        assert_eq!(load(&mut test.db.read().await.unwrap(), now).await.unwrap().later, 1);
    }

    async fn stopping_lets_work_end_and_gives_back_what_takes_too_long(engine: Engine) {
        let test = fresh(engine).await;
        let now = Clock::System.now();
        put(&test.db, now, &Job::new("short", ())).await;
        put(&test.db, now, &Job::new("endless", ())).await;
        let started = Arc::new(AtomicUsize::new(0));
        let settings = Settings { grace: Duration::from_secs(1), ..quick() };
        let start = {
            let started = started.clone();
            move || started.fetch_add(1, Ordering::SeqCst)
        };
        let worker = Worker::new(test.db.clone(), Clock::System)
            .with(settings)
            .on("short", {
                let start = start.clone();
                move |context, ()| {
                    start();
                    async move {
                        tokio::time::sleep(Duration::from_millis(300)).await;
                        effect(&context, 1).await
                    }
                }
            })
            .on("endless", move |_, ()| {
                start();
                std::future::pending()
            });
        let stop = eventually("both to start", async || (started.load(Ordering::SeqCst) == 2).then_some(()));
        worker.run(stop).await;
        assert_eq!(effects(&test.db).await.len(), 1);
        let left = load(&mut test.db.read().await.unwrap(), Clock::System.now()).await.unwrap();
        assert_eq!((left.due, left.running), (1, 0));
        let again = jobs::claim(&test.db, Clock::System.now(), &["endless"], 1, jobs::LONGEST_LEASE).await.unwrap();
        assert_eq!(again[0].attempts, 1);
    }
}
