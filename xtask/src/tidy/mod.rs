//! `cargo xtask tidy`: what the house rules do not allow and no compiler finds. Each rule is a function from text to findings, and
//! each has a sample on which it must speak.

mod modules;
mod rust;
mod tree;
mod words;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::run::{self, Told, quiet, root};

/// One file of the project.
pub struct Source {
    /// From the root, with `/`.
    pub path: String,
    /// What it holds; empty when it is no text.
    pub text: String,
}

impl Source {
    /// What stands behind the last dot of its name.
    pub fn kind(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |p| p.1)
    }
}

/// What a rule found.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file.
    pub path: String,
    /// The line, from 1; 0 when it is about the whole file.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

impl Finding {
    pub fn new(path: impl Into<String>, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.into(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, what } = self;
        if *line == 0 { write!(f, "{path}: {what}") } else { write!(f, "{path}:{line}: {what}") }
    }
}

/// Tells every finding; fails when there is one.
pub fn report() -> Result<()> {
    let found = findings(&sources(&root())?);
    for finding in &found {
        println!("{finding}");
    }
    println!("tidy: {} findings", found.len());
    if found.is_empty() { Ok(()) } else { Err(Told.into()) }
}

/// Everything that the rules find in these files.
pub fn findings(sources: &[Source]) -> Vec<Finding> {
    let mut found = words::findings(sources);
    found.extend(modules::findings(sources));
    found.extend(tree::findings(sources));
    found.sort();
    found
}

/// Every file that is in version control or about to be.
fn sources(root: &Path) -> Result<Vec<Source>> {
    let list = quiet(run::command("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))
        .context("the list of files; tidy needs the git checkout")?;
    let paths = list.split('\0').filter(|p| !p.is_empty()).map(PathBuf::from);
    let read = |path: PathBuf| {
        // A file that was removed but not yet committed is no file.
        let bytes = std::fs::read(root.join(&path)).ok()?;
        Some(Source { path: path.to_string_lossy().into_owned(), text: String::from_utf8(bytes).unwrap_or_default() })
    };
    Ok(paths.filter_map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_is_tidy() {
        let found = findings(&sources(&root()).unwrap());
        assert!(found.is_empty(), "{}", found.iter().map(|f| format!("\n{f}")).collect::<String>());
    }
}
