use std::process::Command;

use proptest::prelude::*;

use super::*;
use crate::modules::catalogue::content;

const ZONE: Zone = Zone::CHINA;

fn shipped() -> Calendar {
    let days = content::days().unwrap().into_iter().map(|d| (d.date, d.kind));
    Calendar::new(days, content::shifts().unwrap()).unwrap()
}

/// An instant by the wall clock, such as `2025-01-24T16:00`.
fn at(wall: &str) -> Time {
    format!("{wall}:00+08:00").parse().unwrap()
}

#[track_caller]
fn due(from: &str, limit: &str, expected: &str) {
    let limit = Limit::read(limit).unwrap();
    let got = shipped().add(ZONE, at(from), limit).unwrap();
    assert_eq!(ZONE.wall(got).to_string(), format!("{expected}:00"), "{} from {from}", limit.chinese());
}

#[test]
fn golden_deadlines() {
    // Wall time: nights, holidays and the turn of a day mean nothing.
    due("2025-03-14T23:50", "15分钟", "2025-03-15T00:05");
    due("2025-12-31T23:30", "30分钟", "2026-01-01T00:00");
    due("2025-01-28T10:00", "24小时", "2025-01-29T10:00");
    due("2025-01-28T10:00", "3自然日", "2025-01-31T10:00");
    // Working hours: inside a shift, over lunch, over night, over a weekend, from outside hours.
    due("2025-03-12T09:00", "2工作时", "2025-03-12T11:00");
    due("2025-03-12T11:00", "2工作时", "2025-03-12T15:00");
    due("2025-03-12T08:30", "7工作时", "2025-03-12T17:30");
    due("2025-03-12T16:30", "4工作时", "2025-03-13T11:30");
    due("2025-03-14T16:30", "4工作时", "2025-03-17T11:30");
    due("2025-03-15T20:00", "1工作时", "2025-03-17T09:30");
    due("2025-03-12T12:30", "1工作时", "2025-03-12T15:00");
    due("2025-03-12T02:00", "1工作时", "2025-03-12T09:30");
    // Working days: the same time of day; from outside hours the close of the shift.
    due("2025-03-12T09:15", "1工作日", "2025-03-13T09:15");
    due("2025-03-14T16:00", "1工作日", "2025-03-17T16:00");
    due("2025-03-12T18:00", "1工作日", "2025-03-13T17:30");
    due("2025-03-15T11:00", "1工作日", "2025-03-17T17:30");
    due("2025-03-15T11:00", "5工作日", "2025-03-21T17:30");
    due("2025-03-12T08:30", "1工作日", "2025-03-12T17:30");
    due("2025-03-12T12:30", "1工作日", "2025-03-13T12:00");
    // The week before Spring Festival 2025: Sunday the 26th is worked, eight days off follow, Saturday the 8th is worked.
    due("2025-01-24T16:30", "4工作时", "2025-01-26T11:30");
    due("2025-01-24T16:00", "1工作日", "2025-01-26T16:00");
    due("2025-01-27T10:00", "1工作日", "2025-02-05T10:00");
    due("2025-01-27T10:00", "4工作日", "2025-02-08T10:00");
    due("2025-02-01T12:00", "2工作时", "2025-02-05T10:30");
    // National Day 2025: Sunday 28 September and Saturday 11 October are worked.
    due("2025-09-26T10:00", "1工作日", "2025-09-28T10:00");
    due("2025-09-30T17:00", "2工作时", "2025-10-09T09:30");
    due("2025-10-10T17:00", "1工作时", "2025-10-11T09:00");
    // Spring Festival 2026: nine days off, Saturday 14 and Saturday 28 February are worked.
    due("2026-02-13T17:00", "1工作日", "2026-02-14T17:00");
    due("2026-02-14T17:00", "1工作日", "2026-02-24T17:00");
    due("2026-02-27T15:00", "1工作日", "2026-02-28T15:00");
    // The shifts change on 1 June and 1 October.
    due("2026-05-29T14:15", "1工作日", "2026-06-01T12:00");
    due("2026-05-29T16:30", "6工作时", "2026-06-01T16:30");
    due("2025-09-30T17:45", "1工作日", "2025-10-09T17:30");
    due("2025-09-30T15:30", "1工作日", "2025-10-09T15:30");
}

