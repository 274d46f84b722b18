//! What people and administrators do with accounts. Hashing comes before the transaction, audit rows stand within it.

use std::{net::IpAddr, time::Duration};

use axum::http::HeaderMap;
use db::{Conn, Tx};
use kernel::{Actor, ActorKind, Error, Id, Result, Time};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    audit::Audit,
    limits,
    model::{self, LinkKind},
    roles::{OFFICES, Role, Roles},
    sessions::{self, Current, Opened, Proof, Secret},
    store::{self, Account, Credentials, Grant, Link, NewAccount},
    totp,
};
use crate::{app::App, settings};

/// Somebody's name, password and, with a second factor, its code.
pub struct LogIn<'a> {
    /// The account's username, in any case.
    pub username: &'a str,
    /// The password.
    pub password: &'a str,
    /// The code of the authenticator app.
    pub code: Option<&'a str>,
}

/// What came of comparing a log-in with the account.
enum Verdict {
    Wrong(&'static str),
    NeedsCode,
    Right { step: Option<i64> },
}

/// Logs in with a password. Wrong tries are recorded although they are refused, and slow down the next one.
pub async fn log_in(app: &App, headers: &HeaderMap, address: IpAddr, form: &LogIn<'_>) -> Result<Opened> {
    limits::take(app, "login", &limits::network(address))?;
    let username = form.username.trim().to_lowercase();
    let (account, key, tries) = {
        let mut conn = app.db.read().await?;
        // What cannot be a username is nobody's, and need not be asked for.
        let account = match model::username(&username) {
            Ok(name) => store::credentials_of(&mut conn, &name).await?,
            Err(_) => None,
        };
        let device = account.as_ref().and_then(|a| sessions::known_device(app, headers, a.id));
        // On a device from which this account logged in before, other people's wrong tries cost its owner nothing.
        let key = app.keys.blind("login", &format!("{username}\n{}", device.map(|d| d.to_string()).unwrap_or_default()));
        let tries = tries(&mut conn, &key, app.clock.now()).await?;
        (account, key, tries)
    };
    let fits = app.access.hasher.verify(form.password, account.as_ref().and_then(|a| a.password.as_deref())).await?;
    let verdict = match &account {
        Some(account) if fits => judge(app, account, form.code)?,
        Some(_) => Verdict::Wrong("password"),
        None => Verdict::Wrong("username"),
    };
    let mut tx = app.db.begin();
    let now = app.clock.now();
    match (verdict, account) {
        (Verdict::Wrong(reason), account) => {
            fail(&mut tx, &key, tries, now).await?;
            let entry = Audit::new("session.refused", "account", account.map_or(Uuid::nil(), |a| a.id)).with("reason", reason);
            entry.by(&mut tx, now, Uuid::nil(), ActorKind::Anonymous).await?;
            tx.commit().await?;
            app.wake.notify_one();
            Err(Error::refused(model::WRONG_CREDENTIALS))
        }
        (Verdict::NeedsCode, _) => Err(Error::refused(model::SECOND_FACTOR_REQUIRED)),
        (Verdict::Right { step }, Some(account)) => {
            let fresh = match step {
                Some(step) => store::use_step(&mut tx, account.id, step).await?,
                None => true,
            };
            if !fresh || !store::forgive(&mut tx, &key, tries.counted).await? {
                return Err(delayed(model::delay(tries.remembered + 1)));
            }
            let mut opened = open_for(app, &mut tx, &account, "password", now).await?;
            opened.device = Some(sessions::device_mark(&app.keys, account.id, rand::random()));
            tx.commit().await?;
            app.wake.notify_one();
            Ok(opened)
        }
        (Verdict::Right { .. }, None) => Err(Error::internal("a log-in without an account cannot be right")),
    }
}

/// Compares the second factor, once the password was right.
fn judge(app: &App, account: &Credentials, code: Option<&str>) -> Result<Verdict> {
    if account.disabled_at.is_some() || account.program {
        return Ok(Verdict::Wrong("disabled"));
    }
    let Some(sealed) = &account.totp_secret else { return Ok(Verdict::Right { step: None }) };
    let Some(code) = code.map(str::trim).filter(|c| !c.is_empty()) else { return Ok(Verdict::NeedsCode) };
    let secret = open_totp(app, account.id, sealed)?;
    let step = secret.step(code, app.clock.now(), account.totp_last_step);
    Ok(step.map_or(Verdict::Wrong("code"), |step| Verdict::Right { step: Some(step) }))
}

/// Wrong tries under a key: as the row counts them, and as many of them as are still remembered.
#[derive(Clone, Copy)]
struct Tries {
    counted: i64,
    remembered: i64,
}

async fn tries(conn: &mut Conn, key: &[u8], now: Time) -> Result<Tries> {
    let Some(row) = store::delay(conn, key).await? else { return Ok(Tries { counted: 0, remembered: 0 }) };
    if row.until_at > now {
        return Err(delayed(row.until_at - now));
    }
    Ok(Tries { counted: row.failures, remembered: model::remembered(row.failures, row.last_at, now) })
}

/// Counts a wrong try. Of tries that ran side by side only the first is answered: the others find that the count has moved, and
/// learn nothing, so a crowd of addresses gets no more guesses than one.
async fn fail(tx: &mut Tx, key: &[u8], tries: Tries, now: Time) -> Result<()> {
    let failures = tries.remembered + 1;
    let until = now.plus_millis(model::delay(failures));
    if store::fail(tx, key, tries.counted, failures, now, until).await? { Ok(()) } else { Err(delayed(model::delay(failures))) }
}

fn delayed(millis: i64) -> Error {
    Error::Busy { code: model::LOGIN_DELAYED, retry_after: Duration::from_millis(millis.max(1_000) as u64) }
}

/// Uses a one-time link.
pub async fn follow_link(app: &App, address: IpAddr, token: &str) -> Result<Opened> {
    limits::take(app, "link", &limits::network(address))?;
    let spent = || Error::refused(model::LINK_SPENT);
    let mut tx = app.db.begin();
    let now = app.clock.now();
    let link = store::link(&mut tx, &sessions::hash(token)).await?.ok_or_else(spent)?;
    let account = store::credentials(&mut tx, link.account).await?.ok_or_else(spent)?;
    let invented = link.kind == LinkKind::Demo && !app.config.demo;
    if link.expires_at <= now || account.disabled_at.is_some() || invented {
        return Err(spent());
    }
    if link.kind.single_use() && !store::use_link(&mut tx, link.id, now).await? {
        return Err(spent());
    }
    let opened = open_for(app, &mut tx, &account, link.kind.word(), now).await?;
    tx.commit().await?;
    app.wake.notify_one();
    Ok(opened)
}

/// Opens a session for somebody of an invented district, as the link of a demonstration does.
pub async fn stand_in(app: &App, username: &str) -> Result<Opened> {
    if !app.config.demo {
        return Err(Error::invalid("demo", "not-a-demo-district"));
    }
    let mut tx = app.db.begin();
    let known = store::credentials_of(&mut tx, &model::username(username)?).await?;
    let known = known.filter(|account| account.disabled_at.is_none());
    let account = known.ok_or_else(|| Error::invalid("account", "unknown-account"))?;
    let opened = open_for(app, &mut tx, &account, LinkKind::Demo.word(), app.clock.now()).await?;
    tx.commit().await?;
    Ok(opened)
}

/// Opens the session and records it. What is still to be set before anything else follows from the account, the roles and the proof.
async fn open_for(app: &App, tx: &mut Tx, account: &Credentials, factor: &'static str, now: Time) -> Result<Opened> {
    let roles = app.access.roles.get();
    let held = held(&roles.value, &store::grants(tx, account.id).await?, now);
    let full = LinkKind::of(factor).is_some_and(LinkKind::full);
    let must_enrol = !full && still_to_set(account, &held).is_some();
    let opened = sessions::open(tx, now, account.id, Proof { factor, must_enrol }, held).await?;
    Audit::new("session.open", "session", opened.id).with("factor", factor).by(tx, now, account.id, ActorKind::Person).await?;
    Ok(opened)
}

fn held<'r>(roles: &'r Roles, grants: &[Grant], now: Time) -> Vec<&'r Role> {
    let holds = |g: &&Grant| g.from_at.is_none_or(|at| at <= now) && g.until_at.is_none_or(|at| at > now);
    grants.iter().filter(holds).filter_map(|g| roles.get(&g.role)).collect()
}

