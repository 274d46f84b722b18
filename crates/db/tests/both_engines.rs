//! What the facade promises, on SQLite and on PostgreSQL: the same statements with the same answers.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use db::{Cell, Conn, Db, Json, Migration, Query, bind, record, sql, unique_violation};
use kernel::{Error, Id, Scope, Time};
use serde_json::json;
use testkit::{Engine, TestDb};
use uuid::Uuid;

const TABLES: &[Migration<'static>] = &[
    Migration {
        name: "0001_every_kind",
        text: "-- One column of each type.
create table kind (
  id uuid primary key,
  whole bigint,
  part double precision,
  yes boolean,
  word text,
  raw bytea,
  other uuid,
  tree json
);",
    },
    Migration {
        name: "0002_place",
        text: "create table place (
  n bigint primary key, -- the order of insertion
  path text not null,
  label text not null default 'a text'
);
create unique index uq_place_path on place (path);
create unique index uq_place_label_n on place (label, n);
-- only: sqlite
create table flavour (word text not null) strict;
insert into flavour (word) values ('sqlite');
-- only: postgres
create table flavour (word text not null);
insert into flavour (word) values ('postgres');
-- both
alter table place add column seen boolean not null default false;",
    },
];

struct Kind;

record! {
    #[derive(Debug, PartialEq)]
    struct Row {
        id: Id<Kind>,
        whole: Option<Time>,
        part: Option<f64>,
        yes: Option<bool>,
        word: Option<String>,
        raw: Option<Vec<u8>>,
        other: Option<Uuid>,
        tree: Option<serde_json::Value>
    }
}

db::words! {
    /// A closed set of words.
    enum Light { Green = "green", Red = "red" }
}

async fn keep(conn: &mut Conn, row: &Row) {
    let cells = bind![row.id, row.whole, row.part, row.yes, row.word, row.raw, row.other, row.tree];
    let statement =
        sql!("insert into kind (id, whole, part, yes, word, raw, other, tree) values ($1, $2, $3, $4, $5, $6, $7, $8)");
    assert_eq!(conn.execute(statement, cells).await.unwrap(), 1);
}

async fn kept(conn: &mut Conn, id: Id<Kind>) -> Row {
    let statement = sql!("select id, whole, part, yes, word, raw, other, tree from kind where id = $1");
    conn.one(statement, bind![id]).await.unwrap().unwrap()
}

async fn place(db: &Db, n: i64, path: &str) -> kernel::Result<()> {
    let mut tx = db.begin();
    tx.execute(sql!("insert into place (n, path) values ($1, $2)"), bind![n, path]).await?;
    tx.commit().await
}

async fn places(db: &Db) -> i64 {
    db.read().await.unwrap().value(sql!("select count(*) as value from place"), bind![]).await.unwrap().unwrap()
}

