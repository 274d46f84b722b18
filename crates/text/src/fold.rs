//! The one reading of characters that every part of this crate shares.

/// One character as it is compared: full-width forms become their ASCII twins, every white space one blank, letters lower case.
///
/// ```
/// assert_eq!(text::fold('Ａ'), 'a');
/// assert_eq!(text::fold('\u{3000}'), ' ');
/// assert_eq!(text::fold('路'), '路');
/// ```
#[inline]
pub fn fold(c: char) -> char {
    let c = half_width(c);
    if c.is_ascii() {
        if c.is_ascii_whitespace() { ' ' } else { c.to_ascii_lowercase() }
    } else if is_cjk(c) {
        c
    } else if c.is_whitespace() {
        ' '
    } else {
        // Letters whose lower case is several characters keep the first one: the length of the text never changes.
        c.to_lowercase().next().unwrap_or(c)
    }
}

/// Full-width ASCII (U+FF01–U+FF5E) and the ideographic space as plain ASCII; anything else as it is.
#[inline]
pub(crate) fn half_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    }
}

/// Chinese characters: the unified ideographs with their extensions, the compatibility block and the zero 〇.
#[inline]
pub(crate) fn is_cjk(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}' | '〇')
}
