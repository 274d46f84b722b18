//! Search terms for Chinese text: overlapping pairs of characters, made here so that every database counts them alike.

use crate::fold::{fold, is_cjk};

/// The terms of a text to index, with blanks between: each run of Chinese characters as overlapping pairs and its last character alone, any
/// other run of letters and digits as one lower-case word. Full-width forms count as half-width ones.
///
/// The last character stands alone so that **every** character begins a term: a search for one character is a prefix search and finds all.
/// Put the result into SQLite FTS5 (`unicode61`) or PostgreSQL `to_tsvector('simple', …)`.
///
/// ```
/// assert_eq!(text::bigrams("人民路ＡＢ12栋"), "人民 民路 路 ab12 栋");
/// ```
pub fn bigrams(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    runs(text, |run, chinese| {
        if chinese {
            for pair in run.windows(2) {
                push(&mut out, pair);
            }
            push(&mut out, &run[run.len() - 1..]);
        } else {
            push(&mut out, run);
        }
    });
    out
}

/// The terms that a text must hold **all** of to match a query. Terms for which [`is_prefix`] holds are to be asked as prefixes (`路*` in FTS5,
/// `路:*` in PostgreSQL): that is how a query of one character is answered. No term at all means that there is nothing to search for.
///
/// ```
/// assert_eq!(text::query_bigrams("人民路 12"), ["人民", "民路", "12"]);
/// assert_eq!(text::query_bigrams("路"), ["路"]);
/// assert!(text::is_prefix("路"));
/// ```
pub fn query_bigrams(query: &str) -> Vec<String> {
    let mut terms: Vec<String> = Vec::new();
    runs(query, |run, chinese| {
        let size = if chinese { run.len().min(2) } else { run.len() };
        for part in run.windows(size) {
            let term: String = part.iter().collect();
            if !terms.contains(&term) {
                terms.push(term);
            }
        }
    });
    terms
}

/// Whether a query term is one Chinese character, which begins the terms it is to be found in.
pub fn is_prefix(term: &str) -> bool {
    let mut chars = term.chars();
    chars.next().is_some_and(is_cjk) && chars.next().is_none()
}

/// Calls `each` with every run of Chinese characters (true) and every run of other letters and digits (false).
fn runs(text: &str, mut each: impl FnMut(&[char], bool)) {
    let chars: Vec<char> = text.chars().map(fold).collect();
    let class = |c: char| if is_cjk(c) { Some(true) } else { c.is_alphanumeric().then_some(false) };
    for run in chars.chunk_by(|a, b| class(*a) == class(*b)) {
        if let Some(chinese) = class(run[0]) {
            each(run, chinese);
        }
    }
}

fn push(out: &mut String, term: &[char]) {
    if !out.is_empty() {
        out.push(' ');
    }
    out.extend(term);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_become_terms() {
        let cases = [
            ("", ""),
            ("，。", ""),
            ("路", "路"),
            ("道路", "道路 路"),
            ("人民路，路灯", "人民 民路 路 路灯 灯"),
            ("WiFi坏了", "wifi 坏了 了"),
            ("３号楼Ｂ座", "3 号楼 楼 b 座"),
            ("a-b c", "a b c"),
        ];
        for (text, terms) in cases {
            assert_eq!(bigrams(text), terms, "{text}");
        }
    }

    #[test]
    fn queries_name_each_term_once() {
        assert_eq!(query_bigrams("路灯路灯"), ["路灯", "灯路"]);
        assert_eq!(query_bigrams("ＷＩＦＩ 12栋"), ["wifi", "12", "栋"]);
        assert!(query_bigrams("！？").is_empty());
        assert!(!is_prefix("12") && !is_prefix("a") && !is_prefix("路灯") && !is_prefix(""));
    }

    /// What both engines do with the terms: equality, or the beginning for a prefix.
    fn finds(text: &str, query: &str) -> bool {
        let indexed = bigrams(text);
        query_bigrams(query)
            .iter()
            .all(|term| indexed.split(' ').any(|have| have == term || (is_prefix(term) && have.starts_with(term.as_str()))))
    }

    proptest! {
        #[test]
        fn whatever_is_in_a_chinese_text_is_found(text in "[人民路灯坏了大街小巷，]{1,20}", from in 0_usize..20, length in 1_usize..5) {
            let chars: Vec<char> = text.chars().collect();
            let part: String = chars.iter().skip(from % chars.len()).take(length).collect();
            prop_assert!(finds(&text, &part));
        }

        #[test]
        fn one_or_two_characters_are_found_only_where_they_stand(text in "[人民路灯坏了，]{0,12}", query in "[人民路灯坏了]{1,2}") {
            prop_assert_eq!(finds(&text, &query), text.contains(&query));
        }

        #[test]
        fn any_text_is_read(text in "\\PC{0,40}") {
            bigrams(&text);
            query_bigrams(&text);
        }
    }
}
