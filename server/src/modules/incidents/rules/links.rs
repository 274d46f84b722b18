//! 协作单位链接: which units may do their task by a signed link, and how long it works.

use db::words;
use kernel::{Error, Result, Time};
use serde::{Deserialize, Serialize};

use crate::{declare, settings::Held};

declare! {
    /// Which units do their tasks by a link, and how long one works.
    LINKS: Links = "incidents.links";
}

kernel::codes! {
    /// Units of this kind log in; a link is for those that have no account.
    NOT_BY_LINK = "not-by-link";
}

words! {
    /// What became of a link.
    pub enum LinkState {
        /// It works.
        Valid = "valid",
        /// The task was ended by it.
        Used = "used",
        /// The task was ended otherwise.
        Over = "over",
        /// Its time is over.
        Expired = "expired",
        /// Taken back, or replaced by another.
        Revoked = "revoked",
    }
}

impl LinkState {
    /// What a link is now; `by_link` says whether its task was ended by it, `open` whether that is open.
    pub fn stands(now: Time, expires_at: Time, revoked_at: Option<Time>, by_link: bool, open: bool) -> Self {
        match (revoked_at, open) {
            (Some(_), _) => Self::Revoked,
            (None, false) if by_link => Self::Used,
            (None, false) => Self::Over,
            (None, true) if expires_at <= now => Self::Expired,
            (None, true) => Self::Valid,
        }
    }
}

/// The longest that a link may work, in days.
const LONGEST: u16 = 90;

/// Units without accounts, and the days that their links work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Links {
    /// The kinds of units that get links.
    pub kinds: Vec<String>,
    /// How many days a link works, 1 to 90.
    pub days: u16,
}

impl Links {
    /// Whether a unit of this kind gets links.
    pub fn fits(&self, kind: &str) -> bool {
        self.kinds.iter().any(|k| k == kind)
    }

    /// Until when a link works that is made now; `days` shortens it.
    ///
    /// # Errors
    /// `Invalid` when `days` is none, or more than the district allows.
    pub fn expires(&self, now: Time, days: Option<u16>) -> Result<Time> {
        let days = days.unwrap_or(self.days);
        if (1..=self.days).contains(&days) {
            Ok(now.plus_days(i64::from(days)))
        } else {
            Err(Error::invalid("days", "out-of-range"))
        }
    }
}

impl Default for Links {
    fn default() -> Self {
        Self { kinds: ["partner", "alliance", "utility"].map(str::to_owned).into(), days: 14 }
    }
}

impl Held for Links {
    fn check(&self) -> Result<()> {
        if !(1..=LONGEST).contains(&self.days) {
            return Err(Error::invalid("value.days", "out-of-range"));
        }
        if self.kinds.iter().any(|k| k.trim().is_empty()) {
            return Err(Error::invalid("value.kinds", "required"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_works_as_long_as_the_district_says_or_shorter() {
        let (set, now) = (Links::default(), Time::from_millis(0));
        assert_eq!(set.expires(now, None).unwrap(), now.plus_days(14));
        assert_eq!(set.expires(now, Some(1)).unwrap(), now.plus_days(1));
        for days in [0, 15, u16::MAX] {
            assert!(set.expires(now, Some(days)).is_err(), "{days}");
        }
        assert!(set.fits("partner") && !set.fits("department"));
    }

    #[test]
    fn what_became_of_a_link_by_table() {
        let (over, now, later) = (Time::from_millis(0), Time::from_millis(1), Time::from_millis(2));
        for (expires, revoked, by_link, open, state) in [
            (later, None, false, true, LinkState::Valid),
            // Whose last instant has come, expires.
            (now, None, false, true, LinkState::Expired),
            (later, None, true, false, LinkState::Used),
            (later, None, false, false, LinkState::Over),
            // How its task ended outlasts its time, and that it was taken back outlasts both.
            (over, None, true, false, LinkState::Used),
            (over, None, false, false, LinkState::Over),
            (later, Some(now), true, false, LinkState::Revoked),
            (over, Some(over), false, true, LinkState::Revoked),
        ] {
            assert_eq!(
                LinkState::stands(now, expires, revoked, by_link, open),
                state,
                "{expires:?} {revoked:?} {by_link} {open}"
            );
        }
    }

    #[test]
    fn the_setting_is_held_to_its_bounds() {
        for (days, fits) in [(0, false), (1, true), (90, true), (91, false)] {
            assert_eq!(Links { days, ..Links::default() }.check().is_ok(), fits, "{days}");
        }
        assert!(Links { kinds: vec![String::new()], days: 1 }.check().is_err());
    }
}
