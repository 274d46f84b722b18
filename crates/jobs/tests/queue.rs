//! The queue itself, on both engines: who gets a job, when, and how often.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{collections::BTreeMap, time::Duration};

use db::{Conn, Db};
use jobs::{
    Claimed, Job, LONGEST_LEASE, Load, Outcome, cancel, claim, dead, discard, enqueue, extend, fail, finish, load, purge,
    release, requeue, reschedule,
};
use kernel::{Error, Id, Time};
use testkit::{Engine, TestDb};

const KINDS: &[&str] = &["a", "b"];
const NOW: Time = Time::from_millis(1_000_000);

async fn fresh(engine: Engine) -> TestDb {
    TestDb::new(engine, &[jobs::MIGRATION]).await
}

async fn put(db: &Db, job: &Job) -> Option<Id<Job>> {
    let mut tx = db.begin();
    let id = enqueue(&mut tx, NOW, job).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn take(db: &Db, now: Time) -> Vec<Claimed> {
    claim(db, now, KINDS, 100, LONGEST_LEASE).await.unwrap()
}

async fn one(db: &Db, now: Time) -> Claimed {
    let mut claimed = take(db, now).await;
    assert_eq!(claimed.len(), 1);
    claimed.pop().unwrap()
}

async fn failed(db: &Db, now: Time, job: &Claimed, error: &Error) -> Outcome {
    let mut tx = db.begin();
    let outcome = fail(&mut tx, now, job, error, 0.0).await.unwrap();
    tx.commit().await.unwrap();
    outcome
}

async fn done(db: &Db, now: Time, job: &Claimed) -> kernel::Result<()> {
    let mut tx = db.begin();
    finish(&mut tx, now, job).await?;
    tx.commit().await
}

/// Runs something on the write transaction and commits.
async fn write<T>(db: &Db, work: impl AsyncFnOnce(&mut Conn) -> kernel::Result<T>) -> T {
    let mut tx = db.begin();
    let value = work(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    value
}

testkit::both! {
    async fn each_job_goes_to_one_of_many_claimers(engine: Engine) {
        let test = fresh(engine).await;
        let count = 300;
        write(&test.db, async |tx| {
            for n in 0..count {
                enqueue(tx, NOW, &Job::new("a", n)).await?;
            }
            Ok(())
        })
        .await;
        let processes = [test.db.clone(), test.again().await];
        let claimers: Vec<_> = (0..16)
            .map(|n| {
                let db = processes[n % 2].clone();
                tokio::spawn(async move {
                    let mut mine = Vec::new();
                    loop {
                        let claimed = claim(&db, NOW, KINDS, 3, LONGEST_LEASE).await.unwrap();
                        if claimed.is_empty() && load(&mut db.read().await.unwrap(), NOW).await.unwrap().due == 0 {
                            return mine;
                        }
                        mine.extend(claimed.into_iter().map(|job| job.payload.as_i64().unwrap()));
                    }
                })
            })
            .collect();
        let mut seen: BTreeMap<i64, u32> = BTreeMap::new();
        for claimer in claimers {
            for n in claimer.await.unwrap() {
                *seen.entry(n).or_default() += 1;
            }
        }
        assert!(seen.values().all(|times| *times == 1), "{seen:?}");
        assert_eq!(seen.len(), count);
    }

    async fn the_earliest_comes_first_and_none_too_early(engine: Engine) {
        let test = fresh(engine).await;
        for (n, at) in [(1, 30), (2, 10), (3, 20), (4, 41)] {
            put(&test.db, &Job::new("a", n).at(NOW.plus_millis(at))).await;
        }
        put(&test.db, &Job::new("other", 5)).await;
        assert!(take(&test.db, NOW.plus_millis(9)).await.is_empty());
        assert!(claim(&test.db, NOW.plus_millis(40), &[], 10, LONGEST_LEASE).await.unwrap().is_empty());
        assert!(claim(&test.db, NOW.plus_millis(40), KINDS, 0, LONGEST_LEASE).await.unwrap().is_empty());
        let two = claim(&test.db, NOW.plus_millis(40), KINDS, 2, LONGEST_LEASE).await.unwrap();
        assert_eq!(two.iter().map(|j| j.payload.as_i64().unwrap()).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(one(&test.db, NOW.plus_millis(40)).await.payload, 1);
        assert_eq!(one(&test.db, NOW.plus_millis(41)).await.payload, 4);
        assert_eq!(claim(&test.db, NOW, &["other"], 9, LONGEST_LEASE).await.unwrap().len(), 1);
    }

    async fn a_job_exists_only_with_its_transaction(engine: Engine) {
        let test = fresh(engine).await;
        let mut tx = test.db.begin();
        enqueue(&mut tx, NOW, &Job::new("a", 1)).await.unwrap();
        assert_eq!(load(&mut test.db.read().await.unwrap(), NOW).await.unwrap().due, 0);
        tx.rollback().await.unwrap();
        assert!(take(&test.db, NOW).await.is_empty());
    }

    /// A process that is killed says nothing more: its lease ends, and what it does later does not count.
    async fn a_lease_that_ends_goes_to_another(engine: Engine) {
        let test = fresh(engine).await;
        put(&test.db, &Job::new("a", 1)).await;
        let killed = one(&test.db, NOW).await;
        let just_before = NOW.plus_millis(59_999);
        assert!(take(&test.db, just_before).await.is_empty());
        let after = NOW + LONGEST_LEASE;
        let second = one(&test.db, after).await;
        assert_eq!((second.id, second.attempts), (killed.id, 2));
        assert!(matches!(done(&test.db, after, &killed).await, Err(Error::Stale)));
        assert_eq!(failed(&test.db, after, &killed, &Error::Stale).await, Outcome::Lost);
        assert!(!write(&test.db, async |tx| extend(tx, after, &killed, LONGEST_LEASE).await).await);
        write(&test.db, async |tx| release(tx, &killed).await).await;
        done(&test.db, after, &second).await.unwrap();
        assert!(matches!(done(&test.db, after, &second).await, Err(Error::Stale)));
        assert!(take(&test.db, after.plus_days(1)).await.is_empty());
    }

    async fn a_renewed_lease_stays(engine: Engine) {
        let test = fresh(engine).await;
        put(&test.db, &Job::new("a", 1)).await;
        let job = one(&test.db, NOW).await;
        let mut now = NOW;
        for _ in 0..10 {
            now = now.plus_millis(40_000);
            assert!(write(&test.db, async |tx| extend(tx, now, &job, LONGEST_LEASE).await).await);
            assert!(take(&test.db, now).await.is_empty());
        }
        // Longer than allowed is cut to what is allowed.
        assert!(write(&test.db, async |tx| extend(tx, now, &job, Duration::from_hours(9)).await).await);
        assert_eq!(take(&test.db, now + LONGEST_LEASE).await.len(), 1);
    }

    async fn a_clock_that_is_set_back_strands_nobody(engine: Engine) {
        let test = fresh(engine).await;
        put(&test.db, &Job::new("a", 1).at(Time::from_millis(0))).await;
        one(&test.db, NOW.plus_days(400)).await;
        // A little behind is another machine, not a clock that was set back.
        assert!(take(&test.db, NOW.plus_days(400).plus_millis(-30_000)).await.is_empty());
        assert_eq!(one(&test.db, NOW).await.attempts, 2);
    }

    async fn a_job_that_ends_its_workers_is_given_up(engine: Engine) {
        let test = fresh(engine).await;
        put(&test.db, &Job::new("a", 1).attempts(2).once("k")).await;
        one(&test.db, NOW).await;
        one(&test.db, NOW.plus_minutes(1)).await;
        assert!(take(&test.db, NOW.plus_minutes(2)).await.is_empty());
        let letters = write(&test.db, async |tx| dead(tx, 9).await).await;
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].last_error.as_deref(), Some("the worker fell silent"));
        assert!(put(&test.db, &Job::new("a", 2).once("k")).await.is_some());
    }

    async fn one_unfinished_job_for_each_key(engine: Engine) {
        let test = fresh(engine).await;
        let first = put(&test.db, &Job::new("a", 1).once("k")).await.unwrap();
        assert!(put(&test.db, &Job::new("a", 2).once("k")).await.is_none());
        assert!(put(&test.db, &Job::new("b", 3).once("k")).await.is_some());
        assert!(put(&test.db, &Job::new("a", 4).once("other")).await.is_some());
        assert!(put(&test.db, &Job::new("a", 5)).await.is_some() && put(&test.db, &Job::new("a", 5)).await.is_some());
        let claimed = take(&test.db, NOW).await;
        let first = claimed.iter().find(|job| job.id == first).unwrap();
        assert_eq!(first.payload, 1);
        assert!(put(&test.db, &Job::new("a", 6).once("k")).await.is_none());
        // In one transaction a handler may finish and enqueue the next of its kind.
        let next = write(&test.db, async |tx| {
            finish(tx, NOW, first).await?;
            enqueue(tx, NOW, &Job::new("a", 7).once("k")).await
        })
        .await;
        assert!(next.is_some());
    }

    async fn only_what_waits_can_be_cancelled(engine: Engine) {
        let test = fresh(engine).await;
        put(&test.db, &Job::new("a", 1).once("k")).await;
        assert!(!write(&test.db, async |tx| cancel(tx, "b", "k").await).await);
        assert!(write(&test.db, async |tx| cancel(tx, "a", "k").await).await);
        assert!(!write(&test.db, async |tx| cancel(tx, "a", "k").await).await);
        put(&test.db, &Job::new("a", 2).once("k")).await;
        assert_eq!(one(&test.db, NOW).await.payload, 2);
        assert!(!write(&test.db, async |tx| cancel(tx, "a", "k").await).await);
    }

    async fn a_rescheduled_job_takes_the_place_of_the_old_one(engine: Engine) {
        let test = fresh(engine).await;
        let soon = Job::new("a", 1).at(NOW.plus_minutes(1)).once("k");
        let first = write(&test.db, async |tx| reschedule(tx, NOW, &soon).await).await;
        let later = Job::new("a", 2).at(NOW.plus_minutes(10)).once("k");
        assert_eq!(write(&test.db, async |tx| reschedule(tx, NOW, &later).await).await, first);
        assert!(take(&test.db, NOW.plus_minutes(9)).await.is_empty());
        let running = one(&test.db, NOW.plus_minutes(10)).await;
        assert_eq!(running.payload, 2);
        // While it runs somebody moves it on: what the handler would commit no longer counts.
        let moved = Job::new("a", 3).at(NOW.plus_minutes(20)).once("k");
        write(&test.db, async |tx| reschedule(tx, NOW, &moved).await).await;
        assert!(matches!(done(&test.db, NOW.plus_minutes(11), &running).await, Err(Error::Stale)));
        let last = one(&test.db, NOW.plus_minutes(20)).await;
        assert_eq!((last.payload.as_i64(), last.attempts), (Some(3), 1));
        done(&test.db, NOW.plus_minutes(20), &last).await.unwrap();
        assert_ne!(write(&test.db, async |tx| reschedule(tx, NOW, &moved).await).await, first);
    }

    async fn failures_wait_longer_each_time_and_end_as_dead_letters(engine: Engine) {
        let test = fresh(engine).await;
        let id = put(&test.db, &Job::new("a", 1).attempts(4).once("k")).await.unwrap();
        let mut now = NOW;
        for seconds in [5, 10, 20] {
            let job = one(&test.db, now).await;
            let again = now.plus_millis(seconds * 1_000);
            assert_eq!(failed(&test.db, now, &job, &Error::internal("阿".repeat(5_000))).await, Outcome::Again(again));
            assert!(take(&test.db, again.plus_millis(-1)).await.is_empty());
            now = again;
        }
        let job = one(&test.db, now).await;
        assert_eq!((job.attempts, job.max_attempts), (4, 4));
        assert_eq!(failed(&test.db, now, &job, &Error::internal("last words")).await, Outcome::Dead);
        assert!(take(&test.db, now.plus_days(9)).await.is_empty());
        let letters = write(&test.db, async |tx| dead(tx, 9).await).await;
        assert_eq!((letters.len(), letters[0].id, letters[0].attempts, letters[0].finished_at), (1, id, 4, now));
        assert_eq!((letters[0].kind.as_str(), letters[0].payload.as_i64(), letters[0].created_at), ("a", Some(1), NOW));
        assert_eq!(letters[0].last_error.as_deref(), Some("internal: last words"));
        assert!(write(&test.db, async |tx| requeue(tx, now, id).await).await);
        assert!(!write(&test.db, async |tx| requeue(tx, now, id).await).await);
        let revived = one(&test.db, now).await;
        assert_eq!((revived.id, revived.attempts), (id, 1));
        failed(&test.db, now, &revived, &Error::NotFound).await;
        for _ in 0..3 {
            now = now.plus_minutes(90);
            let job = one(&test.db, now).await;
            failed(&test.db, now, &job, &Error::NotFound).await;
        }
        assert!(write(&test.db, async |tx| discard(tx, id).await).await);
        assert!(write(&test.db, async |tx| dead(tx, 9).await).await.is_empty());
    }

    async fn busy_says_when_to_come_again(engine: Engine) {
        let test = fresh(engine).await;
        put(&test.db, &Job::new("a", 1)).await;
        let job = one(&test.db, NOW).await;
        let busy = Error::Busy { code: kernel::Code("limit"), retry_after: Duration::from_mins(7) };
        assert_eq!(failed(&test.db, NOW, &job, &busy).await, Outcome::Again(NOW.plus_minutes(7)));
    }

    async fn a_released_job_has_lost_no_attempt(engine: Engine) {
        let test = fresh(engine).await;
        put(&test.db, &Job::new("a", 1)).await;
        let job = one(&test.db, NOW).await;
        write(&test.db, async |tx| release(tx, &job).await).await;
        assert_eq!(one(&test.db, NOW).await.attempts, 1);
    }

    async fn the_load_is_counted_and_what_is_done_swept(engine: Engine) {
        let test = fresh(engine).await;
        let measured = async |now| write(&test.db, async |tx| load(tx, now).await).await;
        assert_eq!(measured(NOW).await, Load { due: 0, later: 0, running: 0, dead: 0, oldest_due: None });
        for at in [-5, -9, 7] {
            put(&test.db, &Job::new("a", at).at(NOW.plus_millis(at)).attempts(1)).await;
        }
        let oldest_due = Some(NOW.plus_millis(-9));
        assert_eq!(measured(NOW).await, Load { due: 2, later: 1, running: 0, dead: 0, oldest_due });
        let claimed = take(&test.db, NOW).await;
        done(&test.db, NOW, &claimed[0]).await.unwrap();
        failed(&test.db, NOW, &claimed[1], &Error::NotFound).await;
        assert_eq!(measured(NOW).await, Load { due: 0, later: 1, running: 0, dead: 1, oldest_due: None });
        assert_eq!(write(&test.db, async |tx| purge(tx, NOW).await).await, 0);
        assert_eq!(write(&test.db, async |tx| purge(tx, NOW.plus_millis(1)).await).await, 1);
        assert_eq!(measured(NOW).await.dead, 1);
    }

    async fn looking_at_an_idle_queue_is_one_statement(engine: Engine) {
        let test = fresh(engine).await;
        put(&test.db, &Job::new("a", 1).at(NOW.plus_days(1))).await;
        let (claimed, statements) = db::count::scope(take(&test.db, NOW)).await;
        assert_eq!((claimed.len(), statements), (0, 1));
    }

    async fn every_statement_is_understood(engine: Engine) {
        let test = fresh(engine).await;
        let mut conn = test.db.read().await.unwrap();
        let statements: Vec<_> = db::Sql::all().into_iter().filter(|s| s.file.contains("jobs")).collect();
        assert!(statements.len() >= 10);
        for statement in statements {
            conn.prepare(statement.text).await.unwrap();
        }
    }
}
