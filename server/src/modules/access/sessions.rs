//! Who makes a request: a session's cookie or an API token, looked up by the hash of a secret of 256 bits.

use axum::http::{HeaderMap, Method, header, request::Parts};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Actor, ActorKind, Error, Held, Id, Permission, Result, Scope, Time};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    Keys, hex,
    model::{self, Lifetime},
    roles::{Role, Roles},
    store::{self, Standing},
};
use crate::app::App;

/// How often at most the time of the last request is written.
const SEEN_EVERY: i64 = 60_000;
/// How long a device is known after a log-in, in days.
const DEVICE_DAYS: i64 = 90;

/// A row of `session`.
pub struct Session;

/// A secret that its holder shows and that the database knows only by hash.
pub struct Secret(String);

impl Secret {
    /// A fresh one of 256 bits.
    pub fn fresh() -> Self {
        Self(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }

    /// The text that its holder gets, once.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What the database knows of it.
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.0)
    }
}

/// The hash under which a shown secret is looked up.
pub fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// A secret that ties commands to uploads is at least as long as 128 random bits in hexadecimal, and no longer than a header should be.
const UPLOAD_SECRET: std::ops::RangeInclusive<usize> = 32..=100;

/// The hash of the header `Upload-Secret`: who sent it with an upload alone may use what was uploaded, from whichever network. Nothing when there is
/// none, or one that could be guessed.
pub fn uploads(headers: &HeaderMap) -> Option<[u8; 32]> {
    let secret = headers.get("upload-secret")?.to_str().ok()?;
    UPLOAD_SECRET.contains(&secret.len()).then(|| hash(secret))
}

/// Who makes this request, with what the caller's own pages need to know of the session.
pub struct Current {
    /// The caller.
    pub actor: Actor,
    /// The session or the token.
    pub id: Uuid,
    /// What commands of the session's pages carry; empty for a token.
    pub csrf: String,
    /// When the log-in ends whatever happens.
    pub expires_at: Time,
    /// Whether a password or a second factor has to be set before anything else is allowed.
    pub must_enrol: bool,
}

/// With this header a page says that nobody has touched it for a while: what it asks by itself does not count as a use of the session.
const UNATTENDED: &str = "x-unattended";
/// The stream of changes, which a page opens again by itself whenever it broke off, and on which it cannot send a header.
const STREAM: &str = "/api/v1/events";

/// Who makes this request: one statement. `Unauthenticated` when nobody does; `Forbidden` for a command of a page without its token.
pub async fn current(app: &App, parts: &Parts) -> Result<Current> {
    let (me, seen) = look(app, parts).await?;
    let by_itself = parts.headers.contains_key(UNATTENDED) || parts.uri.path() == STREAM;
    let used = me.actor.kind == ActorKind::Token || !by_itself;
    if used && seen.is_none_or(|at| app.clock.now() - at >= SEEN_EVERY) {
        see(app, me.id, app.clock.now(), me.actor.kind != ActorKind::Token);
    }
    Ok(me)
}

/// The same without counting as a use of the session: for a stream that asks whether its session still stands.
pub async fn peek(app: &App, parts: &Parts) -> Result<Current> {
    Ok(look(app, parts).await?.0)
}

async fn look(app: &App, parts: &Parts) -> Result<(Current, Option<Time>)> {
    let now = app.clock.now();
    let (secret, cookie) = shown(app, &parts.headers).ok_or(Error::Unauthenticated)?;
    let csrf = if cookie { csrf(&app.keys, secret) } else { String::new() };
    if cookie && !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        let sent = parts.headers.get("x-csrf-token").map_or(&b""[..], |v| v.as_bytes());
        if Sha256::digest(sent) != Sha256::digest(csrf.as_bytes()) {
            return Err(Error::Forbidden);
        }
    }
    let rows = {
        let mut conn = app.db.read().await?;
        if cookie {
            store::by_session(&mut conn, &hash(secret), now).await?
        } else {
            store::by_token(&mut conn, &hash(secret), now).await?
        }
    };
    let first = rows.first().ok_or(Error::Unauthenticated)?;
    let (id, expires_at, must_enrol, seen) = (first.id, first.expires_at, first.must_enrol, first.last_seen_at);
    Ok((Current { actor: actor(rows, &app.access.roles.get().value), id, csrf, expires_at, must_enrol }, seen))
}

/// The secret that a request shows, and whether it came in a cookie.
fn shown<'a>(app: &App, headers: &'a HeaderMap) -> Option<(&'a str, bool)> {
    if let Some(bearer) = headers.get(header::AUTHORIZATION) {
        return Some((bearer.to_str().ok()?.strip_prefix("Bearer ")?.trim(), false));
    }
    cookie(headers, names(app, headers).0).map(|c| (c, true))
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let texts = headers.get_all(header::COOKIE).into_iter().filter_map(|h| h.to_str().ok());
    texts.flat_map(|t| t.split(';')).find_map(|c| c.trim().strip_prefix(name)?.strip_prefix('='))
}

