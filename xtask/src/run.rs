//! Running other programs: with their output passed on, counted, or kept for the case that they fail.

use std::{
    env, fmt, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

/// The root of the project.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// A command that runs in the root.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Cargo, the one that runs us.
pub fn cargo() -> Command {
    command(&env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
}

/// A program of the workspace, as `cargo build` left it beside this one.
pub fn built(name: &str) -> Result<PathBuf> {
    let me = env::current_exe().context("where this program lies")?;
    let path = me.with_file_name(name);
    ensure!(path.is_file(), "{} was not built", path.display());
    Ok(path)
}

/// A place for what a command leaves behind, beside the built programs.
pub fn scratch(name: &str) -> Result<PathBuf> {
    let me = env::current_exe().context("where this program lies")?;
    let dir = me.with_file_name("xtask-files");
    fs::create_dir_all(&dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    Ok(dir.join(name))
}

/// How many tests passed and failed. A step that could not run counts as one that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
    /// What failed, by name, to be read at the end of a long output.
    pub faults: Vec<String>,
}

impl Tally {
    /// Of a runner that told no counts.
    #[must_use]
    pub fn broken(what: &str) -> Self {
        Self { passed: 0, failed: 1, faults: vec![what.to_owned()] }
    }

    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.faults.extend(other.faults);
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed, ..self }
    }

    /// The same, with one failure when the runner itself failed and told of none.
    #[must_use]
    pub fn ended(self, well: bool) -> Self {
        if well || self.failed > 0 { self } else { self.and(Self::broken("a runner ended badly and named no test")) }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// An error that was told already.
#[derive(Debug)]
pub struct Told;

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed, see above")
    }
}

impl std::error::Error for Told {}

/// Runs it with its output on ours.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run {}", name(command)))?;
    ensure!(status.success(), "{} ended with {status}", name(command));
    Ok(())
}

/// Runs it in silence; when it fails, its output is the error.
pub fn quiet(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {}", name(command)))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("{} ended with {}\n{text}{}", name(command), output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(text)
}

/// Runs it with its output on ours, handing each line to `each`; says whether it ended well.
pub fn each_line(command: &mut Command, mut each: impl FnMut(&str)) -> Result<bool> {
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot run {}", name(command)))?;
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            println!("{line}");
            each(line.trim_end());
        }
    }
    Ok(child.wait()?.success())
}

/// The command as one would type it.
fn name(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|w| w.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Times a step and says its name before and its outcome after; the error is told here.
pub fn step<T>(what: &str, body: impl FnOnce() -> Result<T>) -> (Option<T>, Duration) {
    println!("\n── {what}");
    let started = Instant::now();
    let result = body();
    let took = started.elapsed();
    match result {
        Ok(value) => {
            println!("── {what}: {:.1} s", took.as_secs_f64());
            (Some(value), took)
        }
        Err(error) => {
            if error.is::<Told>() {
                println!("── {what}: FAILED after {:.1} s", took.as_secs_f64());
            } else {
                println!("── {what}: FAILED after {:.1} s: {error:#}", took.as_secs_f64());
            }
            (None, took)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runner_that_fails_without_a_count_counts_as_one() {
        let good = Tally { passed: 3, ..Tally::default() };
        assert_eq!(good.clone().ended(true), good);
        let bad = good.clone().ended(false);
        assert_eq!((bad.to_string().as_str(), bad.faults.len()), ("3 passed, 1 failed", 1));
        assert_eq!(Tally { failed: 2, ..good }.ended(false).failed, 2);
    }

    #[test]
    fn what_failed_is_named_in_order() {
        let one = Tally::broken("one").and(Tally { passed: 2, ..Tally::default() }).and(Tally::broken("two"));
        assert_eq!(one.faults, ["one", "two"]);
    }

    #[test]
    fn lines_and_outcome_come_back() {
        let mut lines = vec![];
        let ended =
            each_line(Command::new("sh").args(["-c", "echo one; echo two; exit 3"]), |l| lines.push(l.to_owned())).unwrap();
        assert_eq!((lines, ended), (vec!["one".to_owned(), "two".to_owned()], false));
        assert!(quiet(Command::new("sh").args(["-c", "echo why >&2; exit 1"])).unwrap_err().to_string().contains("why"));
    }
}
