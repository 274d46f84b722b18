//! Whatever day and hour a demonstration is made at, each step of its scenes is one that the rules allow.
#![expect(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::{path::Path, process::Command};

fn jingwei(data: &Path, arguments: &[&str]) -> String {
    let done = Command::new(env!("CARGO_BIN_EXE_jingwei"))
        .args(arguments)
        .env("JINGWEI_DATA_DIR", data)
        .output()
        .expect("the program runs");
    let (said, failed) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{arguments:?}: {said}{failed}");
    said.into_owned()
}

/// Makes the invented district at this moment and plays its scenes: every step is done.
fn play(today: &str) {
    let dir = tempfile::tempdir().expect("a folder");
    let (source, data) = (dir.path().join("source"), dir.path().join("district"));
    let options = demo::Options { cases: Some(600), ..demo::Options::at_text(today).expect("a moment") };
    demo::generate(&options).write(&source).expect("tables");
    jingwei(&data, &["init", "--demo", "--code", "990101", "--name", "澄川区"]);
    for (what, file) in [
        ("orgs", "orgs.csv"),
        ("grids", "grids.geojson"),
        ("staff", "templates.csv"),
        ("staff", "staff.csv"),
        ("staff", "leave.csv"),
        ("staff", "duty.csv"),
        ("calendar --shifts", "shifts.csv"),
        ("catalogue", "catalogue.csv"),
        ("incidents", "incidents.csv"),
    ] {
        let mut arguments = vec!["import"];
        arguments.extend(what.split(' '));
        let file = source.join(file);
        arguments.push(file.to_str().expect("a path"));
        jingwei(&data, &arguments);
    }
    let said = jingwei(&data, &["import", "scenes", source.join("scenes.json").to_str().expect("a path")]);
    let steps: Vec<serde_json::Value> =
        serde_json::from_slice(&std::fs::read(source.join("scenes.json")).expect("the scenes")).expect("well-formed");
    assert_eq!(said.lines().last(), Some(format!("{} steps done, 0 refused", steps.len()).as_str()), "{said}");
    assert!(jingwei(&data, &["verify", "clocks"]).contains("every stored deadline is the one that its steps give"));
}

#[test]
fn on_a_morning_at_work_nothing_is_refused() {
    play("2026-11-20T10:00:00+08:00");
}

#[test]
fn in_the_night_to_a_sunday_nothing_is_refused() {
    play("2026-11-22T02:30:00+08:00");
}

#[test]
fn in_a_long_holiday_nothing_is_refused() {
    play("2026-10-04T12:00:00+08:00");
}

#[test]
fn only_an_invented_district_is_played_with() {
    let dir = tempfile::tempdir().expect("a folder");
    let (steps, data) = (dir.path().join("scenes.json"), dir.path().join("district"));
    std::fs::write(&steps, "[]").expect("a file");
    jingwei(&data, &["init", "--code", "990101", "--name", "真区"]);
    let done = Command::new(env!("CARGO_BIN_EXE_jingwei"))
        .args(["import", "scenes", steps.to_str().expect("a path"), "--data", data.to_str().expect("a path")])
        .output()
        .expect("the program runs");
    assert!(!done.status.success() && String::from_utf8_lossy(&done.stderr).contains("not invented"));
}
