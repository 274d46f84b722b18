//! A fingerprint tells copies that differ from those that do not.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use db::{Migration, bind, sql};
use testkit::{Engine, TestDb};

const TABLES: &[Migration<'_>] = &[Migration {
    name: "0001_thing",
    text: "create table thing (n bigint primary key, label text, price double precision, body bytea);\ncreate table empty (n bigint primary key);",
}];

async fn with(engine: Engine, rows: &[(i64, Option<&str>)]) -> TestDb {
    let test = TestDb::new(engine, TABLES).await;
    let mut tx = test.db.begin();
    for (n, label) in rows {
        let statement = sql!("insert into thing (n, label, price, body) values ($1, $2, $3, $4)");
        tx.execute(statement, bind![*n, label.map(str::to_owned), 1.5, vec![0_u8, 255]]).await.unwrap();
    }
    tx.commit().await.unwrap();
    test
}

testkit::both! {
    async fn a_fingerprint_is_of_what_is_held_not_of_its_order(engine: Engine) {
        let one = with(engine, &[(1, Some("路灯")), (2, None), (3, Some(""))]).await.db.digest().await.unwrap();
        let same = with(engine, &[(3, Some("")), (1, Some("路灯")), (2, None)]).await.db.digest().await.unwrap();
        assert_eq!(one, same);
        let held: Vec<(&str, u64)> = one.iter().map(|t| (t.table.as_str(), t.rows)).filter(|t| t.0 != "migration").collect();
        assert_eq!(held, [("empty", 0), ("thing", 3)]);
        for other in [&[(1, Some("路灯")), (2, Some("")), (3, Some(""))][..], &[(1, Some("路灯")), (2, None)], &[(1, Some("路灯")), (2, None), (4, Some(""))]] {
            let other = with(engine, other).await.db.digest().await.unwrap();
            assert_ne!(one, other);
        }
    }

    async fn more_rows_than_a_page_are_all_counted(engine: Engine) {
        let rows: Vec<(i64, Option<&str>)> = (0..4_500).map(|n| (n, Some("x"))).collect();
        let digest = with(engine, &rows).await.db.digest().await.unwrap();
        assert_eq!(digest.iter().find(|t| t.table == "thing").unwrap().rows, 4_500);
    }
}
