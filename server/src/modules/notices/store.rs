//! SQL of the slice.

use db::{Cell, Conn, Query, Tx, bind, record, sql};
use kernel::{Cursor, Id, Result, Time};
use serde_json::Value;
use uuid::Uuid;

use super::model::{Item, Notice};

/// Keeps notices: one statement for all of them. A fresh id for each.
pub async fn insert(tx: &mut Tx, now: Time, notices: &[Notice]) -> Result<()> {
    let mut query = Query::new("insert into notice (id, account, kind, object_kind, object_id, params, urgent, made_at)");
    for (n, notice) in notices.iter().enumerate() {
        let lead = if n == 0 { "values" } else { "," };
        query = query.push_list(lead, row(now, notice));
    }
    tx.later_query(query).await
}

fn row(now: Time, notice: &Notice) -> Vec<Cell> {
    let id = Id::<Item>::new(now);
    bind![id, notice.to, notice.kind, notice.object_kind, notice.object, notice.params, notice.urgent, now]
}

/// A page of an account's notices, newest first, one more than `limit` when there are more.
pub async fn list(
    conn: &mut Conn,
    account: Uuid,
    unread: bool,
    as_of: Time,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Vec<Item>> {
    let mut query = Query::new("select id, kind, object_kind, object_id, params, urgent, made_at, read_at from notice")
        .push("where account = $$ and made_at <= $$", bind![account, as_of]);
    if unread {
        query = query.push("and read_at is null", vec![]);
    }
    query = query.after("and (made_at, id) <", after);
    conn.list(query.push("order by made_at desc, id desc limit $$", bind![limit + 1])).await
}

/// How many notices an account has not read.
pub async fn unread(conn: &mut Conn, account: Uuid) -> Result<i64> {
    let statement = sql!("select count(*) as value from notice where account = $1 and read_at is null");
    Ok(conn.value(statement, bind![account]).await?.unwrap_or(0))
}

/// Marks one notice of an account as read, keeping the first time; whether the account has such a notice.
pub async fn read(tx: &mut Tx, account: Uuid, id: Id<Item>, now: Time) -> Result<bool> {
    let statement = sql!("update notice set read_at = coalesce(read_at, $1) where id = $2 and account = $3");
    Ok(tx.execute(statement, bind![now, id, account]).await? == 1)
}

/// Marks an account's notices up to an instant as read, and says how many.
pub async fn read_all(tx: &mut Tx, account: Uuid, until: Time, now: Time) -> Result<u64> {
    let statement = sql!("update notice set read_at = $1 where account = $2 and read_at is null and made_at <= $3");
    tx.execute(statement, bind![now, account, until]).await
}

record! {
    /// Whom a notice tells.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Told { pub id: Id<Item>, pub account: Uuid, pub urgent: bool, pub made_at: Time }
}

/// Notices made after an instant.
pub async fn told_since(conn: &mut Conn, since: Time) -> Result<Vec<Told>> {
    conn.all(sql!("select id, account, urgent, made_at from notice where made_at > $1"), bind![since]).await
}

/// One account's unread notices made after an instant, oldest first.
pub async fn unread_since(conn: &mut Conn, account: Uuid, since: Time, most: i64) -> Result<Vec<Told>> {
    let statement = sql!(
        "select id, account, urgent, made_at from notice where account = $1 and read_at is null and made_at > $2
         order by made_at, id limit $3"
    );
    conn.all(statement, bind![account, since, most]).await
}

/// One account's unread notices that waited through quiet hours, oldest first.
pub async fn waited(conn: &mut Conn, account: Uuid, (began, end): (Time, Time), most: i64) -> Result<Vec<Told>> {
    let statement = sql!(
        "select id, account, urgent, made_at from notice where account = $1 and read_at is null and made_at >= $2 and made_at < $3
         and not urgent order by made_at, id limit $4"
    );
    conn.all(statement, bind![account, began, end, most]).await
}

/// An account's sealed mail address, if it wants mail.
pub async fn mail_of(conn: &mut Conn, account: Uuid) -> Result<Option<Vec<u8>>> {
    Ok(conn
        .value::<Option<Vec<u8>>>(sql!("select mail as value from notice_wish where account = $1"), bind![account])
        .await?
        .flatten())
}

/// Sets or clears an account's mail address.
pub async fn set_mail(tx: &mut Tx, account: Uuid, mail: Option<Vec<u8>>, now: Time) -> Result<()> {
    let statement = sql!(
        "insert into notice_wish (account, mail, changed_at) values ($1, $2, $3)
         on conflict (account) do update set mail = excluded.mail, changed_at = excluded.changed_at"
    );
    tx.execute(statement, bind![account, mail, now]).await.map(|_| ())
}

/// Forgets an account: its notices, wishes and messages.
pub async fn forget(tx: &mut Tx, account: Uuid) -> Result<()> {
    tx.execute(sql!("delete from outbox where id in (select id from notice where account = $1)"), bind![account]).await?;
    tx.execute(sql!("delete from notice where account = $1"), bind![account]).await?;
    tx.execute(sql!("delete from notice_wish where account = $1"), bind![account]).await.map(|_| ())
}

/// Makes messages of the unread notices of accounts that want mail, made after `since` and, unless urgent, before `until`; says how many.
pub async fn fill_outbox(tx: &mut Tx, since: Time, until: Time, now: Time) -> Result<u64> {
    let statement = sql!(
        "insert into outbox (id, channel, address, template, params, urgent, state, attempts, due_at, made_at)
         select n.id, 'smtp', w.mail, n.kind, n.params, n.urgent, 'waiting', 0, $3, $3
         from notice n join notice_wish w on w.account = n.account
         where w.mail is not null and n.read_at is null and n.made_at > $1 and (n.urgent or n.made_at <= $2)
           and not exists (select 1 from outbox o where o.id = n.id)"
    );
    tx.execute(statement, bind![since, until, now]).await
}

record! {
    /// A message whose turn has come.
    pub struct Message { pub id: Uuid, pub address: Vec<u8>, pub template: String, pub params: Value, pub attempts: i64 }
}

/// Takes up to `most` messages that are due, and puts them off to `again` in case that this process ends before it reports. In the quiet
/// hours only urgent ones.
pub async fn take(tx: &mut Tx, now: Time, again: Time, quiet: bool, most: i64) -> Result<Vec<Message>> {
    // The outer condition is asked once more when another process took the row meanwhile, and says no.
    let statement = sql!(
        "update outbox set attempts = attempts + 1, due_at = $2
         where state = 'waiting' and due_at <= $1 and id in (
           select id from outbox where state = 'waiting' and due_at <= $1 and (urgent or not $3) order by due_at, id limit $4)
         returning id, address, template, params, attempts"
    );
    tx.all(statement, bind![now, again, quiet, most]).await
}

/// Keeps that a message went out.
pub async fn sent(tx: &mut Tx, id: Uuid, now: Time) -> Result<()> {
    tx.execute(sql!("update outbox set state = 'sent', sent_at = $2, fault = null where id = $1"), bind![id, now])
        .await
        .map(|_| ())
}

/// Keeps that a message did not go out: to be tried again at `again`, or never.
pub async fn not_sent(tx: &mut Tx, id: Uuid, fault: &str, again: Option<Time>) -> Result<()> {
    let statement = sql!(
        "update outbox set state = case when $3 then 'failed' else 'waiting' end, due_at = coalesce($2, due_at), fault = $4
         where id = $1"
    );
    tx.execute(statement, bind![id, again, again.is_none(), fault]).await.map(|_| ())
}

/// Forgets messages and read notices from before an instant, and says how many.
pub async fn forget_old(tx: &mut Tx, before: Time) -> Result<u64> {
    let messages = tx.execute(sql!("delete from outbox where made_at < $1 and state <> 'waiting'"), bind![before]).await?;
    Ok(messages + tx.execute(sql!("delete from notice where made_at < $1 and read_at is not null"), bind![before]).await?)
}