/// What the account has to set before it may do anything: a password first, then the second factor of its roles.
fn still_to_set(account: &Credentials, held: &[&Role]) -> Option<&'static str> {
    if account.password.is_none() {
        Some("password")
    } else if account.totp_secret.is_none() && held.iter().any(|r| r.second_factor) {
        Some("second-factor")
    } else {
        None
    }
}

fn open_totp(app: &App, account: Uuid, sealed: &[u8]) -> Result<totp::Secret> {
    let bytes = app.keys.open(sealed, &format!("totp {account}"))?;
    totp::Secret::from_bytes(&bytes).ok_or_else(|| Error::internal("a second factor has the wrong length"))
}

/// Ends the caller's own session.
pub async fn log_out(tx: &mut Tx, now: Time, me: &Current) -> Result<()> {
    store::end_session(tx, me.id).await?;
    Audit::new("session.end", "session", me.id).record(tx, now, &me.actor).await
}

/// The hash of a new password, made before the transaction. Whoever has one shows it; whoever has none came by a link.
pub async fn new_password(app: &App, me: &Current, old: Option<&str>, new: &str) -> Result<String> {
    let account = own(app, me).await?;
    model::password(new, &account.username)?;
    if account.password.is_some() && !app.access.hasher.verify(old.unwrap_or_default(), account.password.as_deref()).await? {
        return Err(Error::refused(model::WRONG_CREDENTIALS));
    }
    app.access.hasher.hash(new).await
}

