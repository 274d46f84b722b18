//! Working days and working hours. Pure: the days and the shifts come in, instants come out.
//!
//! What a limit means, from the instant `from`:
//! - **minute**, **hour** (分钟, 小时): so much time on the wall, nights and holidays included.
//! - **day** (自然日): the same time of day, so many dates later.
//! - **working hour** (工作时): time inside the shifts of working days. Started outside of them it runs from the next opening.
//! - **working day** (工作日): the same time of day, so many working days later. Started outside hours it runs from the next
//!   opening; a time of day that falls outside the hours of the last day moves back to the close before it.
//!
//! A deadline in working time never stands at an opening but at the close before it, which is the same working time: one working
//! day from Saturday ends on Monday at the close of the shift, not on Tuesday morning. The Civil Code (§201, §203) leaves the day of
//! start out and ends a period at the close of business of its last day; a deadline given here is never later than that one.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use jiff::civil::{Date, DateTime, Weekday};
use kernel::{Error, Result, Time, Zone, codes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

codes! {
    /// A deadline needs the working days of a year that was not read in yet; `year` says which.
    NO_CALENDAR = "no-calendar";
    /// The shifts leave a day of the year without one, or give it two; `day` says which.
    BAD_SHIFTS = "bad-shifts";
}

const MINUTE: i64 = 60_000;
/// The statutory holidays that stand on the same date every year: a year whose list names them was read in whole.
const FIXED: [(i8, i8); 3] = [(1, 1), (5, 1), (10, 1)];

db::words! {
    /// What a limit counts.
    pub enum Unit {
        /// 分钟
        Minute = "minute",
        /// 小时
        Hour = "hour",
        /// 工作时
        WorkingHour = "working_hour",
        /// 自然日
        Day = "day",
        /// 工作日
        WorkingDay = "working_day",
    }
}

db::words! {
    /// How a date differs from its day of the week.
    pub enum DayKind {
        /// Off, whatever the day of the week.
        Holiday = "holiday",
        /// Worked, whatever the day of the week (调休上班).
        Working = "working",
    }
}

/// How much time something may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Limit {
    /// How many; at least 1.
    pub n: i64,
    /// Of what.
    pub unit: Unit,
}

/// The hours of work in one season of the year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Shift {
    /// Its name, such as 夏季作息.
    pub name: String,
    /// The first day of the season, `MM-DD`; a season may run over the turn of the year.
    pub season_from: MonthDay,
    /// The last day of the season, `MM-DD`.
    pub season_to: MonthDay,
    /// From when to when people work, in order; a night shift is written as two, up to `24:00` and from `00:00`.
    pub intervals: Vec<Interval>,
}

/// A day of any year, `MM-DD` in text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MonthDay(i8, i8);

/// A stretch of a day in minutes from midnight, `08:30-12:00` in text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    opens: i64,
    closes: i64,
}

/// Which days are worked, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    days: BTreeMap<Date, DayKind>,
    years: BTreeSet<i16>,
    shifts: Vec<Shift>,
}

impl Calendar {
    /// A calendar of these exceptions from the week and these shifts, which must cover every day of the year once.
    pub fn new(days: impl IntoIterator<Item = (Date, DayKind)>, shifts: Vec<Shift>) -> Result<Self> {
        check_shifts(&shifts)?;
        let days: BTreeMap<Date, DayKind> = days.into_iter().collect();
        let whole = |year: &i16| {
            let off = |&(m, d): &(i8, i8)| Date::new(*year, m, d).is_ok_and(|date| days.get(&date) == Some(&DayKind::Holiday));
            FIXED.iter().all(off)
        };
        let years = days.keys().map(|d| d.year()).collect::<BTreeSet<_>>().into_iter().filter(whole).collect();
        Ok(Self { days, years, shifts })
    }

    /// When something that starts at `from` must be done. Working units are refused with `no-calendar` when a year is missing.
    pub fn add(&self, zone: Zone, from: Time, limit: Limit) -> Result<Time> {
        let n = limit.n.max(0);
        match limit.unit {
            Unit::Minute => Ok(from.plus_minutes(n)),
            Unit::Hour => Ok(from.plus_minutes(n.saturating_mul(60))),
            Unit::Day => Ok(from.plus_days(n)),
            Unit::WorkingHour => self.add_working_millis(zone, from, n.saturating_mul(60 * MINUTE)),
            Unit::WorkingDay => self.add_working_days(zone, from, n),
        }
    }

