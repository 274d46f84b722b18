//! Statements that travel together.

use std::fmt::Write as _;

use futures_util::TryStreamExt as _;
use kernel::{Error, Result};
use sqlx::{Either, Executor, PgConnection, Row as _, SqliteConnection, sqlite::SqliteQueryResult};

use crate::{
    Cell, Query, Sql,
    conn::{joined, postgres_arguments, sqlite_arguments},
    count,
};

/// Statements of one transaction that need nothing from each other's answers: one round trip on PostgreSQL, one hand-over on SQLite.
///
/// On PostgreSQL they become one statement, each a part of its `with`; on SQLite one text, each prepared once and run in order. Every
/// statement of the program can be added that begins with `insert`, `update` or `delete` and has no `returning`, and a `select` for
/// [`Batch::must`]. Two rules come from PostgreSQL: no statement sees what another of the batch wrote, so none may touch the same row;
/// and foreign keys are checked when all have run, so they may refer to rows of the same batch. Each counts as one statement.
///
/// ```
/// # use db::{Batch, Db, bind, sql};
/// # async fn example() -> kernel::Result<()> {
/// # let db = Db::open("sqlite::memory:").await?;
/// # db.migrate(&[db::Migration { name: "0001_thing", text: "create table thing (n bigint primary key, of bigint references thing (n));" }]).await?;
/// let mut batch = Batch::default();
/// batch.add(sql!("insert into thing (n) values ($1)"), bind![1_i64]);
/// batch.add(sql!("insert into thing (n, of) values ($1, $2)"), bind![2_i64, 1_i64]);
/// assert_eq!(db.write(batch).await?, [1, 1]);
/// # Ok(()) }
/// # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Debug, Default)]
#[must_use = "a batch does nothing until it is written"]
pub struct Batch {
    parts: Vec<Part>,
    cells: Vec<Cell>,
}

#[derive(Debug)]
struct Part {
    /// With placeholders that count through the whole batch.
    text: String,
    must: bool,
}

impl Batch {
    /// Adds a statement.
    pub fn add(&mut self, sql: &'static Sql, cells: Vec<Cell>) {
        self.push(sql.text, cells, false);
    }

    /// Adds a joined statement, such as an insert of several rows.
    pub fn add_query(&mut self, query: Query) {
        let (text, cells) = query.into_parts();
        self.push(&text, cells, false);
    }

