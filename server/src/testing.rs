//! What tests share: an app with a database of its own, called in process through its router.
//!
//! ```no_run
//! # use jingwei::testing::TestApp;
//! # async fn example(engine: testkit::Engine) {
//! let app = TestApp::new(engine).await;
//! let desk = app.login_as("community-desk", "/990101/990101001/").await;
//! let page = desk.get("/api/v1/incidents").await.expect(200).json();
//! assert!(page["items"].as_array().is_some());
//! # }
//! ```
#![expect(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::{
    fmt::Write as _,
    ops::Deref,
    sync::atomic::{AtomicU32, Ordering},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header},
};
use db::{Engine, Migration};
use http_body_util::BodyExt;
use kernel::{Actor, Clock, Time};
use serde_json::Value;
use tempfile::TempDir;
use testkit::TestDb;
use tower::ServiceExt;
use uuid::Uuid;

use crate::{
    app::{self, App, Config, Shared},
    http,
    modules::access::{
        Keys, PasswordCost, actions,
        sessions::{self, Proof},
        store::NewAccount,
    },
};

pub mod town;

/// When tests begin, unless they say otherwise: a Monday morning, ten o'clock in China.
pub const START: &str = "2025-03-10T10:00:00+08:00";

/// A district of its own with a clock that stands still: `app.clock.advance(…)` moves it. It is an [`App`].
pub struct TestApp {
    /// The app.
    pub app: Shared,
    /// Its database, which a second app may open as well.
    pub database: TestDb,
    router: Router,
    _data: TempDir,
}

impl Deref for TestApp {
    type Target = App;
    fn deref(&self) -> &App {
        &self.app
    }
}

impl TestApp {
    /// An empty, migrated district.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn new(engine: Engine) -> Self {
        Self::with(engine, |_| {}).await
    }

    /// The same with another configuration.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn with(engine: Engine, change: impl FnOnce(&mut Config)) -> Self {
        let files = app::migrations();
        let migrations: Vec<Migration<'_>> = files.iter().map(|(name, text)| Migration { name, text }).collect();
        let database = TestDb::new(engine, &migrations).await;
        let data = tempfile::Builder::new().prefix("jingwei-test-").tempdir_in(testkit::scratch()).expect("a folder");
        Keys::create(data.path()).expect("a master key");
        let clock = Clock::frozen(START.parse().expect("a time"));
        let mut config = Config {
            data: data.path().to_owned(),
            secure: false,
            proxies: vec![],
            metrics_for: vec![],
            demo: false,
            loopback_receivers: false,
            password_cost: PasswordCost::LEAST,
        };
        change(&mut config);
        let app = App::open(database.db.clone(), clock, config).await.expect("an app");
        Self { router: http::router(app.clone()), app, database, _data: data }
    }

    /// The present instant of the frozen clock.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// A caller without a log-in.
    pub fn visitor(&self) -> Client {
        Client { router: self.router.clone(), headers: HeaderMap::new(), account: Uuid::nil() }
    }

    /// A second process, which has opened the same database, perhaps otherwise: with less room, say, or less patience.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn beside(&self, options: &db::Options) -> Shared {
        let db = db::Db::open_with(&self.database.url, options).await.expect("the database opens again");
        App::open(db, self.clock.clone(), self.config.clone()).await.expect("a second app")
    }

    /// A caller without a log-in of a second process.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn visitor_beside(&self, options: &db::Options) -> Client {
        self.visitor().at(&self.beside(options).await)
    }

    /// A caller with an API token of a new account that holds this role in this subtree; `/` is the district. Tokens outlast any move
    /// of the clock up to a year.
    ///
    /// # Panics
    /// When there is no such role.
    pub async fn login_as(&self, role: &str, path: &str) -> Client {
        self.login_with(&[(role, path)], None).await
    }

    /// The same with several roles, and as the account of a person of the organisation.
    ///
    /// # Panics
    /// When there is no such role.
    pub async fn login_with(&self, grants: &[(&str, &str)], person: Option<Uuid>) -> Client {
        let account = self.account(grants, person).await;
        let mut tx = self.db.begin();
        let (_, secret) =
            actions::make_token(&mut tx, self.now(), &Actor::system(), account, "test", 366).await.expect("a token");
        tx.commit().await.expect("a commit");
        self.visitor().with(header::AUTHORIZATION, &format!("Bearer {}", secret.text())).of(account)
    }

    /// A caller with a session's cookie, as a browser has it: it is idle after half an hour and sends its CSRF token by itself.
    ///
    /// # Panics
    /// When there is no such role.
    pub async fn browse_as(&self, role: &str, path: &str) -> Client {
        self.browse_with(&[(role, path)], None).await
    }

    /// The same with several roles, and as the account of a person of the organisation.
    ///
    /// # Panics
    /// When there is no such role.
    pub async fn browse_with(&self, grants: &[(&str, &str)], person: Option<Uuid>) -> Client {
        let account = self.account(grants, person).await;
        let role = grants.first().map_or("nobody", |g| g.0);
        let known = self.access.roles.get();
        let proof = Proof { factor: "password", must_enrol: false };
        let mut tx = self.db.begin();
        let opened = sessions::open(&mut tx, self.now(), account, proof, known.value.get(role)).await.expect("a session");
        tx.commit().await.expect("a commit");
        let csrf = sessions::csrf(&self.keys, opened.secret.text());
        let client = self
            .visitor()
            .with(header::COOKIE, &format!("{}={}", crate::modules::access::sessions::LOCAL_COOKIE, opened.secret.text()));
        client.with(HeaderName::from_static("x-csrf-token"), &csrf).of(account)
    }

    /// A new account that holds these roles in these subtrees.
    ///
    /// # Panics
    /// When there is no such role.
    pub async fn account(&self, grants: &[(&str, &str)], person: Option<Uuid>) -> Uuid {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let (n, now, system) = (NEXT.fetch_add(1, Ordering::Relaxed), self.now(), Actor::system());
        let role = grants.first().map_or("nobody", |g| g.0);
        let (username, name) = (format!("{role}-{n}"), format!("{role} {n}"));
        let new = NewAccount { username: &username, name: &name, staff_no: Some("T0001"), person, program: false, demo: false };
        let mut tx = self.db.begin();
        let account = actions::create_account(&mut tx, now, &system, &new).await.expect("an account");
        for (role, path) in grants {
            let grant = actions::NewGrant { role, path, from_at: None, until_at: None };
            actions::grant_unchecked(&self.app, &mut tx, now, &system, account, &grant).await.expect("a grant");
        }
        tx.commit().await.expect("a commit");
        account
    }
}

