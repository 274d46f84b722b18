//! 特急: natural minutes, desks that are rung until they answer, bulletins, the note afterwards, first measures by the grassroots. Pure rules.
//!
//! Source: rules of the field, 3 (特急) and 3b (先期处置).

use db::words;
use kernel::{Code, Error, Id, Result, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    declare,
    modules::{
        catalogue::{AccessClass, Limit, Unit as LimitUnit, Urgency},
        incidents::model::{Rule, gate},
        org::{Directory, Person, STREETS, Unit},
    },
    settings::Held,
};

/// A desk that is rung for one emergency until it answers.
pub struct Bell;

words! {
    /// A bulletin of an emergency (信息报送).
    pub enum Bulletin {
        /// 首报
        First = "first",
        /// 续报
        Further = "further",
        /// 终报
        Final = "final",
    }
}

kernel::codes! {
    /// The case is no emergency.
    NOT_AN_EMERGENCY = "not-an-emergency";
    /// No desk of the caller is being rung for this case.
    NOTHING_TO_ACKNOWLEDGE = "nothing-to-acknowledge";
    /// The first bulletin comes first and once, the final one last and once.
    BULLETIN_ORDER = "bulletin-order";
    /// An emergency is not closed before its final bulletin.
    FINAL_BULLETIN_MISSING = "final-bulletin-missing";
    /// An emergency is not archived before its after-action note.
    AFTER_ACTION_MISSING = "after-action-missing";
    /// The after-action note was written already.
    AFTER_ACTION_WRITTEN = "after-action-written";
    /// Urgency is only ever raised.
    NOT_MORE_URGENT = "not-more-urgent";
}

declare! {
    /// How this district meets emergencies.
    EMERGENCY: Method = "incidents.emergency";
}

/// A telephone number that helps at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EmergencyNumber {
    /// What answers there.
    pub name: String,
    /// The number.
    pub phone: String,
}

/// Limits of an emergency in natural minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// To take the task on.
    pub accept_minutes: i64,
    /// To solve it.
    pub handle_minutes: i64,
}

/// How a district meets emergencies.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// Minutes between two rings.
    pub ring_minutes: i64,
    /// Minutes until the first bulletin is due.
    pub first_bulletin_minutes: i64,
    /// Limits where the catalogue's are no natural minutes or longer.
    pub limits: Limits,
    /// Kinds of units that are duty rooms.
    pub duty_rooms: Vec<String>,
    /// Kinds of units that stand in for the district's duty room, or have it below them.
    pub centres: Vec<String>,
    /// What to call first.
    pub numbers: Vec<EmergencyNumber>,
}

impl Default for Method {
    fn default() -> Self {
        let bare = Self {
            ring_minutes: 5,
            first_bulletin_minutes: 30,
            limits: Limits { accept_minutes: 10, handle_minutes: 240 },
            duty_rooms: vec![],
            centres: vec![],
            numbers: vec![],
        };
        serde_json::from_str(include_str!("../../../../presets/emergency.json")).unwrap_or(bare)
    }
}

impl Held for Method {
    fn check(&self) -> Result<()> {
        let day = 1..=1_440_i64;
        for (field, minutes) in [
            ("value.ring_minutes", self.ring_minutes),
            ("value.first_bulletin_minutes", self.first_bulletin_minutes),
            ("value.limits.accept_minutes", self.limits.accept_minutes),
            ("value.limits.handle_minutes", self.limits.handle_minutes),
        ] {
            if !day.contains(&minutes) {
                return Err(Error::invalid(field, "out-of-range"));
            }
        }
        if self.numbers.is_empty() { Err(Error::invalid("value.numbers", "required")) } else { Ok(()) }
    }
}

impl Method {
    /// The numbers to show first, when the case is an emergency.
    pub fn numbers(self, urgency: Urgency) -> Vec<EmergencyNumber> {
        if urgency == Urgency::Emergency { self.numbers } else { vec![] }
    }
}

/// The rule of an emergency: natural minutes, never more than the district's limits.
pub fn hasten(rule: &Rule, urgency: Urgency, limits: Limits) -> Rule {
    if urgency != Urgency::Emergency {
        return rule.clone();
    }
    Rule {
        accept: Some(sooner(rule.accept, limits.accept_minutes)),
        handle: Some(sooner(rule.handle, limits.handle_minutes)),
        ..rule.clone()
    }
}

