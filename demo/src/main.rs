//! Writes a synthetic district into a folder.

use anyhow::Context;
use clap::Parser;
use std::path::PathBuf;

/// Writes a synthetic district into a folder.
#[derive(Parser)]
#[command(name = "jingwei-demo", version)]
struct Arguments {
    /// Folder to write.
    dir: PathBuf,
    /// The present moment of the demonstration: 2026-11-20, or 2026-11-20T09:00:00+08:00.
    #[arg(long)]
    today: String,
    /// The same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of grids.
    #[arg(long, default_value_t = 60)]
    grids: usize,
    /// Number of cases; left out, the year of the brief scaled by the grids.
    #[arg(long)]
    cases: Option<usize>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let options = demo::Options::at_text(&arguments.today).context("today is neither a date nor an instant at +08:00")?;
    let options = demo::Options { seed: arguments.seed, grids: arguments.grids, cases: arguments.cases, ..options };
    demo::generate(&options).write(&arguments.dir).with_context(|| format!("cannot write {}", arguments.dir.display()))
}
