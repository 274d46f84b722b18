//! Personal data taken out of a text, with a word in its place that says what stood there.
//!
//! The text is read into pieces, one to a character, folded to half width. Each pass looks for one kind of datum and joins its pieces
//! into one that stands for the word; passes repeat until none finds anything. That is what makes redaction idempotent: its output reads
//! as exactly the pieces that the last round found nothing in.

mod begins;
mod names;
mod numbers;
#[cfg(test)]
mod tests;

use crate::fold::half_width;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What a redacted part of a text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Mobile or fixed telephone number.
    Phone,
    /// Resident identity number, or one that looks like it; passport and permit numbers after their name.
    Id,
    /// Bank card or another number of 16 to 19 digits.
    Card,
    /// Vehicle licence plate.
    Plate,
    /// E-mail address.
    Email,
    /// WeChat or QQ account after its name.
    Account,
    /// A person's name.
    Name,
}

impl Kind {
    /// The word that takes the datum's place.
    pub fn token(self) -> &'static str {
        match self {
            Self::Phone => "[电话]",
            Self::Id => "[证件号]",
            Self::Card => "[卡号]",
            Self::Plate => "[车牌]",
            Self::Email => "[邮箱]",
            Self::Account => "[账号]",
            Self::Name => "[姓名]",
        }
    }

    const ALL: [Self; 7] = [Self::Phone, Self::Id, Self::Card, Self::Plate, Self::Email, Self::Account, Self::Name];
}

/// Where a datum stood in the original text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Span {
    /// First byte and the byte after the last, on character borders of the original.
    pub range: Range<usize>,
    /// What it was.
    pub kind: Kind,
}

/// A text without its personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Redacted {
    /// The text with a word in place of each datum.
    pub text: String,
    /// What was taken out, in the order of the text.
    pub spans: Vec<Span>,
}

/// Takes personal data out of a text: telephone numbers, identity numbers, cards, plates, addresses, accounts and names where the words around
/// them give them away. Names that nothing announces stay, and so do house numbers, dates, bus lines and public hotlines.
///
/// ```
/// let redacted = text::redact("我是王小明，电话138 0013 8000，车停在12栋门口");
/// assert_eq!(redacted.text, "我是[姓名]，电话[电话]，车停在12栋门口");
/// assert_eq!(redacted.spans[1].kind, text::Kind::Phone);
/// ```
pub fn redact(text: &str) -> Redacted {
    let mut pieces = read(text);
    while PASSES.iter().enumerate().fold(false, |found, (n, pass)| sweep(&mut pieces, 1 << n, pass) || found) {}
    write(text, &pieces)
}

/// One character of the text, or one datum that was found.
#[derive(Debug, Clone)]
struct Piece {
    bytes: Range<usize>,
    /// Half width; [`BARRIER`] for a datum.
    c: char,
    /// Set for what this run found; a token that stood in the text already has none.
    kind: Option<Kind>,
    /// The passes whose data may begin with this character, one bit each in their order.
    begins: u16,
}

/// Stands for a datum. No pattern matches it and every pattern takes it for a border.
const BARRIER: char = '\u{0}';

/// Finds a datum that begins at a place: the pieces it takes.
type Find = fn(&[Piece], usize) -> Option<Range<usize>>;

/// The surest kinds first, so that no looser pattern takes a part of their data.
const PASSES: [(Kind, Find); 11] = [
    (Kind::Email, numbers::email),
    (Kind::Id, numbers::resident_id),
    (Kind::Phone, numbers::mobile),
    (Kind::Phone, numbers::landline),
    (Kind::Card, numbers::card),
    (Kind::Plate, numbers::plate),
    (Kind::Phone, numbers::announced_phone),
    (Kind::Id, numbers::announced_id),
    (Kind::Account, numbers::announced_account),
    (Kind::Name, names::announced),
    (Kind::Name, names::titled),
];

fn read(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(text.len() / 3);
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let token = if c == '[' { Kind::ALL.iter().find(|kind| text[at..].starts_with(kind.token())) } else { None };
        let (c, length) = token.map_or((half_width(c), c.len_utf8()), |kind| (BARRIER, kind.token().len()));
        pieces.push(Piece { bytes: at..at + length, c, kind: None, begins: begins::of(c) });
        at += length;
    }
    pieces
}

/// One pass; whether it found anything. `bit` stands for it in [`Piece::begins`].
fn sweep(pieces: &mut Vec<Piece>, bit: u16, (kind, find): &(Kind, Find)) -> bool {
    let (kind, mut found) = (*kind, Vec::<Range<usize>>::new());
    let mut at = 0;
    // Most characters begin nothing, and asking each pass about each of them is what redaction cost.
    while let Some(next) = pieces.get(at..).and_then(|rest| rest.iter().position(|piece| piece.begins & bit != 0)) {
        at += next;
        match find(pieces, at) {
            Some(range) => {
                at = range.end;
                found.push(range);
            }
            None => at += 1,
        }
    }
    for range in found.iter().rev() {
        let bytes = pieces[range.start].bytes.start..pieces[range.end - 1].bytes.end;
        pieces.splice(range.clone(), [Piece { bytes, c: BARRIER, kind: Some(kind), begins: 0 }]);
    }
    !found.is_empty()
}

fn write(text: &str, pieces: &[Piece]) -> Redacted {
    let (mut out, mut spans) = (String::with_capacity(text.len()), Vec::new());
    for piece in pieces {
        match piece.kind {
            Some(kind) => {
                out.push_str(kind.token());
                spans.push(Span { range: piece.bytes.clone(), kind });
            }
            None => out.push_str(&text[piece.bytes.clone()]),
        }
    }
    Redacted { text: out, spans }
}

/// The character at a place, a barrier beyond either end.
fn at(pieces: &[Piece], place: usize) -> char {
    pieces.get(place).map_or(BARRIER, |piece| piece.c)
}

/// The character before a place.
fn before(pieces: &[Piece], place: usize) -> char {
    place.checked_sub(1).map_or(BARRIER, |place| at(pieces, place))
}

/// How many characters from a place on are of a kind.
fn length_of(pieces: &[Piece], place: usize, of_kind: impl Fn(char) -> bool) -> usize {
    pieces.iter().skip(place).take_while(|piece| of_kind(piece.c)).count()
}

/// Whether a word stands at a place, whatever the case of its letters.
fn stands(pieces: &[Piece], place: usize, word: &str) -> bool {
    word.chars().enumerate().all(|(offset, c)| at(pieces, place + offset).eq_ignore_ascii_case(&c))
}

/// The longest of the words that stands at a place: the place after it.
fn any_stands(pieces: &[Piece], place: usize, words: &[&str]) -> Option<usize> {
    words.iter().filter(|word| stands(pieces, place, word)).map(|word| place + word.chars().count()).max()
}
