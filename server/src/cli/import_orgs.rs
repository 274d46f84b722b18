//! `jingwei import orgs`: units from a spreadsheet.

use std::{fmt::Display, io::Write, path::PathBuf};

use clap::Args;
use db::Db;
use kernel::{Clock, Error, Result, Zone};

use crate::{
    modules::org::import::{self, Options, Report},
    table::Table,
};

/// Takes units from a CSV or XLSX file with the columns code, name, name_en, kind, parent_code, alias, phone, valid_from, serves.
///
/// `kind` is a key of the table of kinds, `serves` lists grid codes separated by `|`. The row without a parent is the district. A unit of a known code
/// is changed from now on, and stays as it was for questions about the past; units that the file does not name stay.
#[derive(Args, Debug)]
pub struct OrgsArgs {
    /// The file.
    pub file: PathBuf,
    /// Which column is which field, such as `code=编码`; may be given several times.
    #[arg(long, value_name = "FIELD=COLUMN", num_args = 1.., value_parser = pair)]
    pub map: Vec<(String, String)>,
    /// Only say what it would do.
    #[arg(long)]
    pub dry_run: bool,
}

/// Runs `jingwei import orgs` on an open district and says what it did. Whether everything was taken is the answer.
pub async fn orgs(db: &Db, clock: &Clock, zone: Zone, args: &OrgsArgs, out: &mut impl Write) -> Result<bool> {
    let options = Options { dry_run: args.dry_run, map: args.map.clone(), ..Options::default() };
    let report = match Table::open(&args.file) {
        Ok(table) => import::orgs(db, clock.now(), zone, table, &options).await?,
        Err(error) => error.into(),
    };
    tell(&report, out)
}

/// Prints a report; whether it holds no fault is the answer.
pub(super) fn tell(report: &Report, out: &mut impl Write) -> Result<bool> {
    for line in report.lines() {
        say(out, line)?;
    }
    Ok(report.faults.is_empty())
}

pub(super) fn say(out: &mut impl Write, what: impl Display) -> Result<()> {
    writeln!(out, "{what}").map_err(Error::internal)
}

/// `FIELD=COLUMN`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let (field, column) = text.split_once('=').ok_or("expected FIELD=COLUMN")?;
    Ok((field.trim().to_owned(), column.trim().to_owned()))
}
