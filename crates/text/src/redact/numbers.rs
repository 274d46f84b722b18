//! Data that are told by their shape: numbers, plates and addresses.

use super::{BARRIER, Piece, any_stands, at, before, length_of};
use crate::codes;
use std::ops::Range;

/// The digits as characters, in order.
pub(super) const DIGITS: &str = "零一二三四五六七八九";
/// Characters that are said for digits as well.
pub(super) const MORE_DIGITS: &str = "〇○幺";
/// What a plate begins with.
pub(super) const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使";
/// What announces a telephone number.
pub(super) const PHONE: [&str; 8] = ["电话", "座机", "联系方式", "致电", "拨打", "手机", "tel", "固话"];
/// What announces the number of a passport or permit.
pub(super) const PAPERS: [&str; 4] = ["护照", "通行证", "军官证", "身份证"];
/// What announces a QQ account.
pub(super) const QQ: [&str; 3] = ["QQ", "扣扣", "企鹅"];
/// What announces a WeChat account.
pub(super) const WECHAT: [&str; 7] = ["微信", "威信", "vx", "wx", "weixin", "wechat", "薇信"];

/// What people put between the groups of a number.
fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '–' | '—' | '−' | '.' | '·' | '_' | '\t')
}

/// A run of digits cut by separators.
struct Run {
    digits: Vec<u8>,
    /// Lengths of the groups.
    groups: Vec<usize>,
    end: usize,
}

/// Reads exactly `want` digits from `start`, at most two separators between any two, a digit neither before nor after. With `x` the last one
/// may be an X.
fn run(pieces: &[Piece], start: usize, want: usize, x: bool) -> Option<Run> {
    if !at(pieces, start).is_ascii_digit() || before(pieces, start).is_ascii_digit() {
        return None;
    }
    let mut run = Run { digits: Vec::with_capacity(want), groups: vec![0], end: start };
    while run.digits.len() < want {
        let gap = (0..2).take_while(|&offset| is_separator(at(pieces, run.end + offset))).count();
        let c = at(pieces, run.end + gap);
        let last = run.digits.len() + 1 == want;
        let digit = match c {
            '0'..='9' => c as u8,
            'x' | 'X' | '×' if x && last => b'X',
            _ => return None,
        };
        if gap > 0 {
            run.groups.push(0);
        }
        *run.groups.last_mut()? += 1;
        run.digits.push(digit);
        run.end += gap + 1;
    }
    (!at(pieces, run.end).is_ascii_digit()).then_some(run)
}

impl Run {
    /// Written as one number: whole, in groups of at least three (dates and lists have shorter ones), or digit by digit.
    fn is_one_number(&self) -> bool {
        let sizes = &self.groups;
        sizes.iter().all(|&size| size >= 3) || sizes.iter().all(|&size| size == 1)
    }
}

/// 18 characters that are a resident number or look like one (an X at the end, or a date in the middle), and the old ones of 15 digits.
pub(super) fn resident_id(pieces: &[Piece], start: usize) -> Option<Range<usize>> {
    if let Some(number) = chinese_digits(pieces, start, 18) {
        return Some(start..number.1).filter(|_| is_resident_like(&number.0));
    }
    let new = run(pieces, start, 18, true).filter(|run| run.is_one_number() && is_resident_like(&run.digits));
    let old = || {
        run(pieces, start, 15, false).filter(|run| {
            let century = [b"19", &run.digits[6..12]].concat();
            run.groups.len() == 1 && (b'1'..=b'6').contains(&run.digits[0]) && codes::is_date(&century)
        })
    };
    new.or_else(old).map(|run| start..run.end)
}

fn is_resident_like(digits: &[u8]) -> bool {
    digits[17] == b'X' || codes::is_date(&digits[6..14]) || std::str::from_utf8(digits).is_ok_and(codes::is_resident_id)
}

