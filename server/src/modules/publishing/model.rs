//! Words and rules, without I/O.

use db::words;
use kernel::{Error, FieldError, Result, Time};

/// A public notice (公示).
pub struct Publication;

kernel::codes! {
    /// The notice was withdrawn before.
    WITHDRAWN = "publication-withdrawn";
}

words! {
    /// What a notice is for.
    pub enum Kind {
        /// 公告
        Announcement = "announcement",
        /// 通知
        Notice = "notice",
        /// 便民
        Service = "service",
        /// 倡议
        Appeal = "appeal",
        /// 公示
        Disclosure = "disclosure",
        /// 征集
        Call = "call",
        /// 反馈
        Feedback = "feedback",
    }
}

impl Kind {
    /// The kind that tables name by its Chinese or its stored word.
    pub fn read(text: &str) -> Option<Self> {
        const CHINESE: [(&str, Kind); 7] = [
            ("公告", Kind::Announcement),
            ("通知", Kind::Notice),
            ("便民", Kind::Service),
            ("倡议", Kind::Appeal),
            ("公示", Kind::Disclosure),
            ("征集", Kind::Call),
            ("反馈", Kind::Feedback),
        ];
        let chinese = CHINESE.iter().find(|(word, _)| *word == text).map(|(_, kind)| *kind);
        chinese.or_else(|| Self::ALL.iter().copied().find(|k| k.word() == text))
    }
}

/// The longest title and text, in characters.
pub const LONGEST: (usize, usize) = (60, 3_000);

/// Title and text as they are kept, and a time that has an end after its beginning.
pub fn checked(title: &str, body: &str, from: Time, until: Option<Time>) -> Result<(String, String)> {
    let mut wrong = Vec::new();
    let mut text = |field: &'static str, text: &str, most: usize| {
        let text = text.trim();
        if text.is_empty() {
            wrong.push(FieldError::new(field, "required"));
        } else if text.chars().count() > most {
            wrong.push(FieldError::new(field, "too-long").with("limit", most));
        }
        text.to_owned()
    };
    let (title, body) = (text("title", title, LONGEST.0), text("text", body, LONGEST.1));
    if until.is_some_and(|until| until <= from) {
        wrong.push(FieldError::new("until", "before-from"));
    }
    if wrong.is_empty() { Ok((title, body)) } else { Err(Error::Invalid(wrong)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_says_something_for_some_time() {
        let at = Time::from_millis;
        assert_eq!(checked(" 停水 ", "明日停水", at(1), Some(at(2))).unwrap(), ("停水".to_owned(), "明日停水".to_owned()));
        let Err(Error::Invalid(wrong)) = checked("", &"长".repeat(3_001), at(2), Some(at(2))) else { panic!("taken") };
        let told: Vec<_> = wrong.iter().map(|w| (w.field.as_str(), w.code)).collect();
        assert_eq!(told, [("title", "required"), ("text", "too-long"), ("until", "before-from")]);
    }

    #[test]
    fn kinds_are_read_in_both_languages() {
        for kind in Kind::ALL {
            assert_eq!(Kind::read(kind.word()), Some(*kind));
        }
        assert_eq!((Kind::read("公示"), Kind::read("闲聊")), (Some(Kind::Disclosure), None));
    }
}
