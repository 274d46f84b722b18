//! The record's chain, the relay, keys and revealing.

use std::sync::Mutex;

use db::{Query, bind, sql};
use kernel::{Actor, ActorKind, Error};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use testkit::Engine;
use uuid::Uuid;

use crate::{
    modules::access::{
        Keys,
        audit::{Audit, Sealed},
        chain::{self, Anchor},
        keys,
        private::{self, Look},
    },
    relay::{Follower, Following, LEASE, Relay},
    testing::TestApp,
};

async fn write(app: &TestApp, rows: i64) {
    let mut tx = app.db.begin();
    for n in 0..rows {
        let row = Audit::new("thing.do", "thing", Uuid::from_u128(n as u128)).under("/x/").with("n", n);
        row.record(&mut tx, app.now().plus_millis(n), &Actor::system()).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// A record of so many sealed rows and the anchor that stands in the folder.
async fn sealed(app: &TestApp, rows: i64) -> Anchor {
    write(app, rows).await;
    Relay::new(app).await.unwrap().step(app).await.unwrap();
    chain::kept(&app.config.data).unwrap().unwrap()
}

/// Ways of tampering with the row `n`, and `other` where it takes two.
fn tampering(how: usize, n: i64, other: i64, last: i64) -> Vec<Query> {
    let edit = |text: &'static str| vec![Query::default().push(text, bind![n])];
    let on = |text: &'static str, cells| Query::default().push(text, cells);
    match how {
        0 => edit("update audit set details = '{}' where number = $$"),
        1 => edit("update audit set at = at + 1 where number = $$"),
        2 => edit("update audit set actor_kind = 'person' where number = $$"),
        3 => edit("update audit set path = path || 'y/' where number = $$"),
        4 => edit("update audit set object = id where number = $$"),
        5 => edit("delete from audit where number = $$"),
        6 => edit("delete from audit where number >= $$"),
        // Two rows change places, with and without their hashes.
        7 => vec![
            on("update audit set number = -1 where number = $$", bind![n]),
            on("update audit set number = $$ where number = $$", bind![n, other]),
            on("update audit set number = $$ where number = -1", bind![other]),
        ],
        8 => vec![
            on("update audit set number = -1, hash = (select hash from audit where number = $$) where number = $$", bind![other, n]),
            on("update audit set number = $$ where number = $$", bind![n, other]),
            on("update audit set number = $$ where number = -1", bind![other]),
        ],
        // A row that never happened, at the end or before the beginning.
        9 => vec![on(
            "insert into audit (id, at, actor, actor_kind, action, object_kind, object, path, details, number, hash)
             select object, at, actor, actor_kind, action, object_kind, object, path, details, $$, hash from audit where number = $$",
            bind![if n % 2 == 0 { last + 1 } else { -n }, n],
        )],
        // The row goes back among those that wait, as if it had never been sealed.
        _ => edit("update audit set number = null, hash = null where number = $$"),
    }
}
const WAYS: usize = 11;

testkit::both! {
    async fn the_relay_numbers_and_chains(engine: Engine) {
        let app = TestApp::new(engine).await;
        assert_eq!(chain::verify(&app.db, None).await.unwrap(), chain::Report::default());
        write(&app, 1_203).await;
        let report = chain::verify(&app.db, None).await.unwrap();
        assert_eq!((report.sealed, report.unsealed_tail), (0, 1_203));
        let mut relay = Relay::new(&app).await.unwrap();
        assert_eq!(relay.step(&app).await.unwrap().sealed, 1_203);
        assert_eq!(relay.step(&app).await.unwrap().sealed, 0);
        write(&app, 2).await;
        let anchor = chain::kept(&app.config.data).unwrap().unwrap();
        let report = chain::verify(&app.db, Some(&anchor)).await.unwrap();
        assert_eq!((report.sealed, report.unsealed_tail, report.broken_at, report.anchored), (1_203, 2, None, true));
    }

    /// An idle round writes nothing and reads little.
    async fn an_idle_round_costs_next_to_nothing(engine: Engine) {
        let app = TestApp::new(engine).await;
        sealed(&app, 3).await;
        let mut relay = Relay::new(&app).await.unwrap();
        relay.step(&app).await.unwrap();
        let (round, statements) = db::count::scope(relay.step(&app)).await;
        let looking = crate::relay::FOLLOWERS.iter().filter(|f| !f.once).count() as u32;
        assert_eq!((round.unwrap().sealed, statements), (0, 1 + looking));
    }

    /// What is changed, removed, moved, added or cut off is found: a hundred random tamperings of every kind, a thousand in the long form.
    async fn tampering_is_found(engine: Engine) {
        let app = TestApp::new(engine).await;
        let rounds = if std::env::var_os("JINGWEI_LONG").is_some() { 1_000 } else { 100 };
        let anchor = sealed(&app, 40).await;
        let last = anchor.number;
        let copy = sql!("create table audit_copy as select * from audit");
        let mut tx = app.db.begin();
        tx.execute(copy, bind![]).await.unwrap();
        tx.commit().await.unwrap();
        let mut random = StdRng::seed_from_u64(7);
        let mut missed = Vec::new();
        for round in 0..rounds {
            let n = random.random_range(1..=last);
            let other = 1 + (n + random.random_range(0..last - 1)) % last;
            let mut tx = app.db.begin();
            for query in tampering(round % WAYS, n, other, last) {
                tx.execute_query(query).await.unwrap();
            }
            tx.commit().await.unwrap();
            if chain::verify(&app.db, Some(&anchor)).await.unwrap().holds() {
                missed.push((round % WAYS, n, other));
            }
            let mut tx = app.db.begin();
            tx.execute(sql!("delete from audit"), bind![]).await.unwrap();
            tx.execute_query(Query::new("insert into audit select * from audit_copy")).await.unwrap();
            tx.commit().await.unwrap();
            assert!(chain::verify(&app.db, Some(&anchor)).await.unwrap().holds());
        }
        assert!(missed.is_empty(), "{missed:?}");
        // The negative control: without an anchor a tail that was cut off, and it alone, is not found.
        let mut tx = app.db.begin();
        tx.execute(sql!("delete from audit where number > 30"), bind![]).await.unwrap();
        tx.commit().await.unwrap();
        assert!(chain::verify(&app.db, None).await.unwrap().holds());
        assert_eq!(chain::verify(&app.db, Some(&anchor)).await.unwrap().broken_at, Some(31));
    }

    async fn two_relays_never_number_twice(engine: Engine) {
        let app = TestApp::new(engine).await;
        let (mut one, mut two) = (Relay::new(&app).await.unwrap(), Relay::new(&app).await.unwrap());
        for _ in 0..20 {
            write(&app, 30).await;
            let (a, b) = tokio::join!(one.step(&app), two.step(&app));
            assert_eq!(a.unwrap().sealed + b.unwrap().sealed, 30);
        }
        assert_eq!(chain::verify(&app.db, None).await.unwrap().sealed, 600);
        // The second takes over when the first is silent for longer than its lease, or at once when it left.
        write(&app, 1).await;
        let (mut leader, mut other) = if one.step(&app).await.unwrap().sealed == 1 { (one, two) } else { two.step(&app).await.unwrap(); (two, one) };
        write(&app, 1).await;
        assert_eq!(other.step(&app).await.unwrap().sealed, 0);
        app.clock.advance(LEASE + 1);
        assert_eq!(other.step(&app).await.unwrap().sealed, 1);
        write(&app, 1).await;
        assert_eq!(leader.step(&app).await.unwrap().sealed, 0);
        other.leave(&app).await.unwrap();
        assert_eq!(leader.step(&app).await.unwrap().sealed, 1);
    }

    async fn followers_are_handed_every_row_once_in_order(engine: Engine) {
        static FAILS: Mutex<Vec<Uuid>> = Mutex::new(Vec::new());
        static TAKEN: Mutex<Vec<(Uuid, i64)>> = Mutex::new(Vec::new());
        fn follow<'a>(app: &'a crate::app::App, rows: &'a [Sealed]) -> Following<'a> {
            Box::pin(async move {
                // The master key's blind index tells the apps of tests that run side by side apart.
                let me = Uuid::from_slice(&app.keys.blind("test", "")[..16]).unwrap();
                let mut fails = FAILS.lock().unwrap();
                if let Some(at) = fails.iter().position(|f| *f == me) {
                    fails.remove(at);
                    return Err(Error::internal("for the test"));
                }
                TAKEN.lock().unwrap().extend(rows.iter().map(|r| (me, r.number)));
                Ok(())
            })
        }
        const FOLLOWERS: &[Follower] = &[Follower { name: "test", once: true, follow }];
        let app = TestApp::new(engine).await;
        sealed(&app, 3).await;
        let me = Uuid::from_slice(&app.keys.blind("test", "")[..16]).unwrap();
        let mut relay = Relay::with(&app, FOLLOWERS).await.unwrap();
        app.clock.advance(LEASE + 1);
        write(&app, 2).await;
        FAILS.lock().unwrap().push(me);
        assert_eq!(relay.step(&app).await.unwrap().last_number, 3);
        assert_eq!(relay.step(&app).await.unwrap().last_number, 5);
        write(&app, 1_500).await;
        relay.step(&app).await.unwrap();
        let taken: Vec<i64> = TAKEN.lock().unwrap().iter().filter(|t| t.0 == me).map(|t| t.1).collect();
        assert_eq!(taken, (4..=1_505).collect::<Vec<_>>());
    }

    /// In the background the relay is woken by a command and seals within a second.
    async fn a_command_is_sealed_within_a_second(engine: Engine) {
        let app = TestApp::new(engine).await;
        let running = crate::relay::spawn(app.app.clone());
        let desk = app.browse_as("street-desk", "/").await;
        desk.delete("/api/v1/session").await.expect(200);
        let tail = async || chain::verify(&app.db, None).await.unwrap().unsealed_tail;
        let started = std::time::Instant::now();
        while tail().await > 0 {
            assert!(started.elapsed().as_millis() < 1_000, "{} rows wait", tail().await);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        write(&app, 1).await;
        running.stop().await;
        assert_eq!(tail().await, 0, "the last round seals what is left");
    }

    async fn a_field_is_shown_with_a_purpose_and_both_answers_are_recorded(engine: Engine) {
        let app = TestApp::new(engine).await;
        let auditor = app.login_as("audit-admin", "/").await;
        let (object, key) = (Uuid::from_u128(77), app.keys.data_key());
        let sealed = key.seal("14000001234", "phone").unwrap();
        let actor = Actor::new(Uuid::from_u128(5), ActorKind::Person, "x", []);
        let look = |purpose| Look {
            field: &private::ACCOUNT_NAME, object_kind: "thing", object, path: "/x/", purpose, sealed: Some(&sealed), context: "phone",
        };
        let mut tx = app.db.begin();
        keys::store(&mut tx, object, &app.keys.wrap(&key, object).unwrap()).await.unwrap();
        assert!(private::reveal(&mut tx, &app, app.now(), &actor, &look(" "), true).await.is_err());
        let shown = private::reveal(&mut tx, &app, app.now(), &actor, &look("回电 13800001234"), true).await.unwrap().unwrap();
        assert_eq!(shown.value.as_deref(), Some("14000001234"));
        assert_eq!(shown.until - app.now(), 60_000);
        let denied = private::reveal(&mut tx, &app, app.now(), &actor, &look("curious"), false).await.unwrap();
        assert!(matches!(denied, Err(Error::Forbidden)));
        tx.commit().await.unwrap();
        let page = auditor.get(&format!("/api/v1/audit?object={object}")).await.expect(200).json();
        let actions: Vec<&str> = page["items"].as_array().unwrap().iter().map(|r| r["action"].as_str().unwrap()).collect();
        assert!(actions.contains(&"private.reveal") && actions.contains(&"private.reveal.denied"), "{actions:?}");
        assert!(!page.to_string().contains("13800001234") && !page.to_string().contains("14000001234"));

        let mut tx = app.db.begin();
        assert!(keys::destroy(&mut tx, object).await.unwrap());
        assert!(matches!(keys::load(&mut tx, &app, object).await, Err(Error::NotFound)));
        tx.rollback().await.unwrap();
    }

    async fn a_new_master_key_wraps_every_data_key_while_others_serve(engine: Engine) {
        let app = TestApp::new(engine).await;
        let mut tx = app.db.begin();
        for n in 0..450_u128 {
            let wrapped = app.keys.wrap(&app.keys.data_key(), Uuid::from_u128(n + 1)).unwrap();
            keys::store(&mut tx, Uuid::from_u128(n + 1), &wrapped).await.unwrap();
        }
        tx.commit().await.unwrap();
        let old = std::fs::read_to_string(app.config.data.join("master.key")).unwrap();
        let fresh = Keys::rotate(&app.config.data).unwrap();
        assert_eq!(keys::rewrap(&app.db, &fresh).await.unwrap(), 450);
        assert_eq!(keys::rewrap(&app.db, &fresh).await.unwrap(), 0);
        let mut conn = app.db.read().await.unwrap();
        assert!(keys::load(&mut conn, &app, Uuid::from_u128(450)).await.is_ok(), "the running process finds the new key");
        // The old master key alone opens none of them.
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("master.key"), old).unwrap();
        let alone = Keys::load(folder.path()).unwrap();
        let wrapped: Vec<Vec<u8>> = conn.values(sql!("select wrapped as value from data_key"), bind![]).await.unwrap();
        assert!(wrapped.iter().all(|w| alone.unwrap(w, Uuid::from_u128(1)).is_err()));
    }
}
