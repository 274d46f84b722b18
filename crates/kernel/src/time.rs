use std::{
    fmt,
    ops::{Add, Sub},
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::{Offset, TimeZone},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant: milliseconds since 1970-01-01T00:00:00Z. RFC 3339 in JSON, `bigint` in the database.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// From Unix milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Unix milliseconds.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This instant plus a number of milliseconds, which may be negative; stays within the range of `i64`.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// This instant plus a number of minutes of 60 seconds.
    #[must_use]
    pub const fn plus_minutes(self, minutes: i64) -> Self {
        self.plus_millis(minutes.saturating_mul(60_000))
    }

    /// This instant plus a number of days of 24 hours.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_minutes(days.saturating_mul(1_440))
    }

    fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX })
    }
}

impl Sub for Time {
    type Output = i64;
    /// The distance in milliseconds.
    fn sub(self, other: Self) -> i64 {
        self.0 - other.0
    }
}

impl Add<Duration> for Time {
    type Output = Self;
    fn add(self, d: Duration) -> Self {
        self.plus_millis(d.as_millis() as i64)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.timestamp())
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Time {
    type Err = jiff::Error;
    /// Reads RFC 3339 with any offset.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        s.parse::<Timestamp>().map(|t| Self(t.as_millisecond()))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Time {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
        ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))).into()
    }
}
impl utoipa::ToSchema for Time {}

/// The one time zone of a district: a fixed offset from UTC. China keeps +08:00 without summer time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone {
    offset: Offset,
}

impl Zone {
    /// China Standard Time, UTC+8.
    pub const CHINA: Self = Self { offset: Offset::constant(8) };

    /// The date and the time of day on the wall at this instant.
    pub fn wall(self, at: Time) -> DateTime {
        self.offset.to_datetime(at.timestamp())
    }

    /// The date on the wall at this instant.
    pub fn date(self, at: Time) -> Date {
        self.wall(at).date()
    }

    /// The instant at which a wall clock shows this date and time.
    pub fn instant(self, wall: DateTime) -> Time {
        wall.to_zoned(TimeZone::fixed(self.offset)).map_or(Time(i64::MAX), |z| Time(z.timestamp().as_millisecond()))
    }
}

/// Where time comes from. Everything that needs the time is given a clock; nothing asks the machine.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands still until it is told to move: for tests and for replaying a year.
    Frozen(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `at`.
    pub fn frozen(at: Time) -> Self {
        Self::Frozen(Arc::new(AtomicI64::new(at.0)))
    }

    /// The present instant.
    #[expect(clippy::disallowed_methods, reason = "this is the one door through which the machine's time comes in")]
    pub fn now(&self) -> Time {
        match self {
            Self::System => {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                Time(since.as_millis() as i64)
            }
            Self::Frozen(at) => Time(at.load(Ordering::SeqCst)),
        }
    }

    /// Moves a frozen clock to `at`, forwards or backwards; a system clock stays as it is.
    pub fn set(&self, at: Time) {
        if let Self::Frozen(cell) = self {
            cell.store(at.0, Ordering::SeqCst);
        }
    }

    /// Moves a frozen clock on by so many milliseconds.
    pub fn advance(&self, millis: i64) {
        if let Self::Frozen(cell) = self {
            cell.fetch_add(millis, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_any_offset_and_writes_utc() {
        let at: Time = "2025-01-26T08:30:00+08:00".parse().unwrap();
        assert_eq!(at.to_string(), "2025-01-26T00:30:00.000Z");
        assert_eq!(Zone::CHINA.wall(at).to_string(), "2025-01-26T08:30:00");
        assert_eq!(Zone::CHINA.instant(Zone::CHINA.wall(at)), at);
    }

    #[test]
    fn a_frozen_clock_moves_only_when_told() {
        let clock = Clock::frozen(Time::from_millis(5));
        assert_eq!(clock.now(), clock.now());
        clock.advance(10);
        assert_eq!(clock.now().millis(), 15);
        clock.set(Time::from_millis(1));
        assert_eq!(clock.now().millis(), 1);
    }

    #[test]
    fn far_instants_do_not_panic() {
        for millis in [i64::MIN, i64::MAX, 0] {
            let _ = Time::from_millis(millis).to_string();
            let _ = Zone::CHINA.wall(Time::from_millis(millis.clamp(-1 << 50, 1 << 50)));
        }
    }
}