async fn own(app: &App, me: &Current) -> Result<Credentials> {
    store::credentials(&mut *app.db.read().await?, me.actor.id).await?.ok_or(Error::Unauthenticated)
}

/// Keeps the new password and ends the account's other sessions.
pub async fn set_password(app: &App, tx: &mut Tx, now: Time, me: &Current, hash: &str) -> Result<()> {
    store::set_password(tx, me.actor.id, hash, now).await?;
    store::end_sessions(tx, me.actor.id, me.id).await?;
    Audit::new("account.password", "account", me.actor.id).record(tx, now, &me.actor).await?;
    enrolled(app, tx, now, me).await
}

/// A second factor on its way into an authenticator app.
pub struct Enrolment {
    /// The secret as people type it.
    pub secret: String,
    /// The same for the app.
    pub uri: String,
    /// The same as a picture.
    pub svg: String,
    sealed: Vec<u8>,
}

/// Makes a second factor. Replacing one takes a code of the present one.
pub async fn new_totp(app: &App, me: &Current, code: Option<&str>) -> Result<Enrolment> {
    let account = own(app, me).await?;
    if let Some(sealed) = &account.totp_secret {
        let present = open_totp(app, account.id, sealed)?;
        if present.step(code.unwrap_or_default(), app.clock.now(), account.totp_last_step).is_none() {
            return Err(Error::refused(model::WRONG_CODE));
        }
    }
    let secret = totp::Secret::fresh();
    let sealed = app.keys.seal(secret.bytes(), &format!("totp {}", account.id))?;
    let uri = secret.uri("Jingwei", &account.username);
    Ok(Enrolment { secret: secret.text(), svg: totp::picture(&uri)?, uri, sealed })
}

/// Keeps it until it is confirmed.
pub async fn set_totp(tx: &mut Tx, now: Time, me: &Current, enrolment: &Enrolment) -> Result<()> {
    store::set_pending_totp(tx, me.actor.id, &enrolment.sealed).await?;
    Audit::new("account.totp", "account", me.actor.id).record(tx, now, &me.actor).await
}

