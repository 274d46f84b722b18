//! Periodic jobs: which tick an instant belongs to, and the id that every worker gives it.

use std::time::Duration;

use kernel::{Id, Time};
use sha2::{Digest, Sha256};

use crate::Job;

/// How often a job comes: at multiples of `interval` since 1970 (UTC), shifted by `phase`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every {
    interval_ms: i64,
    phase_ms: i64,
}

impl Every {
    /// Each `interval`, at least a second.
    pub fn new(interval: Duration) -> Self {
        Self { interval_ms: (interval.as_millis() as i64).max(1_000), phase_ms: 0 }
    }

    /// Later by `phase`: each day shifted by 18 hours is at 02:00 in UTC+8.
    #[must_use]
    pub fn shifted(mut self, phase: Duration) -> Self {
        self.phase_ms = (phase.as_millis() as i64).rem_euclid(self.interval_ms);
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
