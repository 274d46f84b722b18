//! SQL of the slice.

use db::{Cell, Conn, Query, Tx, bind, record, sql};
use kernel::{Cursor, Error, Id, Result, Scope, Time};
use uuid::Uuid;

use super::model::{Kind, Publication};
use crate::modules::org::Unit;

record! {
    /// A notice as it is stored.
    #[derive(Clone, Debug)]
    pub struct Row {
        pub id: Id<Publication>,
        pub version: i64,
        pub kind: Kind,
        pub title: String,
        pub body: String,
        pub unit_id: Id<Unit>,
        pub unit_path: String,
        pub from_at: Time,
        pub until_at: Option<Time>,
        pub author: Uuid,
        pub author_unit: String,
        pub made_at: Time,
        pub withdrawn_at: Option<Time>,
        pub reason: Option<String>,
    }
}

const COLUMNS: &str = "select p.id, p.version, p.kind, p.title, p.body, p.unit_id, p.unit_path, p.from_at, p.until_at, p.author, p.author_unit, \
    p.made_at, p.withdrawn_at, p.reason from publication p where 1 = 1";

fn paged(query: Query, cursor: Option<Cursor>, limit: usize) -> Query {
    let query = query.after("and (p.from_at, p.id) <", cursor);
    query.push("order by p.from_at desc, p.id desc limit $$", bind![limit + 1])
}

/// What runs at an instant on the ground of these paths, the newest first. It is written for everybody, so there is no scope.
pub async fn running(conn: &mut Conn, paths: &[String], now: Time, cursor: Option<Cursor>, limit: usize) -> Result<Vec<Row>> {
    let query = on_ground(Query::new(COLUMNS), paths)
        .push("and p.withdrawn_at is null and p.from_at <= $$ and (p.until_at is null or p.until_at > $$)", bind![now, now]);
    conn.list(paged(query, cursor, limit)).await
}

/// Every notice of the scope, or those of it on the ground of these paths, withdrawn and past ones too, the newest first.
pub async fn all(
    conn: &mut Conn,
    scope: &Scope,
    paths: Option<&[String]>,
    cursor: Option<Cursor>,
    limit: usize,
) -> Result<Vec<Row>> {
    let query = within(Query::new(COLUMNS), scope);
    let query = match paths {
        Some(paths) => on_ground(query, paths),
        None => query,
    };
    conn.list(paged(query, cursor, limit)).await
}

fn on_ground(query: Query, paths: &[String]) -> Query {
    query.push_list("and p.unit_path in", paths.iter().map(|p| Cell::Text(Some(p.clone()))).collect())
}

/// One notice of the scope.
pub async fn find(conn: &mut Conn, scope: &Scope, id: Id<Publication>) -> Result<Row> {
    let query = within(Query::new(COLUMNS).push("and p.id = $$", bind![id]), scope);
    conn.list(query).await?.pop().ok_or(Error::NotFound)
}

fn within(query: Query, scope: &Scope) -> Query {
    let Scope::Under(paths) = scope else { return query };
    let begun = query.push("and (1 = 0", vec![]);
    let above = |path: &String| format!("{}0", path.trim_end_matches('/'));
    paths
        .iter()
        .fold(begun, |query, path| query.push("or (p.unit_path >= $$ and p.unit_path < $$)", bind![path, above(path)]))
        .push(")", vec![])
}

/// Adds a notice.
pub async fn insert(tx: &mut Tx, p: &Row) -> Result<()> {
    let statement = sql!(
        "insert into publication (id, version, kind, title, body, unit_id, unit_path, from_at, until_at, author, author_unit, made_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
    );
    let cells = bind![
        p.id,
        p.version,
        p.kind,
        p.title,
        p.body,
        p.unit_id,
        p.unit_path,
        p.from_at,
        p.until_at,
        p.author,
        p.author_unit,
        p.made_at
    ];
    tx.execute(statement, cells).await.map(|_| ())
}

/// Saves what can change in a notice, provided that nobody changed it since `version`.
pub async fn save(tx: &mut Tx, p: &Row, by: Uuid) -> Result<()> {
    let statement = sql!(
        "update publication set version = version + 1, kind = $3, title = $4, body = $5, from_at = $6, until_at = $7, withdrawn_at = $8,
         withdrawn_by = $9, reason = $10 where id = $1 and version = $2"
    );
    let withdrawn_by = p.withdrawn_at.map(|_| by);
    let cells = bind![p.id, p.version, p.kind, p.title, p.body, p.from_at, p.until_at, p.withdrawn_at, withdrawn_by, p.reason];
    if tx.execute(statement, cells).await? == 1 { Ok(()) } else { Err(Error::Stale) }
}