testkit::both! {
    async fn every_kind_of_value_comes_back(engine: Engine) {
        let test = TestDb::new(engine, TABLES).await;
        let id = || Id::<Kind>::new(Time::from_millis(7));
        let null = Row { id: id(), whole: None, part: None, yes: None, word: None, raw: None, other: None, tree: None };
        let row = |whole, part, yes, word: &str, raw: &[u8], tree| Row {
            id: id(),
            whole: Some(Time::from_millis(whole)),
            part: Some(part),
            yes: Some(yes),
            word: Some(word.to_owned()),
            raw: Some(raw.to_vec()),
            other: Some(id().uuid()),
            tree: Some(tree),
        };
        let rows = [
            null,
            row(i64::MAX, 0.1 + 0.2, true, "经纬 🚦 ' \" \\ %", &[0, 255, 1], json!({"键": [1, 2.5, null, "值"], "a": {"b": true}})),
            row(i64::MIN, -0.0, false, "", &[], json!([])),
            row(0, f64::MIN_POSITIVE, true, "3", b"text", json!("only a text")),
            row(1, 42.0, false, "null", b"\n", json!(null)),
        ];
        let mut tx = test.db.begin();
        for row in &rows {
            keep(&mut tx, row).await;
            assert_eq!(&kept(&mut tx, row.id).await, row);
        }
        tx.commit().await.unwrap();
        for row in &rows {
            assert_eq!(&kept(&mut test.db.read().await.unwrap(), row.id).await, row);
        }
    }

    async fn a_typed_tree_and_a_word_come_back(engine: Engine) {
        let test = TestDb::new(engine, TABLES).await;
        let id = Id::<Kind>::new(Time::from_millis(7));
        let mut tx = test.db.begin();
        let numbers = Json(vec![1_u32, 2, 3]);
        let statement = sql!("insert into kind (id, tree, word) values ($1, $2, $3)");
        tx.execute(statement, bind![id, numbers, Light::Red]).await.unwrap();
        let tree: Json<Vec<u32>> = tx.value(sql!("select tree as value from kind"), bind![]).await.unwrap().unwrap();
        let light: Option<Light> = tx.value(sql!("select word as value from kind"), bind![]).await.unwrap().unwrap();
        assert_eq!((tree, light), (numbers, Some(Light::Red)));
        tx.execute(sql!("update kind set word = 'blue'"), bind![]).await.unwrap();
        assert!(tx.value::<Light>(sql!("select word as value from kind"), bind![]).await.is_err());
        assert!(tx.value::<i64>(sql!("select word as value from kind"), bind![]).await.is_err());
    }

    /// The server's own order is a Chinese dictionary's, so a column without byte order would sort these differently.
    async fn a_part_is_kept_or_undone_by_itself(engine: Engine) {
        let test = TestDb::new(engine, TABLES).await;
        let enter = sql!("insert into place (n, path) values ($1, $2)");
        let mut tx = test.db.begin();
        for (n, path, keep) in [(1, "/a/", true), (2, "/b/", false), (3, "/c/", true)] {
            tx.mark().await.unwrap();
            tx.execute(enter, bind![n, path]).await.unwrap();
            if keep { tx.keep().await.unwrap() } else { tx.undo().await.unwrap() }
        }
        // A statement that fails takes only its own part along.
        tx.mark().await.unwrap();
        tx.execute(enter, bind![4, "/d/"]).await.unwrap();
        assert!(tx.execute(enter, bind![5, "/a/"]).await.is_err());
        tx.undo().await.unwrap();
        tx.commit().await.unwrap();
        let left: Vec<i64> =
            test.db.read().await.unwrap().values(sql!("select n as value from place order by n"), bind![]).await.unwrap();
        assert_eq!(left, [1, 3]);
    }

    async fn texts_sort_by_bytes(engine: Engine) {
        let test = TestDb::new(engine, TABLES).await;
        let mut words = ["阿", "一", "中", "b", "B", "a", "A", "_", "é", "z", "10", "9", "/a/", "/a0", "/ab/"];
        for (n, word) in words.iter().enumerate() {
            place(&test.db, n as i64, word).await.unwrap();
        }
        let sorted: Vec<String> =
            test.db.read().await.unwrap().values(sql!("select path as value from place order by path"), bind![]).await.unwrap();
        words.sort_unstable();
        assert_eq!(sorted, words);
    }

    async fn a_unique_index_is_known_by_its_name(engine: Engine) {
        let test = TestDb::new(engine, TABLES).await;
        place(&test.db, 1, "/a/").await.unwrap();
        let error = place(&test.db, 2, "/a/").await.unwrap_err();
        assert_eq!(unique_violation(&error), Some("uq_place_path"));
        // A second handle, as after a restart, has not run the migration that made the index.
        let again = test.again().await;
        assert_eq!(unique_violation(&place(&again, 2, "/a/").await.unwrap_err()), Some("uq_place_path"));
        assert_eq!(unique_violation(&Error::NotFound), None);
        assert_eq!(places(&test.db).await, 1);
    }

    async fn migrations_run_once(engine: Engine) {
        let test = TestDb::new(engine, &TABLES[..1]).await;
        assert_eq!(test.db.migrate(TABLES).await.unwrap(), ["0002_place"]);
        assert!(test.db.migrate(TABLES).await.unwrap().is_empty());
        assert_eq!(test.db.migrated().await.unwrap(), ["0001_every_kind", "0002_place"]);
        let changed = [Migration { name: "0002_place", text: "create table other (n bigint primary key);" }];
        assert!(matches!(test.db.migrate(&changed).await, Err(Error::Internal(_))));
        let broken = [Migration { name: "0003_broken", text: "create table half (n bigint primary key);\ncreate nonsense;" }];
        assert!(test.db.migrate(&broken).await.is_err());
        let mended = [Migration { name: "0003_broken", text: "create table half (n bigint primary key);" }];
        assert_eq!(test.db.migrate(&mended).await.unwrap(), ["0003_broken"]);
    }

    async fn processes_that_start_together_migrate_once(engine: Engine) {
        let test = TestDb::new(engine, &[]).await;
        // On a fresh file or schema even the table of migrations is not there yet.
        let mut processes = Vec::new();
        let mut tx = test.db.begin();
        tx.execute(sql!("drop table migration"), bind![]).await.unwrap();
        tx.commit().await.unwrap();
        for _ in 0..6 {
            processes.push(test.again().await);
        }
        let started: Vec<_> =
            processes.into_iter().map(|db| tokio::spawn(async move { db.migrate(TABLES).await.unwrap().len() })).collect();
        let mut ran = 0;
        for process in started {
            ran += process.await.unwrap();
        }
        assert_eq!(ran, TABLES.len());
    }

    async fn a_block_runs_on_its_engine(engine: Engine) {
        let test = TestDb::new(engine, TABLES).await;
        let word: Option<String> =
            test.db.read().await.unwrap().value(sql!("select word as value from flavour"), bind![]).await.unwrap();
        assert_eq!(word.as_deref(), Some(if engine == Engine::Sqlite { "sqlite" } else { "postgres" }));
        place(&test.db, 1, "/a/").await.unwrap();
        let mut reader = test.db.read().await.unwrap();
        let label: Option<String> = reader.value(sql!("select label as value from place where seen = false"), bind![]).await.unwrap();
        assert_eq!(label.as_deref(), Some("a text"));
    }

    async fn a_query_with_optional_filters(engine: Engine) {
        let test = TestDb::new(engine, TABLES).await;
        for n in 0..10 {
            place(&test.db, n, &format!("/{n}/")).await.unwrap();
        }
        let list = async |from: Option<i64>, seen: Option<bool>, among: &[i64]| -> Vec<i64> {
            let query = Query::new("select count(*) as value from place where 1 = 1")
                .push_if("and n >= $$", from)
                .push_if("and seen = $$", seen)
                .push_list("and n in", among.iter().map(|n| Cell::Int(Some(*n))).collect());
            vec![test.db.read().await.unwrap().query_value(query).await.unwrap().unwrap()]
        };
        assert_eq!(list(None, None, &[1, 2, 3, 40]).await, [3]);
        assert_eq!(list(Some(2), None, &[1, 2, 3]).await, [2]);
        assert_eq!(list(Some(2), Some(false), &[1, 2, 3]).await, [2]);
        assert_eq!(list(Some(2), Some(true), &[1, 2, 3]).await, [0]);
        assert_eq!(list(None, None, &[]).await, [0]);
        let inserted = Query::new("insert into place (n, path) values").push_list("", bind![20_i64, "/20/"]);
        let mut tx = test.db.begin();
        assert_eq!(tx.execute_query(inserted).await.unwrap(), 1);
    }

    /// The prefix ranges of a scope must hold exactly what `Scope::holds` holds, among neighbours that only look alike.
    async fn a_scope_is_a_range_of_paths(engine: Engine) {
        let test = TestDb::new(engine, TABLES).await;
        let paths = ["/", "/a/", "/a/b/", "/a/b/c/", "/a/bc/", "/a0/", "/ab/", "/b/", "/b/a/", "/a/阿/", "/a/~/", "/A/"];
        for (n, path) in paths.iter().enumerate() {
            place(&test.db, n as i64, path).await.unwrap();
        }
        let scopes = [
            Scope::All,
            Scope::nothing(),
            Scope::under(["/"]),
            Scope::under(["/a/"]),
            Scope::under(["/a/b/"]),
            Scope::under(["/a/b/", "/b/"]),
            Scope::under(["/zzz/"]),
        ];
        for scope in scopes {
            let query = Query::new("select path from place where 1 = 1").within(&scope, "path >= $$", "path < $$").push("order by n", vec![]);
            let found: Vec<Path> = test.db.read().await.unwrap().list(query).await.unwrap();
            let expected: Vec<&str> = paths.into_iter().filter(|p| scope.holds(p)).collect();
            assert_eq!(found.iter().map(|p| p.path.as_str()).collect::<Vec<_>>(), expected, "{scope:?}");
        }
    }

    async fn what_is_not_committed_is_gone(engine: Engine) {
        let test = TestDb::new(engine, TABLES).await;
        let statement = sql!("insert into place (n, path) values ($1, $2)");
        let mut tx = test.db.begin();
        tx.execute(statement, bind![1_i64, "/1/"]).await.unwrap();
        assert_eq!(places(&test.db).await, 0);
        tx.rollback().await.unwrap();
        let mut tx = test.db.begin();
        tx.execute(statement, bind![2_i64, "/2/"]).await.unwrap();
        drop(tx);
        let mut tx = test.db.begin();
        tx.execute(statement, bind![3_i64, "/3/"]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(places(&test.db).await, 1);
    }

    async fn a_statement_that_fails_leaves_the_database_usable(engine: Engine) {
        let test = TestDb::new(engine, TABLES).await;
        let mut tx = test.db.begin();
        assert!(tx.prepare("select nothing from nowhere").await.is_err());
        tx.rollback().await.unwrap();
        let mut tx = test.db.begin();
        tx.prepare("select n from place where path = $1").await.unwrap();
        tx.commit().await.unwrap();
        place(&test.db, 1, "/1/").await.unwrap();
        assert_eq!(places(&test.db).await, 1);
    }
}

record! {
    struct Path { path: String }
}

/// The limit is set once a connection; neither a transaction nor its undoing may change it.
#[tokio::test(flavor = "multi_thread")]
async fn the_time_limit_of_a_statement_stays() {
    let test = TestDb::new(Engine::Postgres, TABLES).await;
    let limit = || Query::new("select current_setting('statement_timeout') as value");
    let mut tx = test.db.begin();
    assert_eq!(tx.query_value::<String>(limit()).await.unwrap().as_deref(), Some("30s"));
    tx.rollback().await.unwrap();
    let mut reader = test.db.read().await.unwrap();
    assert_eq!(reader.query_value::<String>(limit()).await.unwrap().as_deref(), Some("30s"));
    let schema = Query::new("select cast(current_schema() as text) as value");
    assert_eq!(reader.query_value::<String>(schema).await.unwrap(), test.options.schema);
}
