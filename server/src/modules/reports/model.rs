//! Rates, periods and what changed since a period was frozen. Pure.

use std::collections::BTreeMap;

use jiff::{ToSpan, civil::Date};
use kernel::{Time, Zone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::modules::incidents::rules::figures::{Figure, Judged, View};

db::words! {
    /// What a rate is split by.
    #[derive(Default)]
    pub enum By {
        /// 街道
        #[default]
        Street = "street",
        /// 社区
        Community = "community",
        /// 主办单位
        Department = "department",
        /// 事项
        Matter = "matter",
        /// 渠道
        Channel = "channel",
    }
}

db::words! {
    /// A rate. Each is a share of its denominator; docs/rates.md gives the formulas with their sources.
    pub enum Rate {
        /// 有效率: valid ÷ reported
        Valid = "valid",
        /// 立案率: filed ÷ reported
        Filed = "filed",
        /// 派遣准确率: accurate ÷ dispatched
        Accuracy = "accuracy",
        /// 按期处置率: timely ÷ due
        Timely = "timely",
        /// 办结率: ended ÷ valid
        Ended = "ended",
        /// 结案率: closed ÷ filed
        Closed = "closed",
        /// 核实通过率: passed ÷ checked
        Passed = "passed",
        /// 返工率: reworked ÷ handled
        Rework = "rework",
        /// 超期率: overdue ÷ filed
        Overdue = "overdue",
        /// 响应率: first contact in time ÷ due
        Response = "response",
        /// 解决率: solved ÷ answered
        Solved = "solved",
        /// 满意率: satisfied or mostly ÷ rated
        Satisfied = "satisfied",
        /// 主动发现率: found by workers ÷ valid
        Found = "found",
    }
}

/// How many cases were reported; the one number that is no condition.
pub const REPORTED: &str = "reported";

/// Attempts to ring, counted apart from the answers, as conditions on `incidents_v_rating`.
pub const CALLS: &[(&str, &str)] = &[
    ("attempts", "v.attempt = 1"),
    ("no_answer", "v.attempt = 1 and v.outcome = 'no_answer'"),
    ("dead_number", "v.attempt = 1 and v.outcome = 'dead_number'"),
    ("call_refused", "v.attempt = 1 and v.outcome = 'refused'"),
    ("not_the_reporter", "v.attempt = 1 and v.outcome = 'not_the_reporter'"),
    ("partly_solved", "v.answered = 1 and v.solved = 'partly'"),
];

/// The figures of one view.
pub fn figures(view: View) -> impl Iterator<Item = Figure> {
    Figure::ALL.iter().copied().filter(move |f| f.condition().0 == view)
}

impl Rate {
    /// Numerator and denominator, as words of figures.
    pub const fn parts(self) -> (&'static str, &'static str) {
        match self {
            Self::Valid => (Figure::Valid.word(), REPORTED),
            Self::Filed => (Figure::Filed.word(), REPORTED),
            Self::Accuracy => (Figure::Accurate.word(), Figure::Dispatched.word()),
            Self::Timely => (Figure::Timely.word(), Figure::Due.word()),
            Self::Ended => (Figure::Ended.word(), Figure::Valid.word()),
            Self::Closed => (Figure::Closed.word(), Figure::Filed.word()),
            Self::Passed => (Figure::Passed.word(), Figure::Checked.word()),
            Self::Rework => (Figure::Reworked.word(), Figure::Handled.word()),
            Self::Overdue => (Figure::Overdue.word(), Figure::Filed.word()),
            Self::Response => (Figure::ContactTimely.word(), Figure::ContactDue.word()),
            Self::Solved => (Figure::Solved.word(), Figure::Answered.word()),
            Self::Satisfied => (Figure::Satisfied.word(), Figure::Rated.word()),
            Self::Found => (Figure::Found.word(), Figure::Valid.word()),
        }
    }

    /// As what a case can be left out of it: only where residents judge (rules of the field, 4).
    pub const fn judged(self) -> Option<Judged> {
        match self {
            Self::Response => Some(Judged::Response),
            Self::Solved => Some(Judged::Solved),
            Self::Satisfied => Some(Judged::Satisfied),
            _ => None,
        }
    }
}

/// Figures by their words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counts(pub BTreeMap<String, i64>);

impl Counts {
    /// A figure; 0 when it was not counted.
    pub fn get(&self, word: &str) -> i64 {
        self.0.get(word).copied().unwrap_or(0)
    }

    /// Adds other figures to these.
    pub fn add(&mut self, other: &Self) {
        for (word, n) in &other.0 {
            *self.0.entry(word.clone()).or_default() += n;
        }
    }
}

/// A share of a hundred, rounded half up to two places; nothing of nothing.
pub fn percent(numerator: i64, denominator: i64) -> Option<f64> {
    (denominator > 0).then(|| (numerator as f64 * 10_000.0 / denominator as f64).round() / 100.0)
}

/// One rate with what it is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Share {
    /// Which rate.
    pub rate: Rate,
    /// How many cases, or answers, fulfil it.
    pub numerator: i64,
    /// Of how many.
    pub denominator: i64,
    /// The share, with two places; nothing when there is no denominator.
    pub percent: Option<f64>,
    /// How many were left out of the denominator with somebody's consent.
    pub excluded: i64,
    /// Of a rate of answers the same in cases, as long as the lists are; a rate of cases has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_cases: Option<InCases>,
}

