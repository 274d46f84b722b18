use std::{
    collections::HashMap,
    ops::{Deref, DerefMut},
    sync::{Arc, RwLock},
};

use kernel::{Error, Result};
use sqlx::{
    Arguments, AssertSqlSafe, Executor, PgConnection, SqliteConnection,
    database::HasStatementCache,
    postgres::{PgArguments, PgRow},
    sqlite::{SqliteArguments, SqliteRow},
};

use crate::{
    Batch, Cell, Db, Engine, FromCell, FromRow, Query, Row, Sql,
    batch::{self, Done},
    count,
    error::from_driver,
    group::Turn,
    pool::{Lent, Open},
};

/// SQLite's columns of each unique index, as its messages list them, and the index's name.
pub(crate) type UniqueNames = Arc<RwLock<HashMap<String, String>>>;

pub(crate) enum Inner {
    SqliteReader(Lent<SqliteConnection>),
    SqliteWriter(Turn),
    PostgresReader(Lent<PgConnection>),
    PostgresWriter(Open),
    /// A write transaction that nothing was asked of yet: it is opened by its first statement, or never.
    Unopened(Db),
}

enum Engined<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

/// A connection to either engine: what the functions of a store take. A [`Reader`] or a [`Tx`] becomes one by itself.
pub struct Conn {
    inner: Inner,
    names: UniqueNames,
    /// What a transaction put off: it runs before the next statement, or with COMMIT.
    pending: Batch,
}

enum Text {
    Fixed(&'static str),
    Joined(String),
}

impl Conn {
    pub(crate) fn new(inner: Inner, names: UniqueNames) -> Self {
        Self { inner, names, pending: Batch::default() }
    }

    /// Which engine is behind it.
    pub fn engine(&self) -> Engine {
        match &self.inner {
            Inner::SqliteReader(_) | Inner::SqliteWriter(_) => Engine::Sqlite,
            Inner::PostgresReader(_) | Inner::PostgresWriter(_) => Engine::Postgres,
            Inner::Unopened(db) => db.engine(),
        }
    }

    /// Runs a statement and says how many rows it touched.
    pub async fn execute(&mut self, sql: &'static Sql, cells: Vec<Cell>) -> Result<u64> {
        self.run(Text::Fixed(sql.text), cells).await
    }

    /// Runs a joined statement and says how many rows it touched.
    pub async fn execute_query(&mut self, query: Query) -> Result<u64> {
        let (text, cells) = query.into_parts();
        self.run(Text::Joined(text), cells).await
    }

    /// Every row.
    pub async fn all<T: FromRow>(&mut self, sql: &'static Sql, cells: Vec<Cell>) -> Result<Vec<T>> {
        self.rows(Text::Fixed(sql.text), cells).await?.iter().map(T::from_row).collect()
    }

    /// Every row of a joined statement.
    pub async fn list<T: FromRow>(&mut self, query: Query) -> Result<Vec<T>> {
        let (text, cells) = query.into_parts();
        self.rows(Text::Joined(text), cells).await?.iter().map(T::from_row).collect()
    }

    /// The first row, if there is one.
    pub async fn one<T: FromRow>(&mut self, sql: &'static Sql, cells: Vec<Cell>) -> Result<Option<T>> {
        self.rows(Text::Fixed(sql.text), cells).await?.first().map(T::from_row).transpose()
    }

    /// The column called `value` of the first row, if there is one.
    pub async fn value<T: FromCell>(&mut self, sql: &'static Sql, cells: Vec<Cell>) -> Result<Option<T>> {
        self.rows(Text::Fixed(sql.text), cells).await?.first().map(|r| r.get("value")).transpose()
    }

    /// The column called `value` of the first row of a joined statement.
    pub async fn query_value<T: FromCell>(&mut self, query: Query) -> Result<Option<T>> {
        let (text, cells) = query.into_parts();
        self.rows(Text::Joined(text), cells).await?.first().map(|r| r.get("value")).transpose()
    }

