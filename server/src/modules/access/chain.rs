//! The chain over the audit record.
//!
//! The relay gives unsealed rows their numbers in the order of their time and chains them: the hash of a row covers the hash of the row
//! before it, its number and all its columns. The last hash, the *anchor*, is kept in a file outside the database. So an edit, a row that
//! is missing or moved, and a tail that was cut off are all found by reading the record once. Rows that wait for the relay, a second's
//! worth at most, are not covered; [`verify`] says how many they are.

use std::{fs, io, path::Path};

use db::{Conn, Db, Query, Tx, bind, record, sql};
use kernel::{Error, Result, Time};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::hex;

/// SHA-256. Other suites get other numbers; the number stands before each hash.
const SUITE: u8 = 1;
/// What the first row is chained to.
const GENESIS: [u8; 33] = [0; 33];
/// Rows that get their numbers in one transaction.
pub const BATCH: usize = 500;
/// Rows that are verified in one read.
const PAGE: i64 = 2_000;
const FILE: &str = "audit.anchor";

record! {
    struct Row {
        id: Uuid, at: Time, actor: Uuid, actor_kind: String, action: String, object_kind: String, object: Uuid, path: String,
        details: String, number: Option<i64>, hash: Option<Vec<u8>>
    }
}

/// A row's place and hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The number of the row.
    pub number: i64,
    /// Its hash, the suite before it.
    pub hash: Vec<u8>,
}

/// Rows that are ready to be sealed.
pub struct Batch {
    links: Vec<(Uuid, Anchor)>,
}

/// Numbers and chains the rows that wait, without writing; nothing when none wait.
pub async fn prepare(conn: &mut Conn) -> Result<Option<Batch>> {
    let waiting: Vec<Row> = conn
        .all(
            sql!(
                "select id, at, actor, actor_kind, action, object_kind, object, path, details, number, hash from audit
                 where number is null order by at, id limit $1"
            ),
            bind![BATCH],
        )
        .await?;
    if waiting.is_empty() {
        return Ok(None);
    }
    let mut before = last(conn).await?.unwrap_or(Anchor { number: 0, hash: GENESIS.to_vec() });
    let mut links = Vec::with_capacity(waiting.len());
    for row in waiting {
        before = Anchor { number: before.number + 1, hash: link(&before.hash, before.number + 1, &row) };
        links.push((row.id, before.clone()));
    }
    Ok(Some(Batch { links }))
}

impl Batch {
    /// The anchor that the record has once this batch is written.
    pub fn anchor(&self) -> Option<&Anchor> {
        self.links.last().map(|l| &l.1)
    }

    /// How many rows it seals.
    pub fn len(&self) -> usize {
        self.links.len()
    }

    /// Whether it seals nothing.
    pub fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// Writes numbers and hashes in one statement. `Stale` when somebody else sealed meanwhile: their numbers are the numbers.
    pub async fn write(&self, tx: &mut Tx) -> Result<()> {
        let mut query = Query::new("update audit set number = v.column2, hash = v.column3 from (values");
        for (n, (id, anchor)) in self.links.iter().enumerate() {
            query = query.push_list(if n == 0 { "" } else { "," }, bind![id, anchor.number, anchor.hash]);
        }
        let written = tx.execute_query(query.push(") v where audit.id = v.column1 and audit.number is null", vec![])).await;
        match written {
            Ok(n) if n == self.links.len() as u64 => Ok(()),
            Ok(_) => Err(Error::Stale),
            Err(e) if db::unique_violation(&e).is_some() => Err(Error::Stale),
            Err(e) => Err(e),
        }
    }
}

async fn last(conn: &mut Conn) -> Result<Option<Anchor>> {
    record! { struct Last { number: i64, hash: Vec<u8> } }
    let statement = sql!("select number, hash from audit where number is not null order by number desc limit 1");
    Ok(conn.one::<Last>(statement, bind![]).await?.map(|l| Anchor { number: l.number, hash: l.hash }))
}

