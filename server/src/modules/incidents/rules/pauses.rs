//! Pauses (等待、挂账) and extensions (延期): their words and pure rules.

use db::words;
use jiff::civil::Date;
use kernel::{Error, Permission, Result, Time};
use serde::{Deserialize, Serialize};

use crate::{
    declare,
    modules::{
        catalogue::{Limit, NO_CALENDAR, Unit},
        incidents::clocks::Days,
    },
    settings::Held,
};

words! {
    /// Why the clocks of a case stand still (暂停计时原因); stored in `incident.paused`.
    pub enum Pause {
        /// 等待反映人补充
        Reporter = "reporter",
        /// 季节性挂账
        Seasonal = "seasonal",
        /// 工程性挂账
        Engineering = "engineering",
    }
}

words! {
    /// Why a case is shelved (挂账类别).
    pub enum Shelf {
        /// 季节性: it can only be done in another season.
        Seasonal = "seasonal",
        /// 工程性: it waits for works that are planned.
        Engineering = "engineering",
    }
}

impl Shelf {
    /// The pause that it makes.
    pub const fn pause(self) -> Pause {
        match self {
            Self::Seasonal => Pause::Seasonal,
            Self::Engineering => Pause::Engineering,
        }
    }
}

words! {
    /// Whose decision an extension is (延期审批层级).
    pub enum Rung {
        /// 第一次: 单位值班负责人
        Chief = "chief",
        /// 第二次: 领导
        Leader = "leader",
        /// 第三次起: 会商
        Conference = "conference",
    }
}

kernel::permissions! {
    /// Decide about first extensions: the chief on duty of the unit.
    FIRST = "extension.first";
    /// Decide about second extensions: a leader.
    SECOND = "extension.second";
    /// Decide about further extensions, by conference.
    FURTHER = "extension.further";
}

impl Rung {
    /// Whose decision the n-th extension of a round is (rules of the field, 3: the first by the duty chief, the second by a leader).
    pub const fn turn(n: i64) -> Self {
        match n {
            ..=1 => Self::Chief,
            2 => Self::Leader,
            _ => Self::Conference,
        }
    }

    /// Who may decide: whoever holds the rung itself, or one above it.
    pub const fn permissions(self) -> &'static [Permission] {
        match self {
            Self::Chief => &[FIRST, SECOND, FURTHER],
            Self::Leader => &[SECOND, FURTHER],
            Self::Conference => &[FURTHER],
        }
    }
}

words! {
    /// Where a request for more time stands (延期申请状态).
    pub enum Standing {
        /// 待审批
        Open = "open",
        /// 已同意
        Granted = "granted",
        /// 未同意
        Refused = "refused",
        /// 已失效: the case went on without it.
        Dropped = "dropped",
    }
}

kernel::codes! {
    /// The clocks stand still already.
    ALREADY_PAUSED = "already-paused";
    /// No pause is open.
    NOT_PAUSED = "not-paused";
    /// Nothing was asked of the reporter.
    NOTHING_ASKED = "nothing-asked";
    /// A request for more time of this case waits for its decision.
    EXTENSION_OPEN = "extension-open";
    /// The request was decided already.
    EXTENSION_DECIDED = "extension-decided";
    /// Nobody decides about his own request.
    OWN_EXTENSION = "own-extension";
    /// This extension is the decision of somebody else; `rung` says whose.
    NOT_YOUR_RUNG = "not-your-rung";
    /// Nobody shelves the case that he leads himself.
    OWN_CASE = "own-case";
    /// The case has no deadline that more time would move: none at all, or that of an order from above.
    NOTHING_TO_EXTEND = "nothing-to-extend";
    /// More time than this rung may give; `longest` is the most.
    EXTENSION_TOO_LONG = "extension-too-long";
    /// An order from above sets the deadline, which nothing of ours moves.
    ORDER_BINDS = "order-binds";
    /// The stage is not one of the rule, or was reached already.
    NO_SUCH_STAGE = "no-such-stage";
}

/// What a step of these actions carried; read with the case's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Detail {
    /// A question to the reporter.
    Ask {
        /// When the pause ends by itself.
        until: Time,
    },
    /// The reporter's answer, by which the clocks go on.
    Answer,
    /// The pause ends.
    Resume {
        /// Which pause it was.
        pause: String,
    },
    /// 挂账
    Shelve {
        /// Why.
        class: Shelf,
        /// When somebody looks whether it still has to wait, a date of the district.
        review_on: String,
    },
    /// A request for more time, or its decision.
    Extend {
        /// The request.
        extension: uuid::Uuid,
        /// The how-manieth of the round.
        n: i64,
        /// Whose decision it is.
        rung: Rung,
        /// How much.
        by: Limit,
        /// Where it stands with this step.
        standing: Standing,
        /// The step of the conference that it was granted by, from the third of a round on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conference: Option<i64>,
    },
    /// A stage on the way was reached.
    Stage {
        /// Its name in the rule.
        stage: String,
    },
}