impl Share {
    /// What the rate says, whichever words were kept with it.
    fn says(&self) -> (Rate, i64, i64, i64) {
        (self.rate, self.numerator, self.denominator, self.excluded)
    }
}

/// How many cases are behind the numbers of answers: one that was asked about two rounds counts once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InCases {
    /// Behind the numerator.
    pub numerator: i64,
    /// Behind the denominator.
    pub denominator: i64,
    /// Behind what was left out.
    pub excluded: i64,
}

/// The figures of one street, department or other part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = FiguresLine)]
pub struct Line {
    /// The unit's code, the matter's id or the channel's word; empty for what belongs to none.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Every figure by its word; `answered_cases` and the like are the cases behind answers.
    #[schema(value_type = Object)]
    pub counts: Counts,
    /// The rates.
    pub rates: Vec<Share>,
}

impl Line {
    /// The rates of these figures, less what is left out of each.
    pub fn of(key: String, name: String, counts: Counts, excluded: &BTreeMap<Rate, Counts>) -> Self {
        let nothing = Counts::default();
        let share = |rate: &Rate| {
            let ((numerator, denominator), out) = (rate.parts(), excluded.get(rate).unwrap_or(&nothing));
            let less = |word| counts.get(word) - out.get(word);
            let in_cases = in_cases(numerator).zip(in_cases(denominator));
            let in_cases = in_cases.map(|(n, d)| InCases { numerator: less(n), denominator: less(d), excluded: out.get(d) });
            let (n, d) = (less(numerator), less(denominator));
            Share { rate: *rate, numerator: n, denominator: d, percent: percent(n, d), excluded: out.get(denominator), in_cases }
        };
        Self { rates: Rate::ALL.iter().map(share).collect(), key, name, counts }
    }

    /// What the line says in cases, each number as long as its list: the figures, then numerator, denominator and what is left out of each rate.
    pub fn in_cases(&self) -> Vec<i64> {
        let figures = Figure::ALL.iter().map(|figure| figure.cases().unwrap_or(figure.word()));
        let figures = std::iter::once(REPORTED).chain(figures).map(|word| self.counts.get(word));
        let rates = self.rates.iter().flat_map(|share| {
            let of_cases = InCases { numerator: share.numerator, denominator: share.denominator, excluded: share.excluded };
            let InCases { numerator, denominator, excluded } = share.in_cases.unwrap_or(of_cases);
            [numerator, denominator, excluded]
        });
        figures.chain(rates).collect()
    }

