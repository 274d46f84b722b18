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
}

/// Runs every test with its long counts (among them a thousand clock jumps with restarts and two nodes, T5 and T11 of the trust plan), then the crash test with its negative control.
pub fn soak(soak: &Soak) -> Result<()> {
    // Property tests take their number of cases from the first, tests with a long form look at the second.
    run(cargo().args(["test", "--workspace"]).env("PROPTEST_CASES", "20000").env("JINGWEI_LONG", "1"))?;
    bench::crash(soak.kills)
}