/// Mobile numbers: eleven digits from 13 to 19, after +86, 0086, 86 or 0 as well.
pub(super) fn mobile(pieces: &[Piece], start: usize) -> Option<Range<usize>> {
    let is_mobile = |digits: &[u8]| digits[0] == b'1' && digits[1] >= b'3';
    if let Some((digits, end)) = chinese_digits(pieces, start, 11) {
        return is_mobile(&digits).then_some(start..end);
    }
    let plus = usize::from(at(pieces, start) == '+');
    for (prefix, length) in [("", 11), ("86", 13), ("0", 12), ("0086", 15)] {
        let Some(run) = run(pieces, start + plus, length, false) else { continue };
        let (head, number) = run.digits.split_at(prefix.len());
        // What separates the prefix from the number is not a group of the number.
        let groups = if run.groups[0] == prefix.len() { &run.groups[1..] } else { &run.groups[..] };
        let whole = groups.iter().all(|&size| size >= 3) || groups.iter().all(|&size| size == 1);
        if head == prefix.as_bytes() && whole && is_mobile(number) {
            return Some(start..run.end);
        }
    }
    None
}

/// Digits written as characters, exactly `want` of them in a row.
fn chinese_digits(pieces: &[Piece], start: usize, want: usize) -> Option<(Vec<u8>, usize)> {
    let digit = |place| {
        DIGITS.chars().position(|c| c == at(pieces, place)).map(|d| b'0' + d as u8).or_else(|| {
            match at(pieces, place) {
                '〇' | '○' => Some(b'0'),
                '幺' => Some(b'1'), // as in `MORE_DIGITS`
                _ => None,
            }
        })
    };
    digit(start)?;
    if start > 0 && digit(start - 1).is_some() {
        return None;
    }
    let digits: Vec<u8> = (start..).map_while(digit).collect();
    (digits.len() == want).then(|| (digits, start + want))
}

/// Fixed numbers with their area code: 010 and 02x with eight digits, other codes with seven or eight; brackets and an extension as well.
pub(super) fn landline(pieces: &[Piece], start: usize) -> Option<Range<usize>> {
    let bracket = usize::from(at(pieces, start) == '(');
    let code = start + bracket;
    if at(pieces, code) != '0' || before(pieces, code).is_ascii_digit() || before(pieces, start) == '.' {
        return None;
    }
    let big = matches!(at(pieces, code + 1), '1' | '2');
    let length = if big { 3 } else { 4 };
    if !(1..length).all(|offset| at(pieces, code + offset).is_ascii_digit()) || at(pieces, code + 1) == '0' {
        return None;
    }
    let mut number = code + length + usize::from(bracket == 1 && at(pieces, code + length) == ')');
    while is_separator(at(pieces, number)) && number < code + length + 3 {
        number += 1;
    }
    let least = if big { 8 } else { 7 };
    // The number may be cut once, as in 8888-6666.
    let end = (least..=8).rev().find_map(|want| digits_from(pieces, number, want))?;
    Some(start..extension(pieces, end))
}

/// The place after `want` digits with at most one separator in between and no digit behind.
fn digits_from(pieces: &[Piece], start: usize, want: usize) -> Option<usize> {
    let (mut place, mut seen, mut cuts) = (start, 0, 0);
    while seen < want {
        match at(pieces, place) {
            '0'..='9' => seen += 1,
            c if is_separator(c) && seen > 0 && cuts == 0 => cuts += 1,
            _ => return None,
        }
        place += 1;
    }
    (!at(pieces, place).is_ascii_digit()).then_some(place)
}

/// The place after an extension (转 or a dash and one to five digits), if one follows.
fn extension(pieces: &[Piece], end: usize) -> usize {
    let digits = match at(pieces, end) {
        '-' => end + 1,
        '转' => end + 1 + usize::from(matches!(at(pieces, end + 1), ' ' | '分')),
        _ => return end,
    };
    let count = length_of(pieces, digits, |c| c.is_ascii_digit());
    if (1..=5).contains(&count) { digits + count } else { end }
}

/// Bank cards and other numbers of 16 to 19 digits, whole or in groups of at least three.
pub(super) fn card(pieces: &[Piece], start: usize) -> Option<Range<usize>> {
    (16..=19).rev().find_map(|want| run(pieces, start, want, false).filter(Run::is_card).map(|run| start..run.end))
}

impl Run {
    /// Cards are cut in groups of four, the last of one to four.
    fn is_card(&self) -> bool {
        let (last, full) = self.groups.split_last().map_or((0, &[][..]), |(last, full)| (*last, full));
        full.is_empty()
            || (full.iter().all(|&size| size == 4) && last <= 4)
            || self.groups == [6, 13]
            || self.groups.iter().all(|&size| size == 1)
    }
}

