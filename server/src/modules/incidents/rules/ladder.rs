//! 预警与逐级升级: which stages a case's light sets off, when, whom they reach and what they do. Data of the district, frozen with the
//! case when it is opened, like the limits that it counts from.
//!
//! The stages of a case are a pure function of its light (the instants of its row and the log's pauses) and its ladder. A stage that was
//! set off is kept by the turn of the light that it counts from, so that it comes once for each turn: an extension, another matter or the
//! next clock turn the light anew.

use std::sync::LazyLock;

use db::words;
use kernel::{Error, Id, Result, Time};
use serde::{Deserialize, Serialize};

use crate::{
    declare,
    modules::{
        catalogue::Urgency,
        incidents::{
            clocks::Event,
            model::{Incident, Rule},
        },
    },
    settings::Held,
};

declare! {
    /// What happens when a light turns; holds for cases that are opened from then on.
    ESCALATION: Escalation = "incidents.escalation";
}

/// The most stages of a ladder.
const MOST_STAGES: usize = 20;
/// The longest wait after a turn of the light, in minutes: ninety days.
const LONGEST_MINUTES: i64 = 90 * 24 * 60;

words! {
    /// The turn of the light that a stage counts from.
    pub enum Mark {
        /// 临期: a fifth of the limit is left.
        Yellow = "yellow",
        /// 超期: the limit is over.
        Red = "red",
    }
}

words! {
    /// Whom a stage tells (通知对象).
    pub enum Whom {
        /// 承办人: the person who leads, else the unit's desk.
        Lead = "lead",
        /// 单位负责人: the head of the unit that leads.
        Head = "head",
        /// 归属工作台: the desk that owns the case.
        Desk = "desk",
        /// 街道领导
        StreetLeader = "street_leader",
        /// 区级派遣员
        DistrictDesk = "district_desk",
        /// 督查员
        Supervisor = "supervisor",
    }
}

words! {
    /// How grave a supervision order is (督办种类), from light to grave.
    pub enum Card {
        /// 催办
        Urge = "urge",
        /// 黄牌
        Yellow = "yellow",
        /// 红牌
        Red = "red",
    }
}

words! {
    /// Ladders that come with the program.
    pub enum Preset {
        /// 标准: the person, the unit's head, after a day the street leader, after two days an order.
        Standard = "standard",
        /// 从严: the same, and a case that nobody takes on goes to the desk above.
        Strict = "strict",
        /// 只提醒: the person and the unit's head, nothing more.
        WarnOnly = "warn_only",
    }
}

/// What a stage does beside telling people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Then {
    /// 升级: the case goes to the desk above.
    Escalate,
    /// 督办: an order goes out.
    Supervise {
        /// How grave.
        card: Card,
        /// Until when the unit has to reply, in minutes from then.
        reply_minutes: i64,
    },
}

/// One rung.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Its name within the ladder; small letters, digits and underlines.
    pub stage: String,
    /// What it counts from.
    pub mark: Mark,
    /// How long after, in minutes; pauses do not count.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub after_minutes: i64,
    /// Only while nobody has taken the task on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub while_waiting: bool,
    /// Whom it tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tell: Vec<Whom>,
    /// What else it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<Then>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
const fn is_zero(n: &i64) -> bool {
    *n == 0
}

/// What happens to cases whose light turns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ladder {
    /// The rungs, in any order.
    pub stages: Vec<Stage>,
}

impl Ladder {
    /// The ladder of a preset for cases of an urgency (rules of the field, 3).
    pub fn of(preset: Preset, urgency: Urgency) -> Self {
        const DAY: i64 = 24 * 60;
        let (warn, leader, order) = match urgency {
            Urgency::Normal | Urgency::Urgent => (vec![Whom::Lead], DAY, 2 * DAY),
            Urgency::Emergency => (vec![Whom::Lead, Whom::Head], 30, 60),
        };
        let card = if urgency == Urgency::Emergency { Card::Yellow } else { Card::Urge };
        let mut stages = vec![
            stage("warn", Mark::Yellow, 0, warn, None),
            stage("overdue", Mark::Red, 0, vec![Whom::Lead, Whom::Head], None),
            stage("leader", Mark::Red, leader, vec![Whom::StreetLeader], None),
            stage("order", Mark::Red, order, vec![Whom::Head], Some(Then::Supervise { card, reply_minutes: leader })),
        ];
        match preset {
            Preset::Standard => {}
            Preset::Strict => {
                // From a grid over its community and its street to the district; who stands higher to begin with is there sooner.
                for (n, name) in (1..).zip(["hand_up", "hand_up_2", "hand_up_3"]) {
                    let up = stage(name, Mark::Red, n * 30, vec![Whom::Desk], Some(Then::Escalate));
                    stages.push(Stage { while_waiting: true, ..up });
                }
            }
            Preset::WarnOnly => stages.truncate(2),
        }
        Self { stages }
    }