#[test]
fn a_missing_year_is_named() {
    let calendar = shipped();
    let limit = Limit::read("3工作日").unwrap();
    for (from, year) in [("2026-12-30T10:00", 2027), ("2023-06-01T10:00", 2023)] {
        match calendar.add(ZONE, at(from), limit) {
            Err(Error::Refused(code, params)) => assert_eq!((code, &params["year"]), (NO_CALENDAR, &year.into())),
            other => panic!("{other:?}"),
        }
    }
    // Units that do not need the calendar do not ask for it.
    assert!(calendar.add(ZONE, at("2031-01-01T00:00"), Limit::read("3自然日").unwrap()).is_ok());
    // A stray day of a year is not the year: the notice for 2023 also named 31 December 2022.
    let stray = Calendar::new([(Date::constant(2022, 12, 31), DayKind::Holiday)], vec![]).unwrap();
    assert!(!stray.covers(2022));
}

#[test]
fn known_days() {
    let calendar = shipped();
    assert_eq!(calendar.years().collect::<Vec<_>>(), [2024, 2025, 2026]);
    for (date, worked) in [
        ("2024-02-09", true), // the eve of 2024's Spring Festival was not part of it
        ("2024-10-12", true),
        ("2025-01-26", true),
        ("2025-10-11", true),
        ("2025-10-08", false),
        ("2026-01-02", false),
        ("2026-01-04", true),
        ("2026-02-23", false),
        ("2026-09-20", true),
        ("2026-07-04", false),
    ] {
        assert_eq!(calendar.is_working_day(date.parse().unwrap()).unwrap(), worked, "{date}");
    }
}

#[test]
fn working_days_agree_with_chinesecalendar() {
    let script = "import chinese_calendar as c, datetime as d\n\
        for n in range(1096):\n    x = d.date(2024, 1, 1) + d.timedelta(n)\n    print(x, int(c.is_workday(x)))";
    let python = std::env::var("JINGWEI_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let Some(out) = Command::new(python).args(["-c", script]).output().ok().filter(|o| o.status.success()) else {
        eprintln!("skipped: Python has no module chinese_calendar that knows 2026 (set JINGWEI_PYTHON)");
        return;
    };
    let text = String::from_utf8(out.stdout).unwrap();
    let calendar = shipped();
    assert_eq!(text.lines().count(), 1096);
    let differs = |line: &str, calendar: &Calendar| {
        let (date, worked) = line.split_once(' ').unwrap();
        (calendar.is_working_day(date.parse().unwrap()).unwrap() != (worked == "1")).then(|| date.to_owned())
    };
    assert_eq!(text.lines().filter_map(|line| differs(line, &calendar)).collect::<Vec<_>>(), Vec::<String>::new());
    // The check can fail: one day that is told the other way round is found.
    let turned = if text.contains("2026-10-07 0") { "2026-10-07 1" } else { "2026-10-07 0" };
    assert_eq!(differs(turned, &calendar), Some("2026-10-07".to_owned()));
    eprintln!("{} days agree", text.lines().count());
}

#[test]
fn shifts_cover_the_year_once_and_stand_in_order() {
    let shift = |from: &str, to: &str, intervals: &str| Shift {
        name: from.to_owned(),
        season_from: MonthDay::read(from).unwrap(),
        season_to: MonthDay::read(to).unwrap(),
        intervals: Interval::read_all(intervals).unwrap(),
    };
    let ok = |shifts: Vec<Shift>| Calendar::new([], shifts).is_ok();
    assert!(ok(vec![shift("01-01", "12-31", "00:00-24:00")]));
    assert!(ok(vec![shift("10-01", "05-31", "08:30-12:00"), shift("06-01", "09-30", "09:00-12:00，14:00-18:00")]));
    assert!(!ok(vec![shift("01-01", "12-30", "08:00-17:00")]), "a day without a shift");
    assert!(!ok(vec![shift("01-01", "12-31", "08:00-17:00"), shift("06-01", "06-01", "08:00-17:00")]), "a day with two");
    assert!(!ok(vec![shift("01-01", "12-31", "13:00-17:00,08:00-12:00")]), "out of order");
    assert!(!ok(vec![shift("01-01", "12-31", "08:00-12:00,11:00-17:00")]), "overlapping");
    for bad in ["12:00-08:00", "08:00", "8-12", "08:60-09:00", "08:00-24:01", "x-y"] {
        assert!(Interval::read(bad).is_none(), "{bad}");
    }
    assert!(MonthDay::read("02-29").is_some() && MonthDay::read("02-30").is_none());
}

