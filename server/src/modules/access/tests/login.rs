//! Logging in and out.

use axum::http::{HeaderName, Method, header};
use kernel::{Actor, Time};
use serde_json::{Value, json};
use testkit::Engine;

use crate::{
    modules::access::{actions, model::LinkKind, store::NewAccount, totp::Secret},
    testing::{Client, Reply, TestApp},
};

const PASSWORD: &str = "Tuesday-42-xyz";
const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");

async fn link(app: &TestApp, account: uuid::Uuid, kind: LinkKind) -> String {
    let mut tx = app.db.begin();
    let link = actions::make_link(&mut tx, app.now(), &Actor::system(), account, kind).await.unwrap();
    tx.commit().await.unwrap();
    link.path.rsplit('/').next().unwrap().to_owned()
}

async fn follow(app: &TestApp, token: &str) -> Reply {
    app.visitor().post("/api/v1/session/link", &json!({ "token": token })).await
}

async fn try_log_in(client: &Client, username: &str, password: &str, code: Option<&str>) -> Reply {
    client.post("/api/v1/session", &json!({"username": username, "password": password, "code": code})).await
}

fn secret(text: &str) -> Secret {
    let mut bits = text.bytes().flat_map(|c| {
        let five = if c.is_ascii_digit() { c - b'2' + 26 } else { c - b'A' };
        (0..5).rev().map(move |n| five >> n & 1)
    });
    let bytes: Vec<u8> = (0..20).map(|_| (0..8).fold(0, |v, _| v << 1 | bits.next().unwrap())).collect();
    Secret::from_bytes(&bytes).unwrap()
}

/// Follows an invitation to its end; the browser that did it and the second factor.
async fn enrol(app: &TestApp, account: uuid::Uuid) -> (Client, Secret) {
    let reply = follow(app, &link(app, account, LinkKind::Invite).await).await.expect(200);
    assert_eq!(reply.json()["must_enrol"], true);
    let browser = app.visitor().resume(&reply);
    browser.post("/api/v1/account/password", &json!({"password": PASSWORD})).await.expect(200);
    let made = browser.post("/api/v1/account/totp", &json!({})).await.expect(200).json();
    assert!(made["svg"].as_str().unwrap().contains("<svg") && made["uri"].as_str().unwrap().starts_with("otpauth://totp/"));
    let secret = secret(made["secret"].as_str().unwrap());
    browser.post("/api/v1/account/totp/confirm", &json!({"code": "000000"})).await.refused(422, "wrong-code");
    browser.post("/api/v1/account/totp/confirm", &json!({"code": secret.now(app.now())})).await.expect(200);
    app.clock.advance(60_000);
    (browser, secret)
}

async fn username(app: &TestApp, account: uuid::Uuid) -> String {
    let account = super::super::store::account(&mut app.db.read().await.unwrap(), account).await.unwrap();
    account.unwrap().username
}

