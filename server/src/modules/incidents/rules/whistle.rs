//! 吹哨报到: who may summon whom for what, until when a unit has to report in, and how far a whistle has come. Pure rules.
//!
//! A whistle summons, it does not assign: it is how a street reaches a department. Who may lead is still the gate's word.

use std::{collections::BTreeMap, ops::RangeInclusive};

use db::words;
use kernel::{Error, Result, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    declare,
    modules::{
        catalogue::{AccessClass, Urgency},
        incidents::model::{Light, Role, TaskState},
    },
    settings::Held,
};

/// A summons of units to one case (吹哨).
pub struct Whistle;

words! {
    /// How far a whistle has come; the district's method gives each step its name (setting `incidents.whistle`).
    pub enum WhistleState {
        /// 呼叫: nobody has reported in yet.
        Called = "called",
        /// 分办: some units are there, others are not.
        Divided = "divided",
        /// 联动: every unit is there.
        Joint = "joint",
        /// 销号
        Closed = "closed",
        /// 撤哨
        CalledOff = "called_off",
    }
}

impl WhistleState {
    /// Whether units are still expected or at work.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Called | Self::Divided | Self::Joint)
    }
}

words! {
    /// How a summoned unit answered.
    pub enum ReportIn {
        /// 待报到
        Waiting = "waiting",
        /// 按时报到
        InTime = "in_time",
        /// 迟到
        Late = "late",
        /// 未报到
        Missing = "missing",
        /// 已解除: let go before its time was over.
        Released = "released",
    }
}

words! {
    /// The whistler's grade (评价等次).
    pub enum Grade {
        /// 好
        Good = "good",
        /// 一般
        Fair = "fair",
        /// 差
        Poor = "poor",
    }
}

kernel::codes! {
    /// This tier may not summon such a unit for a matter of this class.
    MAY_NOT_WHISTLE = "may-not-whistle";
    /// Another unit leads and is at work.
    LEAD_AT_WORK = "lead-at-work";
    /// The task came without a whistle.
    NOT_SUMMONED = "not-summoned";
    /// The unit has reported in already.
    ALREADY_REPORTED_IN = "already-reported-in";
    /// The whistle was closed or called off.
    WHISTLE_OVER = "whistle-over";
    /// A unit that came is still at work, or the lead has not finished.
    PARTS_OPEN = "parts-open";
}

/// Who may summon whom: one row of the setting `incidents.whistle`. Kinds of units are the district's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MayBlow {
    /// The kinds of the units from which it is blown.
    pub from: Vec<String>,
    /// The classes of the matter.
    pub classes: Vec<AccessClass>,
    /// The kinds of the units that may be summoned.
    pub to: Vec<String>,
}

/// Whether any row lets this kind summon that kind for this class.
pub fn may_blow(rows: &[MayBlow], from: &str, class: AccessClass, to: &str) -> bool {
    let among = |kinds: &[String], kind: &str| kinds.iter().any(|k| k == kind);
    rows.iter().any(|row| among(&row.from, from) && row.classes.contains(&class) && among(&row.to, to))
}

/// Natural minutes until a unit has to report in, by urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minutes {
    /// 一般
    pub normal: u32,
    /// 紧急
    pub urgent: u32,
    /// 特急
    pub emergency: u32,
}

impl Minutes {
    /// The limit for this urgency.
    pub const fn of(self, urgency: Urgency) -> u32 {
        match urgency {
            Urgency::Normal => self.normal,
            Urgency::Urgent => self.urgent,
            Urgency::Emergency => self.emergency,
        }
    }
}

declare! {
    /// How this district summons units.
    WHISTLE: Method = "incidents.whistle";
}

/// A district's whistle: who may, until when, and what the steps are called.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// Limits.
    pub minutes: Minutes,
    /// Who may blow.
    pub may: Vec<MayBlow>,
    /// The names of the steps, by the word of the state.
    pub steps: BTreeMap<String, String>,
}

impl Default for Method {
    /// The preset of the four steps.
    fn default() -> Self {
        let nobody = Self { minutes: Minutes { normal: 120, urgent: 60, emergency: 30 }, may: vec![], steps: BTreeMap::new() };
        serde_json::from_str(include_str!("../../../../presets/whistle.json")).unwrap_or(nobody)
    }
}

