//! The SQL of accounts, grants, sessions, tokens, links and delays.

use std::collections::BTreeMap;

use db::{Cell, Conn, Db, Query, Tx, bind, record, sql};
use kernel::{Cursor, Id, Page, Result, Time};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Keys,
    model::LinkKind,
    sessions::{Proof, Session},
};

record! {
    /// One grant of the account behind a session or token, or the account alone when it holds none.
    pub struct Standing {
        pub id: Uuid, pub account: Uuid, pub name: String, pub staff_no: Option<String>, pub person: Option<Uuid>, pub factor: Option<String>,
        pub must_enrol: bool, pub last_seen_at: Option<Time>, pub expires_at: Time, pub role: Option<String>, pub path: Option<String>
    }
}

/// The grants behind a session that holds at `now`.
pub async fn by_session(conn: &mut Conn, hash: &[u8; 32], now: Time) -> Result<Vec<Standing>> {
    let statement = sql!(
        "select s.id, a.id as account, a.name, a.staff_no, a.person, s.factor, s.must_enrol, s.last_seen_at, s.expires_at, r.role, r.path
         from session s join account a on a.id = s.account
         left join account_role r on r.account = a.id and (r.from_at is null or r.from_at <= $2) and (r.until_at is null or r.until_at > $2)
         where s.token_hash = $1 and s.expires_at > $2 and s.last_seen_at + s.idle_millis > $2 and a.disabled_at is null
         order by r.granted_at, r.id"
    );
    conn.all(statement, bind![hash, now]).await
}

/// The grants behind an API token that holds at `now`.
pub async fn by_token(conn: &mut Conn, hash: &[u8; 32], now: Time) -> Result<Vec<Standing>> {
    let statement = sql!(
        "select t.id, a.id as account, a.name, a.staff_no, a.person, cast(null as text) as factor, false as must_enrol,
                t.last_seen_at, t.expires_at, r.role, r.path
         from api_token t join account a on a.id = t.account
         left join account_role r on r.account = a.id and (r.from_at is null or r.from_at <= $2) and (r.until_at is null or r.until_at > $2)
         where t.token_hash = $1 and t.expires_at > $2 and a.disabled_at is null
         order by r.granted_at, r.id"
    );
    conn.all(statement, bind![hash, now]).await
}

/// Notes the last use unless it was noted after `before`.
pub async fn see(tx: &mut Tx, id: Uuid, now: Time, session: bool, before: Time) -> Result<()> {
    let statement = if session {
        sql!("update session set last_seen_at = $2 where id = $1 and last_seen_at <= $3")
    } else {
        sql!("update api_token set last_seen_at = $2 where id = $1 and (last_seen_at is null or last_seen_at <= $3)")
    };
    tx.execute(statement, bind![id, now, before]).await.map(|_| ())
}

/// Adds a session.
#[expect(clippy::too_many_arguments, reason = "the columns of the row")]
pub async fn add_session(
    tx: &mut Tx,
    id: Id<Session>,
    account: Uuid,
    hash: &[u8; 32],
    proof: Proof,
    idle: i64,
    expires_at: Time,
    now: Time,
) -> Result<()> {
    let statement = sql!(
        "insert into session (id, account, token_hash, factor, must_enrol, idle_millis, last_seen_at, expires_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $7)"
    );
    tx.execute(statement, bind![id, account, *hash, proof.factor, proof.must_enrol, idle, now, expires_at]).await.map(|_| ())
}

/// The session has nothing left to enrol.
pub async fn enrolled(tx: &mut Tx, session: Uuid) -> Result<()> {
    tx.execute(sql!("update session set must_enrol = false where id = $1"), bind![session]).await.map(|_| ())
}

/// Ends one session.
pub async fn end_session(tx: &mut Tx, id: Uuid) -> Result<()> {
    tx.execute(sql!("delete from session where id = $1"), bind![id]).await.map(|_| ())
}

/// Ends the sessions of an account but this one.
pub async fn end_sessions(tx: &mut Tx, account: Uuid, but: Uuid) -> Result<()> {
    tx.execute(sql!("delete from session where account = $1 and id <> $2"), bind![account, but]).await.map(|_| ())
}

/// Removes what ended long ago; links and tokens keep their rows a month for whoever asks what happened.
pub async fn sweep(tx: &mut Tx, now: Time) -> Result<u64> {
    let mut gone = tx.execute(sql!("delete from session where expires_at < $1"), bind![now]).await?;
    gone += tx.execute(sql!("delete from login_delay where last_at < $1"), bind![now.plus_days(-2)]).await?;
    gone += tx.execute(sql!("delete from one_time_link where expires_at < $1"), bind![now.plus_days(-30)]).await?;
    Ok(gone)
}

