use std::{str::FromStr, sync::Arc, time::Duration};

use kernel::{Error, Result};
use sqlx::{
    ConnectOptions, Executor, PgConnection, SqliteConnection,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::{
    Batch, Conn, FromRow, Reader, Row, Tx, batch,
    conn::{Inner, UniqueNames},
    error::from_driver,
    group::{self, GroupCommit},
    pool::{Open, Pool},
    sql,
};

/// Which engine holds the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// SQLite, in the same process.
    Sqlite,
    /// PostgreSQL, version 13 or later.
    Postgres,
}

/// When a command is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// After COMMIT and fsync: the only setting for service.
    #[default]
    Full,
    /// Before COMMIT. The negative control of the crash test, which must find the losses; SQLite only.
    AnswerBeforeCommit,
}

/// How a database is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many connections read at the same time; on PostgreSQL, how many connections in all.
    pub connections: u32,
    /// The PostgreSQL schema of this district, made when absent; SQLite has none.
    pub schema: Option<String>,
    /// When a command is answered.
    pub durability: Durability,
    /// How many pages of 4 KiB the SQLite file may have at most: a quota for districts that share a disk.
    pub most_pages: Option<u32>,
    /// How long to wait for a connection or for SQLite's lock before the answer is "busy".
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { connections: 8, schema: None, durability: Durability::Full, most_pages: None, patience: Duration::from_secs(5) }
    }
}

/// A district's database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    engine: Pools,
    connections: u32,
    names: UniqueNames,
}

#[derive(Clone)]
enum Pools {
    Sqlite { readers: Pool<SqliteConnection>, writer: GroupCommit },
    Postgres { pool: Pool<PgConnection> },
}

impl Db {
    /// Opens with the usual options; `url` is `sqlite:PATH` or `postgres://…`.
    pub async fn open(url: &str) -> Result<Self> {
        Self::open_with(url, &Options::default()).await
    }

    /// Opens a database, making the SQLite file or the PostgreSQL schema when it is not there.
    pub async fn open_with(url: &str, options: &Options) -> Result<Self> {
        let names = UniqueNames::default();
        let engine = if url.starts_with("sqlite:") { sqlite(url, options).await? } else { postgres(url, options).await? };
        let db = Self { engine, connections: options.connections, names };
        db.learn_names().await?;
        Ok(db)
    }

    /// Which engine it is.
    pub fn engine(&self) -> Engine {
        match self.engine {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres { .. } => Engine::Postgres,
        }
    }

    /// A connection for reading what was committed.
    pub async fn read(&self) -> Result<Reader> {
        let inner = match &self.engine {
            Pools::Sqlite { readers, .. } => Inner::SqliteReader(readers.lend().await?),
            Pools::Postgres { pool } => Inner::PostgresReader(pool.lend().await?),
        };
        Ok(Reader(Conn::new(inner, self.names.clone())))
    }

    /// The write transaction of one command. It opens itself with its first statement; when everything it does is put off
    /// ([`Tx::later`]), it never opens: COMMIT writes all of it in one go.
    pub fn begin(&self) -> Tx {
        Tx(Conn::new(Inner::Unopened(self.clone()), self.names.clone()))
    }

    pub(crate) async fn open_writer(&self) -> Result<Inner> {
        Ok(match &self.engine {
            Pools::Sqlite { writer, .. } => Inner::SqliteWriter(writer.turn().await?),
            Pools::Postgres { pool } => Inner::PostgresWriter(Open::begin(pool.lend().await?).await?),
        })
    }

    /// Runs a batch as a transaction of its own and says how many rows each statement touched. Only when this returns may a caller be told
    /// that its command was taken. On PostgreSQL that is one round trip, since a statement alone is a transaction.
    pub async fn write(&self, batch: Batch) -> Result<Vec<u64>> {
        let name_of = |columns: &str| self.names.read().ok()?.get(columns).cloned();
        match &self.engine {
            Pools::Sqlite { writer, .. } => writer.write(batch, name_of).await,
            Pools::Postgres { pool } => {
                let mut conn = pool.lend().await?;
                conn.begins();
                let done = batch.postgres(&mut conn).await;
                conn.ended(&done);
                done.map_err(|e| if batch::is_stale(&e) { Error::Stale } else { from_driver(e, name_of) })
            }
        }
    }

    /// Ends all work and closes the files or connections.
    pub async fn close(&self) -> Result<()> {
        match &self.engine {
            Pools::Sqlite { readers, writer } => {
                readers.close(self.connections).await;
                writer.close().await
            }
            Pools::Postgres { pool } => {
                pool.close(self.connections).await;
                Ok(())
            }
        }
    }

    /// Copies the log of a SQLite database into its file and empties it, so that what was deleted or overwritten stands in neither. `Busy` while
    /// somebody reads an older state. PostgreSQL keeps its own house: there it does nothing.
    pub async fn empty_log(&self) -> Result<()> {
        match &self.engine {
            Pools::Sqlite { writer, .. } => writer.empty_log().await,
            Pools::Postgres { .. } => Ok(()),
        }
    }

