//! Dates, RFC 3339 and working time at +08:00, so that the times of the cases keep to the limits of the catalogue.

use std::collections::BTreeMap;

/// Seconds since 1970-01-01T00:00:00Z.
pub type Instant = i64;

/// Seconds in a day.
pub const DAY: i64 = 86_400;
const OFFSET: i64 = 8 * 3600;

/// A limit of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// Seconds of the clock on the wall (分钟, 小时).
    Natural(f64),
    /// Seconds inside the shifts (工作时).
    Working(f64),
    /// Working days, each counted as one however long its shifts are (工作日).
    Days(f64),
}

impl Limit {
    /// A number with its unit as the catalogue writes it; an unknown unit is taken as hours.
    pub fn parse(number: f64, unit: &str) -> Self {
        match unit {
            "分钟" => Self::Natural(number * 60.0),
            "工作时" => Self::Working(number * 3600.0),
            "工作日" => Self::Days(number),
            _ => Self::Natural(number * 3600.0),
        }
    }

    /// A share of this limit.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        match self {
            Self::Natural(x) => Self::Natural(x * factor),
            Self::Working(x) => Self::Working(x * factor),
            Self::Days(x) => Self::Days(x * factor),
        }
    }
}

/// Which days are worked, and the shifts of the year.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    exceptions: BTreeMap<i64, bool>,
}

impl Calendar {
    /// A calendar from rows `(first day, last day, worked)`; other days are worked from Monday to Friday.
    pub fn new(rows: &[(i64, i64, bool)]) -> Self {
        let exceptions = rows.iter().flat_map(|(a, b, on)| (*a..=*b).map(move |d| (d, *on))).collect();
        Self { exceptions }
    }

    /// Is this day (counted from 1970-01-01, local) worked?
    pub fn works(&self, day: i64) -> bool {
        self.exceptions.get(&day).copied().unwrap_or((day + 3).rem_euclid(7) < 5)
    }

    /// The instant when `limit` has run since `start`.
    pub fn after(&self, start: Instant, limit: Limit) -> Instant {
        match limit {
            Limit::Natural(s) => start + s as i64,
            Limit::Working(s) => self.walk(start, s, false),
            Limit::Days(d) => self.walk(start, d * DAY as f64, true),
        }
    }

    /// The instant from which `limit` has just run at `end`.
    pub fn before(&self, end: Instant, limit: Limit) -> Instant {
        match limit {
            Limit::Natural(s) => end - s as i64,
            Limit::Working(s) => self.walk_back(end, s, false),
            Limit::Days(d) => self.walk_back(end, d * DAY as f64, true),
        }
    }

    /// The shifts of a day as instants, with the weight of one second in them: 1, or whatever makes the day count as one whole day.
    fn shifts(&self, day: i64, whole_days: bool) -> ([(Instant, Instant); 2], f64) {
        if !self.works(day) {
            return ([(0, 0); 2], 0.0);
        }
        let (_, month, _) = civil(day);
        let minutes = if (6..=9).contains(&month) { [(510, 720), (900, 1080)] } else { [(510, 720), (840, 1050)] };
        let midnight = day * DAY - OFFSET;
        let shifts = minutes.map(|(a, b)| (midnight + a * 60, midnight + b * 60));
        let total: i64 = shifts.iter().map(|(a, b)| b - a).sum();
        (shifts, if whole_days { DAY as f64 / total as f64 } else { 1.0 })
    }

    fn walk(&self, start: Instant, mut left: f64, whole_days: bool) -> Instant {
        let mut day = local_day(start);
        loop {
            let (shifts, weight) = self.shifts(day, whole_days);
            for (a, b) in shifts {
                let a = a.max(start);
                let gain = (b - a) as f64 * weight;
                if gain > 0.0 && gain >= left {
                    return a + (left / weight) as i64;
                }
                left -= gain.max(0.0);
            }
            day += 1;
        }
    }

    fn walk_back(&self, end: Instant, mut left: f64, whole_days: bool) -> Instant {
        let mut day = local_day(end);
        loop {
            let (shifts, weight) = self.shifts(day, whole_days);
            for (a, b) in shifts.into_iter().rev() {
                let b = b.min(end);
                let gain = (b - a) as f64 * weight;
                if gain > 0.0 && gain >= left {
                    return b - (left / weight) as i64;
                }
                left -= gain.max(0.0);
            }
            day -= 1;
        }
    }
}