record! {
    /// What a log-in is measured against.
    pub struct Credentials {
        pub id: Uuid, pub username: String, pub name: String, pub program: bool, pub demo: bool, pub password: Option<String>,
        pub totp_secret: Option<Vec<u8>>, pub totp_pending: Option<Vec<u8>>, pub totp_last_step: i64, pub disabled_at: Option<Time>
    }
}

/// The account of this username.
pub async fn credentials_of(conn: &mut Conn, username: &str) -> Result<Option<Credentials>> {
    let statement = sql!(
        "select id, username, name, program, demo, password, totp_secret, totp_pending, totp_last_step, disabled_at from account where username = $1"
    );
    conn.one(statement, bind![username]).await
}

/// The account.
pub async fn credentials(conn: &mut Conn, account: Uuid) -> Result<Option<Credentials>> {
    let statement = sql!(
        "select id, username, name, program, demo, password, totp_secret, totp_pending, totp_last_step, disabled_at from account where id = $1"
    );
    conn.one(statement, bind![account]).await
}

/// Uses up a step of the second factor; false when somebody else used it or a later one.
pub async fn use_step(tx: &mut Tx, account: Uuid, step: i64) -> Result<bool> {
    let statement = sql!("update account set totp_last_step = $2 where id = $1 and totp_last_step < $2");
    Ok(tx.execute(statement, bind![account, step]).await? == 1)
}

/// Keeps a new password.
pub async fn set_password(tx: &mut Tx, account: Uuid, hash: &str, now: Time) -> Result<()> {
    let statement = sql!("update account set password = $2, password_at = $3, version = version + 1 where id = $1");
    tx.execute(statement, bind![account, hash, now]).await.map(|_| ())
}

/// Keeps the secret of a second factor that is not confirmed yet.
pub async fn set_pending_totp(tx: &mut Tx, account: Uuid, sealed: &[u8]) -> Result<()> {
    tx.execute(sql!("update account set totp_pending = $2 where id = $1"), bind![account, sealed]).await.map(|_| ())
}

/// The pending second factor becomes the one that holds.
pub async fn confirm_totp(tx: &mut Tx, account: Uuid, step: i64, now: Time) -> Result<()> {
    let statement = sql!(
        "update account set totp_secret = totp_pending, totp_pending = null, totp_confirmed_at = $3, totp_last_step = $2, version = version + 1
         where id = $1"
    );
    tx.execute(statement, bind![account, step, now]).await.map(|_| ())
}

record! {
    /// Wrong log-ins under one key.
    pub struct Delay { pub failures: i64, pub last_at: Time, pub until_at: Time }
}

/// Wrong log-ins under this key.
pub async fn delay(conn: &mut Conn, key: &[u8]) -> Result<Option<Delay>> {
    conn.one(sql!("select failures, last_at, until_at from login_delay where key = $1"), bind![key]).await
}

/// Writes one more wrong log-in unless another one was written since `seen` was read.
pub async fn fail(tx: &mut Tx, key: &[u8], seen: i64, failures: i64, now: Time, until_at: Time) -> Result<bool> {
    let statement = sql!(
        "insert into login_delay (key, failures, last_at, until_at) values ($1, $2, $3, $4)
         on conflict (key) do update set failures = excluded.failures, last_at = excluded.last_at, until_at = excluded.until_at
         where login_delay.failures = $5"
    );
    Ok(tx.execute(statement, bind![key, failures, now, until_at, seen]).await? == 1)
}

/// Forgets the wrong log-ins; false when another one was written since `seen` was read.
pub async fn forgive(tx: &mut Tx, key: &[u8], seen: i64) -> Result<bool> {
    if seen == 0 {
        return Ok(true);
    }
    Ok(tx.execute(sql!("delete from login_delay where key = $1 and failures = $2"), bind![key, seen]).await? == 1)
}

record! {
    /// An account in the administrators' list.
    #[derive(Serialize, ToSchema)]
    pub struct Account {
        pub id: Uuid, pub username: String, pub name: String, pub staff_no: Option<String>, pub person: Option<Uuid>, pub program: bool,
        pub demo: bool, pub disabled_at: Option<Time>, pub created_at: Time, pub version: i64
    }
}