    /// Lets PostgreSQL count what these tables hold, after many rows were written at once: before that it takes every condition for a rare one.
    /// Empty ones are passed over: of a table that it knows to be empty it reads the whole from then on. SQLite goes by its indexes alone.
    pub async fn analyze(&self, tables: &[&'static str]) -> Result<()> {
        if self.engine() == Engine::Sqlite {
            return Ok(());
        }
        let mut tx = self.begin();
        for table in tables {
            let first = crate::Query::new("select cast(1 as bigint) as value from").push(table, vec![]).push("limit 1", vec![]);
            if !tx.query_values::<i64>(first).await?.is_empty() {
                tx.execute_query(crate::Query::new("analyze").push(table, vec![])).await?;
            }
        }
        tx.commit().await
    }

    /// Copies a SQLite database, consistent at one moment, into a file that does not exist yet; writers go on meanwhile.
    pub async fn copy_to(&self, path: &std::path::Path) -> Result<()> {
        if self.engine() != Engine::Sqlite {
            return Err(Error::internal("only a SQLite database is copied as a file"));
        }
        let mut reader = self.read().await?;
        // VACUUM INTO reads only, but the pragma that keeps readers from writing forbids it by name.
        reader.script("pragma query_only = off").await?;
        let copied = reader.copy_into(&path.display().to_string()).await;
        reader.script("pragma query_only = on").await?;
        copied
    }

    /// Learns which columns each of SQLite's unique indexes holds, since its messages name columns, not the index.
    pub(crate) async fn learn_names(&self) -> Result<()> {
        if self.engine() == Engine::Postgres {
            return Ok(());
        }
        let rows: Vec<Unique> = self
            .read()
            .await?
            .list(crate::Query::new(
                "select m.name as name, group_concat(m.tbl_name || '.' || c.name, ', ') as columns
                 from sqlite_master m join pragma_index_list(m.tbl_name) l on l.name = m.name and l.\"unique\" = 1
                 join pragma_index_info(m.name) c where m.type = 'index' group by m.name",
            ))
            .await?;
        if let Ok(mut names) = self.names.write() {
            names.extend(rows.into_iter().filter_map(|u| Some((u.columns?, u.name))));
        }
        Ok(())
    }

    /// Whether the database answers: for the readiness check.
    pub async fn ping(&self) -> Result<()> {
        self.read().await?.value::<i64>(sql!("select cast(1 as bigint) as value"), vec![]).await.map(|_| ())
    }
}

struct Unique {
    name: String,
    columns: Option<String>,
}

impl FromRow for Unique {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { name: row.get("name")?, columns: row.get("columns")? })
    }
}

fn plain(error: sqlx::Error) -> Error {
    from_driver(error, |_| None)
}

async fn sqlite(url: &str, options: &Options) -> Result<Pools> {
    let base = SqliteConnectOptions::from_str(url).map_err(plain)?;
    // A database in memory is private to its connection, so reader and writer share one by name.
    let memory = url.contains(":memory:");
    let base = if memory { base.shared_cache(true) } else { base.journal_mode(SqliteJournalMode::Wal) };
    let base = base
        .create_if_missing(true)
        .foreign_keys(true)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(options.patience)
        .statement_cache_capacity(512)
        .pragma("temp_store", "memory")
        // What is deleted or moved within the file leaves zeros behind, so that erasing a row erases its bytes.
        .pragma("secure_delete", "on")
        // KiB for each reader: what is not there comes from the system's own cache, which all of them share.
        .pragma("cache_size", "-2000")
        .pragma("journal_size_limit", "67108864");
    // The log is copied into the file by the writer itself, between two commits. A page that changed in every commit is copied once, so a
    // longer log is less to copy; what it holds is as safe as what the file holds.
    let writing = base.clone().pragma("wal_autocheckpoint", "8000").pragma("cache_size", "-16000");
    let writing = match options.most_pages {
        Some(pages) => writing.pragma("max_page_count", pages.to_string()),
        None => writing,
    };
    let writer = group::connect(&writing).await?;
    let reading = if memory { base } else { base.pragma("query_only", "on") };
    let readers = Pool::new(options.connections, options.patience, false, move || {
        let reading = reading.clone();
        async move { reading.connect().await }
    });
    // The first is made now, so that a file that cannot be read shows at the start.
    readers.lend().await?;
    Ok(Pools::Sqlite { readers, writer: GroupCommit::new(writer, options.durability) })
}

async fn postgres(url: &str, options: &Options) -> Result<Pools> {
    let base = PgConnectOptions::from_str(url).map_err(plain)?.application_name("jingwei").statement_cache_capacity(512);
    let schema = options.schema.as_deref().unwrap_or("public");
    if !schema.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') || schema.is_empty() {
        return Err(Error::invalid("schema", "bad-schema-name"));
    }
    let text: Arc<str> =
        format!("create schema if not exists {schema}; set search_path to {schema}; set statement_timeout to '30s'").into();
    let pool = Pool::new(options.connections, options.patience, true, move || {
        let (base, text) = (base.clone(), text.clone());
        async move {
            let mut conn = base.connect().await?;
            // Two first connections may make the schema at the same instant; the loser finds it made.
            if conn.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_string()))).await.is_err() {
                conn.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_string()))).await?;
            }
            Ok(conn)
        }
    });
    // The first is made now, so that a server that is not there shows at the start.
    pool.lend().await?;
    Ok(Pools::Postgres { pool })
}
