//! `jingwei import basemap`: a layer of the base map from GeoJSON.

use std::{io::Write, path::PathBuf};

use clap::Args;
use geo::Datum;
use kernel::Result;

use super::{
    import_orgs::{pair, say},
    progress,
};
use crate::{
    app::App,
    modules::basemap::{self, Layer, Options, Report},
    table::read_file,
};

/// Takes a layer of the base map from a GeoJSON file, plain or packed with gzip: what maps show beneath the borders.
///
/// Properties: name, class (or kind, fclass, highway and the like of OpenStreetMap), width in metres; nothing else is taken over. Roads are lines,
/// greens and buildings areas, waters either, places points or areas. What lies more than 3 km off the district is left out. A file replaces its layer.
#[derive(Args, Debug)]
pub struct BasemapArgs {
    /// The file.
    #[arg(required_unless_present = "remove", conflicts_with = "remove")]
    pub file: Option<PathBuf>,
    /// What the file shows: road, water, green, building or place.
    #[arg(long, value_parser = layer)]
    pub layer: Layer,
    /// What its coordinates are in: wgs84, gcj02, bd09 or cgcs2000.
    #[arg(long, default_value = "wgs84")]
    pub datum: Datum,
    /// Whom the corner of every map names, where the data's licence asks for it.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub attribution: String,
    /// Which property is which field (name, class, width), such as `name=路名`; may be given several times.
    #[arg(long, value_name = "FIELD=PROPERTY", num_args = 1.., value_parser = pair)]
    pub map: Vec<(String, String)>,
    /// Only say what it would do.
    #[arg(long, conflicts_with = "remove")]
    pub dry_run: bool,
    /// Take the layer away.
    #[arg(long)]
    pub remove: bool,
}

fn layer(text: &str) -> Result<Layer, String> {
    let words: Vec<&str> = Layer::ALL.iter().map(|l| l.word()).collect();
    Layer::of(text).ok_or_else(|| format!("expected one of {}", words.join(", ")))
}

/// Runs `jingwei import basemap` on an open district and says what it did. Whether everything was taken is the answer.
pub async fn basemap(app: &App, args: &BasemapArgs, out: &mut impl Write) -> Result<bool> {
    let Some(file) = &args.file else {
        let gone = basemap::remove(app, args.layer).await?;
        say(out, if gone { "已移除 / removed" } else { "没有这个图层 / there is no such layer" })?;
        return Ok(true);
    };
    let options = Options {
        layer: args.layer,
        datum: args.datum,
        attribution: args.attribution.clone(),
        map: args.map.clone(),
        dry_run: args.dry_run,
    };
    let bounds = app.org.directory().value.bounds();
    let told = |done: usize, all: usize| progress(format_args!("{done}/{all} 要素 / features"));
    let report: Report = match read_file(file) {
        Ok(bytes) => basemap::import(app, bounds, bytes, &options, told).await?,
        Err(error) => error.into(),
    };
    if report.read > 0 {
        progress("");
    }
    for line in report.lines() {
        say(out, line)?;
    }
    Ok(report.faults.is_empty())
}
