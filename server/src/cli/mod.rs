//! The command line.

use std::process::ExitCode;

pub mod import_catalogue;

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
