//! What a node keeps in memory: immutable snapshots by revision.
//!
//! A slice that owns a snapshot bumps its revision in the transaction that changes the rows. A write that relied on a
//! snapshot checks the revision in its own transaction and is told `Stale` when it moved, so a stale node never decides.

use std::sync::Arc;

use arc_swap::ArcSwap;
use db::{Conn, Tx, bind, record, sql};
use kernel::{Error, Result};

/// A value as of a revision.
#[derive(Debug, Default)]
pub struct AsOf<T> {
    /// Which revision of the rows it was made from.
    pub revision: i64,
    /// The value itself.
    pub value: T,
}

/// The newest snapshot this node knows; reading it costs one atomic load.
#[derive(Debug)]
pub struct Snapshot<T>(ArcSwap<AsOf<T>>);

impl<T> Snapshot<T> {
    /// Starts with this value.
    pub fn new(revision: i64, value: T) -> Self {
        Self(ArcSwap::from_pointee(AsOf { revision, value }))
    }

    /// The newest value.
    pub fn get(&self) -> Arc<AsOf<T>> {
        self.0.load_full()
    }

    /// Puts a newer value in place; an older one is dropped, whoever comes late.
    pub fn put(&self, revision: i64, value: T) {
        let fresh = Arc::new(AsOf { revision, value });
        self.0.rcu(|have| if have.revision > fresh.revision { Arc::clone(have) } else { Arc::clone(&fresh) });
    }
}

record! {
    /// A row of `revision`.
    pub struct Revision { pub name: String, pub n: i64 }
}

/// Every revision as the database has it.
pub async fn revisions(conn: &mut Conn) -> Result<Vec<Revision>> {
    conn.all(sql!("select name, n from revision"), bind![]).await
}

/// The revision of one snapshot; 0 before the first change.
pub async fn revision(conn: &mut Conn, name: &str) -> Result<i64> {
    Ok(conn.value(sql!("select n as value from revision where name = $1"), bind![name]).await?.unwrap_or(0))
}

/// Says, in the transaction that changes the rows, that every node must read them again.
pub async fn bump(tx: &mut Tx, name: &'static str) -> Result<()> {
    let statement = sql!("insert into revision (name, n) values ($1, 1) on conflict (name) do update set n = revision.n + 1");
    tx.execute(statement, bind![name]).await.map(|_| ())
}

/// Holds a write to the snapshots that it was decided on: `Stale` when one of them moved.
pub async fn check(tx: &mut Tx, relied_on: &[(&'static str, i64)]) -> Result<()> {
    let now = revisions(tx).await?;
    let current = |name: &str| now.iter().find(|r| r.name == name).map_or(0, |r| r.n);
    if relied_on.iter().all(|(name, n)| current(name) == *n) { Ok(()) } else { Err(Error::Stale) }
}
/// The same as [`check`] for a transaction that reads nothing: the check is put off, and COMMIT says `Stale` when one of them moved.
pub fn hold(tx: &mut Tx, relied_on: &[(&'static str, i64); 3]) {
    let statement = sql!(
        "select 1 from (select 1 as one) held where not exists (select 1 from revision where (name = $1 and n <> $2) or (name = $3 and n <> $4)
         or (name = $5 and n <> $6))"
    );
    let [a, b, c] = *relied_on;
    tx.must(statement, bind![a.0, a.1, b.0, b.1, c.0, c.1]);
}