/// The app shows the right code: from now on every log-in needs one.
pub async fn confirm_totp(app: &App, tx: &mut Tx, now: Time, me: &Current, code: &str) -> Result<()> {
    let account = store::credentials(tx, me.actor.id).await?.ok_or(Error::Unauthenticated)?;
    let wrong = || Error::refused(model::WRONG_CODE);
    let secret = open_totp(app, account.id, account.totp_pending.as_deref().ok_or_else(wrong)?)?;
    let step = secret.step(code.trim(), now, 0).ok_or_else(wrong)?;
    store::confirm_totp(tx, account.id, step, now).await?;
    Audit::new("account.totp.confirm", "account", account.id).record(tx, now, &me.actor).await?;
    enrolled(app, tx, now, me).await
}

/// Lifts the restriction of a session when nothing is left to be set.
async fn enrolled(app: &App, tx: &mut Tx, now: Time, me: &Current) -> Result<()> {
    let account = store::credentials(tx, me.actor.id).await?.ok_or(Error::Unauthenticated)?;
    let grants = store::grants(tx, account.id).await?;
    let left = still_to_set(&account, &held(&app.access.roles.get().value, &grants, now));
    if me.must_enrol && left.is_none() { store::enrolled(tx, me.id).await } else { Ok(()) }
}

/// Adds an account. Its way in is an invitation.
pub async fn create_account(tx: &mut Tx, now: Time, actor: &Actor, new: &NewAccount<'_>) -> Result<Uuid> {
    if new.name.trim().is_empty() || new.name.chars().count() > 64 {
        return Err(Error::invalid("name", "bad-length"));
    }
    let id = Id::<Account>::new(now).uuid();
    store::add_account(tx, id, new, now).await.map_err(|e| taken(e, "uq_account_", model::ACCOUNT_EXISTS))?;
    Audit::new("account.create", "account", id).record(tx, now, actor).await?;
    Ok(id)
}

fn taken(error: Error, index: &str, code: kernel::Code) -> Error {
    if db::unique_violation(&error).is_some_and(|name| name.starts_with(index)) { Error::refused(code) } else { error }
}

/// Removes sessions that ended, delays that are forgotten and links that expired long ago; says how many rows. Run it every hour.
pub async fn sweep(app: &App) -> Result<u64> {
    let mut tx = app.db.begin();
    let gone = store::sweep(&mut tx, app.clock.now()).await?;
    tx.commit().await?;
    Ok(gone)
}

/// Disables an account: its sessions and links end with it, and authenticating asks the account each time.
pub async fn disable(tx: &mut Tx, now: Time, actor: &Actor, account: Uuid) -> Result<()> {
    let grants = store::grants(tx, account).await?;
    for office in grants.iter().filter(|g| OFFICES.contains(&g.role.as_str())) {
        if store::holders(tx, &office.role, now).await? <= 1 {
            return Err(Error::refused_with(model::LAST_OF_OFFICE, "role", office.role.as_str()));
        }
    }
    if store::set_disabled(tx, account, Some(now)).await? {
        store::end_sessions(tx, account, Uuid::nil()).await?;
        store::spend_links(tx, account, now).await?;
        Audit::new("account.disable", "account", account).record(tx, now, actor).await?;
    }
    Ok(())
}

/// Enables it again.
pub async fn enable(tx: &mut Tx, now: Time, actor: &Actor, account: Uuid) -> Result<()> {
    if store::set_disabled(tx, account, None).await? {
        Audit::new("account.enable", "account", account).record(tx, now, actor).await?;
    }
    Ok(())
}

/// What is to be granted, and for how long.
pub struct NewGrant<'a> {
    /// The role.
    pub role: &'a str,
    /// The root of the subtree.
    pub path: &'a str,
    /// Not before.
    pub from_at: Option<Time>,
    /// Not from then on.
    pub until_at: Option<Time>,
}

/// Grants a role. That two of the three administrators' offices exclude one another is the database's word, not ours.
pub async fn grant(app: &App, tx: &mut Tx, now: Time, actor: &Actor, account: Uuid, new: &NewGrant<'_>) -> Result<Uuid> {
    appoints(tx, now, actor, account).await?;
    grant_unchecked(app, tx, now, actor, account, new).await
}