fn sooner(limit: Option<Limit>, minutes: i64) -> Limit {
    let natural = limit.and_then(|l| match l.unit {
        LimitUnit::Minute => Some(l.n),
        LimitUnit::Hour => Some(l.n * 60),
        LimitUnit::Day => Some(l.n * 1_440),
        LimitUnit::WorkingHour | LimitUnit::WorkingDay => None,
    });
    Limit { n: natural.map_or(minutes, |n| n.min(minutes)), unit: LimitUnit::Minute }
}

/// Whether a bulletin may come now.
pub fn bulletin(kind: Bulletin, first: bool, last: bool) -> Result<(), Code> {
    let fits = match kind {
        Bulletin::First => !first,
        Bulletin::Further | Bulletin::Final => first && !last,
    };
    if fits { Ok(()) } else { Err(BULLETIN_ORDER) }
}

/// Whether a case may be closed, as far as emergencies go.
pub fn may_close(urgency: Urgency, final_bulletin: bool) -> Result<(), Code> {
    if urgency == Urgency::Emergency && !final_bulletin { Err(FINAL_BULLETIN_MISSING) } else { Ok(()) }
}

/// Whether a case may be archived, as far as emergencies go.
pub fn may_archive(urgency: Urgency, after_action: bool) -> Result<(), Code> {
    if urgency == Urgency::Emergency && !after_action { Err(AFTER_ACTION_MISSING) } else { Ok(()) }
}

/// The gate, with its one exception: in an emergency the grassroots may be sent for first measures (cordon, warn), if that is asked for.
/// True when the exception was needed.
pub fn gate_for(class: AccessClass, lead_is_grassroots: bool, urgency: Urgency, first_measures: bool) -> Result<bool, Code> {
    match gate(class, lead_is_grassroots) {
        Err(_) if class == AccessClass::Upper && urgency == Urgency::Emergency && first_measures => Ok(true),
        other => other.map(|()| false),
    }
}

/// The desks that are rung for a case at this place: the street's duty room and the district's.
pub fn desks(directory: &Directory, method: &Method, place: Id<Unit>, at: Time) -> Vec<Id<Unit>> {
    let room = |below: Id<Unit>| {
        directory.children(below, at).find(|u| u.at(at).is_some_and(|s| method.duty_rooms.contains(&s.kind))).map(|u| u.id)
    };
    let root = directory.root().id;
    let street = directory.above(place, STREETS, at).map(|s| room(s.id).unwrap_or_else(|| directory.desk_of(s.id, at).id));
    let centres: Vec<Id<Unit>> = directory
        .children(root, at)
        .filter(|u| u.at(at).is_some_and(|s| method.centres.contains(&s.kind)))
        .map(|u| u.id)
        .collect();
    let district = room(root).or_else(|| centres.iter().find_map(|c| room(*c))).or(centres.first().copied()).unwrap_or(root);
    let mut desks: Vec<Id<Unit>> = street.into_iter().chain([district]).collect();
    desks.dedup();
    desks
}

/// Whom to ring at a desk, in order: whoever is on duty, whoever has the next turns, and then the desk above.
pub fn roster(directory: &Directory, desk: Id<Unit>, at: Time) -> Vec<Id<Person>> {
    let mut people: Vec<Id<Person>> = vec![];
    let mut add = |person: Option<Id<Person>>| {
        if let Some(person) = person.filter(|p| !people.contains(p)) {
            people.push(person);
        }
    };
    for turn in directory.turns(desk).filter(|t| t.from <= at && at < t.to) {
        add(turn.person);
    }
    for turn in directory.turns(desk).filter(|t| t.from > at).take(NEXT_TURNS) {
        add(turn.person);
    }
    for above in directory.ancestors(desk, at).into_iter().filter(|u| u.id != desk) {
        add(directory.on_duty(above.id, at).and_then(|d| d.person));
    }
    people
}

/// How many later turns of a desk are rung before the desk above.
const NEXT_TURNS: usize = 2;