/// Plates: a province, a letter and five or six letters and digits (new-energy ones have six).
pub(super) fn plate(pieces: &[Piece], start: usize) -> Option<Range<usize>> {
    const ENDINGS: &str = "挂学警港澳试超领";
    if !PROVINCES.contains(at(pieces, start)) || !at(pieces, start + 1).is_ascii_alphabetic() {
        return None;
    }
    let gap = (2..4).take_while(|&offset| is_separator(at(pieces, start + offset)) || at(pieces, start + offset) == '•').count();
    let body = start + 2 + gap;
    let count = (body..).take_while(|&place| at(pieces, place).is_ascii_alphanumeric()).take(7).count();
    let ending = usize::from(count == 4 && ENDINGS.contains(at(pieces, body + count)));
    let digits = (body..body + count).filter(|&place| at(pieces, place).is_ascii_digit()).count();
    (matches!(count + ending, 5 | 6) && digits >= 2).then_some(start..body + count + ending)
}

/// Addresses: a local part, an at sign and a domain with a dot.
pub(super) fn email(pieces: &[Piece], start: usize) -> Option<Range<usize>> {
    let local = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-');
    if !local(at(pieces, start)) || local(before(pieces, start)) {
        return None;
    }
    let sign = start + length_of(pieces, start, local);
    if at(pieces, sign) != '@' {
        return None;
    }
    let end = sign + 1 + length_of(pieces, sign + 1, |c| matches!(c, '.' | '-') || c.is_ascii_alphanumeric());
    // A full stop or dash at the end belongs to the sentence.
    let end = (sign + 1..=end).rev().find(|&end| before(pieces, end).is_ascii_alphanumeric())?;
    let dotted = (sign + 2..end).any(|place| at(pieces, place) == '.');
    dotted.then_some(start..end)
}

/// The place behind one of the words at `start` and up to three fillers such as a colon.
fn announced(pieces: &[Piece], start: usize, words: &[&str]) -> Option<usize> {
    let mut place = any_stands(pieces, start, words)?;
    for _ in 0..3 {
        if matches!(at(pieces, place), ':' | '是' | '为' | '号' | '码' | ' ' | '(' | ',' | '=' | '群' | '、') {
            place += 1;
        }
    }
    Some(place)
}

/// Seven or eight digits after a word for telephone: a fixed number without its area code.
pub(super) fn announced_phone(pieces: &[Piece], start: usize) -> Option<Range<usize>> {
    let number = following(pieces, start, &PHONE)?;
    matches!(at(pieces, number), '2'..='8').then_some(())?;
    let end = [8, 7].into_iter().find_map(|want| digits_from(pieces, number, want))?;
    Some(number..extension(pieces, end))
}

/// Passport and permit numbers after their name: one or two letters and seven to nine digits.
pub(super) fn announced_id(pieces: &[Piece], start: usize) -> Option<Range<usize>> {
    let number = following(pieces, start, &PAPERS)?;
    let letters = length_of(pieces, number, |c| c.is_ascii_alphabetic());
    let digits = length_of(pieces, number + letters, |c| c.is_ascii_digit());
    (letters <= 2 && (7..=18).contains(&digits)).then_some(number..number + letters + digits)
}

/// WeChat and QQ accounts after their name.
pub(super) fn announced_account(pieces: &[Piece], start: usize) -> Option<Range<usize>> {
    if at(pieces, start).is_ascii_alphabetic() && before(pieces, start).is_ascii_alphanumeric() {
        return None;
    }
    let in_account = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let account = following(pieces, start, &QQ).or_else(|| following(pieces, start, &WECHAT))?;
    let length = length_of(pieces, account, in_account);
    let digits = (account..account + length).filter(|&place| at(pieces, place).is_ascii_digit()).count();
    let is_number = digits == length && (6..=12).contains(&length);
    let is_handle = (6..=20).contains(&length) && at(pieces, account).is_ascii_alphabetic();
    let is_short = length == 5 && digits == 5 && any_stands(pieces, start, &QQ).is_some() && at(pieces, account) != '1';
    (is_number || is_handle || is_short).then_some(account..account + length)
}

/// Where the datum begins whose announcing word stands at `start`. The search goes word by word, so the datum is found from its word.
fn following(pieces: &[Piece], start: usize, words: &[&str]) -> Option<usize> {
    announced(pieces, start, words).filter(|&place| at(pieces, place) != BARRIER)
}