impl Detail {
    /// As it is stored with the step.
    pub fn json(&self) -> Result<Option<serde_json::Value>> {
        serde_json::to_value(self).map(Some).map_err(Error::internal)
    }
}

declare! {
    /// How long an answer of the reporter is waited for.
    WAIT: Wait = "incidents.wait";
}

/// How long an answer of the reporter is waited for before the clocks go on by themselves.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// In days, 1 to 30.
    pub days: i64,
}

impl Default for Wait {
    fn default() -> Self {
        Self { days: 5 }
    }
}

impl Held for Wait {
    fn check(&self) -> Result<()> {
        if (1..=LONGEST_ASK).contains(&self.days) { Ok(()) } else { Err(Error::invalid("value.days", "out-of-range")) }
    }
}

declare! {
    /// How much more time each rung may give.
    EXTENSION: Lengths = "incidents.extension";
}

/// How much more time an extension gives at most, in percent of the case's own limit for solving it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lengths {
    /// The first, by the chief on duty.
    pub chief: i64,
    /// The second, by a leader.
    pub leader: i64,
    /// Each further one, by conference.
    pub conference: i64,
    /// So much may always be given, however short the limit is.
    pub least: Limit,
}

impl Default for Lengths {
    fn default() -> Self {
        Self { chief: 100, leader: 200, conference: 300, least: Limit { n: 1, unit: Unit::WorkingDay } }
    }
}

impl Held for Lengths {
    fn check(&self) -> Result<()> {
        for (field, percent) in
            [("value.chief", self.chief), ("value.leader", self.leader), ("value.conference", self.conference)]
        {
            if !(1..=1_000).contains(&percent) {
                return Err(Error::invalid(field, "out-of-range"));
            }
        }
        Limit::new(self.least.n, self.least.unit).map(|_| ()).ok_or_else(|| Error::invalid("value.least", "not-a-limit"))
    }
}

impl Lengths {
    /// Refuses more time than this rung may give, counted from an instant: so many percent of the limit, rounded up, or what is always allowed.
    /// A case without a limit of its own has nothing to measure by.
    ///
    /// # Errors
    /// `extension-too-long` with the longest, and as of the calendar.
    pub fn fits(&self, days: &Days<'_>, rung: Rung, handle: Option<Limit>, by: Limit, from: Time) -> Result<()> {
        let Some(limit) = handle else { return Ok(()) };
        let percent = match rung {
            Rung::Chief => self.chief,
            Rung::Leader => self.leader,
            Rung::Conference => self.conference,
        };
        let share = Limit { n: (limit.n * percent + 99) / 100, unit: limit.unit };
        let end = |limit: Limit| days.calendar.add(days.zone, from, limit);
        let ends = end(by)?;
        // What runs into a year without a calendar is longer than whatever ends before it.
        let reach = |limit: Limit| match end(limit) {
            Err(Error::Refused(NO_CALENDAR, _)) => Ok(Time::from_millis(i64::MAX)),
            other => other,
        };
        let (most, least) = (reach(share)?, reach(self.least)?);
        if ends <= most.max(least) {
            return Ok(());
        }
        let longest = if most >= least { share } else { self.least };
        let longest = serde_json::to_value(longest).map_err(Error::internal)?;
        Err(Error::refused_with(EXTENSION_TOO_LONG, "longest", longest))
    }
}

/// The longest that a reporter is waited for, in days.
pub const LONGEST_ASK: i64 = 30;
/// The longest time to a review of a shelved case, in days: every case is looked at once a year.
pub const LONGEST_SHELF: i64 = 366;

/// When a wait for the reporter ends by itself: after so many days, yet never after the deadline of an order from above.
///
/// # Errors
/// A field's fault when the days are out of range, `order-binds` when that deadline is over.
pub fn ask_until(now: Time, days: i64, upstream: Option<Time>) -> Result<Time> {
    if !(1..=LONGEST_ASK).contains(&days) {
        return Err(Error::Invalid(vec![kernel::FieldError::new("days", "out-of-range").with("max", LONGEST_ASK)]));
    }
    let until = now.plus_days(days);
    match upstream {
        Some(due) if due <= now => Err(Error::refused(ORDER_BINDS)),
        Some(due) => Ok(until.min(due)),
        None => Ok(until),
    }
}