#[test]
fn limits_are_read_in_both_languages() {
    for (text, n, unit) in [
        ("4工作时", 4, Unit::WorkingHour),
        ("7 工作日", 7, Unit::WorkingDay),
        ("30 minute", 30, Unit::Minute),
        ("2小时", 2, Unit::Hour),
        ("3自然日", 3, Unit::Day),
    ] {
        assert_eq!(Limit::read(text), Some(Limit { n, unit }), "{text}");
    }
    for bad in ["", "工作日", "0工作日", "-1 day", "1.5小时", "4", "4周", "99999999 minute"] {
        assert_eq!(Limit::read(bad), None, "{bad}");
    }
    for unit in Unit::ALL {
        assert_eq!(Unit::read(unit.chinese()), Some(*unit));
        assert_eq!(Unit::read(unit.word()), Some(*unit));
    }
}

/// Any millisecond of the years 2024 to mid 2026, so that short limits end inside the calendar.
fn instants() -> impl Strategy<Value = Time> {
    (at("2024-01-01T00:00").millis()..at("2026-06-30T00:00").millis()).prop_map(Time::from_millis)
}

fn limits() -> impl Strategy<Value = Limit> {
    (1..40_i64, 0..Unit::ALL.len()).prop_map(|(n, unit)| Limit { n, unit: Unit::ALL[unit] })
}

proptest! {
    #[test]
    fn a_later_start_is_never_due_earlier(a in instants(), b in instants(), limit in limits()) {
        let calendar = shipped();
        let (a, b) = (a.min(b), a.max(b));
        prop_assert!(calendar.add(ZONE, a, limit).unwrap() <= calendar.add(ZONE, b, limit).unwrap());
    }

    #[test]
    fn a_longer_limit_is_due_later(from in instants(), limit in limits()) {
        let calendar = shipped();
        let longer = Limit { n: limit.n + 1, ..limit };
        let (due, later) = (calendar.add(ZONE, from, limit).unwrap(), calendar.add(ZONE, from, longer).unwrap());
        prop_assert!(from < due && due < later);
    }

    #[test]
    fn adding_then_measuring_gives_the_limit_back(from in instants(), n in 1..100_i64) {
        let calendar = shipped();
        let due = calendar.add(ZONE, from, Limit { n, unit: Unit::WorkingHour }).unwrap();
        prop_assert_eq!(calendar.working_millis_between(ZONE, from, due).unwrap(), n * 3_600_000);
    }

    #[test]
    fn working_time_adds_up_over_any_split(a in instants(), b in instants(), c in instants()) {
        let calendar = shipped();
        let mut all = [a, b, c];
        all.sort_unstable();
        let between = |x, y| calendar.working_millis_between(ZONE, x, y).unwrap();
        prop_assert_eq!(between(all[0], all[2]), between(all[0], all[1]) + between(all[1], all[2]));
    }

    #[test]
    fn two_limits_in_working_hours_run_like_one(from in instants(), n in 1..40_i64, m in 1..40_i64) {
        let calendar = shipped();
        let hours = |n| Limit { n, unit: Unit::WorkingHour };
        let first = calendar.add(ZONE, from, hours(n)).unwrap();
        prop_assert_eq!(calendar.add(ZONE, first, hours(m)).unwrap(), calendar.add(ZONE, from, hours(n + m)).unwrap());
    }

    #[test]
    fn a_working_day_ends_in_hours_and_within_the_civil_codes_period(from in instants(), n in 1..30_i64) {
        let calendar = shipped();
        let due = calendar.add(ZONE, from, Limit { n, unit: Unit::WorkingDay }).unwrap();
        // The millisecond before a deadline is always worked: it stands in a shift or at its close.
        prop_assert!(calendar.is_open(ZONE, due.plus_millis(-1)).unwrap());
        // The Civil Code leaves the day of start out and ends the period with the last day.
        let mut last = ZONE.date(from);
        for _ in 0..n {
            last = tomorrow(last).unwrap();
            while !calendar.is_working_day(last).unwrap() {
                last = tomorrow(last).unwrap();
            }
        }
        prop_assert!(ZONE.date(due) <= last, "{due} after {last}");
    }
}