/// The hash of a row: every part with its length before it, so that no two rows read the same.
fn link(before: &[u8], number: i64, row: &Row) -> Vec<u8> {
    let mut hasher = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    part(&[SUITE]);
    part(before);
    part(&number.to_be_bytes());
    part(row.id.as_bytes());
    part(&row.at.millis().to_be_bytes());
    part(row.actor.as_bytes());
    for text in [&row.actor_kind, &row.action, &row.object_kind] {
        part(text.as_bytes());
    }
    part(row.object.as_bytes());
    part(row.path.as_bytes());
    part(row.details.as_bytes());
    let mut out = vec![SUITE];
    out.extend_from_slice(&hasher.finalize());
    out
}

/// Keeps the anchor in the district's folder: whoever changes the database alone cannot change it.
pub fn keep(data: &Path, anchor: &Anchor) -> Result<()> {
    let (path, fresh) = (data.join(FILE), data.join(format!("{FILE}.new")));
    let written =
        fs::write(&fresh, format!("{} {}\n", anchor.number, hex(&anchor.hash))).and_then(|()| fs::rename(&fresh, &path));
    written.map_err(|e| Error::internal(format_args!("{}: {e}", path.display())))
}

/// Reads the anchor of a district's folder, or of a copy that was kept elsewhere; nothing when there is none yet.
pub fn kept(path: &Path) -> Result<Option<Anchor>> {
    let path = if path.is_dir() { path.join(FILE) } else { path.to_owned() };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Error::internal(format_args!("{}: {e}", path.display()))),
    };
    let parsed = text.trim().split_once(' ').and_then(|(number, hash)| {
        let bytes =
            (0..hash.len() / 2).map(|n| u8::from_str_radix(hash.get(2 * n..2 * n + 2)?, 16).ok()).collect::<Option<_>>()?;
        Some(Anchor { number: number.parse().ok()?, hash: bytes })
    });
    parsed.map(Some).ok_or_else(|| Error::internal(format_args!("{} is not an anchor", path.display())))
}

/// What reading the whole record showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows whose chain holds.
    pub sealed: i64,
    /// Rows that wait for the relay.
    pub unsealed_tail: i64,
    /// The number of the first row that does not fit: changed, missing, or moved.
    pub broken_at: Option<i64>,
    /// Whether the anchor was compared.
    pub anchored: bool,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn holds(&self) -> bool {
        self.broken_at.is_none()
    }
}

/// Reads the whole record and compares it with its chain and, when there is one, with an anchor that was kept outside the database.
pub async fn verify(db: &Db, anchor: Option<&Anchor>) -> Result<Report> {
    let mut conn = db.read().await?;
    let mut report = Report { anchored: anchor.is_some(), ..Report::default() };
    let count = sql!("select count(*) as value from audit where number is null");
    report.unsealed_tail = conn.value(count, bind![]).await?.unwrap_or(0);
    // Numbers begin at 1; whatever stands before it was put there.
    let stray: Option<i64> =
        conn.value(sql!("select min(number) as value from audit where number < 1"), bind![]).await?.flatten();
    report.broken_at = stray;
    let mut before = GENESIS.to_vec();
    while report.holds() {
        let page: Vec<Row> = conn
            .all(
                sql!(
                    "select id, at, actor, actor_kind, action, object_kind, object, path, details, number, hash from audit
                     where number > $1 order by number limit $2"
                ),
                bind![report.sealed, PAGE],
            )
            .await?;
        if page.is_empty() {
            break;
        }
        for row in page {
            let expected = report.sealed + 1;
            let fits = row.number == Some(expected) && row.hash.as_deref() == Some(&link(&before, expected, &row));
            let anchored = anchor.is_none_or(|a| a.number != expected || Some(&a.hash) == row.hash.as_ref());
            if !fits || !anchored {
                report.broken_at = Some(expected);
                break;
            }
            before = row.hash.unwrap_or_default();
            report.sealed = expected;
        }
    }
    if report.holds() && anchor.is_some_and(|a| a.number > report.sealed) {
        report.broken_at = Some(report.sealed + 1);
    }
    Ok(report)
}