    /// Refuses what could not work; the fields are those of the setting.
    pub fn check(&self, field: &str) -> Result<()> {
        let fault = |n: usize, name: &str, code| Err(Error::invalid(format!("{field}.stages[{n}].{name}"), code));
        if self.stages.len() > MOST_STAGES {
            return Err(Error::invalid(format!("{field}.stages"), "too-many"));
        }
        for (n, stage) in self.stages.iter().enumerate() {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if stage.stage.is_empty() || stage.stage.len() > 32 || !stage.stage.chars().all(plain) {
                return fault(n, "stage", "bad-name");
            }
            if self.stages[..n].iter().any(|s| s.stage == stage.stage) {
                return fault(n, "stage", "named-twice");
            }
            if !(0..=LONGEST_MINUTES).contains(&stage.after_minutes) {
                return fault(n, "after_minutes", "out-of-range");
            }
            if stage.tell.is_empty() && stage.then.is_none() {
                return fault(n, "tell", "required");
            }
            if let Some(Then::Supervise { reply_minutes, .. }) = stage.then
                && !(1..=LONGEST_MINUTES).contains(&reply_minutes)
            {
                return fault(n, "then.supervise.reply_minutes", "out-of-range");
            }
        }
        Ok(())
    }
}

/// The ladder of a case: its own, or the standard one of its urgency.
pub fn of_case(rule: Option<&Rule>, urgency: Urgency) -> &Ladder {
    static STANDARD: LazyLock<[Ladder; 3]> = LazyLock::new(|| {
        [Urgency::Normal, Urgency::Urgent, Urgency::Emergency].map(|urgency| Ladder::of(Preset::Standard, urgency))
    });
    rule.and_then(|r| r.ladder.as_ref()).unwrap_or(match urgency {
        Urgency::Normal => &STANDARD[0],
        Urgency::Urgent => &STANDARD[1],
        Urgency::Emergency => &STANDARD[2],
    })
}

fn stage(name: &str, mark: Mark, after_minutes: i64, tell: Vec<Whom>, then: Option<Then>) -> Stage {
    Stage { stage: name.to_owned(), mark, after_minutes, while_waiting: false, tell, then }
}

/// The district's ladders: a preset, and what holds instead of it for cases of one urgency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Escalation {
    /// What holds where nothing else is given.
    pub preset: Preset,
    /// For ordinary cases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normal: Option<Ladder>,
    /// For urgent cases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urgent: Option<Ladder>,
    /// For emergencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emergency: Option<Ladder>,
    /// Who signs the orders that a rule issues.
    pub signer: String,
}

impl Default for Escalation {
    fn default() -> Self {
        Self { preset: Preset::Standard, normal: None, urgent: None, emergency: None, signer: "区级指挥中心".into() }
    }
}

impl Escalation {
    /// What is frozen with a case of this urgency; nothing stands for the standard preset.
    pub fn frozen(&self, urgency: Urgency) -> Option<Ladder> {
        let own = match urgency {
            Urgency::Normal => &self.normal,
            Urgency::Urgent => &self.urgent,
            Urgency::Emergency => &self.emergency,
        };
        match (own, self.preset) {
            (Some(ladder), _) => Some(ladder.clone()),
            (None, Preset::Standard) => None,
            (None, preset) => Some(Ladder::of(preset, urgency)),
        }
    }
}

impl Held for Escalation {
    fn check(&self) -> Result<()> {
        let signer = self.signer.trim().chars().count();
        if !(1..=50).contains(&signer) {
            return Err(Error::invalid("value.signer", "bad-length"));
        }
        let ladders = [("value.normal", &self.normal), ("value.urgent", &self.urgent), ("value.emergency", &self.emergency)];
        ladders.into_iter().try_for_each(|(field, ladder)| ladder.as_ref().map_or(Ok(()), |l| l.check(field)))
    }
}