/// The name of the session's cookie for a browser of the machine itself.
pub const LOCAL_COOKIE: &str = "__Host-jingwei";

/// The names of the session's and the device's cookie. Browsers take `__Host-` over TLS and from the machine itself; where neither is
/// the case the log-in still has to work, without the protection that the prefix gives.
fn names(app: &App, headers: &HeaderMap) -> (&'static str, &'static str) {
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("localhost");
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |(name, _)| name);
    let local = name == "localhost" || name.ends_with(".localhost") || name == "[::1]" || name.starts_with("127.");
    if app.config.secure || local { (LOCAL_COOKIE, "__Host-jingwei-device") } else { ("jingwei", "jingwei-device") }
}

fn set_cookie(name: &str, value: &str, seconds: i64) -> String {
    let secure = if name.starts_with("__Host-") { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

/// The cookies of a log-in: the session's, and after a password the device's.
pub fn cookies(app: &App, headers: &HeaderMap, opened: &Opened) -> Vec<String> {
    let (session, device) = names(app, headers);
    let mut all = vec![set_cookie(session, opened.secret.text(), (opened.expires_at - app.clock.now()) / 1000)];
    if let Some(known) = &opened.device {
        all.push(set_cookie(device, known, DEVICE_DAYS * 86_400));
    }
    all
}

/// The cookie that ends the session in the browser.
pub fn gone(app: &App, headers: &HeaderMap) -> String {
    set_cookie(names(app, headers).0, "", 0)
}

/// The mark of a device from which this account logged in before.
pub fn device_mark(keys: &Keys, account: Uuid, device: u128) -> String {
    format!("{device:032x}.{}", hex(&keys.blind("device", &format!("{account}{device:032x}"))[..16]))
}

/// The device that a request comes from, when this account logged in from it before.
pub fn known_device(app: &App, headers: &HeaderMap, account: Uuid) -> Option<u128> {
    let shown = cookie(headers, names(app, headers).1)?;
    let device = u128::from_str_radix(shown.split('.').next()?, 16).ok()?;
    (Sha256::digest(shown) == Sha256::digest(device_mark(&app.keys, account, device))).then_some(device)
}

/// What commands of this session's pages carry: derived from the session's secret, so it is stored nowhere.
pub fn csrf(keys: &Keys, secret: &str) -> String {
    hex(&keys.blind("csrf", secret)[..16])
}

/// Writes when the session or token was last used, after the answer's path and at most once a minute.
fn see(app: &App, id: Uuid, now: Time, session: bool) {
    let db = app.db.clone();
    tokio::spawn(async move {
        let seen = async {
            let mut tx = db.begin();
            store::see(&mut tx, id, now, session, now.plus_millis(-SEEN_EVERY)).await?;
            tx.commit().await
        };
        if let Err(error) = seen.await {
            tracing::debug!(%error, "the time of a session's last use was not written");
        }
    });
}

fn actor(rows: Vec<Standing>, roles: &Roles) -> Actor {
    let mut held = Vec::new();
    let mut grants: Vec<(Permission, Scope)> = Vec::new();
    let mut whole = None;
    for row in rows {
        if let (Some(role), Some(path), false) = (&row.role, &row.path, row.must_enrol) {
            if let Some(role) = roles.get(role) {
                grants.extend(role.permissions.iter().map(|p| (*p, reach(path))));
            }
            held.push(Held { role: role.clone(), path: path.clone() });
        }
        whole.get_or_insert(row);
    }
    let Some(row) = whole else { return Actor::anonymous() };
    let kind = match row.factor.as_deref() {
        None => ActorKind::Token,
        Some("partner") => ActorKind::Link,
        Some(_) => ActorKind::Person,
    };
    let mut actor = Actor::new(row.account, kind, row.name, grants);
    actor.person = row.person;
    actor.staff_no = row.staff_no;
    actor.held = held;
    actor
}

fn reach(path: &str) -> Scope {
    if path == "/" { Scope::All } else { Scope::under([path]) }
}

/// A session that was just opened.
pub struct Opened {
    /// The session.
    pub id: Id<Session>,
    /// What the cookie holds.
    pub secret: Secret,
    /// When it ends whatever happens.
    pub expires_at: Time,
    /// The mark of the device, when the log-in made it a known one.
    pub device: Option<String>,
}

/// How somebody proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The word that the session keeps.
    pub factor: &'static str,
    /// Whether something has to be set before anything else is allowed.
    pub must_enrol: bool,
}

/// Opens a session for an account that holds these roles.
pub async fn open<'r>(
    tx: &mut db::Tx,
    now: Time,
    account: Uuid,
    proof: Proof,
    roles: impl IntoIterator<Item = &'r Role>,
) -> Result<Opened> {
    let Lifetime { idle, total } = model::lifetime(roles);
    let (id, secret, expires_at) = (Id::new(now), Secret::fresh(), now.plus_millis(total));
    store::add_session(tx, id, account, &secret.hash(), proof, idle, expires_at, now).await?;
    Ok(Opened { id, secret, expires_at, device: None })
}
