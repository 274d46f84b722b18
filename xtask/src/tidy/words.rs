//! Words and sizes: unfinished work, switched-off tests, names that say nothing, paths of one machine, doors that only some may use.

use super::{Finding, Source, rust};

/// Lines from which on a file wants to be split by verb.
const LONGEST: usize = 800;

/// Endings of type names that say nothing about the thing.
const EMPTY_NAMES: &[&str] = &["Manager", "Helper", "Util", "Utils", "Service", "Impl", "Dto", "Base"];

/// Words of the field. Libraries under `crates/` know none of them.
const DOMAIN: &[&str] = &[
    "incident",
    "grid_worker",
    "gridworker",
    "dispatch",
    "resident",
    "street",
    "community",
    "district",
    "department",
    "matter",
    "roster",
    "household",
];

/// Libraries whose own trade uses a word of the field in another sense.
const DOMAIN_EXCEPTIONS: &[(&str, &str)] = &[("crates/text/", "resident")]; // the resident identity number of GB 11643

/// Crates behind one door: the name, and the files that may say it.
const DOORS: &[(&str, &[&str])] = &[
    ("sqlx", &["crates/db/"]),
    (
        "axum",
        &[
            "server/src/http/",
            "server/src/testing.rs",
            "server/tests/",
            // Credentials are read from the request's headers, and a handler's arguments carry what was found.
            "server/src/modules/access/mod.rs",
            "server/src/modules/access/actions.rs",
            "server/src/modules/access/office.rs",
            "server/src/modules/access/sessions.rs",
            // Contents of files go out as a response, for whichever slice owns the thing they hang on.
            "server/src/modules/files/mod.rs",
            "server/src/modules/files/serve.rs",
            "server/src/modules/notices/stream.rs",
            "server/src/cli/admin.rs",
        ],
    ),
];

/// Everything that these rules find.
pub fn findings(sources: &[Source]) -> Vec<Finding> {
    let mut found = vec![];
    for source in sources {
        let kind = source.kind();
        if matches!(kind, "rs" | "ts" | "vue" | "mjs") {
            found.extend(size(source));
            found.extend(unfinished(source));
        }
        found.extend(paths(source));
        if kind == "rs" {
            found.extend(code(source));
        }
        if matches!(kind, "ts" | "vue") {
            found.extend(empty_names(source, &source.text, &["class", "interface", "type", "enum"]));
        }
    }
    found
}

fn size(source: &Source) -> Option<Finding> {
    if source.text.lines().take(3).any(|l| l.contains("auto-generated")) {
        return None;
    }
    let lines = source.text.lines().count();
    (lines > LONGEST).then(|| Finding::new(&source.path, 0, format!("{lines} lines; split it by verb, {LONGEST} are enough")))
}

/// Marks of unfinished or switched-off work. They are written in two halves here, so that this file does not find itself.
fn unfinished(source: &Source) -> Vec<Finding> {
    let marks: Vec<String> = [
        ("to", "do!("),
        ("unimple", "mented!("),
        ("TO", "DO"),
        ("FIX", "ME"),
        ("#[ig", "nore"),
        ("#[al", "low("),
        ("#![al", "low("),
        ("test.sk", "ip("),
        ("it.sk", "ip("),
        ("describe.sk", "ip("),
        ("test.on", "ly("),
        ("it.on", "ly("),
        ("describe.on", "ly("),
    ]
    .iter()
    .map(|(a, b)| format!("{a}{b}"))
    .collect();
    let lines = source.text.lines().enumerate();
    let hits = lines.filter_map(|(n, line)| Some((n, marks.iter().find(|m| line.contains(m.as_str()))?)));
    hits.map(|(n, mark)| Finding::new(&source.path, n + 1, format!("`{mark}` stands here"))).collect()
}

/// Paths that exist on one machine only.
fn paths(source: &Source) -> Vec<Finding> {
    let places: Vec<String> = ["work", "root", "home"].iter().map(|p| format!("/{p}/")).collect();
    let at = |line: &str, place: &str| {
        line.match_indices(place).any(|(i, _)| !line[..i].ends_with(|c: char| c.is_alphanumeric() || "._-}$/:".contains(c)))
    };
    let hit = |line: &str| places.iter().find(|p| at(line, p)).cloned();
    let lines = source.text.lines().enumerate();
    lines.filter_map(|(n, l)| hit(l).map(|p| Finding::new(&source.path, n + 1, format!("a path of one machine: {p}…")))).collect()
}

fn code(source: &Source) -> Vec<Finding> {
    let parts = rust::parts(&source.text);
    let mut found = empty_names(source, &parts.code, &["struct", "enum", "trait", "type", "union"]);
    for (line, word) in rust::words(&parts.code) {
        if let Some((door, may)) = DOORS.iter().find(|d| d.0 == word)
            && !may.iter().any(|m| source.path.starts_with(m))
            && !(word == "axum" && speaks_http(&source.path))
            && names_a_crate(&parts.code, line, word)
        {
            found.push(Finding::new(&source.path, line, format!("only {} may name `{door}`", may.join(", "))));
        }
    }
    if source.path.starts_with("crates/") && source.path.contains("/src/") {
        found.extend(domain(source, &parts.code));
    }
    found
}

