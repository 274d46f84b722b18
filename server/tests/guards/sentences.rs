//! Every code that the program can answer has a sentence in both languages, and no sentence is left over.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use kernel::Code;

use crate::root;

fn locale(language: &str, file: &str) -> BTreeMap<String, String> {
    let path = root().join(format!("web/src/locales/{language}/{file}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_code_has_its_sentence_in_both_languages() {
    let codes: BTreeSet<String> = Code::all().into_iter().map(|c| c.0.to_owned()).collect();
    assert!(codes.len() > 20, "only {} codes announced themselves", codes.len());
    for language in ["zh", "en"] {
        let said = locale(language, "errors");
        let said: BTreeSet<String> = said.into_keys().collect();
        let missing: Vec<_> = codes.difference(&said).collect();
        let extra: Vec<_> = said.difference(&codes).collect();
        assert!(missing.is_empty() && extra.is_empty(), "{language}/errors.json lacks {missing:?} and has no use for {extra:?}");
    }
}

#[test]
fn every_setting_has_its_words() {
    let limits = jingwei::modules::access::limits::LIMITS.iter().map(|l| format!("limit.{}", l.name));
    let declared: BTreeSet<String> = jingwei::settings::declared().into_iter().map(|d| d.name.to_owned()).chain(limits).collect();
    assert!(declared.len() > 5, "only {} settings announced themselves", declared.len());
    for language in ["zh", "en"] {
        let said: BTreeSet<String> = locale(language, "settings").into_keys().collect();
        let missing: Vec<_> = declared.difference(&said).collect();
        let extra: Vec<_> = said.difference(&declared).collect();
        assert!(
            missing.is_empty() && extra.is_empty(),
            "{language}/settings.json lacks {missing:?} and has no use for {extra:?}"
        );
    }
}

#[test]
fn every_fault_of_a_field_has_its_words() {
    let texts: Vec<String> = ["server/src", "crates"].iter().flat_map(|d| rust_files(&root().join(d))).collect();
    let used: BTreeSet<String> = texts.iter().flat_map(|t| field_codes(t)).collect();
    assert!(used.len() > 10, "only {} codes of fields were found", used.len());
    for language in ["zh", "en"] {
        let said: BTreeSet<String> = locale(language, "fields").into_keys().collect();
        let missing: Vec<_> = used.difference(&said).collect();
        // A code may come to the field on a way that the search does not see; it must stand somewhere.
        let unused = |key: &&String| *key != "other" && !texts.iter().any(|t| t.contains(&format!("\"{key}\"")));
        let extra: Vec<_> = said.iter().filter(unused).collect();
        assert!(missing.is_empty() && extra.is_empty(), "{language}/fields.json lacks {missing:?} and has no use for {extra:?}");
    }
}

fn rust_files(dir: &Path) -> Vec<String> {
    let mut texts = vec![];
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with("test") {
            texts.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") && !name.contains("test") {
            let text = fs::read_to_string(&path).unwrap();
            texts.push(text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned());
        }
    }
    texts
}

/// The codes that stand as plain text where a field's fault is made.
fn field_codes(text: &str) -> Vec<String> {
    let mut found = vec![];
    for opening in ["FieldError::new(", "Error::invalid("] {
        for (at, _) in text.match_indices(opening) {
            let comment = text[..at].rsplit('\n').next().unwrap_or_default().trim_start().starts_with("//");
            let Some(second) = second_argument(&text[at + opening.len()..]).filter(|_| !comment) else { continue };
            found.extend(second.split('"').skip(1).step_by(2).filter(|w| !w.is_empty()).map(str::to_owned));
        }
    }
    found
}

/// What stands between the first comma and the end of a call's arguments.
fn second_argument(text: &str) -> Option<&str> {
    let (mut depth, mut start, mut quoted) = (0, None, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return start.map(|s: usize| &text[s..at]),
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 && start.is_none() => start = Some(at + 1),
            _ => {}
        }
    }
    None
}

#[test]
fn codes_of_fields_are_found_in_code() {
    let text = "Error::invalid(\"a\", \"too-long\"); FieldError::new(format!(\"b[{n}]\", n = 1), \"required\").with(\"max\", 3);\n// Error::invalid(x, \"no\")";
    assert_eq!(field_codes(text), ["required", "too-long"]);
}