    /// The instant at which so much working time has passed since `from`; `from` itself when there is none to pass.
    pub fn add_working_millis(&self, zone: Zone, from: Time, millis: i64) -> Result<Time> {
        let mut left = millis;
        if left <= 0 {
            return Ok(from);
        }
        let mut date = zone.date(from);
        loop {
            for hours in self.hours(zone, date)? {
                let start = hours.start.max(from);
                if left <= hours.end - start {
                    return Ok(start.plus_millis(left));
                }
                left -= (hours.end - start).max(0);
            }
            date = tomorrow(date)?;
        }
    }

    /// The working time between two instants in milliseconds; 0 when `b` is not after `a`.
    pub fn working_millis_between(&self, zone: Zone, a: Time, b: Time) -> Result<i64> {
        let mut sum = 0;
        if b <= a {
            return Ok(sum);
        }
        let (mut date, last) = (zone.date(a), zone.date(b));
        loop {
            for hours in self.hours(zone, date)? {
                sum += (hours.end.min(b) - hours.start.max(a)).max(0);
            }
            if date >= last {
                return Ok(sum);
            }
            date = tomorrow(date)?;
        }
    }

    /// Whether people work on this date.
    pub fn is_working_day(&self, date: Date) -> Result<bool> {
        if !self.covers(date.year()) {
            return Err(Error::refused_with(NO_CALENDAR, "year", date.year()));
        }
        let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        Ok(self.days.get(&date).map_or(!weekend, |kind| *kind == DayKind::Working))
    }

    /// Whether the shifts are on at this instant; an opening is in, a close is out.
    pub fn is_open(&self, zone: Zone, at: Time) -> Result<bool> {
        Ok(self.hours(zone, zone.date(at))?.iter().any(|h| h.contains(&at)))
    }

    /// Whether the working days of this year were read in.
    pub fn covers(&self, year: i16) -> bool {
        self.years.contains(&year)
    }

    /// The years whose working days were read in.
    pub fn years(&self) -> impl Iterator<Item = i16> + '_ {
        self.years.iter().copied()
    }

    /// The exceptions from the week in one year, in order.
    pub fn exceptions(&self, year: i16) -> impl Iterator<Item = (Date, DayKind)> + '_ {
        self.days.iter().filter(move |(date, _)| date.year() == year).map(|(date, kind)| (*date, *kind))
    }

    /// The shifts.
    pub fn shifts(&self) -> &[Shift] {
        &self.shifts
    }

    fn add_working_days(&self, zone: Zone, from: Time, n: i64) -> Result<Time> {
        if n == 0 {
            return Ok(from);
        }
        let (first, since_midnight) = self.next_open(zone, from)?;
        let (mut date, mut before, mut left) = (first, first, n);
        while left > 0 {
            date = tomorrow(date)?;
            if self.is_working_day(date)? {
                left -= 1;
                if left > 0 {
                    before = date;
                }
            }
        }
        let wall = midnight(zone, date).plus_millis(since_midnight);
        let closing = |hours: Vec<Range<Time>>| hours.into_iter().rev().find(|h| h.start < wall).map(|h| h.end.min(wall));
        match closing(self.hours(zone, date)?) {
            Some(deadline) => Ok(deadline),
            None => Ok(closing(self.hours(zone, before)?).unwrap_or(wall)),
        }
    }

    /// The first working instant at or after `from`: its date and the milliseconds since that date's midnight.
    fn next_open(&self, zone: Zone, from: Time) -> Result<(Date, i64)> {
        let mut date = zone.date(from);
        loop {
            if let Some(hours) = self.hours(zone, date)?.into_iter().find(|h| h.end > from) {
                return Ok((date, hours.start.max(from) - midnight(zone, date)));
            }
            date = tomorrow(date)?;
        }
    }

    /// The hours of work of one date, in order; none when it is off.
    fn hours(&self, zone: Zone, date: Date) -> Result<Vec<Range<Time>>> {
        if !self.is_working_day(date)? {
            return Ok(Vec::new());
        }
        let day = MonthDay(date.month(), date.day());
        let midnight = midnight(zone, date);
        let shift = self.shifts.iter().find(|s| s.holds(day));
        let intervals = shift.map(|s| s.intervals.as_slice()).unwrap_or_default();
        Ok(intervals.iter().map(|i| midnight.plus_minutes(i.opens)..midnight.plus_minutes(i.closes)).collect())
    }
}

impl Unit {
    /// The unit that a person wrote: ours or the Chinese word.
    pub fn read(text: &str) -> Option<Self> {
        match text.trim() {
            "分钟" | "分" => Some(Self::Minute),
            "小时" | "自然时" => Some(Self::Hour),
            "工作时" | "工作小时" => Some(Self::WorkingHour),
            "自然日" | "天" | "日" => Some(Self::Day),
            "工作日" => Some(Self::WorkingDay),
            word => Self::of(&word.to_ascii_lowercase()),
        }
    }

