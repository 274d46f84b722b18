//! `cargo xtask gen`: the files that are made from the code. The server writes them (server/examples/gen.rs); npm makes the types.

use std::{fs, process::Command};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{
    run::{cargo, quiet, root, run, scratch},
    web,
};

/// What to do with the generated files.
#[derive(Args)]
pub struct Gen {
    /// Write nothing; fail when a file is not what the code says.
    #[arg(long)]
    check: bool,
}

const CONTRACT: &str = "api/openapi.json";
const TYPES: &str = "web/src/api/schema.d.ts";

/// Writes or checks them.
pub fn generate(arguments: &Gen) -> Result<()> {
    all(arguments.check)
}

/// Writes or checks them.
pub fn all(check: bool) -> Result<()> {
    let mut command = cargo();
    command.args(["run", "--quiet", "--package", "jingwei", "--example", "gen", "--"]).arg(root());
    run(command.args(check.then_some("--check")))?;
    web::install()?;
    let made = scratch("schema.d.ts")?;
    let mut types = Command::new("npx");
    types.current_dir(root().join("web")).args(["--no-install", "openapi-typescript", "../api/openapi.json", "-o"]).arg(&made);
    quiet(&mut types).context("the types of the contract")?;
    let (new, target) = (fs::read_to_string(&made)?, root().join(TYPES));
    if fs::read_to_string(&target).is_ok_and(|old| old == new) {
        return Ok(());
    }
    if check {
        bail!("{TYPES} is not what {CONTRACT} says; run `cargo xtask gen`");
    }
    println!("{TYPES}");
    fs::write(&target, new).with_context(|| format!("{} cannot be written", target.display()))
}
