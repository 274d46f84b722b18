//! The command line. Every command takes the district's folder; what it prints is for people, unless it says JSON.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub mod admin;
mod backup;
mod export;
pub mod import_addresses;
pub mod import_basemap;
pub mod import_catalogue;
pub mod import_grids;
mod import_incidents;
pub mod import_orgs;
pub mod import_portraits;
mod import_publications;
mod import_scenes;
pub mod import_staff;
mod init;
pub mod locate;
mod model;
mod place;
mod serve;
mod verify;

pub use place::Place;

use crate::table::child;

/// Community governance by grids: one process serves one district from one database.
#[derive(Parser)]
#[command(name = "jingwei", version, arg_required_else_help = true)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a district's folder: keys, configuration, tables, the first administrator's link.
    Init(init::Init),
    /// Bring the tables up to date.
    Migrate(init::Migrate),
    /// Serve the district over HTTP, with its jobs.
    Serve(serve::Serve),
    /// Run the jobs alone, beside processes that serve.
    Work(serve::WorkOnly),
    /// Read data from files.
    #[command(subcommand)]
    Import(Import),
    /// Train a classifier from labelled texts.
    Train(model::Train),
    /// Measure a classifier on labelled texts.
    Eval(model::Eval),
    /// Find the grid of each point of a table.
    #[command(after_help = "Example: jingwei locate --data ./district --input points.csv --output located.csv --datum gcj02")]
    Locate(WithPlace<locate::LocateArgs>),
    /// Write data to files.
    #[command(subcommand)]
    Export(Export),
    /// Copy the district into a folder while it runs.
    Backup(backup::Backup),
    /// Make a district's folder from a backup.
    Restore(backup::Restore),
    /// Prove what is stored.
    #[command(subcommand)]
    Verify(verify::Verify),
    /// Read a workbook with little memory and time: what imports run as a child.
    #[command(name = child::COMMAND, hide = true)]
    ReadSheet,
    /// Administer the district from its machine.
    #[command(subcommand)]
    Admin(admin::Admin<Place>),
}

#[derive(Subcommand)]
enum Import {
    /// Units of the organisation, from CSV or XLSX.
    #[command(after_help = "Example: jingwei import orgs orgs.csv --data ./district --map code=编码")]
    Orgs(WithPlace<import_orgs::OrgsArgs>),
    /// Grids with their borders, from GeoJSON.
    #[command(after_help = "Example: jingwei import grids grids.geojson --data ./district --datum gcj02 --map code=id")]
    Grids(WithPlace<import_grids::GridsArgs>),
    /// The address book of compounds or buildings, from GeoJSON.
    #[command(after_help = "Example: jingwei import addresses compounds.geojson --kind compound --data ./district")]
    Addresses(WithPlace<import_addresses::AddressArgs>),
    /// A layer of the base map that maps show beneath the borders, from GeoJSON.
    #[command(after_help = "Example: jingwei import basemap roads.geojson --layer road --data ./district")]
    Basemap(WithPlace<import_basemap::BasemapArgs>),
    /// People and posts, staffing templates, leave or duty, from CSV or XLSX.
    #[command(after_help = "Example: jingwei import staff staff.xlsx --data ./district --dry-run")]
    Staff(WithPlace<import_staff::StaffArgs>),
    /// Portraits of staff, from a folder of pictures named by staff number.
    #[command(after_help = "Example: jingwei import portraits ./faces --data ./district")]
    Portraits(WithPlace<import_portraits::PortraitsArgs>),
    /// The catalogue of matters, from CSV or XLSX.
    #[command(after_help = "Example: jingwei import catalogue catalogue.xlsx --data ./district --dry-run")]
    Catalogue(WithPlace<import_catalogue::CatalogueArgs>),
    /// Holidays and make-up working days, or shifts, from CSV or XLSX.
    #[command(after_help = "Example: jingwei import calendar 2027.csv --data ./district")]
    Calendar(WithPlace<import_catalogue::CalendarArgs>),
    /// A trained classifier.
    Model(WithPlace<model::Install>),
    /// Public notices, from CSV or XLSX.
    #[command(after_help = "Example: jingwei import publications notices.csv --data ./district")]
    Publications(WithPlace<import_publications::PublicationArgs>),
    /// Cases with their history, from CSV or XLSX.
    Incidents(import_incidents::Incidents),
    /// What people of an invented district did lately, each step through the operation that their pages use.
    Scenes(import_scenes::Scenes),
}

#[derive(Subcommand)]
enum Export {
    /// Cases as CSV, XLSX or GeoJSON.
    Incidents(export::Incidents),
}

/// A command's own arguments beside the district's folder.
#[derive(clap::Args)]
struct WithPlace<A: clap::Args> {
    #[command(flatten)]
    args: A,
    #[command(flatten)]
    place: Place,
}

