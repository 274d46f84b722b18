//! `jingwei import incidents`: cases with their history from a table, each replayed through the same transitions as on the desk.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;

use super::{Place, import_orgs::pair, progress, say};
use crate::{modules::incidents::import, table::Table};

/// The tables that every import of cases fills.
const FILLED: &[&str] = &["incident", "incident_step", "incident_task"];

/// Cases with their history, from CSV or XLSX.
#[derive(Args)]
#[command(
    after_help = "Example: jingwei import incidents cases.csv --data ./district --map text=description --map reported_at=opened"
)]
pub struct Incidents {
    /// The table: columns text, reported_at and a place (lon and lat, or grid_code) are required; docs/operations.md lists the others.
    file: PathBuf,
    #[command(flatten)]
    place: Place,
    /// The datum of lon and lat: wgs84, gcj02, bd09 or cgcs2000.
    #[arg(long, default_value = "wgs84")]
    datum: String,
    /// A column of the file under another name; several may follow.
    #[arg(long, value_name = "FIELD=COLUMN", num_args = 1.., value_parser = pair)]
    map: Vec<(String, String)>,
    /// Check everything and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Reads the whole table, then writes it in chunks; a row at fault is told with its number and nothing is written.
pub async fn run(args: Incidents) -> anyhow::Result<()> {
    let datum = args.datum.parse().map_err(|_| anyhow::anyhow!("unknown datum {}", args.datum))?;
    let app = args.place.open().await?;
    let table = Table::open(&args.file)?.rename(&args.map).with_context(|| args.file.display().to_string())?;
    let staged = import::stage(&app, table, datum)?;
    if !staged.faults.is_empty() {
        for fault in staged.faults.iter().take(50) {
            say(format_args!(
                "{}:{} {} {:?}: {} / {}",
                args.file.display(),
                fault.row,
                fault.column,
                fault.value,
                fault.zh,
                fault.en
            ));
        }
        bail!("{} rows are at fault; nothing was changed", staged.faults.len());
    }
    if args.dry_run {
        say(format_args!("{} cases could be imported; nothing was changed", staged.rows.len()));
        return Ok(());
    }
    let total = staged.rows.len();
    let done = import::write(&app, staged.rows, |n| progress(format_args!("{n} of {total} cases"))).await?;
    progress("");
    app.db.analyze(FILLED).await?;
    app.db.close().await?;
    say(format_args!("{} cases imported, {} were there already", done.imported, done.known));
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Incidents,
    }

    #[test]
    fn several_columns_are_named_after_one_word() {
        let line = ["x", "f.csv", "--data", "d", "--map", "text=内容", "reported_at=时间", "--map", "lon=经度", "--dry-run"];
        let Incidents { map, dry_run, .. } = Line::try_parse_from(line).map_or_else(|e| panic!("{e}"), |line| line.args);
        let map: Vec<_> = map.iter().map(|(field, column)| (field.as_str(), column.as_str())).collect();
        assert_eq!((map, dry_run), (vec![("text", "内容"), ("reported_at", "时间"), ("lon", "经度")], true));
        assert!(Line::try_parse_from(["x", "f.csv", "--map", "text"]).is_err());
    }
}
