//! The commands around the build: `cargo xtask demo | test | check | gen | tidy | bench | replay`.
#![expect(clippy::print_stdout, reason = "these commands talk to a person on a terminal")]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod check;
mod demo;
mod district;
mod generate;
mod replay;
mod run;
mod soak;
mod test;
mod tidy;
mod tools;
mod web;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build everything, make an invented district and serve it, with a log-in link for each role.
    Demo(demo::Demo),
    /// Run every test: Rust on both engines, the pages' own, and the journey through a browser.
    Test(test::Test),
    /// Run what a change must pass: format, lints, docs, licences, tidiness, generated files, tests.
    Check(check::Check),
    /// Write the files that are made from the code: contract, types, transitions, error codes.
    Gen(generate::Gen),
    /// Look for what the house rules do not allow.
    Tidy,
    /// Run the long forms of what tests check with small counts: hours of it, for a quiet machine.
    Soak(soak::Soak),
    /// Measure: nothing is asserted, everything is printed with machine, data size and spread.
    Bench(bench::Bench),
    /// Send real messages through the whole road of a case: real polygons, a real taxonomy, a classifier trained on real complaints.
    Replay(replay::Replay),
}

fn main() -> ExitCode {
    let done = match Line::parse().command {
        Command::Demo(demo) => demo::demo(&demo),
        Command::Test(test) => test::test(&test),
        Command::Check(check) => check::check(&check),
        Command::Gen(gen_) => generate::generate(&gen_),
        Command::Tidy => tidy::report(),
        Command::Soak(soak) => soak::soak(&soak),
        Command::Bench(bench) => bench::bench(&bench),
        Command::Replay(replay) => replay::replay(&replay),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The last line of `test` and `check` is their sum, so they have told their failures before.
            if !error.is::<run::Told>() {
                eprintln!("xtask: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}
