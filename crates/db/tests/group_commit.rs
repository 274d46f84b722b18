//! The facade on a real SQLite file: group commit, undo, unique names, statement counts.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use db::{Db, Migration, Options, STORAGE_BUSY, STORAGE_FULL, bind, record, sql, unique_violation};
use kernel::Error;

record! {
    struct Named { label: String }
}

const TABLES: &[Migration<'static>] = &[Migration {
    name: "0001_thing",
    text: "create table thing (n bigint primary key, label text not null, price double precision);
create unique index uq_thing_label on thing (label);",
}];

async fn fresh(dir: &tempfile::TempDir) -> Db {
    let db = Db::open(&format!("sqlite:{}", dir.path().join("a.db").display())).await.unwrap();
    assert_eq!(db.migrate(TABLES).await.unwrap(), ["0001_thing"]);
    db
}

async fn count(db: &Db) -> i64 {
    db.read().await.unwrap().value(sql!("select count(*) as value from thing"), bind![]).await.unwrap().unwrap()
}

async fn put(db: &Db, n: i64) -> kernel::Result<()> {
    let mut tx = db.begin();
    tx.execute(sql!("insert into thing (n, label) values ($1, $2)"), bind![n, format!("l{n}")]).await?;
    tx.commit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_share_commits_and_each_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let db = fresh(&dir).await;
    let tasks: Vec<_> = (0..200)
        .map(|n| {
            let db = db.clone();
            tokio::spawn(async move {
                if n % 10 == 3 {
                    // Dropped without commit: must leave nothing and stop nobody.
                    let mut tx = db.begin();
                    tx.execute(sql!("insert into thing (n, label) values ($1, $2)"), bind![n, "dropped"]).await.unwrap();
                } else {
                    put(&db, n).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(count(&db).await, 180);
}

#[tokio::test]
async fn a_writer_that_gives_up_waiting_stops_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let db = fresh(&dir).await;
    let mut holder = db.begin();
    holder.execute(sql!("delete from thing"), bind![]).await.unwrap();
    let impatient = tokio::time::timeout(std::time::Duration::from_millis(20), put(&db, 2)).await;
    assert!(impatient.is_err());
    holder.commit().await.unwrap();
    put(&db, 1).await.unwrap();
    assert_eq!(count(&db).await, 1);
}

#[tokio::test]
async fn a_unique_index_is_known_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let db = fresh(&dir).await;
    put(&db, 1).await.unwrap();
    let mut tx = db.begin();
    let error = tx.execute(sql!("insert into thing (n, label) values (2, 'l1')"), bind![]).await.unwrap_err();
    assert_eq!(unique_violation(&error), Some("uq_thing_label"));
    tx.rollback().await.unwrap();
    assert_eq!(count(&db).await, 1);
}

#[tokio::test]
async fn a_reader_cannot_write_and_a_changed_migration_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let db = fresh(&dir).await;
    let mut reader = db.read().await.unwrap();
    assert!(reader.execute(sql!("delete from thing"), bind![]).await.is_err());
    let changed = [Migration { name: "0001_thing", text: "create table other (n bigint primary key);" }];
    assert!(matches!(db.migrate(&changed).await, Err(Error::Internal(_))));
    assert!(db.migrate(TABLES).await.unwrap().is_empty());
}

#[tokio::test]
async fn nulls_and_statements_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let db = fresh(&dir).await;
    let ((), n) = db::count::scope(async {
        let mut tx = db.begin();
        tx.execute(sql!("insert into thing (n, label, price) values ($1, $2, $3)"), bind![5_i64, "x", None::<f64>])
            .await
            .unwrap();
        let labels: Vec<Named> = tx.all(sql!("select label from thing"), bind![]).await.unwrap();
        assert_eq!(labels[0].label, "x");
        tx.commit().await.unwrap();
    })
    .await;
    assert_eq!(n, 2);
}

#[tokio::test]
async fn a_full_database_says_so_and_reading_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { most_pages: Some(24), ..Options::default() };
    let db = Db::open_with(&format!("sqlite:{}", dir.path().join("a.db").display()), &options).await.unwrap();
    db.migrate(TABLES).await.unwrap();
    let mut taken = 0;
    let error = loop {
        let mut tx = db.begin();
        let label = format!("{taken}{}", "x".repeat(4_000));
        let done = tx.execute(sql!("insert into thing (n, label) values ($1, $2)"), bind![taken, label]).await;
        match done {
            Ok(_) => tx.commit().await.unwrap(),
            Err(error) => break error,
        }
        taken += 1;
    };
    assert!(matches!(error, Error::Busy { code: STORAGE_FULL, .. }), "{error}");
    assert!(taken > 3);
    assert_eq!(count(&db).await, taken, "what was acknowledged is there");
    // Making room is all it takes.
    let mut tx = db.begin();
    tx.execute(sql!("delete from thing where n < 3"), bind![]).await.unwrap();
    tx.commit().await.unwrap();
    put(&db, 1_000).await.unwrap();
}

#[tokio::test]
async fn a_locked_database_is_busy_not_lost() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", dir.path().join("a.db").display());
    let options = Options { patience: std::time::Duration::from_millis(100), ..Options::default() };
    let (one, other) = (Db::open_with(&url, &options).await.unwrap(), Db::open_with(&url, &options).await.unwrap());
    one.migrate(TABLES).await.unwrap();
    let mut holder = other.begin();
    holder.execute(sql!("delete from thing"), bind![]).await.unwrap();
    let error = put(&one, 1).await.unwrap_err();
    assert!(matches!(error, Error::Busy { code: STORAGE_BUSY, .. }), "{error}");
    holder.rollback().await.unwrap();
    put(&one, 1).await.unwrap();
    assert_eq!(count(&one).await, 1);
}
