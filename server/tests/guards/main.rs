//! Guards: what no reader would notice in time. Each holds the whole program against one list: statements, tables, operations,
//! permissions, sentences, generated files.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::print_stdout, reason = "what was refused and reached is read in the output of a test")]

mod bombs;
mod canary;
mod contract;
mod files;
mod fuzz;
mod matrix;
mod schema;
mod scope;
mod sentences;
mod statements;
mod upgrade;

use std::path::{Path, PathBuf};

/// The root of the project.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
