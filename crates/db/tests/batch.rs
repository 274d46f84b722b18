//! Statements that travel together, and connections that are lent, on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::time::Duration;

use db::{Batch, Db, Migration, Options, Query, STORAGE_BUSY, bind, sql, unique_violation};
use kernel::Error;
use testkit::{Engine, TestDb};

const TABLES: &[Migration<'static>] = &[Migration {
    name: "0001_case",
    text: "create table matter (n bigint primary key, version bigint not null, words text);
create table step (n bigint primary key, matter bigint not null references matter (n), words text not null);
create unique index uq_step_words on step (words);",
}];

/// A case with steps; the steps come first, so that their reference is only good when all have run.
fn case(n: i64, words: &[String]) -> Batch {
    let mut batch = Batch::default();
    let mut steps = Query::new("insert into step (n, matter, words) values");
    for (i, words) in words.iter().enumerate() {
        steps = steps.push_list(if i == 0 { "" } else { "," }, bind![n * 100 + i as i64, n, words]);
    }
    batch.add(sql!("insert into matter (n, version, words) values ($1, 1, $2)"), bind![n, "其一 '$1' $2"]);
    batch.add_query(steps);
    batch
}

fn words(n: i64) -> Vec<String> {
    (0..3).map(|i| format!("{n}-{i}")).collect()
}

async fn count(db: &Db) -> (i64, i64) {
    let mut conn = db.read().await.unwrap();
    let matters = conn.value(sql!("select count(*) as value from matter"), bind![]).await.unwrap().unwrap();
    (matters, conn.value(sql!("select count(*) as value from step"), bind![]).await.unwrap().unwrap())
}

fn saved(n: i64, version: i64) -> Batch {
    let mut batch = Batch::default();
    let words = format!("saved {n} {version}");
    batch.add(sql!("insert into step (n, matter, words) values ($1, $2, $3)"), bind![n * 100 + 50 + version, n, words]);
    batch.must(sql!("update matter set version = version + 1 where n = $1 and version = $2"), bind![n, version]);
    batch
}

