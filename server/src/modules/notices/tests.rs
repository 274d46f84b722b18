//! The slice on both engines, with a mail server of its own.

use std::sync::{Arc, Mutex};

use db::{bind, record, sql};
use kernel::Id;
use serde_json::{Value, json};
use testkit::Engine;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

use super::{Delivered, MAIL, MailServer, Notice, Protection, QUIET, QuietHours, actions, deliver, mail::ADDRESS, store, tell};
use crate::{
    settings::{self, Given},
    snapshot,
    testing::TestApp,
};

/// What the tests of this slice do to a district.
struct District(TestApp);

impl std::ops::Deref for District {
    type Target = TestApp;
    fn deref(&self) -> &TestApp {
        &self.0
    }
}

async fn district(engine: Engine) -> District {
    District(TestApp::new(engine).await)
}

const ONE: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);

fn offered(to: Uuid, object: u128) -> Notice {
    Notice {
        to,
        kind: "task-offered",
        object_kind: "incident",
        object: Uuid::from_u128(object),
        params: json!({"code": format!("C{object}"), "matter": "占用消防通道"}),
        urgent: false,
    }
}

impl District {
    async fn tell(&self, notices: &[Notice]) {
        let mut tx = self.db.begin();
        tell(&mut tx, self.clock.now(), notices).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn listed(&self, account: Uuid, unread: bool) -> Vec<super::model::Item> {
        let now = self.clock.now();
        store::list(&mut self.db.read().await.unwrap(), account, unread, now, None, 50).await.unwrap()
    }

    async fn wants_mail(&self, account: Uuid, address: &str) {
        let sealed = self.keys.seal(address.as_bytes(), ADDRESS).unwrap();
        let mut tx = self.db.begin();
        store::set_mail(&mut tx, account, Some(sealed), self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn set<T: serde::Serialize>(&self, name: &str, value: T) {
        let mut tx = self.db.begin();
        settings::set(&mut tx, self.clock.now(), name, value, "test", None, "test").await.unwrap();
        snapshot::bump(&mut tx, "settings").await.unwrap();
        tx.commit().await.unwrap();
        self.refresh().await.unwrap();
    }

    async fn mails_through(&self, port: u16) {
        let server = MailServer {
            host: "127.0.0.1".to_owned(),
            port,
            protection: Protection::None,
            user: None,
            password: Given::Nothing,
            sealed: None,
            from: "经纬 <notice@example.org>".to_owned(),
        };
        self.set(MAIL.name, Some(server)).await;
    }

    async fn delivered(&self) -> (u32, u32, u32) {
        let Delivered { sent, later, failed } = deliver(&self.app).await.unwrap();
        (sent, later, failed)
    }

    fn later(&self, minutes: i64) {
        self.clock.advance(minutes * 60_000);
    }
}

/// A mail server that listens on this machine and answers each recipient with the next of its refusals, as long as it has some.
struct Peer {
    port: u16,
    mails: Arc<Mutex<Vec<String>>>,
    refusals: Arc<Mutex<Vec<&'static str>>>,
}

impl Peer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = Self { port: listener.local_addr().unwrap().port(), mails: Arc::default(), refusals: Arc::default() };
        let (mails, refusals) = (Arc::clone(&peer.mails), Arc::clone(&peer.refusals));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&mails), Arc::clone(&refusals)));
            }
        });
        peer
    }

    fn refuse(&self, answers: &[&'static str]) {
        *self.refusals.lock().unwrap() = answers.to_vec();
    }

    fn received(&self) -> Vec<String> {
        std::mem::take(&mut self.mails.lock().unwrap())
    }
}