/// Whether a shelved case may be looked at again only on this day: a day to come, within a year, and before an order's deadline.
///
/// # Errors
/// A field's fault, or `order-binds`.
pub fn review_day(today: Date, review_on: Date, begins: Time, upstream: Option<Time>) -> Result<()> {
    let days = today.until(review_on).map_or(i64::MAX, |span| i64::from(span.get_days()));
    if !(1..=LONGEST_SHELF).contains(&days) {
        return Err(Error::Invalid(vec![kernel::FieldError::new("review_on", "out-of-range").with("max", LONGEST_SHELF)]));
    }
    if upstream.is_some_and(|due| begins >= due) {
        return Err(Error::refused(ORDER_BINDS));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_of_approvals() {
        assert_eq!([1, 2, 3, 9].map(Rung::turn), [Rung::Chief, Rung::Leader, Rung::Conference, Rung::Conference]);
        for (lower, higher) in [(Rung::Chief, Rung::Leader), (Rung::Leader, Rung::Conference)] {
            assert!(higher.permissions().iter().all(|p| lower.permissions().contains(p)), "who stands higher may decide lower");
            assert!(lower.permissions().iter().any(|p| !higher.permissions().contains(p)));
        }
    }

    #[test]
    fn each_rung_gives_no_more_than_its_share() {
        use Unit::{Day, Hour, Minute, WorkingDay, WorkingHour};

        let calendar = crate::modules::incidents::tests::clocks::calendar();
        let days = Days { calendar: &calendar, zone: kernel::Zone::CHINA };
        let from: Time = "2025-03-10T10:00:00+08:00".parse().unwrap();
        let limit = |n, unit| Limit { n, unit };
        let three = Some(limit(3, WorkingDay));
        let rows = [
            (Rung::Chief, three, limit(3, WorkingDay), None),
            (Rung::Chief, three, limit(4, WorkingDay), Some(limit(3, WorkingDay))),
            // Natural days that end no later are no longer.
            (Rung::Chief, three, limit(3, Day), None),
            (Rung::Leader, three, limit(6, WorkingDay), None),
            (Rung::Leader, three, limit(7, WorkingDay), Some(limit(6, WorkingDay))),
            (Rung::Conference, three, limit(10, WorkingDay), Some(limit(9, WorkingDay))),
            // A limit of hours can still be extended by a day, not by two.
            (Rung::Chief, Some(limit(4, WorkingHour)), limit(1, WorkingDay), None),
            (Rung::Chief, Some(limit(4, WorkingHour)), limit(2, WorkingDay), Some(limit(1, WorkingDay))),
            (Rung::Leader, Some(limit(240, Minute)), limit(25, Hour), Some(limit(1, WorkingDay))),
            (Rung::Chief, None, limit(90, WorkingDay), None),
        ];
        for (rung, handle, by, longest) in rows {
            let refused = match Lengths::default().fits(&days, rung, handle, by, from) {
                Ok(()) => None,
                Err(Error::Refused(EXTENSION_TOO_LONG, params)) => params.get("longest").cloned(),
                Err(other) => panic!("{other}"),
            };
            assert_eq!(refused, longest.map(|l| serde_json::to_value(l).unwrap()), "{rung} {handle:?} {by:?}");
        }
        assert!(Lengths { chief: 0, ..Lengths::default() }.check().is_err());
        assert!(Lengths { least: limit(0, Hour), ..Lengths::default() }.check().is_err());
    }

    #[test]
    fn a_short_extension_fits_though_the_longest_runs_into_a_year_without_calendar() {
        let calendar = crate::modules::incidents::tests::clocks::calendar();
        let days = Days { calendar: &calendar, zone: kernel::Zone::CHINA };
        let limit = |n| Limit { n, unit: Unit::WorkingDay };
        let from: Time = "2026-12-22T10:00:00+08:00".parse().unwrap();
        let asked = |by| Lengths::default().fits(&days, Rung::Chief, Some(limit(30)), limit(by), from);
        assert!(matches!(days.calendar.add(days.zone, from, limit(30)), Err(Error::Refused(NO_CALENDAR, _))), "the longest");
        assert!(asked(2).is_ok());
        assert!(matches!(asked(30), Err(Error::Refused(NO_CALENDAR, _))), "its own end is not known");
        let short = Lengths::default().fits(&days, Rung::Chief, Some(limit(1)), limit(2), from);
        assert!(matches!(short, Err(Error::Refused(EXTENSION_TOO_LONG, _))));
    }

    #[test]
    fn a_wait_ends_with_an_order_from_above() {
        let t = |days: i64| Time::from_millis(0).plus_days(days);
        assert_eq!(ask_until(t(0), 5, None).unwrap(), t(5));
        assert_eq!(ask_until(t(0), 5, Some(t(2))).unwrap(), t(2));
        assert!(matches!(ask_until(t(3), 5, Some(t(2))), Err(Error::Refused(ORDER_BINDS, _))));
        for days in [0, -1, 31] {
            assert!(matches!(ask_until(t(0), days, None), Err(Error::Invalid(_))), "{days}");
        }
    }

    #[test]
    fn a_review_lies_ahead_within_a_year() {
        let day = |n: i32| Date::constant(2025, 3, 10).checked_add(jiff::Span::new().days(n)).unwrap();
        let t = Time::from_millis;
        for (n, good) in [(-1, false), (0, false), (1, true), (366, true), (367, false)] {
            assert_eq!(review_day(day(0), day(n), t(10), None).is_ok(), good, "{n}");
        }
        assert!(matches!(review_day(day(0), day(3), t(10), Some(t(10))), Err(Error::Refused(ORDER_BINDS, _))));
        assert!(review_day(day(0), day(3), t(10), Some(t(11))).is_ok());
    }
}