/// Runs the command that the arguments name: 0 when it was done, 1 with one sentence when it was not.
pub fn main() -> ExitCode {
    let line = Line::parse();
    if matches!(line.command, Command::ReadSheet) {
        return child::serve().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    // Not by the path that it was started by, where an update may have put another program meanwhile.
    child::read_by("/proc/self/exe".into());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return failed(&format!("the runtime could not start: {e}")),
    };
    match runtime.block_on(run(line.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => failed(&format!("{e:#}")),
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Init(args) => init::init(args).await,
        Command::Migrate(args) => init::migrate(args).await,
        Command::ReadSheet => anyhow::bail!("a workbook is read before the runtime starts"),
        Command::Serve(args) => serve::serve(args).await,
        Command::Work(args) => serve::work(args).await,
        Command::Import(Import::Orgs(with)) => {
            let app = with.place.open().await?;
            let done = import_orgs::orgs(&app.db, &app.clock, app.zone, &with.args, &mut std::io::stdout()).await?;
            imported(&app, done, &["unit", "unit_state"]).await
        }
        Command::Import(Import::Grids(with)) => {
            let app = with.place.open().await?;
            let done = import_grids::grids(&app.db, &app.clock, &with.args, &mut std::io::stdout()).await?;
            imported(&app, done, &["unit", "unit_state", "grid"]).await
        }
        Command::Import(Import::Addresses(with)) => {
            let app = with.place.open().await?;
            let done = import_addresses::addresses(&app.db, &app.clock, &with.args, &mut std::io::stdout()).await?;
            imported(&app, done, &[]).await
        }
        Command::Import(Import::Basemap(with)) => {
            let app = with.place.open().await?;
            let done = import_basemap::basemap(&app, &with.args, &mut std::io::stdout()).await?;
            imported(&app, done, &["basemap_cell"]).await
        }
        Command::Import(Import::Staff(with)) => {
            let app = with.place.open().await?;
            let done = import_staff::staff(&app, &with.args, &mut std::io::stdout()).await?;
            imported(&app, done, import_staff::FILLED).await
        }
        Command::Import(Import::Portraits(with)) => {
            let app = with.place.open().await?;
            let done = import_portraits::portraits(&app, &with.args, &mut std::io::stdout()).await?;
            imported(&app, done, &["file"]).await
        }
        Command::Locate(with) => {
            let app = with.place.open().await?;
            let (org, now) = (app.org.directory(), app.clock.now());
            let done = locate::locate(&org.value, now, &with.args, &mut std::io::stdout(), &mut std::io::stderr())?;
            app.db.close().await?;
            if done { Ok(()) } else { anyhow::bail!("the file could not be read to its end; the reason stands above") }
        }
        Command::Import(Import::Catalogue(with)) => {
            let app = with.place.open().await?;
            let done = import_catalogue::catalogue(&app.db, &app.clock, &with.args, &mut std::io::stdout()).await?;
            imported(&app, done, &[]).await
        }
        Command::Import(Import::Calendar(with)) => {
            let app = with.place.open().await?;
            let done = import_catalogue::calendar(&app.db, &app.clock, &with.args, &mut std::io::stdout()).await?;
            imported(&app, done, &[]).await
        }
        Command::Import(Import::Model(with)) => {
            let app = with.place.open().await?;
            model::install(&app, &with.args).await?;
            imported(&app, true, &[]).await
        }
        Command::Import(Import::Publications(with)) => {
            let app = with.place.open().await?;
            let done = import_publications::publications(&app, &with.args, &mut std::io::stdout()).await?;
            imported(&app, done, &[]).await
        }
        Command::Import(Import::Incidents(args)) => import_incidents::run(args).await,
        Command::Import(Import::Scenes(args)) => import_scenes::run(args).await,
        Command::Train(args) => model::train(&args),
        Command::Eval(args) => model::eval(&args),
        Command::Export(Export::Incidents(args)) => export::run(args).await,
        Command::Backup(args) => backup::backup(args).await,
        Command::Restore(args) => backup::restore(args).await,
        Command::Verify(args) => verify::run(args).await,
        Command::Admin(args) => {
            let app = args.place().open().await?;
            args.run(&app, &mut std::io::stdout()).await?;
            app.db.close().await.map_err(Into::into)
        }
    }
}

/// Closes the district after an import that filled these tables. Rows at fault were printed, and nothing was changed.
async fn imported(app: &crate::app::App, done: bool, filled: &[&'static str]) -> anyhow::Result<()> {
    if done {
        app.db.analyze(filled).await?;
    }
    app.db.close().await?;
    if done { Ok(()) } else { anyhow::bail!("rows are at fault; nothing was changed") }
}

#[expect(clippy::print_stderr, reason = "a command says in one sentence why it failed")]
fn failed(what: &str) -> ExitCode {
    eprintln!("jingwei: {what}");
    ExitCode::FAILURE
}

/// Prints a line of a command's answer.
#[expect(clippy::print_stdout, reason = "commands answer on standard output")]
pub fn say(line: impl std::fmt::Display) {
    println!("{line}");
}

/// Prints progress, on a terminal only, over itself.
#[expect(clippy::print_stderr, reason = "progress goes beside the answer")]
pub fn progress(line: impl std::fmt::Display) {
    use std::io::IsTerminal;
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[2K{line}");
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// Every command without commands below it, by its words.
    fn leaves(words: &str, command: &clap::Command, all: &mut Vec<(String, String)>) {
        for below in command.get_subcommands().filter(|c| !c.is_hide_set() && c.get_name() != "help") {
            let words = format!("{words} {}", below.get_name());
            if below.has_subcommands() {
                leaves(&words, below, all);
            } else {
                all.push((words, below.get_after_help().map(ToString::to_string).unwrap_or_default()));
            }
        }
    }

    #[test]
    fn every_command_shows_an_example_that_can_be_read_back() {
        let mut all = vec![];
        leaves("jingwei", &Line::command(), &mut all);
        assert!(all.len() > 20, "only {} commands", all.len());
        for (words, help) in all {
            let example = help.strip_prefix("Example: ").unwrap_or_default();
            assert!(example.starts_with(&words), "{words} has no example of itself: {help:?}");
            let parsed = Line::try_parse_from(example.split(' '));
            assert!(parsed.is_ok(), "{example}: {}", parsed.err().map(|e| e.to_string()).unwrap_or_default());
        }
    }
}
