//! `jingwei export incidents`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use kernel::{Scope, Time};

use super::{Place, say};
use crate::modules::incidents::{Format, export};

/// Cases as CSV, XLSX or GeoJSON.
#[derive(Args)]
#[command(
    after_help = "Example: jingwei export incidents --data ./district --from 2026-01-01T00:00:00+08:00 --format xlsx --output cases.xlsx"
)]
pub struct Incidents {
    #[command(flatten)]
    place: Place,
    /// Reported at or after: an instant, or a date in the district's zone.
    #[arg(long)]
    from: Option<String>,
    /// Reported before.
    #[arg(long)]
    to: Option<String>,
    /// `csv`, `xlsx` or `geojson`.
    #[arg(long, default_value = "csv")]
    format: String,
    /// The file; standard output when absent.
    #[arg(long)]
    output: Option<PathBuf>,
}

/// Writes the file and, when it went to a file, says how many cases it holds.
pub async fn run(args: Incidents) -> anyhow::Result<()> {
    let format = Format::of(&args.format).with_context(|| format!("unknown format {}: use csv, xlsx or geojson", args.format))?;
    let app = args.place.open().await?;
    let instant = |text: &Option<String>| text.as_deref().map(|t| instant(t, app.zone)).transpose();
    let (from, to) = (instant(&args.from)?, instant(&args.to)?);
    if let Some(path) = &args.output {
        let mut file = std::fs::File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
        let n = export(&app, &Scope::All, from, to, format, &mut file).await?;
        say(format_args!("{n} cases in {}", path.display()));
    } else {
        export(&app, &Scope::All, from, to, format, &mut std::io::stdout()).await?;
    }
    app.db.close().await?;
    Ok(())
}

/// An instant as RFC 3339, or a date: its first moment in the zone.
pub fn instant(text: &str, zone: kernel::Zone) -> anyhow::Result<Time> {
    if let Ok(date) = text.parse::<jiff::civil::Date>() {
        return Ok(zone.instant(date.at(0, 0, 0, 0)));
    }
    text.parse().with_context(|| format!("{text} is neither a date nor an instant such as 2026-03-14T08:30:00+08:00"))
}
