//! The life of a claim: taken for a while, renewed, then finished, failed or given back.

use std::time::Duration;

use db::{Conn, Db, Engine, Query, ToCell, bind, record, sql};
use kernel::{Error, Id, Result, Time};
use serde_json::Value;

use crate::Job;

/// No lease is longer, so that a job of a process that died is taken up within this time.
pub const LONGEST_LEASE: Duration = Duration::from_mins(1);
/// A lease that still has this long was given before the clock was set back. Twice the longest, since another process may be a little ahead.
pub(crate) const OVERLONG: Duration = Duration::from_mins(2);
/// The wait after the first failure; it doubles each time.
const FIRST_WAIT_MS: i64 = 5_000;
/// The longest wait between two attempts.
const LONGEST_WAIT_MS: i64 = 3_600_000;
/// Characters of an error that are kept.
const KEPT_ERROR: usize = 1_000;

/// What a lease names.
struct Lease;

record! {
    /// A job that one worker holds for a while.
    #[derive(Clone, Debug)]
    pub struct Claimed {
        /// Which job.
        pub id: Id<Job>,
        /// Its kind.
        pub kind: String,
        /// What it was given.
        pub payload: Value,
        /// The instant it was meant for.
        pub run_at: Time,
        /// Which attempt this is, from 1.
        pub attempts: u32,
        /// How many there will be at most.
        pub max_attempts: u32,
        lease_by: Id<Lease>
    }
}

/// What became of a job that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is tried again at this instant.
    Again(Time),
    /// It is a dead letter.
    Dead,
    /// It was no longer held by this claim: somebody else decides.
    Lost,
}

/// Claims up to `n` jobs of these kinds that are due, earliest first, for as long as `lease` (at most [`LONGEST_LEASE`]).
///
/// Costs one read when nothing is due. Jobs whose lease ended are taken up first.
pub async fn claim(db: &Db, now: Time, kinds: &[&str], n: usize, lease: Duration) -> Result<Vec<Claimed>> {
    if n == 0 || kinds.is_empty() {
        return Ok(Vec::new());
    }
    let kinds: Vec<_> = kinds.iter().map(ToCell::to_cell).collect();
    let due = Query::new("select cast(case when exists (select 1 from job where state = 'running'")
        .push("and (lease_until <= $$ or lease_until > $$)) then 2", bind![now, now + OVERLONG])
        .push("when exists (select 1 from job where state = 'ready' and run_at <= $$", bind![now])
        .push_list("and kind in", kinds.clone())
        .push(") then 1 else 0 end as bigint) as value", vec![]);
    let due: i64 = db.read().await?.query_value(due).await?.unwrap_or_default();
    if due == 0 {
        return Ok(Vec::new());
    }
    let mut tx = db.begin();
    if due == 2 {
        end_leases(&mut tx, now).await?;
    }
    let next = Query::new("with next as (select id from job where state = 'ready'")
        .push("and run_at <= $$", bind![now])
        .push_list("and kind in", kinds)
        .push("order by run_at, id limit $$", bind![n])
        .push(skip_locked(tx.engine()), vec![])
        .push(
            ") update job set state = 'running', attempts = attempts + 1, lease_until = $$, lease_by = $$ where id in (select id from next)
             returning id, kind, payload, run_at, attempts, max_attempts, lease_by",
            bind![now + lease.min(LONGEST_LEASE), Id::<Lease>::new(now)],
        );
    let mut claimed: Vec<Claimed> = tx.list(next).await?;
    tx.commit().await?;
    claimed.sort_by_key(|c| (c.run_at, c.id));
    Ok(claimed)
}

/// SQLite has one writer and needs no such words.
fn skip_locked(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "",
        Engine::Postgres => "for update skip locked",
    }
}

/// Gives jobs back whose worker fell silent, or whose lease is longer than any: the clock was set back since. One that used up its
/// attempts this way is a dead letter, since it may be what ends the workers.
async fn end_leases(conn: &mut Conn, now: Time) -> Result<()> {
    let skip = skip_locked(conn.engine());
    let query = Query::new("with silent as (select id from job where state = 'running'")
        .push("and (lease_until <= $$ or lease_until > $$)", bind![now, now + OVERLONG])
        .push(skip, vec![])
        .push(
            ") update job set state = case when attempts >= max_attempts then 'dead' else 'ready' end,
             dedup = case when attempts >= max_attempts then null else dedup end,
             finished_at = case when attempts >= max_attempts then cast($$ as bigint) else null end,
             lease_until = null, lease_by = null, last_error = 'the worker fell silent' where id in (select id from silent)",
            bind![now],
        );
    let ended = conn.execute_query(query).await?;
    if ended > 0 {
        tracing::warn!(ended, "leases ended without a result");
    }
    Ok(())
}

