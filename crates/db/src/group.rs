//! SQLite's single writer, shared by group commit.
//!
//! Whoever holds the writer works in a savepoint of its own. Whoever finishes while others wait hands the connection on
//! without COMMIT and waits for the group's end; the last one, or the one that fills the group, commits for all. So one
//! fsync serves many requests under load, and none of them is answered before the COMMIT that holds its work.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use kernel::{Error, Result};
use sqlx::{Connection, Executor, SqliteConnection};
use tokio::sync::{Mutex, OwnedMutexGuard, watch};

use crate::{Batch, Durability, batch::Done, error::from_driver};

/// How many transactions at most share one COMMIT: bounds the wait of the first and the work lost when it fails.
const GROUP: usize = 64;
/// In the control build, how long an answered transaction waits for its COMMIT.
const EARLY: Duration = Duration::from_millis(300);

#[derive(Clone, Debug)]
enum Outcome {
    Open,
    Committed,
    Failed(kernel::Code, Duration),
    Fault(String),
}

struct Group {
    size: usize,
    end: watch::Sender<Outcome>,
}

struct Writer {
    conn: SqliteConnection,
    group: Option<Group>,
    /// The savepoint of the last transaction is finished but not released: the next one, or COMMIT, does that on its way.
    finished: bool,
    /// The connection may hold a transaction that is nobody's: whoever began or ended a group gave up while that ran.
    loose: bool,
}

/// The one writer of a SQLite database.
#[derive(Clone)]
pub(crate) struct GroupCommit {
    writer: Arc<Mutex<Writer>>,
    waiting: Arc<AtomicUsize>,
    durability: Durability,
}

impl GroupCommit {
    pub(crate) fn new(conn: SqliteConnection, durability: Durability) -> Self {
        let writer = Arc::new(Mutex::new(Writer { conn, group: None, finished: false, loose: false }));
        Self { writer, waiting: Arc::default(), durability }
    }

    /// Waits for the writer and opens a savepoint.
    pub(crate) async fn turn(&self) -> Result<Turn> {
        let (mut turn, savepoint) = self.place().await?;
        run(turn.conn(), savepoint).await?;
        Ok(turn)
    }

    /// Waits for the writer and runs a batch as a transaction of its own, in one go with its savepoint.
    pub(crate) async fn write(&self, batch: Batch, names: impl Fn(&str) -> Option<String>) -> Result<Vec<u64>> {
        let (mut turn, savepoint) = self.place().await?;
        match batch.sqlite(turn.conn(), savepoint).await.map_err(|e| from_driver(e, names)).and_then(Done::or_stale) {
            Ok(touched) => turn.commit().await.map(|()| touched),
            Err(error) => {
                // A full disk undoes everything by itself, and then there is nothing to roll back: what the batch said is what happened.
                if let Err(undo) = turn.rollback().await {
                    tracing::debug!(error = %undo, "a batch that failed was undone already");
                }
                Err(error)
            }
        }
    }

    /// Waits for the writer, and says how its savepoint is to be opened.
    async fn place(&self) -> Result<(Turn, &'static str)> {
        let mut place = Place { shared: self, counted: true };
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut writer = self.writer.clone().lock_owned().await;
        place.leave();
        if writer.group.is_none() {
            // The statement of somebody who gave up runs to its end all the same, and a second BEGIN would fail for ever.
            if std::mem::replace(&mut writer.loose, true) {
                let _ = run(&mut writer.conn, "ROLLBACK").await;
            }
            run(&mut writer.conn, "BEGIN IMMEDIATE").await?;
            writer.loose = false;
            writer.group = Some(Group { size: 0, end: watch::Sender::new(Outcome::Open) });
        }
        let savepoint = if std::mem::take(&mut writer.finished) { "RELEASE turn;SAVEPOINT turn;" } else { "SAVEPOINT turn;" };
        // From here on a dropped turn undoes and closes what is open.
        Ok((Turn { writer: Some(writer), shared: self.clone() }, savepoint))
    }

    /// Copies the whole log into the file and empties it, between two commits.
    pub(crate) async fn empty_log(&self) -> Result<()> {
        let mut writer = self.writer.lock().await;
        end_group(&mut writer).await;
        let answer = sqlx::query_as::<_, (i64, i64, i64)>("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut writer.conn).await;
        match answer.map_err(|e| from_driver(e, |_| None))? {
            (0, ..) => Ok(()),
            _ => Err(Error::Busy { code: crate::error::STORAGE_BUSY, retry_after: Duration::from_secs(5) }),
        }
    }

    /// Closes the writer's connection, committing what is open.
    pub(crate) async fn close(&self) -> Result<()> {
        let mut writer = self.writer.lock().await;
        end_group(&mut writer).await;
        // The connection itself is closed when the last clone is dropped; the checkpoint empties the log for a clean copy.
        run(&mut writer.conn, "PRAGMA wal_checkpoint(TRUNCATE)").await
    }
}

/// A place in the queue. When its owner gives up waiting, somebody must look after a group that counted on it.
struct Place<'a> {
    shared: &'a GroupCommit,
    counted: bool,
}