/// What a step of an emergency carries; it stands in the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Carried {
    /// 提高紧急程度
    RaiseUrgency {
        /// Before.
        from: Urgency,
        /// After.
        to: Urgency,
    },
    /// 呼叫值守
    Ring {
        /// The desk that is rung.
        unit: Uuid,
        /// The first, second … ring.
        n: i64,
    },
    /// 值守应答
    Acknowledge {
        /// The desks that answered.
        units: Vec<Uuid>,
    },
    /// 信息报送
    Bulletin {
        /// Which.
        bulletin: Bulletin,
        /// The first, second … of the case.
        n: i64,
        /// After the first bulletin's limit.
        late: bool,
    },
    /// 首报超时
    BulletinDue {
        /// When it was due.
        due: Time,
    },
    /// 处置复盘
    AfterAction {
        /// What happened.
        happened: String,
        /// What was done.
        measures: String,
        /// What is learnt.
        lessons: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::catalogue::Verify;

    fn rule(handle: (i64, LimitUnit)) -> Rule {
        let limit = |(n, unit)| Some(Limit { n, unit });
        let (accept, verify) = (limit((1, LimitUnit::WorkingHour)), Verify::Desk);
        Rule {
            matter_version: 1,
            calendar_version: 1,
            accept,
            handle: limit(handle),
            stages: vec![],
            verify,
            ladder: None,
            warn_left: None,
        }
    }

    const LIMITS: Limits = Limits { accept_minutes: 10, handle_minutes: 240 };

    #[test]
    fn the_preset_reads() {
        let method = Method::default();
        method.check().unwrap();
        assert_eq!(method.duty_rooms.len(), 1);
        assert!(method.clone().numbers(Urgency::Urgent).is_empty());
        let phones: Vec<String> = method.numbers(Urgency::Emergency).into_iter().map(|n| n.phone).collect();
        assert_eq!(phones, ["110", "119", "120"]);
    }

    #[test]
    fn an_emergency_counts_natural_minutes() {
        for (given, expected) in [
            ((3, LimitUnit::WorkingDay), 240),
            ((8, LimitUnit::WorkingHour), 240),
            ((2, LimitUnit::Hour), 120),
            ((90, LimitUnit::Minute), 90),
            ((2, LimitUnit::Day), 240),
        ] {
            let hastened = hasten(&rule(given), Urgency::Emergency, LIMITS);
            assert_eq!(hastened.handle, Some(Limit { n: expected, unit: LimitUnit::Minute }), "{given:?}");
            assert_eq!(hasten(&rule(given), Urgency::Urgent, LIMITS), rule(given));
        }
    }

    #[test]
    fn bulletins_by_table() {
        for (kind, first, last, fits) in [
            (Bulletin::First, false, false, true),
            (Bulletin::First, true, false, false),
            (Bulletin::Further, false, false, false),
            (Bulletin::Further, true, false, true),
            (Bulletin::Final, true, false, true),
            (Bulletin::Final, false, false, false),
            (Bulletin::Further, true, true, false),
            (Bulletin::Final, true, true, false),
        ] {
            assert_eq!(bulletin(kind, first, last).is_ok(), fits, "{kind} {first} {last}");
        }
    }

    #[test]
    fn the_ends_and_the_gate_by_table() {
        use AccessClass::{Assist, Own, Upper};

        assert_eq!(may_close(Urgency::Emergency, false), Err(FINAL_BULLETIN_MISSING));
        assert_eq!((may_close(Urgency::Emergency, true), may_close(Urgency::Urgent, false)), (Ok(()), Ok(())));
        assert_eq!(may_archive(Urgency::Emergency, false), Err(AFTER_ACTION_MISSING));
        assert_eq!((may_archive(Urgency::Emergency, true), may_archive(Urgency::Normal, false)), (Ok(()), Ok(())));
        for (class, grassroots, urgency, asked, allowed) in [
            (Upper, true, Urgency::Emergency, true, Some(true)),
            (Upper, true, Urgency::Emergency, false, None),
            (Upper, true, Urgency::Urgent, true, None),
            (Assist, true, Urgency::Emergency, true, None),
            (Upper, false, Urgency::Emergency, true, Some(false)),
            (Own, true, Urgency::Normal, false, Some(false)),
        ] {
            assert_eq!(gate_for(class, grassroots, urgency, asked).ok(), allowed, "{class} {grassroots} {urgency} {asked}");
        }
    }
}