testkit::both! {
    async fn a_token_knows_its_role_in_one_statement(engine: Engine) {
        let app = TestApp::new(engine).await;
        let me = app.login_as("security-admin", "/").await;
        let reply = me.get("/api/v1/session").await.expect(200);
        assert_eq!(reply.statements(), 1);
        assert_eq!(reply.json()["roles"][0]["key"], "security-admin");
        assert!(reply.json()["permissions"].as_array().unwrap().contains(&json!("grant.manage")));
        app.visitor().get("/api/v1/session").await.refused(401, "unauthenticated");
        app.visitor().with(header::AUTHORIZATION, "Bearer nonsense").get("/api/v1/session").await.refused(401, "unauthenticated");
    }

    async fn from_an_invitation_to_a_log_in_with_two_factors(engine: Engine) {
        let app = TestApp::new(engine).await;
        let account = app.account(&[("street-desk", "/990101/990101001/")], None).await;
        let token = link(&app, account, LinkKind::Invite).await;
        let reply = follow(&app, &token).await.expect(200);
        assert_eq!(reply.json()["permissions"], json!([]));
        follow(&app, &token).await.refused(422, "link-spent");
        let (browser, secret) = enrol(&app, account).await;
        let session = browser.get("/api/v1/session").await.expect(200).json();
        assert_eq!((&session["must_enrol"], &session["home"]), (&json!(false), &json!("/c/")));
        assert_eq!(session["roles"][0]["unit"], "990101001");
        assert!(!session["permissions"].as_array().unwrap().is_empty());

        let name = username(&app, account).await;
        let visitor = app.visitor();
        try_log_in(&visitor, &name, PASSWORD, None).await.refused(422, "second-factor-required");
        try_log_in(&visitor, &name, PASSWORD, Some("123")).await.refused(422, "wrong-credentials");
        let code = secret.now(app.now());
        let reply = try_log_in(&visitor, &format!(" {} ", name.to_uppercase()), PASSWORD, Some(&code)).await.expect(200);
        try_log_in(&visitor, &name, PASSWORD, Some(&code)).await.refused(422, "wrong-credentials");
        let again = app.visitor().resume(&reply);
        again.get("/api/v1/session").await.expect(200);
        again.delete("/api/v1/session").await.expect(200);
        again.get("/api/v1/session").await.refused(401, "unauthenticated");
        browser.get("/api/v1/session").await.expect(200);
    }

    async fn a_new_password_ends_the_other_sessions(engine: Engine) {
        let app = TestApp::new(engine).await;
        let account = app.account(&[("part-time-reporter", "/")], None).await;
        let first = app.visitor().resume(&follow(&app, &link(&app, account, LinkKind::Invite).await).await.expect(200));
        first.post("/api/v1/account/password", &json!({"password": "short"})).await.refused(400, "invalid");
        first.post("/api/v1/account/password", &json!({"password": PASSWORD})).await.expect(200);
        assert_eq!(first.get("/api/v1/session").await.expect(200).json()["must_enrol"], false, "a reporter needs no second factor");
        let name = username(&app, account).await;
        let second = app.visitor().resume(&try_log_in(&app.visitor(), &name, PASSWORD, None).await.expect(200));
        second.post("/api/v1/account/password", &json!({"password": "Wednesday-42-xyz"})).await.refused(422, "wrong-credentials");
        let change = json!({"current": PASSWORD, "password": "Wednesday-42-xyz"});
        second.post("/api/v1/account/password", &change).await.expect(200);
        first.get("/api/v1/session").await.refused(401, "unauthenticated");
        second.get("/api/v1/session").await.expect(200);
    }

    async fn commands_of_pages_carry_their_token(engine: Engine) {
        let app = TestApp::new(engine).await;
        let browser = app.browse_as("district-dispatch", "/").await;
        browser.get("/api/v1/account/tokens").await.expect(200);
        let csrf = HeaderName::from_static("x-csrf-token");
        let forged = browser.clone().with(csrf.clone(), "0123456789abcdef0123456789abcdef");
        forged.get("/api/v1/session").await.expect(200);
        forged.delete("/api/v1/session").await.refused(403, "forbidden");
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let body = || Some(json!({"token": "x"}).to_string().into());
        app.visitor().send(Method::POST, "/api/v1/session/link", body(), &form).await.refused(400, "invalid");
        app.visitor().send(Method::POST, "/api/v1/session", body(), &form).await.refused(400, "invalid");
    }

    async fn cookies_bear_the_host_prefix_where_browsers_take_it(engine: Engine) {
        let app = TestApp::new(engine).await;
        let account = app.account(&[("partner", "/")], None).await;
        let token = link(&app, account, LinkKind::Partner).await;
        let cookie = async |host: &str| {
            let client = app.visitor().with(header::HOST, host);
            let reply = client.post("/api/v1/session/link", &json!({ "token": token })).await.expect(200);
            let text = reply.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
            let (pair, attributes) = text.split_once(';').unwrap();
            client.resume(&reply).get("/api/v1/session").await.expect(200);
            (pair.split('=').next().unwrap().to_owned(), attributes.to_owned())
        };
        for host in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080", "localhost"] {
            let (name, attributes) = cookie(host).await;
            assert_eq!(name, "__Host-jingwei", "{host}");
            assert_eq!(attributes, " Path=/; HttpOnly; SameSite=Lax; Max-Age=43200; Secure", "{host}");
        }
        let (name, attributes) = cookie("192.0.2.1:8080").await;
        assert_eq!((name.as_str(), attributes.contains("Secure")), ("jingwei", false));
    }

    async fn sessions_end_when_they_are_idle_and_after_a_day(engine: Engine) {
        let app = TestApp::new(engine).await;
        let desk = app.browse_as("community-desk", "/").await;
        let worker = app.browse_as("grid-worker", "/").await;
        let minutes = |n: i64| app.clock.advance(n * 60_000);
        minutes(29);
        desk.get("/api/v1/session").await.expect(200);
        settle(&app, &desk).await;
        minutes(29);
        desk.get("/api/v1/session").await.expect(200);
        minutes(31);
        desk.get("/api/v1/session").await.refused(401, "unauthenticated");
        minutes(6 * 24 * 60);
        worker.get("/api/v1/session").await.expect(200);
        minutes(24 * 60);
        worker.get("/api/v1/session").await.refused(401, "unauthenticated");

        let desk = app.browse_as("community-desk", "/").await;
        for _ in 0..25 {
            minutes(28);
            desk.get("/api/v1/session").await.expect(200);
            settle(&app, &desk).await;
        }
        minutes(28);
        desk.get("/api/v1/session").await.refused(401, "unauthenticated");
    }

    async fn what_a_page_asks_by_itself_keeps_no_session_alive(engine: Engine) {
        let app = TestApp::new(engine).await;
        let desk = app.browse_as("community-desk", "/").await;
        let page = desk.clone().with(HeaderName::from_static("x-unattended"), "1");
        for _ in 0..2 {
            app.clock.advance(14 * 60_000);
            page.get("/api/v1/session").await.expect(200);
            // A use would be written beside the answer.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        app.clock.advance(3 * 60_000);
        page.get("/api/v1/session").await.refused(401, "unauthenticated");
        desk.get("/api/v1/session").await.refused(401, "unauthenticated");
    }

    async fn guessing_is_slowed_down_and_the_owner_is_not_locked_out(engine: Engine) {
        let app = TestApp::with(engine, |c| c.proxies = vec!["127.0.0.1".parse().unwrap()]).await;
        let account = app.account(&[("district-dispatch", "/")], None).await;
        let (_, secret) = enrol(&app, account).await;
        let name = username(&app, account).await;
        let own = try_log_in(&app.visitor(), &name, PASSWORD, Some(&secret.now(app.now()))).await.expect(200);
        let device = own.headers.get_all(header::SET_COOKIE).into_iter().nth(1).unwrap().to_str().unwrap();
        let device = device.split(';').next().unwrap().to_owned();
        // A thousand addresses try all day, each as soon as the delay allows.
        let (start, mut guesses) = (app.now(), 0_u32);
        while app.now() - start < 24 * 3_600_000 {
            let address = format!("10.{}.{}.7", guesses % 4, guesses % 250);
            let bot = app.visitor().with(FORWARDED, &address);
            let reply = try_log_in(&bot, &name, &format!("guess-{guesses}"), None).await;
            if reply.status == 429 {
                let wait: i64 = reply.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
                app.clock.advance(wait * 1000 + 1);
            } else {
                reply.refused(422, "wrong-credentials");
                guesses += 1;
            }
        }
        assert!((50..=100).contains(&guesses), "{guesses} guesses");
        try_log_in(&app.visitor(), &name, "one more", None).await;
        try_log_in(&app.visitor(), &name, PASSWORD, None).await.refused(429, "login-delayed");
        let owner = app.visitor().with(header::COOKIE, &device);
        try_log_in(&owner, &name, PASSWORD, Some(&secret.now(app.now()))).await.expect(200);
        // The mark of one account is of no use for another.
        let other = app.account(&[("district-dispatch", "/")], None).await;
        let other = username(&app, other).await;
        for _ in 0..5 {
            try_log_in(&owner, &other, "x", None).await.refused(422, "wrong-credentials");
        }
        try_log_in(&app.visitor(), &other, "x", None).await.refused(429, "login-delayed");
    }

    async fn tries_side_by_side_are_not_more_tries(engine: Engine) {
        let app = TestApp::new(engine).await;
        let account = app.account(&[("part-time-reporter", "/")], None).await;
        let name = username(&app, account).await;
        for _ in 0..4 {
            try_log_in(&app.visitor(), &name, "x", None).await.refused(422, "wrong-credentials");
        }
        let client = app.visitor();
        let replies = futures_util::future::join_all((0..12).map(|_| try_log_in(&client, &name, "x", None))).await;
        let judged = replies.iter().filter(|r| r.status == 422).count();
        assert!(judged == 1 && replies.iter().all(|r| r.status == 422 || r.status == 429), "{judged} of 12 were judged");
    }

    async fn unknown_names_are_answered_like_known_ones(engine: Engine) {
        let app = TestApp::new(engine).await;
        let name = username(&app, app.account(&[("street-desk", "/")], None).await).await;
        for who in [name.as_str(), "nobody-here", "", "a/b", &"x".repeat(5_000)] {
            for _ in 0..5 {
                try_log_in(&app.visitor(), who, "x", None).await.refused(422, "wrong-credentials");
            }
            try_log_in(&app.visitor(), who, "x", None).await.refused(429, "login-delayed");
        }
        let reader = app.login_as("audit-admin", "/").await;
        let refused = reader.get("/api/v1/audit?action=session.refused").await.expect(200).json();
        let reasons: Vec<&str> = refused["items"].as_array().unwrap().iter().filter_map(|r| r["details"].as_str()).collect();
        assert!(reasons.contains(&r#"{"reason":"password"}"#) && reasons.contains(&r#"{"reason":"username"}"#), "{reasons:?}");
        assert!(!refused.to_string().contains("nobody-here"));
    }

    async fn links_expire_and_invented_people_exist_only_in_invented_districts(engine: Engine) {
        let real = TestApp::new(engine).await;
        let account = real.account(&[("street-desk", "/")], None).await;
        let (late, demo) = (link(&real, account, LinkKind::Invite).await, link(&real, account, LinkKind::Demo).await);
        real.clock.advance(LinkKind::Invite.minutes() * 60_000);
        follow(&real, &late).await.refused(422, "link-spent");
        follow(&real, &demo).await.refused(422, "link-spent");
        follow(&real, "made-up").await.refused(422, "link-spent");
        let invented = TestApp::with(engine, |c| c.demo = true).await;
        let account = invented.account(&[("street-desk", "/")], None).await;
        let session = follow(&invented, &link(&invented, account, LinkKind::Demo).await).await.expect(200).json();
        assert_eq!(session["must_enrol"], false);
        assert!(!session["permissions"].as_array().unwrap().is_empty());
    }

    async fn the_first_link_makes_the_first_administrator(engine: Engine) {
        let app = TestApp::new(engine).await;
        let stale = actions::first_link(&app).await.unwrap().unwrap();
        let fresh = actions::first_link(&app).await.unwrap().unwrap();
        let token = |path: &str| path.strip_prefix("/c/#/link/").unwrap().to_owned();
        follow(&app, &token(&stale)).await.refused(422, "link-spent");
        try_log_in(&app.visitor(), "admin", "admin", None).await.refused(422, "wrong-credentials");
        let admin = app.visitor().resume(&follow(&app, &token(&fresh)).await.expect(200));
        admin.get("/api/v1/accounts").await.refused(403, "forbidden");
        admin.post("/api/v1/account/password", &json!({"password": PASSWORD})).await.expect(200);
        admin.get("/api/v1/accounts").await.refused(403, "forbidden");
        let made: Value = admin.post("/api/v1/account/totp", &json!({})).await.expect(200).json();
        let secret = secret(made["secret"].as_str().unwrap());
        admin.post("/api/v1/account/totp/confirm", &json!({"code": secret.now(app.now())})).await.expect(200);
        admin.get("/api/v1/accounts").await.expect(200);
        assert!(actions::first_link(&app).await.unwrap().is_none());
    }

    /// PostgreSQL has no text with the character zero; on neither engine does it get that far.
    async fn a_text_that_cannot_be_stored_is_wrong(engine: Engine) {
        let app = TestApp::new(engine).await;
        try_log_in(&app.visitor(), "a\u{0}b", "x", None).await.refused(400, "invalid");
        let admin = app.login_as("system-admin", "/").await;
        admin.post("/api/v1/accounts", &json!({"username": "zero", "name": "a\u{0}b"})).await.refused(400, "invalid");
        admin.get("/api/v1/accounts?q=a%00b").await.refused(400, "invalid");
        admin.post("/api/v1/accounts", &json!({"username": "zero", "name": "a\\u0000b"})).await.expect(201);
    }

    async fn what_has_ended_is_swept(engine: Engine) {
        let app = TestApp::new(engine).await;
        app.browse_as("street-desk", "/").await;
        link(&app, app.account(&[("street-desk", "/")], None).await, LinkKind::Invite).await;
        try_log_in(&app.visitor(), "x", "x", None).await.refused(422, "wrong-credentials");
        assert_eq!(actions::sweep(&app).await.unwrap(), 0);
        app.clock.advance(40 * 24 * 3_600_000);
        assert_eq!(actions::sweep(&app).await.unwrap(), 3);
    }

    async fn programs_never_log_in(engine: Engine) {
        let app = TestApp::new(engine).await;
        let new = NewAccount { username: "robot", name: "robot", staff_no: None, person: None, program: true, demo: false };
        let mut tx = app.db.begin();
        let id = actions::create_account(&mut tx, app.now(), &Actor::system(), &new).await.unwrap();
        let hash = app.access.hasher.hash(PASSWORD).await.unwrap();
        super::super::store::set_password(&mut tx, id, &hash, app.now()).await.unwrap();
        tx.commit().await.unwrap();
        try_log_in(&app.visitor(), "robot", PASSWORD, None).await.refused(422, "wrong-credentials");
        let token = app.login_as("district-dispatch", "/").await;
        token.post("/api/v1/account/password", &json!({"password": PASSWORD})).await.refused(403, "forbidden");
        token.post("/api/v1/account/tokens", &json!({"name": "child"})).await.refused(403, "forbidden");
    }
}

/// Waits until the time of the last use is written, which happens beside the answer.
async fn settle(app: &TestApp, client: &Client) {
    for _ in 0..200 {
        let statement = db::sql!("select max(last_seen_at) as value from session where account = $1");
        let seen: Option<Time> =
            app.db.read().await.unwrap().value::<Option<Time>>(statement, db::bind![client.account]).await.unwrap().flatten();
        if seen == Some(app.now()) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the last use was not written");
}
