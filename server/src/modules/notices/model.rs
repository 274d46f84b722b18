//! Types and rules without I/O.

use db::record;
use jiff::{ToSpan, civil};
use kernel::{Error, Id, Page, Result, Time, Zone};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{declare, settings::Held};

declare! {
    /// When nobody is disturbed.
    QUIET: QuietHours = "notices.quiet";
}

/// Something that one account is told.
#[derive(Clone, Debug)]
pub struct Notice {
    /// The account that is told.
    pub to: Uuid,
    /// What happened, such as `task-offered`: the key of the sentence.
    pub kind: &'static str,
    /// What it happened to, such as `incident`.
    pub object_kind: &'static str,
    /// The id of that.
    pub object: Uuid,
    /// Values for the sentence as a JSON object, never personal data: codes and names of matters, not of people.
    pub params: Value,
    /// Whether it goes out in the quiet hours too.
    pub urgent: bool,
}

record! {
    /// A notice as its account sees it.
    #[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
    #[schema(as = NoticeItem)]
    pub struct Item {
        #[schema(value_type = Uuid)]
        pub id: Id<Item>,
        /// What happened: the key of the sentence.
        pub kind: String,
        /// What it happened to, such as `incident`.
        pub object_kind: String,
        pub object_id: Uuid,
        /// Values for the sentence.
        #[schema(value_type = Object)]
        pub params: Value,
        pub urgent: bool,
        pub made_at: Time,
        pub read_at: Option<Time>,
    }
}

/// Cuts what was read to a page.
pub fn page(items: Vec<Item>, limit: usize, as_of: Time) -> Page<Item> {
    Page::cut(items, limit, as_of, |item| (item.made_at.millis(), item.id.uuid()))
}

/// When nobody is disturbed, by the district's clock: `{"from": "21:00", "until": "08:00"}`. Equal times mean never.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// The first minute of quiet.
    pub from: String,
    /// The first minute after it, on the same day or the next.
    pub until: String,
}

impl Default for QuietHours {
    fn default() -> Self {
        Self { from: "22:00".to_owned(), until: "07:00".to_owned() }
    }
}

impl Held for QuietHours {
    fn check(&self) -> Result<()> {
        for (field, text) in [("value.from", &self.from), ("value.until", &self.until)] {
            minute(text).map_err(|_| Error::invalid(field, "bad-time"))?;
        }
        Ok(())
    }
}

impl QuietHours {
    /// When the quiet that holds at `now` ends; nothing when it is not quiet.
    pub fn ends(&self, zone: Zone, now: Time) -> Result<Option<Time>> {
        Ok(self.around(zone, now)?.map(|(_, end)| end))
    }

    /// When the quiet that holds at `now` began, and when it ends; nothing when it is not quiet.
    pub fn around(&self, zone: Zone, now: Time) -> Result<Option<(Time, Time)>> {
        let (from, until) = (minute(&self.from)?, minute(&self.until)?);
        let wall = zone.wall(now);
        let (time, today) = (wall.time(), wall.date());
        let yesterday = || today.checked_sub(1.day()).unwrap_or(today);
        let tomorrow = || today.checked_add(1.day()).unwrap_or(today);
        let days = if from <= until {
            (from <= time && time < until).then_some((today, today))
        } else if time >= from {
            Some((today, tomorrow()))
        } else {
            (time < until).then(|| (yesterday(), today))
        };
        let instant = |day: civil::Date, time| zone.instant(day.to_datetime(time));
        Ok(days.map(|(first, last)| (instant(first, from), instant(last, until))))
    }
}

fn minute(text: &str) -> Result<civil::Time> {
    text.parse().map_err(|_| Error::internal(format_args!("setting {}: {text} is not a time of day", QUIET.name)))
}

/// A mail address as its owner may see it again: the first letter and the host.
pub fn masked_mail(address: &str) -> String {
    let (name, host) = address.rsplit_once('@').unwrap_or((address, ""));
    format!("{}***@{host}", name.chars().next().map(String::from).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_by_table() {
        let day = |t: &str| format!("2026-03-{t}:00+08:00").parse::<Time>().unwrap();
        for (from, until, now, ends) in [
            ("21:00", "08:00", "14T20:59", None),
            ("21:00", "08:00", "14T21:00", Some("15T08:00")),
            ("21:00", "08:00", "14T23:59", Some("15T08:00")),
            ("21:00", "08:00", "15T00:00", Some("15T08:00")),
            ("21:00", "08:00", "15T07:59", Some("15T08:00")),
            ("21:00", "08:00", "15T08:00", None),
            ("21:00", "08:00", "15T12:00", None),
            ("12:00", "14:00", "15T11:59", None),
            ("12:00", "14:00", "15T12:00", Some("15T14:00")),
            ("12:00", "14:00", "15T13:59", Some("15T14:00")),
            ("12:00", "14:00", "15T14:00", None),
            ("00:00", "06:00", "15T00:00", Some("15T06:00")),
            ("22:00", "00:00", "15T23:30", Some("16T00:00")),
            ("22:00", "00:00", "16T00:00", None),
            ("08:00", "08:00", "15T08:00", None),
        ] {
            let quiet = QuietHours { from: from.to_owned(), until: until.to_owned() };
            let found = quiet.ends(Zone::CHINA, day(now)).unwrap();
            assert_eq!(found, ends.map(day), "{from}-{until} at {now}");
            // It began before, and from its beginning on it was quiet.
            if let Some((began, end)) = quiet.around(Zone::CHINA, day(now)).unwrap() {
                assert!(began <= day(now) && day(now) < end && end <= began.plus_days(1), "{from}-{until} at {now}");
                assert_eq!(quiet.ends(Zone::CHINA, began).unwrap(), Some(end));
                assert_eq!(quiet.ends(Zone::CHINA, began.plus_millis(-1)).unwrap(), None);
            }
        }
        let wrong = QuietHours { from: "nine".to_owned(), until: "08:00".to_owned() };
        assert!(wrong.ends(Zone::CHINA, day("15T12:00")).is_err());
    }

    #[test]
    fn a_masked_address_shows_one_letter() {
        assert_eq!(masked_mail("zhang.wei@example.org"), "z***@example.org");
        assert_eq!(masked_mail("张三@example.org"), "张***@example.org");
        assert_eq!(masked_mail(""), "***@");
    }
}
