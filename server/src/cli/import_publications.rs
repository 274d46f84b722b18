//! `jingwei import publications`: public notices from a spreadsheet.

use std::{io::Write, path::PathBuf};

use clap::Args;
use kernel::Result;

use super::import_orgs::say;
use crate::{app::App, modules::publishing, table::Table};

/// Takes public notices from a CSV or XLSX file with the columns kind, title, unit_code, published_at, body and perhaps until.
///
/// A notice of the same title and beginning that is there already is left as it is.
#[derive(Args, Debug)]
pub struct PublicationArgs {
    /// The file.
    pub file: PathBuf,
}

/// Runs `jingwei import publications` on an open district and says what it did. Whether everything was taken is the answer.
pub async fn publications(app: &App, args: &PublicationArgs, out: &mut impl Write) -> Result<bool> {
    match Table::open(&args.file) {
        Ok(table) => publishing::publications(app, table, out).await,
        Err(error) => say(out, error).map(|()| false),
    }
}
