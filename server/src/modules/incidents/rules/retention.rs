//! 保存期限: how long the words of a case are kept after it is over.

use kernel::{Error, Result, Time};
use serde::{Deserialize, Serialize};

use crate::{declare, settings::Held};

declare! {
    /// When the words of a case that is over are erased.
    RETENTION: Retention = "incidents.retention";
}

/// How long what a case says is kept once the case is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Days after it was closed, refused, annulled or merged, 30 to 36,500.
    pub days: u32,
}

impl Retention {
    /// What was over by this instant has been kept long enough.
    pub fn over_by(self, now: Time) -> Time {
        now.plus_days(-i64::from(self.days))
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self { days: 1_095 }
    }
}

impl Held for Retention {
    fn check(&self) -> Result<()> {
        if (30..=36_500).contains(&self.days) { Ok(()) } else { Err(Error::invalid("value.days", "out-of-range")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::access::private::Field;

    #[test]
    fn what_the_register_promises_is_what_happens() {
        let fields: Vec<_> = Field::all().into_iter().filter(|f| f.name.starts_with("incident.")).collect();
        assert!(fields.len() >= 4);
        for field in fields {
            assert_eq!(field.kept_days, Retention::default().days, "{}", field.name);
        }
        for (days, fits) in [(29, false), (30, true), (36_500, true), (36_501, false)] {
            assert_eq!(Retention { days }.check().is_ok(), fits, "{days}");
        }
    }
}
