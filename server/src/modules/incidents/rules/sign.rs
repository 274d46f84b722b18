//! 签发: results that a unit's chief signs before the reporter reads them (handler → chief; rules of the field, 3b).

use kernel::{Error, Result, Time};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::spoken::Spoken;
use crate::{declare, modules::incidents::model::Outcome, settings::Held};

declare! {
    /// Which units sign what their handlers write.
    SIGN_OFF: SignOff = "incidents.sign_off";
}

/// The most entries of one list.
const MOST: usize = 500;

/// Units whose results are signed; nobody's where nothing was set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignOff {
    /// Every unit of these kinds.
    pub kinds: Vec<String>,
    /// These units, by code.
    pub units: Vec<String>,
}

impl SignOff {
    /// Whether a unit's results are signed.
    pub fn asks(&self, kind: &str, code: &str) -> bool {
        self.kinds.iter().any(|k| k == kind) || self.units.iter().any(|u| u == code)
    }
}

impl Held for SignOff {
    fn check(&self) -> Result<()> {
        for (field, list) in [("value.kinds", &self.kinds), ("value.units", &self.units)] {
            if list.len() > MOST {
                return Err(Error::invalid(field, "too-many"));
            }
            if list.iter().any(|word| word.trim().is_empty()) {
                return Err(Error::invalid(field, "required"));
            }
        }
        Ok(())
    }
}

/// A result that waits for its signature; kept with the task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsigned {
    /// The account of whoever handled the task.
    pub by: Uuid,
    /// The name for the timeline.
    pub by_name: String,
    /// When it was handed up.
    pub at: Time,
    /// How it ended.
    pub result: Outcome,
    /// What the reporter will read, redacted.
    pub reply: String,
    /// The same where the program says when it will be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spoken: Option<Spoken>,
}

/// What the steps of a signature carry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Details {
    /// 送签
    Submit {
        /// The task.
        task: Uuid,
        /// How it ended.
        result: Outcome,
        /// What the reporter will read, redacted.
        reply: String,
    },
    /// 签发
    Sign {
        /// The task.
        task: Uuid,
        /// The account of the handler.
        handled_by: Uuid,
    },
    /// 退回修改
    HandBack {
        /// The task.
        task: Uuid,
        /// The account of the handler.
        handled_by: Uuid,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_signs_by_its_kind_or_by_its_code() {
        let set = SignOff { kinds: vec!["department".into()], units: vec!["S001-LAW".into()] };
        for (kind, code, asks) in
            [("department", "D-FIRE", true), ("office", "S001-LAW", true), ("office", "S002-LAW", false), ("", "", false)]
        {
            assert_eq!(set.asks(kind, code), asks, "{kind} {code}");
        }
        assert!(!SignOff::default().asks("department", "D-FIRE"));
    }

    #[test]
    fn a_list_holds_words_and_not_too_many() {
        assert!(SignOff::default().check().is_ok());
        assert!(SignOff { kinds: vec![" ".into()], units: vec![] }.check().is_err());
        assert!(SignOff { kinds: vec![], units: vec!["U".into(); MOST + 1] }.check().is_err());
    }
}
