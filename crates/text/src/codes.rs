//! Check digits of the national codes that turn up in texts and forms. They are validated, never repaired.

/// Weights of the first 17 digits of a resident number (GB 11643-1999, from ISO 7064 MOD 11-2).
const RESIDENT_WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// Check character by the weighted sum modulo 11.
const RESIDENT_CHECKS: [u8; 11] = *b"10X98765432";
/// Alphabet of the unified social credit code (GB 32100-2015): digits and letters without I, O, S, V, Z.
const CREDIT_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Whether a resident identity number is well formed: 18 characters, a date that existed, the check character of GB 11643. A small `x`
/// counts as `X`. Whether the number was ever given out cannot be told.
///
/// ```
/// assert!(text::codes::is_resident_id("11010519491231002X"));
/// assert!(!text::codes::is_resident_id("110105194912310021"));
/// ```
pub fn is_resident_id(id: &str) -> bool {
    let Ok(bytes) = <[u8; 18]>::try_from(id.as_bytes()) else { return false };
    bytes[..17].iter().all(u8::is_ascii_digit)
        && bytes[0] != b'0'
        && is_date(&bytes[6..14])
        && resident_check(&bytes[..17]) == Some(bytes[17].to_ascii_uppercase())
}

/// The check character that follows the first 17 digits of a resident number.
fn resident_check(digits: &[u8]) -> Option<u8> {
    let sum: u32 = digits.iter().zip(RESIDENT_WEIGHTS).map(|(d, weight)| u32::from(d - b'0') * weight).sum();
    RESIDENT_CHECKS.get((sum % 11) as usize).copied()
}

/// Whether a unified social credit code is well formed: 18 characters of the alphabet of GB 32100 in capitals, with the right check character.
///
/// ```
/// assert!(text::codes::is_credit_code("91350100M000100Y43"));
/// ```
pub fn is_credit_code(code: &str) -> bool {
    let Ok(bytes) = <[u8; 18]>::try_from(code.as_bytes()) else { return false };
    let Some(values) = bytes.iter().map(|c| CREDIT_ALPHABET.iter().position(|a| a == c)).collect::<Option<Vec<_>>>() else {
        return false;
    };
    // The weights are the powers of 3 modulo 31.
    let (sum, _) = values[..17].iter().fold((0, 1), |(sum, weight), value| (sum + value * weight, weight * 3 % 31));
    // Administrative code, digits only, in places 3 to 8.
    bytes[2..8].iter().all(u8::is_ascii_digit) && values[17] == (31 - sum % 31) % 31
}

/// Whether eight digits are a date of the Gregorian calendar between 1800 and 2199.
pub(crate) fn is_date(digits: &[u8]) -> bool {
    let number = |range: std::ops::Range<usize>| digits[range].iter().fold(0_u32, |n, d| n * 10 + u32::from(d - b'0'));
    let (year, month, day) = (number(0..4), number(4..6), number(6..8));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1800..2200).contains(&year) && (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn resident_numbers() {
        let cases = [
            ("11010519491231002X", true), // the example of the standard
            ("440524188001010014", true), // the same
            ("11010519491231002x", true),
            ("110105194912310021", false), // wrong check
            ("110105194913310020", false), // month 13
            ("110105194902300020", false), // 30 February
            ("11010519491231002", false),  // too short
            ("11010519491231002XX", false),
            ("010105194912310020", false),
            ("１１０１０５", false),
            ("", false),
        ];
        for (id, valid) in cases {
            assert_eq!(is_resident_id(id), valid, "{id}");
        }
    }

    #[test]
    fn credit_codes() {
        let cases = [
            ("91350100M000100Y43", true), // the example of the standard
            ("91350100M000100Y44", false),
            ("91350100m000100y43", false),
            ("91350100I000100Y43", false), // I is not in the alphabet
            ("9135010XM000100Y43", false),
            ("91350100M000100Y4", false),
            ("", false),
        ];
        for (code, valid) in cases {
            assert_eq!(is_credit_code(code), valid, "{code}");
        }
    }

    proptest! {
        #[test]
        fn exactly_one_check_character_fits(area in 110_000_u32..660_000, year in 1900_u32..2100, month in 1_u32..=12, day in 1_u32..=28, serial in 0_u32..1000) {
            let stem = format!("{area}{year:04}{month:02}{day:02}{serial:03}");
            let fitting = "0123456789X".chars().filter(|check| is_resident_id(&format!("{stem}{check}"))).count();
            prop_assert_eq!(fitting, 1);
        }

        #[test]
        fn any_wrong_digit_is_found(at in 0_usize..17, by in 1_u8..10) {
            let mut id = *b"440524188001010014";
            id[at] = b'0' + (id[at] - b'0' + by) % 10;
            prop_assert!(!is_resident_id(std::str::from_utf8(&id).unwrap()));
        }

        #[test]
        fn no_text_makes_them_panic(text in ".{0,24}") {
            is_resident_id(&text);
            is_credit_code(&text);
        }
    }
}