/// The rule that says who grants does not bind the command line, which whoever runs the machine uses.
pub async fn grant_unchecked(
    app: &App,
    tx: &mut Tx,
    now: Time,
    actor: &Actor,
    account: Uuid,
    new: &NewGrant<'_>,
) -> Result<Uuid> {
    model::path(new.path)?;
    // Accounts and settings have no place in the tree, so who administers them does so for the district.
    if OFFICES.contains(&new.role) && new.path.matches('/').count() > 2 {
        return Err(Error::invalid("path", "office-is-district-wide"));
    }
    if !app.access.roles.get().value.contains_key(new.role) {
        return Err(Error::invalid("role", "unknown-role"));
    }
    let id = Id::<Grant>::new(now).uuid();
    let NewGrant { role, path, from_at, until_at } = *new;
    let row = Grant { id, account, role: role.to_owned(), path: path.to_owned(), from_at, until_at };
    let added = store::add_grant(tx, &row, actor.id, now).await;
    added
        .map_err(|e| taken(e, "uq_account_role_office", model::OFFICES_EXCLUDE))
        .map_err(|e| taken(e, "uq_account_role_once", model::GRANTED_ALREADY))?;
    Audit::new("grant.add", "account", account)
        .under(path)
        .with("role", role)
        .with("grant", id.to_string())
        .record(tx, now, actor)
        .await?;
    Ok(id)
}

/// Takes a role back.
pub async fn revoke(tx: &mut Tx, now: Time, actor: &Actor, account: Uuid, grant: Uuid) -> Result<()> {
    appoints(tx, now, actor, account).await?;
    let grants = store::grants(tx, account).await?;
    let row = grants.iter().find(|g| g.id == grant).ok_or(Error::NotFound)?;
    if row.role == OFFICES[1] && store::holders(tx, OFFICES[1], now).await? <= 1 {
        return Err(Error::refused_with(model::LAST_OF_OFFICE, "role", row.role.as_str()));
    }
    store::remove_grant(tx, grant).await?;
    let entry = Audit::new("grant.remove", "account", account).under(row.path.as_str()).with("role", row.role.as_str());
    entry.with("grant", grant.to_string()).record(tx, now, actor).await
}

async fn appoints(tx: &mut Tx, now: Time, actor: &Actor, account: Uuid) -> Result<()> {
    store::account(tx, account).await?.ok_or(Error::NotFound)?;
    let security_admins = store::holders(tx, OFFICES[1], now).await?;
    let held: Vec<&str> = actor.held.iter().map(|h| h.role.as_str()).collect();
    model::may_grant(&held, security_admins, account == actor.id)
}

/// A link that was just made: the path that its holder opens, shown once.
pub struct NewLink {
    /// The path on this host.
    pub path: String,
    /// When it stops working.
    pub expires_at: Time,
}

/// Makes a link for an account.
pub async fn make_link(tx: &mut Tx, now: Time, actor: &Actor, account: Uuid, kind: LinkKind) -> Result<NewLink> {
    let (secret, expires_at) = (Secret::fresh(), now.plus_minutes(kind.minutes()));
    let row = Link { id: Id::<Link>::new(now).uuid(), kind, account, expires_at, used_at: None };
    store::add_link(tx, &row, &secret.hash(), actor.id, now).await?;
    Audit::new("link.make", "account", account).with("kind", kind.word()).record(tx, now, actor).await?;
    // The secret stands behind the hash sign, which browsers keep to themselves: no log of a server or proxy sees it.
    let held = store::grants(tx, account).await?;
    let homes = super::roles::read(tx).await?;
    let worker = !held.is_empty() && held.iter().all(|g| homes.get(&g.role).is_some_and(|r| r.home == "/w/"));
    Ok(NewLink { path: format!("{}#/link/{}", if worker { "/w/" } else { "/c/" }, secret.text()), expires_at })
}