impl Held for Method {
    fn check(&self) -> Result<()> {
        let Minutes { normal, urgent, emergency } = self.minutes;
        if [normal, urgent, emergency].iter().any(|m| !MINUTES.contains(m)) {
            return Err(Error::invalid("value.minutes", "out-of-range"));
        }
        if self.steps.keys().any(|word| WhistleState::of(word).is_none()) {
            return Err(Error::invalid("value.steps", "unknown-word"));
        }
        Ok(())
    }
}

/// Minutes that a unit may be given to report in: five minutes to a day.
pub const MINUTES: RangeInclusive<u32> = 5..=1_440;

impl Method {
    /// What this district calls a step.
    pub fn step(&self, state: WhistleState) -> String {
        self.steps.get(state.word()).cloned().unwrap_or_else(|| state.word().to_owned())
    }
}

/// What is known of a summoned unit's coming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coming {
    /// Where its task stands.
    pub state: TaskState,
    /// From when on its light is yellow.
    pub warn_at: Time,
    /// Until when it has to be there.
    pub report_by: Time,
    /// When it came.
    pub arrived_at: Option<Time>,
    /// When it was found missing.
    pub missed_at: Option<Time>,
}

impl Coming {
    /// How it answered, at this instant.
    pub fn answer(&self, now: Time) -> ReportIn {
        match self.arrived_at {
            Some(at) if at <= self.report_by => ReportIn::InTime,
            Some(_) => ReportIn::Late,
            None if self.missed_at.is_some() => ReportIn::Missing,
            None if !matches!(self.state, TaskState::Offered | TaskState::Accepted) => ReportIn::Released,
            None if now >= self.report_by => ReportIn::Missing,
            None => ReportIn::Waiting,
        }
    }

    /// The light beside the unit: red from the limit on until it comes, yellow for the last part of its time.
    pub fn light(&self, now: Time) -> Light {
        match self.answer(now) {
            ReportIn::Waiting if now >= self.warn_at => Light::Yellow,
            ReportIn::Waiting | ReportIn::InTime => Light::Green,
            ReportIn::Late | ReportIn::Missing => Light::Red,
            ReportIn::Released => Light::None,
        }
    }
}

/// From here on so many percent of the time to report in are left.
pub fn yellow(called_at: Time, report_by: Time, left: i64) -> Time {
    called_at.plus_millis((report_by - called_at) * (100 - left) / 100)
}

/// How far the whistle has come by its units that count: those that are there or still expected.
pub fn stage(units: impl IntoIterator<Item = (TaskState, Option<Time>)>) -> WhistleState {
    let (mut there, mut expected) = (0, 0);
    for (state, arrived_at) in units {
        match (state, arrived_at) {
            (_, Some(_)) => there += 1,
            (TaskState::Offered | TaskState::Accepted, None) => expected += 1,
            _ => {}
        }
    }
    match (there, expected) {
        (0, _) => WhistleState::Called,
        (_, 0) => WhistleState::Joint,
        _ => WhistleState::Divided,
    }
}

/// Whether a whistle can be closed: who came has finished, and the lead, who answers for the case, as well.
pub fn may_close(units: impl IntoIterator<Item = (Role, TaskState, Option<Time>)>) -> bool {
    units.into_iter().all(|(role, state, arrived_at)| match state {
        // A helper that never came has nothing to finish.
        TaskState::Offered | TaskState::Accepted | TaskState::Signing => role == Role::Helper && arrived_at.is_none(),
        TaskState::Done | TaskState::Returned | TaskState::Withdrawn => true,
    })
}

/// What a step of a whistle carries; it stands in the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = incidents::whistle::Carried)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Carried {
    /// 吹哨
    Whistle {
        /// The whistle.
        whistle: Uuid,
        /// The first, second … of the case.
        n: i64,
        /// Who is summoned.
        units: Vec<Summons>,
        /// Until when.
        report_by: Time,
    },
    /// 报到
    ReportIn {
        /// The whistle.
        whistle: Uuid,
        /// The task.
        task: Uuid,
        /// After the limit.
        late: bool,
        /// Where, when it was said.
        place: Option<Arrival>,
    },
    /// 未按时报到
    NotReportedIn {
        /// The whistle.
        whistle: Uuid,
        /// The task.
        task: Uuid,
    },
    /// 撤哨
    CallOff {
        /// The whistle.
        whistle: Uuid,
    },
    /// 销号
    CloseWhistle {
        /// The whistle.
        whistle: Uuid,
    },
}

