//! The rates of a set of cases, each with its denominator.

use crate::hours::{Calendar, Instant, Limit, parse};
use crate::model::{Incident, Matter};
use std::collections::BTreeMap;

/// A count and what it is a share of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub part: usize,
    /// Of how many.
    pub of: usize,
}

impl Rate {
    /// In percent; 0 of nothing.
    pub fn percent(self) -> f64 {
        if self.of == 0 { 0.0 } else { 100.0 * self.part as f64 / self.of as f64 }
    }

    fn count<'a>(rows: impl Iterator<Item = &'a Incident>, part: impl Fn(&Incident) -> bool) -> Self {
        rows.fold(Self::default(), |r, row| Self { part: r.part + usize::from(part(row)), of: r.of + 1 })
    }
}

/// The rates of rules.md as far as the rows tell them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Not refused, of all that were reported.
    pub valid: Rate,
    /// Resolved within the handling limit, of those resolved or due (without merged and refused ones).
    pub on_time: Rate,
    /// Done again after a failed verification, of the closed.
    pub rework: Rate,
    /// Returned by a unit at least once, of those that were given to a unit.
    pub returned: Rate,
    /// Reopened at least once, of the closed.
    pub reopened: Rate,
    /// Reached by telephone, of those that were to be called.
    pub reached: Rate,
    /// Solved in the reporter's words, of the reached.
    pub solved: Rate,
    /// Satisfied or mostly satisfied, of the reached; those who gave no opinion stay in the denominator.
    pub satisfied: Rate,
}

/// The moment when a case is due: its handling limit from the report on.
pub fn due(row: &Incident, matter: &Matter, calendar: &Calendar) -> Option<Instant> {
    let limit = Limit::parse(f64::from(matter.handle_limit), &matter.limit_unit);
    Some(calendar.after(parse(&row.reported_at)?, limit))
}

/// The figures of these rows at `now`.
pub fn figures<'a, I>(rows: I, catalogue: &[Matter], calendar: &Calendar, now: Instant) -> Figures
where
    I: IntoIterator<Item = &'a Incident>,
{
    let rows: Vec<&Incident> = rows.into_iter().collect();
    let rows = || rows.iter().copied();
    let matters: BTreeMap<&str, &Matter> = catalogue.iter().map(|m| (m.level3.as_str(), m)).collect();
    let late = |row: &Incident| {
        let due = matters.get(row.matter.as_str()).and_then(|m| due(row, m, calendar));
        due.map(|due| parse(&row.resolved_at).unwrap_or(now) > due)
    };
    let live = || rows().filter(|r| !matches!(r.state.as_str(), "rejected" | "merged"));
    let closed = || rows().filter(|r| r.state == "closed");
    let is_due = |r: &&Incident| !r.resolved_at.is_empty() || r.pause_reason.is_empty() && late(r) == Some(true);
    let called = || rows().filter(|r| !r.contacted.is_empty());
    let reached = || rows().filter(|r| r.contacted == "yes");
    Figures {
        valid: Rate::count(rows(), |r| r.state != "rejected"),
        on_time: Rate::count(live().filter(is_due), |r| late(r) == Some(false)),
        rework: Rate::count(closed(), |r| r.story.split('|').any(|t| t == "rework")),
        returned: Rate::count(live().filter(|r| !r.lead_unit.is_empty() && r.state != "received"), |r| r.returned_times > 0),
        reopened: Rate::count(closed(), |r| r.reopened_times > 0),
        reached: Rate::count(called(), |r| r.contacted == "yes"),
        solved: Rate::count(reached(), |r| r.solved == "yes"),
        satisfied: Rate::count(reached(), |r| matches!(r.satisfied.as_str(), "satisfied" | "mostly")),
    }
}
