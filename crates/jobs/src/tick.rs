//! Periodic jobs: which tick an instant belongs to, and the id that every worker gives it.

use std::time::Duration;

use db::{Conn, bind, sql};
use kernel::{Id, Result, Time};
use sha2::{Digest, Sha256};

use crate::{Job, claim::OVERLONG};

/// The key of every tick: one that comes while the last still runs is left out.
pub(crate) const KEY: &str = "tick";

/// How often a job comes: at multiples of `interval` since 1970 (UTC), shifted by `phase`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every {
    interval_ms: i64,
    phase_ms: i64,
    pub(crate) sweeps: bool,
}

impl Every {
    /// Each `interval`, at least a second.
    pub fn new(interval: Duration) -> Self {
        Self { interval_ms: (interval.as_millis() as i64).max(1_000), phase_ms: 0, sweeps: false }
    }

    /// Later by `phase`: each day shifted by 18 hours is at 02:00 in UTC+8.
    #[must_use]
    pub fn shifted(mut self, phase: Duration) -> Self {
        self.phase_ms = (phase.as_millis() as i64).rem_euclid(self.interval_ms);
        self
    }

    /// A job that looks for what is due and bears repetition: when the clock was set back by more than two minutes, it comes at ticks that it
    /// came at before. Others wait until the clock has caught up.
    #[must_use]
    pub fn sweeping(mut self) -> Self {
        self.sweeps = true;
        self
    }

    /// The last tick that is not after `now`.
    pub fn tick(self, now: Time) -> Time {
        let behind = (now.millis() - self.phase_ms).rem_euclid(self.interval_ms);
        now.plus_millis(-behind)
    }
}

/// The same for the same kind and tick everywhere, so that the table itself refuses a second one.
pub(crate) fn id(kind: &str, tick: Time) -> Id<Job> {
    let mut hash = Sha256::new();
    hash.update(kind.as_bytes());
    hash.update(tick.millis().to_be_bytes());
    let hash = hash.finalize();
    let mut random = [0; 10];
    random.copy_from_slice(&hash[..10]);
    Id::from_uuid(uuid::Builder::from_unix_timestamp_millis(tick.millis().max(0) as u64, &random).into_uuid())
}

/// Forgets the ticks of a kind from this one on, when the last of them came by a clock that has been set back since; says whether it was so.
pub(crate) async fn forget_future(conn: &mut Conn, now: Time, kind: &str, tick: Time) -> Result<bool> {
    let future = now + OVERLONG;
    let ahead = sql!(
        "select case when exists (select 1 from job where state = 'done' and finished_at > $1 and kind = $2)
         or exists (select 1 from job where kind = $2 and dedup = $3 and state = 'ready' and created_at > $1) then true else false end as value"
    );
    if conn.value::<bool>(ahead, bind![future, kind, KEY]).await? != Some(true) {
        return Ok(false);
    }
    let forget = sql!("delete from job where kind = $1 and state in ('ready', 'done') and run_at >= $2");
    conn.execute(forget, bind![kind, tick]).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_is_the_last_multiple() {
        let minute = Every::new(Duration::from_mins(1));
        for (now, tick) in [(0, 0), (59_999, 0), (60_000, 60_000), (-1, -60_000)] {
            assert_eq!(minute.tick(Time::from_millis(now)).millis(), tick);
        }
        let night = Every::new(Duration::from_hours(24)).shifted(Duration::from_hours(18));
        let at: Time = "2025-01-26T01:59:59+08:00".parse().unwrap();
        assert_eq!(night.tick(at), "2025-01-25T02:00:00+08:00".parse().unwrap());
        assert_eq!(night.tick(at.plus_millis(1_000)), "2025-01-26T02:00:00+08:00".parse().unwrap());
    }

    #[test]
    fn an_id_belongs_to_one_kind_and_tick() {
        let at = Time::from_millis(60_000);
        assert_eq!(id("a", at), id("a", at));
        assert_ne!(id("a", at), id("b", at));
        assert_ne!(id("a", at), id("a", at.plus_millis(60_000)));
    }
}