/// As much of RFC 5321 as a client needs that sends one mail a connection.
async fn converse(stream: TcpStream, mails: Arc<Mutex<Vec<String>>>, refusals: Arc<Mutex<Vec<&'static str>>>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut mail: Option<String> = None;
    let _ = write.write_all(b"220 peer\r\n").await;
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(text) = &mut mail {
            if line != "." {
                text.push_str(&line);
                text.push('\n');
                continue;
            }
            mails.lock().unwrap().extend(mail.take());
        } else if line.starts_with("RCPT")
            && let Some(answer) = next(&refusals)
        {
            let _ = write.write_all(format!("{answer}\r\n").as_bytes()).await;
            continue;
        } else if line == "DATA" {
            mail = Some(String::new());
        }
        let answer = match line.split(' ').next() {
            Some("DATA") => "354 go on",
            Some("QUIT") => "221 bye",
            _ => "250 fine",
        };
        let _ = write.write_all(format!("{answer}\r\n").as_bytes()).await;
    }
}

fn next(refusals: &Mutex<Vec<&'static str>>) -> Option<&'static str> {
    refusals.lock().unwrap().pop()
}

record! {
    struct Out { state: String, attempts: i64, fault: Option<String> }
}

testkit::both! {
    async fn each_account_reads_its_own_notices(engine: Engine) {
        let district = district(engine).await;
        let told = [offered(ONE, 7), offered(OTHER, 7), offered(ONE, 8), offered(ONE, 7)];
        let mut tx = district.db.begin();
        // The insert is put off until COMMIT, so that is where it is counted.
        let (done, statements) = db::count::scope(async {
            tell(&mut tx, district.clock.now(), &told).await?;
            tell(&mut tx, district.clock.now(), &[]).await?;
            tx.commit().await
        })
        .await;
        done.unwrap();
        assert_eq!(statements, 1);
        let (mine, theirs) = (district.listed(ONE, true).await, district.listed(OTHER, true).await);
        assert_eq!((mine.len(), theirs.len()), (2, 1), "the same thing is told once");
        assert_eq!(theirs[0].params, json!({"code": "C7", "matter": "占用消防通道"}));

        let mut tx = district.db.begin();
        let now = district.clock.now();
        assert!(matches!(actions::read(&mut tx, ONE, theirs[0].id, now).await, Err(kernel::Error::NotFound)));
        assert!(matches!(actions::read(&mut tx, ONE, Id::from_uuid(ONE), now).await, Err(kernel::Error::NotFound)));
        actions::read(&mut tx, ONE, mine[0].id, now).await.unwrap();
        actions::read(&mut tx, ONE, mine[0].id, now.plus_minutes(5)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(district.listed(ONE, false).await.iter().filter_map(|i| i.read_at).collect::<Vec<_>>(), [now]);
        assert_eq!(district.listed(ONE, true).await.len(), 1);
        assert_eq!(store::unread(&mut district.db.read().await.unwrap(), OTHER).await.unwrap(), 1);

        let mut tx = district.db.begin();
        actions::forget(&mut tx, ONE).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((district.listed(ONE, false).await.len(), district.listed(OTHER, false).await.len()), (0, 1));
    }

    async fn pages_hold_every_notice_once(engine: Engine) {
        let district = district(engine).await;
        for n in 0..7 {
            district.tell(&[offered(ONE, n)]).await;
            district.clock.advance(i64::from(n % 2 == 0));
        }
        let now = district.clock.now();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let mut reader = district.db.read().await.unwrap();
            let page = super::model::page(store::list(&mut reader, ONE, false, now, cursor, 3).await.unwrap(), 3, now);
            seen.extend(page.items.into_iter().map(|i| i.object_id.as_u128()));
            let Some(next) = page.next else { break };
            cursor = Some(kernel::Cursor::decode(&next).unwrap());
        }
        let mut sorted = seen.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..7).collect::<Vec<_>>());
        assert_eq!((seen[0], seen[6]), (if seen[0] == 6 { 6 } else { 5 }, 0), "newest first");
    }

    async fn without_a_mail_server_nothing_goes_out(engine: Engine) {
        let district = district(engine).await;
        district.wants_mail(ONE, "one@example.org").await;
        district.tell(&[offered(ONE, 7)]).await;
        district.later(10);
        let (delivered, statements) = db::count::scope(deliver(&district.app)).await;
        assert_eq!((delivered.unwrap(), statements), (Delivered::default(), 0));
    }

    async fn a_mail_goes_once_to_whoever_wants_it_and_has_not_read(engine: Engine) {
        let (district, peer) = (district(engine).await, Peer::start().await);
        district.mails_through(peer.port).await;
        district.wants_mail(ONE, "one@example.org").await;
        district.tell(&[offered(ONE, 7), offered(ONE, 8), offered(OTHER, 7)]).await;
        assert_eq!(district.delivered().await, (0, 0, 0), "there is time to read it first");
        let read = district.listed(ONE, true).await.into_iter().find(|i| i.object_id == Uuid::from_u128(8)).unwrap();
        let mut tx = district.db.begin();
        actions::read(&mut tx, ONE, read.id, district.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        district.later(3);
        assert_eq!(district.delivered().await, (1, 0, 0));
        district.later(3);
        assert_eq!(district.delivered().await, (0, 0, 0));
        let mails = peer.received();
        let told = district.listed(ONE, true).await[0].id;
        assert_eq!(mails.len(), 1);
        assert!(mails[0].contains("To: one@example.org") && mails[0].contains(&format!("Message-ID: <{told}@127.0.0.1>")), "{}", mails[0]);
        let stored: Vec<u8> =
            district.db.read().await.unwrap().value(sql!("select address as value from outbox"), bind![]).await.unwrap().unwrap();
        assert!(!stored.windows(3).any(|w| w == b"one"), "the address is sealed");
    }

    async fn in_the_quiet_hours_only_urgent_mail_goes(engine: Engine) {
        let (district, peer) = (district(engine).await, Peer::start().await);
        district.mails_through(peer.port).await;
        district.wants_mail(ONE, "one@example.org").await;
        district.set(QUIET.name, QuietHours { from: "21:00".to_owned(), until: "08:00".to_owned() }).await;
        district.clock.set("2025-03-10T23:00:00+08:00".parse().unwrap());
        district.tell(&[offered(ONE, 1), Notice { urgent: true, ..offered(ONE, 2) }]).await;
        assert_eq!(district.delivered().await, (1, 0, 0), "urgent mail does not wait");
        district.clock.set("2025-03-11T07:59:00+08:00".parse().unwrap());
        assert_eq!(district.delivered().await, (0, 0, 0));
        district.clock.set("2025-03-11T08:00:00+08:00".parse().unwrap());
        assert_eq!(district.delivered().await, (1, 0, 0));
        assert_eq!(peer.received().len(), 2);
    }

    async fn what_a_mail_server_refuses_is_tried_again_or_given_up(engine: Engine) {
        let (district, peer) = (district(engine).await, Peer::start().await);
        let out = async || {
            let mut reader = district.db.read().await.unwrap();
            let row = reader.one::<Out>(sql!("select state, attempts, fault from outbox order by made_at desc limit 1"), bind![]).await;
            let row = row.unwrap().unwrap();
            (row.state, row.attempts, row.fault.unwrap_or_default())
        };
        let is = |state: &str, attempts, fault: &str| (state.to_owned(), attempts, fault.to_owned());
        district.mails_through(peer.port).await;
        district.wants_mail(ONE, "one@example.org").await;
        district.tell(&[offered(ONE, 1)]).await;
        district.later(3);
        peer.refuse(&["451 one@example.org must wait"]);
        assert_eq!(district.delivered().await, (0, 1, 0));
        assert_eq!(out().await, is("waiting", 1, "refused with 451"), "the fault does not repeat the address");
        assert_eq!(district.delivered().await, (0, 0, 0), "not before its time");
        district.later(1);
        assert_eq!(district.delivered().await, (1, 0, 0));
        assert_eq!(out().await, is("sent", 2, ""));

        district.tell(&[offered(ONE, 2)]).await;
        district.later(3);
        peer.refuse(&["550 nobody here"]);
        assert_eq!(district.delivered().await, (0, 0, 1));
        assert_eq!(out().await, is("failed", 1, "refused with 550"));

        let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        district.mails_through(unused).await;
        district.tell(&[offered(ONE, 3)]).await;
        let mut outcomes = Vec::new();
        for wait in [3, 1, 5, 30, 120, 360, 1000] {
            district.later(wait);
            outcomes.push(district.delivered().await);
        }
        assert_eq!(outcomes, [[(0, 1, 0); 5].as_slice(), &[(0, 0, 1), (0, 0, 0)]].concat());
        assert_eq!(out().await, is("failed", 6, "no connection"));
        assert_eq!(peer.received().len(), 1);
    }

    /// A process that ends in the middle of sending leaves its messages to the next one.
    async fn a_message_taken_and_not_reported_is_taken_again(engine: Engine) {
        let district = district(engine).await;
        district.wants_mail(ONE, "one@example.org").await;
        district.tell(&[offered(ONE, 1)]).await;
        let now = district.clock.now().plus_minutes(5);
        let (since, again) = (now.plus_days(-1), now.plus_minutes(7));
        let mut tx = district.db.begin();
        assert_eq!(store::fill_outbox(&mut tx, since, now, now).await.unwrap(), 1);
        assert_eq!(store::fill_outbox(&mut tx, since, now, now).await.unwrap(), 0);
        assert_eq!(store::take(&mut tx, now, again, false, 20).await.unwrap().len(), 1);
        assert_eq!(store::take(&mut tx, now, again, false, 20).await.unwrap().len(), 0);
        assert_eq!(store::take(&mut tx, again, again, false, 20).await.unwrap()[0].attempts, 2);
        tx.commit().await.unwrap();
    }

    async fn old_things_are_tidied_away(engine: Engine) {
        let district = district(engine).await;
        district.tell(&[offered(ONE, 1), offered(ONE, 2)]).await;
        let mut tx = district.db.begin();
        let first = district.listed(ONE, false).await[0].id;
        actions::read(&mut tx, ONE, first, district.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(super::tidy(&district.app).await.unwrap(), 0);
        district.later(91 * 1440);
        assert_eq!(super::tidy(&district.app).await.unwrap(), 1);
        assert_eq!(district.listed(ONE, false).await.len(), 1, "what nobody read stays");
    }

    async fn a_password_stays_until_it_is_taken_away(engine: Engine) {
        let app = district(engine).await;
        let admin = app.browse_as("system-admin", "/").await;
        let server = |more: Value| {
            let mut value = json!({ "host": "mail.example.org", "port": 465, "protection": "tls", "user": "u", "from": "a@example.org" });
            value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({ "value": value, "reason": "drill" })
        };
        let set = async |more: Value| admin.put("/api/v1/settings/smtp", &server(more)).await;
        let stored = || app.access.setting(&MAIL, app.now()).and_then(|server| server.sealed);
        let shown = async || {
            let all = admin.get("/api/v1/settings").await.expect(200);
            assert!(!all.text().contains("first-secret") && !all.text().contains("sealed"), "{}", all.text());
            all.json().as_array().unwrap().iter().find(|s| s["name"] == "smtp").unwrap()["value"].clone()
        };
        let faulty = async |more: Value, field: &str, code: &str| {
            let problem = set(more).await.expect(400).json();
            assert_eq!((&problem["fields"][0]["field"], &problem["fields"][0]["code"]), (&json!(field), &json!(code)), "{problem}");
        };

        set(json!({})).await.expect(200);
        assert_eq!((stored(), shown().await["password"].clone()), (None, Value::Null));
        set(json!({ "password": "first-secret" })).await.expect(200);
        let first = stored().expect("it is kept sealed");
        assert_eq!(shown().await["password"], json!(true));
        // The form saves what it was shown, a script leaves out what it does not know: neither loses it.
        set(json!({ "password": true, "port": 25 })).await.expect(200);
        set(json!({ "user": "other" })).await.expect(200);
        assert_eq!(stored().as_ref(), Some(&first));
        // Whoever does not know it can neither have it sent elsewhere or in the clear, nor put a sealed one there.
        faulty(json!({ "host": "evil.example.org" }), "value.password", "password-again").await;
        faulty(json!({ "protection": "none" }), "value.protection", "password-needs-tls").await;
        set(json!({ "sealed": "AAAA" })).await.expect(200);
        assert_eq!(stored().as_ref(), Some(&first));
        set(json!({ "password": "second-secret", "host": "other.example.org" })).await.expect(200);
        assert!(stored().is_some_and(|now| now != first));
        for nothing in [json!(null), json!("")] {
            set(json!({ "password": "first-secret" })).await.expect(200);
            set(json!({ "password": nothing })).await.expect(200);
            assert_eq!((stored(), shown().await["password"].clone()), (None, Value::Null));
        }
        faulty(json!({ "host": " " }), "value.host", "required").await;
        faulty(json!({ "from": "nobody" }), "value.from", "bad-address").await;
    }

    async fn notices_over_http_are_ones_own(engine: Engine) {
        let app = district(engine).await;
        let (one, two) = (app.login_as("community-desk", "/1/").await, app.login_as("community-desk", "/1/").await);
        app.tell(&[offered(one.account, 1), offered(one.account, 2), offered(two.account, 3)]).await;
        assert_eq!(app.visitor().get("/api/v1/notices").await.status.as_u16(), 401);
        let list = one.get("/api/v1/notices?unread=true&limit=1").await.expect(200);
        assert!(list.statements() <= 2, "{}", list.statements());
        let (first, next) = (list.json()["items"][0]["id"].clone(), list.json()["next"].clone());
        let rest = one.get(&format!("/api/v1/notices?unread=true&limit=1&cursor={}", next.as_str().unwrap())).await.expect(200);
        assert_eq!((rest.json()["items"].as_array().unwrap().len(), &rest.json()["next"]), (1, &json!(null)));
        let read = format!("/api/v1/notices/{}/read", first.as_str().unwrap());
        two.post(&read, &json!({})).await.refused(404, "not-found");
        assert_eq!(one.post("/api/v1/notices/not-an-id/read", &json!({})).await.status.as_u16(), 400);
        assert_eq!(one.post(&read, &json!({})).await.expect(200).json(), json!({"read": 1}));
        assert_eq!(one.get("/api/v1/notices/count").await.json(), json!({"unread": 1}));
        let all = one.post("/api/v1/notices/read-all", &json!({})).await.expect(200);
        assert_eq!(all.json(), json!({"read": 1}));
        assert_eq!(one.get("/api/v1/notices/count").await.json(), json!({"unread": 0}));
        assert_eq!(two.get("/api/v1/notices/count").await.json(), json!({"unread": 1}));

        assert_eq!(one.get("/api/v1/notices/wishes").await.json(), json!({"mail": null}));
        one.put("/api/v1/notices/wishes", &json!({"mail": "nobody"})).await.refused(400, "invalid");
        let wish = one.put("/api/v1/notices/wishes", &json!({"mail": "one@example.org"})).await.expect(200);
        assert_eq!(wish.json(), json!({"mail": "o***@example.org"}));
        assert_eq!(one.get("/api/v1/notices/wishes").await.json(), wish.json());
        assert_eq!(one.put("/api/v1/notices/wishes", &json!({"mail": null})).await.expect(200).json(), json!({"mail": null}));
        assert_eq!(one.get("/api/v1/notices/wishes").await.json(), json!({"mail": null}));
    }
}
