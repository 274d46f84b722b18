//! Putting jobs into the queue and taking them out before they ran.

use std::borrow::Cow;

use db::{Conn, Query, Tx, bind, sql};
use kernel::{Id, Result, Time};
use serde::Serialize;
use serde_json::Value;

use crate::bell;

/// Something to do later, outside the request that asks for it.
#[derive(Clone, Debug)]
pub struct Job {
    pub(crate) kind: &'static str,
    pub(crate) payload: Value,
    pub(crate) run_at: Option<Time>,
    pub(crate) dedup: Option<Cow<'static, str>>,
    pub(crate) max_attempts: u32,
}

impl Job {
    /// A job of this kind, to be done as soon as possible, tried up to 12 times (about three hours).
    ///
    /// The payload should hold ids, not personal data. One that cannot be JSON becomes null, and its handler refuses it.
    pub fn new(kind: &'static str, payload: impl Serialize) -> Self {
        Self { kind, payload: serde_json::to_value(payload).unwrap_or_default(), run_at: None, dedup: None, max_attempts: 12 }
    }

    /// Not before this instant.
    #[must_use]
    pub fn at(mut self, run_at: Time) -> Self {
        self.run_at = Some(run_at);
        self
    }

    /// At most one unfinished job of this kind with this key.
    #[must_use]
    pub fn once(mut self, key: impl Into<Cow<'static, str>>) -> Self {
        self.dedup = Some(key.into());
        self
    }

    /// How many times it is tried before it is a dead letter; at least once.
    #[must_use]
    pub fn attempts(mut self, max: u32) -> Self {
        self.max_attempts = max.max(1);
        self
    }
}

/// Enqueues on the caller's transaction. `None` when an unfinished job holds the same key: that one stays as it is.
pub async fn enqueue(conn: &mut Conn, now: Time, job: &Job) -> Result<Option<Id<Job>>> {
    let id = Id::new(now);
    Ok(insert(conn, now, id, job).await?.then_some(id))
}

/// Enqueues several by one statement. Of jobs with a key that an unfinished job holds, that one stays as it is.
pub async fn enqueue_all(tx: &mut Tx, now: Time, jobs: &[Job]) -> Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let mut query =
        Query::new("insert into job (id, kind, dedup, payload, run_at, state, attempts, max_attempts, created_at) values");
    for (n, job) in jobs.iter().enumerate() {
        let run_at = job.run_at.unwrap_or(now);
        let cells = bind![
            Id::<Job>::new(now),
            job.kind,
            job.dedup.as_deref(),
            job.payload,
            run_at,
            "ready",
            0_i64,
            job.max_attempts,
            now
        ];
        query = query.push_list(if n == 0 { "" } else { "," }, cells);
        if run_at <= now {
            bell::ring();
        }
    }
    tx.later_query(query.push("on conflict do nothing", vec![])).await
}

/// Inserts under this id; false when the id or the key is taken.
pub(crate) async fn insert(conn: &mut Conn, now: Time, id: Id<Job>, job: &Job) -> Result<bool> {
    let run_at = job.run_at.unwrap_or(now);
    let inserted = conn
        .execute(
            sql!(
                "insert into job (id, kind, dedup, payload, run_at, state, attempts, max_attempts, created_at)
                  values ($1, $2, $3, $4, $5, 'ready', 0, $6, $7) on conflict do nothing"
            ),
            bind![id, job.kind, job.dedup.as_deref(), job.payload, run_at, job.max_attempts, now],
        )
        .await?;
    if run_at <= now {
        bell::ring();
    }
    Ok(inserted == 1)
}

/// Enqueues in place of the unfinished job with the same key, if there is one: its payload, instant and attempts begin anew.
///
/// When that one is running, its handler loses the lease, and what it does in the transaction that finishes it is undone.
pub async fn reschedule(conn: &mut Conn, now: Time, job: &Job) -> Result<Id<Job>> {
    let run_at = job.run_at.unwrap_or(now);
    let id: Option<Id<Job>> = conn
        .value(
            sql!(
                "insert into job (id, kind, dedup, payload, run_at, state, attempts, max_attempts, created_at)
                  values ($1, $2, $3, $4, $5, 'ready', 0, $6, $7)
                  on conflict (kind, dedup) where dedup is not null do update set payload = excluded.payload, run_at = excluded.run_at, state = 'ready',
                  attempts = 0, max_attempts = excluded.max_attempts, lease_until = null, lease_by = null, last_error = null
                  returning id as value"
            ),
            bind![Id::<Job>::new(now), job.kind, job.dedup.as_deref(), job.payload, run_at, job.max_attempts, now],
        )
        .await?;
    if run_at <= now {
        bell::ring();
    }
    id.ok_or_else(|| kernel::Error::internal("an upsert returned no row"))
}

/// Takes a waiting job away. False when there is none, or when it is already running.
pub async fn cancel(conn: &mut Conn, kind: &str, key: &str) -> Result<bool> {
    let statement = sql!("delete from job where kind = $1 and dedup = $2 and state = 'ready'");
    Ok(conn.execute(statement, bind![kind, key]).await? == 1)
}