    /// The column called `value` of every row of a joined statement.
    pub async fn query_values<T: FromCell>(&mut self, query: Query) -> Result<Vec<T>> {
        let (text, cells) = query.into_parts();
        self.rows(Text::Joined(text), cells).await?.iter().map(|r| r.get("value")).collect()
    }

    /// The column called `value` of every row.
    pub async fn values<T: FromCell>(&mut self, sql: &'static Sql, cells: Vec<Cell>) -> Result<Vec<T>> {
        self.rows(Text::Fixed(sql.text), cells).await?.iter().map(|r| r.get("value")).collect()
    }

    /// Asks the engine to parse and plan the statement without running it; the error names what it rejects.
    pub async fn prepare(&mut self, text: &str) -> Result<()> {
        use sqlx::SqlSafeStr;
        let sql = AssertSqlSafe(text.to_owned()).into_sql_str();
        self.settle().await?;
        let result = match self.engined()? {
            Engined::Sqlite(c) => c.prepare(sql).await.map(|_| ()),
            Engined::Postgres(c) => c.prepare(sql).await.map(|_| ()),
        };
        self.ended(&result);
        result.map_err(|e| Error::internal(format_args!("{e}: {text}")))
    }

    /// Runs several statements without values: migrations and pragmas. Text of ours, never of a caller.
    pub(crate) async fn script(&mut self, text: &str) -> Result<()> {
        let sql = sqlx::raw_sql(AssertSqlSafe(text.to_owned()));
        self.settle().await?;
        let result = match self.engined()? {
            Engined::Sqlite(c) => c.execute(sql).await.map(|_| ()),
            Engined::Postgres(c) => c.execute(sql).await.map(|_| ()),
        };
        self.ended(&result);
        result.map_err(|e| self.meaning(e))
    }

    /// The rows of a text of ours that was put together, without values: never of a caller.
    pub(crate) async fn asked(&mut self, text: String) -> Result<Vec<Row>> {
        self.rows(Text::Joined(text), vec![]).await
    }

    /// `VACUUM INTO` for [`crate::Db::copy_to`].
    pub(crate) async fn copy_into(&mut self, path: &str) -> Result<()> {
        self.run(Text::Fixed("vacuum into $1"), vec![Cell::Text(Some(path.to_owned()))]).await.map(|_| ())
    }

    async fn run(&mut self, text: Text, cells: Vec<Cell>) -> Result<u64> {
        self.settle().await?;
        count::one();
        let result = match self.engined()? {
            Engined::Sqlite(c) => match text {
                Text::Fixed(t) => c.execute(sqlx::query_with(t, sqlite_arguments(cells)?)).await,
                Text::Joined(t) => c.execute(joined(t, cells.len(), sqlite_arguments(cells)?)).await,
            }
            .map(|done| done.rows_affected()),
            Engined::Postgres(c) => match text {
                Text::Fixed(t) => c.execute(sqlx::query_with(t, postgres_arguments(cells)?)).await,
                Text::Joined(t) => c.execute(joined(t, cells.len(), postgres_arguments(cells)?)).await,
            }
            .map(|done| done.rows_affected()),
        };
        self.ended(&result);
        result.map_err(|e| self.meaning(e))
    }

    async fn rows(&mut self, text: Text, cells: Vec<Cell>) -> Result<Vec<Row>> {
        self.settle().await?;
        count::one();
        let result = match self.engined()? {
            Engined::Sqlite(c) => match text {
                Text::Fixed(t) => c.fetch_all(sqlx::query_with(t, sqlite_arguments(cells)?)).await,
                Text::Joined(t) => c.fetch_all(joined(t, cells.len(), sqlite_arguments(cells)?)).await,
            }
            .map(|rows: Vec<SqliteRow>| rows.into_iter().map(Row::Sqlite).collect()),
            Engined::Postgres(c) => match text {
                Text::Fixed(t) => c.fetch_all(sqlx::query_with(t, postgres_arguments(cells)?)).await,
                Text::Joined(t) => c.fetch_all(joined(t, cells.len(), postgres_arguments(cells)?)).await,
            }
            .map(|rows: Vec<PgRow>| rows.into_iter().map(|r| Row::Postgres(Box::new(r))).collect()),
        };
        self.ended(&result);
        result.map_err(|e| self.meaning(e))
    }

