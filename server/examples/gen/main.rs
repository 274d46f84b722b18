//! Writes the files that are made from the code: `cargo xtask gen` runs it.
//!
//! Arguments: the project's root, and `--check` to write nothing and fail when a file is not current.
#![expect(clippy::print_stdout, reason = "says which files changed")]

mod files;

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::Context as _;

fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let root = PathBuf::from(arguments.next().context("the project's root is the first argument")?);
    let check = arguments.next().is_some_and(|a| a == "--check");
    let mut stale = 0;
    for (name, text) in files::all(&root) {
        let path = root.join(name);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        stale += 1;
        println!("{name}{}", if check { " is not current; run `cargo xtask gen`" } else { "" });
        if !check {
            fs::create_dir_all(path.parent().context("a folder")?)?;
            fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
        }
    }
    Ok(if check && stale > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