    /// The word that people in the field write.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Minute => "分钟",
            Self::Hour => "小时",
            Self::WorkingHour => "工作时",
            Self::Day => "自然日",
            Self::WorkingDay => "工作日",
        }
    }
}

impl Limit {
    /// The largest number that a limit may have: a year in minutes.
    pub const LARGEST: i64 = 366 * 1_440;

    /// A limit, when the number is one that a limit may have.
    pub fn new(n: i64, unit: Unit) -> Option<Self> {
        (1..=Self::LARGEST).contains(&n).then_some(Self { n, unit })
    }

    /// Reads `4工作时`, `4 working_hour` or `7 工作日`.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (n, unit) = text.split_at(end);
        Self::new(n.parse().ok()?, Unit::read(unit)?)
    }

    /// As people in the field write it, such as `4工作时`.
    pub fn chinese(self) -> String {
        format!("{}{}", self.n, self.unit.chinese())
    }
}

impl Shift {
    fn holds(&self, day: MonthDay) -> bool {
        let (from, to) = (self.season_from, self.season_to);
        if from <= to { (from..=to).contains(&day) } else { day >= from || day <= to }
    }
}

impl MonthDay {
    /// Reads `MM-DD`; 29 February is one.
    pub fn read(text: &str) -> Option<Self> {
        let (month, day) = text.trim().split_once('-')?;
        let (month, day) = (month.parse().ok()?, day.parse().ok()?);
        Date::new(2024, month, day).ok().map(|d| Self(d.month(), d.day()))
    }
}

impl std::fmt::Display for MonthDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}-{:02}", self.0, self.1)
    }
}

impl Interval {
    /// Reads `08:30-12:00`; `24:00` is the end of the day.
    pub fn read(text: &str) -> Option<Self> {
        let minutes = |text: &str| {
            let (hour, minute) = text.trim().split_once([':', '：'])?;
            let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
            let all = hour * 60 + minute;
            (hour >= 0 && (0..60).contains(&minute) && all <= 1_440).then_some(all)
        };
        let (opens, closes) = text.trim().split_once(['-', '–', '—', '~'])?;
        let (opens, closes) = (minutes(opens)?, minutes(closes)?);
        (opens < closes).then_some(Self { opens, closes })
    }

    /// Reads several, parted by commas or 、 in any width.
    pub fn read_all(text: &str) -> Option<Vec<Self>> {
        text.split([',', '，', '、', ';', '；']).filter(|t| !t.trim().is_empty()).map(Self::read).collect()
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (o, c) = (self.opens, self.closes);
        write!(f, "{:02}:{:02}-{:02}:{:02}", o / 60, o % 60, c / 60, c % 60)
    }
}

/// Both are text in JSON and in the contract.
macro_rules! as_text {
    ($($type:ty, $example:literal);+) => {$(
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                Self::read(&text).ok_or_else(|| serde::de::Error::custom(concat!("expected text like ", $example)))
            }
        }
        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                use utoipa::openapi::schema::{ObjectBuilder, Type};
                ObjectBuilder::new().schema_type(Type::String).examples([$example]).into()
            }
        }
        impl ToSchema for $type {}
    )+};
}
as_text!(MonthDay, "06-01"; Interval, "08:30-12:00");

fn check_shifts(shifts: &[Shift]) -> Result<()> {
    let ordered = |s: &Shift| !s.intervals.is_empty() && s.intervals.windows(2).all(|w| w[0].closes <= w[1].opens);
    if let Some(shift) = shifts.iter().find(|s| !ordered(s)) {
        return Err(Error::refused_with(BAD_SHIFTS, "shift", shift.name.clone()));
    }
    // A calendar without shifts is one that was not set up yet; it covers no year either.
    let mut day = Date::constant(2024, 1, 1);
    while !shifts.is_empty() && day.year() == 2024 {
        let of = MonthDay(day.month(), day.day());
        if shifts.iter().filter(|s| s.holds(of)).count() != 1 {
            return Err(Error::refused_with(BAD_SHIFTS, "day", of.to_string()));
        }
        day = tomorrow(day)?;
    }
    Ok(())
}

fn midnight(zone: Zone, date: Date) -> Time {
    zone.instant(DateTime::from_parts(date, jiff::civil::Time::midnight()))
}

fn tomorrow(date: Date) -> Result<Date> {
    date.tomorrow().map_err(|_| Error::refused_with(NO_CALENDAR, "year", date.year()))
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