/// Renews the lease; false when it was lost.
pub async fn extend(conn: &mut Conn, now: Time, job: &Claimed, lease: Duration) -> Result<bool> {
    let statement = sql!("update job set lease_until = $1 where id = $2 and lease_by = $3 and state = 'running'");
    let until = now + lease.min(LONGEST_LEASE);
    Ok(conn.execute(statement, bind![until, job.id, job.lease_by]).await? == 1)
}

/// Ends the job as done. Called in the transaction of its effect it makes the effect happen once: [`Error::Stale`] says that the lease was
/// lost, and that this transaction must not be committed.
pub async fn finish(conn: &mut Conn, now: Time, job: &Claimed) -> Result<()> {
    let statement = sql!(
        "update job set state = 'done', dedup = null, lease_until = null, lease_by = null, finished_at = $1
                          where id = $2 and lease_by = $3 and state = 'running'"
    );
    match conn.execute(statement, bind![now, job.id, job.lease_by]).await? {
        0 => Err(Error::Stale),
        _ => Ok(()),
    }
}

/// Notes the failure: tried again after [`backoff`], and not before the time that [`Error::Busy`] names, or else a dead letter.
/// `chance` from 0 to 1 spreads jobs that failed together.
pub async fn fail(conn: &mut Conn, now: Time, job: &Claimed, error: &Error, chance: f64) -> Result<Outcome> {
    let dead = job.attempts >= job.max_attempts;
    let busy = if let Error::Busy { retry_after, .. } = error { retry_after.as_millis() as i64 } else { 0 };
    let again = now.plus_millis(backoff(job.attempts, chance).max(busy));
    let text: String = error.to_string().chars().take(KEPT_ERROR).collect();
    let changed = if dead {
        let statement = sql!(
            "update job set state = 'dead', dedup = null, lease_until = null, lease_by = null, finished_at = $1,
                              last_error = $2 where id = $3 and lease_by = $4 and state = 'running'"
        );
        conn.execute(statement, bind![now, text, job.id, job.lease_by]).await?
    } else {
        let statement = sql!(
            "update job set state = 'ready', lease_until = null, lease_by = null, run_at = $1, last_error = $2
                              where id = $3 and lease_by = $4 and state = 'running'"
        );
        conn.execute(statement, bind![again, text, job.id, job.lease_by]).await?
    };
    Ok(match (changed, dead) {
        (0, _) => Outcome::Lost,
        (_, true) => Outcome::Dead,
        (_, false) => Outcome::Again(again),
    })
}

/// Gives the job back as if it had not been claimed: the worker stops before it could finish.
pub async fn release(conn: &mut Conn, job: &Claimed) -> Result<()> {
    let statement = sql!(
        "update job set state = 'ready', attempts = attempts - 1, lease_until = null, lease_by = null
                          where id = $1 and lease_by = $2 and state = 'running'"
    );
    conn.execute(statement, bind![job.id, job.lease_by]).await.map(|_| ())
}

/// Milliseconds to wait after this many attempts: 5 s, 10 s, 20 s … an hour, of which `chance` (0 to 1) takes away up to half.
pub fn backoff(attempts: u32, chance: f64) -> i64 {
    let doubled = FIRST_WAIT_MS.saturating_mul(1_i64 << attempts.saturating_sub(1).min(30)).min(LONGEST_WAIT_MS);
    (doubled as f64 * (1.0 - chance.clamp(0.0, 1.0) / 2.0)) as i64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_double_up_to_an_hour() {
        for (attempts, seconds) in [(0, 5), (1, 5), (2, 10), (3, 20), (10, 2_560), (11, 3_600), (4_000_000_000, 3_600)] {
            assert_eq!(backoff(attempts, 0.0), seconds * 1_000, "{attempts}");
        }
    }

    proptest! {
        #[test]
        fn a_wait_is_never_short_nor_long(attempts: u32, chance: f64) {
            let wait = backoff(attempts, if chance.is_nan() { 0.0 } else { chance });
            prop_assert!((FIRST_WAIT_MS / 2..=LONGEST_WAIT_MS).contains(&wait));
        }
    }
}
