//! The pages: dependencies, tests, build.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use anyhow::{Context, Result};

use crate::run::{Tally, quiet, root, run};

/// Everything that a build of the pages is made from.
const SOURCES: &[&str] = &["src", "scripts", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts"];

fn dir() -> PathBuf {
    root().join("web")
}

fn npm(arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(dir()).args(arguments);
    command
}

/// Installs what the lock file names, unless that was done since it changed.
pub fn install() -> Result<()> {
    let (mark, lock) = (dir().join("node_modules/.package-lock.json"), dir().join("package-lock.json"));
    if changed(&mark)? > changed(&lock)? {
        return Ok(());
    }
    println!("installing the pages' packages");
    // Not `npm ci`: it refuses a lock file that was written on another platform.
    quiet(&mut npm(&["install", "--no-audit", "--no-fund"])).context("the pages' packages")?;
    fs::OpenOptions::new().append(true).create(true).open(&mark)?.set_modified(fs::metadata(&lock)?.modified()? + SECOND)?;
    Ok(())
}

const SECOND: std::time::Duration = std::time::Duration::from_secs(1);

/// Checks the types.
pub fn typecheck() -> Result<()> {
    run(&mut npm(&["run", "--silent", "typecheck"]))
}

/// Runs the pages' own tests.
pub fn test() -> Result<Tally> {
    let report = crate::run::scratch("vitest.json")?;
    let output = format!("--outputFile.json={}", report.display());
    let done =
        run(npm(&["run", "--silent", "test", "--", "--reporter=default", "--reporter=json", &output]).env("NO_COLOR", "1"));
    let text = fs::read_to_string(&report).context("the report of the pages' tests")?;
    Ok(tally(&text)?.ended(done.is_ok()))
}

fn tally(report: &str) -> Result<Tally> {
    let report: serde_json::Value = serde_json::from_str(report)?;
    let count = |key: &str| report[key].as_u64().with_context(|| format!("the report has no {key}"));
    let tests =
        report["testResults"].as_array().into_iter().flatten().filter_map(|file| file["assertionResults"].as_array()).flatten();
    let faults = tests.filter(|test| test["status"] == "failed").filter_map(|test| test["fullName"].as_str().map(str::to_owned));
    Ok(Tally { passed: count("numPassedTests")?, failed: count("numFailedTests")?, faults: faults.collect() })
}

/// Builds the three faces, unless they are newer than all they are made from. What lies there is weighed either way: a build that was too heavy leaves
/// its files behind.
pub fn build() -> Result<()> {
    install()?;
    let newest = SOURCES.iter().map(|s| newest(&dir().join(s))).collect::<Result<Vec<_>>>()?.into_iter().max().flatten();
    let built = ["m", "w", "c"].iter().map(|face| changed(&dir().join("dist").join(face).join("manifest.json")));
    let oldest = built.collect::<Result<Vec<_>>>()?.into_iter().min().flatten();
    if oldest.is_some() && oldest > newest {
        return run(&mut npm(&["run", "--silent", "weigh"])).context("the weight of the pages");
    }
    println!("building the pages");
    quiet(&mut npm(&["run", "--silent", "build"])).map(|_| ()).context("the pages")
}

/// When a file changed; nothing when it is not there.
fn changed(path: &Path) -> Result<Option<SystemTime>> {
    if path.exists() { Ok(Some(fs::metadata(path)?.modified()?)) } else { Ok(None) }
}

/// When the newest file of a tree changed.
fn newest(path: &Path) -> Result<Option<SystemTime>> {
    if !path.is_dir() {
        return changed(path);
    }
    let mut latest = changed(path)?;
    for entry in fs::read_dir(path)? {
        latest = latest.max(newest(&entry?.path())?);
    }
    Ok(latest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_is_counted() {
        let report = r#"{"numTotalTests":5,"numPassedTests":4,"numFailedTests":1,"testResults":[{"assertionResults":[
            {"status":"passed","fullName":"a light turns"},{"status":"failed","fullName":"a list scrolls"}]}]}"#;
        assert_eq!(tally(report).unwrap(), Tally { passed: 4, failed: 1, faults: vec!["a list scrolls".to_owned()] });
        assert!(tally("{}").is_err());
    }

    #[test]
    fn a_tree_is_as_new_as_its_newest_file() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("a")).unwrap();
        let file = dir.path().join("a/b");
        fs::write(&file, "").unwrap();
        let later = fs::metadata(&file).unwrap().modified().unwrap() + SECOND;
        fs::File::options().append(true).open(&file).unwrap().set_modified(later).unwrap();
        assert_eq!(newest(dir.path()).unwrap(), Some(later));
        assert_eq!(newest(&dir.path().join("none")).unwrap(), None);
    }
}
