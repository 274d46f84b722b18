//! 归档: when a closed case is put away for good.

use kernel::{Error, Result, Time};
use serde::{Deserialize, Serialize};

use crate::{declare, settings::Held};

declare! {
    /// When a closed case is archived.
    ARCHIVE: Archive = "incidents.archive";
}

/// How long a closed case stays open to its reporter: 30 days in the rules of the field, 3b.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// Days after it was closed, 1 to 3,650.
    pub days: u16,
}

impl Archive {
    /// What was closed by this instant is archived now.
    pub fn closed_by(self, now: Time) -> Time {
        now.plus_days(-i64::from(self.days))
    }
}

impl Default for Archive {
    fn default() -> Self {
        Self { days: 30 }
    }
}

impl Held for Archive {
    fn check(&self) -> Result<()> {
        if (1..=3_650).contains(&self.days) { Ok(()) } else { Err(Error::invalid("value.days", "out-of-range")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_days_unless_the_district_says_otherwise() {
        let now: Time = "2025-03-31T10:00:00+08:00".parse().unwrap();
        assert_eq!(Archive::default().closed_by(now), "2025-03-01T10:00:00+08:00".parse().unwrap());
        for (days, fits) in [(0, false), (1, true), (3_650, true), (3_651, false)] {
            assert_eq!(Archive { days }.check().is_ok(), fits, "{days}");
        }
    }
}
