//! The stream of changes over HTTP on both engines.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Request, header},
    response::Response,
};
use http_body_util::BodyExt;
use kernel::Actor;
use serde_json::{Value, json};
use testkit::Engine;
use tower::ServiceExt;
use uuid::Uuid;

use super::{Notice, tell};
use crate::{
    modules::access::{
        actions,
        audit::{self, Audit},
    },
    relay::Relay,
    testing::{
        Client, TestApp,
        town::{DEPARTMENT, DISTRICT, HOME},
    },
};

/// The path of the fire brigade.
const FIRE: &str = "/990101/D-FIRE/";

/// A stream as a browser's `EventSource` sees it.
struct Source {
    body: Body,
    text: String,
    /// The last `id` that came.
    last: Option<String>,
    ended: bool,
}

impl Source {
    /// The next event that a page would see; nothing when the stream ends, or when none comes within the patience.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n").map(|(e, r)| (e.to_owned(), r.to_owned())) {
                self.text = rest;
                let field = |name| event.lines().find_map(|l| l.strip_prefix(name)).map(|v| v.trim().to_owned());
                self.last = field("id:").or(self.last.take());
                if let Some(data) = field("data:") {
                    return Some((field("event:").unwrap_or_default(), serde_json::from_str(&data).unwrap()));
                }
                continue;
            }
            let frame = tokio::time::timeout(Duration::from_millis(700), self.body.frame()).await.ok()?;
            self.ended = frame.is_none();
            let frame = frame?;
            self.text.push_str(std::str::from_utf8(frame.unwrap().data_ref().unwrap()).unwrap());
        }
    }

    /// Whether the server has closed the stream.
    async fn closed(&mut self) -> bool {
        self.next().await.is_none() && self.ended
    }
}

struct Caller {
    account: Uuid,
    token: Uuid,
    secret: String,
}

async fn caller(app: &TestApp, role: &str, path: &str) -> Caller {
    let account = app.account(&[(role, path)], None).await;
    let mut tx = app.db.begin();
    let (token, secret) = actions::make_token(&mut tx, app.now(), &Actor::system(), account, "test", 9).await.unwrap();
    tx.commit().await.unwrap();
    Caller { account, token, secret: secret.text().to_owned() }
}

