use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Error, FieldError, Time};

/// One page of a list that is read by keyset: the items and, when there are more, the cursor of the next page.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The items in the list's order.
    pub items: Vec<T>,
    /// Pass it back as `cursor` to read on; null on the last page.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Cuts a list that was read with `limit + 1` rows down to a page; `key` names the sort key of the last item kept.
    pub fn cut(mut items: Vec<T>, limit: usize, as_of: Time, key: impl Fn(&T) -> (i64, Uuid)) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| {
            let (at, id) = key(last);
            Cursor { as_of, at, id }.encode()
        });
        Self { items, next }
    }

    /// The same page with other items.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}

/// Which part of a list is asked for, as the list stood when its first page was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// How many items at most.
    pub limit: i64,
    /// Where it goes on.
    pub cursor: Option<Cursor>,
    /// When the first page was read.
    pub as_of: Time,
}

impl Part {
    /// At most 200 items, 50 when nothing is said.
    ///
    /// # Errors
    /// `Invalid` with the field `cursor`.
    pub fn of(limit: Option<i64>, cursor: Option<&str>, now: Time) -> Result<Self, Error> {
        let cursor = cursor.map(Cursor::decode).transpose()?;
        Ok(Self { limit: limit.unwrap_or(50).clamp(1, 200), cursor, as_of: cursor.map_or(now, |c| c.as_of) })
    }

    /// The page of a list that was read with one item more than the limit; `key` names the sort key of an item.
    pub fn cut<T>(&self, items: Vec<T>, key: impl Fn(&T) -> (i64, Uuid)) -> Page<T> {
        Page::cut(items, usize::try_from(self.limit).unwrap_or_default(), self.as_of, key)
    }
}

/// Where a keyset list goes on: after the row with this sort key, as the list stood when it was first read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When the first page was read.
    pub as_of: Time,
    /// The sort instant (or other integer key) of the last row seen.
    pub at: i64,
    /// The id of the last row seen; it breaks ties.
    pub id: Uuid,
}

impl Cursor {
    /// Opaque text for clients: 64 hexadecimal digits.
    pub fn encode(&self) -> String {
        let mut text = String::with_capacity(64);
        let _ = write!(text, "{:016x}{:016x}{}", self.as_of.millis(), self.at, self.id.simple());
        text
    }

    /// Reads what [`Cursor::encode`] wrote; anything else is an `Invalid` error on the field `cursor`.
    pub fn decode(text: &str) -> Result<Self, Error> {
        let bad = || Error::Invalid(vec![FieldError::new("cursor", "bad-cursor")]);
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(bad());
        }
        let number = |s: &str| u64::from_str_radix(s, 16).map(|n| n as i64).map_err(|_| bad());
        Ok(Self {
            as_of: Time::from_millis(number(&text[..16])?),
            at: number(&text[16..32])?,
            id: Uuid::try_parse(&text[32..]).map_err(|_| bad())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn any_text_is_a_cursor_or_refused(text in proptest::prop_oneof!["[0-9a-fA-F]{60,68}", ".{0,80}"]) {
            if let Ok(cursor) = Cursor::decode(&text) {
                proptest::prop_assert_eq!(cursor.encode(), text.to_ascii_lowercase());
            }
        }
    }

    #[test]
    fn cursors_round_trip_and_reject_noise() {
        let cursor = Cursor { as_of: Time::from_millis(17), at: -5, id: Uuid::from_u128(99) };
        assert_eq!(Cursor::decode(&cursor.encode()).unwrap(), cursor);
        for noise in ["", "abc", &"g".repeat(64), &"0".repeat(63), "汉字汉字汉字汉字汉字汉字汉字汉字汉字汉字汉"]
        {
            assert!(matches!(Cursor::decode(noise), Err(Error::Invalid(_))), "{noise}");
        }
    }

    #[test]
    fn a_part_is_neither_empty_nor_endless_and_keeps_the_first_look() {
        let now = Time::from_millis(50);
        let limits = [None, Some(0), Some(7), Some(1_000)].map(|limit| Part::of(limit, None, now).unwrap().limit);
        assert_eq!(limits, [50, 1, 7, 200]);
        let cursor = Cursor { as_of: Time::from_millis(17), at: 3, id: Uuid::nil() };
        assert_eq!(Part::of(None, Some(&cursor.encode()), now).unwrap().as_of, cursor.as_of);
        assert!(Part::of(None, Some("noise"), now).is_err());
        let next = Part::of(Some(1), None, now).unwrap().cut(vec![9_i64, 8], |n| (*n, Uuid::nil())).next.unwrap();
        assert_eq!(Cursor::decode(&next).unwrap(), Cursor { as_of: now, at: 9, id: Uuid::nil() });
    }

    #[test]
    fn a_full_page_names_the_next() {
        let page = Page::cut(vec![3_i64, 2, 1], 2, Time::from_millis(0), |n| (*n, Uuid::nil()));
        assert_eq!(page.items, [3, 2]);
        assert_eq!(Cursor::decode(&page.next.unwrap()).unwrap().at, 2);
        assert!(Page::cut(vec![3_i64, 2], 2, Time::from_millis(0), |n| (*n, Uuid::nil())).next.is_none());
    }
}
