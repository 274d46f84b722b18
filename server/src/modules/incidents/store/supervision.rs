//! The SQL of supervision orders.

use db::{Conn, Query, Tx, bind, record, sql};
use kernel::{Cursor, Error, Id, Result, Scope, Time};

use crate::modules::{
    incidents::{
        model::Incident,
        rules::{
            ladder::Card,
            supervision::{OrderState, Supervision},
        },
    },
    org::Unit,
};

const COLUMNS: &str = "select s.id, s.code, s.version, s.incident_id, s.unit_id, s.unit_path, s.issuer_path, s.card, s.words, s.signer, \
    s.issued_by, s.stage, s.issued_at, s.reply_by, s.state, s.reply, s.replied_by, s.replied_name, s.replied_at, s.end_words, s.ended_by, \
    s.ended_name, s.ended_at, s.overdue_at from supervision s join incident c on c.id = s.incident_id where 1 = 1";

/// What a list of orders is filtered by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Orders {
    /// Where they stand.
    pub state: Option<OrderState>,
    /// Only those whose reply is overdue.
    pub overdue: bool,
    /// The unit that they went to.
    pub unit: Option<Id<Unit>>,
    /// How grave.
    pub card: Option<Card>,
}

record! {
    /// How many orders there are of a word.
    pub struct Tally { pub word: String, pub n: i64 }
}

record! {
    struct Shown { card: Card }
}

/// An order that the scope may see: by the unit that it went to, or by the case.
pub async fn find(conn: &mut Conn, scope: &Scope, id: Id<Supervision>) -> Result<Supervision> {
    conn.list(seen(Query::new(COLUMNS).push("and s.id = $$", bind![id]), scope)).await?.pop().ok_or(Error::NotFound)
}

/// A page of orders, the newest first, one more than `limit` when there are more.
pub async fn list(
    conn: &mut Conn,
    scope: &Scope,
    asked: &Orders,
    cursor: Option<Cursor>,
    now: Time,
    limit: i64,
) -> Result<Vec<Supervision>> {
    let query = conditions(seen(Query::new(COLUMNS), scope), asked, now);
    let query = query.after("and (s.issued_at, s.id) <", cursor);
    conn.list(query.push("order by s.issued_at desc, s.id desc limit $$", bind![limit + 1])).await
}

/// How many orders stand where, and how many replies are overdue.
pub async fn counts(conn: &mut Conn, scope: &Scope, asked: &Orders, now: Time) -> Result<[Vec<Tally>; 2]> {
    let states = "select s.state as word, count(*) as n from supervision s join incident c on c.id = s.incident_id where 1 = 1";
    let cards = "select s.card as word, count(*) as n from supervision s join incident c on c.id = s.incident_id where 1 = 1";
    let states = conditions(seen(Query::new(states), scope), asked, now).push("group by s.state", vec![]);
    let cards = conditions(seen(Query::new(cards), scope), asked, now).push("group by s.card", vec![]);
    Ok([conn.list(states).await?, conn.list(cards).await?])
}

fn conditions(query: Query, asked: &Orders, now: Time) -> Query {
    let query = query.push_if("and s.state = $$", asked.state).push_if("and s.unit_id = $$", asked.unit);
    let query = query.push_if("and s.card = $$", asked.card);
    if asked.overdue { query.push("and s.state = 'open' and s.reply_by <= $$", bind![now]) } else { query }
}

/// Adds the condition that the scope may see the order.
fn seen(query: Query, scope: &Scope) -> Query {
    let Scope::Under(paths) = scope else { return query };
    let query = query.push("and (1 = 0", vec![]);
    let add = |query: Query, path: &String| {
        let above = format!("{}0", path.trim_end_matches('/'));
        query
            .push("or (s.unit_path >= $$ and s.unit_path < $$)", bind![path, above])
            .push("or (c.owner_path >= $$ and c.owner_path < $$)", bind![path, above])
    };
    paths.iter().fold(query, add).push(")", vec![])
}

/// The cards of the orders of a case that count.
pub async fn cards(conn: &mut Conn, case: Id<Incident>) -> Result<Vec<Card>> {
    let statement = sql!("select card from supervision where incident_id = $1 and state in ('open', 'replied')");
    Ok(conn.all::<Shown>(statement, bind![case]).await?.into_iter().map(|s| s.card).collect())
}

/// Enters a new order.
pub async fn insert(tx: &mut Tx, s: &Supervision) -> Result<()> {
    let statement = sql!(
        "insert into supervision (id, code, version, incident_id, unit_id, unit_path, issuer_path, card, words, signer, issued_by, stage,
         issued_at, reply_by, state) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
    );
    let cells = bind![
        s.id,
        s.code,
        s.version,
        s.incident_id,
        s.unit_id,
        s.unit_path,
        s.issuer_path,
        s.card,
        s.words,
        s.signer,
        s.issued_by,
        s.stage,
        s.issued_at,
        s.reply_by,
        s.state
    ];
    tx.execute(statement, cells).await.map(|_| ())
}

/// Orders whose reply is overdue and of which nobody was told yet, the longest overdue first.
pub async fn unanswered(tx: &mut Tx, now: Time, limit: i64) -> Result<Vec<Supervision>> {
    let query = Query::new(COLUMNS).push("and s.state = 'open' and s.overdue_at is null and s.reply_by <= $$", bind![now]);
    tx.list(query.push("order by s.reply_by, s.id limit $$", bind![limit])).await
}

/// Whether any reply is overdue without anybody having been told: one look at an index.
pub async fn anything_unanswered(conn: &mut Conn, now: Time) -> Result<bool> {
    let statement = sql!(
        "select cast(count(*) as bigint) as value from (select 1 from supervision where state = 'open' and overdue_at is null
         and reply_by <= $1 limit 1) late"
    );
    Ok(conn.value::<i64>(statement, bind![now]).await?.unwrap_or(0) > 0)
}

/// Keeps that people were told that the reply is overdue; false when it came or somebody else told them meanwhile.
pub async fn mark_overdue(tx: &mut Tx, id: Id<Supervision>, at: Time) -> Result<bool> {
    let statement = sql!("update supervision set overdue_at = $2 where id = $1 and state = 'open' and overdue_at is null");
    Ok(tx.execute(statement, bind![id, at]).await? == 1)
}

/// Saves what can change in an order; `Stale` when somebody saved it since it was read.
pub async fn save(tx: &mut Tx, s: &Supervision) -> Result<()> {
    let statement = sql!(
        "update supervision set version = version + 1, state = $3, reply = $4, replied_by = $5, replied_name = $6, replied_at = $7,
         end_words = $8, ended_by = $9, ended_name = $10, ended_at = $11 where id = $1 and version = $2"
    );
    let cells = bind![
        s.id,
        s.version,
        s.state,
        s.reply,
        s.replied_by,
        s.replied_name,
        s.replied_at,
        s.end_words,
        s.ended_by,
        s.ended_name,
        s.ended_at
    ];
    if tx.execute(statement, cells).await? == 1 { Ok(()) } else { Err(Error::Stale) }
}