/// The light that stages are counted from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lit {
    /// When it turns yellow; nothing while no clock runs.
    pub yellow_at: Option<Time>,
    /// When it turns red.
    pub red_at: Option<Time>,
    /// Whether the task waits to be taken on.
    pub waiting: bool,
    /// How long the clocks stood still after the light had turned red, in milliseconds; see [`held`].
    pub held: i64,
}

/// A stage of a case with its instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm<'l> {
    /// The rung.
    pub stage: &'l Stage,
    /// The turn of the light that it counts from.
    pub mark_at: Time,
    /// When it comes.
    pub due_at: Time,
}

impl Alarm<'_> {
    /// How it is kept when a case sets it off.
    pub fn fired(&self, case: Id<Incident>, round: i64) -> Fired {
        Fired { incident_id: case, round, stage: self.stage.stage.clone(), mark_at: self.mark_at }
    }
}

db::record! {
    /// A stage that was set off.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Fired {
        pub incident_id: Id<Incident>,
        pub round: i64,
        pub stage: String,
        pub mark_at: Time,
    }
}

/// The stages that a light sets off, the earliest first.
pub fn alarms<'l>(ladder: &'l Ladder, lit: &Lit) -> Vec<Alarm<'l>> {
    let mut all: Vec<Alarm<'l>> = ladder
        .stages
        .iter()
        .filter(|stage| lit.waiting || !stage.while_waiting)
        .filter_map(|stage| {
            let (mark_at, held) = match stage.mark {
                Mark::Yellow => (lit.yellow_at?, 0),
                Mark::Red => (lit.red_at?, lit.held),
            };
            // What comes with the turn itself comes then; a wait after it stands still while the clocks do.
            let wait = if stage.after_minutes == 0 { 0 } else { stage.after_minutes * 60_000 + held };
            Some(Alarm { stage, mark_at, due_at: mark_at.plus_millis(wait) })
        })
        .collect();
    all.sort_by(|a, b| (a.due_at, &a.stage.stage).cmp(&(b.due_at, &b.stage.stage)));
    all
}

/// Those of them that were not set off in this round.
pub fn waiting<'l>(alarms: Vec<Alarm<'l>>, case: Id<Incident>, round: i64, fired: &[Fired]) -> Vec<Alarm<'l>> {
    let was = |a: &Alarm<'_>| {
        fired.iter().any(|f| (f.incident_id, f.round, f.mark_at) == (case, round, a.mark_at) && f.stage == a.stage.stage)
    };
    alarms.into_iter().filter(|a| !was(a)).collect()
}