    /// One rate of the line.
    pub fn rate(&self, rate: Rate) -> Option<&Share> {
        self.rates.iter().find(|s| s.rate == rate)
    }
}

/// What the cases behind a figure of answers are counted as.
fn in_cases(word: &str) -> Option<&'static str> {
    Figure::of(word).and_then(Figure::cases)
}

/// What was counted for one key, and what is left out of its rates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The figures.
    pub counts: Counts,
    /// What each rate leaves out.
    pub excluded: BTreeMap<Rate, Counts>,
}

impl Part {
    /// Adds another part, as grids add up to a street.
    pub fn add(&mut self, other: &Self) {
        self.counts.add(&other.counts);
        for (rate, counts) in &other.excluded {
            self.excluded.entry(*rate).or_default().add(counts);
        }
    }
}

/// A rate that is no longer what was frozen.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Difference {
    /// Which line.
    pub key: String,
    /// Its name.
    pub name: String,
    /// As it was frozen; nothing when the line is new.
    pub frozen: Option<Share>,
    /// As it would be counted now; nothing when the line is gone.
    pub now: Option<Share>,
}

/// Every rate that differs between the frozen lines and those of now. A rate that was not counted yet when a line was frozen did not change.
pub fn differences(frozen: &[Line], now: &[Line]) -> Vec<Difference> {
    let mut found = vec![];
    let keys: BTreeMap<&str, &str> = frozen.iter().chain(now).map(|l| (l.key.as_str(), l.name.as_str())).collect();
    for (key, name) in keys {
        let line = |lines| <[Line]>::iter(lines).find(|l| l.key == key);
        let (before, after) = (line(frozen), line(now));
        for rate in Rate::ALL {
            let of = |line: Option<&Line>| line.and_then(|l| l.rate(*rate)).cloned();
            let (was, is) = (of(before), of(after));
            if was.is_none() && before.is_some() {
                continue;
            }
            if was.as_ref().map(Share::says) != is.as_ref().map(Share::says) {
                found.push(Difference { key: key.to_owned(), name: name.to_owned(), frozen: was, now: is });
            }
        }
    }
    found
}

/// A day, an ISO week or a month in the district's zone, half open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its first instant.
    pub from: Time,
    /// The first instant after it.
    pub to: Time,
}