/// Somebody who calls the app.
#[derive(Clone)]
pub struct Client {
    router: Router,
    headers: HeaderMap,
    /// The account behind the log-in; nil for visitors.
    pub account: Uuid,
}

impl Client {
    /// The same caller with one more header in every request.
    ///
    /// # Panics
    /// When the value is not a header's.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.insert(name, HeaderValue::from_str(value).expect("a header"));
        self
    }

    /// The same caller with the cookies and the CSRF token of a log-in's answer.
    ///
    /// # Panics
    /// When the answer is no log-in's.
    #[must_use]
    pub fn resume(self, reply: &Reply) -> Self {
        let mut cookies = String::new();
        for cookie in reply.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().expect("a cookie").split(';').next().unwrap_or_default().to_owned();
            let _ = write!(cookies, "{pair}; ");
        }
        let csrf = reply.json()["csrf"].as_str().unwrap_or_default().to_owned();
        self.with(header::COOKIE, cookies.trim_end_matches("; ")).with(HeaderName::from_static("x-csrf-token"), &csrf)
    }

    /// The same caller, who asks another process.
    #[must_use]
    pub fn at(&self, app: &Shared) -> Self {
        Self { router: http::router(app.clone()), ..self.clone() }
    }

    fn of(mut self, account: Uuid) -> Self {
        self.account = account;
        self
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None, &[]).await
    }

    /// `POST` with a fresh idempotency key.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.command(Method::POST, path, body).await
    }

    /// `PUT` with a fresh idempotency key.
    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.command(Method::PUT, path, body).await
    }

    /// `DELETE` with a fresh idempotency key.
    pub async fn delete(&self, path: &str) -> Reply {
        self.command(Method::DELETE, path, &serde_json::json!({})).await
    }

    /// `POST` with this idempotency key.
    pub async fn post_keyed(&self, path: &str, body: &Value, key: &str) -> Reply {
        self.send(
            Method::POST,
            path,
            Some(body.to_string().into()),
            &[("content-type", "application/json"), ("idempotency-key", key)],
        )
        .await
    }

    async fn command(&self, method: Method, path: &str, body: &Value) -> Reply {
        let key = Uuid::from_u128(rand::random::<u128>() & !(0xf << 76) | 4 << 76).to_string();
        self.send(method, path, Some(body.to_string().into()), &[("content-type", "application/json"), ("idempotency-key", &key)])
            .await
    }

    /// Any request, with a body of any type.
    ///
    /// # Panics
    /// When the request is malformed; an error of the app is an answer.
    pub async fn send(&self, method: Method, path: &str, body: Option<Body>, headers: &[(&str, &str)]) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.unwrap_or_default()).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("a router never fails");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes().to_vec();
        Reply { path: path.to_owned(), status: parts.status, headers: parts.headers, body }
    }
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    path: String,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The same, when the status is the one expected.
    ///
    /// # Panics
    /// When it is another, with the body.
    #[expect(clippy::return_self_not_must_use, reason = "a status is often all that a test wants to know")]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}: {}", self.path, self.text());
        self
    }

    /// Holds the answer to be this problem.
    ///
    /// # Panics
    /// When it is not, with the body.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.json()["code"].as_str()), (status, Some(code)), "{}: {}", self.path, self.text());
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// How many statements it took.
    pub fn statements(&self) -> u32 {
        self.headers.get("x-statements").and_then(|v| v.to_str().ok()?.parse().ok()).unwrap_or_default()
    }
}
