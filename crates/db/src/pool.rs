//! Lending connections.
//!
//! The driver's own pool asks a connection whether it is alive each time it is lent and again when it comes back: two round trips that a
//! command pays for nothing. This one asks only a connection that was idle for a second, and knows of every connection that comes back
//! whether a statement was cut short in it: such a one is closed.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use kernel::{Error, Result};
use sqlx::{Connection, Executor, PgConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{STORAGE_BUSY, error::from_driver};

/// A connection that was idle for so long is asked whether it is still alive.
const TRUSTED: Duration = Duration::from_secs(1);
/// A server's process grows with the statements it has seen, so its connection is replaced after this long.
const LIFETIME: Duration = Duration::from_mins(30);

/// How a new connection is made.
type Connect<C> = dyn Fn() -> futures::Boxed<std::result::Result<C, sqlx::Error>> + Send + Sync;

mod futures {
    pub type Boxed<T> = std::pin::Pin<Box<dyn Future<Output = T> + Send>>;
}

struct Idle<C> {
    conn: C,
    made: Instant,
    since: Instant,
}

struct Shared<C> {
    idle: Mutex<Vec<Idle<C>>>,
    permits: Arc<Semaphore>,
    connect: Box<Connect<C>>,
    patience: Duration,
    /// Whether a connection can die while nobody looks: one over a socket can.
    mortal: bool,
}

/// Connections to one database, at most so many at a time.
pub(crate) struct Pool<C>(Arc<Shared<C>>);

impl<C> Clone for Pool<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C: Connection> Pool<C> {
    /// A pool of at most `most` connections; who waits for one longer than `patience` is told that the storage is busy.
    pub(crate) fn new<F>(most: u32, patience: Duration, mortal: bool, connect: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = std::result::Result<C, sqlx::Error>> + Send + 'static,
    {
        Self(Arc::new(Shared {
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(most.max(1) as usize)),
            connect: Box::new(move || Box::pin(connect())),
            patience,
            mortal,
        }))
    }

    /// Lends a connection, a new one when none is idle.
    pub(crate) async fn lend(&self) -> Result<Lent<C>> {
        let busy = |_| Error::Busy { code: STORAGE_BUSY, retry_after: Duration::from_secs(1) };
        tokio::time::timeout(self.0.patience, self.find()).await.map_err(busy)?
    }

    async fn find(&self) -> Result<Lent<C>> {
        let permit = Arc::clone(&self.0.permits).acquire_owned().await.map_err(|_| Error::internal("the database is closed"))?;
        while let Some(mut idle) = self.take() {
            let fresh = !self.0.mortal || idle.since.elapsed() < TRUSTED;
            if fresh || idle.conn.ping().await.is_ok() {
                return Ok(Lent::new(self.clone(), idle.conn, idle.made, permit));
            }
        }
        let conn = (self.0.connect)().await.map_err(|e| from_driver(e, |_| None))?;
        Ok(Lent::new(self.clone(), conn, Instant::now(), permit))
    }

    /// The connection that came back last: the warmest, and the others may be closed one day.
    fn take(&self) -> Option<Idle<C>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Lends nothing any more, and closes every connection when the last one is back.
    pub(crate) async fn close(&self, most: u32) {
        let all = self.0.permits.acquire_many(most.max(1)).await;
        self.0.permits.close();
        drop(all);
        while let Some(idle) = self.take() {
            if let Err(error) = idle.conn.close().await {
                tracing::debug!(%error, "a connection did not close in order");
            }
        }
    }
}

/// A connection on loan; it goes back when it is dropped.
pub(crate) struct Lent<C: Connection> {
    conn: Option<C>,
    made: Instant,
    pool: Pool<C>,
    permit: Option<OwnedSemaphorePermit>,
    /// A statement is running; it stays set when its future is dropped before the end.
    cut: bool,
}

impl<C: Connection> Lent<C> {
    fn new(pool: Pool<C>, conn: C, made: Instant, permit: OwnedSemaphorePermit) -> Self {
        Self { conn: Some(conn), made, pool, permit: Some(permit), cut: false }
    }

    /// Says that a statement begins.
    pub(crate) fn begins(&mut self) {
        self.cut = true;
    }

    /// Says that it came to its end. After what the database itself says no to, the connection is as good as before.
    pub(crate) fn ended<T>(&mut self, result: &std::result::Result<T, sqlx::Error>) {
        self.cut = match result {
            Ok(_) => false,
            // Class 57: the server is going down or was told to end this connection.
            Err(sqlx::Error::Database(e)) => e.code().is_some_and(|c| c.starts_with("57P")),
            Err(_) => true,
        };
    }

    /// The connection for a task that ends what is open in it, with its place; nothing when a statement was cut short.
    pub(crate) fn hand_over(&mut self) -> Option<Self> {
        let (conn, permit) = (self.conn.take()?, self.permit.take());
        let over = Self { conn: Some(conn), made: self.made, pool: self.pool.clone(), permit, cut: self.cut };
        if self.cut { None } else { Some(over) }
    }
}

impl<C: Connection> Deref for Lent<C> {
    type Target = C;
    #[expect(clippy::expect_used, reason = "the connection is taken only when the loan ends")]
    fn deref(&self) -> &C {
        self.conn.as_ref().expect("held until the loan ends")
    }
}

impl<C: Connection> DerefMut for Lent<C> {
    #[expect(clippy::expect_used, reason = "the connection is taken only when the loan ends")]
    fn deref_mut(&mut self) -> &mut C {
        self.conn.as_mut().expect("held until the loan ends")
    }
}

impl<C: Connection> Drop for Lent<C> {
    fn drop(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        if !self.cut && self.made.elapsed() < LIFETIME {
            let idle = Idle { conn, made: self.made, since: Instant::now() };
            self.pool.0.idle.lock().unwrap_or_else(PoisonError::into_inner).push(idle);
        }
        // The permit goes back after the connection, so that whoever gets it finds one.
        drop(self.permit.take());
    }
}

/// A transaction that is open in a PostgreSQL connection. Dropped, it is undone before the connection is lent again.
pub(crate) struct Open(pub(crate) Lent<PgConnection>);

impl Open {
    pub(crate) async fn begin(mut lent: Lent<PgConnection>) -> Result<Self> {
        run(&mut lent, "begin").await?;
        Ok(Self(lent))
    }

    /// Ends it with `commit` or `rollback`.
    pub(crate) async fn end(mut self, how: &'static str) -> Result<()> {
        run(&mut self.0, how).await?;
        // Nothing is open any more, so the drop finds nothing to undo.
        drop(self.0.hand_over());
        Ok(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Some(mut lent) = self.0.hand_over() else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = run(&mut lent, "rollback").await {
                    tracing::warn!(%error, "a dropped transaction was not undone; its connection is closed instead");
                }
            });
        } else {
            // Nobody is left to undo it: the server does when the connection closes.
            lent.begins();
        }
    }
}

async fn run(lent: &mut Lent<PgConnection>, text: &'static str) -> Result<()> {
    lent.begins();
    let result = lent.execute(sqlx::raw_sql(text)).await;
    lent.ended(&result);
    result.map(|_| ()).map_err(|e| from_driver(e, |_| None))
}
