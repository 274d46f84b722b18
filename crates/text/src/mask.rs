//! Masks for showing a known personal value in part.

/// A phone number with its middle hidden: `138****1234`. Blanks and dashes go; a number of fewer than eight digits is hidden whole.
///
/// ```
/// assert_eq!(text::mask_phone("138 0000 1234"), "138****1234");
/// ```
pub fn mask_phone(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().map(crate::fold::half_width).filter(char::is_ascii_digit).collect();
    if digits.len() < 8 {
        return "*".repeat(phone.chars().count());
    }
    let (first, last) = (3.min(digits.len() - 8 + 1), 4);
    hide_middle(&digits, first, last)
}

/// A person's name: `张*` for two characters, `张*三` for three, and `张**三` for more; a single character is hidden whole.
///
/// ```
/// assert_eq!(text::mask_name("张三"), "张*");
/// assert_eq!(text::mask_name("张小三"), "张*三");
/// ```
pub fn mask_name(name: &str) -> String {
    let chars: Vec<char> = name.trim().chars().collect();
    match chars.len() {
        0 => String::new(),
        1 => "*".into(),
        2 => hide_middle(&chars, 1, 0),
        _ => hide_middle(&chars, 1, 1),
    }
}

/// An identity number: the first three and the last four characters stay, `110***********1234`; one of fewer than 15 is hidden whole.
///
/// ```
/// assert_eq!(text::mask_id("110105194912310021"), "110***********0021");
/// ```
pub fn mask_id(id: &str) -> String {
    let chars: Vec<char> = id.trim().chars().collect();
    if chars.len() < 15 { "*".repeat(chars.len()) } else { hide_middle(&chars, 3, 4) }
}

fn hide_middle(chars: &[char], first: usize, last: usize) -> String {
    let end = chars.len() - last;
    chars.iter().enumerate().map(|(at, &c)| if at >= first && at < end { '*' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Mask = fn(&str) -> String;

    #[test]
    fn values_show_in_part() {
        let cases: [(Mask, &str, &str); 17] = [
            (mask_phone, "13800001234", "138****1234"),
            (mask_phone, "138-0000-1234", "138****1234"),
            (mask_phone, "１３８００００１２３４", "138****1234"),
            (mask_phone, "05718888 6666", "057*****6666"),
            (mask_phone, "88886666", "8***6666"),
            (mask_phone, "12345", "*****"),
            (mask_phone, "", ""),
            (mask_name, "张三", "张*"),
            (mask_name, "张小三", "张*三"),
            (mask_name, "欧阳小三", "欧**三"),
            (mask_name, " 张三 ", "张*"),
            (mask_name, "张", "*"),
            (mask_name, "", ""),
            (mask_id, "110105194912310021", "110***********0021"),
            (mask_id, "11010519491231002X", "110***********002X"),
            (mask_id, "130503670401001", "130********1001"),
            (mask_id, "1234", "****"),
        ];
        for (mask, value, shown) in cases {
            assert_eq!(mask(value), shown, "{value}");
        }
    }

    proptest! {
        #[test]
        fn never_the_whole_value(value in "\\PC{1,30}") {
            prop_assume!(!value.contains('*') && !value.trim().is_empty());
            prop_assert!(mask_phone(&value) != value);
            prop_assert!(mask_name(&value) != value);
            prop_assert!(mask_id(&value) != value);
        }
    }
}
