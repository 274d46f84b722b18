//! 回访: who is rung back, how often, at which hours, with which words. Pure; the figures are the setting `callback`.
//!
//! Rules of the field, 3b: three questions asked apart; three attempts at different hours, some working hours apart; 未接通 and 不作评价 are
//! counted apart.

use jiff::civil::DateTime;
use kernel::{Error, Id, Result, Time, Zone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    declare,
    modules::{
        catalogue::{Limit, Unit},
        incidents::{
            clocks::Days,
            model::{Action, Incident, Reached},
            rules::spoken::wall,
            store::{Case, Entry},
        },
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
    /// There was an attempt in the same hours of this day; `from` is when there are others.
    SAME_HOURS = "same-hours";
    /// The attempt before is too few working hours ago; `from` is when it is not.
    CALLED_LATELY = "called-lately";
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
    /// How many working hours lie between two attempts; none where the district says 0.
    #[serde(default = "four")]
    pub apart_hours: i64,
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

/// Attempts are at least half a working day apart.
const fn four() -> i64 {
    4
}

/// As a refusal says it.
fn said(zone: Zone, at: Time) -> String {
    wall(zone, at).replace('T', " ")
}

impl Default for Practice {
    fn default() -> Self {
        // A test holds the file readable.
        serde_json::from_str(include_str!("callback.json")).unwrap_or_else(|_| Self {
            percent: 100,
            within_days: 30,
            attempts: MOST_ATTEMPTS,
            lease_minutes: 15,
            apart_hours: four(),
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
            ("value.apart_hours", (0..=40).contains(&self.apart_hours)),
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

    /// Since when the hours of its day have run that an instant lies in.
    fn hours(&self, zone: Zone, at: Time) -> Time {
        let wall = zone.wall(at);
        self.starts(wall).filter(|start| *start <= wall).max().map_or(at, |start| zone.instant(start))
    }

    /// When the next hours of the day begin, at midnight at the latest.
    fn next_hours(&self, zone: Zone, at: Time) -> Time {
        let wall = zone.wall(at);
        let midnight = wall.date().tomorrow().map(|day| day.at(0, 0, 0, 0)).ok();
        self.starts(wall).filter(|start| *start > wall).min().or(midnight).map_or(at, |start| zone.instant(start))
    }

    fn starts(&self, wall: DateTime) -> impl Iterator<Item = DateTime> {
        let bands = self.bands.iter().filter_map(|b| b.parse::<jiff::civil::Time>().ok());
        std::iter::once(jiff::civil::Time::midnight()).chain(bands).map(move |time| wall.date().to_datetime(time))
    }

    /// From when another attempt is possible: so many working hours after the last one, in hours of a day that were not tried. Nothing before
    /// the first, or after the last that is allowed.
    ///
    /// # Errors
    /// `Refused` with the year when the calendar does not know it.
    pub fn next_from(&self, days: &Days<'_>, tried: &[Time]) -> Result<Option<Time>> {
        let Some(last) = tried.iter().max().filter(|_| tried.len() < self.attempts.min(MOST_ATTEMPTS)) else { return Ok(None) };
        let mut from = self.apart(days, *last)?;
        while self.is_tried(days.zone, tried, from) {
            from = self.next_hours(days.zone, from);
        }
        Ok(Some(from))
    }

    fn apart(&self, days: &Days<'_>, last: Time) -> Result<Time> {
        match self.apart_hours {
            0 => Ok(last),
            n => days.calendar.add(days.zone, last, Limit { n, unit: Unit::WorkingHour }),
        }
    }

    fn is_tried(&self, zone: Zone, tried: &[Time], at: Time) -> bool {
        tried.iter().any(|t| self.hours(zone, *t) == self.hours(zone, at))
    }

    /// Whether another attempt may be made now, after those of this round.
    ///
    /// # Errors
    /// `Refused`: by the number of attempts, their distance or their hours, or as [`Self::next_from`] is.
    pub fn may_try(&self, days: &Days<'_>, tried: &[Time], now: Time) -> Result<()> {
        if tried.len() >= self.attempts.min(MOST_ATTEMPTS) {
            return Err(Error::refused(ATTEMPTS_USED));
        }
        let from = || Ok::<_, Error>(self.next_from(days, tried)?.map(|from| said(days.zone, from)));
        match tried.iter().max() {
            Some(last) if now < self.apart(days, *last)? => Err(Error::refused_with(CALLED_LATELY, "from", from()?)),
            Some(_) if self.is_tried(days.zone, tried, now) => Err(Error::refused_with(SAME_HOURS, "from", from()?)),
            _ => Ok(()),
        }
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
    use kernel::Code;

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

    fn tried(practice: &Practice, tried: &[&str], now: &str) -> Result<(), (Code, Option<String>)> {
        let calendar = crate::modules::incidents::tests::clocks::calendar();
        let days = Days { calendar: &calendar, zone: Zone::CHINA };
        let times: Vec<Time> = tried.iter().map(|t| at(t)).collect();
        practice.may_try(&days, &times, at(now)).map_err(|error| match error {
            Error::Refused(code, params) => (code, params.get("from").and_then(|f| f.as_str()).map(str::to_owned)),
            other => panic!("{other}"),
        })
    }

    #[test]
    fn three_attempts_at_different_hours() {
        let practice = Practice { apart_hours: 0, ..Practice::default() };
        let from = |text: &str| Err((SAME_HOURS, Some(text.to_owned())));
        let rows = [
            (&[][..], "2025-03-10T10:00:00", Ok(())),
            (&["2025-03-10T10:00:00"][..], "2025-03-10T11:59:00", from("2025-03-10 12:00")),
            (&["2025-03-10T10:00:00"][..], "2025-03-10T12:00:00", Ok(())),
            // The same hours of another day are other hours.
            (&["2025-03-10T10:00:00"][..], "2025-03-11T10:00:00", Ok(())),
            (&["2025-03-10T10:00:00", "2025-03-10T15:00:00"][..], "2025-03-10T17:59:00", from("2025-03-10 18:00")),
            (&["2025-03-10T10:00:00", "2025-03-10T15:00:00"][..], "2025-03-10T18:30:00", Ok(())),
            (&["2025-03-10T19:00:00"][..], "2025-03-10T20:00:00", from("2025-03-11 00:00")),
            (
                &["2025-03-10T10:00:00", "2025-03-10T15:00:00", "2025-03-10T19:00:00"][..],
                "2025-03-12T10:00:00",
                Err((ATTEMPTS_USED, None)),
            ),
        ];
        for (before, now, expected) in rows {
            assert_eq!(tried(&practice, before, now), expected, "{before:?} {now}");
        }
    }

    #[test]
    fn attempts_are_four_working_hours_apart() {
        let practice = Practice::default();
        assert_eq!(practice.apart_hours, 4);
        let from = |text: &str| Err((CALLED_LATELY, Some(text.to_owned())));
        let rows = [
            // Two hours before noon, two after the rest.
            (&["2025-03-10T10:00:00"][..], "2025-03-10T15:59:00", from("2025-03-10 16:00")),
            (&["2025-03-10T10:00:00"][..], "2025-03-10T16:00:00", Ok(())),
            // Over the night, and over a weekend.
            (&["2025-03-10T16:30:00"][..], "2025-03-10T19:00:00", from("2025-03-11 11:30")),
            (&["2025-03-14T16:30:00"][..], "2025-03-16T15:00:00", from("2025-03-17 11:30")),
            (&["2025-03-14T16:30:00"][..], "2025-03-17T11:30:00", Ok(())),
        ];
        for (before, now, expected) in rows {
            assert_eq!(tried(&practice, before, now), expected, "{before:?} {now}");
        }
        // Both hold: far enough apart may still be the same hours.
        let whole_days = Practice { bands: vec![], ..Practice::default() };
        let same = Err((SAME_HOURS, Some("2025-03-11 00:00".to_owned())));
        assert_eq!(tried(&whole_days, &["2025-03-10T08:30:00"], "2025-03-10T17:00:00"), same);
        // A value that was set before says nothing of it.
        let mut stored = serde_json::to_value(&practice).unwrap();
        stored.as_object_mut().unwrap().remove("apart_hours");
        assert_eq!(serde_json::from_value::<Practice>(stored).unwrap(), practice);
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
        let before = ["2025-03-10T10:00:00", "2025-03-11T10:00:00", "2025-03-12T10:00:00"];
        assert_eq!(tried(&practice, &before, "2025-03-13T10:00:00"), Err((ATTEMPTS_USED, None)));
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