fn names_a_crate(code: &str, line: usize, word: &str) -> bool {
    let text = code.lines().nth(line - 1).unwrap_or_default();
    text.contains(&format!("{word}::")) || text.contains(&format!("use {word}"))
}

/// A slice's routes, and the tests of a slice, which send requests.
fn speaks_http(path: &str) -> bool {
    path.strip_prefix("server/src/modules/")
        .is_some_and(|rest| rest.ends_with("/http.rs") || rest.contains("/http/") || rest.contains("tests"))
}

/// Type names that say nothing about the thing.
fn empty_names(source: &Source, code: &str, keywords: &[&str]) -> Vec<Finding> {
    let words: Vec<(usize, &str)> = rust::words(code).collect();
    let named = words.windows(2).filter(|w| keywords.contains(&w[0].1)).map(|w| w[1]);
    named
        .filter(|(_, name)| EMPTY_NAMES.iter().any(|e| name.ends_with(e)))
        .map(|(line, name)| Finding::new(&source.path, line, format!("the name {name} says nothing; name what it is")))
        .collect()
}

/// Words of the field in a library.
fn domain(source: &Source, code: &str) -> Vec<Finding> {
    let allowed = |word: &str| DOMAIN_EXCEPTIONS.iter().any(|(path, w)| source.path.starts_with(path) && *w == word);
    let hit = |name: &str| {
        let name = snake(name);
        DOMAIN.iter().copied().find(|d| !allowed(d) && format!("_{name}_").contains(&format!("_{d}_")))
    };
    // Tests may play with any word; they come last in a file.
    let own = code.split("#[cfg(test)]").next().unwrap_or_default();
    rust::words(own)
        .filter_map(|(line, word)| {
            hit(word).map(|d| Finding::new(&source.path, line, format!("`{word}`: libraries know nothing of a {d}")))
        })
        .collect()
}

/// `GridWorker` as `grid_worker`, with a final plural taken off.
fn snake(name: &str) -> String {
    let mut out = String::new();
    let mut lower_before = false;
    for c in name.chars() {
        if c.is_uppercase() && lower_before {
            out.push('_');
        }
        lower_before = c.is_lowercase() || c.is_ascii_digit();
        out.extend(c.to_lowercase());
    }
    out.split('_').map(|w| w.strip_suffix('s').unwrap_or(w)).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, text: &str) -> Vec<String> {
        let source = Source { path: path.to_owned(), text: text.to_owned() };
        findings(&[source]).into_iter().map(|f| f.to_string()).collect()
    }

    #[test]
    fn clean_code_is_left_alone() {
        let text = "/// Serves, says `use axum::Router`.\npub struct Served; fn f<'a>(x: &'a str) { let s = \"use sqlx::x\"; }\n";
        assert_eq!(of("server/src/modules/org/model.rs", text), Vec::<String>::new());
        assert_eq!(of("server/src/modules/org/http.rs", "use axum::Json;"), Vec::<String>::new());
        assert_eq!(of("crates/db/src/a.rs", "use sqlx::Row;"), Vec::<String>::new());
        assert_eq!(of("docs/a.md", "see https://a.org/work/x and a/home/b"), Vec::<String>::new());
    }

    #[test]
    fn each_rule_speaks() {
        let cases = [
            ("web/src/a.ts", "\n".repeat(LONGEST + 1), "split it by verb"),
            ("server/src/a.rs", ["// TO", "DO: later"].concat(), "stands here"),
            ("server/src/a.rs", ["#[ig", "nore]"].concat(), "stands here"),
            ("server/src/a.rs", ["#[al", "low(dead_code)]"].concat(), "stands here"),
            ("web/tests/a.test.ts", ["it.on", "ly('x', () => {})"].concat(), "stands here"),
            ("docs/a.md", ["see /ro", "ot/x"].concat(), "path of one machine"),
            ("server/src/a.rs", "pub struct CaseManager;".to_owned(), "CaseManager says nothing"),
            ("web/src/a.ts", "export interface GridDto {}".to_owned(), "GridDto says nothing"),
            ("server/src/modules/org/store.rs", "use sqlx::Row;".to_owned(), "may name `sqlx`"),
            ("server/src/modules/org/model.rs", "use axum::Json;".to_owned(), "may name `axum`"),
            ("crates/geo/src/a.rs", "pub fn of(incident: u8) {}".to_owned(), "know nothing of a incident"),
            ("crates/geo/src/a.rs", "pub struct GridWorkers;".to_owned(), "know nothing of a grid_worker"),
        ];
        for (path, text, expected) in cases {
            let found = of(path, &text);
            assert!(found.iter().any(|f| f.contains(expected)), "{path} {expected}: {found:?}");
        }
    }
}
