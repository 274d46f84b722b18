//! Events on their way to a real receiver on this machine, which checks signatures, drops answers and goes away for a while.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use testkit::Engine;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::{
    modules::webhooks::{self, Sent, Signature},
    relay::Relay,
    testing::{
        Client, TestApp,
        town::{COMMUNITY, DISTRICT, HOME},
    },
};

/// What came in: headers by name, and the body.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    headers: BTreeMap<String, String>,
    body: String,
}

/// What it answers; `None` hangs up without a word.
pub(super) type Answers = Arc<Mutex<Vec<Option<&'static str>>>>;

const TAKEN: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// A receiver on a port of its own.
pub(super) struct Receiver {
    port: u16,
    heard: Arc<Mutex<Vec<Heard>>>,
    /// Answers to the next requests, in order; afterwards everything is taken.
    answers: Answers,
    task: JoinHandle<()>,
}

impl Receiver {
    pub(super) async fn start(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (heard, answers) = (Arc::<Mutex<Vec<Heard>>>::default(), Answers::default());
        let (log, next) = (heard.clone(), answers.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, log.clone(), next.clone()));
            }
        });
        Self { port, heard, answers, task }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook?from=district", self.port)
    }

    pub(super) fn answer(&self, list: &[Option<&'static str>]) {
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner) = list.to_vec();
    }

    pub(super) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes away with everything that it knows.
    pub(super) async fn stop(self) -> (u16, Vec<Heard>) {
        self.task.abort();
        let _ = self.task.await;
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (self.port, heard)
    }
}

async fn serve(mut stream: TcpStream, log: Arc<Mutex<Vec<Heard>>>, answers: Answers) {
    let mut bytes = vec![];
    let mut part = [0; 4_096];
    let heard = loop {
        let n = stream.read(&mut part).await.unwrap_or(0);
        if n == 0 {
            return;
        }
        bytes.extend_from_slice(&part[..n]);
        // The first byte of TLS, which it does not speak.
        if bytes[0] == 0x16 {
            let _ = stream.write_all(TAKEN.as_bytes()).await;
            return;
        }
        if let Some(heard) = whole(&bytes) {
            break heard;
        }
    };
    log.lock().unwrap_or_else(PoisonError::into_inner).push(heard);
    let answer = {
        let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.is_empty() { Some(TAKEN) } else { answers.remove(0) }
    };
    if let Some(answer) = answer {
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    }
}

/// The request, when all of it has come.
fn whole(bytes: &[u8]) -> Option<Heard> {
    let text = String::from_utf8(bytes.to_vec()).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let first = lines.next()?.to_owned();
    let mut headers: BTreeMap<String, String> =
        lines.filter_map(|l| l.split_once(": ")).map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned())).collect();
    headers.insert("request".to_owned(), first);
    let length: usize = headers.get("content-length")?.parse().ok()?;
    (body.len() == length).then(|| Heard { headers, body: body.to_owned() })
}

impl Heard {
    pub(super) fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    pub(super) fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Whether one of the signatures is that of this secret.
    fn signed_with(&self, secret: &str) -> bool {
        let secret = BASE64_STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let seconds: i64 = self.headers["webhook-timestamp"].parse().unwrap();
        let right = Signature::of(&secret, self.id(), seconds, &self.body).unwrap();
        self.headers["webhook-signature"].split(' ').any(|s| s == right)
    }
}

pub(super) async fn app(engine: Engine) -> TestApp {
    TestApp::with(engine, |config| config.loopback_receivers = true).await.with_town().await
}

pub(super) async fn enter(admin: &Client, url: &str, kinds: Value) -> (String, String) {
    let body = json!({ "name": "城运平台", "url": url, "kinds": kinds });
    let shown = admin.post("/api/v1/webhooks", &body).await.expect(201).json();
    (shown["id"].as_str().unwrap().to_owned(), shown["secret"].as_str().unwrap().to_owned())
}

/// A report that goes its way to the end; returns its number.
async fn case(app: &TestApp) -> String {
    let body = json!({ "text": "楼道灯坏了，单元楼道里的灯不亮，我叫王小明，电话13800138000", "lon": HOME.0, "lat": HOME.1 });
    let receipt = app.visitor().post("/api/v1/reports", &body).await.expect(201).json();
    let desk = app.login_as("community-desk", COMMUNITY).await;
    let path = format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap());
    let task = desk.get(&path).await.expect(200).json()["tasks"][0]["id"].as_str().unwrap().to_owned();
    desk.post(&format!("{path}/tasks/{task}/accept"), &json!({})).await.expect(200);
    let done = json!({ "result": "solved", "public_reply": "灯泡换好了" });
    desk.post(&format!("{path}/tasks/{task}/done"), &done).await.expect(200);
    receipt["code"].as_str().unwrap().to_owned()
}

