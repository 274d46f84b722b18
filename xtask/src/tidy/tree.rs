//! The shape of the tree: files that must be there, migrations without a gap, crates with their README, the same commands everywhere.

use super::{Finding, Source};

/// Files that a newcomer expects.
const EXPECTED: &[&str] = &[
    ".ci/run",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "clippy.toml",
    "deny.toml",
    "docs/glossary.md",
    "docs/sql.md",
    "docs/api-design.md",
    "docs/operations.md",
];

/// Words that must stand in a file.
const SAID: &[(&str, &str)] = &[
    ("README.md", "cargo xtask demo"),
    ("README.md", "cargo xtask test"),
    (".ci/run", "cargo xtask check"),
    ("clippy.toml", "std::time::SystemTime::now"),
    ("clippy.toml", "uuid::Uuid::new_v4"),
    ("clippy.toml", "uuid::Uuid::now_v7"),
    ("Cargo.toml", "unsafe_code = \"forbid\""),
    ("Cargo.toml", "unwrap_used = \"warn\""),
];

/// Everything that these rules find.
pub fn findings(sources: &[Source]) -> Vec<Finding> {
    let text = |path: &str| sources.iter().find(|s| s.path == path).map(|s| s.text.as_str());
    let mut found: Vec<Finding> =
        EXPECTED.iter().filter(|p| text(p).is_none()).map(|p| Finding::new(*p, 0, "is missing")).collect();
    let unsaid = SAID.iter().filter(|(path, words)| text(path).is_some_and(|t| !t.contains(words)));
    found.extend(unsaid.map(|(path, words)| Finding::new(*path, 0, format!("does not say `{words}`"))));
    found.extend(crates(sources));
    found.extend(migrations(sources));
    found
}

/// Every library has a README, which is its rustdoc, and takes the workspace's lints.
fn crates(sources: &[Source]) -> Vec<Finding> {
    let has = |path: &str, words: &str| sources.iter().any(|s| s.path == path && s.text.contains(words));
    let manifests = sources.iter().filter(|s| s.path.ends_with("Cargo.toml") && s.path.contains('/'));
    let mut found = vec![];
    for manifest in manifests {
        let folder = manifest.path.trim_end_matches("/Cargo.toml");
        if !manifest.text.contains("[lints]\nworkspace = true") {
            found.push(Finding::new(&manifest.path, 0, "does not take the workspace's lints"));
        }
        if folder.starts_with("crates/") && !has(&format!("{folder}/README.md"), "```") {
            found.push(Finding::new(folder, 0, "has no README.md with an example"));
        }
        if folder.starts_with("crates/") && !has(&format!("{folder}/src/lib.rs"), "include_str!(\"../README.md\")") {
            found.push(Finding::new(folder, 0, "does not show its README as its documentation"));
        }
    }
    found
}

/// Migrations are numbered from 0001 without a gap or a double.
fn migrations(sources: &[Source]) -> Vec<Finding> {
    let mut files: Vec<&Source> = sources.iter().filter(|s| s.path.starts_with("migrations/")).collect();
    files.sort_by_key(|s| &s.path);
    let expected = |n: usize| format!("migrations/{:04}_", n + 1);
    let wrong = files.iter().enumerate().filter(|(n, s)| !s.path.starts_with(&expected(*n)) || s.kind() != "sql");
    wrong.map(|(n, s)| Finding::new(&s.path, 0, format!("expected {}….sql", expected(n)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<Source> =
            files.iter().map(|(path, text)| Source { path: (*path).to_owned(), text: (*text).to_owned() }).collect();
        findings(&sources).into_iter().map(|f| f.to_string()).collect()
    }

    #[test]
    fn what_is_missing_or_unsaid_is_found() {
        let found = of(&[("README.md", "run `cargo xtask demo`")]);
        assert!(found.contains(&"CHANGELOG.md: is missing".to_owned()));
        assert!(found.contains(&"README.md: does not say `cargo xtask test`".to_owned()));
        assert!(!found.contains(&"README.md: does not say `cargo xtask demo`".to_owned()));
    }

    #[test]
    fn gaps_and_doubles_are_found() {
        let wrong = |names: &[&str]| {
            let files: Vec<(String, &str)> = names.iter().map(|n| (format!("migrations/{n}"), "")).collect();
            let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (n.as_str(), *t)).collect();
            of(&files).into_iter().filter(|f| f.contains(": expected migrations/")).count()
        };
        assert_eq!(wrong(&["0001_a.sql", "0002_b.sql"]), 0);
        assert_eq!(wrong(&["0001_a.sql", "0003_b.sql"]), 1);
        assert_eq!(wrong(&["0001_a.sql", "0001_b.sql", "0002_c.sql"]), 2);
    }

    #[test]
    fn a_library_without_its_page_is_found() {
        let found = of(&[("crates/a/Cargo.toml", "[lints]\nworkspace = true"), ("crates/a/src/lib.rs", "")]);
        assert_eq!(found.iter().filter(|f| f.starts_with("crates/a")).count(), 2);
    }
}