/// How long the clocks of a round stood still after its light had turned red, in milliseconds: by pauses, while a result was looked at, and
/// while the case was merged into another.
pub fn held<'e>(log: impl IntoIterator<Item = (Time, &'e Event)>, red_at: Option<Time>) -> i64 {
    let Some(red_at) = red_at else { return 0 };
    let (mut held, mut since): (i64, Option<Time>) = (0, None);
    for (at, event) in log {
        match event {
            Event::Open { .. } => (held, since) = (0, None),
            Event::Pause | Event::Resolve | Event::End => since = since.or(Some(at)),
            Event::Resume | Event::Return => {
                if let Some(from) = since.take().filter(|from| *from >= red_at) {
                    held += (at - from).max(0);
                }
            }
            _ => {}
        }
    }
    held
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Change = fn(&mut Escalation);

    const HOUR: i64 = 3_600_000;

    fn t(hours: i64) -> Time {
        Time::from_millis(hours * HOUR)
    }

    fn lit(yellow: i64, red: i64) -> Lit {
        Lit { yellow_at: Some(t(yellow)), red_at: Some(t(red)), waiting: true, held: 0 }
    }

    fn named(ladder: &Ladder, lit: &Lit) -> Vec<(String, i64)> {
        alarms(ladder, lit).iter().map(|a| (a.stage.stage.clone(), a.due_at.millis() / HOUR)).collect()
    }

    #[test]
    fn the_standard_ladder_is_that_of_the_field() {
        let ladder = Ladder::of(Preset::Standard, Urgency::Normal);
        let told = |n: usize| ladder.stages[n].tell.clone();
        assert_eq!([told(0), told(1), told(2)], [vec![Whom::Lead], vec![Whom::Lead, Whom::Head], vec![Whom::StreetLeader]]);
        assert!(matches!(ladder.stages[3].then, Some(Then::Supervise { card: Card::Urge, .. })));
        let expected = [("warn", 8), ("overdue", 10), ("leader", 34), ("order", 58)];
        assert_eq!(named(&ladder, &lit(8, 10)), expected.map(|(s, h)| (s.to_owned(), h)));
    }

    #[test]
    fn nothing_comes_without_a_light_and_a_wait_stands_still_with_the_clocks() {
        let ladder = Ladder::of(Preset::Strict, Urgency::Normal);
        assert!(alarms(&ladder, &Lit::default()).is_empty());
        let held = Lit { held: 100 * HOUR, waiting: false, ..lit(8, 10) };
        let expected = [("warn", 8), ("overdue", 10), ("leader", 134), ("order", 158)];
        assert_eq!(named(&ladder, &held), expected.map(|(s, h)| (s.to_owned(), h)));
        assert_eq!(named(&ladder, &lit(8, 10)).len(), 7, "a task that waits goes up, a tier at a time");
    }

    #[test]
    fn only_what_stood_still_after_red_is_held() {
        let events = [
            (t(1), Event::Pause),
            (t(3), Event::Resume),
            (t(12), Event::Pause),
            (t(13), Event::Resolve),
            (t(20), Event::Return),
            (t(30), Event::End),
            (t(37), Event::Return),
            (t(40), Event::Resolve),
        ];
        let log = || events.iter().map(|(at, e)| (*at, e));
        assert_eq!(held(log(), Some(t(10))), 15 * HOUR);
        assert_eq!(held(log(), None), 0);
    }

    #[test]
    fn faults_of_a_setting_are_named_by_field() {
        let refused = |change: fn(&mut Escalation)| {
            let mut all = Escalation { urgent: Some(Ladder::of(Preset::Strict, Urgency::Urgent)), ..Escalation::default() };
            change(&mut all);
            all.check().map_err(|e| match e {
                Error::Invalid(fields) => format!("{}: {}", fields[0].field, fields[0].code),
                other => other.to_string(),
            })
        };
        assert_eq!(refused(|_| {}), Ok(()));
        let cases: [(Change, &str); 6] = [
            (|e| e.signer = " ".into(), "value.signer: bad-length"),
            (|e| rung(e).stage = "Über".into(), "value.urgent.stages[1].stage: bad-name"),
            (|e| rung(e).stage = "warn".into(), "value.urgent.stages[1].stage: named-twice"),
            (|e| rung(e).after_minutes = -1, "value.urgent.stages[1].after_minutes: out-of-range"),
            (|e| rung(e).tell.clear(), "value.urgent.stages[1].tell: required"),
            (
                |e| rung(e).then = Some(Then::Supervise { card: Card::Red, reply_minutes: 0 }),
                "value.urgent.stages[1].then.supervise.reply_minutes: out-of-range",
            ),
        ];
        for (change, fault) in cases {
            assert_eq!(refused(change), Err(fault.to_owned()));
        }
    }

    fn rung(all: &mut Escalation) -> &mut Stage {
        &mut all.urgent.as_mut().unwrap().stages[1]
    }

    proptest! {
        #[test]
        fn each_stage_comes_once_for_each_turn(yellow in 0..500_i64, left in 0..100_i64, ahead in 0..200_i64, held in 0..50_i64) {
            let ladder = Ladder::of(Preset::Strict, Urgency::Emergency);
            let case = Id::<Incident>::nil();
            let light = Lit { held: held * HOUR, ..lit(yellow, yellow + left) };
            let all = alarms(&ladder, &light);
            prop_assert_eq!(all.len(), ladder.stages.len());
            prop_assert!(all.windows(2).all(|w| w[0].due_at <= w[1].due_at));
            prop_assert!(all.iter().all(|a| a.due_at >= a.mark_at));
            let now = t(yellow + ahead);
            let fired: Vec<Fired> = all
                .iter()
                .filter(|a| a.due_at <= now)
                .map(|a| Fired { incident_id: case, round: 1, stage: a.stage.stage.clone(), mark_at: a.mark_at })
                .collect();
            // What was set off is over, what was not lies ahead, and a new round or another turn begins anew.
            let left = waiting(all.clone(), case, 1, &fired);
            prop_assert_eq!(left.len() + fired.len(), all.len());
            prop_assert!(left.iter().all(|a| a.due_at > now));
            prop_assert_eq!(waiting(all.clone(), case, 2, &fired).len(), all.len());
            let later = Lit { yellow_at: Some(t(1_000)), red_at: Some(t(1_001)), ..light };
            prop_assert_eq!(waiting(alarms(&ladder, &later), case, 1, &fired).len(), all.len());
        }
    }
}
