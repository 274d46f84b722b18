//! Which data may begin with a character: looked up once a character, so that each pass asks only where it could find something.

use super::{PASSES, names, numbers};
use std::sync::LazyLock;

/// One bit for each pass, in the order of [`PASSES`], for the characters of the basic plane; no pass begins with any other.
static TABLE: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let mut table = vec![0; 1 << 16];
    for (n, characters) in beginnings().iter().enumerate() {
        for c in characters.chars() {
            table[c as usize] |= 1 << n;
        }
    }
    table
});

/// The passes that may find something that begins with this character.
pub(super) fn of(c: char) -> u16 {
    TABLE.get(c as usize).copied().unwrap_or(0)
}

/// What each pass may begin with.
fn beginnings() -> [String; PASSES.len()] {
    let digits: String = ('0'..='9').collect();
    let said = format!("{digits}{}{}", numbers::DIGITS, numbers::MORE_DIGITS);
    let letters: String = ('a'..='z').chain('A'..='Z').collect();
    [
        format!("{digits}{letters}._%+-"),
        said.clone(),
        format!("{said}+"),
        "(0".to_owned(),
        digits,
        numbers::PROVINCES.to_owned(),
        first(&[&numbers::PHONE]),
        first(&[&numbers::PAPERS]),
        first(&[&numbers::QQ, &numbers::WECHAT]),
        first(&[&names::ASKING, &names::HINTING]),
        names::SURNAMES.to_owned() + &first(&[&names::DOUBLE_SURNAMES]),
    ]
}

/// The first characters of words, letters in both cases.
fn first(lists: &[&[&str]]) -> String {
    let words = lists.iter().flat_map(|list| list.iter());
    words.filter_map(|w| w.chars().next()).flat_map(|c| [c.to_ascii_lowercase(), c.to_ascii_uppercase()]).collect()
}