impl Place<'_> {
    fn leave(&mut self) {
        if std::mem::take(&mut self.counted) {
            self.shared.waiting.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.counted {
            self.leave();
            let shared = self.shared.clone();
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(async move {
                    let mut writer = shared.writer.lock().await;
                    if shared.waiting.load(Ordering::SeqCst) == 0 {
                        end_group(&mut writer).await;
                    }
                });
            }
        }
    }
}

/// The writer, held by one transaction.
pub(crate) struct Turn {
    writer: Option<OwnedMutexGuard<Writer>>,
    shared: GroupCommit,
}

impl Turn {
    #[expect(clippy::expect_used, reason = "the guard is taken only by the functions that consume the turn")]
    pub(crate) fn conn(&mut self) -> &mut SqliteConnection {
        &mut self.writer.as_mut().expect("held until the turn ends").conn
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        let Some(mut writer) = self.writer.take() else { return Ok(()) };
        writer.finished = true;
        let Some(group) = writer.group.as_mut() else { return Ok(()) };
        group.size += 1;
        let full = group.size >= GROUP;
        let mut end = group.end.subscribe();
        if self.shared.durability == Durability::AnswerBeforeCommit {
            let shared = self.shared.clone();
            tokio::spawn(async move {
                drop(writer);
                tokio::time::sleep(EARLY).await;
                end_group(&mut *shared.writer.lock().await).await;
            });
            return Ok(());
        }
        if full || self.shared.waiting.load(Ordering::SeqCst) == 0 {
            end_group(&mut writer).await;
        }
        drop(writer);
        let outcome = end.wait_for(|o| !matches!(o, Outcome::Open)).await.map_err(Error::internal)?.clone();
        match outcome {
            Outcome::Committed | Outcome::Open => Ok(()),
            Outcome::Failed(code, retry_after) => Err(Error::Busy { code, retry_after }),
            Outcome::Fault(what) => Err(Error::internal(what)),
        }
    }

    pub(crate) async fn rollback(mut self) -> Result<()> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let end = writer.group.as_ref().map(|g| g.end.subscribe());
        let undone = undo(writer, &self.shared).await;
        // What was read, or was in the way, may be the work of others of the group: nobody is told of it before it is committed.
        if let Some(mut end) = end {
            let _ = end.wait_for(|o| !matches!(o, Outcome::Open)).await;
        }
        undone
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            let shared = self.shared.clone();
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(async move {
                    if let Err(e) = undo(writer, &shared).await {
                        tracing::warn!(error = %e, "a dropped transaction could not be undone; its group was");
                    }
                });
            }
        }
    }
}

/// Undoes the open savepoint, and ends the group when nobody is left to end it.
async fn undo(mut writer: OwnedMutexGuard<Writer>, shared: &GroupCommit) -> Result<()> {
    let undone = run(&mut writer.conn, "ROLLBACK TO turn; RELEASE turn").await;
    if undone.is_err() || shared.waiting.load(Ordering::SeqCst) == 0 {
        end_group(&mut writer).await;
    }
    undone
}

/// Commits the open group, if there is one, and tells everybody who waits for it.
async fn end_group(writer: &mut Writer) {
    let Some(group) = writer.group.take() else { return };
    (writer.finished, writer.loose) = (false, true);
    let outcome = match run(&mut writer.conn, if group.size == 0 { "ROLLBACK" } else { "COMMIT" }).await {
        Ok(()) => Outcome::Committed,
        Err(error) => {
            // After a failed COMMIT the transaction may still be open; it must not leak into the next group.
            let _ = run(&mut writer.conn, "ROLLBACK").await;
            match error {
                Error::Busy { code, retry_after } => Outcome::Failed(code, retry_after),
                other => Outcome::Fault(other.to_string()),
            }
        }
    };
    writer.loose = false;
    group.end.send_replace(outcome);
}

async fn run(conn: &mut SqliteConnection, text: &'static str) -> Result<()> {
    conn.execute(sqlx::raw_sql(text)).await.map(|_| ()).map_err(|e| from_driver(e, |_| None))
}

/// Opens the connection that [`GroupCommit`] shares.
pub(crate) async fn connect(options: &sqlx::sqlite::SqliteConnectOptions) -> Result<SqliteConnection> {
    SqliteConnection::connect_with(options).await.map_err(|e| from_driver(e, |_| None))
}
