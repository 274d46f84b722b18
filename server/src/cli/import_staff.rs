//! `jingwei import staff`: people and posts, templates, leave and duty from spreadsheets.

use std::{io::Write, path::PathBuf};

use clap::Args;
use kernel::Result;

use super::import_orgs::{pair, tell};
use crate::{
    app::App,
    modules::org::import::{self, Options},
    table::Table,
};

/// The tables that an import of posts fills.
pub const FILLED: &[&str] = &["person", "post", "post_holder", "account", "account_role"];

/// Takes posts with their holders, staffing templates, leave or duty from a CSV or XLSX file; its columns say which.
///
/// Posts: staff_no, name, phone, unit_code, post, slot, employment, role, scope_code, username, from, to, note (a row without number and
/// name is a vacancy). Templates: template, grid_type, subtype, slot, name, min, max, eligibility. Leave: staff_no, from, to,
/// deputy_staff_no, reason. Duty: unit_code, date_from, date_to, time_from, time_to, staff_no, phone.
#[derive(Args, Debug)]
pub struct StaffArgs {
    /// The file.
    pub file: PathBuf,
    /// Which column is which field, such as `staff_no=工号`; may be given several times.
    #[arg(long, value_name = "FIELD=COLUMN", num_args = 1.., value_parser = pair)]
    pub map: Vec<(String, String)>,
    /// Only say what it would do.
    #[arg(long)]
    pub dry_run: bool,
}

/// Runs `jingwei import staff` on an open district and says what it did. Whether everything was taken is the answer.
pub async fn staff(app: &App, args: &StaffArgs, out: &mut impl Write) -> Result<bool> {
    let options = Options { dry_run: args.dry_run, map: args.map.clone(), ..Options::default() };
    let report = match Table::open(&args.file) {
        Ok(table) => {
            let has = |field: &str| table.has(field) || options.map.iter().any(|(ours, _)| ours == field);
            match (has("template"), has("time_from"), has("unit_code")) {
                (true, ..) => import::templates(app, table, &options).await?,
                (_, true, _) => import::duty(app, table, &options).await?,
                (_, _, true) => import::staff(app, table, &options).await?,
                _ => import::leave(app, table, &options).await?,
            }
        }
        Err(error) => error.into(),
    };
    tell(&report, out)
}