async fn asked(app: &TestApp, caller: &Caller, last: Option<&str>) -> Response {
    let mut request = Request::get("/api/v1/events").header(header::AUTHORIZATION, format!("Bearer {}", caller.secret));
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    crate::http::router(Arc::clone(&app.app)).oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn listen(app: &TestApp, caller: &Caller, last: Option<&str>) -> Source {
    let response = asked(app, caller, last).await;
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    Source { body: response.into_body(), text: String::new(), last: None, ended: false }
}

/// Does something to a thing, and perhaps tells somebody.
async fn act(app: &TestApp, thing: u128, path: &str, to: Option<Uuid>) {
    act_urgently(app, thing, path, to, false).await;
}

async fn act_urgently(app: &TestApp, thing: u128, path: &str, to: Option<Uuid>, urgent: bool) {
    let mut tx = app.db.begin();
    let entry = Audit::new("incident.note", "incident", Uuid::from_u128(thing)).under(path);
    entry.record(&mut tx, app.now(), &Actor::system()).await.unwrap();
    let notice = |to| Notice {
        to,
        kind: "task-offered",
        object_kind: "incident",
        object: Uuid::from_u128(thing),
        params: json!({}),
        urgent,
    };
    let notices: Vec<Notice> = to.into_iter().map(notice).collect();
    tell(&mut tx, app.now(), &notices).await.unwrap();
    tx.commit().await.unwrap();
}

fn change(number: i64, things: &[u128]) -> (String, Value) {
    let objects: Vec<_> = things.iter().map(|t| json!({"kind": "incident", "id": Uuid::from_u128(*t)})).collect();
    ("change".to_owned(), json!({"number": number, "objects": objects}))
}

/// One round of the relay: the rows of the record get their numbers and are handed on.
async fn seal(app: &TestApp) {
    let mut relay = Relay::new(app).await.unwrap();
    relay.step(app).await.unwrap();
    relay.leave(app).await.unwrap();
}

/// The same by a process whose relay hands nothing to the listeners of this one.
async fn seal_elsewhere(app: &TestApp) {
    let mut relay = Relay::with(app, &[]).await.unwrap();
    relay.step(app).await.unwrap();
    relay.leave(app).await.unwrap();
}

async fn number(app: &TestApp) -> i64 {
    audit::last_number(&mut app.db.read().await.unwrap()).await.unwrap()
}

/// Whether the stream tells, in what it has to tell now, that a thing changed.
async fn hears(source: &mut Source, thing: &str) -> bool {
    let mut heard = false;
    while let Some((event, data)) = source.next().await {
        heard |= event == "change" && data["objects"].as_array().unwrap().iter().any(|o| o["id"] == thing);
    }
    heard
}

testkit::both! {
    async fn a_unit_hears_of_a_case_as_long_as_it_sees_it(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let (brigade, roads) = (caller(&app, "department-desk", FIRE).await, caller(&app, "department-desk", DEPARTMENT).await);
        let report = json!({ "text": "消防通道被车堵了，消防车道停满车", "lon": HOME.0, "lat": HOME.1 });
        let case = app.visitor().post("/api/v1/reports", &report).await.expect(201).json()["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/incidents/{case}");
        seal(&app).await;
        let begun = number(&app).await;
        let (mut fire, mut other) = (listen(&app, &brigade, None).await, listen(&app, &roads, None).await);
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        let note = async || {
            centre.post(&format!("{path}/note"), &json!({ "text": "请抓紧" })).await.expect(200);
            seal(&app).await;
        };
        let task = async |client: &Client| {
            let tasks = client.get(&path).await.expect(200).json()["tasks"].clone();
            let open = tasks.as_array().unwrap().iter().find(|t| t["mine"] == true && t["role"] == "lead").expect("a task").clone();
            format!("{path}/tasks/{}", open["id"].as_str().unwrap())
        };
        note().await;
        assert_eq!((hears(&mut fire, &case).await, hears(&mut other, &case).await), (true, false), "its task, and nobody else's");

        // Whoever returned it answers for it, and hears of it, until the next takes it on.
        let back = app.login_as("department-desk", FIRE).await;
        back.post(&format!("{}/send-back", task(&back).await), &json!({ "reason": "other-unit-first" })).await.expect(200);
        let to = app.org.directory().value.unit_by_code("D-ROADS").unwrap().id;
        centre.post(&format!("{path}/dispatch"), &json!({ "unit": to, "reason": "道路设施" })).await.expect(200);
        seal(&app).await;
        assert_eq!((hears(&mut fire, &case).await, hears(&mut other, &case).await), (true, true));
        let next = app.login_as("department-desk", DEPARTMENT).await;
        next.post(&format!("{}/accept", task(&next).await), &json!({})).await.expect(200);
        note().await;
        assert_eq!((hears(&mut fire, &case).await, hears(&mut other, &case).await), (false, true), "it is the next one's now");

        // Whoever was away hears the same when he comes back.
        let missed = begun.to_string();
        let (mut fire, mut other) = (listen(&app, &brigade, Some(&missed)).await, listen(&app, &roads, Some(&missed)).await);
        assert_eq!((hears(&mut fire, &case).await, hears(&mut other, &case).await), (false, true));
    }

    /// Whoever comes again just while a row gets its number hears of it: from what he missed, or from the next batch.
    async fn who_comes_again_while_a_row_is_sealed_hears_of_it(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let me = caller(&app, "community-desk", "/").await;
        let mut relay = Relay::new(&app).await.unwrap();
        relay.step(&app).await.unwrap();
        for thing in 1..=100 {
            let last = number(&app).await;
            let resume = last.to_string();
            act(&app, thing, "/", None).await;
            let sealed = async {
                tokio::time::sleep(Duration::from_micros(40 * thing as u64)).await;
                relay.step(&app).await.unwrap()
            };
            let (mut source, round) = tokio::join!(listen(&app, &me, Some(&resume)), sealed);
            assert_eq!((source.next().await, round.sealed), (Some(change(last + 1, &[thing])), 1), "thing {thing}");
        }
    }

    /// A process begins to listen a moment before its relay does, and another one seals in between.
    async fn what_is_sealed_elsewhere_before_the_relay_begins_is_told(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let me = caller(&app, "community-desk", "/").await;
        seal(&app).await;
        let (mut source, last) = (listen(&app, &me, None).await, number(&app).await);
        act(&app, 1, "/", None).await;
        seal_elsewhere(&app).await;
        let mut relay = Relay::new(&app).await.unwrap();
        act(&app, 2, "/", None).await;
        relay.step(&app).await.unwrap();
        assert_eq!(source.next().await, Some(change(last + 2, &[1, 2])));
    }

    /// Nor does a log-in that ended there hear of what was done since.
    async fn a_log_in_that_ended_elsewhere_hears_nothing_more(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let me = caller(&app, "community-desk", "/").await;
        seal(&app).await;
        let mut source = listen(&app, &me, None).await;
        let mut tx = app.db.begin();
        actions::disable(&mut tx, app.now(), &Actor::system(), me.account).await.unwrap();
        tx.commit().await.unwrap();
        seal_elsewhere(&app).await;
        act(&app, 1, "/", None).await;
        seal(&app).await;
        assert_eq!((source.next().await, source.ended), (None, true));
    }

    async fn in_the_quiet_hours_only_what_is_urgent_is_announced(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let at = |text: &str| app.clock.set(format!("2025-03-{text}:00+08:00").parse().unwrap());
        let me = caller(&app, "community-desk", "/").await;
        let kinds = async |source: &mut Source| {
            let mut kinds = vec![];
            while let Some((kind, _)) = source.next().await {
                kinds.push(kind);
            }
            kinds
        };
        at("10T21:59");
        let mut stream = listen(&app, &me, None).await;
        act(&app, 1, "/", Some(me.account)).await;
        seal(&app).await;
        assert_eq!(kinds(&mut stream).await, ["change", "notice"]);
        let before = stream.last.clone();
        // What changes is seen by whoever looks; nobody is rung for it, but for an emergency.
        at("10T22:00");
        act(&app, 2, "/", Some(me.account)).await;
        seal(&app).await;
        assert_eq!(kinds(&mut stream).await, ["change"]);
        let client = app.visitor().with(header::AUTHORIZATION, &format!("Bearer {}", me.secret));
        let list = client.get("/api/v1/notices?unread=true").await.expect(200).json();
        assert_eq!(list["items"].as_array().unwrap().len(), 2, "whoever looks finds it");
        at("11T03:00");
        act_urgently(&app, 3, "/", Some(me.account), true).await;
        seal(&app).await;
        assert_eq!(kinds(&mut stream).await, ["change", "notice"]);
        // Coming back in the night tells no more than staying did.
        let mut again = listen(&app, &me, before.as_deref()).await;
        assert_eq!(kinds(&mut again).await, ["change", "notice"]);
        at("11T06:59");
        act(&app, 4, "/", None).await;
        seal(&app).await;
        assert_eq!((kinds(&mut stream).await, kinds(&mut again).await), (vec!["change".to_owned()], vec!["change".to_owned()]));
        // When the quiet ends, what waited comes, and nothing twice.
        at("11T07:00");
        act(&app, 5, "/", None).await;
        seal(&app).await;
        assert_eq!(kinds(&mut stream).await, ["change", "notice"]);
        assert_eq!(kinds(&mut again).await, ["change", "notice"]);
        act(&app, 6, "/", None).await;
        seal(&app).await;
        assert_eq!(kinds(&mut stream).await, ["change"]);
        // Whoever slept through it all is told on coming back.
        let mut late = listen(&app, &me, before.as_deref()).await;
        assert_eq!(kinds(&mut late).await, ["change", "notice", "notice"]);
    }

    async fn one_hears_what_changes_within_ones_scope(engine: Engine) {
        let app = TestApp::new(engine).await;
        let (desk, other) = (caller(&app, "community-desk", "/1/2/").await, caller(&app, "community-desk", "/1/3/").await);
        seal(&app).await;
        assert_eq!(app.visitor().get("/api/v1/events").await.status.as_u16(), 401);
        let (mut mine, mut theirs) = (listen(&app, &desk, None).await, listen(&app, &other, None).await);
        act(&app, 1, "/1/2/5/", None).await;
        act(&app, 2, "/1/2/", Some(other.account)).await;
        act(&app, 1, "/1/2/5/", None).await;
        act(&app, 3, "/1/", None).await;
        seal(&app).await;
        let last = number(&app).await;
        let mut heard = mine.next().await.unwrap();
        heard.1["objects"].as_array_mut().unwrap().sort_by_key(|o| o["id"].to_string());
        assert_eq!(heard, change(last, &[1, 2]), "each object once, and nothing from above");
        assert_eq!(mine.last, Some(last.to_string()));
        let (kind, notice) = theirs.next().await.unwrap();
        let page = app.visitor().with(header::AUTHORIZATION, &format!("Bearer {}", other.secret)).get("/api/v1/notices").await;
        assert_eq!((kind.as_str(), &notice["id"]), ("notice", &page.json()["items"][0]["id"]));
        act(&app, 4, "/1/3/", None).await;
        seal(&app).await;
        assert_eq!(theirs.next().await, Some(change(last + 1, &[4])), "a notice is told once");
        assert_eq!(mine.next().await, None);
    }

    async fn a_stream_resumes_where_it_broke_off(engine: Engine) {
        let app = TestApp::new(engine).await;
        let desk = caller(&app, "community-desk", "/1/").await;
        seal(&app).await;
        let mut first = listen(&app, &desk, None).await;
        act(&app, 1, "/1/", None).await;
        seal(&app).await;
        assert!(first.next().await.is_some());
        let last = first.last.clone().unwrap();
        drop(first);
        act(&app, 2, "/1/2/", None).await;
        act(&app, 9, "/7/", None).await;
        act(&app, 3, "/1/3/", Some(desk.account)).await;
        // Another process, or this one after a restart, knows nothing but the rows.
        seal(&app).await;
        let newest = number(&app).await;
        let mut again = listen(&app, &desk, Some(&last)).await;
        let mut heard = again.next().await.unwrap();
        heard.1["objects"].as_array_mut().unwrap().sort_by_key(|o| o["id"].to_string());
        assert_eq!(heard, change(newest, &[2, 3]));
        assert_eq!(again.next().await.unwrap().0, "notice");
        act(&app, 4, "/1/", None).await;
        seal(&app).await;
        assert_eq!(again.next().await, Some(change(newest + 1, &[4])));
        let mut current = listen(&app, &desk, Some(&number(&app).await.to_string())).await;
        assert_eq!(current.next().await, None);
    }

    async fn whoever_missed_too_much_reads_everything_again(engine: Engine) {
        let app = TestApp::new(engine).await;
        let desk = caller(&app, "community-desk", "/1/").await;
        act(&app, 1, "/1/", None).await;
        seal(&app).await;
        let reload = Some(("reload".to_owned(), json!({})));
        assert_eq!(listen(&app, &desk, Some("999999")).await.next().await, reload, "a number of another database");
        app.clock.advance(8 * 86_400_000);
        let mut late = listen(&app, &desk, Some("1")).await;
        assert_eq!(late.next().await, reload);
        assert_eq!(late.last, Some(number(&app).await.to_string()));
        assert_eq!(late.next().await, None, "one reload is enough");
        let before = number(&app).await;
        for n in 0..1_001 {
            act(&app, n, "/1/", None).await;
        }
        seal(&app).await;
        assert_eq!(listen(&app, &desk, Some(&before.to_string())).await.next().await, reload);
        assert_eq!(listen(&app, &desk, Some(&(before + 990).to_string())).await.next().await.unwrap().0, "change");
    }

    async fn a_slow_listener_misses_nothing(engine: Engine) {
        let app = TestApp::new(engine).await;
        let desk = caller(&app, "community-desk", "/1/").await;
        seal(&app).await;
        let mut slow = listen(&app, &desk, None).await;
        for n in 0..100 {
            act(&app, n, "/1/", None).await;
            seal(&app).await;
        }
        let mut heard: Vec<String> = Vec::new();
        while let Some((kind, data)) = slow.next().await {
            assert_eq!(kind, "change");
            heard.extend(data["objects"].as_array().unwrap().iter().map(|o| o["id"].as_str().unwrap().to_owned()));
        }
        let all: Vec<String> = (0..100).map(|n| Uuid::from_u128(n).to_string()).collect();
        assert_eq!(heard, all);
    }

    async fn a_stream_ends_with_its_log_in(engine: Engine) {
        let app = TestApp::new(engine).await;
        let (one, two) = (caller(&app, "community-desk", "/1/").await, caller(&app, "community-desk", "/1/").await);
        seal(&app).await;
        let (mut disabled, mut ended) = (listen(&app, &one, None).await, listen(&app, &two, None).await);
        let mut kept = listen(&app, &two, None).await;
        assert_eq!(app.notices.listeners(), 3);
        let mut tx = app.db.begin();
        actions::disable(&mut tx, app.now(), &Actor::system(), one.account).await.unwrap();
        tx.commit().await.unwrap();
        seal(&app).await;
        assert!(disabled.closed().await);
        act(&app, 1, "/1/", None).await;
        seal(&app).await;
        assert!(ended.next().await.is_some() && kept.next().await.is_some(), "others go on");

        let actor = Actor::new(two.account, kernel::ActorKind::Person, "two", []);
        let mut tx = app.db.begin();
        actions::end_token(&mut tx, app.now(), &actor, two.token).await.unwrap();
        tx.commit().await.unwrap();
        seal(&app).await;
        assert!(ended.closed().await && kept.closed().await);
        drop((disabled, ended, kept));
        assert_eq!(app.notices.listeners(), 0);
        assert_eq!(asked(&app, &two, None).await.status().as_u16(), 401);
    }

    async fn an_account_has_so_many_streams_and_no_more(engine: Engine) {
        let app = TestApp::new(engine).await;
        let desk = caller(&app, "community-desk", "/1/").await;
        let mut open = Vec::new();
        for _ in 0..20 {
            open.push(listen(&app, &desk, None).await);
        }
        let refused = asked(&app, &desk, None).await;
        assert_eq!(refused.status().as_u16(), 429);
        assert!(refused.headers().contains_key(header::RETRY_AFTER));
        open.pop();
        assert_eq!(asked(&app, &desk, None).await.status().as_u16(), 200);
    }

    async fn grants_that_change_change_what_is_heard(engine: Engine) {
        let app = TestApp::new(engine).await;
        let desk = caller(&app, "community-desk", "/1/").await;
        seal(&app).await;
        let mut stream = listen(&app, &desk, None).await;
        let grant = actions::NewGrant { role: "community-desk", path: "/2/", from_at: None, until_at: None };
        let mut tx = app.db.begin();
        actions::grant_unchecked(&app, &mut tx, app.now(), &Actor::system(), desk.account, &grant).await.unwrap();
        tx.commit().await.unwrap();
        seal(&app).await;
        act(&app, 1, "/2/", None).await;
        seal(&app).await;
        assert_eq!(stream.next().await, Some(change(number(&app).await, &[1])));
    }
}
