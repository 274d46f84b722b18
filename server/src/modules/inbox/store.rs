//! SQL of the slice: what somebody added to a day, and that a service was told.

use db::{Conn, Tx, bind, record, sql};
use kernel::{Result, Time};
use uuid::Uuid;

record! {
    /// An entry of a day; its words open with the data key of its id.
    #[derive(Debug)]
    pub struct DayEntry { pub id: Uuid, pub at: Time, pub words_sealed: Vec<u8> }
}

/// The entries that an account added to a day.
pub async fn entries(conn: &mut Conn, account: Uuid, day: &str) -> Result<Vec<DayEntry>> {
    let statement = sql!("select id, at, words_sealed from day_entry where account = $1 and day = $2 order by at, id");
    conn.all(statement, bind![account, day]).await
}

/// How many there are of a day.
pub async fn count(conn: &mut Conn, account: Uuid, day: &str) -> Result<i64> {
    let statement = sql!("select cast(count(*) as bigint) as value from day_entry where account = $1 and day = $2");
    Ok(conn.value(statement, bind![account, day]).await?.unwrap_or(0))
}

/// How many of a stretch of days, the last left out.
pub async fn count_between(conn: &mut Conn, account: Uuid, from: &str, to: &str) -> Result<i64> {
    let statement = sql!("select cast(count(*) as bigint) as value from day_entry where account = $1 and day >= $2 and day < $3");
    Ok(conn.value(statement, bind![account, from, to]).await?.unwrap_or(0))
}

/// Adds an entry.
pub async fn add(tx: &mut Tx, account: Uuid, day: &str, entry: &DayEntry) -> Result<()> {
    let statement = sql!("insert into day_entry (id, account, day, at, words_sealed) values ($1, $2, $3, $4, $5)");
    tx.execute(statement, bind![entry.id, account, day, entry.at, entry.words_sealed]).await.map(|_| ())
}

/// Takes an entry back; says whether there was one of this account.
pub async fn take_back(tx: &mut Tx, account: Uuid, id: Uuid) -> Result<bool> {
    Ok(tx.execute(sql!("delete from day_entry where id = $1 and account = $2"), bind![id, account]).await? == 1)
}

record! {
    /// That a service was told.
    #[derive(Debug)]
    pub struct Told { pub id: Uuid, pub kind: String, pub at: Time }
}

/// What an account told services between two instants.
pub async fn told(conn: &mut Conn, account: Uuid, from: Time, to: Time) -> Result<Vec<Told>> {
    let statement = sql!("select id, kind, at from told_report where account = $1 and at >= $2 and at < $3 order by at, id");
    conn.all(statement, bind![account, from, to]).await
}

/// Keeps that a service was told.
pub async fn tell(tx: &mut Tx, account: Uuid, told: &Told) -> Result<()> {
    let statement = sql!("insert into told_report (id, account, kind, at) values ($1, $2, $3, $4)");
    tx.execute(statement, bind![told.id, account, told.kind, told.at]).await.map(|_| ())
}
