//! `cargo xtask check`: what a change must pass. Every step runs, whatever the others say.

use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;

use crate::{
    generate,
    run::{Tally, Told, cargo, run, step},
    test, tidy,
};

/// What to check beyond the usual.
#[derive(Args)]
pub struct Check {
    /// Also ask the database of security advisories, which is fetched from the net.
    #[arg(long)]
    advisories: bool,
}

/// Runs the steps and sums up; the last line is the sum of the tests.
pub fn check(arguments: &Check) -> Result<()> {
    let mut outcomes = vec![
        plain("fmt", || run(cargo().args(["fmt", "--all", "--check"]))),
        plain("clippy", || run(cargo().args(["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]))),
        plain("doc", || run(cargo().args(["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "-D warnings"))),
        plain("deny", || deny(&["licenses", "bans", "sources"])),
        plain("tidy", tidy::report),
        plain("gen --check", || generate::all(true)),
    ];
    if arguments.advisories {
        outcomes.push(plain("advisories", || deny(&["advisories"])));
    }
    let mut tally = Tally::default();
    let (_, took) = step("test", || {
        tally = test::run(&[]);
        if tally.failed > 0 { Err(Told.into()) } else { Ok(()) }
    });
    outcomes.push(Outcome { name: "test", well: tally.failed == 0, took });
    println!();
    for Outcome { name, well, took } in &outcomes {
        println!("{} {name:<12} {:>7.1} s", if *well { "ok  " } else { "FAIL" }, took.as_secs_f64());
    }
    test::sum_up(&tally);
    if outcomes.iter().all(|o| o.well) { Ok(()) } else { Err(Told.into()) }
}

struct Outcome {
    name: &'static str,
    well: bool,
    took: Duration,
}

fn plain(name: &'static str, body: impl FnOnce() -> Result<()>) -> Outcome {
    let (done, took) = step(name, body);
    Outcome { name, well: done.is_some(), took }
}

/// Asks cargo-deny, which .ci/run installs.
fn deny(what: &[&str]) -> Result<()> {
    run(cargo().args(["deny", "--workspace", "--log-level", "error", "check", "--hide-inclusion-graph"]).args(what))
        .context("is cargo-deny there? `cargo install --locked cargo-deny` builds it")
}