    /// Adds a statement that must touch or find a row: when it does not, nothing of the batch is done, and the answer is `Stale`.
    pub fn must(&mut self, sql: &'static Sql, cells: Vec<Cell>) {
        self.push(sql.text, cells, true);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// How many values it carries.
    pub(crate) fn cells(&self) -> usize {
        self.cells.len()
    }

    fn push(&mut self, text: &str, cells: Vec<Cell>, must: bool) {
        self.parts.push(Part { text: renumbered(text, self.cells.len()), must });
        self.cells.extend(cells);
    }

    /// The statement for PostgreSQL: its row holds how many rows each part touched. A part that had to touch one and did not divides by
    /// zero, which undoes the whole statement.
    fn joined(&self) -> String {
        let (mut with, mut counts) = (String::with_capacity(4096), String::new());
        for (n, part) in self.parts.iter().enumerate() {
            let lead = if n == 0 { "with" } else { "," };
            let tail = if is_select(&part.text) { "" } else { " returning 1" };
            let _ = write!(with, "{lead} s{n} as ({}{tail})", part.text);
            let lead = if n == 0 { " select " } else { ", " };
            let held = if part.must { "1 / " } else { "" };
            let _ = write!(counts, "{lead}{held}(select count(*) from s{n})");
        }
        with + &counts
    }

    /// The text for SQLite, after `before`.
    fn in_order(&self, before: &str) -> String {
        self.parts.iter().fold(before.to_owned(), |text, part| text + &part.text + ";\n")
    }

    pub(crate) async fn postgres(self, conn: &mut PgConnection) -> Result<Vec<u64>, sqlx::Error> {
        if self.parts.is_empty() {
            return Ok(vec![]);
        }
        self.counted();
        let (text, parts, cells) = (self.joined(), self.parts.len(), self.cells.len());
        let arguments = postgres_arguments(self.cells).map_err(|e| sqlx::Error::Encode(e.to_string().into()))?;
        // `fetch_all` waits until the server is ready again, which is after COMMIT when the statement is a transaction of its own.
        let rows = conn.fetch_all(joined(text, cells, arguments)).await?;
        let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
        (0..parts).map(|n| row.try_get::<i64, _>(n).map(|n| n as u64)).collect()
    }

    /// Runs `before` and then every part. Whether each that must has found a row is [`Batch::held`].
    pub(crate) async fn sqlite(self, conn: &mut SqliteConnection, before: &str) -> Result<Done, sqlx::Error> {
        self.counted();
        let first = before.matches(';').count();
        let (text, cells) = (self.in_order(before), self.cells.len());
        let arguments = sqlite_arguments(self.cells).map_err(|e| sqlx::Error::Encode(e.to_string().into()))?;
        let mut answers = conn.fetch_many(joined(text, cells, arguments));
        let (mut all, mut rows) = (Vec::with_capacity(first + self.parts.len()), 0);
        while let Some(answer) = answers.try_next().await? {
            match answer {
                Either::Left(done) => all.push((std::mem::take(&mut rows), SqliteQueryResult::rows_affected(&done))),
                Either::Right(_) => rows += 1,
            }
        }
        let touched = all.into_iter().skip(first).zip(&self.parts);
        let touched: Vec<u64> = touched.map(|((rows, n), part)| if is_select(&part.text) { rows } else { n }).collect();
        let held = self.parts.iter().zip(&touched).all(|(part, n)| !part.must || *n > 0);
        Ok(Done { touched, held })
    }

    fn counted(&self) {
        self.parts.iter().for_each(|_| count::one());
    }
}

/// What a batch did on SQLite.
pub(crate) struct Done {
    touched: Vec<u64>,
    held: bool,
}

impl Done {
    /// The rows that each part touched; `Stale` when one that had to touch a row did not.
    pub(crate) fn or_stale(self) -> Result<Vec<u64>> {
        if self.held { Ok(self.touched) } else { Err(Error::Stale) }
    }
}

/// Whether PostgreSQL undid the batch because a part that had to touch a row did not.
pub(crate) fn is_stale(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(e) if e.code().as_deref() == Some("22012"))
}

fn is_select(text: &str) -> bool {
    text.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"))
}

/// The statement with its placeholders counted on; what stands in quotes is text.
fn renumbered(text: &str, by: usize) -> String {
    if by == 0 {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 64);
    let (mut rest, mut quoted) = (text, false);
    while let Some(at) = rest.find(['$', '\'']) {
        out.push_str(&rest[..=at]);
        let mark = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        quoted ^= mark == b'\'';
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if mark == b'$' && !quoted && digits > 0 {
            let number: usize = rest[..digits].parse().unwrap_or(0);
            let _ = write!(out, "{}", number + by);
            rest = &rest[digits..];
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bind, sql};

    #[test]
    fn placeholders_count_on_and_quotes_stay() {
        assert_eq!(renumbered("values ($1, $2, '$1', 'it''s $2', $10)", 7), "values ($8, $9, '$1', 'it''s $2', $17)");
        assert_eq!(renumbered("a $x $", 3), "a $x $");
    }

    #[test]
    fn each_engine_gets_its_text() {
        let mut batch = Batch::default();
        batch.must(sql!("select 1 from (select 1) x where 1 = $1"), bind![1_i64]);
        batch.add_query(
            Query::new("insert into nothing_here (a) values").push_list("", bind![2_i64]).push_list(",", bind![3_i64]),
        );
        assert_eq!(
            batch.joined(),
            "with s0 as (select 1 from (select 1) x where 1 = $1), s1 as (insert into nothing_here (a) values  ($2) , ($3) returning 1) \
             select 1 / (select count(*) from s0), (select count(*) from s1)"
        );
        assert_eq!(
            batch.in_order("savepoint turn;"),
            "savepoint turn;select 1 from (select 1) x where 1 = $1;\ninsert into nothing_here (a) values  ($2) , ($3);\n"
        );
    }
}
