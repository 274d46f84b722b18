//! `cargo xtask soak`: the long forms of the checks, whose short forms every test run makes.

use anyhow::Result;
use clap::Args;

use crate::{
    bench,
    run::{cargo, run},
};

/// Run the long forms.
#[derive(Args)]
pub struct Soak {
    /// How many times the server is killed under load.
    #[arg(long, default_value_t = 500)]
    kills: usize,
    /// Only tests whose name holds this, such as `reference` or `killed`, and what they print.
    #[arg(long)]
    only: Option<String>,
}

/// Runs every test with its long counts, in a release build: among them a hundred thousand histories of the naive model and as many step
/// logs, a thousand clock jumps with restarts and two nodes (T5), a hundred thousand jobs and webhook events with kills (T11 of the trust
/// plan). Then the crash test with its negative control. `--only` runs the tests of this name alone.
pub fn soak(soak: &Soak) -> Result<()> {
    let mut tests = cargo();
    tests.args(["test", "--workspace", "--release"]);
    if let Some(name) = &soak.only {
        tests.args(["--", name, "--nocapture"]);
    }
    // Property tests take their number of cases from the first, tests with a long form look at the second.
    run(tests.env("PROPTEST_CASES", "20000").env("JINGWEI_LONG", "1"))?;
    if soak.only.is_some() {
        return Ok(());
    }
    bench::crash(soak.kills)
}