impl Period {
    /// Reads `2025-03-10`, `2025-W11` or `2025-03`.
    pub fn read(text: &str, zone: Zone) -> Option<Self> {
        let (first, days) = match text.len() {
            10 => (text.parse::<Date>().ok()?, 1.days()),
            8 => {
                let (year, week) = text.split_once("-W")?;
                let (year, week) = (year.parse().ok()?, week.parse().ok()?);
                (jiff::civil::ISOWeekDate::new(year, week, jiff::civil::Weekday::Monday).ok()?.date(), 7.days())
            }
            7 => (format!("{text}-01").parse::<Date>().ok()?, 1.month()),
            _ => return None,
        };
        let last = first.checked_add(days).ok()?;
        let start = |date: Date| zone.instant(date.at(0, 0, 0, 0));
        Some(Self { from: start(first), to: start(last) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(pairs: &[(&str, i64)]) -> Counts {
        Counts(pairs.iter().map(|(w, n)| ((*w).to_owned(), *n)).collect())
    }

    #[test]
    fn shares_are_rounded_half_up_to_two_places() {
        let rows =
            [(29_269, 30_528, Some(95.88)), (1, 3, Some(33.33)), (2, 3, Some(66.67)), (1, 800, Some(0.13)), (0, 5, Some(0.0))];
        for (n, d, expected) in rows {
            assert_eq!(percent(n, d), expected, "{n} of {d}");
        }
        assert_eq!(percent(0, 0), None);
    }

    #[test]
    fn periods_by_table() {
        let rows = [
            ("2025-03-10", "2025-03-10T00:00:00+08:00", "2025-03-11T00:00:00+08:00"),
            ("2025-W11", "2025-03-10T00:00:00+08:00", "2025-03-17T00:00:00+08:00"),
            ("2024-02", "2024-02-01T00:00:00+08:00", "2024-03-01T00:00:00+08:00"),
            ("2025-12", "2025-12-01T00:00:00+08:00", "2026-01-01T00:00:00+08:00"),
        ];
        for (text, from, to) in rows {
            let expected = Period { from: from.parse().unwrap(), to: to.parse().unwrap() };
            assert_eq!(Period::read(text, Zone::CHINA), Some(expected), "{text}");
        }
        for wrong in ["", "2025", "2025-13", "2025-W60", "2025-02-30", "2025-3-1", "一二三四"] {
            assert_eq!(Period::read(wrong, Zone::CHINA), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_left_out_stands_beside() {
        let all = counts(&[
            ("solved", 7),
            ("solved_cases", 6),
            ("answered", 10),
            ("answered_cases", 8),
            ("satisfied", 6),
            ("rated", 9),
        ]);
        let out =
            BTreeMap::from([(Rate::Solved, counts(&[("solved", 0), ("answered", 2), ("answered_cases", 1), ("rated", 2)]))]);
        let line = Line::of("x".into(), "x".into(), all, &out);
        let solved = line.rate(Rate::Solved).unwrap();
        assert_eq!((solved.numerator, solved.denominator, solved.percent, solved.excluded), (7, 8, Some(87.5), 2));
        assert_eq!(solved.in_cases, Some(InCases { numerator: 6, denominator: 7, excluded: 1 }));
        // Another rate of the same case is not touched.
        let satisfied = line.rate(Rate::Satisfied).unwrap();
        assert_eq!((satisfied.numerator, satisfied.denominator, satisfied.excluded), (6, 9, 0));
    }

    #[test]
    fn every_rate_is_made_of_figures_that_are_counted() {
        let known: Vec<&str> = Figure::ALL.iter().map(|f| f.word()).chain([REPORTED]).collect();
        let text = include_str!("../../../../docs/rates.md");
        for rate in Rate::ALL {
            let (n, d) = rate.parts();
            assert!(known.contains(&n) && known.contains(&d), "{rate}");
            assert!(
                text.contains(&format!("`{rate}`")) && text.contains(crate::lang::Lang::Zh.term("rate", rate.word())),
                "docs/rates.md does not explain {rate}"
            );
        }
    }

    #[test]
    fn a_correction_shows_as_a_difference() {
        let line =
            |solved| Line::of("k".into(), "东街道".into(), counts(&[("solved", solved), ("answered", 10)]), &BTreeMap::new());
        assert_eq!(differences(&[line(7)], &[line(7)]), []);
        let found = differences(&[line(7)], &[line(8)]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].frozen.as_ref().unwrap().numerator, found[0].now.as_ref().unwrap().numerator), (7, 8));
        let mut older = line(7);
        older.rates.retain(|share| share.rate != Rate::Passed);
        assert_eq!(differences(&[older], &[line(7)]), [], "a rate that came later is no correction");
        assert!(differences(&[], &[line(8)]).iter().all(|d| d.frozen.is_none() && d.now.is_some()));
    }

    proptest! {
        /// Parts add up to the whole, whatever the split.
        #[test]
        fn parts_add_up(rows in proptest::collection::vec((0usize..5, 0i64..1_000), 0..40)) {
            let mut whole = Part::default();
            let mut parts: BTreeMap<usize, Part> = BTreeMap::new();
            for (part, n) in rows {
                let one = Part { counts: counts(&[("valid", n), (REPORTED, n + 1)]), excluded: BTreeMap::from([(Rate::Solved, counts(&[("answered", n % 3)]))]) };
                whole.add(&one);
                parts.entry(part).or_default().add(&one);
            }
            let mut sum = Part::default();
            for part in parts.values() {
                sum.add(part);
            }
            prop_assert_eq!(sum, whole);
        }
    }
}