/// What the relay and the jobs do in between.
async fn round(app: &TestApp) -> Sent {
    let mut relay = Relay::new(app).await.unwrap();
    relay.step(app).await.unwrap();
    relay.leave(app).await.unwrap();
    webhooks::feed(app).await.unwrap();
    webhooks::deliver(app).await.unwrap()
}

/// The versions of each case in the order in which they came, each id once.
fn versions(heard: &[Heard]) -> BTreeMap<String, Vec<i64>> {
    let mut seen = vec![];
    let mut all: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for h in heard.iter().filter(|h| h.event()["type"] != "ping") {
        if !seen.contains(&h.id().to_owned()) {
            seen.push(h.id().to_owned());
            let event = h.event();
            all.entry(event["data"]["code"].as_str().unwrap().to_owned())
                .or_default()
                .push(event["data"]["version"].as_i64().unwrap());
        }
    }
    all
}

testkit::both! {
    async fn a_receiver_hears_of_each_step_in_order_and_can_prove_who_speaks(engine: Engine) {
        let app = app(engine).await;
        let receiver = Receiver::start(0).await;
        let admin = app.login_as("system-admin", DISTRICT).await;
        let before = case(&app).await;
        round(&app).await;
        let (id, secret) = enter(&admin, &receiver.url(), json!([])).await;
        let codes = [case(&app).await, case(&app).await];
        let sent = round(&app).await;
        assert_eq!((sent.sent, sent.later, sent.dead), (6, 0, 0));
        let heard = receiver.heard();
        let versions = versions(&heard);
        assert_eq!(versions.keys().collect::<Vec<_>>(), codes.iter().collect::<Vec<_>>(), "nothing of {before}, from before");
        for (code, list) in versions {
            assert!(list.len() == 3 && list.is_sorted(), "{code}: {list:?}");
        }
        for h in &heard {
            assert!(h.signed_with(&secret) && !h.signed_with("whsec_AAAA"), "{h:?}");
            assert!(h.headers["request"].starts_with("POST /hook?from=district "), "{h:?}");
            for personal in ["王小明", "13800138000", "灯", "楼道"] {
                assert!(!h.body.contains(personal), "{}", h.body);
            }
        }
        let last = heard.last().unwrap().event();
        assert_eq!((last["type"].as_str(), last["data"]["state"].as_str()), (Some("incident.resolve"), Some("resolved")));
        // The log tells the same; nothing goes out twice.
        let log = admin.get(&format!("/api/v1/webhooks/{id}/deliveries?state=sent")).await.expect(200).json();
        assert_eq!((log["items"].as_array().unwrap().len(), log["items"][0]["status"].as_i64()), (6, Some(204)));
        assert_eq!(round(&app).await, Sent::default());
    }

    async fn lost_answers_and_a_receiver_that_restarts_lose_nothing(engine: Engine) {
        let app = app(engine).await;
        let receiver = Receiver::start(0).await;
        let admin = app.login_as("system-admin", DISTRICT).await;
        enter(&admin, &receiver.url(), json!([])).await;
        let mut codes = vec![case(&app).await, case(&app).await, case(&app).await];
        // Heard and not answered, answered with a fault, redirected: none of these counts as taken.
        receiver.answer(&[None, Some("HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"), Some("HTTP/1.1 302 No\r\nlocation: /\r\ncontent-length: 0\r\n\r\n")]);
        let sent = round(&app).await;
        assert_eq!((sent.sent, sent.later), (0, 3), "the first of each case; the others wait behind it");
        let (port, first) = receiver.stop().await;
        assert_eq!(first.len(), 3);
        // Away.
        app.clock.advance(7_000);
        codes.push(case(&app).await);
        let sent = round(&app).await;
        assert_eq!((sent.sent, sent.later), (0, 4));
        // Back on the same port, having forgotten everything.
        let receiver = Receiver::start(port).await;
        for _ in 0..3 {
            app.clock.advance(400_000);
            round(&app).await;
        }
        let second = receiver.heard();
        let versions = versions(&second);
        assert_eq!(versions.len(), codes.len());
        for (code, list) in &versions {
            assert!(list.len() == 3 && list.is_sorted(), "{code}: {list:?}");
        }
        for h in &first {
            let again = second.iter().find(|s| s.id() == h.id()).unwrap();
            assert_eq!(again.body, h.body, "the same id, the same bytes");
            assert!(again.headers["webhook-timestamp"] > h.headers["webhook-timestamp"]);
        }
        assert_eq!(second.len(), 12, "what was taken is not sent again");
    }

    async fn what_is_never_taken_becomes_a_dead_letter_that_can_be_sent_again(engine: Engine) {
        let app = app(engine).await;
        let receiver = Receiver::start(0).await;
        let admin = app.login_as("system-admin", DISTRICT).await;
        let (id, _) = enter(&admin, &receiver.url(), json!(["incident.resolve"])).await;
        case(&app).await;
        receiver.answer(&[Some("HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n"); 10]);
        let mut dead = 0;
        for _ in 0..10 {
            dead += round(&app).await.dead;
            app.clock.advance(100_000_000);
        }
        assert_eq!((dead, receiver.heard().len()), (1, 10));
        let list = admin.get("/api/v1/webhooks").await.expect(200).json();
        assert_eq!((list["items"][0]["dead"].as_i64(), list["items"][0]["waiting"].as_i64()), (Some(1), Some(0)));
        assert!(!list.to_string().contains("whsec"), "the secret is shown once");
        let log = admin.get(&format!("/api/v1/webhooks/{id}/deliveries?state=dead")).await.expect(200).json();
        let letter = &log["items"][0];
        assert_eq!((letter["fault"].as_str(), letter["attempts"].as_i64()), (Some("refused"), Some(10)));
        let again = format!("/api/v1/webhooks/{id}/deliveries/{}/resend", letter["id"].as_str().unwrap());
        admin.post(&again, &json!({})).await.expect(200);
        assert_eq!(round(&app).await.sent, 1);
        let heard = receiver.heard();
        assert!(heard.iter().all(|h| h.id() == letter["message"].as_str().unwrap()));
        admin.post(&again, &json!({})).await.refused(422, "not-a-dead-letter");
    }

    async fn a_secret_is_changed_without_a_gap(engine: Engine) {
        let app = app(engine).await;
        let receiver = Receiver::start(0).await;
        let admin = app.login_as("system-admin", DISTRICT).await;
        let (id, old) = enter(&admin, &receiver.url(), json!(["incident.close"])).await;
        let rotated = admin.post(&format!("/api/v1/webhooks/{id}/rotate"), &json!({})).await.expect(200).json();
        let new = rotated["secret"].as_str().unwrap();
        assert_ne!(new, old);
        admin.post(&format!("/api/v1/webhooks/{id}/ping"), &json!({})).await.expect(202);
        assert_eq!(round(&app).await.sent, 1);
        app.clock.advance(25 * 3_600_000);
        admin.post(&format!("/api/v1/webhooks/{id}/ping"), &json!({})).await.expect(202);
        assert_eq!(round(&app).await.sent, 1);
        let heard = receiver.heard();
        assert_eq!(heard.iter().map(|h| (h.signed_with(&old), h.signed_with(new))).collect::<Vec<_>>(), [(true, true), (false, true)]);
        assert_eq!(heard[0].event()["type"].as_str(), Some("ping"));
    }

    async fn one_that_is_gone_is_asked_no_more(engine: Engine) {
        let app = app(engine).await;
        let receiver = Receiver::start(0).await;
        let admin = app.login_as("system-admin", DISTRICT).await;
        let (id, _) = enter(&admin, &receiver.url(), json!([])).await;
        receiver.answer(&[Some("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n")]);
        case(&app).await;
        assert_eq!(round(&app).await.dead, 1);
        let list = admin.get("/api/v1/webhooks").await.expect(200).json();
        assert_eq!(list["items"][0]["enabled"].as_bool(), Some(false));
        admin.post(&format!("/api/v1/webhooks/{id}/ping"), &json!({})).await.refused(422, "receiver-off");
        case(&app).await;
        assert_eq!(round(&app).await, Sent::default());
        assert_eq!(receiver.heard().len(), 1);
        // Switched on again it hears what was waiting and what happens from now on, and not what happened meanwhile.
        admin.put(&format!("/api/v1/webhooks/{id}"), &json!({ "enabled": true })).await.expect(200);
        let code = case(&app).await;
        assert_eq!(round(&app).await.sent, 2 + 3);
        assert_eq!(versions(&receiver.heard()[1..]).keys().next_back(), Some(&code));
        admin.delete(&format!("/api/v1/webhooks/{id}")).await.expect(200);
        admin.delete(&format!("/api/v1/webhooks/{id}")).await.expect(404);
        case(&app).await;
        assert_eq!(round(&app).await, Sent::default());
    }

    /// A receiver without TLS under an address that promises it, and one that nobody answers at.
    async fn each_fault_has_its_word(engine: Engine) {
        let app = app(engine).await;
        let receiver = Receiver::start(0).await;
        let closed = Receiver::start(0).await.stop().await.0;
        let admin = app.login_as("system-admin", DISTRICT).await;
        for (url, fault) in [
            (format!("https://127.0.0.1:{}/", receiver.port), "tls"),
            (format!("http://127.0.0.1:{closed}/"), "connection"),
        ] {
            let (id, _) = enter(&admin, &url, json!([])).await;
            admin.post(&format!("/api/v1/webhooks/{id}/ping"), &json!({})).await.expect(202);
            round(&app).await;
            let log = admin.get(&format!("/api/v1/webhooks/{id}/deliveries")).await.expect(200).json();
            assert_eq!(log["items"][0]["fault"].as_str(), Some(fault), "{url}");
        }
    }
}