    /// Opens the transaction if that was put off, and runs what was put off in it.
    async fn settle(&mut self) -> Result<()> {
        if let Inner::Unopened(db) = &self.inner {
            self.inner = db.open_writer().await?;
        }
        if self.pending.is_empty() { Ok(()) } else { self.flush().await.map(|_| ()) }
    }

    async fn flush(&mut self) -> Result<Vec<u64>> {
        let batch = std::mem::take(&mut self.pending);
        let done = match self.engined()? {
            Engined::Sqlite(c) => batch.sqlite(c, "").await.map(Done::or_stale),
            Engined::Postgres(c) => batch.postgres(c).await.map(Ok),
        };
        self.ended(&done);
        match done {
            Err(e) if batch::is_stale(&e) => Err(Error::Stale),
            Err(e) => Err(self.meaning(e)),
            Ok(touched) => touched,
        }
    }

    /// The connection, for one statement: [`Conn::ended`] follows.
    fn engined(&mut self) -> Result<Engined<'_>> {
        Ok(match &mut self.inner {
            Inner::SqliteReader(c) => {
                c.begins();
                Engined::Sqlite(c)
            }
            Inner::SqliteWriter(turn) => Engined::Sqlite(turn.conn()),
            Inner::PostgresReader(c) | Inner::PostgresWriter(Open(c)) => {
                c.begins();
                Engined::Postgres(c)
            }
            Inner::Unopened(_) => return Err(Error::internal("a statement came before its transaction")),
        })
    }

    fn ended<T>(&mut self, result: &std::result::Result<T, sqlx::Error>) {
        match &mut self.inner {
            Inner::SqliteReader(c) => c.ended(result),
            Inner::SqliteWriter(_) | Inner::Unopened(_) => {}
            Inner::PostgresReader(c) | Inner::PostgresWriter(Open(c)) => c.ended(result),
        }
    }

    fn meaning(&self, error: sqlx::Error) -> Error {
        from_driver(error, |columns| self.names.read().ok()?.get(columns).cloned())
    }
}

/// Statements with more values than this are inserts of many rows. Hardly two of them have the same text, so they are not kept prepared.
const KEPT: usize = 600;

/// A statement that was put together: prepared and kept, unless it is one of a kind.
pub(crate) fn joined<DB: sqlx::Database<Arguments = A> + HasStatementCache, A: sqlx::IntoArguments<DB>>(
    text: String,
    cells: usize,
    arguments: A,
) -> sqlx::query::Query<'static, DB, A> {
    sqlx::query_with(AssertSqlSafe(text), arguments).persistent(cells <= KEPT)
}

pub(crate) fn sqlite_arguments(cells: Vec<Cell>) -> Result<SqliteArguments> {
    let mut arguments = SqliteArguments::default();
    for cell in cells {
        match cell {
            Cell::Int(v) => Arguments::add(&mut arguments, v),
            Cell::Real(v) => Arguments::add(&mut arguments, v),
            Cell::Bool(v) => Arguments::add(&mut arguments, v),
            Cell::Text(v) => Arguments::add(&mut arguments, v),
            Cell::Bytes(v) => Arguments::add(&mut arguments, v),
            Cell::Uuid(v) => Arguments::add(&mut arguments, v),
            Cell::Json(v) => Arguments::add(&mut arguments, v.map(sqlx::types::Json)),
        }
        .map_err(Error::internal)?;
    }
    Ok(arguments)
}

pub(crate) fn postgres_arguments(cells: Vec<Cell>) -> Result<PgArguments> {
    let mut arguments = PgArguments::default();
    for cell in cells {
        match cell {
            Cell::Int(v) => Arguments::add(&mut arguments, v),
            Cell::Real(v) => Arguments::add(&mut arguments, v),
            Cell::Bool(v) => Arguments::add(&mut arguments, v),
            Cell::Text(v) => Arguments::add(&mut arguments, v),
            Cell::Bytes(v) => Arguments::add(&mut arguments, v),
            Cell::Uuid(v) => Arguments::add(&mut arguments, v),
            Cell::Json(v) => Arguments::add(&mut arguments, v.map(sqlx::types::Json)),
        }
        .map_err(Error::internal)?;
    }
    Ok(arguments)
}

