//! `jingwei import grids`: grids with their borders from GeoJSON.

use std::{io::Write, path::PathBuf};

use clap::Args;
use db::Db;
use geo::Datum;
use kernel::{Clock, Result};

use super::import_orgs::{pair, tell};
use crate::{
    modules::org::import::{self, GridOptions, Options},
    table::read_file,
};

/// Takes grids from a GeoJSON file, plain or packed with gzip.
///
/// Properties: code, name, alias, community, street, type (residential, dedicated), subtype, area_kind, layer, households, east, south, west, north,
/// compounds. A code of 15 digits is kept, and the community, street and district of its digits are made when they are missing. Any other
/// id becomes the alias and a new code is given, from west to east and then from north to south inside each community: the one that `community` names by code or
/// by any text, else that of --community, else a spare one. Wrong borders are told and kept as well as they can be.
#[derive(Args, Debug)]
pub struct GridsArgs {
    /// The file.
    pub file: PathBuf,
    /// What its coordinates are in: wgs84, gcj02, bd09 or cgcs2000.
    #[arg(long, default_value = "wgs84")]
    pub datum: Datum,
    /// The community of grids that name none: a code.
    #[arg(long, value_name = "CODE")]
    pub community: Option<String>,
    /// Which property is which field, such as `code=id`; may be given several times.
    #[arg(long, value_name = "FIELD=PROPERTY", num_args = 1.., value_parser = pair)]
    pub map: Vec<(String, String)>,
    /// Only say what it would do.
    #[arg(long)]
    pub dry_run: bool,
}

/// Runs `jingwei import grids` on an open district and says what it did. Whether everything was taken is the answer.
pub async fn grids(db: &Db, clock: &Clock, args: &GridsArgs, out: &mut impl Write) -> Result<bool> {
    let options = GridOptions {
        datum: args.datum,
        community: args.community.clone(),
        options: Options { dry_run: args.dry_run, map: args.map.clone(), ..Options::default() },
    };
    let report = match read_file(&args.file) {
        Ok(bytes) => import::grids(db, clock.now(), bytes, &options).await?,
        Err(error) => error.into(),
    };
    tell(&report, out)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: GridsArgs,
    }

    #[test]
    fn the_datum_and_the_properties_are_read() {
        let line = Line::try_parse_from(["x", "f.geojson", "--datum", "gcj02", "--map", "code=id", "--map", "community=town"]);
        let args = line.map_err(|e| e.to_string()).unwrap().args;
        assert_eq!((args.datum, args.map.len()), (Datum::Gcj02, 2));
        assert!(Line::try_parse_from(["x", "f.geojson", "--datum", "mars"]).is_err());
    }
}