/// The first administrator's link of a district in which nobody can administer yet: its path, or nothing when somebody can. The account
/// is called `admin`, has no password, and is of no use without the link. Asked again before it was used, it makes another link.
pub async fn first_link(app: &App) -> Result<Option<String>> {
    let (actor, now) = (Actor::system(), app.clock.now());
    let mut tx = app.db.begin();
    let known = store::credentials_of(&mut tx, FIRST).await?;
    let account = match known {
        Some(account) if account.password.is_some() => return Ok(None),
        Some(account) => account.id,
        None if store::holders(&mut tx, OFFICES[0], now).await? > 0 => return Ok(None),
        None => {
            let new =
                NewAccount { username: FIRST, name: "管理员", staff_no: None, person: None, program: false, demo: false };
            let account = create_account(&mut tx, now, &actor, &new).await?;
            let grant = NewGrant { role: OFFICES[0], path: "/", from_at: None, until_at: None };
            grant_unchecked(app, &mut tx, now, &actor, account, &grant).await?;
            account
        }
    };
    store::spend_links(&mut tx, account, now).await?;
    let link = make_link(&mut tx, now, &actor, account, LinkKind::FirstAdmin).await?;
    tx.commit().await?;
    app.wake.notify_one();
    Ok(Some(link.path))
}

const FIRST: &str = "admin";

/// Makes an API token for an account; its text is shown once.
pub async fn make_token(tx: &mut Tx, now: Time, actor: &Actor, account: Uuid, name: &str, days: i64) -> Result<(Uuid, Secret)> {
    if name.trim().is_empty() || name.chars().count() > 64 {
        return Err(Error::invalid("name", "bad-length"));
    }
    if !(1..=366).contains(&days) {
        return Err(Error::invalid("days", "out-of-range"));
    }
    let (id, secret) = (Id::<Secret>::new(now).uuid(), Secret::fresh());
    store::add_token(tx, id, account, name, &secret.hash(), now.plus_days(days), actor.id, now).await?;
    Audit::new("token.make", "account", account).with("token", id.to_string()).record(tx, now, actor).await?;
    Ok((id, secret))
}

/// Ends one of the caller's own API tokens.
pub async fn end_token(tx: &mut Tx, now: Time, actor: &Actor, token: Uuid) -> Result<()> {
    if !store::remove_token(tx, token, actor.id).await? {
        return Err(Error::NotFound);
    }
    Audit::new("token.end", "account", actor.id).with("token", token.to_string()).record(tx, now, actor).await
}

/// A wish to set a setting.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = SettingForm)]
pub struct SettingForm {
    /// What it is to hold.
    #[schema(value_type = Object)]
    pub value: serde_json::Value,
    /// Why; it stays beside the value.
    pub reason: String,
    /// When it ends and its default holds again; what the law limits has to end, within a year.
    pub expires_at: Option<Time>,
}

/// Sets a setting: one that the program knows, to a value that it understands; recorded with its name, every node told.
pub async fn set_setting(tx: &mut Tx, app: &App, actor: &Actor, name: &str, form: &SettingForm, by: &str) -> Result<()> {
    let now = app.clock.now();
    let value = match name.strip_prefix("limit.") {
        Some(limit) if limits::valid(limit, &form.value) => form.value.clone(),
        Some(_) => return Err(Error::invalid("value", "bad-limit")),
        None => settings::accepted(tx, app, now, name, &form.value, form.expires_at).await?,
    };
    if form.reason.trim().is_empty() || form.reason.chars().count() > 500 {
        return Err(Error::invalid("reason", "required"));
    }
    if form.expires_at.is_some_and(|at| at <= now) {
        return Err(Error::invalid("expires_at", "in-the-past"));
    }
    settings::set(tx, now, name, value, &form.reason, form.expires_at, by).await?;
    crate::snapshot::bump(tx, "settings").await?;
    Audit::new("setting.set", "setting", Uuid::nil()).with("name", name).record(tx, now, actor).await
}

/// Takes a setting back; what the program holds by itself holds again.
pub async fn unset_setting(tx: &mut Tx, now: Time, actor: &Actor, name: &str) -> Result<()> {
    if !settings::unset(tx, name).await? {
        return Err(Error::NotFound);
    }
    crate::snapshot::bump(tx, "settings").await?;
    Audit::new("setting.unset", "setting", Uuid::nil()).with("name", name).record(tx, now, actor).await
}