/// A connection that reads what was committed.
pub struct Reader(pub(crate) Conn);

impl Deref for Reader {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.0
    }
}
impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

/// The write transaction. Dropped without [`Tx::commit`], nothing of it stays.
pub struct Tx(pub(crate) Conn);

impl Tx {
    /// Puts an insert off until something is read or changed, or until COMMIT: what is put off together travels together (see [`Batch`]),
    /// and a transaction of nothing else is one round trip on PostgreSQL. What the database says no to, the next statement or COMMIT says.
    pub async fn later(&mut self, sql: &'static Sql, cells: Vec<Cell>) -> Result<()> {
        self.room(cells.len()).await?;
        self.0.pending.add(sql, cells);
        Ok(())
    }

    /// Puts a joined insert off.
    pub async fn later_query(&mut self, query: Query) -> Result<()> {
        self.room(query.cells()).await?;
        self.0.pending.add_query(query);
        Ok(())
    }

    /// Runs what was put off when so many more values would make one statement of it that is not kept prepared.
    async fn room(&mut self, more: usize) -> Result<()> {
        let waiting = self.0.pending.cells();
        if waiting > 0 && waiting + more > KEPT { self.0.settle().await } else { Ok(()) }
    }

    /// Puts off a `select` that must find a row: when it does not, nothing is done, and the answer is `Stale`.
    pub fn must(&mut self, sql: &'static Sql, cells: Vec<Cell>) {
        self.0.pending.must(sql, cells);
    }

    /// Runs statements that need nothing from each other's answers as one, and says how many rows each touched.
    pub async fn batch(&mut self, batch: Batch) -> Result<Vec<u64>> {
        self.0.settle().await?;
        self.0.pending = batch;
        self.0.flush().await
    }

    /// Makes it last. Only when this returns may a caller be told that its command was taken.
    pub async fn commit(mut self) -> Result<()> {
        if let Inner::Unopened(db) = &self.0.inner {
            let batch = std::mem::take(&mut self.0.pending);
            return if batch.is_empty() { Ok(()) } else { db.write(batch).await.map(|_| ()) };
        }
        self.0.settle().await?;
        match self.0.inner {
            Inner::SqliteWriter(turn) => turn.commit().await,
            Inner::PostgresWriter(open) => open.end("commit").await,
            Inner::SqliteReader(_) | Inner::PostgresReader(_) | Inner::Unopened(_) => Ok(()),
        }
    }

    /// Begins a part that is kept or undone by itself: what follows until [`Tx::keep`] or [`Tx::undo`]. Parts do not nest.
    pub async fn mark(&mut self) -> Result<()> {
        self.0.script("SAVEPOINT part").await
    }

    /// Keeps the part since [`Tx::mark`]; it lasts when the transaction is committed.
    pub async fn keep(&mut self) -> Result<()> {
        self.0.script("RELEASE SAVEPOINT part").await
    }

    /// Undoes the part since [`Tx::mark`], also after a statement of it failed.
    pub async fn undo(&mut self) -> Result<()> {
        // What was put off before the mark ran with it; what is still waiting is part of what is undone.
        self.0.pending = Batch::default();
        self.0.script("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part").await
    }

    /// Undoes everything and waits until it is undone.
    pub async fn rollback(self) -> Result<()> {
        match self.0.inner {
            Inner::SqliteWriter(turn) => turn.rollback().await,
            Inner::PostgresWriter(open) => open.end("rollback").await,
            Inner::SqliteReader(_) | Inner::PostgresReader(_) | Inner::Unopened(_) => Ok(()),
        }
    }
}

impl Deref for Tx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.0
    }
}
impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}
