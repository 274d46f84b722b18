//! Types and rules without I/O.

use db::record;
use jiff::civil::DateTime;
use kernel::{Error, FieldError, Id, Result, Time, Zone};
use serde::Serialize;
use utoipa::ToSchema;

/// What an id of a photograph names.
pub enum File {}

/// How many photographs one command may attach.
pub const MOST_PHOTOS: usize = 9;

/// Cameras whose clock was never set write years before this one.
const FIRST_YEAR: i16 = 2000;

record! {
    /// A photograph as other slices and callers see it.
    #[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
    pub struct FileInfo {
        #[schema(value_type = Uuid)]
        pub id: Id<File>,
        /// Pixels across.
        pub width: i64,
        /// Pixels down.
        pub height: i64,
        /// Where it was taken as the camera says, WGS84 degrees.
        pub lon: Option<f64>,
        pub lat: Option<f64>,
        /// When it was taken as the camera says.
        pub taken_at: Option<Time>,
        /// What it shows of its owner, such as `report` or `result`; absent until it is attached.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub purpose: Option<String>,
    }
}

/// The instant that a camera's text names: in the district's zone when the camera gave no offset. Nothing when it cannot be true.
pub fn taken_at(text: &str, zone: Zone, now: Time) -> Option<Time> {
    let at = match text.parse::<DateTime>() {
        Ok(wall) if !text.contains('+') && !text.ends_with('Z') && text.matches('-').count() < 3 => zone.instant(wall),
        _ => text.parse().ok()?,
    };
    // A phone may lie ahead of us by its time zone, not by more.
    (zone.wall(at).year() >= FIRST_YEAR && at <= now.plus_days(1)).then_some(at)
}

/// Refuses a list that is too long or names a photograph twice.
pub fn check_list(ids: &[Id<File>]) -> Result<()> {
    if ids.len() > MOST_PHOTOS {
        return Err(Error::Invalid(vec![FieldError::new("photo_ids", "too-many").with("most", MOST_PHOTOS)]));
    }
    let twice = (0..ids.len()).filter(|n| ids[..*n].contains(&ids[*n]));
    let wrong: Vec<_> = twice.map(|n| FieldError::new(format!("photo_ids[{n}]"), "repeated")).collect();
    if wrong.is_empty() { Ok(()) } else { Err(Error::Invalid(wrong)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cameras_time_is_read_and_doubted() {
        let now: Time = "2026-03-14T00:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2026-03-13T08:30:00", Some("2026-03-13T00:30:00.000Z")),
            ("2026-03-13T08:30:00+09:00", Some("2026-03-12T23:30:00.000Z")),
            ("2026-03-13T08:30:00-05:00", Some("2026-03-13T13:30:00.000Z")),
            ("1980-01-01T00:00:00", None),
            ("2031-01-01T00:00:00", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(taken_at(text, Zone::CHINA, now).map(|t| t.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn nine_photographs_are_enough_and_each_counts_once() {
        let ids: Vec<Id<File>> = (0..10).map(|n| Id::from_uuid(uuid::Uuid::from_u128(n))).collect();
        assert!(check_list(&ids[..9]).is_ok() && check_list(&[]).is_ok());
        assert_eq!(check_list(&ids).unwrap_err().to_string(), "invalid input: photo_ids too-many");
        assert_eq!(check_list(&[ids[1], ids[2], ids[1]]).unwrap_err().to_string(), "invalid input: photo_ids[2] repeated");
    }
}
