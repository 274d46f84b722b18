//! Calendars and shifts that come as tables. Pure.

use jiff::civil::Date;

use super::{DayKind, Interval, MonthDay, Shift, content::Day};
use crate::table::{Fault, Named, Row, Table, Unreadable, named};

const DAY_COLUMNS: &[(&str, &[&str])] = &[
    ("date", &["日期"]),
    ("from", &["开始", "开始日期"]),
    ("to", &["结束", "结束日期"]),
    ("kind", &["类型", "性质"]),
    ("name", &["节日", "名称"]),
];
const SHIFT_COLUMNS: &[(&str, &[&str])] = &[
    ("name", &["名称"]),
    ("season_from", &["开始", "季节开始"]),
    ("season_to", &["结束", "季节结束"]),
    ("intervals", &["时段", "工作时段"]),
];
/// The longest stretch of days in one row.
const LONGEST: usize = 31;

/// Reads days that differ from the week: `date,kind`, or `from,to,kind`, with a `name` where there is one.
pub fn days(table: Table) -> Result<Result<Vec<Day>, Vec<Fault>>, Unreadable> {
    let named = named(table, DAY_COLUMNS, &[])?;
    named.table.require(if named.table.has("from") { &["from", "to", "kind"] } else { &["date", "kind"] })?;
    let all = gather(named, stretch)?;
    Ok(all.map(|days| days.into_iter().flatten().collect()))
}

/// Reads shifts: `name,season_from,season_to,intervals`.
pub fn shifts(table: Table) -> Result<Result<Vec<Shift>, Vec<Fault>>, Unreadable> {
    let named = named(table, SHIFT_COLUMNS, &[])?;
    named.table.require(&["name", "season_from", "season_to", "intervals"])?;
    gather(named, |row| {
        let month_day =
            |column| MonthDay::read(row.get(column)).ok_or_else(|| row.fault(column, "应如 06-01", "must be like 06-01"));
        let intervals = Interval::read_all(row.get("intervals")).filter(|all| !all.is_empty());
        let bad = || row.fault("intervals", "应如 08:30-12:00,14:00-17:30", "must be like 08:30-12:00,14:00-17:30");
        Ok(Shift {
            name: row.needed("name")?.to_owned(),
            season_from: month_day("season_from")?,
            season_to: month_day("season_to")?,
            intervals: intervals.ok_or_else(bad)?,
        })
    })
}

fn stretch(row: &Row) -> Result<Vec<Day>, Fault> {
    let date =
        |column| row.get(column).parse::<Date>().map_err(|_| row.fault(column, "应如 2027-01-01", "must be like 2027-01-01"));
    let (first, last) = if row.get("date").is_empty() { (date("from")?, date("to")?) } else { (date("date")?, date("date")?) };
    let kind = match row.get("kind").to_lowercase().as_str() {
        "holiday" | "off" | "休" | "休息" | "放假" | "节假日" => DayKind::Holiday,
        "working" | "work" | "班" | "上班" | "调休上班" => DayKind::Working,
        _ => return Err(row.fault("kind", "只能是：holiday（休）、working（班）", "must be holiday or working")),
    };
    let dates: Vec<Date> = first.series(jiff::Span::new().days(1)).take_while(|d| *d <= last).take(LONGEST + 1).collect();
    if dates.is_empty() || dates.len() > LONGEST {
        return Err(row.fault("to", "应在开始日期之后 31 天以内", "must be within 31 days after the start"));
    }
    Ok(dates.into_iter().map(|date| Day { date, kind, name: row.get("name").to_owned() }).collect())
}

fn gather<T>(named: Named, read: impl Fn(&Row) -> Result<T, Fault>) -> Result<Result<Vec<T>, Vec<Fault>>, Unreadable> {
    let (mut good, mut faults) = (Vec::new(), Vec::new());
    for row in named.table {
        match row.and_then(|row| read(&row)) {
            Ok(item) => good.push(item),
            Err(fault) => faults.push(fault),
        }
    }
    if good.is_empty() && faults.is_empty() {
        return Err(Unreadable::new("没有任何内容行", "there are no rows"));
    }
    Ok(if faults.is_empty() { Ok(good) } else { Err(faults) })
}