/// The local day of an instant, counted from 1970-01-01.
pub fn local_day(t: Instant) -> i64 {
    (t + OFFSET).div_euclid(DAY)
}

/// The instant of a local day and minute.
pub fn at(day: i64, minute: i64) -> Instant {
    day * DAY - OFFSET + minute * 60
}

/// Year, month and day of a day number (Hinnant's civil_from_days).
pub fn civil(day: i64) -> (i64, i64, i64) {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
}

/// The day number of a date (Hinnant's days_from_civil).
pub fn day_of(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = (month + 9) % 12;
    let doy = (153 * mp + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// `2026-11-20`.
pub fn date(day: i64) -> String {
    let (y, m, d) = civil(day);
    format!("{y:04}-{m:02}-{d:02}")
}

/// `2026-11-20T09:00:00+08:00`.
pub fn rfc3339(t: Instant) -> String {
    let second = (t + OFFSET).rem_euclid(DAY);
    format!("{}T{:02}:{:02}:{:02}+08:00", date(local_day(t)), second / 3600, second / 60 % 60, second % 60)
}

/// Reads `2026-11-20`, or an instant as [`rfc3339`] writes it (always at +08:00).
pub fn parse(text: &str) -> Option<Instant> {
    let day = parse_date(text.get(..10)?)?;
    match text.get(10..) {
        Some("") => Some(at(day, 9 * 60)),
        Some(rest) if rest.starts_with('T') && rest.ends_with("+08:00") && rest.len() == 15 => {
            let n = |r: std::ops::Range<usize>| rest.get(r)?.parse::<i64>().ok();
            Some(at(day, n(1..3)? * 60 + n(4..6)?) + n(7..9)?)
        }
        _ => None,
    }
}

/// Reads `2026-11-20` as a day number; a date that does not exist is refused.
pub fn parse_date(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '-').map(|p| p.parse::<i64>().ok());
    let day = day_of(parts.next()??, parts.next()??, parts.next()??);
    (date(day) == text).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_there_and_back() {
        for day in -800..40_000 {
            let (y, m, d) = civil(day);
            assert_eq!(day_of(y, m, d), day);
        }
        assert_eq!(date(day_of(2026, 2, 28) + 1), "2026-03-01");
        assert_eq!(parse("2026-02-29"), None);
        assert_eq!(rfc3339(parse("2026-11-20T09:05:06+08:00").unwrap()), "2026-11-20T09:05:06+08:00");
        assert_eq!(rfc3339(parse("2026-11-20").unwrap()), "2026-11-20T09:00:00+08:00");
    }

    #[test]
    fn working_time_skips_nights_weekends_and_holidays() {
        let holiday = day_of(2026, 5, 1);
        let calendar = Calendar::new(&[(holiday, holiday + 4, false), (day_of(2026, 5, 9), day_of(2026, 5, 9), true)]);
        for (start, limit, end) in [
            ("2026-11-20T09:00:00+08:00", Limit::Working(3600.0), "2026-11-20T10:00:00+08:00"),
            ("2026-11-20T11:30:00+08:00", Limit::Working(3600.0), "2026-11-20T14:30:00+08:00"),
            ("2026-11-20T17:00:00+08:00", Limit::Working(3600.0), "2026-11-23T09:00:00+08:00"),
            ("2026-07-01T11:30:00+08:00", Limit::Working(3600.0), "2026-07-01T15:30:00+08:00"),
            ("2026-04-30T17:00:00+08:00", Limit::Working(3600.0), "2026-05-06T09:00:00+08:00"),
            ("2026-05-08T17:00:00+08:00", Limit::Working(3600.0), "2026-05-09T09:00:00+08:00"),
            ("2026-11-20T08:30:00+08:00", Limit::Days(1.0), "2026-11-20T17:30:00+08:00"),
            ("2026-11-20T23:00:00+08:00", Limit::Natural(7200.0), "2026-11-21T01:00:00+08:00"),
        ] {
            let (start, end) = (parse(start).unwrap(), parse(end).unwrap());
            assert_eq!(rfc3339(calendar.after(start, limit)), rfc3339(end));
            let back = calendar.before(calendar.after(start, limit), limit);
            assert_eq!(calendar.after(back, limit), calendar.after(start, limit));
        }
    }
}
