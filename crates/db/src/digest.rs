//! A fingerprint of everything that a database holds, for comparing a copy with what was copied.

use kernel::Result;
use sha2::{Digest as _, Sha256};

use crate::{Conn, Db, Engine};

/// What a table holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDigest {
    /// Its name.
    pub table: String,
    /// How many rows.
    pub rows: u64,
    /// The sum of the SHA-256 of its rows, which no order of the rows changes.
    pub sum: [u8; 32],
}

/// Rows of one read.
const PAGE: i64 = 2_000;

impl Db {
    /// The fingerprint of every table, in the order of their names. Equal databases have equal ones on the same engine; indexes, the search index
    /// among them, are not looked at. Reads every row, a page at a time: nobody should write meanwhile.
    pub async fn digest(&self) -> Result<Vec<TableDigest>> {
        let mut conn = self.read().await?;
        let tables = names(&mut conn).await?;
        let mut all = Vec::with_capacity(tables.len());
        for (table, row) in tables {
            all.push(one(&mut conn, table, &row).await?);
        }
        Ok(all)
    }
}

/// The tables, each with an expression for a whole row as text.
async fn names(conn: &mut Conn) -> Result<Vec<(String, String)>> {
    if conn.engine() == Engine::Postgres {
        let tables = "select cast(table_name as text) as a, 'cast(t as text)' as b from information_schema.tables \
                      where table_schema = current_schema() and table_type = 'BASE TABLE' order by table_name";
        return pairs(conn, tables.to_owned()).await;
    }
    let tables = "select name as a, '' as b from pragma_table_list where schema = 'main' and type = 'table' and wr = 0 \
                  and name not like 'sqlite_%' order by name";
    let mut all = vec![];
    for (table, _) in pairs(conn, tables.to_owned()).await? {
        let columns = format!("select name as a, '' as b from pragma_table_info('{table}') order by cid");
        let row: Vec<String> = pairs(conn, columns).await?.into_iter().map(|(c, _)| format!("quote(\"{c}\")")).collect();
        all.push((table, row.join(" || ',' || ")));
    }
    Ok(all)
}

async fn one(conn: &mut Conn, table: String, row: &str) -> Result<TableDigest> {
    let (place, first) = match conn.engine() {
        Engine::Sqlite => ("rowid", "-9223372036854775808"),
        Engine::Postgres => ("ctid", "'(0,0)'"),
    };
    let (mut rows, mut sum, mut after) = (0, [0; 32], first.to_owned());
    loop {
        let page = format!(
            "select {row} as a, cast({place} as text) as b from \"{table}\" t where {place} > {after} order by {place} limit {PAGE}"
        );
        let page = pairs(conn, page).await?;
        let Some(last) = page.last() else { return Ok(TableDigest { table, rows, sum }) };
        after = if conn.engine() == Engine::Sqlite { last.1.clone() } else { format!("'{}'", last.1) };
        for (text, _) in page {
            rows += 1;
            add(&mut sum, &Sha256::digest(text.as_bytes()).into());
        }
    }
}

/// Adds two numbers of 256 bits.
fn add(sum: &mut [u8; 32], more: &[u8; 32]) {
    let mut carry = 0;
    for (a, b) in sum.iter_mut().zip(more).rev() {
        let all = u16::from(*a) + u16::from(*b) + carry;
        (*a, carry) = (all as u8, all >> 8);
    }
}

/// What a statement of two columns, `a` and `b`, answers.
async fn pairs(conn: &mut Conn, text: String) -> Result<Vec<(String, String)>> {
    let rows = conn.asked(text).await?;
    rows.iter().map(|r| Ok((r.get::<Option<String>>("a")?.unwrap_or_default(), r.get("b")?))).collect()
}