testkit::both! {
    async fn each_statement_says_what_it_touched(engine: Engine) {
        let test = TestDb::new(engine, TABLES).await;
        let (done, statements) = db::count::scope(test.db.write(case(1, &words(1)))).await;
        assert_eq!((done.unwrap(), statements), (vec![1, 3], 2));
        let mut batch = Batch::default();
        batch.must(sql!("select n from matter where words = $1"), bind!["其一 '$1' $2"]);
        batch.add(sql!("update step set words = $2 || words where n > $1"), bind![100_i64, "x"]);
        batch.add(sql!("delete from step where words = 'nobody'"), bind![]);
        assert_eq!(test.db.write(batch).await.unwrap(), [1, 2, 0]);
        assert_eq!(test.db.write(Batch::default()).await.unwrap(), [0_u64; 0]);
        assert_eq!(count(&test.db).await, (1, 3));
    }

    async fn a_batch_is_done_whole_or_not_at_all(engine: Engine) {
        let test = TestDb::new(engine, TABLES).await;
        test.db.write(case(1, &words(1))).await.unwrap();
        let taken = test.db.write(case(2, &words(1))).await.unwrap_err();
        assert_eq!(unique_violation(&taken), Some("uq_step_words"));
        let mut orphan = Batch::default();
        orphan.add(sql!("insert into matter (n, version) values (7, 1)"), bind![]);
        orphan.add(sql!("insert into step (n, matter, words) values ($1, $2, 'orphan')"), bind![1_i64, 8_i64]);
        assert!(matches!(test.db.write(orphan).await, Err(Error::Internal(_))));
        assert_eq!(count(&test.db).await, (1, 3));
        test.db.write(case(3, &words(3))).await.unwrap();
        assert_eq!(count(&test.db).await, (2, 6));
    }

    async fn what_must_be_there_holds_the_whole_batch(engine: Engine) {
        let test = TestDb::new(engine, TABLES).await;
        test.db.write(case(1, &words(1))).await.unwrap();
        assert!(matches!(test.db.write(saved(1, 4)).await, Err(Error::Stale)));
        assert_eq!(count(&test.db).await, (1, 3));
        assert_eq!(test.db.write(saved(1, 1)).await.unwrap(), [1, 1]);
        assert!(matches!(test.db.write(saved(1, 1)).await, Err(Error::Internal(_) | Error::Stale)));
        assert_eq!(count(&test.db).await, (1, 4));
    }

    async fn a_batch_is_part_of_a_longer_transaction(engine: Engine) {
        let test = TestDb::new(engine, TABLES).await;
        let mut tx = test.db.begin();
        assert_eq!(tx.batch(case(1, &words(1))).await.unwrap(), [1, 3]);
        assert_eq!(tx.batch(saved(1, 1)).await.unwrap(), [1, 1]);
        tx.commit().await.unwrap();
        assert_eq!(count(&test.db).await, (1, 4));
        let mut tx = test.db.begin();
        tx.batch(case(2, &words(2))).await.unwrap();
        assert!(matches!(tx.batch(saved(2, 9)).await, Err(Error::Stale)));
        tx.rollback().await.unwrap();
        assert_eq!(count(&test.db).await, (1, 4));
    }

    async fn many_at_once_are_all_there_and_those_that_fail_stop_nobody(engine: Engine) {
        let test = TestDb::new(engine, TABLES).await;
        test.db.write(case(1000, &words(1000))).await.unwrap();
        let tasks: Vec<_> = (0..200_i64)
            .map(|n| {
                let db = test.db.clone();
                tokio::spawn(async move {
                    match n % 5 {
                        // A word that is taken, a version that is not there, a transaction that is dropped, and one of several statements.
                        0 => assert!(db.write(case(n, &words(1000))).await.is_err()),
                        1 => assert!(matches!(db.write(saved(n, 1)).await, Err(Error::Internal(_) | Error::Stale))),
                        2 => {
                            db.begin().batch(case(n, &words(n))).await.unwrap();
                        }
                        3 => {
                            let mut tx = db.begin();
                            tx.batch(case(n, &words(n))).await.unwrap();
                            tx.commit().await.unwrap();
                        }
                        _ => {
                            db.write(case(n, &words(n))).await.unwrap();
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(count(&test.db).await, (81, 243));
    }

    async fn whoever_comes_second_finds_the_first_committed(engine: Engine) {
        let test = TestDb::new(engine, TABLES).await;
        for n in 0..30 {
            let both = || async {
                let written = test.db.write(case(n, &words(n))).await.is_ok();
                (written, count(&test.db).await.0)
            };
            let (a, b, c) = tokio::join!(both(), both(), both());
            assert_eq!([a.0, b.0, c.0].iter().filter(|w| **w).count(), 1);
            assert_eq!((a.1, b.1, c.1), (n + 1, n + 1, n + 1));
        }
    }

    async fn connections_are_lent_one_at_a_time_and_come_back(engine: Engine) {
        let test = TestDb::new(engine, TABLES).await;
        let options = Options { connections: 1, patience: Duration::from_millis(300), ..test.options.clone() };
        let db = Db::open_with(&test.url, &options).await.unwrap();
        let held = db.read().await.unwrap();
        assert!(matches!(db.read().await, Err(Error::Busy { code, .. }) if code == STORAGE_BUSY));
        drop(held);
        for n in 0..20 {
            // Dropped in the middle, undone, then written: one connection serves them all.
            let mut undone = db.begin();
            undone.batch(case(n, &words(n))).await.unwrap();
            drop(undone);
            db.write(case(n, &words(n))).await.unwrap();
            assert_eq!(count(&db).await.0, n + 1);
        }
        db.close().await.unwrap();
        assert!(db.read().await.is_err());
    }
}

/// A statement that is cut short leaves its connection in the middle of an answer: nobody may be lent it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_cut_short_is_replaced() {
    let test = TestDb::new(Engine::Postgres, TABLES).await;
    let options = Options { connections: 1, patience: Duration::from_secs(5), ..test.options.clone() };
    let db = Db::open_with(&test.url, &options).await.unwrap();
    for n in 2..5 {
        let mut tx = db.begin();
        // Its own rows each time: what was cut short may hold its locks until the server notices.
        tx.batch(case(n, &words(n))).await.unwrap();
        let slow = Query::new("select cast(count(*) as bigint) as value from (select pg_sleep(10)) s");
        assert!(tokio::time::timeout(Duration::from_millis(50), tx.query_value::<i64>(slow)).await.is_err());
        drop(tx);
        assert_eq!(count(&db).await, (0, 0));
    }
    // What the server itself ends is noticed, too: the next one gets another connection.
    let me = Query::new("select pg_terminate_backend(pg_backend_pid()) as value");
    assert!(db.read().await.unwrap().query_value::<bool>(me).await.is_err());
    db.write(case(1, &words(1))).await.unwrap();
    assert_eq!(count(&db).await, (1, 3));
}
