//! 回访: who is rung back, how often, at which hours, with which words. Pure; the figures are the setting `callback`.
//!
//! Rules of the field, 3b: three questions asked apart; three attempts at different hours; 未接通 and 不作评价 are counted apart.

use kernel::{Code, Error, Id, Result, Time, Zone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    declare,
    modules::incidents::{
        model::{Action, Incident, Reached},
        store::{Case, Entry},
    },
    settings::Held,
};

declare! {
    /// How reporters are rung back.
    CALLBACK: Practice = "callback";
}

/// More attempts than this are a nuisance, whatever a setting says (rules of the field, 3b).
const MOST_ATTEMPTS: usize = 3;

kernel::codes! {
    /// Nobody is waiting for this call.
    NOT_TO_BE_CALLED = "not-to-be-called";
    /// A colleague is ringing this reporter just now.
    CALLED_BY_OTHER = "called-by-other";
    /// A number is dialled only by whoever claimed the call.
    CLAIM_FIRST = "claim-first";
    /// There was an attempt in the same hours of this day.
    SAME_HOURS = "same-hours";
    /// All attempts of this round are used.
    ATTEMPTS_USED = "attempts-used";
}

/// How a district rings back: the setting `callback`; by itself, `callback.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Practice {
    /// How many of a hundred reporters are rung; 100 is all.
    pub percent: u8,
    /// How many days after a case was solved its reporter is still asked.
    pub within_days: i64,
    /// How many attempts, at most three.
    pub attempts: usize,
    /// For how long a caller keeps a case, in minutes.
    pub lease_minutes: i64,
    /// When the hours of a day begin that count as different, as `HH:MM` in order.
    pub bands: Vec<String>,
    /// What is said.
    pub script: Script,
}

/// What a caller says (回访话术).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Script {
    /// The first words.
    pub greeting: Said,
    /// The questions, in order.
    pub questions: Vec<Asked>,
    /// The last words.
    pub closing: Said,
}

/// Words in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Said {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// A question; its key is the field of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Asked {
    /// `contacted`, `solved` or `satisfied`.
    pub key: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// What can be answered.
    pub answers: Vec<Choice>,
}

/// An answer that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Default for Practice {
    fn default() -> Self {
        // A test holds the file readable.
        serde_json::from_str(include_str!("callback.json")).unwrap_or_else(|_| Self {
            percent: 100,
            within_days: 30,
            attempts: MOST_ATTEMPTS,
            lease_minutes: 15,
            bands: vec![],
            script: Script { greeting: Said::nothing(), questions: vec![], closing: Said::nothing() },
        })
    }
}

impl Held for Practice {
    fn check(&self) -> Result<()> {
        let shape = |b: &String| b.len() == 5 && b.parse::<jiff::civil::Time>().is_ok();
        if !self.bands.iter().all(shape) {
            return Err(Error::invalid("value.bands", "bad-time"));
        }
        if !self.bands.is_sorted() {
            return Err(Error::invalid("value.bands", "not-in-order"));
        }
        let ranges = [
            ("value.percent", (0..=100).contains(&i64::from(self.percent))),
            ("value.attempts", (1..=MOST_ATTEMPTS).contains(&self.attempts)),
            ("value.lease_minutes", (1..=120).contains(&self.lease_minutes)),
            ("value.within_days", (1..=365).contains(&self.within_days)),
        ];
        match ranges.into_iter().find(|(_, fine)| !fine) {
            Some((field, _)) => Err(Error::invalid(field, "out-of-range")),
            None => Ok(()),
        }
    }
}

impl Practice {
    /// Whether this case is in the sample; the draw depends on nothing that anybody can choose.
    fn drawn(&self, id: Id<Incident>) -> bool {
        let tail = u32::from_be_bytes(id.uuid().as_bytes()[12..].try_into().unwrap_or_default());
        // Not the same draw as for verification, so that the two samples are independent.
        tail / 100 % 100 < u32::from(self.percent)
    }

    /// Which hours of its day an instant lies in.
    fn band(&self, zone: Zone, at: Time) -> usize {
        let time = zone.wall(at).time();
        let now = format!("{:02}:{:02}", time.hour(), time.minute());
        self.bands.iter().filter(|start| start.as_str() <= now.as_str()).count()
    }

    /// Whether another attempt may be made now, after those of this round.
    pub fn may_try(&self, zone: Zone, tried: &[Time], now: Time) -> Result<(), Code> {
        if tried.len() >= self.attempts.min(MOST_ATTEMPTS) {
            return Err(ATTEMPTS_USED);
        }
        let slot = |at: Time| (zone.date(at), self.band(zone, at));
        if tried.iter().any(|at| slot(*at) == slot(now)) { Err(SAME_HOURS) } else { Ok(()) }
    }

