//! The address book of compounds and buildings, to find one's grid by. Nothing here is about a person: names of places and points inside them.

use std::fmt::Write as _;

use db::{record, words};
use kernel::Id;

use super::model::Unit;

words! {
    /// What an entry of the address book is.
    pub enum AddressKind {
        /// 小区
        Compound = "compound",
        /// 楼栋
        Building = "building",
    }
}

impl AddressKind {
    /// The place in the book of the first entry of this kind: compounds stand before buildings.
    pub const fn first(self) -> i64 {
        match self {
            Self::Compound => 1 << 32,
            Self::Building => 2 << 32,
        }
    }
}

record! {
    /// An entry of the address book.
    #[derive(Clone, Debug)]
    pub struct Address {
        pub id: Id<Address>,
        pub kind: AddressKind,
        pub n: i64,
        pub name: String,
        pub place: String,
        pub words: String,
        pub grid_id: Option<Id<Unit>>,
        pub lon: f64,
        pub lat: f64,
    }
}

/// A text as addresses are compared: without spaces and signs, small letters, plain digits, one word for a block.
pub fn words(text: &str) -> String {
    let plain = |c: char| match c {
        '０'..='９' => char::from_u32(c as u32 - 0xff10 + 0x30).unwrap_or(c),
        _ => c.to_ascii_lowercase(),
    };
    let kept: String = text.chars().map(plain).filter(|c| c.is_alphanumeric()).collect();
    kept.replace("号楼", "栋").replace('幢', "栋")
}

/// The runs of a text that must follow one another: a number begins a new one, and so does a space.
pub fn runs(text: &str) -> Vec<String> {
    let mut runs: Vec<String> = Vec::new();
    for part in text.split_whitespace() {
        let mut before = None::<char>;
        for c in words(part).chars() {
            let digit = c.is_ascii_digit();
            match runs.last_mut() {
                Some(run) if before.is_some_and(|b| !digit || b.is_ascii_digit()) => run.push(c),
                _ => runs.push(c.to_string()),
            }
            before = Some(c);
        }
    }
    runs
}

/// A key by which 2栋 stands before 12栋.
pub fn natural(text: &str) -> String {
    let (mut key, mut digits) = (String::with_capacity(text.len() + 8), String::new());
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            let _ = write!(key, "{digits:0>10}");
            digits.clear();
        }
        key.push(c);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_however_they_are_written() {
        assert_eq!(words("柳荫新村 ３号楼"), words("柳荫新村3栋"));
        assert_eq!(words("柳荫新村3幢"), "柳荫新村3栋");
        assert_eq!(runs("柳荫3栋501室"), ["柳荫", "3栋", "501室"]);
        assert_eq!(runs(" 柳荫 路 "), ["柳荫", "路"]);
        assert!(runs("%_").is_empty(), "signs that the search itself understands are no words");
    }

    #[test]
    fn two_stands_before_twelve() {
        let mut names = ["柳荫12栋", "柳荫2栋", "柳荫1栋"];
        names.sort_by_key(|n| natural(n));
        assert_eq!(names, ["柳荫1栋", "柳荫2栋", "柳荫12栋"]);
    }
}