/// A unit that a whistle names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Summons {
    /// The unit.
    pub unit: Uuid,
    /// Its name at that time.
    pub name: String,
    /// Its part.
    pub role: Role,
}

/// Where somebody reported in, if it was said.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Arrival {
    /// Longitude, WGS84, to a ten-thousandth of a degree (about 10 m).
    pub lon: f64,
    /// Latitude.
    pub lat: f64,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn t(millis: i64) -> Time {
        Time::from_millis(millis)
    }

    #[test]
    fn the_preset_reads_and_says_how_a_street_reaches_a_department() {
        let method = Method::default();
        method.check().unwrap();
        assert!(!method.may.is_empty());
        assert_eq!((method.minutes.of(Urgency::Normal), method.minutes.of(Urgency::Emergency)), (120, 30));
        for state in WhistleState::ALL {
            assert_ne!(method.step(*state), state.word(), "{state} has no name");
        }
        for (from, class, to, expected) in [
            ("street", AccessClass::Assist, "department", true),
            ("street", AccessClass::Upper, "department", true),
            ("street", AccessClass::Own, "department", false),
            ("street", AccessClass::Own, "community", true),
            ("grid", AccessClass::Upper, "department", false),
            ("grid", AccessClass::Own, "community", true),
            ("district", AccessClass::Own, "department", true),
            ("department", AccessClass::Upper, "street", false),
        ] {
            assert_eq!(may_blow(&method.may, from, class, to), expected, "{from} {class} {to}");
        }
    }

    #[test]
    fn an_answer_by_table() {
        use TaskState::{Accepted, Done, Offered, Withdrawn};
        for (state, arrived, missed, now, answer, light) in [
            (Offered, None, None, 0, ReportIn::Waiting, Light::Green),
            (Offered, None, None, 79, ReportIn::Waiting, Light::Green),
            (Offered, None, None, 80, ReportIn::Waiting, Light::Yellow),
            (Accepted, None, None, 99, ReportIn::Waiting, Light::Yellow),
            (Offered, None, None, 100, ReportIn::Missing, Light::Red),
            (Withdrawn, None, None, 50, ReportIn::Released, Light::None),
            (Withdrawn, None, Some(100), 150, ReportIn::Missing, Light::Red),
            (Accepted, Some(100), None, 150, ReportIn::InTime, Light::Green),
            (Done, Some(101), Some(100), 150, ReportIn::Late, Light::Red),
        ] {
            let coming =
                Coming { state, warn_at: t(80), report_by: t(100), arrived_at: arrived.map(t), missed_at: missed.map(t) };
            assert_eq!((coming.answer(t(now)), coming.light(t(now))), (answer, light), "{coming:?} at {now}");
        }
    }

    #[test]
    fn the_warning_comes_when_the_district_says() {
        assert_eq!([1, 20, 50, 90].map(|left| yellow(t(1_000), t(2_000), left).millis()), [1_990, 1_800, 1_500, 1_100]);
    }

    #[test]
    fn who_came_and_works_keeps_a_whistle_open() {
        use TaskState::{Accepted, Done, Offered, Withdrawn};
        assert!(may_close([(Role::Lead, Done, Some(t(1))), (Role::Helper, Offered, None), (Role::Helper, Withdrawn, None)]));
        assert!(!may_close([(Role::Lead, Done, Some(t(1))), (Role::Helper, Accepted, Some(t(2)))]));
        assert!(!may_close([(Role::Lead, Offered, None)]));
    }

    proptest! {
        #[test]
        fn a_whistle_never_goes_back_when_one_more_reports_in(n in 1..8_usize, arrivals in prop::collection::vec(0..8_usize, 0..10)) {
            let mut units: Vec<(TaskState, Option<Time>)> = vec![(TaskState::Offered, None); n];
            let mut before = stage(units.clone());
            for unit in arrivals.into_iter().filter(|u| *u < n) {
                units[unit] = (TaskState::Accepted, Some(t(1)));
                let after = stage(units.clone());
                prop_assert!(after >= before);
                before = after;
            }
            prop_assert_eq!(before == WhistleState::Joint, units.iter().all(|u| u.1.is_some()));
        }
    }
}
