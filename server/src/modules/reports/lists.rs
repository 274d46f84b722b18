//! The list behind a number: the same conditions as parameters of the list of cases. Pure.

use kernel::{Scope, Time};

use super::{
    model::{By, REPORTED, Rate},
    store::Within,
};
use crate::modules::{incidents::rules::places::Lack, org::Unit};

/// What every list behind the figures of one answer has in common.
#[derive(Clone, Debug)]
pub struct Lists {
    by: By,
    /// The codes of the unit that was asked for and of those above it, when cases are filed there.
    filed: Vec<String>,
    /// The code of the unit that was asked for, when it leads cases.
    lead: Option<String>,
    /// Whether the caller's own part of the district was counted.
    counted: bool,
}

impl Lists {
    /// The lists of figures that are split like this, of one unit or of a whole scope.
    pub fn new(by: By, scope: &Scope, unit: Option<(&Unit, &Within)>) -> Self {
        let codes = |unit: &Unit| unit.path.split('/').filter(|c| !c.is_empty()).map(str::to_owned).collect();
        Self {
            by,
            filed: unit.filter(|(_, within)| matches!(within, Within::Filed(_))).map(|(u, _)| codes(u)).unwrap_or_default(),
            lead: unit.filter(|(_, within)| matches!(within, Within::Led(_))).map(|(u, _)| u.code.clone()),
            counted: *scope != Scope::All,
        }
    }

    /// Whether a part of the district was counted: lists then hold only what the caller may see of it.
    pub const fn is_part(&self) -> bool {
        self.counted
    }

    fn these(&self, filed: Option<&str>, lead: Option<&str>, more: &str) -> String {
        let of = |name: &str, code: Option<&str>| code.map(|code| format!("&{name}={code}")).unwrap_or_default();
        let counted = if self.counted { "&counted=true" } else { "" };
        format!("{}{}{counted}{more}", of("filed", filed), of("lead", lead))
    }

    /// All that was asked for.
    pub fn whole(&self) -> String {
        self.with("")
    }

    /// All that was asked for, narrowed by more.
    pub fn with(&self, more: &str) -> String {
        self.these(self.filed.last().map(String::as_str), self.lead.as_deref(), more)
    }

    /// One line of it; an empty key is what belongs to none.
    pub fn part(&self, key: &str) -> String {
        let (unit, lead) = (self.filed.last().map(String::as_str), self.lead.as_deref());
        let without = |what: Lack| self.with(&format!("&without={what}"));
        match self.by {
            By::Street if key.is_empty() => without(Lack::Street),
            By::Community if key.is_empty() => without(Lack::Community),
            By::Department if key.is_empty() => without(Lack::Lead),
            By::Matter if key.is_empty() => without(Lack::Matter),
            // Of a unit inside the place the line holds no more than the unit.
            By::Street | By::Community if self.filed.iter().any(|code| code == key) => self.whole(),
            By::Street | By::Community => self.these(Some(key), lead, ""),
            By::Department => self.these(unit, Some(key), ""),
            By::Matter => self.with(&format!("&matter={key}")),
            By::Channel => self.with(&format!("&channel={key}")),
        }
    }
}

/// The list of what was reported in a span, as part of which it is asked for.
pub fn reported(from: Time, to: Time, which: &str) -> String {
    format!("/api/v1/incidents?from={from}&to={to}{which}")
}

/// The list of what was frozen with a period, as part of which it is asked for.
pub fn frozen(period: &str, which: &str) -> String {
    format!("/api/v1/incidents?frozen={period}{which}")
}

/// The list behind one figure of a rate, without the cases that the rate leaves out.
pub fn behind(list: &str, rate: Rate, word: &str) -> String {
    let figure = if word == REPORTED { String::new() } else { format!("&figure={word}") };
    let kept = rate.judged().map(|rate| format!("&counts_in={rate}")).unwrap_or_default();
    format!("{list}{figure}{kept}")
}

/// The list of what a rate leaves out.
pub fn left_out(list: &str, rate: Rate) -> Option<String> {
    let (_, denominator) = rate.parts();
    rate.judged().map(|rate| format!("{list}&figure={denominator}&left_out_of={rate}"))
}
