//! A database of an older build is brought up to date with its rows in it: what was there stays, and what is kept otherwise from then on is
//! made of it. The rows are as much of what such a build left behind as a migration looks at.

use db::{Cell, Db, Migration, Query, Tx, bind};
use jingwei::app;
use kernel::Time;
use testkit::{Engine, TestDb};
use uuid::Uuid;

/// A database as a build left it that knew the migrations up to this number.
async fn left_by(engine: Engine, number: &str) -> TestDb {
    let database = TestDb::new(engine, &[]).await;
    up_to(&database.db, number).await;
    database
}

async fn up_to(db: &Db, number: &str) {
    let files = app::migrations();
    let known = files.iter().filter(|f| &f.0[..number.len()] <= number);
    let list: Vec<Migration<'_>> = known.map(|(name, text)| Migration { name, text }).collect();
    assert!(list.last().is_some_and(|m| m.name.starts_with(number)), "there is no migration {number}");
    db.migrate(&list).await.unwrap();
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// One row. The tables are those of their day, so nothing here is a statement of the program.
async fn put(tx: &mut Tx, insert: &'static str, cells: Vec<Cell>) {
    tx.execute_query(Query::new(insert).push_list("", cells)).await.unwrap();
}

async fn read<T: db::FromCell>(db: &Db, select: &'static str) -> Vec<T> {
    db.read().await.unwrap().query_values(Query::new(select)).await.unwrap()
}

/// A case; `indexed` says whether the search index has its words, where the case itself knew that.
async fn case(tx: &mut Tx, n: u128, indexed: Option<bool>) {
    const WITH: &str = "insert into incident (id, code, version, state, round, reported_at, channel, source, urgency, title, redacted, body_sealed, \
        address, confidential, reported_for, datum, classified, fields, owner_id, owner_path, filed_path, attention, late, reporters, photos, \
        track_hash, fingerprint, indexed) values";
    const WITHOUT: &str = "insert into incident (id, code, version, state, round, reported_at, channel, source, urgency, title, redacted, body_sealed, \
        address, confidential, reported_for, datum, classified, fields, owner_id, owner_path, filed_path, attention, late, reporters, photos, \
        track_hash, fingerprint) values";
    let (at, sealed, nothing) = (Time::from_millis(1_000), b"x".to_vec(), serde_json::json!({}));
    let (hash, code) = (n.to_be_bytes().to_vec(), format!("C{n}"));
    let mut cells = bind![id(n), code, 1_i64, "assigned", 1_i64, at, "web", "resident", "normal", "灯坏了", "灯坏了", sealed, ""];
    cells.extend(bind![false, false, "wgs84", nothing, nothing, id(900), "/1/", "/1/", "", false, 1_i64, 0_i64, hash, sealed]);
    match indexed {
        Some(indexed) => {
            cells.extend(bind![indexed]);
            put(tx, WITH, cells).await;
        }
        None => put(tx, WITHOUT, cells).await,
    }
}

/// The lead's task of a case; its id is a thousand more than the case's.
async fn task(tx: &mut Tx, case: u128, whistle: Option<Uuid>, report_by: Option<Time>) {
    let insert = "insert into incident_task (id, incident_id, round, role, state, unit_id, unit_path, reasons, offered_at, whistle_id, report_by) values";
    let (at, none) = (Time::from_millis(1_000), serde_json::json!([]));
    put(tx, insert, bind![id(case + 1_000), id(case), 1_i64, "lead", "offered", id(901), "/1/2/", none, at, whistle, report_by])
        .await;
}

testkit::both! {
    async fn cases_that_wait_for_the_search_index_still_wait(engine: Engine) {
        let database = left_by(engine, "0022").await;
        let db = &database.db;
        let mut tx = db.begin();
        for (n, indexed) in [(1, true), (2, false), (3, false)] {
            case(&mut tx, n, Some(indexed)).await;
        }
        tx.commit().await.unwrap();
        up_to(db, "0023").await;
        let waiting: Vec<Uuid> = read(db, "select incident_id as value from incident_unindexed order by incident_id").await;
        assert_eq!(waiting, [id(2), id(3)], "those whose words the index has not, and no others");
        assert_eq!(read::<String>(db, "select code || title as value from incident order by code").await, ["C1灯坏了", "C2灯坏了", "C3灯坏了"]);
        app::migrate(db).await.unwrap();
        assert_eq!(read::<i64>(db, "select cast(count(*) as bigint) as value from incident").await, [3]);
    }

    async fn dispatches_that_were_wrong_are_counted_anew(engine: Engine) {
        let database = left_by(engine, "0026").await;
        let db = &database.db;
        let (at, unit, nobody) = (Time::from_millis(1_000), id(901), Uuid::nil());
        let mut tx = db.begin();
        for n in 1..=8 {
            case(&mut tx, n, None).await;
            task(&mut tx, n, None, None).await;
        }
        // Each counted as one dispatch that did not hold, but for the last three.
        tx.execute_query(Query::new("update incident set misrouted = 1 where id <").push("$$", bind![id(6)])).await.unwrap();
        // 1: for want of ability, which says nothing of the dispatch. 2: not its duty, and it went elsewhere. 3: the same, and it came back to the
        // same unit. 4: should never have gone down, before anybody could say what became of it. 5: a helper's.
        let insert = "insert into incident_return (id, incident_id, round, task_id, role, unit_id, unit_path, reason, counts, at, actor, dispatch_n, \
            sender, accepted) values";
        for (n, role, counts, accepted) in [
            (1, "lead", "neutral", Some(true)),
            (2, "lead", "wrong", Some(true)),
            (3, "lead", "wrong", Some(false)),
            (4, "lead", "sent_down", None),
            (5, "helper", "wrong", Some(true)),
        ] {
            let (this, part) = (id(n + 2_000), id(n + 1_000));
            let cells = bind![this, id(n), 1_i64, part, role, unit, "/1/2/", "x", counts, at, nobody, 1_i64, nobody, accepted];
            put(&mut tx, insert, cells).await;
        }
        // 6: an objection that was upheld. 7: one that was not. 8: nothing.
        let insert = "insert into incident_review (id, incident_id, round, kind, state, unit_id, unit_path, actor, dispatch_n, sender, words, basis, at, \
            yellow_at, due_at) values";
        for (n, state) in [(6, "upheld"), (7, "dismissed")] {
            let cells = bind![id(n + 3_000), id(n), 1_i64, "objection", state, unit, "/1/2/", nobody, 1_i64, nobody, "", "", at, at, at];
            put(&mut tx, insert, cells).await;
        }
        let insert = "insert into incident_extension (id, incident_id, task_id, round, n, rung, state, unit_id, unit_path, reason, length, asked_at, \
            asked_by, asked_name) values";
        let length = serde_json::json!({ "n": 1, "unit": "hour" });
        let cells = bind![id(4_001), id(1), id(1_001), 1_i64, 1_i64, "chief", "open", unit, "/1/2/", "等配件", length, at, nobody, "甲"];
        put(&mut tx, insert, cells).await;
        let insert = "insert into supervision (id, code, version, incident_id, unit_id, unit_path, issuer_path, card, words, signer, issued_by, issued_at, \
            reply_by, state) values";
        let cells = bind![id(5_001), "DB1", 1_i64, id(1), unit, "/1/2/", "/1/", "urge", "请抓紧", "乙", nobody, at, at, "open"];
        put(&mut tx, insert, cells).await;
        tx.commit().await.unwrap();
        up_to(db, "0027").await;
        assert_eq!(read::<i64>(db, "select misrouted as value from incident order by id").await, [0, 1, 0, 1, 0, 1, 0, 0]);
        // What has a new column has nothing in it, and is otherwise what it was.
        let wish = "select reason as value from incident_extension where conference_n is null and state = 'open'";
        assert_eq!(read::<String>(db, wish).await, ["等配件"]);
        let order = "select words || signer as value from supervision where overdue_at is null and state = 'open'";
        assert_eq!(read::<String>(db, order).await, ["请抓紧乙"]);
        app::migrate(db).await.unwrap();
        assert_eq!(read::<i64>(db, "select cast(count(*) as bigint) as value from incident_return").await, [5]);
    }

    async fn a_unit_that_was_summoned_keeps_its_warning(engine: Engine) {
        let database = left_by(engine, "0029").await;
        let db = &database.db;
        let (called, report_by) = (Time::from_millis(10_000), Time::from_millis(20_000));
        let mut tx = db.begin();
        for n in 1..=2 {
            case(&mut tx, n, None).await;
        }
        let insert = "insert into incident_whistle (id, incident_id, n, state, round, at, from_unit, from_path, blown_by, blown_name, words, report_by) values";
        let cells = bind![id(6_001), id(1), 1_i64, "called", 1_i64, called, id(900), "/1/", Uuid::nil(), "丙", "速到", report_by];
        put(&mut tx, insert, cells).await;
        task(&mut tx, 1, Some(id(6_001)), Some(report_by)).await;
        task(&mut tx, 2, None, None).await;
        tx.commit().await.unwrap();
        app::migrate(db).await.unwrap();
        assert_eq!(read::<i64>(db, "select coalesce(warn_at, -1) as value from incident_task order by id").await, [18_000, -1]);
    }

    async fn what_a_rate_left_out_is_left_out_of_its_lists(engine: Engine) {
        let database = left_by(engine, "0033").await;
        let db = &database.db;
        let at = Time::from_millis(1_000);
        let mut tx = db.begin();
        for n in 1..=3 {
            case(&mut tx, n, None).await;
        }
        let insert = "insert into report_exclusion (id, incident_id, code, filed_path, rate, reason, asked_by, asked_at, approved) values";
        for (n, incident, rate, approved) in
            [(1, 1, "satisfied", Some(true)), (2, 1, "response", Some(true)), (3, 2, "solved", Some(false)), (4, 3, "solved", None), (5, 1, "solved", Some(true))]
        {
            let cells = bind![id(7_000 + n), id(incident), "C", "/1/", rate, "x", Uuid::nil(), at, approved];
            put(&mut tx, insert, cells).await;
        }
        tx.commit().await.unwrap();
        app::migrate(db).await.unwrap();
        assert_eq!(read::<String>(db, "select left_out as value from incident order by id").await, ["response,solved,satisfied", "", ""]);
    }
}