    /// Whether the call is over after this attempt: answered, refused, a dead number, or the last one.
    pub fn is_last(&self, outcome: Reached, tried_before: usize) -> bool {
        match outcome {
            Reached::Reached | Reached::Refused | Reached::DeadNumber => true,
            Reached::NoAnswer | Reached::NotTheReporter => tried_before + 1 >= self.attempts.min(MOST_ATTEMPTS),
        }
    }

    /// What a step does to the queue of calls: a solved case waits for one, a case that is worked on again or rated does not.
    pub fn follow(&self, case: &mut Case, entry: &Entry, now: Time) {
        match entry.action {
            Action::Resolve | Action::SolveOnSpot => {
                let due = case.phone_sealed.is_some() && self.drawn(case.id) && entry.at.plus_days(self.within_days) > now;
                case.call_at = due.then_some(entry.at);
            }
            // A neighbour who joined rates for himself, not for the reporter who left the number.
            Action::Rate if entry.details.is_some() => {}
            Action::Return | Action::Reopen | Action::Rate | Action::Merge | Action::Annul | Action::Archive => {
                case.call_at = None;
            }
            _ => {}
        }
    }
}

impl Said {
    const fn nothing() -> Self {
        Self { zh: String::new(), en: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        format!("{text}+08:00").parse().unwrap()
    }

    #[test]
    fn the_shipped_script_asks_the_three_questions_apart() {
        let practice: Practice = serde_json::from_str(include_str!("callback.json")).unwrap();
        let keys: Vec<&str> = practice.script.questions.iter().map(|q| q.key.as_str()).collect();
        assert_eq!(keys, ["contacted", "solved", "satisfied"]);
        assert_eq!((practice.percent, practice.attempts), (100, 3));
    }

    #[test]
    fn three_attempts_at_different_hours() {
        let practice = Practice::default();
        let may =
            |tried: &[&str], now: &str| practice.may_try(Zone::CHINA, &tried.iter().map(|t| at(t)).collect::<Vec<_>>(), at(now));
        let rows = [
            (&[][..], "2025-03-10T10:00:00", Ok(())),
            (&["2025-03-10T10:00:00"][..], "2025-03-10T11:59:00", Err(SAME_HOURS)),
            (&["2025-03-10T10:00:00"][..], "2025-03-10T12:00:00", Ok(())),
            // The same hours of another day are other hours.
            (&["2025-03-10T10:00:00"][..], "2025-03-11T10:00:00", Ok(())),
            (&["2025-03-10T10:00:00", "2025-03-10T15:00:00"][..], "2025-03-10T17:59:00", Err(SAME_HOURS)),
            (&["2025-03-10T10:00:00", "2025-03-10T15:00:00"][..], "2025-03-10T18:30:00", Ok(())),
            (
                &["2025-03-10T10:00:00", "2025-03-10T15:00:00", "2025-03-10T19:00:00"][..],
                "2025-03-12T10:00:00",
                Err(ATTEMPTS_USED),
            ),
        ];
        for (tried, now, expected) in rows {
            assert_eq!(may(tried, now), expected, "{tried:?} {now}");
        }
    }

    #[test]
    fn a_call_ends_with_an_answer_or_with_the_last_attempt() {
        let practice = Practice::default();
        for ends in [Reached::Reached, Reached::Refused, Reached::DeadNumber] {
            assert!(practice.is_last(ends, 0), "{ends}");
        }
        assert_eq!([0, 1, 2].map(|n| practice.is_last(Reached::NoAnswer, n)), [false, false, true]);
    }

    #[test]
    fn a_setting_cannot_make_it_a_nuisance() {
        let practice = Practice { attempts: 50, ..Practice::default() };
        let tried = [at("2025-03-10T10:00:00"), at("2025-03-11T10:00:00"), at("2025-03-12T10:00:00")];
        assert_eq!(practice.may_try(Zone::CHINA, &tried, at("2025-03-13T10:00:00")), Err(ATTEMPTS_USED));
    }

    #[test]
    fn a_practice_that_could_not_work_is_refused() {
        let with = |change: fn(&mut Practice)| {
            let mut practice = Practice::default();
            change(&mut practice);
            practice.check()
        };
        assert!(with(|_| {}).is_ok());
        assert!(
            with(|p| p.percent = 101).is_err() && with(|p| p.attempts = 4).is_err() && with(|p| p.lease_minutes = 0).is_err()
        );
        assert!(with(|p| p.bands = vec!["25:00".into()]).is_err());
        assert!(with(|p| p.bands = vec!["14:00".into(), "12:00".into()]).is_err());
    }

    #[test]
    fn about_so_many_are_drawn() {
        let practice = Practice { percent: 30, ..Practice::default() };
        let drawn = (0..5_000).filter(|_| practice.drawn(Id::new(Time::from_millis(1)))).count();
        assert!((1_300..1_700).contains(&drawn), "{drawn}");
    }
}