/// What a new account is made of.
pub struct NewAccount<'a> {
    /// Its username in the form of [`super::model::username`].
    pub username: &'a str,
    /// The name shown in timelines.
    pub name: &'a str,
    /// The staff number.
    pub staff_no: Option<&'a str>,
    /// The person of the organisation whose account it is.
    pub person: Option<Uuid>,
    /// Whether it is a program's: it never logs in, it has tokens.
    pub program: bool,
    /// Whether it belongs to invented data.
    pub demo: bool,
}

/// Adds an account.
pub async fn add_account(tx: &mut Tx, id: Uuid, new: &NewAccount<'_>, now: Time) -> Result<()> {
    let statement = sql!(
        "insert into account (id, username, name, staff_no, person, program, demo, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    tx.execute(statement, bind![id, new.username, new.name, new.staff_no, new.person, new.program, new.demo, now])
        .await
        .map(|_| ())
}

/// One account.
pub async fn account(conn: &mut Conn, id: Uuid) -> Result<Option<Account>> {
    let statement = sql!(
        "select id, username, name, staff_no, person, program, demo, disabled_at, created_at, version from account where id = $1"
    );
    conn.one(statement, bind![id]).await
}

record! {
    struct Called { id: Uuid, name: String }
}

/// What these accounts are called; an id that is no account's has no name.
pub async fn names(conn: &mut Conn, ids: impl IntoIterator<Item = Uuid>) -> Result<BTreeMap<Uuid, String>> {
    let ids = ids.into_iter().map(|id| Cell::Uuid(Some(id))).collect();
    let query = Query::new("select id, name from account where").push_list("id in", ids);
    Ok(conn.list::<Called>(query).await?.into_iter().map(|it| (it.id, it.name)).collect())
}

/// A page of accounts, newest first.
pub async fn accounts(
    conn: &mut Conn,
    q: Option<&str>,
    role: Option<&str>,
    now: Time,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Page<Account>> {
    let as_of = after.map_or(now, |c| c.as_of);
    let mut query = Query::new(
        "select a.id, a.username, a.name, a.staff_no, a.person, a.program, a.demo, a.disabled_at, a.created_at, a.version from account a where 1 = 1",
    )
    .push_if("and exists (select 1 from account_role r where r.account = a.id and r.role = $$)", role);
    if let Some(q) = q {
        let like = format!("%{}%", q.replace(['%', '_', '\\'], "").to_lowercase());
        query = query.push("and (a.username like $$ or lower(a.name) like $$)", bind![like, like]);
    }
    if let Some(c) = after {
        query = query.push("and (a.created_at < $$ or (a.created_at = $$ and a.id < $$))", bind![c.at, c.at, c.id]);
    }
    let rows = conn.list(query.push("order by a.created_at desc, a.id desc limit $$", bind![limit + 1])).await?;
    Ok(Page::cut(rows, limit, as_of, |r: &Account| (r.created_at.millis(), r.id)))
}

/// Disables or enables an account; false when it was so already.
pub async fn set_disabled(tx: &mut Tx, account: Uuid, at: Option<Time>) -> Result<bool> {
    let statement = sql!(
        "update account set disabled_at = $2, version = version + 1 where id = $1 and (disabled_at is null) <> (cast($2 as bigint) is null)"
    );
    Ok(tx.execute(statement, bind![account, at]).await? == 1)
}

record! {
    /// A role that an account holds somewhere.
    #[derive(Clone, Serialize, ToSchema)]
    pub struct Grant { pub id: Uuid, pub account: Uuid, pub role: String, pub path: String, pub from_at: Option<Time>, pub until_at: Option<Time> }
}

/// What was granted to an account.
pub async fn grants(conn: &mut Conn, account: Uuid) -> Result<Vec<Grant>> {
    let statement =
        sql!("select id, account, role, path, from_at, until_at from account_role where account = $1 order by granted_at, id");
    conn.all(statement, bind![account]).await
}

/// Adds a grant; the database refuses a second administrator's office.
pub async fn add_grant(tx: &mut Tx, grant: &Grant, by: Uuid, now: Time) -> Result<()> {
    let office = super::roles::OFFICES.contains(&grant.role.as_str()).then_some(grant.account);
    let statement = sql!(
        "insert into account_role (id, account, role, path, from_at, until_at, granted_by, granted_at, office_of) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    );
    let cells = bind![grant.id, grant.account, grant.role, grant.path, grant.from_at, grant.until_at, by, now, office];
    tx.execute(statement, cells).await.map(|_| ())
}

/// Takes a grant back.
pub async fn remove_grant(tx: &mut Tx, id: Uuid) -> Result<()> {
    tx.execute(sql!("delete from account_role where id = $1"), bind![id]).await.map(|_| ())
}

/// How many accounts that can log in hold this role.
pub async fn holders(conn: &mut Conn, role: &str, now: Time) -> Result<i64> {
    let statement = sql!(
        "select cast(count(distinct r.account) as bigint) as value from account_role r join account a on a.id = r.account
         where r.role = $1 and a.disabled_at is null and (r.until_at is null or r.until_at > $2)"
    );
    Ok(conn.value(statement, bind![role, now]).await?.unwrap_or(0))
}

/// The accounts that may log in and hold this role at or above the path, for whoever sends notices.
pub async fn accounts_with(conn: &mut Conn, role: &str, path: &str, now: Time) -> Result<Vec<Uuid>> {
    let statement = sql!(
        "select distinct r.account as value from account_role r join account a on a.id = r.account
         where r.role = $1 and substr($2, 1, length(r.path)) = r.path and a.disabled_at is null and a.program = false
         and (r.from_at is null or r.from_at <= $3) and (r.until_at is null or r.until_at > $3)"
    );
    conn.values(statement, bind![role, path, now]).await
}

/// The accounts that may log in and hold one of these roles at exactly one of these places: who sits at a desk, for whoever sends notices.
pub async fn accounts_at(conn: &mut Conn, roles: &[&str], places: &[&str], now: Time) -> Result<Vec<Uuid>> {
    let texts = |list: &[&str]| list.iter().map(|t| Cell::Text(Some((*t).to_owned()))).collect();
    let query = Query::new(
        "select distinct r.account as value from account_role r join account a on a.id = r.account where a.disabled_at is null and a.program = false",
    )
    .push_list("and r.role in", texts(roles))
    .push_list("and r.path in", texts(places))
    .push("and (r.from_at is null or r.from_at <= $$) and (r.until_at is null or r.until_at > $$)", bind![now, now]);
    conn.query_values(query).await
}

/// The account of a person of the organisation.
pub async fn account_of_person(conn: &mut Conn, person: Uuid) -> Result<Option<Uuid>> {
    conn.value(sql!("select id as value from account where person = $1"), bind![person]).await
}

/// The people behind several accounts, in no order; accounts of nobody in the organisation are left out.
pub async fn people_of(conn: &mut Conn, accounts: &[Uuid]) -> Result<Vec<Uuid>> {
    if accounts.is_empty() {
        return Ok(vec![]);
    }
    let cells = accounts.iter().map(|a| Cell::Uuid(Some(*a))).collect();
    conn.query_values(Query::new("select person as value from account where person is not null").push_list("and id in", cells))
        .await
}

/// The accounts of several people, in no order; people without an account are left out.
pub async fn accounts_of(conn: &mut Conn, people: &[Uuid]) -> Result<Vec<Uuid>> {
    if people.is_empty() {
        return Ok(vec![]);
    }
    let cells = people.iter().map(|p| Cell::Uuid(Some(*p))).collect();
    let query = Query::new("select id as value from account where disabled_at is null").push_list("and person in", cells);
    conn.query_values(query).await
}

record! {
    /// An account that holds a role at a place.
    #[derive(Clone, Debug)]
    pub struct Holder { pub account: Uuid, pub role: String, pub path: String }
}

/// Who holds one of these roles at exactly one of these places now.
pub async fn holders_at(conn: &mut Conn, roles: &[&str], paths: &[String], now: Time) -> Result<Vec<Holder>> {
    let query = Query::new("select r.account, r.role, r.path from account_role r join account a on a.id = r.account where")
        .push(
            "a.disabled_at is null and (r.from_at is null or r.from_at <= $$) and (r.until_at is null or r.until_at > $$)",
            bind![now, now],
        )
        .push_list("and r.role in", roles.iter().map(|r| Cell::Text(Some((*r).to_owned()))).collect())
        .push_list("and r.path in", paths.iter().map(|p| Cell::Text(Some(p.clone()))).collect());
    conn.list(query.push("order by r.granted_at, r.id", vec![])).await
}

record! {
    /// A person of the organisation with an account.
    #[derive(Clone, Copy, Debug)]
    pub struct Reachable { pub person: Uuid, pub account: Uuid }
}

/// The accounts of several people, each with its person.
pub async fn reachable(conn: &mut Conn, people: &[Uuid]) -> Result<Vec<Reachable>> {
    if people.is_empty() {
        return Ok(vec![]);
    }
    let cells = people.iter().map(|p| Cell::Uuid(Some(*p))).collect();
    let query = Query::new("select person, id as account from account where disabled_at is null");
    conn.list(query.push_list("and person in", cells)).await
}

record! {
    /// A link as it is used.
    pub struct Link { pub id: Uuid, pub kind: LinkKind, pub account: Uuid, pub expires_at: Time, pub used_at: Option<Time> }
}

/// The link of this secret.
pub async fn link(conn: &mut Conn, hash: &[u8; 32]) -> Result<Option<Link>> {
    conn.one(sql!("select id, kind, account, expires_at, used_at from one_time_link where token_hash = $1"), bind![*hash]).await
}

/// Adds a link.
pub async fn add_link(tx: &mut Tx, link: &Link, hash: &[u8; 32], by: Uuid, now: Time) -> Result<()> {
    let statement = sql!(
        "insert into one_time_link (id, kind, account, token_hash, made_by, made_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)"
    );
    tx.execute(statement, bind![link.id, link.kind, link.account, *hash, by, now, link.expires_at]).await.map(|_| ())
}

/// Uses a link up; false when somebody was faster.
pub async fn use_link(tx: &mut Tx, id: Uuid, now: Time) -> Result<bool> {
    let statement = sql!("update one_time_link set used_at = $2 where id = $1 and used_at is null");
    Ok(tx.execute(statement, bind![id, now]).await? == 1)
}

/// Links of an account that still work stop working.
pub async fn spend_links(tx: &mut Tx, account: Uuid, now: Time) -> Result<()> {
    let statement = sql!("update one_time_link set expires_at = $2 where account = $1 and expires_at > $2");
    tx.execute(statement, bind![account, now]).await.map(|_| ())
}

record! {
    /// An API token as its owner sees it.
    #[derive(Serialize, ToSchema)]
    pub struct ApiToken { pub id: Uuid, pub name: String, pub last_seen_at: Option<Time>, pub expires_at: Time, pub created_at: Time }
}

/// The API tokens of an account.
pub async fn tokens(conn: &mut Conn, account: Uuid) -> Result<Vec<ApiToken>> {
    let statement = sql!(
        "select id, name, last_seen_at, expires_at, created_at from api_token where account = $1 order by created_at desc, id desc"
    );
    conn.all(statement, bind![account]).await
}

/// Adds an API token.
#[expect(clippy::too_many_arguments, reason = "the columns of the row")]
pub async fn add_token(
    tx: &mut Tx,
    id: Uuid,
    account: Uuid,
    name: &str,
    hash: &[u8; 32],
    expires_at: Time,
    by: Uuid,
    now: Time,
) -> Result<()> {
    let statement = sql!(
        "insert into api_token (id, account, name, token_hash, expires_at, created_by, created_at) values ($1, $2, $3, $4, $5, $6, $7)"
    );
    tx.execute(statement, bind![id, account, name, *hash, expires_at, by, now]).await.map(|_| ())
}

/// Removes an API token of this account; false when it has none of this id.
pub async fn remove_token(tx: &mut Tx, id: Uuid, account: Uuid) -> Result<bool> {
    Ok(tx.execute(sql!("delete from api_token where id = $1 and account = $2"), bind![id, account]).await? == 1)
}

/// Seals the second factors anew that an older master key sealed, and says how many.
pub async fn reseal_totp(db: &Db, keys: &Keys) -> Result<usize> {
    record! { struct Row { id: Uuid, totp_secret: Option<Vec<u8>>, totp_pending: Option<Vec<u8>> } }
    let statement =
        sql!("select id, totp_secret, totp_pending from account where totp_secret is not null or totp_pending is not null");
    let rows: Vec<Row> = db.read().await?.all(statement, bind![]).await?;
    let mut done = 0;
    for row in rows {
        let again = |sealed: &Option<Vec<u8>>| match sealed {
            Some(sealed) => keys.reseal(sealed, &format!("totp {}", row.id)),
            None => Ok(None),
        };
        let (secret, pending) = (again(&row.totp_secret)?, again(&row.totp_pending)?);
        if secret.is_none() && pending.is_none() {
            continue;
        }
        let mut tx = db.begin();
        // What its owner changed meanwhile stays: it was sealed with the present key.
        if let (Some(fresh), Some(before)) = (secret, &row.totp_secret) {
            let update = sql!("update account set totp_secret = $2 where id = $1 and totp_secret = $3");
            done += tx.execute(update, bind![row.id, fresh, before]).await? as usize;
        }
        if let (Some(fresh), Some(before)) = (pending, &row.totp_pending) {
            let update = sql!("update account set totp_pending = $2 where id = $1 and totp_pending = $3");
            done += tx.execute(update, bind![row.id, fresh, before]).await? as usize;
        }
        tx.commit().await?;
    }
    Ok(done)
}
