//! Looking after the table: dead letters, load, and sweeping out what is done.

use db::{Conn, bind, record, sql};
use kernel::{Id, Result, Time};
use serde_json::Value;

use crate::{Job, bell};

record! {
    /// A job that failed too often. A person looks at it.
    #[derive(Clone, Debug)]
    pub struct Dead {
        /// Which job.
        pub id: Id<Job>,
        /// Its kind.
        pub kind: String,
        /// What it was given.
        pub payload: Value,
        /// How often it was tried.
        pub attempts: u32,
        /// What went wrong the last time.
        pub last_error: Option<String>,
        /// When it was enqueued.
        pub created_at: Time,
        /// When it was given up.
        pub finished_at: Time
    }
}

record! {
    /// How much there is to do.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Load {
        /// Jobs that are due and wait.
        pub due: i64,
        /// Jobs that wait for their instant.
        pub later: i64,
        /// Jobs that somebody works on.
        pub running: i64,
        /// Dead letters.
        pub dead: i64,
        /// The instant of the job that has been due longest: now less this is the lag.
        pub oldest_due: Option<Time>
    }
}

/// The dead letters, latest first.
pub async fn dead(conn: &mut Conn, limit: usize) -> Result<Vec<Dead>> {
    let statement = sql!(
        "select id, kind, payload, attempts, last_error, created_at, finished_at from job
                          where state = 'dead' order by finished_at desc, id desc limit $1"
    );
    conn.all(statement, bind![limit]).await
}

/// Revives a dead letter with all its attempts; false when there is none of this id.
pub async fn requeue(conn: &mut Conn, now: Time, id: Id<Job>) -> Result<bool> {
    let statement =
        sql!("update job set state = 'ready', attempts = 0, run_at = $1, finished_at = null where id = $2 and state = 'dead'");
    let revived = conn.execute(statement, bind![now, id]).await? == 1;
    bell::ring();
    Ok(revived)
}

/// Removes a dead letter for good; false when there is none of this id.
pub async fn discard(conn: &mut Conn, id: Id<Job>) -> Result<bool> {
    Ok(conn.execute(sql!("delete from job where id = $1 and state = 'dead'"), bind![id]).await? == 1)
}

/// Removes jobs that were done before this instant, and says how many. Keep a few days: the ids of done ticks are what stops a clock that
/// is set back from firing them again, but for those that sweep.
pub async fn purge(conn: &mut Conn, before: Time) -> Result<u64> {
    conn.execute(sql!("delete from job where state = 'done' and finished_at < $1"), bind![before]).await
}

/// How much there is to do, for metrics and the readiness check.
pub async fn load(conn: &mut Conn, now: Time) -> Result<Load> {
    let statement = sql!(
        "select
        (select count(*) from job where state = 'ready' and run_at <= $1) as due,
        (select count(*) from job where state = 'ready' and run_at > $1) as later,
        (select count(*) from job where state = 'running') as running,
        (select count(*) from job where state = 'dead') as dead,
        (select min(run_at) from job where state = 'ready' and run_at <= $1) as oldest_due"
    );
    conn.one(statement, bind![now]).await?.ok_or_else(|| kernel::Error::internal("counting returned no row"))
}
