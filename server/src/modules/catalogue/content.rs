//! What a new district starts with: the State Council's yearly notices for 2024–2026 and a pair of shifts.
//!
//! Later years and local hours come from files of the same columns.

use jiff::civil::Date;
use kernel::{Error, Result};
use serde::Serialize;
use utoipa::ToSchema;

use super::calendar::{DayKind, Interval, MonthDay, Shift};

const DAYS: &str = include_str!("../../../content/calendar.csv");
const SHIFTS: &str = include_str!("../../../content/shifts.csv");

/// A date that differs from its day of the week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Day {
    /// The date, `YYYY-MM-DD`.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    /// Off or worked.
    pub kind: DayKind,
    /// The holiday that it belongs to, such as 春节; may be empty.
    pub name: String,
}

/// The days that differ from the week, as shipped.
pub fn days() -> Result<Vec<Day>> {
    let broken = || Error::internal("content/calendar.csv is broken");
    let day = |row: csv::StringRecord| {
        let kind = row.get(1).and_then(DayKind::of)?;
        Some(Day { date: row.get(0)?.parse().ok()?, kind, name: row.get(2)?.to_owned() })
    };
    records(DAYS)?.into_iter().map(|row| day(row).ok_or_else(broken)).collect()
}

/// The shifts, as shipped.
pub fn shifts() -> Result<Vec<Shift>> {
    let broken = || Error::internal("content/shifts.csv is broken");
    let shift = |row: csv::StringRecord| {
        Some(Shift {
            name: row.get(0)?.to_owned(),
            season_from: MonthDay::read(row.get(1)?)?,
            season_to: MonthDay::read(row.get(2)?)?,
            intervals: Interval::read_all(row.get(3)?)?,
        })
    };
    records(SHIFTS)?.into_iter().map(|row| shift(row).ok_or_else(broken)).collect()
}

fn records(text: &str) -> Result<Vec<csv::StringRecord>> {
    csv::Reader::from_reader(text.as_bytes()).records().collect::<std::result::Result<_, _>>().map_err(Error::internal)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn as_text<S: serde::Serializer>(date: &Date, s: S) -> std::result::Result<S::Ok, S::Error> {
    s.collect_str(date)
}
