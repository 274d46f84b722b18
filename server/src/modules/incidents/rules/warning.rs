//! 临期: how much of a limit is left when the light turns yellow. Data of the district, frozen with the case's rule like the limits.

use kernel::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::{declare, modules::catalogue::Urgency, settings::Held};

/// A fifth (rules of the field, 3).
pub const STANDARD: i64 = 20;
/// The most, in percent: a light that is yellow from the beginning warns nobody.
const MOST: i64 = 90;

declare! {
    /// When lights turn yellow; holds for cases that are opened from then on.
    WARNING: Warning = "incidents.warning";
}

/// From which part of a limit on a light is yellow, in percent of the limit that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Warning {
    /// What holds where nothing else is given.
    pub left: i64,
    /// For urgent cases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urgent: Option<i64>,
    /// For emergencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emergency: Option<i64>,
}

impl Default for Warning {
    fn default() -> Self {
        Self { left: STANDARD, urgent: None, emergency: None }
    }
}

impl Warning {
    /// What is frozen with a case of this urgency; nothing stands for a fifth.
    pub fn frozen(&self, urgency: Urgency) -> Option<i64> {
        let own = match urgency {
            Urgency::Normal => None,
            Urgency::Urgent => self.urgent,
            Urgency::Emergency => self.emergency,
        };
        Some(own.unwrap_or(self.left)).filter(|left| *left != STANDARD)
    }
}

impl Held for Warning {
    fn check(&self) -> Result<()> {
        let given = [("value.left", Some(self.left)), ("value.urgent", self.urgent), ("value.emergency", self.emergency)];
        for (field, left) in given {
            if left.is_some_and(|left| !(1..=MOST).contains(&left)) {
                return Err(Error::invalid(field, "out-of-range"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_is_not_written_down() {
        let of = |warning: &Warning| [Urgency::Normal, Urgency::Urgent, Urgency::Emergency].map(|u| warning.frozen(u));
        assert_eq!(of(&Warning::default()), [None, None, None]);
        assert_eq!(of(&Warning { left: 30, urgent: Some(20), emergency: Some(50) }), [Some(30), None, Some(50)]);
        assert_eq!(of(&Warning { left: 10, ..Warning::default() }), [Some(10), Some(10), Some(10)]);
    }

    #[test]
    fn shares_have_bounds() {
        for (left, fits) in [(0, false), (1, true), (90, true), (91, false)] {
            assert_eq!(Warning { left, ..Warning::default() }.check().is_ok(), fits, "{left}");
            assert_eq!(Warning { emergency: Some(left), ..Warning::default() }.check().is_ok(), fits, "{left}");
        }
    }
}
